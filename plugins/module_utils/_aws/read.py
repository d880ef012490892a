# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's answers as values of the model, entity by entity. An error is never read as an empty list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    AccessKey,
    Dependent,
    Group,
    LoginProfile,
    PasswordPolicy,
    User,
)

# The lists of what else can hang on a user: kind in the model, action, key of the list, key of the id.
_DEPENDENTS = (
    (
        "ServiceSpecificCredential",
        "iam:ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
        "ServiceSpecificCredentialId",
    ),
    ("SSHPublicKey", "iam:ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId"),
    ("SigningCertificate", "iam:ListSigningCertificates", "Certificates", "CertificateId"),
    ("MFADevice", "iam:ListMFADevices", "MFADevices", "SerialNumber"),
)


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}


def user_of(answer: Mapping[str, Any], **more: Any) -> User:
    """A User or UserDetail of AWS's as ours; ``more`` are fields that the answer does not hold."""
    return User(
        name=answer["UserName"],
        path=answer["Path"],
        arn=answer["Arn"],
        id=answer["UserId"],
        created=answer["CreateDate"],
        boundary=answer.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags=tags_of(answer),
        **more,
    )


def group_of(answer: Mapping[str, Any], **more: Any) -> Group:
    """A Group or GroupDetail of AWS's as ours."""
    return Group(
        name=answer["GroupName"],
        path=answer["Path"],
        arn=answer["Arn"],
        id=answer["GroupId"],
        created=answer["CreateDate"],
        **more,
    )


def read_user(gateway: Gateway, name: str, groups: bool) -> User | None:
    """One user with its managed policies and, if asked, its groups; credentials are UNREAD."""
    found = gateway.find("iam:GetUser", UserName=name)
    if found is None:
        return None
    policies = gateway.listing("iam:ListAttachedUserPolicies", "AttachedPolicies", UserName=name)
    member_of = gateway.listing("iam:ListGroupsForUser", "Groups", UserName=name) if groups else None
    return user_of(
        found["User"],
        managed_policies=tuple(policy["PolicyArn"] for policy in policies),
        groups=UNREAD if member_of is None else tuple(group["GroupName"] for group in member_of),
        login_profile=UNREAD,
        access_keys=UNREAD,
    )


def read_group(gateway: Gateway, name: str, whole: bool) -> Group | None:
    """One group: only that it is there, or with its policies and members."""
    if not whole:
        found = gateway.find("iam:GetGroup", GroupName=name, MaxItems=1)
        return None if found is None else group_of(found["Group"], managed_policies=UNREAD, inline_policies=UNREAD)
    try:
        pages = list(gateway.pages("iam:GetGroup", GroupName=name))
    except AwsError as error:
        if error.kind is Kind.MISSING:
            return None
        raise
    policies = gateway.listing("iam:ListAttachedGroupPolicies", "AttachedPolicies", GroupName=name)
    inline = gateway.listing("iam:ListGroupPolicies", "PolicyNames", GroupName=name)
    documents = {
        policy: gateway.read("iam:GetGroupPolicy", GroupName=name, PolicyName=policy)["PolicyDocument"]
        for policy in inline
    }
    return group_of(
        pages[0]["Group"],
        managed_policies=tuple(policy["PolicyArn"] for policy in policies),
        inline_policies=documents,
        members=tuple(user["UserName"] for page in pages for user in page["Users"]),
    )


def read_login_profile(gateway: Gateway, name: str) -> LoginProfile | None:
    found = gateway.find("iam:GetLoginProfile", UserName=name)
    if found is None:
        return None
    profile = found["LoginProfile"]
    return LoginProfile(created=profile["CreateDate"], reset_required=bool(profile.get("PasswordResetRequired", False)))


def read_access_keys(gateway: Gateway, name: str) -> tuple[AccessKey, ...]:
    """The user's keys, oldest first."""
    found = gateway.listing("iam:ListAccessKeys", "AccessKeyMetadata", UserName=name)
    keys = [AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"]) for key in found]
    return tuple(sorted(keys, key=lambda key: (str(key.created), key.id)))


def read_last_used(gateway: Gateway, key_id: str) -> Any:
    """When a key was last used, None for never
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html)."""
    return gateway.read("iam:GetAccessKeyLastUsed", AccessKeyId=key_id)["AccessKeyLastUsed"].get("LastUsedDate")


def read_dependents(gateway: Gateway, name: str) -> tuple[Dependent, ...]:
    """What else DeleteUser wants gone, in the order in which it locks the user out."""
    found = [
        Dependent(kind, item[key])
        for kind, action, listed, key in _DEPENDENTS
        for item in gateway.listing(action, listed, UserName=name)
    ]
    inline = gateway.listing("iam:ListUserPolicies", "PolicyNames", UserName=name)
    return (*found, *(Dependent("InlinePolicy", policy) for policy in inline))


def read_password_policy(gateway: Gateway) -> PasswordPolicy:
    """The account's policy, or AWS's default rules where it has none."""
    found = gateway.find("iam:GetAccountPasswordPolicy")
    if found is None:
        return PasswordPolicy()
    policy = found["PasswordPolicy"]
    return PasswordPolicy(
        minimum_length=policy.get("MinimumPasswordLength", 6),
        require_uppercase=policy.get("RequireUppercaseCharacters", False),
        require_lowercase=policy.get("RequireLowercaseCharacters", False),
        require_numbers=policy.get("RequireNumbers", False),
        require_symbols=policy.get("RequireSymbols", False),
        allow_users_to_change=policy.get("AllowUsersToChangePassword", False),
        max_age_days=policy.get("MaxPasswordAge"),
        reuse_prevention=policy.get("PasswordReusePrevention"),
        hard_expiry=bool(policy.get("HardExpiry", False)),
        is_default=False,
    )
