# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups, policies, access keys, other credentials: quotas, and what must be gone before a delete."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused
from tests.unit.emulator.test_ssh_keys import ssh_public_key

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def alice(iam: Any) -> str:
    iam.create_user(UserName="alice")
    return "alice"


def test_group_names_differ_by_more_than_case(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html."""
    iam.create_group(GroupName="Developers", Path="/eng/")
    assert refused(iam.create_group, GroupName="developers") == ("EntityAlreadyExists", 409)
    assert iam.get_group(GroupName="DEVELOPERS")["Group"]["Arn"].endswith(":group/eng/Developers")
    assert refused(iam.get_group, GroupName="Admins") == ("NoSuchEntity", 404)
    assert refused(iam.create_group, GroupName="two words") == ("ValidationError", 400)


def test_group_is_renamed_with_its_members(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html."""
    for name in ("Developers", "Admins"):
        iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName="Developers", UserName=alice)
    clash = refused(iam.update_group, GroupName="Developers", NewGroupName="ADMINS")
    assert clash == ("EntityAlreadyExists", 409)
    iam.update_group(GroupName="Developers", NewGroupName="Engineers")
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=alice)["Groups"]] == ["Engineers"]


def test_membership_is_idempotent_to_add_but_not_to_remove(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html, NoSuchEntity."""
    iam.create_group(GroupName="Developers")
    for _ in range(2):
        iam.add_user_to_group(GroupName="Developers", UserName=alice)
    assert len(iam.get_group(GroupName="Developers")["Users"]) == 1
    iam.remove_user_from_group(GroupName="Developers", UserName=alice)
    again = refused(iam.remove_user_from_group, GroupName="Developers", UserName=alice)
    assert again == ("NoSuchEntity", 404)
    assert refused(iam.add_user_to_group, GroupName="No", UserName=alice) == ("NoSuchEntity", 404)
    assert refused(iam.add_user_to_group, GroupName="Developers", UserName="no") == ("NoSuchEntity", 404)


def test_quotas_of_a_user(aws: Emulator, iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    policies = [one["Arn"] for one in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName=alice)
        iam.attach_user_policy(UserName=alice, PolicyArn=policies[number])
        iam.attach_group_policy(GroupName="g0", PolicyArn=policies[number])
    for _ in range(2):
        iam.create_access_key(UserName=alice)
    limit = ("LimitExceeded", 409)
    assert refused(iam.add_user_to_group, GroupName="g10", UserName=alice) == limit
    assert refused(iam.attach_user_policy, UserName=alice, PolicyArn=policies[10]) == limit
    assert refused(iam.attach_group_policy, GroupName="g0", PolicyArn=policies[10]) == limit
    with pytest.raises(iam.exceptions.LimitExceededException, match="Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName=alice)
    aws.set_quotas(GroupsQuota=11, GroupsPerUserQuota=11)
    assert refused(iam.create_group, GroupName="g11") == limit
    iam.add_user_to_group(GroupName="g10", UserName=alice)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_inline_and_attached_policies(iam: Any, alice: str, refused: Refused, kind: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html and API_AttachUserPolicy.html."""
    iam.create_group(GroupName="Developers")
    who = {"UserName": alice} if kind == "user" else {"GroupName": "Developers"}

    def call(verb: str, noun: str, **parameters: str) -> Any:
        return getattr(iam, f"{verb}_{kind}_{noun}")(**who, **parameters)

    call("put", "policy", PolicyName="p", PolicyDocument=ALLOW)
    assert call("get", "policy", PolicyName="p")["PolicyDocument"] == json.loads(ALLOW)
    assert call("list", "policies")["PolicyNames"] == ["p"]
    call("delete", "policy", PolicyName="p")
    assert refused(call, verb="get", noun="policy", PolicyName="p") == ("NoSuchEntity", 404)
    assert refused(call, verb="delete", noun="policy", PolicyName="p") == ("NoSuchEntity", 404)
    malformed = refused(call, verb="put", noun="policy", PolicyName="p", PolicyDocument="{}")
    assert malformed == ("MalformedPolicyDocument", 400)
    call("attach", "policy", PolicyArn=READ_ONLY)
    call("attach", "policy", PolicyArn=READ_ONLY)
    attached = getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]
    assert attached == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    call("detach", "policy", PolicyArn=READ_ONLY)
    assert refused(call, verb="detach", noun="policy", PolicyArn=READ_ONLY) == ("NoSuchEntity", 404)
    missing = "arn:aws:iam::aws:policy/Missing"
    assert refused(call, verb="attach", noun="policy", PolicyArn=missing) == ("NoSuchEntity", 404)


