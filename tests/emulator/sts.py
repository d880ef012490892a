# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""STS: who is calling, and temporary credentials that really work."""

from __future__ import annotations

from datetime import timedelta

from tests.emulator.operations import Call, operation, refusal
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, Session, new_id, new_secret


@operation("sts:GetCallerIdentity")
def get_caller_identity(call: Call) -> Parameters:
    return {"UserId": call.caller.user_id, "Account": call.account.account_id, "Arn": call.caller.arn}


@operation("sts:GetSessionToken")
def get_session_token(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html: not with temporary credentials."""
    if call.caller.access_key_id.startswith("ASIA"):
        raise refusal("AccessDenied", "Cannot call GetSessionToken with session credentials")
    caller = call.caller
    session = _session(call, call.account.account_id, caller.arn, caller.user_id, 43200, caller.user.name)
    return {"Credentials": _shown(session)}


@operation("sts:AssumeRole")
def assume_role(call: Call) -> Parameters:
    """A role of this account must exist. Any role of another account can be assumed: nobody set that one up here."""
    arn = call["RoleArn"]
    account_id, name = arn.split(":")[4], arn.rpartition("/")[2]
    account = call.world.account(account_id, call.account.partition)
    role = account.backend.roles.get(name) or next((r for r in account.backend.roles.values() if r.arn == arn), None)
    if role is None and account is call.account:
        raise AwsError(
            "AccessDenied", f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
    session_name = call["RoleSessionName"]
    role_id = role.id if role is not None else new_id("AROA", 21)
    session_arn = f"arn:{account.partition}:sts::{account_id}:assumed-role/{name}/{session_name}"
    session = _session(call, account_id, session_arn, f"{role_id}:{session_name}", 3600, None)
    return {
        "Credentials": _shown(session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session_arn},
    }


@operation("sts:GetAccessKeyInfo")
def get_access_key_info(call: Call) -> Parameters:
    found = call.world.find_key(call["AccessKeyId"], call.account.partition)
    if found is None:
        raise AwsError("AccessDenied", "Access key not found", 403)
    return {"Account": found[0].account_id}


def _session(call: Call, account_id: str, arn: str, user_id: str, seconds: int, user_name: str | None) -> Session:
    expires = CLOCK.now() + timedelta(seconds=call.get("DurationSeconds", seconds))
    key_id = new_id("ASIA", 20)
    session = Session(account_id, key_id, new_secret(), new_secret(200), expires, arn, user_id, user_name)
    call.world.sessions[key_id] = session
    call.secrets.note("session", arn, session.secret, key_id)
    return session


def _shown(session: Session) -> Parameters:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }
