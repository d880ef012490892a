# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3, as far as evidence needs it: writes that overwrite nothing, and objects that nobody can take away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

NAME = "evidence"


@pytest.fixture
def s3(aws: Emulator) -> Any:
    return aws.client("s3")


def put(s3: Any, key: str = "1.json", body: bytes = b"one", **more: Any) -> Any:
    return s3.put_object(Bucket=NAME, Key=key, Body=body, **more)


def body_of(s3: Any, key: str = "1.json", **more: Any) -> bytes:
    return bytes(s3.get_object(Bucket=NAME, Key=key, **more)["Body"].read())


def test_if_none_match_overwrites_nothing(s3: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html."""
    s3.create_bucket(Bucket=NAME)
    put(s3, IfNoneMatch="*")
    again = refused(s3.put_object, Bucket=NAME, Key="1.json", Body=b"two", IfNoneMatch="*")
    assert again == ("PreconditionFailed", 412)
    assert body_of(s3) == b"one"


def test_object_lock(s3: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: a locked version stays, and a delete
    without a version only hides it."""
    s3.create_bucket(Bucket="plain")
    missing = refused(s3.get_object_lock_configuration, Bucket="plain")
    assert missing == ("ObjectLockConfigurationNotFoundError", 404)
    until = datetime.now(UTC) + timedelta(days=1)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until, "ChecksumAlgorithm": "SHA256"}
    unlockable = refused(s3.put_object, Bucket="plain", Key="1.json", Body=b"one", **lock)
    assert unlockable == ("InvalidRequest", 400)

    s3.create_bucket(Bucket=NAME, ObjectLockEnabledForBucket=True)
    found = s3.get_object_lock_configuration(Bucket=NAME)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}
    version = put(s3, **lock)["VersionId"]
    head = s3.head_object(Bucket=NAME, Key="1.json")
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until.replace(microsecond=0))
    assert refused(s3.delete_object, Bucket=NAME, Key="1.json", VersionId=version) == ("AccessDenied", 403)
    s3.delete_object(Bucket=NAME, Key="1.json")
    assert refused(s3.get_object, Bucket=NAME, Key="1.json") == ("NoSuchKey", 404)
    assert body_of(s3, VersionId=version) == b"one"


def test_a_bucket_locks_by_its_own_rule(s3: Any) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html."""
    s3.create_bucket(Bucket=NAME, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    s3.put_object_lock_configuration(
        Bucket=NAME, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    found = s3.get_object_lock_configuration(Bucket=NAME)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (found["Mode"], found["Days"]) == ("GOVERNANCE", 30)
    put(s3, ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket=NAME, Key="1.json")
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert timedelta(days=29) < head["ObjectLockRetainUntilDate"] - datetime.now(UTC) <= timedelta(days=30)


def test_what_moto_would_answer_with_the_object_itself_is_refused(s3: Any, refused: Refused) -> None:
    s3.create_bucket(Bucket=NAME)
    put(s3)
    assert refused(s3.get_object_retention, Bucket=NAME, Key="1.json") == ("InvalidAction", 400)


def test_lists_have_pages(s3: Any) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""
    s3.create_bucket(Bucket=NAME)
    for number in range(3):
        put(s3, f"a/{number}.json")
    put(s3, "b/0.json")
    first = s3.list_objects_v2(Bucket=NAME, Prefix="a/", MaxKeys=2)
    rest = s3.list_objects_v2(Bucket=NAME, Prefix="a/", ContinuationToken=first["NextContinuationToken"])
    assert [one["Key"] for page in (first, rest) for one in page["Contents"]] == ["a/0.json", "a/1.json", "a/2.json"]
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)


def test_calls_have_names_faults_bite_and_a_stranger_is_refused(aws: Emulator, s3: Any, refused: Refused) -> None:
    s3.create_bucket(Bucket=NAME)
    aws.clear_log()
    aws.fault(action="s3:PutObject", kind="denied", match={"Key": "2.json"})
    put(s3, IfNoneMatch="*")
    assert refused(s3.put_object, Bucket=NAME, Key="2.json", Body=b"") == ("AccessDenied", 403)
    body_of(s3)
    s3.list_objects_v2(Bucket=NAME, Prefix="x/")
    told = [(entry["action"], entry["write"], entry["parameters"].get("Key")) for entry in aws.log()]
    assert told == [
        ("s3:PutObject", True, "1.json"),
        ("s3:PutObject", True, "2.json"),
        ("s3:GetObject", False, "1.json"),
        ("s3:ListObjectsV2", False, None),
    ]
    assert aws.log()[0]["parameters"]["IfNoneMatch"] == "*"
    stranger = aws.client("s3", aws_secret_access_key="x" * 40)
    assert refused(stranger.get_object, Bucket=NAME, Key="1.json") == ("SignatureDoesNotMatch", 403)


def test_a_reset_takes_the_buckets_away(aws: Emulator, s3: Any) -> None:
    s3.create_bucket(Bucket=NAME)
    aws.reset()
    assert s3.list_buckets()["Buckets"] == []