def test_inline_policies_share_a_size_limit(iam: Any, alice: str, refused: Refused) -> None:
    """White space not counted: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    document = json.loads(ALLOW)
    document["Statement"][0]["Sid"] = "x" * 1000
    iam.put_user_policy(UserName=alice, PolicyName="a", PolicyDocument=json.dumps(document, indent=400))
    second = refused(iam.put_user_policy, UserName=alice, PolicyName="b", PolicyDocument=json.dumps(document))
    assert second == ("LimitExceeded", 409)


def test_policy_lifecycle(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html."""
    arn = iam.create_policy(PolicyName="Own", Path="/team/", PolicyDocument=ALLOW)["Policy"]["Arn"]
    again = refused(iam.create_policy, PolicyName="OWN", PolicyDocument=ALLOW)
    assert again == ("EntityAlreadyExists", 409)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=True)
    assert refused(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", 409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2"]
    iam.attach_user_policy(UserName=alice, PolicyArn=arn)
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"][0]["UserName"] == alice
    assert refused(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", 409)
    iam.detach_user_policy(UserName=alice, PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName=alice, PermissionsBoundary=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    bounding = iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]
    assert [policy["Arn"] for policy in bounding] == [arn]
    assert refused(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", 409)
    iam.delete_user_permissions_boundary(UserName=alice)
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", 404)


def test_aws_managed_policies_are_there(iam: Any) -> None:
    """https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html."""
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
    names = {policy["PolicyName"] for page in pages for policy in page["Policies"]}
    assert {"AdministratorAccess", "PowerUserAccess", "IAMUserChangePassword", "AWSDenyAll"} <= names
    assert len(names) > 1000


def test_access_key_status(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html."""
    key = iam.create_access_key(UserName=alice)["AccessKey"]["AccessKeyId"]
    update = iam.update_access_key
    for status in ("Foo", "Expired"):
        assert refused(update, UserName=alice, AccessKeyId=key, Status=status) == ("ValidationError", 400)
    update(UserName=alice, AccessKeyId=key, Status="Inactive")
    assert iam.list_access_keys(UserName=alice)["AccessKeyMetadata"][0]["Status"] == "Inactive"
    foreign = refused(update, UserName="operator", AccessKeyId=key, Status="Active")
    assert foreign == ("NoSuchEntity", 404)
    assert refused(iam.delete_access_key, UserName="operator", AccessKeyId=key) == ("NoSuchEntity", 404)
    assert refused(iam.list_access_keys, UserName="nobody") == ("NoSuchEntity", 404)


def test_access_key_last_used(aws: Emulator, iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html."""
    key = iam.create_access_key(UserName=alice)["AccessKey"]
    last_used = iam.get_access_key_last_used
    assert last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    secret = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    aws.client("ssm", region_name="eu-west-1", **secret).describe_parameters()
    answer = last_used(AccessKeyId=key["AccessKeyId"])
    assert answer["UserName"] == alice
    assert answer["AccessKeyLastUsed"].pop("LastUsedDate")
    assert answer["AccessKeyLastUsed"] == {"ServiceName": "ssm", "Region": "eu-west-1"}
    assert refused(last_used, AccessKeyId="AKIAIOSFODNN7EXAMPLE") == ("AccessDenied", 403)


def give_login(iam: Any) -> None:
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7")


def give_key(iam: Any) -> None:
    iam.create_access_key(UserName="alice")


def give_certificate(iam: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), day, day.replace(year=2036)
    )
    body = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    iam.upload_signing_certificate(UserName="alice", CertificateBody=body)


def give_ssh_key(iam: Any) -> None:
    iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh_public_key())


def give_service_credential(iam: Any) -> None:
    iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")


def give_mfa(iam: Any) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    shown, now = pyotp.TOTP(device["Base32StringSeed"].decode()), datetime.now()
    codes = {"AuthenticationCode1": shown.at(now), "AuthenticationCode2": shown.at(now + timedelta(seconds=30))}
    iam.enable_mfa_device(UserName="alice", SerialNumber=device["SerialNumber"], **codes)


def give_inline(iam: Any) -> None:
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=ALLOW)


