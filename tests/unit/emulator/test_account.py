# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account as a whole: pages, authorization details, summary, alias, credential report."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused
from tests.unit.emulator.test_belongings import ALLOW, READ_ONLY, give_certificate, give_mfa, give_ssh_key

PASSWORD = "Correct-horse-7"


@pytest.fixture
def three(iam: Any) -> Any:
    """An account with three of everything that is listed; alice owns what belongs to a user."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    for number, name in enumerate(("alice", "bob", "Carol")):
        iam.create_user(UserName=name, Path="/eng/" if number else "/")
        iam.create_group(GroupName=f"g{number}")
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=json.dumps(trust))
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ALLOW)["Policy"]["Arn"]
        iam.add_user_to_group(GroupName="g0", UserName=name)
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        iam.attach_group_policy(GroupName="g0", PolicyArn=arn)
        iam.put_user_policy(UserName="alice", PolicyName=f"i{number}", PolicyDocument=ALLOW)
        iam.put_group_policy(GroupName="g0", PolicyName=f"i{number}", PolicyDocument=ALLOW)
        iam.tag_user(UserName="alice", Tags=[{"Key": f"k{number}", "Value": "v"}])
        iam.create_virtual_mfa_device(VirtualMFADeviceName=f"m{number}")
    for number in (1, 2):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="alice")
        iam.create_access_key(UserName="alice")
        give_ssh_key(iam)
        give_certificate(iam)
        iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)
    give_mfa(iam)
    return iam


ARN = "arn:aws:iam::123456789012:policy/p2"
ALICE: dict[str, Any] = {"UserName": "alice"}
GROUP: dict[str, Any] = {"GroupName": "g0"}


@pytest.mark.parametrize(
    ("method", "parameters", "result", "count"),
    [
        ("list_users", {}, "Users", 4),
        ("list_users", {"PathPrefix": "/eng/"}, "Users", 2),
        ("list_groups", {}, "Groups", 3),
        ("list_roles", {}, "Roles", 3),
        ("list_policies", {"Scope": "Local"}, "Policies", 3),
        ("list_policies", {"OnlyAttached": True}, "Policies", 4),
        ("list_policy_versions", {"PolicyArn": ARN}, "Versions", 3),
        ("list_groups_for_user", ALICE, "Groups", 3),
        ("get_group", GROUP, "Users", 3),
        ("list_user_tags", ALICE, "Tags", 3),
        ("list_access_keys", ALICE, "AccessKeyMetadata", 2),
        ("list_attached_user_policies", ALICE, "AttachedPolicies", 3),
        ("list_attached_group_policies", GROUP, "AttachedPolicies", 3),
        ("list_user_policies", ALICE, "PolicyNames", 3),
        ("list_group_policies", GROUP, "PolicyNames", 3),
        ("list_ssh_public_keys", ALICE, "SSHPublicKeys", 2),
        ("list_signing_certificates", ALICE, "Certificates", 2),
        ("list_service_specific_credentials", ALICE, "ServiceSpecificCredentials", 2),
        ("list_virtual_mfa_devices", {}, "VirtualMFADevices", 4),
    ],
)
def test_every_list_comes_in_pages(
    aws: Emulator, three: Any, method: str, parameters: dict[str, Any], result: str, count: int
) -> None:
    """IsTruncated and Marker: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html."""
    whole = getattr(three, method)(**parameters)
    assert whole["IsTruncated"] is False
    assert len(whole[result]) == count
    aws.set_page_size(1)
    pages, marker = [], {}
    for _ in range(count + 1):
        page = getattr(three, method)(**parameters, **marker)
        pages.append(page[result])
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert [len(page) for page in pages] == [1] * count
    assert [item for page in pages for item in page] == whole[result]


def test_entities_for_policy_in_pages(aws: Emulator, three: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html."""
    aws.set_page_size(1)
    pages = list(three.get_paginator("list_entities_for_policy").paginate(PolicyArn=ARN))
    assert [len(page["PolicyUsers"]) + len(page["PolicyGroups"]) for page in pages] == [1, 1]


