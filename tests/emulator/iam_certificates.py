# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signing certificates of users.

moto takes expired ones and duplicates. Ids, the words of refusals and what a second upload answers are as AWS
answered the probes that https://github.com/radkawar/stackd keeps in internal/services/iam/testdata.
"""

from __future__ import annotations

import base64
import hashlib

import moto.iam.models as moto_iam
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.emulator.entities import User
from tests.emulator.iam_lookup import check_quota, settable_status, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import CLOCK


@operation("iam:UploadSigningCertificate")
def upload_certificate(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html.

    The user's own certificate again is no error and changes nothing, though the answer says Active whatever it is.
    """
    user, body = user_named(call), call["CertificateBody"]
    identifier = _identifier(_parsed(body))
    if identifier in user.signing_certificates:
        return {"Certificate": {**_shown(user.signing_certificates[identifier]), "Status": "Active"}}
    if any(identifier in other.signing_certificates for other in call.account.backend.users.values()):
        raise refusal("DuplicateCertificate", "Duplicate certificate uploaded.")
    check_quota(call, "SigningCertificatesPerUserQuota", len(user.signing_certificates))
    certificate = moto_iam.SigningCertificate(identifier, user.name, body)
    user.signing_certificates[identifier] = certificate
    return {"Certificate": _shown(certificate)}


@operation("iam:UpdateSigningCertificate")
def update_certificate(call: Call) -> Parameters:
    _, certificate = _certificate_named(call)
    certificate.status = settable_status(call)
    return {}


@operation("iam:DeleteSigningCertificate")
def delete_certificate(call: Call) -> Parameters:
    user, certificate = _certificate_named(call)
    del user.signing_certificates[certificate.id]
    return {}


@operation("iam:ListSigningCertificates")
def list_certificates(call: Call) -> Parameters:
    page, more = paged(call, list(user_named(call).signing_certificates.values()), lambda one: str(one.id))
    return {"Certificates": [_shown(one) for one in page], **more}


def _parsed(body: str) -> x509.Certificate:
    """AWS repeats the whole body in its message, whatever it is."""
    try:
        certificate = x509.load_pem_x509_certificate(body.encode())
    except ValueError:
        raise refusal("MalformedCertificate", f"Certificate {body} is malformed.") from None
    if certificate.not_valid_after_utc <= CLOCK.now():
        # The page has "malformed or expired" under this code.
        raise refusal("MalformedCertificate", f"Certificate {body} is expired.")
    if certificate.not_valid_before_utc > CLOCK.now():
        raise refusal("InvalidCertificate", f"Certificate {body} is not valid yet.")
    return certificate


def _identifier(certificate: x509.Certificate) -> str:
    """32 characters: SHA-1 of the certificate in base32."""
    digest = hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode()


def _certificate_named(call: Call) -> tuple[User, moto_iam.SigningCertificate]:
    user, identifier = user_named(call), call["CertificateId"]
    if identifier not in user.signing_certificates:
        raise refusal("NoSuchEntity", f"The Certificate with id {identifier} cannot be found.")
    return user, user.signing_certificates[identifier]


def _shown(certificate: moto_iam.SigningCertificate) -> Parameters:
    return {
        "UserName": certificate.user_name,
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": certificate.status,
        "UploadDate": certificate.upload_date,
    }