def give_attached(iam: Any) -> None:
    iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)


def give_group(iam: Any) -> None:
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="alice")


def take_all(iam: Any) -> None:
    """The teardown of AWS's page, over every list."""
    for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    for one in iam.list_signing_certificates(UserName="alice")["Certificates"]:
        iam.delete_signing_certificate(UserName="alice", CertificateId=one["CertificateId"])
    for one in iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName="alice", SSHPublicKeyId=one["SSHPublicKeyId"])
    for one in iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]:
        identifier = one["ServiceSpecificCredentialId"]
        iam.delete_service_specific_credential(UserName="alice", ServiceSpecificCredentialId=identifier)
    for one in iam.list_mfa_devices(UserName="alice")["MFADevices"]:
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=one["SerialNumber"])
        iam.delete_virtual_mfa_device(SerialNumber=one["SerialNumber"])
    for name in iam.list_user_policies(UserName="alice")["PolicyNames"]:
        iam.delete_user_policy(UserName="alice", PolicyName=name)
    for one in iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]:
        iam.detach_user_policy(UserName="alice", PolicyArn=one["PolicyArn"])
    for group in iam.list_groups_for_user(UserName="alice")["Groups"]:
        iam.remove_user_from_group(UserName="alice", GroupName=group["GroupName"])


@pytest.mark.parametrize(
    "give",
    [
        *(give_login, give_key, give_certificate, give_ssh_key, give_service_credential),
        *(give_mfa, give_inline, give_attached, give_group),
    ],
)
def test_user_with_anything_left_is_not_deleted(
    iam: Any, alice: str, refused: Refused, give: Callable[[Any], None]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html."""
    give(iam)
    assert refused(iam.delete_user, UserName=alice) == ("DeleteConflict", 409)
    take_all(iam)
    if give is give_login:
        iam.delete_login_profile(UserName=alice)
    iam.delete_user(UserName=alice)
    assert refused(iam.get_user, UserName=alice) == ("NoSuchEntity", 404)


def test_boundary_and_tags_do_not_keep_a_user(iam: Any, alice: str) -> None:
    """They are not in the list of https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html."""
    iam.put_user_permissions_boundary(UserName=alice, PermissionsBoundary=READ_ONLY)
    iam.tag_user(UserName=alice, Tags=[{"Key": "a", "Value": "b"}])
    iam.delete_user(UserName=alice)


def test_group_with_anything_left_is_not_deleted(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html."""
    who = {"GroupName": "Developers"}
    give_group(iam)
    assert refused(iam.delete_group, **who) == ("DeleteConflict", 409)
    iam.remove_user_from_group(UserName=alice, **who)
    iam.attach_group_policy(PolicyArn=READ_ONLY, **who)
    assert refused(iam.delete_group, **who) == ("DeleteConflict", 409)
    iam.detach_group_policy(PolicyArn=READ_ONLY, **who)
    iam.put_group_policy(PolicyName="p", PolicyDocument=ALLOW, **who)
    assert refused(iam.delete_group, **who) == ("DeleteConflict", 409)
    iam.delete_group_policy(PolicyName="p", **who)
    iam.delete_group(**who)
    assert refused(iam.delete_group, **who) == ("NoSuchEntity", 404)


def test_mfa_device_in_use_is_not_deleted_and_hides_its_seed(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html."""
    give_mfa(iam)
    (device,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert device["User"]["UserName"] == alice
    assert "Base32StringSeed" not in device
    serial = device["SerialNumber"]
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial) == ("DeleteConflict", 409)
    iam.deactivate_mfa_device(UserName=alice, SerialNumber=serial)
    assert refused(iam.deactivate_mfa_device, UserName=alice, SerialNumber=serial) == ("NoSuchEntity", 404)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
