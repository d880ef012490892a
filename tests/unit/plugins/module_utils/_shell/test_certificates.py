# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of a certificate, and what is said where the library is missing or too old."""

from __future__ import annotations

import datetime
import sys
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._shell.certificates import read_certificate

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
END = START + datetime.timedelta(days=365)


def made(*names: str) -> x509.Certificate:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one) for one in names])
    return x509.CertificateBuilder(name, name, key.public_key(), 1, START, END).sign(key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(("names", "subject"), [(("jane",), "CN=jane"), ((), "no subject")])
def test_what_stands_in_a_certificate(names: tuple[str, ...], subject: str) -> None:
    certificate = made(*names)
    read = read_certificate(f"Bag Attributes\n{pem(certificate)}".replace("\n", "\r\n"), "certificate")
    assert (read.subject, read.not_before, read.not_after) == (subject, START, END)
    assert read.fingerprint == f"sha256:{certificate.fingerprint(hashes.SHA256()).hex()}"
    assert read.body == pem(certificate)


@pytest.mark.parametrize("library", [None, SimpleNamespace(x509=SimpleNamespace(Certificate=object))])
def test_a_missing_or_old_library_is_named(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    given = pem(made("jane"))
    monkeypatch.setitem(sys.modules, "cryptography", library)
    with pytest.raises(KeysmithError) as caught:
        read_certificate(given, "certificate")
    assert caught.value.message == (
        "a signing certificate is read by the Python library cryptography, 42 or later, which is missing for the"
        f" interpreter that runs this task. Install it there with '{sys.executable} -m pip install cryptography'."
    )
