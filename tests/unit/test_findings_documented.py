# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whoever reads ``[name]`` behind a warning or refusal finds that name in the guide about guards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/docsite/rst/guards_guide.rst").read_text(encoding="utf-8")
# What break_glass_info finds has levels of its own and is not told by plans.
OTHERS = "break_glass"
NAMED = re.compile(r'(?:\bFinding\(|\.find\(|\.refuse\(|return)\s*"([a-z_]+)",\s')


def names() -> set[str]:
    sources = [path for layer in ("_core", "_shell") for path in (ROOT / "plugins/module_utils" / layer).glob("*.py")]
    found = [NAMED.findall(path.read_text(encoding="utf-8")) for path in sources if not path.stem.startswith(OTHERS)]
    return {name for several in found for name in several}


def test_names_are_found() -> None:
    assert {"one_owner", "missing_user", "mfa_quota", "library"} <= names()


@pytest.mark.parametrize("name", sorted(names()))
def test_a_finding_is_in_the_guide(name: str) -> None:
    assert f"``{name}``" in GUIDE
