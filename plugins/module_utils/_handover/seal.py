# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seal a secret to its owner's own public keys, as armoured age text (https://age-encryption.org/v1) by pyrage, or to
OpenPGP keys as an OpenPGP message by pysequoia.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import looks_private
from ansible_collections.keysmith.iam.plugins.module_utils._handover import openpgp
from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError, library, or_none

_KINDS = (
    "Give an age public key (age1...), an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits), "
    "or an OpenPGP public key block."
)
_SSH_KINDS = ("ssh-ed25519", "ssh-rsa")
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_FIELD = 2**255 - 19


@dataclass(frozen=True)
class Recipient:
    """Whom a text is sealed to: ``text`` is the public key alone (an OpenPGP one as base64), ``label`` a short public
    name for plans."""

    text: str
    label: str
    openpgp: bool = False

    @property
    def key(self) -> str:
        """What tells this key from others, whatever is written beside it: an OpenPGP key's text has its owner's names
        and signatures, its label the end of its fingerprint."""
        return self.label.split()[1] if self.openpgp else self.text


@lru_cache(maxsize=1024)  # each key is tried once, and read for every text
def parse_recipient(text: str) -> Recipient:
    """Read one public key: ``age1...``, ``ssh-ed25519 AAAA... [comment]``, ``ssh-rsa AAAA... [comment]``, or an OpenPGP
    public key block or its base64.

    What it returns can be sealed to: the key was tried. Raises HandoverError for anything else, naming neither a
    private key nor whatever could be one.
    """
    words = text.replace("\ufeff", " ").split()
    _refuse_what_is_no_public_key(words)
    if words[0].lower().startswith("age1"):
        recipient = _age_recipient(words)
    elif words[0] in _SSH_KINDS:
        recipient = _ssh_recipient(words)
    else:
        recipient = _openpgp_recipient(openpgp.key_bytes(text))
    seal(b"", [recipient])
    return recipient


def refuse_mixed(recipients: Sequence[Recipient]) -> None:
    """Raises HandoverError for age and OpenPGP keys together: no one text is opened by any one of them."""
    if len({recipient.openpgp for recipient in recipients}) > 1:
        raise HandoverError(
            "Cannot seal one text to OpenPGP keys and to age or SSH keys: no text opens with either. "
            "Give seal_to keys of one sort."
        )


def seal(plaintext: bytes, recipients: Sequence[Recipient]) -> str:
    """Give ``plaintext`` as armoured text, of age (RFC 7468 style) or OpenPGP, that any one of ``recipients`` opens.

    Raises HandoverError without recipients, for mixed ones, without the library, or where that refuses.
    """
    if not recipients:
        raise HandoverError(f"Cannot seal the secret: no recipient was given. {_KINDS}") from None
    refuse_mixed(recipients)
    if recipients[0].openpgp:
        return openpgp.seal(plaintext, [(recipient.text, recipient.label) for recipient in recipients])
    return _seal_by_age(plaintext, recipients)


def sealed_size(plain: int, recipients: Sequence[Recipient]) -> int:
    """How many bytes a text of so many bytes has once it is sealed, or as it is without recipients."""
    return len(seal(bytes(plain), recipients)) if recipients else plain


def _seal_by_age(plaintext: bytes, recipients: Sequence[Recipient]) -> str:
    pyrage = library("pyrage")
    natives = []
    for recipient in recipients:
        reader = pyrage.x25519 if recipient.text.startswith("age1") else pyrage.ssh
        native = or_none(lambda reader=reader, text=recipient.text: reader.Recipient.from_str(text))
        if native is None:
            raise HandoverError(f"Cannot seal to {recipient.label}: age does not take this key. {_KINDS}") from None
        natives.append(native)
    armoured = or_none(lambda: pyrage.encrypt(plaintext, natives, armored=True))
    if armoured is None:
        raise HandoverError("Cannot seal the secret: pyrage failed. Install pyrage 1.3 or later.") from None
    return str(armoured, "ascii")


