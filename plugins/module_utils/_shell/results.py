# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model as results: names and shapes of amazon.aws where the concept is the same, unread fields left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.apply import Outcome
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import sdk_versions
from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    OWNER_TAG,
    UNREAD,
    USE_CASE_TAG,
    AccessKey,
    Account,
    Group,
    MFADevice,
    PasswordPolicy,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Finding, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import certificate_fingerprint
from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import Receipt
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _status(active: bool) -> str:
    return "Active" if active else "Inactive"


def _policies(arns: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"policy_name": arn.rpartition("/")[2], "policy_arn": arn} for arn in sorted(arns)]


def as_access_key(user: str, key: AccessKey) -> dict[str, Any]:
    return {
        "access_key_id": key.id,
        "create_date": _date(key.created),
        "status": _status(key.active),
        "user_name": user,
    }


def as_ssh_public_key(user: str, key: SSHPublicKey) -> dict[str, Any]:
    return {
        "fingerprint": key.fingerprint,
        "ssh_public_key_id": key.id,
        "status": _status(key.active),
        "upload_date": _date(key.uploaded),
        "user_name": user,
    }


def as_signing_certificate(user: str, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "certificate_id": certificate.id,
        "fingerprint": certificate.fingerprint,
        "status": _status(certificate.active),
        "upload_date": _date(certificate.uploaded),
        "user_name": user,
    }


def as_service_credential(user: str, credential: ServiceCredential) -> dict[str, Any]:
    return {
        "create_date": _date(credential.created),
        "expiration_date": _date(credential.expires),
        "service_name": credential.service,
        "service_specific_credential_id": credential.id,
        "service_user_name": credential.user_name,
        "status": _status(credential.active),
        "user_name": user,
    }


def as_mfa_device(user: str, device: MFADevice) -> dict[str, Any]:
    """A device as amazon.aws.iam_mfa_device_info returns it, and of which type it is."""
    return {
        "enable_date": _date(device.enabled),
        "serial_number": device.serial,
        "type": device.kind,
        "user_name": user,
    }


def as_user(user: User | None) -> dict[str, Any]:
    """A user as amazon.aws.iam_user returns it, and what it lacks: groups, access keys, whether there is a password."""
    if user is None:
        return {}
    result: dict[str, Any] = {
        "arn": user.arn,
        "create_date": _date(user.created),
        "path": user.path,
        "tags": user.callers_tags,
        "user_id": user.id,
        "user_name": user.name,
    }
    told = {"owner": user.tags.get(OWNER_TAG), "use_case": user.tags.get(USE_CASE_TAG)}
    result.update({key: value for key, value in told.items() if value})
    return {**result, **_permissions_of(user), **_credentials_of(user)}


def _permissions_of(user: User) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if user.boundary:
        # Of the two words for the type in AWS's reference, the one that its answers have:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html
        result["permissions_boundary"] = {
            "permissions_boundary_arn": user.boundary,
            "permissions_boundary_type": "Policy",
        }
    if not isinstance(user.managed_policies, Unread):
        result["attached_policies"] = _policies(user.managed_policies)
    if not isinstance(user.inline_policies, Unread) and user.inline_policies:
        result["inline_policies"] = dict(sorted(user.inline_policies.items()))
    if not isinstance(user.groups, Unread):
        result["groups"] = sorted(user.groups, key=fold)
    return result


