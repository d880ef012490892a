# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service-specific credentials of users: none of this is in moto.

What AWS's pages leave open (the words of refusals, the case of service names, whose id it is) is as AWS answered the
probes that https://github.com/radkawar/stackd keeps in internal/services/iam/testdata.
"""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from itertools import count
from typing import Any

from tests.emulator.entities import User
from tests.emulator.iam_lookup import settable_status, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import CLOCK, new_id, new_secret

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
_PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
# Services with long-term API keys, and what their keys start with.
_KEY_PREFIXES = {"bedrock.amazonaws.com": "ABSK", "logs.amazonaws.com": "ACWL"}
_CREDENTIALS_PER_SERVICE = 2


@operation("iam:CreateServiceSpecificCredential")
def create_service_credential(call: Call) -> Parameters:
    """AWS heeds CredentialAgeDays for every service, although its page speaks of API keys only."""
    service, user = _service(call["ServiceName"]), user_named(call)
    if sum(one["ServiceName"] == service for one in user.service_credentials.values()) >= _CREDENTIALS_PER_SERVICE:
        words = f"ContextSpecificCredentialsPerUserPerContext: {_CREDENTIALS_PER_SERVICE}"
        raise refusal("LimitExceeded", f"Cannot exceed quota for {words}")
    credential: dict[str, Any] = {
        "Status": "Active",
        "ServiceName": service,
        "CreateDate": CLOCK.naive(),
        "ServiceSpecificCredentialId": new_id("ACCA", 21),
        _login_member(service): _free_login(call, user, service),
    }
    if "CredentialAgeDays" in call.parameters:
        credential["ExpirationDate"] = credential["CreateDate"] + timedelta(days=call["CredentialAgeDays"])
    user.service_credentials[credential["ServiceSpecificCredentialId"]] = credential
    return {"ServiceSpecificCredential": _with_new_secret(call, user, credential)}


@operation("iam:ResetServiceSpecificCredential")
def reset_service_credential(call: Call) -> Parameters:
    user, credential = _credential_named(call)
    return {"ServiceSpecificCredential": _with_new_secret(call, user, credential)}


@operation("iam:UpdateServiceSpecificCredential")
def update_service_credential(call: Call) -> Parameters:
    _, credential = _credential_named(call)
    credential["Status"] = settable_status(call)
    return {}


@operation("iam:DeleteServiceSpecificCredential")
def delete_service_credential(call: Call) -> Parameters:
    user, credential = _credential_named(call)
    del user.service_credentials[credential["ServiceSpecificCredentialId"]]
    return {}


@operation("iam:ListServiceSpecificCredentials")
def list_service_credentials(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html."""
    if call.get("AllUsers") and "UserName" in call.parameters:
        raise refusal("InvalidInput", "Cannot list credentials for all users if a username is given")
    service = _service(call["ServiceName"]) if call.get("ServiceName") else None
    users = call.account.backend.users.values() if call.get("AllUsers") else [user_named(call)]
    found = [
        _shown(user, credential)
        for user in users
        for credential in user.service_credentials.values()
        if service in (None, credential["ServiceName"])
    ]
    page, more = paged(call, found, lambda one: f"{one['UserName'].lower()} {one['ServiceSpecificCredentialId']}")
    return {"ServiceSpecificCredentials": page, **more}


def _service(name: str) -> str:
    """The service's name as AWS writes it: its case does not count."""
    if not re.fullmatch(r"[a-zA-Z0-9.-]*", name):
        raise refusal("ValidationError", "ServiceName must match [a-zA-Z0-9.-]*")
    if name.lower() not in (*_PASSWORD_SERVICES, *_KEY_PREFIXES):
        # The page says NotSupportedService; what AWS answers is this.
        raise refusal("NoSuchEntity", f"No such service {name} is supported for Service Specific Credentials")
    return name.lower()


def _login_member(service: str) -> str:
    return "ServiceCredentialAlias" if service in _KEY_PREFIXES else "ServiceUserName"


def _free_login(call: Call, user: User, service: str) -> str:
    """`jane-at-123456789012`, or with +1, +2 when that is taken: by jane, or by one who once had her name."""
    member = _login_member(service)
    taken = {
        one[member]
        for owner in call.account.backend.users.values()
        for one in owner.service_credentials.values()
        if one["ServiceName"] == service
    }
    suffixes = (f"+{number}" if number else "" for number in count())
    logins = (f"{user.name}{suffix}-at-{call.account.account_id}" for suffix in suffixes)
    return next(login for login in logins if login not in taken)


def _with_new_secret(call: Call, user: User, credential: dict[str, Any]) -> Parameters:
    service = credential["ServiceName"]
    member, secret = "ServicePassword", new_secret(59) + "="
    if service in _KEY_PREFIXES:
        pair = f"{credential['ServiceCredentialAlias']}:{secret}"
        member, secret = "ServiceCredentialSecret", _KEY_PREFIXES[service] + base64.b64encode(pair.encode()).decode()
    call.secrets.note("service_password", user.name, secret, credential["ServiceSpecificCredentialId"])
    return {**_shown(user, credential), member: secret}


def _shown(user: User, credential: dict[str, Any]) -> Parameters:
    """Expired is a status that only time can set."""
    expired = "ExpirationDate" in credential and credential["ExpirationDate"] <= CLOCK.naive()
    return {**credential, "UserName": user.name, "Status": "Expired" if expired else credential["Status"]}


def _credential_named(call: Call) -> tuple[User, dict[str, Any]]:
    user, identifier = user_named(call), call["ServiceSpecificCredentialId"]
    if identifier in user.service_credentials:
        return user, user.service_credentials[identifier]
    if any(identifier in other.service_credentials for other in call.account.backend.users.values()):
        words = f"User {user.name} does not have a service specific credential with id {identifier}"
        raise refusal("ValidationError", words)
    raise refusal("NoSuchEntity", f"No such credential {identifier} exists")