def fingerprint(text: str) -> str:
    """Give ``sha256:`` and the first 16 hex digits of a SEALED text's hash (a short plain text could be guessed)."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _refuse_what_is_no_public_key(words: Sequence[str]) -> None:
    compact = "".join(words).upper()
    if not words:
        raise HandoverError(f"Cannot seal to an empty recipient. {_KINDS}")
    if looks_private(compact):
        raise HandoverError(
            f"Cannot seal to a private key, and it should not be here: take it out and replace that key. {_KINDS}"
        )
    if compact.count("BEGINPGPPUBLICKEYBLOCK") > 1:
        raise HandoverError("Cannot seal: one recipient holds several public keys. Give each key its own list entry.")
    if words[0].startswith(("ssh-", "ecdsa-", "sk-")) and words[0] not in _SSH_KINDS:
        raise HandoverError(
            "Cannot seal to this SSH key: age does not seal to ecdsa, dss and security-key (sk-) keys, "
            f"nor to certificates. {_KINDS}"
        )
    if any(word in _SSH_KINDS or word.lower().startswith("age1") for word in words[1:]):
        raise HandoverError("Cannot seal: one recipient holds several public keys. Give each key its own list entry.")


def _age_recipient(words: Sequence[str]) -> Recipient:
    key = words[0].lower()
    data = [BECH32.find(letter) for letter in key[4:]]
    if len(words) > 1 or words[0] not in (key, key.upper()) or len(data) != 58 or -1 in data:
        raise HandoverError(
            f"Cannot seal to this age recipient: it is damaged, or of a kind for plugins or post-quantum keys. {_KINDS}"
        )
    bits = sum(value << 5 * place for place, value in enumerate(reversed(data[:-6])))
    _refuse_low_order(int.from_bytes((bits >> 4).to_bytes(32, "big"), "little") % 2**255, 1)
    return Recipient(text=key, label=f"age1…{key[-6:]}")


def _ssh_recipient(words: Sequence[str]) -> Recipient:
    kind, blob = words[0], words[1] if len(words) > 1 else ""
    fields = _ssh_fields(blob)
    shape = [len(field) for field in fields]
    whole = shape == [len(kind), 32] if kind == "ssh-ed25519" else len(shape) == 3
    if not whole or fields[0] != kind.encode():
        raise HandoverError(f"Cannot seal to this {kind} key: it is damaged or cut short. {_KINDS}")
    if kind == "ssh-rsa":
        _refuse_unfit_rsa(int.from_bytes(fields[1], "big"), int.from_bytes(fields[2], "big"))
    else:
        height = int.from_bytes(fields[1], "little") % 2**255
        _refuse_low_order(1 + height, 1 - height)
    comment = "".join(letter for letter in " ".join(words[2:]) if letter.isprintable())[:40].rstrip()
    return Recipient(text=f"{kind} {blob}", label=f"{kind} …{blob[-8:]} {comment}".rstrip())


def _openpgp_recipient(data: bytes | None) -> Recipient:
    if data is None:
        # Nothing of it is quoted: what is no public key may be a password.
        raise HandoverError(f"Cannot seal to this recipient: it is not a public key that is known here. {_KINDS}")
    if openpgp.is_secret(data):
        raise HandoverError(
            f"Cannot seal to a private key, and it should not be here: take it out and replace that key. {_KINDS}"
        )
    text, label = openpgp.read(data)
    return Recipient(text, label, openpgp=True)


def _ssh_fields(blob: str) -> list[bytes]:
    """Split an SSH public key's base64 into its length-prefixed fields (RFC 4253, section 6.6); [] if damaged."""
    try:
        data = binascii.a2b_base64(blob.encode(), strict_mode=True)
    except ValueError:
        return []
    fields = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            return []
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return fields


def _refuse_unfit_rsa(exponent: int, modulus: int) -> None:
    # Checked before pyrage sees it: age's Rust code panics on a zero, and takes these sizes only.
    if exponent < 3:
        raise HandoverError(f"Cannot seal to this ssh-rsa key: its exponent is below 3. {_KINDS}")
    if not 2048 <= modulus.bit_length() <= 4096:
        raise HandoverError(f"Cannot seal to this ssh-rsa key: it has {modulus.bit_length()} bits. {_KINDS}")


def _refuse_low_order(numerator: int, denominator: int) -> None:
    """Refuse a Curve25519 point of order 8 or less, given as u = numerator / denominator (RFC 7748, sections 4.1, 6.1).

    Its shared secret is zero whatever the private key: the all-zero key of many an example would be open to anyone.
    """
    x, z = numerator, denominator
    for _doubling in range(3):
        x_squared, z_squared, product = x * x, z * z, x * z
        x = (x_squared - z_squared) ** 2 % _FIELD
        z = 4 * product * (x_squared + 486662 * product + z_squared) % _FIELD
    if z % _FIELD == 0:
        raise HandoverError(f"Cannot seal to this key: it is a placeholder, and anyone could open the text. {_KINDS}")
