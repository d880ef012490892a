# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes one sheet per user for whom something was handed over."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import is_mfa_demanded
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, sign_in_url
from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import sheet
from ansible_collections.keysmith.iam.plugins.module_utils._handover.desk import Desk
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import write_file


def write_sheets(folder: str, account: Account, desks: Iterable[Desk], region: str | None) -> list[str]:
    """The paths of the sheets, ``<folder>/<user>.md`` with mode 0600. Raises HandoverError."""
    url, written = sign_in_url(account), []
    for desk in desks:
        if desk.spec is None or not desk.receipts:
            continue
        path = os.path.join(folder, f"{desk.spec.name}.md")
        # A lost sheet can be written again by hand: it is not worth the wait for the disk.
        text = sheet(desk.spec, url, desk.receipts, is_mfa_demanded(account, desk.spec), region)
        write_file(path, text, durable=False)
        written.append(path)
    return written