def _credentials_of(user: User) -> dict[str, Any]:
    """Whether there is a password, the access keys, and of every other kind those that there are."""
    result: dict[str, Any] = {}
    if not isinstance(user.login_profile, Unread):
        result["console"] = user.login_profile is not None
        reset = UNREAD if user.login_profile is None else user.login_profile.reset_required
        if not isinstance(reset, Unread):
            result["password_reset_required"] = reset
    if not isinstance(user.access_keys, Unread):
        result["access_keys"] = [as_access_key(user.name, key) for key in user.access_keys]
    if user.mfa_devices and not isinstance(user.mfa_devices, Unread):
        result["mfa_devices"] = [as_mfa_device(user.name, device) for device in user.mfa_devices]
    if user.ssh_keys and not isinstance(user.ssh_keys, Unread):
        result["ssh_public_keys"] = [as_ssh_public_key(user.name, key) for key in user.ssh_keys]
    if user.certificates and not isinstance(user.certificates, Unread):
        result["signing_certificates"] = [as_signing_certificate(user.name, one) for one in user.certificates]
    if user.service_credentials and not isinstance(user.service_credentials, Unread):
        credentials = [as_service_credential(user.name, one) for one in user.service_credentials]
        result["service_specific_credentials"] = credentials
    return result


def as_group(group: Group | None) -> dict[str, Any]:
    """A group as amazon.aws.iam_group returns it, with the names of its members and inline policies."""
    if group is None:
        return {}
    result: dict[str, Any] = {
        "group": {
            "arn": group.arn,
            "create_date": _date(group.created),
            "group_id": group.id,
            "group_name": group.name,
            "path": group.path,
        }
    }
    if not isinstance(group.managed_policies, Unread):
        result["attached_policies"] = _policies(group.managed_policies)
    if not isinstance(group.inline_policies, Unread):
        result["inline_policies"] = dict(sorted(group.inline_policies.items()))
    if not isinstance(group.members, Unread):
        result["users"] = [{"user_name": name} for name in sorted(group.members, key=fold)]
    return result


def as_password_policy(policy: PasswordPolicy | Unread) -> dict[str, Any]:
    """The password rules in force as amazon.aws.iam_password_policy returns them, and whether AWS's default holds."""
    if isinstance(policy, Unread):
        return {}
    return {
        "allow_users_to_change_password": policy.allow_users_to_change,
        "expire_passwords": policy.max_age_days is not None,
        "hard_expiry": policy.hard_expiry,
        "is_default": policy.is_default,
        "max_password_age": policy.max_age_days,
        "minimum_password_length": policy.minimum_length,
        "password_reuse_prevention": policy.reuse_prevention,
        "require_lowercase_characters": policy.require_lowercase,
        "require_numbers": policy.require_numbers,
        "require_symbols": policy.require_symbols,
        "require_uppercase_characters": policy.require_uppercase,
    }


def as_receipt(receipt: Receipt) -> dict[str, Any]:
    told = {**asdict(receipt), "sealed_to": list(receipt.sealed_to)}
    return {key: value for key, value in told.items() if value is not None}


def after_run(account: Account, outcomes: list[Outcome], seen: Mapping[str, User | None]) -> Account:
    """The account as these outcomes left it: the simulation, completed by what AWS answered. No second read; but what
    was ``seen`` of a user after a lost answer tells the ids that were in it."""
    for outcome in outcomes:
        account = simulate(account, outcome.done, outcome.known)
    users, groups = dict(account.users), dict(account.groups)
    for outcome in outcomes:
        kind, _space, name = outcome.subject.partition(" ")
        found = seen.get(outcome.subject)
        if found is not None and fold(name) in users:
            users[fold(name)] = _as_seen(users[fold(name)], found)
        for action, answer in outcome.answers:
            if kind == "user" and action in _LESSONS and fold(name) in users:
                users[fold(name)] = _LESSONS[action](users[fold(name)], answer)
            if action == "iam:CreateGroup" and fold(name) in groups:
                made = answer["Group"]
                groups[fold(name)] = replace(
                    groups[fold(name)], id=made["GroupId"], arn=made["Arn"], created=made["CreateDate"]
                )
    return replace(account, users=users, groups=groups)


def _as_seen(user: User, seen: User) -> User:
    """The user with the ids and dates of what was uploaded under an answer that was lost."""
    told = {}
    for kind in ("ssh_keys", "certificates"):
        have, found = getattr(user, kind), getattr(seen, kind)
        if not isinstance(have, Unread) and not isinstance(found, Unread):
            same = {one.fingerprint: one for one in found}
            told[kind] = tuple(replace(same.get(one.fingerprint, one), active=one.active) for one in have)
    return replace(user, **told)