def test_max_items_and_a_list_that_shrinks(iam: Any, three: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html, MaxItems."""
    first = iam.list_users(MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["alice", "bob"]
    iam.remove_user_from_group(GroupName="g0", UserName="bob")
    iam.delete_user(UserName="bob")
    rest = iam.list_users(MaxItems=2, Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == ["Carol", "operator"]


def test_authorization_details(three: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html."""
    three.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=READ_ONLY)
    details = three.get_account_authorization_details()
    alice = details["UserDetailList"][0]
    assert alice["UserName"] == "alice"
    assert alice["GroupList"] == ["g0", "g1", "g2"]
    assert [one["PolicyName"] for one in alice["AttachedManagedPolicies"]] == ["p0", "p1", "p2"]
    assert alice["UserPolicyList"][0] == {"PolicyName": "i0", "PolicyDocument": json.loads(ALLOW)}
    assert alice["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    assert alice["Tags"] == [{"Key": f"k{number}", "Value": "v"} for number in range(3)]
    group = details["GroupDetailList"][0]
    assert [one["PolicyName"] for one in group["GroupPolicyList"]] == ["i0", "i1", "i2"]
    assert len(group["AttachedManagedPolicies"]) == 3
    assert [role["RoleName"] for role in details["RoleDetailList"]] == ["r0", "r1", "r2"]
    policies = {policy["PolicyName"]: policy for policy in details["Policies"]}
    assert policies.keys() == {"p0", "p1", "p2", "AdministratorAccess"}
    assert [one["VersionId"] for one in policies["p2"]["PolicyVersionList"]] == ["v1", "v2", "v3"]
    assert policies["p2"]["PolicyVersionList"][0]["Document"] == json.loads(ALLOW)
    assert policies["p2"]["AttachmentCount"] == 2


@pytest.mark.parametrize(
    ("filters", "filled"),
    [
        (["User"], {"UserDetailList": 4}),
        (["Group", "LocalManagedPolicy"], {"GroupDetailList": 3, "Policies": 3}),
        (["Role"], {"RoleDetailList": 3}),
        (["AWSManagedPolicy"], {"Policies": 1}),
    ],
)
def test_authorization_details_filtered(three: Any, filters: list[str], filled: dict[str, int]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html, Filter."""
    details = three.get_account_authorization_details(Filter=filters)
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert {name: len(details[name]) for name in lists if details[name]} == filled


def test_authorization_details_in_pages(aws: Emulator, three: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html, Marker."""
    aws.set_page_size(3)
    pages = list(three.get_paginator("get_account_authorization_details").paginate(Filter=["User", "Group"]))
    assert [(len(page["UserDetailList"]), len(page["GroupDetailList"])) for page in pages] == [(3, 0), (1, 2), (0, 1)]


def test_summary_counts(three: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html."""
    summary = three.get_account_summary()["SummaryMap"]
    counts = {"Users": 4, "Groups": 3, "Roles": 3, "Policies": 3, "MFADevices": 4, "MFADevicesInUse": 1}
    assert {name: summary[name] for name in counts} == counts
    assert (summary["GroupsPerUserQuota"], summary["AccessKeysPerUserQuota"]) == (10, 2)


def test_alias_of_somebody_else(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/console-account-alias.html: unique in the partition."""
    aws.take_alias("acme")
    iam.create_account_alias(AccountAlias="acme-corp")
    assert refused(iam.create_account_alias, AccountAlias="acme") == ("EntityAlreadyExists", 409)
    assert refused(iam.delete_account_alias, AccountAlias="acme") == ("NoSuchEntity", 404)
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-corp"]


def test_alias(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html."""
    for wrong in ("Bad_Alias", "-acme", "acme-", "ac--me", "a.b", "a" * 64):
        assert refused(iam.create_account_alias, AccountAlias=wrong) == ("ValidationError", 400)
    iam.create_account_alias(AccountAlias="acme")
    assert refused(iam.create_account_alias, AccountAlias="acme") == ("EntityAlreadyExists", 409)
    iam.create_account_alias(AccountAlias="acme-corp")
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-corp"]
    assert refused(iam.delete_account_alias, AccountAlias="acme") == ("NoSuchEntity", 404)
    iam.delete_account_alias(AccountAlias="acme-corp")
    assert iam.list_account_aliases()["AccountAliases"] == []


def report_of(iam: Any) -> dict[str, dict[str, str]]:
    answer = iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    return {row["user"]: row for row in csv.DictReader(io.StringIO(answer["Content"].decode()))}


def test_credential_report(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html."""
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    iam.update_account_password_policy(MaxPasswordAge=90)
    keys = [iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.update_access_key(UserName="alice", AccessKeyId=keys[1], Status="Inactive")
    aws.set_dates("alice", created="2024-01-01T00:00:00Z", password_created="2024-02-01T00:00:00Z")
    aws.set_dates("alice", password_last_used="2024-03-01T00:00:00Z")
    aws.set_dates("alice", access_key=keys[0], access_key_created="2024-04-01T00:00:00Z")
    aws.set_dates("alice", access_key=keys[0], access_key_last_used="2024-05-01T00:00:00Z")
    give_mfa(iam)
    assert refused(iam.get_credential_report) == ("ReportNotPresent", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    rows = report_of(iam)
    assert list(rows) == ["<root_account>", "alice", "bob", "operator"]
    assert rows["<root_account>"]["password_enabled"] == "not_supported"
    expected = {
        "user_creation_time": "2024-01-01T00:00:00+00:00",
        "password_enabled": "true",
        "password_last_used": "2024-03-01T00:00:00+00:00",
        "password_last_changed": "2024-02-01T00:00:00+00:00",
        "password_next_rotation": "2024-05-01T00:00:00+00:00",
        "mfa_active": "true",
        "access_key_1_active": "true",
        "access_key_1_last_rotated": "2024-04-01T00:00:00+00:00",
        "access_key_1_last_used_date": "2024-05-01T00:00:00+00:00",
        "access_key_1_last_used_service": "iam",
        "access_key_2_active": "false",
        "access_key_2_last_used_date": "N/A",
    }
    assert {column: rows["alice"][column] for column in expected} == expected
    assert (rows["bob"]["password_enabled"], rows["bob"]["password_last_used"]) == ("false", "N/A")
    assert (rows["bob"]["access_key_1_active"], rows["bob"]["access_key_1_last_rotated"]) == ("false", "N/A")


def test_credential_report_is_kept_four_hours(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html: once every four hours."""
    iam.generate_credential_report()
    made = iam.get_credential_report()["GeneratedTime"]
    iam.create_user(UserName="alice")
    aws.set_clock(4 * 3600 - 60)
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert iam.get_credential_report()["GeneratedTime"] == made
    assert "alice" not in report_of(iam)
    aws.set_clock(4 * 3600 + 60)
    assert refused(iam.get_credential_report) == ("ReportExpired", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert "alice" in report_of(iam)
