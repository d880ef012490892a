# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users: names, paths, tags, boundary, rename."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_created_user_reads_back_whole(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html and API_GetUser.html."""
    tags = [{"Key": "team", "Value": "a"}]
    made = iam.create_user(UserName="alice", Path="/eng/", PermissionsBoundary=READ_ONLY, Tags=tags)["User"]
    assert iam.get_user(UserName="alice")["User"] == made
    assert made["Arn"].endswith(":user/eng/alice")
    assert made["Tags"] == tags
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY


def test_ids_look_like_aws(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids."""
    user = iam.create_user(UserName="alice")["User"]
    group = iam.create_group(GroupName="Developers")["Group"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    policy = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]
    assert re.fullmatch("AIDA[A-Z2-7]{17}", user["UserId"])
    assert re.fullmatch("AGPA[A-Z2-7]{17}", group["GroupId"])
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch("ANPA[A-Z2-7]{17}", policy["PolicyId"])
    assert len(key["SecretAccessKey"]) == 40


@pytest.mark.parametrize(
    "wrong",
    [
        {"UserName": "jane doe"},
        {"UserName": "jane!"},
        {"UserName": "jané"},
        {"UserName": "a" * 65},
        {"UserName": "jane", "Path": "eng"},
        {"UserName": "jane", "Path": "/eng"},
        {"UserName": "jane", "Tags": [{"Key": "team!", "Value": "x"}]},
        {"UserName": "jane", "Tags": [{"Key": "team", "Value": "x" * 257}]},
        {"UserName": "jane", "Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]},
    ],
    ids=str,
)
def test_invalid_parameters(iam: Any, refused: Refused, wrong: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html#API_CreateUser_RequestParameters."""
    assert refused(iam.create_user, **wrong) == ("ValidationError", 400)
    assert len(iam.list_users()["Users"]) == 1


def test_validation_message_names_value_and_member(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, ValidationError."""
    with pytest.raises(
        iam.exceptions.ClientError, match=r"1 validation error detected: Value 'jane doe' at 'userName' failed to"
    ):
        iam.create_user(UserName="jane doe")


@pytest.mark.parametrize("name", ["Jane.Doe+x=1,2@example-corp_x", "a" * 64])
def test_valid_names(iam: Any, name: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names."""
    assert iam.create_user(UserName=name)["User"]["UserName"] == name


def test_names_differ_by_more_than_case(iam: Any, refused: Refused) -> None:
    """ "Not distinguished by case": https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html."""
    iam.create_user(UserName="Alice")
    assert refused(iam.create_user, UserName="alice") == ("EntityAlreadyExists", 409)
    assert iam.get_user(UserName="ALICE")["User"]["UserName"] == "Alice"
    iam.delete_user(UserName="aLICE")
    assert refused(iam.get_user, UserName="Alice") == ("NoSuchEntity", 404)


def test_quota_of_users(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    aws.set_quotas(UsersQuota=2)
    iam.create_user(UserName="alice")
    assert refused(iam.create_user, UserName="bob") == ("LimitExceeded", 409)
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["UsersQuota"]) == (2, 2)


def test_boundary_is_put_read_and_deleted(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html."""
    iam.create_user(UserName="alice")
    missing = "arn:aws:iam::123456789012:policy/missing"
    assert refused(iam.create_user, UserName="bob", PermissionsBoundary=missing) == ("NoSuchEntity", 404)
    put = iam.put_user_permissions_boundary
    assert refused(put, UserName="alice", PermissionsBoundary=missing) == ("NoSuchEntity", 404)
    put(UserName="alice", PermissionsBoundary=READ_ONLY)
    boundary = iam.get_user(UserName="alice")["User"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == READ_ONLY
    assert (
        iam.get_account_authorization_details(Filter=["User"])["UserDetailList"][0]["PermissionsBoundary"] == boundary
    )
    iam.delete_user_permissions_boundary(UserName="alice")
    assert "PermissionsBoundary" not in iam.get_user(UserName="alice")["User"]


def test_lists_leave_tags_and_boundary_out(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html: a subset of the attributes."""
    iam.create_user(UserName="alice", PermissionsBoundary=READ_ONLY, Tags=[{"Key": "a", "Value": "b"}])
    alice = iam.list_users()["Users"][0]
    assert alice.keys() == {"Path", "UserName", "UserId", "Arn", "CreateDate"}


def test_rename_keeps_everything(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_rename.html."""
    made = iam.create_user(UserName="alice", PermissionsBoundary=READ_ONLY, Tags=[{"Key": "a", "Value": "b"}])["User"]
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    iam.update_user(UserName="alice", NewUserName="alison", NewPath="/eng/")
    renamed = iam.get_user(UserName="alison")["User"]
    changed = {"UserName": "alison", "Path": "/eng/", "Arn": f"arn:aws:iam::{aws.account_id}:user/eng/alison"}
    assert renamed == made | changed
    assert iam.get_group(GroupName="Developers")["Users"][0]["UserName"] == "alison"
    assert [one["UserName"] for one in iam.list_access_keys(UserName="alison")["AccessKeyMetadata"]] == ["alison"]
    sts = aws.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"] == renamed["Arn"]


def test_rename_refuses_a_clash(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html, EntityAlreadyExists."""
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    assert refused(iam.update_user, UserName="alice", NewUserName="BOB") == ("EntityAlreadyExists", 409)
    iam.update_user(UserName="alice", NewUserName="Alice")
    assert {user["UserName"] for user in iam.list_users()["Users"]} == {"Alice", "bob", "operator"}


def test_tag_keys_of_users_do_not_differ_by_case(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: a second spelling replaces the first."""
    duplicate = [{"Key": "Team", "Value": "1"}, {"Key": "team", "Value": "2"}]
    assert refused(iam.create_user, UserName="alice", Tags=duplicate) == ("InvalidInput", 400)
    iam.create_user(UserName="alice", Tags=duplicate[:1])
    iam.tag_user(UserName="alice", Tags=duplicate[1:])
    assert iam.list_user_tags(UserName="alice")["Tags"] == [{"Key": "team", "Value": "2"}]
    iam.untag_user(UserName="alice", TagKeys=["TEAM", "absent"])
    assert iam.list_user_tags(UserName="alice")["Tags"] == []


def test_reserved_tag_keys_and_the_fifty(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html."""
    iam.create_user(UserName="alice")
    assert refused(iam.tag_user, UserName="alice", Tags=[{"Key": "AWS:x", "Value": ""}]) == ("InvalidInput", 400)
    iam.tag_user(UserName="alice", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    assert refused(iam.tag_user, UserName="alice", Tags=[{"Key": "more", "Value": ""}]) == ("LimitExceeded", 409)
    iam.tag_user(UserName="alice", Tags=[{"Key": "K1", "Value": "new"}])
    assert len(iam.list_user_tags(UserName="alice")["Tags"]) == 50


def test_empty_tag_value_and_odd_characters_survive(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html: letters of any script, spaces, `_.:/=+-@`."""
    tags = [{"Key": "a b", "Value": ""}, {"Key": "keysmith:x", "Value": "Grüße/日本 +=@"}]
    iam.create_user(UserName="alice", Tags=tags)
    assert iam.list_user_tags(UserName="alice")["Tags"] == tags
