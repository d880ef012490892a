# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may call at all: credentials as AWS checks them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused


def as_key(key: dict[str, str], token: str | None = None) -> dict[str, Any]:
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "aws_session_token": token,
    }


def test_operator_is_the_caller(aws: Emulator) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""
    identity = aws.client("sts").get_caller_identity()
    assert identity["Account"] == aws.account_id
    assert identity["Arn"] == f"arn:aws:iam::{aws.account_id}:user/operator"
    assert identity["UserId"].startswith("AIDA")


@pytest.mark.parametrize(
    ("service", "call", "expected"),
    [
        ("iam", "get_user", ("InvalidClientTokenId", 403)),
        ("sts", "get_caller_identity", ("InvalidClientTokenId", 403)),
        ("ssm", "describe_parameters", ("UnrecognizedClientException", 400)),
    ],
)
def test_unknown_access_key(
    aws: Emulator, refused: Refused, service: str, call: str, expected: tuple[str, int]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html."""
    client = aws.client(service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert refused(getattr(client, call)) == expected


def test_wrong_secret(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html."""
    assert refused(aws.client("iam", aws_secret_access_key="wrong").get_user) == ("SignatureDoesNotMatch", 403)


def test_changed_body_breaks_the_signature(aws: Emulator, refused: Refused) -> None:
    """The payload's hash is signed: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html."""
    iam = aws.client("iam")

    def tamper(request: Any, **_: Any) -> None:
        request.body = request.body.replace("alice", "other")

    iam.meta.events.register("before-send.iam.CreateUser", tamper)
    assert refused(iam.create_user, UserName="alice") == ("SignatureDoesNotMatch", 403)


def test_no_credentials(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, MissingAuthenticationToken."""
    iam = aws.client("iam", config=Config(signature_version=UNSIGNED))
    assert refused(iam.get_user) == ("MissingAuthenticationToken", 403)


def test_inactive_key_and_deleted_key_are_refused(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html."""
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = aws.client("sts", **as_key(key))
    assert alice.get_caller_identity()["Arn"].endswith(":user/alice")
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(alice.get_caller_identity) == ("InvalidClientTokenId", 403)
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Active")
    assert alice.get_caller_identity()["Arn"].endswith(":user/alice")
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    assert refused(alice.get_caller_identity) == ("InvalidClientTokenId", 403)


def test_get_user_without_name_is_the_caller(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html: defaults to the user making the request."""
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    assert aws.client("iam", **as_key(key)).get_user()["User"]["UserName"] == "alice"


def test_session_token(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html."""
    credentials = aws.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    session = aws.client("sts", **as_key(credentials, credentials["SessionToken"]))
    assert session.get_caller_identity()["Arn"].endswith(":user/operator")
    assert refused(session.get_session_token) == ("AccessDenied", 403)
    wrong_token = aws.client("sts", **as_key(credentials, "wrong"))
    assert refused(wrong_token.get_caller_identity) == ("InvalidClientTokenId", 403)
    aws.set_clock(901)
    assert refused(session.get_caller_identity) == ("ExpiredToken", 403)


def test_assumed_role(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    sts = aws.client("sts")
    missing = f"arn:aws:iam::{aws.account_id}:role/missing"
    assert refused(sts.assume_role, RoleArn=missing, RoleSessionName="test") == ("AccessDenied", 403)
    role = iam.create_role(RoleName="onboarder", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    session = as_key(credentials, credentials["SessionToken"])
    arn = aws.client("sts", **session).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{aws.account_id}:assumed-role/onboarder/test"
    aws.client("iam", **session).create_user(UserName="alice")
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"


def test_accounts_are_apart(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html."""
    role = "arn:aws:iam::210987654321:role/OrganizationAccountAccessRole"
    credentials = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    other = aws.client("iam", **as_key(credentials, credentials["SessionToken"]))
    assert other.list_users()["Users"] == []
    other.create_user(UserName="alice")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["operator"]


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_partition_follows_the_signing_region(aws: Emulator, region: str, partition: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
    iam = aws.client("iam", region_name=region)
    user = iam.create_user(UserName="alice")["User"]
    assert user["Arn"] == f"arn:{partition}:iam::{aws.account_id}:user/alice"
    policy = f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"
    iam.attach_user_policy(UserName="alice", PolicyArn=policy)
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1


def test_other_services_verify_signatures_too(aws: Emulator, refused: Refused) -> None:
    """S3 signs path and query its own way: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html."""
    s3 = aws.client("s3", config=Config(s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket="handover")
    s3.put_object(Bucket="handover", Key="a folder/ä+b.csv", Body=b"x")
    listed = s3.list_objects_v2(Bucket="handover", Prefix="a folder/")["Contents"]
    assert [one["Key"] for one in listed] == ["a folder/ä+b.csv"]
