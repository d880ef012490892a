# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service-specific credentials of users."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulator.iam_lookup import user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, new_id, new_secret

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
_PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_KEY_SERVICES = ("bedrock.amazonaws.com", "logs.amazonaws.com")
_CREDENTIALS_PER_SERVICE = 2


@operation("iam:CreateServiceSpecificCredential")
def create_service_credential(call: Call) -> Parameters:
    user, service = user_named(call), call["ServiceName"]
    if service not in _PASSWORD_SERVICES + _KEY_SERVICES:
        raise AwsError("NotSupportedService", f"No such service {service}")
    if sum(one["ServiceName"] == service for one in user.service_credentials.values()) >= _CREDENTIALS_PER_SERVICE:
        raise refusal(
            "LimitExceeded", f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {_CREDENTIALS_PER_SERVICE}"
        )
    credential: dict[str, Any] = {
        "UserName": user.name,
        "Status": "Active",
        "ServiceName": service,
        "CreateDate": CLOCK.naive(),
        "ServiceSpecificCredentialId": new_id("ACCA", 21),
    }
    if service in _PASSWORD_SERVICES:
        credential["ServiceUserName"] = f"{user.name}-at-{call.account.account_id}"
        if any(
            one.get("ServiceUserName") == credential["ServiceUserName"] for one in user.service_credentials.values()
        ):
            credential["ServiceUserName"] = f"{user.name}+1-at-{call.account.account_id}"
    else:
        credential["ServiceCredentialAlias"] = f"{user.name}-at-{call.account.account_id}"
        if "CredentialAgeDays" in call.parameters:
            credential["ExpirationDate"] = CLOCK.naive() + timedelta(days=call["CredentialAgeDays"])
    user.service_credentials[credential["ServiceSpecificCredentialId"]] = credential
    return {"ServiceSpecificCredential": _with_new_secret(call, credential)}


@operation("iam:ResetServiceSpecificCredential")
def reset_service_credential(call: Call) -> Parameters:
    return {"ServiceSpecificCredential": _with_new_secret(call, _service_credential(call))}


@operation("iam:UpdateServiceSpecificCredential")
def update_service_credential(call: Call) -> Parameters:
    _service_credential(call)["Status"] = call["Status"]
    return {}


@operation("iam:DeleteServiceSpecificCredential")
def delete_service_credential(call: Call) -> Parameters:
    credential = _service_credential(call)
    del user_named(call).service_credentials[credential["ServiceSpecificCredentialId"]]
    return {}


@operation("iam:ListServiceSpecificCredentials")
def list_service_credentials(call: Call) -> Parameters:
    users = call.account.backend.users.values() if call.get("AllUsers") else [user_named(call)]
    found = [
        {**credential, "UserName": user.name}
        for user in users
        for credential in user.service_credentials.values()
        if call.get("ServiceName") in (None, credential["ServiceName"])
    ]
    page, more = paged(call, found, lambda one: f"{one['UserName'].lower()} {one['ServiceSpecificCredentialId']}")
    return {"ServiceSpecificCredentials": page, **more}


def _with_new_secret(call: Call, credential: dict[str, Any]) -> Parameters:
    secret = new_secret(44) + "="
    member = "ServicePassword" if "ServiceUserName" in credential else "ServiceCredentialSecret"
    identifier = credential["ServiceSpecificCredentialId"]
    call.secrets.note("service_password", credential["UserName"], secret, identifier)
    return {**credential, member: secret}


def _service_credential(call: Call) -> dict[str, Any]:
    identifier = call["ServiceSpecificCredentialId"]
    credential = user_named(call).service_credentials.get(identifier)
    if credential is None:
        raise refusal("NoSuchEntity", f"No such credential {identifier} exists")
    return credential
