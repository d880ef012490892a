# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a policy, a user or a device from being deleted, beyond what test_belongings shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
)
CONFLICT = ("DeleteConflict", 409)
CODES = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
Hold = Callable[[Any, str], Callable[[], Any]]


@pytest.fixture
def policy(iam: Any) -> str:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="Developers")
    iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=TRUST)
    return str(iam.create_policy(PolicyName="Own", PolicyDocument=ALLOW)["Policy"]["Arn"])


def on_user(iam: Any, arn: str) -> Callable[[], Any]:
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    return lambda: iam.detach_user_policy(UserName="alice", PolicyArn=arn)


def on_group(iam: Any, arn: str) -> Callable[[], Any]:
    iam.attach_group_policy(GroupName="Developers", PolicyArn=arn)
    return lambda: iam.detach_group_policy(GroupName="Developers", PolicyArn=arn)


def on_role(iam: Any, arn: str) -> Callable[[], Any]:
    iam.attach_role_policy(RoleName="Admin", PolicyArn=arn)
    return lambda: iam.detach_role_policy(RoleName="Admin", PolicyArn=arn)


def bounding_user(iam: Any, arn: str) -> Callable[[], Any]:
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
    return lambda: iam.delete_user_permissions_boundary(UserName="alice")


def bounding_role(iam: Any, arn: str) -> Callable[[], Any]:
    iam.put_role_permissions_boundary(RoleName="Admin", PermissionsBoundary=arn)
    return lambda: iam.delete_role_permissions_boundary(RoleName="Admin")


def version(iam: Any, arn: str) -> Callable[[], Any]:
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)["PolicyVersion"]["VersionId"]
    return lambda: iam.delete_policy_version(PolicyArn=arn, VersionId=made)


@pytest.mark.parametrize("hold", [on_user, on_group, on_role, bounding_user, bounding_role, version])
def test_policy_in_use_is_not_deleted(iam: Any, policy: str, refused: Refused, hold: Hold) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html."""
    let_go = hold(iam, policy)
    assert refused(iam.delete_policy, PolicyArn=policy) == CONFLICT
    let_go()
    iam.delete_policy(PolicyArn=policy)
    assert refused(iam.get_policy, PolicyArn=policy) == ("NoSuchEntity", 404)


def test_policy_of_aws_is_not_deleted(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html: not yours to change."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert refused(iam.delete_policy, PolicyArn=arn) == ("AccessDenied", 403)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "ReadOnlyAccess"


def test_default_version_is_not_deleted(iam: Any, policy: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html."""
    version(iam, policy)
    assert refused(iam.delete_policy_version, PolicyArn=policy, VersionId="v1") == CONFLICT
    for _ in range(3):
        version(iam, policy)
    sixth = refused(iam.create_policy_version, PolicyArn=policy, PolicyDocument=ALLOW)
    assert sixth == ("LimitExceeded", 409)


def hardware(aws: Emulator, iam: Any) -> str:
    iam.enable_mfa_device(UserName="alice", SerialNumber="GAHT12345678", **CODES)
    return "GAHT12345678"


def security_key(aws: Emulator, iam: Any) -> str:
    return aws.plant_fido_device("alice")


@pytest.mark.parametrize("give", [hardware, security_key])
def test_user_with_a_device_is_not_deleted(
    aws: Emulator, iam: Any, policy: str, refused: Refused, give: Callable[[Emulator, Any], str]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html, MFA device."""
    serial = give(aws, iam)
    assert refused(iam.delete_user, UserName="alice") == CONFLICT
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_user(UserName="alice")


def test_virtual_device_outlives_its_user(aws: Emulator, iam: Any, policy: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html: it ends an association."""
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_user(UserName="alice")
    left = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert [device["SerialNumber"] for device in left] == [serial]
