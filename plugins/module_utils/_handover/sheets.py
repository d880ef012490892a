# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes one sheet per user for whom something was handed over."""

from __future__ import annotations

import os
from collections.abc import Collection

from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import is_mfa_demanded
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, sign_in_url
from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import sheet
from ansible_collections.keysmith.iam.plugins.module_utils._handover.desk import Desk
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import write_file


def write_sheets(folder: str, account: Account, desks: Collection[Desk], region: str | None) -> list[str]:
    """The paths of the sheets, ``<folder>/<user>.md`` with mode 0600. Raises HandoverError."""
    url, written = sign_in_url(account), []
    secrets = {
        os.path.realpath(receipt.place) for desk in desks for receipt in desk.receipts if receipt.store == "file"
    }
    for desk in desks:
        if desk.spec is None or not desk.receipts:
            continue
        path = os.path.join(folder, f"{desk.spec.name}.md")
        if os.path.realpath(path) in secrets:
            raise HandoverError(
                f"a secret was handed over in {path!r}, where a sheet would go. Give sheets a folder of its own."
            )
        # A lost sheet can be written again by hand: it is not worth the wait for the disk.
        text = sheet(desk.spec, url, desk.receipts, is_mfa_demanded(account, desk.spec), region)
        write_file(path, text, durable=False)
        written.append(path)
    return written
