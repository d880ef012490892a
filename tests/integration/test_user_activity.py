# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""user_activity_info and sns_publish: what users did where, and that the operators hear of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ansible_run import run_module
from tests.integration.given import user

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

SINCE = "2026-01-01T00:00:00Z"


def activity(aws: Emulator, **arguments: Any) -> dict[str, Any]:
    return run_module(aws, "user_activity_info", {"user_names": ["jane"], "since": SINCE, **arguments})


@pytest.fixture
def jane(aws: Emulator) -> None:
    iam = aws.client("iam")
    user(name="jane")(iam)
    iam.create_login_profile(UserName="jane", Password="Correct-horse-1")
    key = iam.create_access_key(UserName="jane")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    aws.client("iam", **own).get_user()
    assert aws.sign_in("jane", "Correct-horse-1", region="eu-north-1")["ok"]
    assert not aws.sign_in("jane", "wrong", region="us-east-2")["ok"]


@pytest.mark.usefixtures("jane")
def test_every_sign_in_region_is_looked_at_page_by_page(aws: Emulator) -> None:
    aws.set_page_size(1)
    aws.clear_log()
    result = activity(aws)
    told = [(event["region"], event["event_name"], event.get("outcome")) for event in result["events"]]
    assert told == [
        ("us-east-1", "GetUser", None),
        ("eu-north-1", "ConsoleLogin", "Success"),
        ("us-east-2", "ConsoleLogin", "Failure"),
    ]
    assert result["counts"] == {"ConsoleLogin": 2, "GetUser": 1}
    assert [result["denied"], result["changed"]] == [[], False]
    assert aws.log(writes_only=True) == []


@pytest.mark.usefixtures("jane")
def test_what_was_asked_and_answered_stays_with_cloudtrail(aws: Emulator) -> None:
    fields = {key for event in activity(aws)["events"] for key in event}
    assert fields <= {
        *("event_id", "time", "region", "user_name", "event_source", "event_name"),
        *("source_ip_address", "error_code", "mfa_used", "outcome"),
    }


@pytest.mark.usefixtures("jane")
def test_nothing_outside_the_span_or_of_others(aws: Emulator) -> None:
    assert activity(aws, until="2026-01-02T00:00:00Z")["events"] == []
    assert activity(aws, user_names=["joe"])["events"] == []
    assert [event["region"] for event in activity(aws, regions=["eu-north-1"])["events"]] == ["eu-north-1"]


@pytest.mark.usefixtures("jane")
def test_a_region_that_is_denied_is_told_as_denied(aws: Emulator) -> None:
    aws.fault(action="cloudtrail:LookupEvents", kind="denied", times=1)
    result = activity(aws, regions=["us-east-1", "eu-north-1"])
    assert result["denied"] == ["us-east-1"]
    assert [event["region"] for event in result["events"]] == ["eu-north-1"]
    assert "cloudtrail:LookupEvents" in json.dumps(result["warnings"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"since": "yesterday"},
            "Cannot read since='yesterday': give a moment like 2026-11-22T10:00:00Z.",
        ),
        (
            {"until": "2025-01-01"},
            "Cannot look for events: since must be a moment before until. Correct one of them.",
        ),
    ],
)
def test_bad_moments(aws: Emulator, arguments: dict[str, Any], sentence: str) -> None:
    assert activity(aws, **arguments)["msg"] == sentence


def test_a_notice_is_published_where_its_topic_is_and_not_in_check_mode(aws: Emulator) -> None:
    arn = aws.client("sns").create_topic(Name="security")["TopicArn"]
    notice = {"topic_arn": arn, "text": "emergency-1 was opened", "subject": "opened"}
    aws.clear_log()
    predicted = run_module(aws, "sns_publish", notice, check=True)
    assert aws.log(writes_only=True) == []
    made = run_module(aws, "sns_publish", notice)
    assert predicted["actions"] == made["actions"] == {"sns:Publish": 1}
    assert [entry["parameters"]["Message"] for entry in aws.log(writes_only=True)] == ["emergency-1 was opened"]
    assert made["message_id"]


def test_what_is_no_topic_gets_its_sentence(aws: Emulator) -> None:
    result = run_module(aws, "sns_publish", {"topic_arn": "security", "text": "x"})
    assert result["msg"] == (
        "Cannot publish to 'security': that is no topic's ARN, arn:aws:sns:<region>:<account>:<name>."
    )
