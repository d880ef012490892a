# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seal a secret so that any k of n owners open it together, and no fewer: sealed by age to a key that is thrown away,
whose private half is split by PyCryptodome (Shamir's scheme, as the program ssss has it).

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError, library, or_none
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    BECH32,
    Recipient,
    parse_recipient,
    refuse_mixed,
    seal,
    sealed_size,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import parameter_refusal

FORMAT = "shares/1"
# The names in a password's or a key's text have at most 64 and 63 characters; the rest of it is shorter than this.
_LONGEST_TEXT = 512
# A share's number is one field element, so there could be many more; nobody assembles that many people at night.
MOST_KEYS = 16
# PyCryptodome splits sixteen bytes at a time (https://www.pycryptodome.org/src/protocol/ss).
_HALF = 16


def recipients_problem(store: str, recipients: Sequence[Recipient], threshold: int | None) -> str | None:
    """What is wrong with the recipients together, and with how many of them it takes. Shares are tried, in a dry run
    too."""
    problem = None if threshold is None else threshold_problem(threshold, recipients)
    if problem is not None:
        return problem
    try:
        if threshold is None:
            refuse_mixed(recipients)
            size = sealed_size(_LONGEST_TEXT, recipients) if store == "ssm_parameter" else 0
        else:
            size = len(seal_in_shares(bytes(_LONGEST_TEXT), recipients, threshold).encode())
    except HandoverError as error:
        return error.message
    return parameter_refusal(size) if store == "ssm_parameter" else None


def threshold_problem(threshold: int, recipients: Sequence[Recipient]) -> str | None:
    """Why so many of these keys cannot be asked for, as a sentence, or None."""
    keys = len({recipient.key for recipient in recipients})
    asked = f"handover.threshold is {threshold} and seal_to has {keys} different key(s);"
    if keys > MOST_KEYS:
        return f"handover.threshold is for up to {MOST_KEYS} keys, and seal_to has {keys}; give fewer."
    if keys < 2:
        return f"{asked} give at least two keys."
    if threshold == 1:
        return f"{asked} leave threshold out, and any one key opens the text."
    if not 2 <= threshold <= keys:
        return f"{asked} give 2 to {keys}."
    if keys < len(recipients):
        return "with handover.threshold nobody may hold two shares, and a key stands twice in seal_to; take one out."
    return None


def seal_for(plaintext: bytes, recipients: Sequence[Recipient], threshold: int | None) -> str:
    """The text that any one of the recipients opens, or, with a threshold, so many of them together."""
    return seal(plaintext, recipients) if threshold is None else seal_in_shares(plaintext, recipients, threshold)


def seal_in_shares(plaintext: bytes, recipients: Sequence[Recipient], threshold: int) -> str:
    """Give one JSON text, ``{"keysmith": "shares/1", "threshold", "sealed", "shares": [{"to", "sealed"}]}``: the secret
    sealed to a new age key, and for each recipient a share of that key, sealed to theirs (of any sort).

    Raises HandoverError without the libraries, for a threshold that cannot be, and as ``seal`` does.
    """
    problem = threshold_problem(threshold, recipients)
    if problem is not None:
        raise HandoverError(f"Cannot seal the secret: {problem}")
    identity = library("pyrage").x25519.Identity.generate()
    sealed = seal(plaintext, [parse_recipient(str(identity.to_public()))])
    texts = _share_texts(_key_bytes(str(identity)), threshold, len(recipients), sealed)
    shares = [
        {"to": recipient.label, "sealed": seal(text.encode("ascii"), [recipient])}
        for recipient, text in zip(recipients, texts, strict=True)
    ]
    document = {"keysmith": FORMAT, "threshold": threshold, "sealed": sealed, "shares": shares}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_shares(text: str) -> Mapping[str, Any] | None:
    """The document that ``seal_in_shares`` wrote, or None for any other text."""
    document = or_none(lambda: json.loads(text))
    return document if isinstance(document, dict) and document.get("keysmith") == FORMAT else None


def text_mark(sealed: str) -> str:
    """The 8 letters by which a share names the text it is for; whitespace, which mail and paper change, counts not."""
    return hashlib.sha256("".join(sealed.split()).encode("ascii", "replace")).hexdigest()[:8]


def _share_texts(key: bytes, threshold: int, keys: int, sealed: str) -> list[str]:
    """One text a recipient. Two lines of it are what ``ssss-combine -t <threshold> -x -D`` asks for, of each half of
    the key; the last one shows a slip of the pen."""
    shamir = _library()
    halves = [shamir.split(threshold, keys, key[at : at + _HALF], ssss=True) for at in (0, _HALF)]
    return [_share_text((threshold, keys), first, second, sealed) for first, second in zip(*halves, strict=True)]


def _share_text(of: tuple[int, int], first: tuple[int, bytes], second: tuple[int, bytes], sealed: str) -> str:
    head = f"keysmith share {first[0]}, any {of[0]} of {of[1]}, for text {text_mark(sealed)}"
    lines = [head, *(f"{number}-{value.hex()}" for number, value in (first, second))]
    return "\n".join([*lines, f"check {share_check(lines)}", ""])


def share_check(lines: Sequence[str]) -> str:
    """The 8 letters that a share's last line has, made of those before it."""
    return hashlib.sha256("\n".join(lines).encode("ascii")).hexdigest()[:8]


def _key_bytes(identity: str) -> bytes:
    """The 32 bytes in ``AGE-SECRET-KEY-1...`` (Bech32, BIP 173; the last six letters are a checksum)."""
    values = [BECH32.index(letter) for letter in identity.lower().removeprefix("age-secret-key-1")[:-6]]
    bits = sum(value << 5 * place for place, value in enumerate(reversed(values)))
    return (bits >> 4).to_bytes(2 * _HALF, "big")


def _library() -> Any:
    """PyCryptodome under the name that Debian and PyPI's pycryptodomex give it: an old pycrypto takes the other."""
    return library("Cryptodome.Protocol.SecretSharing", "pycryptodomex").Shamir
