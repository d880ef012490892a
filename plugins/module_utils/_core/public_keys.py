# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what people give as their public key or certificate, and finds out what must never be given: a private key.

No sentence here quotes a text that was given: what is no public key may be a secret.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html
SMALLEST_BITS = 2048
_KINDS = f"Give the public key alone, of the kind ssh-rsa with {SMALLEST_BITS} bits or more, or the same in PEM."
# Base64 of "openssh-key-v1" is how a private key begins once its BEGIN line was cut off.
_PRIVATE = re.compile(
    "AGE-SECRET-KEY-|AGE-PLUGIN-|PUTTY-USER-KEY-FILE|B3BLBNNZAC1RZXKTDJ|BEGIN[A-Z0-9]{0,20}PRIVATEKEY"
)
_OTHER_KINDS = re.compile(r"ssh-(ed25519|ed448|dss)|ecdsa-sha2-\w{1,20}|sk-[\w-]{1,40}@openssh\.com")
_PEM = re.compile(r"-----BEGIN (RSA )?PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END \1?PUBLIC KEY-----")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_RSA_OID = bytes.fromhex("2a864886f70d010101")
_INTEGER, _BITS, _OBJECT, _SEQUENCE = 0x02, 0x03, 0x06, 0x30


@dataclass(frozen=True)
class PublicKey:
    """An RSA public key: ``body`` is ``ssh-rsa`` and its base64, without a comment, ``fingerprint`` as AWS shows it."""

    body: str
    fingerprint: str


def looks_private(text: str) -> bool:
    """Whether a private key is in it, also one whose line breaks or spaces were lost."""
    return bool(_PRIVATE.search("".join(text.split()).upper()))


def refuse_private(text: str, what: str, instead: str) -> None:
    """Raises KeysmithError for a private key; ``what`` names the option."""
    if looks_private(text):
        raise KeysmithError(
            f"{what} is a private key, or holds one, which should not be here: take it out and replace that key."
            f" {instead}"
        )


def read_ssh_key(text: str, what: str) -> PublicKey:
    """An RSA key from its OpenSSH line or from PEM, with line breaks or without. Raises KeysmithError for anything
    else that IAM would not take; ``what`` names the option, as in ``entry 2 of ssh_public_keys``."""
    refuse_private(text, what, _KINDS)
    words = text.replace("\ufeff", " ").split()
    if not words:
        raise KeysmithError(f"{what} is empty. {_KINDS}")
    if _OTHER_KINDS.fullmatch(words[0]):
        raise KeysmithError(f"{what} is of the kind {words[0]}, and IAM takes only RSA keys here. {_KINDS}")
    if text.count("-----BEGIN") > 1 or "ssh-rsa" in words[1:]:
        raise KeysmithError(f"{what} holds several keys; give each on its own. {_KINDS}")
    pem = _PEM.fullmatch(" ".join(words))
    if words[0] != "ssh-rsa" and not pem:
        raise KeysmithError(f"{what} is no public key that is known here. {_KINDS}")
    try:
        exponent, modulus = _numbers_in_pem(pem) if pem else _numbers_in_ssh(words[1] if len(words) > 1 else "")
    except ValueError:
        raise KeysmithError(f"{what} is damaged, cut short or no RSA key. {_KINDS}") from None
    if modulus.bit_length() < SMALLEST_BITS:
        raise KeysmithError(f"{what} has {modulus.bit_length()} bits, and IAM takes {SMALLEST_BITS} or more. {_KINDS}")
    return _public_key(exponent, modulus)


def read_fingerprint(text: str, what: str) -> str:
    """An SSH key's MD5 fingerprint as AWS writes it, ``aa:bb:...`` in lower case; ``ssh-keygen -l -E md5`` puts MD5: in
    front. Raises KeysmithError for anything else."""
    fingerprint = text.strip().lower().removeprefix("md5:")
    if not re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){15}", fingerprint):
        raise KeysmithError(
            f"{what} is no MD5 fingerprint, which is the kind that IAM keeps; it has 16 pairs of hex digits with colons"
            " between them. 'ssh-keygen -l -E md5 -f FILE' shows it."
        )
    return fingerprint


def certificates_in(text: str) -> list[bytes]:
    """The DER of each PEM certificate in the text, with line breaks or without; raises ValueError for bad base64."""
    found = _CERTIFICATE.findall(text)
    return [binascii.a2b_base64("".join(base64.split()), strict_mode=True) for base64 in found]


def certificate_fingerprint(pem: str) -> str | None:
    """``sha256:`` and the hex digest of the certificate, None when there is none in the text."""
    found = certificates_in(pem)
    return f"sha256:{hashlib.sha256(found[0]).hexdigest()}" if found else None


def _public_key(exponent: int, modulus: int) -> PublicKey:
    """AWS's fingerprint is the MD5 digest of the key's SSH form, RFC 4253 section 6.6, whatever it was uploaded as
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html)."""
    numbers = (number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (exponent, modulus))
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in (b"ssh-rsa", *numbers))
    digest = hashlib.md5(blob, usedforsecurity=False).digest()
    return PublicKey(f"ssh-rsa {binascii.b2a_base64(blob, newline=False).decode()}", digest.hex(":"))


def _numbers_in_ssh(base64: str) -> tuple[int, int]:
    """Exponent and modulus of an SSH key's base64; raises ValueError."""
    data = binascii.a2b_base64(base64.encode(), strict_mode=True)
    fields = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        fields.append(data[4:end])
        if len(data) < end:
            raise ValueError
        data = data[end:]
    kind, *numbers = fields or [b""]
    if kind != b"ssh-rsa" or len(numbers) != 2:
        raise ValueError
    return _sound(*(int.from_bytes(number, "big", signed=True) for number in numbers))


def _numbers_in_pem(pem: re.Match[str]) -> tuple[int, int]:
    """Exponent and modulus of a PEM's base64, as PKCS #1 (RFC 8017, A.1.1) or SubjectPublicKeyInfo (RFC 3279, 2.3.1);
    raises ValueError."""
    data = binascii.a2b_base64("".join(pem[2].split()), strict_mode=True)
    if pem[1] is None:
        algorithm, key = _element(_element(data, _SEQUENCE)[0], _SEQUENCE)
        if _element(algorithm, _OBJECT)[0] != _RSA_OID:
            raise ValueError
        data = _element(key, _BITS)[0][1:]
    modulus, rest = _element(_element(data, _SEQUENCE)[0], _INTEGER)
    exponent = _element(rest, _INTEGER)[0]
    return _sound(*(int.from_bytes(number, "big", signed=True) for number in (exponent, modulus)))


def _sound(exponent: int, modulus: int) -> tuple[int, int]:
    if exponent < 3 or modulus < 3 or exponent % 2 == 0 or modulus % 2 == 0:
        raise ValueError
    return exponent, modulus


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the DER element that the data begins with, and what follows it; raises ValueError if it is none of
    this tag (X.690, 8.1)."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError
    start, size = 2, data[1]
    if size >= 0x80:
        start += size - 0x80
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        raise ValueError
    return data[start : start + size], data[start + size :]
