# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signing certificates of users."""

from __future__ import annotations

from tests.emulator.iam_lookup import user_named
from tests.emulator.operations import Call, operation, paged
from tests.emulator.protocol import Parameters


@operation("iam:ListSigningCertificates")
def list_certificates(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, list(user.signing_certificates.values()), lambda one: str(one.id))
    shown = [
        {
            "UserName": user.name,
            "CertificateId": one.id,
            "CertificateBody": one.body,
            "Status": one.status,
            "UploadDate": one.upload_date,
        }
        for one in page
    ]
    return {"Certificates": shown, **more}
