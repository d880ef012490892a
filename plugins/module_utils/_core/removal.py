# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the end of a user: what lets it in goes first, then what it may do, then the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import left_behind
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    PROTECTED_TAG,
    Account,
    LoginProfile,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Draft

_WHY = "the user goes"
Item = TypeVar("Item")


def plan_removal(draft: Draft, account: Account, user: User) -> None:
    """Everything that hangs on the user, then the user; the boundary needs no call of its own. DeleteUser answers
    DeleteConflict while any of it is left (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html)."""
    if user.arn == account.caller_arn:
        draft.refuse("caller", "it is the user who runs this; let somebody else remove it.")
    if is_protected(user):
        lift = f"aws iam untag-user --user-name {user.name} --tag-keys {PROTECTED_TAG}"
        draft.refuse("protected", f"its tag {PROTECTED_TAG} protects it; if it is to go, take that off first: {lift}")
    lock_out(draft, user, _WHY)
    for serial in left_behind(account, user):
        why = "left unassigned by an interrupted run"
        draft.step("iam:DeleteVirtualMFADevice", {"SerialNumber": serial}, f"- virtual MFA device {serial}", why)
    of_user = {"UserName": user.name}
    for name in _read(user.inline_policies):
        draft.step("iam:DeleteUserPolicy", {**of_user, "PolicyName": name}, f"- inline policy {name}", _WHY)
    for arn in _read(user.managed_policies):
        draft.step("iam:DetachUserPolicy", {**of_user, "PolicyArn": arn}, f"- managed policy {arn}", _WHY)
    for name in _read(user.groups):
        draft.step("iam:RemoveUserFromGroup", {"GroupName": name, **of_user}, f"- member of {name}", _WHY)
    draft.step("iam:DeleteUser", of_user, f"- user {user.name}", "it is to be absent")


def is_protected(user: User) -> bool:
    """Whether somebody has tagged the user against removal; any value but a plain no counts."""
    value = user.tag(PROTECTED_TAG)
    return value is not None and fold(value.strip()) not in ("", "false", "no")


def _read(items: Iterable[Item] | Unread) -> Iterable[Item]:
    return () if isinstance(items, Unread) else items


def lock_out(draft: Draft, user: User, reason: str) -> None:
    """Every credential that stands on ``user``, the ones that open most first."""
    of_user = {"UserName": user.name}
    if isinstance(user.login_profile, LoginProfile):
        draft.step("iam:DeleteLoginProfile", of_user, "- console password", reason)
    for key in _read(user.access_keys):
        draft.step("iam:DeleteAccessKey", {**of_user, "AccessKeyId": key.id}, f"- access key {key.id}", reason)
    for credential in _read(user.service_credentials):
        parameters = {**of_user, "ServiceSpecificCredentialId": credential.id}
        line = f"- service-specific credential {credential.id}"
        draft.step("iam:DeleteServiceSpecificCredential", parameters, line, reason)
    for ssh_key in _read(user.ssh_keys):
        parameters = {**of_user, "SSHPublicKeyId": ssh_key.id}
        draft.step("iam:DeleteSSHPublicKey", parameters, f"- SSH public key {ssh_key.id}", reason)
    for certificate in _read(user.certificates):
        parameters = {**of_user, "CertificateId": certificate.id}
        draft.step("iam:DeleteSigningCertificate", parameters, f"- signing certificate {certificate.id}", reason)
    for device in _read(user.mfa_devices):
        parameters = {**of_user, "SerialNumber": device.serial}
        draft.step("iam:DeactivateMFADevice", parameters, f"- MFA device {device.serial}", reason)
        if device.kind == "virtual":
            line, why = f"- virtual MFA device {device.serial}", "it would block a namesake"
            draft.step("iam:DeleteVirtualMFADevice", {"SerialNumber": device.serial}, line, why)
