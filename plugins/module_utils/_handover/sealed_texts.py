# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at the sealed texts that a manifest names, and opens none. Nothing of a text leaves this file.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import os

from ansible_collections.keysmith.iam.plugins.module_utils._aws.break_glass import read_secret, tried
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import Custodian, Custody, Unreadable
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part
from ansible_collections.keysmith.iam.plugins.module_utils._core.sealed_text import SealedText, line_of, read
from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError
from ansible_collections.keysmith.iam.plugins.module_utils._handover.kit import read_file
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    fingerprint,
    parse_recipient,
    refuse_mixed,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.shares import threshold_problem

_REMOTE = ("secretsmanager", "ssm_parameter")


def look(gateway: Gateway, manifest: Manifest, folder: str) -> dict[tuple[str, str], SealedText | Unreadable | None]:
    """What is at each place of the manifest, which lies in ``folder``; None where nothing is."""
    return {(part.user, part.kind): _seen(gateway, part, folder) for part in manifest.parts}


def _seen(gateway: Gateway, part: Part, folder: str) -> SealedText | Unreadable | None:
    if part.store not in _REMOTE and part.store != "file":
        why = f"cannot look at its {part.words}: it was handed over in a result."
        return Unreadable(why, "Have it made anew, with a store that keeps it: file, secretsmanager or ssm_parameter.")
    text = tried(lambda: _text(gateway, part, folder))
    return read(text, fingerprint(text)) if isinstance(text, str) else text


def _text(gateway: Gateway, part: Part, folder: str) -> str | None:
    if part.store == "file":
        return read_file(os.path.join(folder, part.place))
    return read_secret(gateway, part.store, part.place)


def custody(option: str, seal_to: list[str], threshold: int | None) -> Custody:
    """The custodians of a kind of secret. Raises HandoverError for what is no public key, or a threshold that cannot
    be."""
    recipients = []
    for number, text in enumerate(seal_to, 1):
        try:
            recipients.append(parse_recipient(text))
        except HandoverError as error:
            told = error.message.replace("this recipient", f"entry {number} of {option}.seal_to")
            raise HandoverError(told) from None
    problem = None if threshold is None else threshold_problem(threshold, recipients)
    if problem is not None:
        raise HandoverError(f"Cannot check {option}: {problem.replace('handover.', f'{option}.', 1)}")
    if threshold is None:
        refuse_mixed(recipients)
    custodians = [Custodian(one.label, one.key, None if one.openpgp else line_of(one.text)) for one in recipients]
    return Custody(tuple(custodians), threshold)
