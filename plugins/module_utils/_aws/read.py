# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's answers as values of the model, entity by entity. An error is never read as an empty list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    AccessKey,
    Group,
    LoginProfile,
    MFADevice,
    PasswordPolicy,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import certificate_fingerprint

_NOT_READ: dict[str, Any] = dict.fromkeys(
    (
        *("groups", "managed_policies", "inline_policies", "login_profile", "access_keys"),
        *("ssh_keys", "certificates", "service_credentials", "mfa_devices"),
    ),
    UNREAD,
)


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}


def documents_of(policies: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, object]]:
    """The inline policies of GetAccountAuthorizationDetails as documents by name."""
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}


def user_of(answer: Mapping[str, Any], **more: Any) -> User:
    """A User or UserDetail of AWS's as ours; ``more`` are fields that the answer does not hold. The rest is UNREAD."""
    return User(
        name=answer["UserName"],
        path=answer["Path"],
        arn=answer["Arn"],
        id=answer["UserId"],
        created=answer["CreateDate"],
        boundary=answer.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags=tags_of(answer),
        **{**_NOT_READ, **more},
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


def read_all(gateway: Gateway) -> tuple[dict[str, User], dict[str, Group]]:
    """Every user and group by folded name, a page at a time; credentials and members are UNREAD
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html)."""
    users, groups = {}, {}
    for page in gateway.pages("iam:GetAccountAuthorizationDetails", Filter=["User", "Group"], MaxItems=1000):
        for detail in page.get("UserDetailList", ()):
            users[fold(detail["UserName"])] = user_of(
                detail,
                groups=tuple(detail.get("GroupList", ())),
                managed_policies=tuple(policy["PolicyArn"] for policy in detail.get("AttachedManagedPolicies", ())),
                inline_policies=documents_of(detail.get("UserPolicyList", ())),
            )
        for detail in page.get("GroupDetailList", ()):
            groups[fold(detail["GroupName"])] = group_of(
                detail,
                managed_policies=tuple(policy["PolicyArn"] for policy in detail.get("AttachedManagedPolicies", ())),
                inline_policies=documents_of(detail.get("GroupPolicyList", ())),
            )
    return users, groups


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


def read_ssh_keys(gateway: Gateway, name: str, whole: bool = True) -> tuple[SSHPublicKey, ...]:
    """The user's SSH public keys; their fingerprints, which take a call each, only if ``whole``."""
    found = gateway.listing("iam:ListSSHPublicKeys", "SSHPublicKeys", UserName=name)
    return tuple(
        SSHPublicKey(
            key["SSHPublicKeyId"],
            key["Status"] == "Active",
            key["UploadDate"],
            _ssh_fingerprint(gateway, name, key["SSHPublicKeyId"]) if whole else None,
        )
        for key in found
    )


def _ssh_fingerprint(gateway: Gateway, name: str, key_id: str) -> str:
    answer = gateway.read("iam:GetSSHPublicKey", UserName=name, SSHPublicKeyId=key_id, Encoding="SSH")
    return str(answer["SSHPublicKey"]["Fingerprint"])


def read_certificates(gateway: Gateway, name: str) -> tuple[SigningCertificate, ...]:
    found = gateway.listing("iam:ListSigningCertificates", "Certificates", UserName=name)
    return tuple(
        SigningCertificate(
            one["CertificateId"],
            one["Status"] == "Active",
            one["UploadDate"],
            certificate_fingerprint(one["CertificateBody"]),
        )
        for one in found
    )


def read_service_credentials(gateway: Gateway, name: str) -> tuple[ServiceCredential, ...]:
    """The user's service-specific credentials, oldest first
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredentialMetadata.html)."""
    found = gateway.listing("iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials", UserName=name)
    return _service_credentials(found)


def read_service_credentials_of_all(gateway: Gateway) -> dict[str, tuple[ServiceCredential, ...]]:
    """The service-specific credentials of all users by folded name; who has none is not in it. An SDK of before July
    2025 does not know how to ask, and says so by ParamValidationError."""
    found = gateway.listing("iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials", AllUsers=True)
    owned: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        owned.setdefault(fold(one["UserName"]), []).append(one)
    return {owner: _service_credentials(theirs) for owner, theirs in owned.items()}


def _service_credentials(found: Iterable[Mapping[str, Any]]) -> tuple[ServiceCredential, ...]:
    credentials = [
        ServiceCredential(
            one["ServiceSpecificCredentialId"],
            one["ServiceName"],
            one["Status"] == "Active",
            one["CreateDate"],
            one.get("ExpirationDate"),
            one.get("ServiceUserName") or one.get("ServiceCredentialAlias"),
        )
        for one in found
    ]
    return tuple(sorted(credentials, key=lambda one: (str(one.created), one.id)))


def read_mfa_devices(gateway: Gateway, name: str) -> tuple[MFADevice, ...]:
    found = gateway.listing("iam:ListMFADevices", "MFADevices", UserName=name)
    return tuple(MFADevice(device["SerialNumber"], device["EnableDate"]) for device in found)


def read_virtual_devices(gateway: Gateway) -> dict[str, str | None]:
    """Every virtual MFA device of the account, by its serial number, and the user who has enabled it."""
    found = gateway.listing("iam:ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Any")
    # The root user's device has a User without a name.
    whose = (device.get("User") for device in found)
    names = (None if user is None else user.get("UserName") or user["Arn"] for user in whose)
    return {device["SerialNumber"]: name for device, name in zip(found, names, strict=True)}


def read_inline_policies(gateway: Gateway, name: str) -> dict[str, Mapping[str, object]]:
    """The user's inline policies by name; each document takes a call."""
    found = gateway.listing("iam:ListUserPolicies", "PolicyNames", UserName=name)
    return {
        policy: gateway.read("iam:GetUserPolicy", UserName=name, PolicyName=policy)["PolicyDocument"]
        for policy in found
    }


def read_alias(gateway: Gateway) -> str | None:
    """The account's alias; it can have one at most
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html)."""
    aliases = gateway.listing("iam:ListAccountAliases", "AccountAliases")
    return aliases[0] if aliases else None


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
        max_age_days=policy.get("MaxPasswordAge") or None,
        reuse_prevention=policy.get("PasswordReusePrevention") or None,
        hard_expiry=bool(policy.get("HardExpiry", False)),
        is_default=False,
    )