def _created_user(user: User, answer: Mapping[str, Any]) -> User:
    made = answer["User"]
    return replace(user, id=made["UserId"], arn=made["Arn"], created=made["CreateDate"])


def _created_key(user: User, answer: Mapping[str, Any]) -> User:
    made = answer["AccessKey"]
    keys = () if isinstance(user.access_keys, Unread) else user.access_keys
    dated = (replace(key, created=made["CreateDate"]) if key.id == made["AccessKeyId"] else key for key in keys)
    return replace(user, access_keys=tuple(dated))


def _created_service_credential(user: User, answer: Mapping[str, Any]) -> User:
    made = answer["ServiceSpecificCredential"]
    have = () if isinstance(user.service_credentials, Unread) else user.service_credentials
    login = made.get("ServiceUserName") or made.get("ServiceCredentialAlias")
    told = {"created": made["CreateDate"], "expires": made.get("ExpirationDate"), "user_name": login}
    mine = (replace(one, **told) if one.id == made["ServiceSpecificCredentialId"] else one for one in have)
    return replace(user, service_credentials=tuple(mine))


def _uploaded_ssh_key(user: User, answer: Mapping[str, Any]) -> User:
    made = answer["SSHPublicKey"]
    keys = () if isinstance(user.ssh_keys, Unread) else user.ssh_keys
    told = {"id": made["SSHPublicKeyId"], "uploaded": made["UploadDate"]}
    # Of several keys that one run uploads, the fingerprint tells which this is.
    mine = (replace(key, **told) if key.fingerprint == made["Fingerprint"] else key for key in keys)
    return replace(user, ssh_keys=tuple(mine))


def _uploaded_certificate(user: User, answer: Mapping[str, Any]) -> User:
    made = answer["Certificate"]
    have = () if isinstance(user.certificates, Unread) else user.certificates
    told = {"id": made["CertificateId"], "uploaded": made["UploadDate"]}
    fingerprint = certificate_fingerprint(made["CertificateBody"])
    mine = (replace(one, **told) if one.fingerprint == fingerprint else one for one in have)
    return replace(user, certificates=tuple(mine))


# What AWS's answers tell of a user that the simulation cannot know.
_LESSONS: dict[str, Callable[[User, Mapping[str, Any]], User]] = {
    "iam:CreateUser": _created_user,
    "iam:CreateAccessKey": _created_key,
    "iam:CreateServiceSpecificCredential": _created_service_credential,
    "iam:UploadSSHPublicKey": _uploaded_ssh_key,
    "iam:UploadSigningCertificate": _uploaded_certificate,
}


# What AWS would have answered, had the plan not foreseen it, by the finding's name.
_WOULD_BE = {
    "credential_quota": "LimitExceeded",
    "key_quota": "LimitExceeded",
    "missing_credential": "NoSuchEntity",
    "missing_group": "NoSuchEntity",
    "missing_key": "NoSuchEntity",
    "missing_mfa_device": "NoSuchEntity",
    "missing_policy": "NoSuchEntity",
    "missing_user": "NoSuchEntity",
    "password_policy": "PasswordPolicyViolation",
    "quota": "LimitExceeded",
}


def as_error(refusals: Sequence[Finding]) -> dict[str, Any]:
    """The first refusal that AWS has an error code for, in amazon.aws's shape, so that a task which looks at
    ``error.code`` goes on doing so."""
    known = [finding for finding in refusals if finding.name in _WOULD_BE]
    if not known:
        return {}
    return {"error": {"code": _WOULD_BE[known[0].name], "message": known[0].text}, **sdk_versions()}


def changes(plan: Plan) -> dict[str, Any]:
    """What every module tells of a plan: counts by AWS action, a line a step, what is warned of or refused."""
    return {
        "actions": plans.actions(plan.steps),
        "plan": plans.lines(plan.steps),
        "findings": [asdict(finding) for finding in plan.findings],
    }
