# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A sealed text from outside: of which sort it is and to whom it is sealed, as far as that stands on it.

The header of an age file names an SSH key by 4 bytes of its hash. It does not tell one age key from another, only how
many there are (https://github.com/C2SP/C2SP/blob/main/age.md). An OpenPGP message is not looked into.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

AGE, OPENPGP, SHARES = "age", "openpgp", "shares"
SHARES_FORMAT = "shares/1"
_AGE_BEGIN, _AGE_END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
_PGP_BEGIN = "-----BEGIN PGP MESSAGE-----"
_VERSION = "age-encryption.org/v1"
_X25519 = "X25519"
_KNOWN = (_X25519, "ssh-ed25519", "ssh-rsa")


@dataclass(frozen=True)
class SealedText:
    """``sort`` is one of the above, None for a text that is not sealed. ``lines`` name the recipients in an age
    header, None where there is none. Shares have their ``labels``, one ``share`` each, and a ``threshold``."""

    sort: str | None
    fingerprint: str
    lines: tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()
    shares: tuple[SealedText, ...] = ()
    threshold: int | None = None


def read(text: str, mark: str = "") -> SealedText:
    """What can be told of any text, whose fingerprint is ``mark``; nothing of the text itself is kept."""
    if text.lstrip().startswith(_PGP_BEGIN):
        return SealedText(OPENPGP, mark)
    if text.lstrip().startswith(_AGE_BEGIN):
        return SealedText(AGE, mark, _lines(text))
    return _shares(text, mark) or SealedText(None, mark)


def line_of(public_key: str) -> str:
    """How the header of an age file names this recipient, ``age1...`` or ``ssh-ed25519 AAAA...``."""
    kind, _space, blob = public_key.partition(" ")
    if not blob:
        return _X25519
    digest = hashlib.sha256(base64.b64decode(blob)).digest()
    return f"{kind} {base64.b64encode(digest[:4]).decode().rstrip('=')}"


def _shares(text: str, mark: str) -> SealedText | None:
    try:
        document = json.loads(text)
        if document["keysmith"] != SHARES_FORMAT:
            return None
        pairs = [(str(share["to"]), read(str(share["sealed"]))) for share in document["shares"]]
        inner = read(str(document["sealed"]))
        threshold = int(document["threshold"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    parts = tuple(part for _label, part in pairs)
    if inner.sort is None or any(part.sort is None for part in parts):
        return None
    return SealedText(SHARES, mark, None, tuple(label for label, _part in pairs), parts, threshold)


def _lines(text: str) -> tuple[str, ...] | None:
    """The recipients in the header, without what age adds to keep readers from relying on its shape."""
    body = text.strip().removeprefix(_AGE_BEGIN).removesuffix(_AGE_END)
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        return None
    version, *rest = data.split(b"\n")
    if version != _VERSION.encode():
        return None
    found: list[str] = []
    for line in rest:
        if line.startswith(b"---"):
            return tuple(sorted(found))
        kind, *arguments = line.removeprefix(b"-> ").decode("latin-1").split(" ")
        if line.startswith(b"-> ") and kind in _KNOWN:
            found.append(kind if kind == _X25519 else f"{kind} {arguments[0] if arguments else ''}")
    return None
