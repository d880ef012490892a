# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever locks the collection's tags does so by the list in the permissions guide, so it has to name each of them."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.keysmith.iam.plugins.module_utils._core import model, receipts, spec

GUIDE = Path(__file__).resolve().parents[2] / "docs/docsite/rst/permissions_guide.rst"


def test_the_guide_lists_every_tag_that_others_may_not_write() -> None:
    listed = re.search(r'"aws:TagKeys": \[(.*?)\]', GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    ours = {value for name, value in vars(model).items() if name.endswith("_TAG") and isinstance(value, str)}
    ours |= {receipts.tag(kind) for kind in (spec.ACCESS_KEY, spec.MFA_SEED, *spec.CREDENTIALS.values())}
    assert set(re.findall(r'"(keysmith:[a-z-]+)"', listed[1])) == ours
