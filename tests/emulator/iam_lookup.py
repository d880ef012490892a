# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finding users, groups and policies as IAM does, with AWS's words when they are not there, and showing them."""

from __future__ import annotations

from typing import Any

from tests.emulator.entities import Group, User
from tests.emulator.operations import Call, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import Account

_QUOTA_WORDS = {
    "UsersQuota": "UsersPerAccount",
    "GroupsQuota": "GroupsPerAccount",
    "PoliciesQuota": "PoliciesPerAccount",
    "AttachedPoliciesPerUserQuota": "PoliciesPerUser",
    "AttachedPoliciesPerGroupQuota": "PoliciesPerGroup",
    "SigningCertificatesPerUserQuota": "CertificatesPerUser",
}


def user_named(call: Call) -> User:
    """The user that UserName gives; without it the calling user."""
    name = call.get("UserName")
    if name is None:
        if call.caller.user is None:
            raise refusal("ValidationError", "Must specify userName when calling with non-User credentials")
        return call.caller.user
    user = call.account.backend.users.get(name)
    if user is None:
        raise refusal("NoSuchEntity", f"The user with name {name} cannot be found.")
    return user


def group_named(call: Call) -> Group:
    group = call.account.backend.groups.get(call["GroupName"])
    if group is None:
        raise refusal("NoSuchEntity", f"The group with name {call['GroupName']} cannot be found.")
    return group


def policy_at(account: Account, arn: str, message: str = "Policy {arn} was not found.") -> Any:
    policy = account.backend.managed_policies.get(arn)
    if policy is None:
        raise refusal("NoSuchEntity", message.format(arn=arn))
    return policy


def check_quota(call: Call, quota: str, present: int) -> None:
    """Refuse one more than the quota of GetAccountSummary's name allows.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    limit = call.account.quotas[quota]
    if present >= limit:
        name = _QUOTA_WORDS.get(quota, quota.removesuffix("Quota"))
        raise refusal("LimitExceeded", f"Cannot exceed quota for {name}: {limit}")


def settable_status(call: Call) -> str:
    """The Status of an update. botocore's enumeration has Expired too, which no caller may set."""
    status: str = call["Status"]
    if status not in ("Active", "Inactive"):
        raise refusal("InvalidInput", f"Operation does not support status {status}")
    return status


def brief_user(user: User) -> Parameters:
    """A user as ListUsers and GetGroup show it: without tags and boundary, as their pages say."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
        "PasswordLastUsed": user.password_last_used,
    }


def whole_user(user: User) -> Parameters:
    """A user as CreateUser and GetUser show it."""
    return {**brief_user(user), "PermissionsBoundary": boundary_of(user), "Tags": user.tags or None}


def boundary_of(user: User) -> Parameters | None:
    if user.boundary is None:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": user.boundary}


def shown_group(group: Group) -> Parameters:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.create_date,
    }


def below_path(call: Call, items: Any) -> list[Any]:
    """Those whose path starts with PathPrefix."""
    prefix = call.get("PathPrefix", "/")
    return [item for item in items if item.path.startswith(prefix)]


def by_name(item: Any) -> str:
    return str(item.name).lower()
