# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read as a public key, held against OpenSSH's and OpenSSL's own readers; a private key is never quoted."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as formats
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import (
    certificate_fingerprint,
    looks_private,
    read_fingerprint,
    read_ssh_key,
)

PRIVATE = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KINDS = " Give the public key alone, of the kind ssh-rsa with 2048 bits or more, or the same in PEM."
WHAT = "entry 2 of ssh_public_keys"


def ssh(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes(formats.Encoding.OpenSSH, formats.PublicFormat.OpenSSH).decode()


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: formats.PublicFormat) -> str:
    return private.public_key().public_bytes(formats.Encoding.PEM, form).decode()


def private_text(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, form: formats.PrivateFormat) -> str:
    return private.private_bytes(formats.Encoding.PEM, form, formats.NoEncryption()).decode()


def blob(*fields: bytes) -> str:
    return base64.b64encode(b"".join(len(field).to_bytes(4, "big") + field for field in fields)).decode()


def pem_of(data: bytes, words: str = "PUBLIC KEY") -> str:
    return f"-----BEGIN {words}-----\n{base64.b64encode(data).decode()}\n-----END {words}-----\n"


PUBLIC = ssh(PRIVATE)
SPKI, PKCS1 = (pem(PRIVATE, form) for form in (formats.PublicFormat.SubjectPublicKeyInfo, formats.PublicFormat.PKCS1))
FORMS = {
    "a line": PUBLIC,
    "a line with a comment": f"{PUBLIC} jane doe@laptop \n",
    "a line that an editor broke": PUBLIC.replace(" ", "\n "),
    "with a byte order mark": f"\ufeff{PUBLIC}",
    "PEM": SPKI,
    "PEM without line breaks": SPKI.replace("\n", " "),
    "PEM with Windows' line breaks": SPKI.replace("\n", "\r\n"),
    "PEM of PKCS 1": PKCS1,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_the_same_key(form: str) -> None:
    key = read_ssh_key(FORMS[form], WHAT)
    assert key.body == PUBLIC
    assert read_ssh_key(key.body, WHAT) == key


def test_the_fingerprint_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(PUBLIC, encoding="utf-8")
    command = ["ssh-keygen", "-l", "-E", "md5", "-f", str(tmp_path / "key.pub")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1]
    assert shown == f"MD5:{read_ssh_key(PUBLIC, WHAT).fingerprint}"
    assert read_fingerprint(f" {shown.upper()}\n", "fingerprint") == read_ssh_key(PUBLIC, WHAT).fingerprint


DAMAGED = f"{WHAT} is damaged, cut short or no RSA key.{KINDS}"
UNKNOWN = f"{WHAT} is no public key that is known here.{KINDS}"
NUMBER = bytes([0, *[255] * 256])
REFUSED = {
    "nothing": (" \n", f"{WHAT} is empty.{KINDS}"),
    "ed25519": (ssh(ED25519), f"{WHAT} is of the kind ssh-ed25519, and IAM takes only RSA keys here.{KINDS}"),
    "a security key": (
        "sk-ssh-ed25519@openssh.com AAAA",
        f"{WHAT} is of the kind sk-ssh-ed25519@openssh.com, and IAM takes only RSA keys here.{KINDS}",
    ),
    "too short": (ssh(SMALL), f"{WHAT} has 1024 bits, and IAM takes 2048 or more.{KINDS}"),
    "a password": ("hunter2", UNKNOWN),
    "a fingerprint": ("MD5:00:11", UNKNOWN),
    "options in front": (f'command="x" {PUBLIC}'.replace("ssh-rsa ", "ssh-rsa-"), UNKNOWN),
    "two lines": (f"{PUBLIC}\n{PUBLIC}", f"{WHAT} holds several keys; give each on its own.{KINDS}"),
    "two in PEM": (SPKI * 2, f"{WHAT} holds several keys; give each on its own.{KINDS}"),
    "a certificate": (pem_of(b"x", "CERTIFICATE"), UNKNOWN),
    "a kind alone": ("ssh-rsa", DAMAGED),
    "no base64": ("ssh-rsa AAAA!", DAMAGED),
    "letters beyond ASCII": ("ssh-rsa AAAÄ", DAMAGED),
    "cut short": (PUBLIC[:-12], DAMAGED),
    "another kind inside": (f"ssh-rsa {blob(b'ssh-dss', b'3', NUMBER)}", DAMAGED),
    "a number too many": (f"ssh-rsa {blob(b'ssh-rsa', b'3', NUMBER, NUMBER)}", DAMAGED),
    "an even exponent": (f"ssh-rsa {blob(b'ssh-rsa', b'4', NUMBER)}", DAMAGED),
    "an exponent of 1": (f"ssh-rsa {blob(b'ssh-rsa', bytes([1]), NUMBER)}", DAMAGED),
    "an even modulus": (f"ssh-rsa {blob(b'ssh-rsa', b'3', NUMBER[:-1] + b'2')}", DAMAGED),
    "a negative modulus": (f"ssh-rsa {blob(b'ssh-rsa', b'3', NUMBER[1:])}", DAMAGED),
    "an elliptic curve in PEM": (
        pem(ec.generate_private_key(ec.SECP256R1()), formats.PublicFormat.SubjectPublicKeyInfo),
        DAMAGED,
    ),
    "PEM of something else": (pem_of(b"\x04\x01x"), DAMAGED),
    "PEM of nothing": (pem_of(b"\x30"), DAMAGED),
    "PEM cut short": (pem_of(b"\x30\x82\x01\x22\x30"), DAMAGED),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_iam_would_not_take_is_refused(case: str) -> None:
    text, sentence = REFUSED[case]
    with pytest.raises(KeysmithError) as caught:
        read_ssh_key(text, WHAT)
    assert caught.value.message == sentence


OPENSSH = private_text(ED25519, formats.PrivateFormat.OpenSSH)
PRIVATE_FORMS = {
    "OpenSSH": OPENSSH,
    "OpenSSH without line breaks": OPENSSH.replace("\n", " "),
    "OpenSSH without its frame": "".join(OPENSSH.splitlines()[1:-1]),
    "OpenSSH in small letters": OPENSSH.lower(),
    "PKCS 1": private_text(PRIVATE, formats.PrivateFormat.TraditionalOpenSSL),
    "PKCS 8": private_text(PRIVATE, formats.PrivateFormat.PKCS8).replace("\n", ""),
    "encrypted": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF",
    "PuTTY": "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none",
    "age": "AGE-SECRET-KEY-1QQQ",
    "age plugin": "AGE-PLUGIN-YUBIKEY-1QQQ",
    "with its public key": f"{PUBLIC}\n{OPENSSH}",
}


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_a_private_key_is_refused_without_a_word_of_it(form: str) -> None:
    with pytest.raises(KeysmithError) as caught:
        read_ssh_key(PRIVATE_FORMS[form], WHAT)
    assert caught.value.message == (
        f"{WHAT} is a private key, or holds one, which should not be here: take it out and replace that key.{KINDS}"
    )
    assert caught.value.__cause__ is None
    assert not looks_private(PUBLIC + SPKI)


@settings(max_examples=200)
@given(text=st.text(max_size=80) | st.binary(max_size=300).map(pem_of) | st.binary(max_size=60).map(blob))
def test_no_text_at_all_brings_the_reader_down_or_is_quoted(text: str) -> None:
    for given_text in (text, f"ssh-rsa {text}"):
        with pytest.raises(KeysmithError) as caught:
            read_ssh_key(given_text, "it")
        words = caught.value.message.split()
        assert not [word for word in text.split() if len(word) > 12 and word in words]


@pytest.mark.parametrize("text", ["", "SHA256:abc", "00:11:22", ":".join(["0g"] * 16), "0" * 32])
def test_other_fingerprints_are_refused(text: str) -> None:
    with pytest.raises(KeysmithError, match="16 pairs of hex digits"):
        read_fingerprint(text, "fingerprint")


def test_a_certificates_fingerprint_is_that_of_its_der() -> None:
    whole = pem_of(b"der", "CERTIFICATE")
    expected = f"sha256:{hashlib.sha256(b'der').hexdigest()}"
    assert certificate_fingerprint(f"Bag Attributes\n{whole}") == expected
    assert certificate_fingerprint(whole.replace("\n", " ")) == expected
    assert certificate_fingerprint("none") is None
