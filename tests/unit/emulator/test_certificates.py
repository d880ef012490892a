# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signing certificates: what is one, duplicates, the limit, and their columns in the credential report.

The pages that the tests cite are below https://docs.aws.amazon.com/IAM/latest/APIReference/.
"""

from __future__ import annotations

import base64
import csv
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

DAY = timedelta(days=1)


def certificate(starts: timedelta = -DAY, ends: timedelta = 365 * DAY, key: Any = None) -> str:
    """A self-signed certificate in PEM; `starts` and `ends` are counted from now."""
    private = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), x509.random_serial_number(), now + starts, now + ends
    )
    return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def alice(iam: Any) -> str:
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    return "alice"


def upload(iam: Any, body: str, user: str = "alice") -> Any:
    return iam.upload_signing_certificate(UserName=user, CertificateBody=body)["Certificate"]


def listed(iam: Any, user: str = "alice") -> list[dict[str, Any]]:
    return list(iam.list_signing_certificates(UserName=user)["Certificates"])


@pytest.mark.parametrize("bits", [0, 1024, 2048], ids=["elliptic", "RSA 1024", "RSA 2048"])
def test_upload(iam: Any, alice: str, bits: int) -> None:
    """API_UploadSigningCertificate.html: "its default status is Active". Any kind of key does."""
    body = certificate(key=rsa.generate_private_key(65537, bits) if bits else None)
    made = upload(iam, body)
    der = x509.load_pem_x509_certificate(body.encode()).public_bytes(Encoding.DER)
    assert made["CertificateId"] == base64.b32encode(hashlib.sha1(der, usedforsecurity=False).digest()).decode()
    assert (made["UserName"], made["Status"], made["CertificateBody"]) == (alice, "Active", body)
    assert listed(iam) == [made]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not a certificate", "MalformedCertificate"),
        (certificate().replace("\n", "\nAA", 1), "MalformedCertificate"),
        (certificate(-2 * DAY, -DAY), "MalformedCertificate"),
        (certificate(DAY, 2 * DAY), "InvalidCertificate"),
    ],
    ids=["text", "spoilt", "expired", "not yet valid"],
)
def test_no_usable_certificate(iam: Any, alice: str, refused: Refused, body: str, code: str) -> None:
    """API_UploadSigningCertificate.html: MalformedCertificate is "malformed or expired", else InvalidCertificate."""
    assert refused(iam.upload_signing_certificate, UserName=alice, CertificateBody=body) == (code, 400)
    assert listed(iam) == []


def test_message_repeats_the_body_but_the_log_hides_a_private_key(aws: Emulator, iam: Any, alice: str) -> None:
    """API_UploadSigningCertificate.html, MalformedCertificate: "The error message describes the specific error"."""
    private = ec.generate_private_key(ec.SECP256R1())
    body = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(iam.exceptions.MalformedCertificateException) as caught:
        upload(iam, body)
    assert body in caught.value.response["Error"]["Message"]
    assert aws.log()[-1]["parameters"] == {"UserName": alice, "CertificateBody": "***"}


def test_same_certificate_twice(iam: Any, alice: str, refused: Refused) -> None:
    """API_UploadSigningCertificate.html, DuplicateCertificate: of another user. One's own changes nothing."""
    body = certificate()
    made = upload(iam, body)
    assert refused(iam.upload_signing_certificate, UserName="bob", CertificateBody=body) == (
        "DuplicateCertificate",
        409,
    )
    which = {"UserName": alice, "CertificateId": made["CertificateId"]}
    iam.update_signing_certificate(**which, Status="Inactive")
    assert upload(iam, body) == made
    assert listed(iam) == [{**made, "Status": "Inactive"}]
    iam.delete_signing_certificate(**which)
    assert upload(iam, body, "bob")["CertificateId"] == made["CertificateId"]


def test_two_certificates_of_a_user(aws: Emulator, iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, SigningCertificatesPerUserQuota."""
    for _ in range(2):
        upload(iam, certificate())
    with pytest.raises(iam.exceptions.LimitExceededException, match="Cannot exceed quota for CertificatesPerUser: 2"):
        upload(iam, certificate())
    assert iam.get_account_summary()["SummaryMap"]["SigningCertificatesPerUserQuota"] == 2
    aws.set_quotas(SigningCertificatesPerUserQuota=3)
    upload(iam, certificate())
    assert refused(iam.upload_signing_certificate, UserName=alice, CertificateBody=certificate()) == (
        "LimitExceeded",
        409,
    )


def test_status(iam: Any, alice: str, refused: Refused) -> None:
    """API_UpdateSigningCertificate.html: Active or Inactive; InvalidInput for what is none to set."""
    which = {"UserName": alice, "CertificateId": upload(iam, certificate())["CertificateId"]}
    assert refused(iam.update_signing_certificate, **which, Status="Expired") == ("InvalidInput", 400)
    for status in ("Inactive", "Active"):
        iam.update_signing_certificate(**which, Status=status)
        assert [one["Status"] for one in listed(iam)] == [status]


def test_id_belongs_to_its_user(iam: Any, alice: str, refused: Refused) -> None:
    """API_DeleteSigningCertificate.html, NoSuchEntity."""
    identifier = upload(iam, certificate())["CertificateId"]
    for user, one in (("bob", identifier), ("nobody", identifier), (alice, "EXAMPLE" * 4)):
        which = {"UserName": user, "CertificateId": one}
        assert refused(iam.update_signing_certificate, **which, Status="Inactive") == ("NoSuchEntity", 404)
        assert refused(iam.delete_signing_certificate, **which) == ("NoSuchEntity", 404)
    assert [one["Status"] for one in listed(iam)] == ["Active"]


def test_certificates_in_the_credential_report(aws: Emulator, iam: Any, alice: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html, cert_1 and cert_2."""
    first, second = (upload(iam, certificate())["CertificateId"] for _ in range(2))
    aws.set_dates(alice, certificate=first, certificate_created="2025-02-01T00:00:00Z")
    aws.set_dates(alice, certificate=second, certificate_created="2025-01-01T00:00:00Z")
    iam.update_signing_certificate(UserName=alice, CertificateId=second, Status="Inactive")
    iam.generate_credential_report()
    report = csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines())
    rows = {row["user"]: [value for name, value in row.items() if name.startswith("cert_")] for row in report}
    assert rows[alice] == ["false", "2025-01-01T00:00:00+00:00", "true", "2025-02-01T00:00:00+00:00"]
    assert rows["bob"] == ["false", "N/A", "false", "N/A"]
