# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenPGP public keys (RFC 9580) as recipients, by pysequoia; gpg opens what was sealed to them.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError, library, or_none

_BLOCK = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_CHECKSUM = re.compile(r"\s=[A-Za-z0-9+/]{4}\s*$")
_ADVICE = "Give the owner's current key, as 'gpg --export --armor <address>' writes it."
# Packet types of RFC 9580, section 5.
_PUBLIC, _SECRET = 6, 5
_SHORTEST_KEY = 64


def key_bytes(text: str) -> bytes | None:
    """The packets in an armoured public key block, or in its base64 alone; empty if damaged, None if it is neither.

    YAML may have folded the block's lines: then its headers stand in one line with BEGIN, and a line's end follows.
    """
    text = "\n".join(line.strip() for line in text.splitlines())
    block = _BLOCK.search(text)
    if block is None and "BEGIN PGP" in text:
        return b""  # cut short, or no public key: read() says so
    body = text if block is None else _CHECKSUM.sub("", _without_headers(block[1]))
    try:
        data = binascii.a2b_base64("".join(body.split()).encode(), strict_mode=True)
    except ValueError:
        data = b""
    if block is None and (len(data) < _SHORTEST_KEY or _packet_type(data) not in (_PUBLIC, _SECRET)):
        return None
    return data


def _without_headers(inside: str) -> str:
    """RFC 9580, section 6.2.2: headers end at an empty line."""
    if "\n\n" in inside:
        return inside.partition("\n\n")[2]
    first, _end, rest = inside.partition("\n")
    return rest if ": " in first else inside


def is_secret(data: bytes) -> bool:
    return bool(data) and _packet_type(data) == _SECRET


def _packet_type(data: bytes) -> int:
    """RFC 9580, section 4.2: bit 6 tells the two header formats apart."""
    return data[0] & 0x3F if data[0] & 0x40 else data[0] >> 2 & 0x0F


def read(data: bytes) -> tuple[str, str]:
    """The certificate to seal to, as base64 without its expired subkeys, and its label for plans.

    Raises HandoverError for what is damaged, holds a private key or several keys, or is expired or revoked.
    """
    packet = library("pysequoia").packet
    packets = or_none(lambda: list(packet.PacketPile.from_bytes(data))) or []
    kinds = [found.tag for found in packets]
    if packet.Tag.SecretKey in kinds or packet.Tag.SecretSubkey in kinds:
        raise HandoverError(
            "Cannot seal to a private key, and it should not be here: take it out and replace that key."
        )
    if kinds.count(packet.Tag.PublicKey) > 1:
        raise HandoverError("Cannot seal: one recipient holds several public keys. Give each key its own list entry.")
    now = datetime.now(UTC)
    found = or_none(lambda: _certificate(list(_alive(packet, packets, now))))
    if found is None:
        raise HandoverError(f"Cannot seal to this OpenPGP key: it is damaged, cut short or too weak. {_ADVICE}")
    certificate, label, revoked, expiration = found
    if revoked:
        raise HandoverError(f"Cannot seal to {label}: it is revoked. {_ADVICE}")
    if expiration is not None and expiration <= now:
        raise HandoverError(f"Cannot seal to {label}: it expired on {expiration:%Y-%m-%d}. {_ADVICE}")
    return base64.b64encode(bytes(certificate)).decode(), label


def _certificate(packets: Sequence[Any]) -> tuple[Any, str, bool, datetime | None]:
    certificate = library("pysequoia").Cert.from_packets(packets)
    return certificate, _label(certificate), certificate.is_revoked, certificate.expiration


def _alive(packet: Any, packets: Sequence[Any], now: datetime) -> Iterator[Any]:
    """The packets less the subkeys that have expired: pysequoia would seal to those as well."""
    group: list[Any] = []
    for found in packets:
        if found.tag == packet.Tag.PublicSubkey:
            yield from group if not _is_expired(packet, group, now) else ()
            group = []
        group.append(found)
    yield from group if not _is_expired(packet, group, now) else ()


def _is_expired(packet: Any, group: Sequence[Any], now: datetime) -> bool:
    """By the newest binding of a subkey (RFC 9580, section 5.2.3.13); the primary key's own date is asked for above."""
    bindings = [found for found in group if found.signature_type == packet.SignatureType.SubkeyBinding]
    if not group or group[0].tag != packet.Tag.PublicSubkey or not bindings:
        return False
    period = max(bindings, key=lambda found: found.signature_created or now).key_validity_period
    return bool(period) and group[0].key_created + period <= now


def _label(certificate: Any) -> str:
    names = [str(name) for name in certificate.user_ids]
    name = "".join(letter for letter in (names or [""])[0] if letter.isprintable())[:40].rstrip()
    return f"openpgp …{certificate.fingerprint[-16:]} {name}".rstrip()


def seal(plaintext: bytes, keys: Sequence[tuple[str, str]]) -> str:
    """Give ``plaintext`` as an armoured OpenPGP message that any one of ``keys`` opens; each is what read() gave."""
    pysequoia = library("pysequoia")
    certificates = [pysequoia.Cert.from_bytes(base64.b64decode(text)) for text, _label in keys]
    armoured = or_none(lambda: pysequoia.encrypt(plaintext, recipients=certificates))
    if armoured is None:
        whom = " and ".join(label for _text, label in keys)
        raise HandoverError(
            f"Cannot seal to {whom}: no encryption subkey is of use today (none, expired, revoked or weak). {_ADVICE}"
        ) from None
    return bytes(armoured).decode("ascii")
