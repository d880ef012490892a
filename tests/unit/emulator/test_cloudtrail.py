# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail: what is recorded, where, and what LookupEvents gives of it; EventBridge gets the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def user(iam: Any) -> str:
    iam.create_user(UserName="em-1")
    iam.create_login_profile(UserName="em-1", Password=PASSWORD)
    return "em-1"


def looked_up(aws: Emulator, region: str = "us-east-1", attribute: tuple[str, str] | None = None) -> list[Any]:
    asked = [{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}] if attribute else []
    return list(aws.client("cloudtrail", region_name=region).lookup_events(LookupAttributes=asked)["Events"])


def content(event: Any) -> Any:
    return json.loads(event["CloudTrailEvent"])


def test_calls_are_recorded_newest_first_without_secrets(aws: Emulator, user: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html, records of IAM."""
    last, first = looked_up(aws)
    assert [last["EventName"], first["EventName"]] == ["CreateLoginProfile", "CreateUser"]
    assert (last["Username"], last["ReadOnly"], last["EventSource"]) == ("operator", "false", "iam.amazonaws.com")
    record = content(last)
    assert record["requestParameters"] == {"userName": user, "password": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    assert record["userIdentity"]["type"] == "IAMUser"
    assert last["AccessKeyId"] == record["userIdentity"]["accessKeyId"] == aws.environment["AWS_ACCESS_KEY_ID"]
    assert PASSWORD not in str(last)


def test_iam_is_recorded_in_us_east_1_the_rest_where_it_was_called(aws: Emulator) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html, global service events."""
    aws.client("iam", region_name="eu-west-1").create_user(UserName="x")
    aws.client("sts", region_name="eu-west-1").get_caller_identity()
    assert [one["EventName"] for one in looked_up(aws)] == ["CreateUser"]
    (there,) = looked_up(aws, "eu-west-1")
    assert (there["EventName"], content(there)["awsRegion"]) == ("GetCallerIdentity", "eu-west-1")


def test_denied_calls_are_recorded_and_calls_that_did_not_happen_are_not(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html."""
    iam = aws.client("iam")
    for kind in ("denied", "throttle"):
        aws.fault(action="iam:CreateUser", kind=kind)
        refused(iam.create_user, UserName="x")
    assert [content(one)["errorCode"] for one in looked_up(aws)] == ["AccessDenied"]


def test_sign_ins_are_recorded_in_the_region_of_the_sign_in(aws: Emulator, user: str) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html."""
    aws.sign_in(user, PASSWORD, region="eu-north-1")
    aws.sign_in(user, "wrong", region="eu-north-1")
    aws.sign_in("nobody", PASSWORD, region="eu-north-1")
    told = []
    for event in looked_up(aws, "eu-north-1", ("EventName", "ConsoleLogin")):
        record = content(event)
        told.append((event["Username"], record["responseElements"]["ConsoleLogin"], "arn" in record["userIdentity"]))
    assert told == [
        ("HIDDEN_DUE_TO_SECURITY_REASONS", "Failure", False),
        (user, "Failure", False),
        (user, "Success", True),
    ]
    assert looked_up(aws, attribute=("EventName", "ConsoleLogin")) == []


def test_lookups_by_one_attribute_in_pages(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html."""
    for number in range(3):
        iam.create_user(UserName=f"user-{number}")
    trail = aws.client("cloudtrail")
    by_name = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}
    first = trail.lookup_events(**by_name, MaxResults=2)
    rest = trail.lookup_events(**by_name, MaxResults=2, NextToken=first["NextToken"])
    names = [content(one)["requestParameters"]["userName"] for one in (*first["Events"], *rest["Events"])]
    assert (names, "NextToken" in rest) == (["user-2", "user-1", "user-0"], False)
    assert refused(trail.lookup_events, NextToken=first["NextToken"]) == ("InvalidNextTokenException", 400)
    two = {"LookupAttributes": by_name["LookupAttributes"] * 2}
    assert refused(trail.lookup_events, **two) == ("InvalidLookupAttributesException", 400)
    assert refused(trail.lookup_events, MaxResults=50, StartTime=2, EndTime=1) == ("InvalidTimeRangeException", 400)


def test_lookups_by_time(aws: Emulator, iam: Any) -> None:
    now = datetime.now(UTC)
    iam.create_user(UserName="x")
    trail = aws.client("cloudtrail")

    def found(**between: datetime) -> int:
        by_name = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
        return len(trail.lookup_events(LookupAttributes=by_name, **between)["Events"])

    hour = timedelta(hours=1)
    assert (found(StartTime=now - hour, EndTime=now + hour), found(StartTime=now + hour)) == (1, 0)
    assert found(EndTime=now - hour) == 0
    aws.set_clock(timedelta(days=91).total_seconds())
    assert found() == 0


def test_events_come_late(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html: within about 5 minutes."""
    aws.set_trail_delay(300)
    iam.create_user(UserName="x")
    made = ("EventName", "CreateUser")
    assert looked_up(aws, attribute=made) == []
    aws.set_clock(301)
    assert len(looked_up(aws, attribute=made)) == 1


def test_a_rule_gets_writes_and_read_only_events_if_it_asks_for_them(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html."""
    sns, sqs, events = (aws.client(service) for service in ("sns", "sqs", "events"))
    topic = sns.create_topic(Name="t")["TopicArn"]
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    pattern = json.dumps({"source": ["aws.iam"], "detail": {"eventName": ["CreateUser", "ListUsers"]}})
    template = {"InputTemplate": '{"told": <aws.events.event.json>}'}
    told = []
    for state in ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "DISABLED"):
        events.put_rule(Name="r", EventPattern=pattern, State=state)
        events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": topic, "InputTransformer": template}])
        iam.list_users()
        iam.create_user(UserName=state)
        bodies = [json.loads(one["Body"])["told"] for one in received(sqs, url)]
        told.append(sorted(body["detail"]["eventName"] for body in bodies))
        assert all(body["detail-type"] == "AWS API Call via CloudTrail" for body in bodies)
    assert told == [["CreateUser"], ["CreateUser", "ListUsers"], []]


def received(sqs: Any, url: str) -> list[Any]:
    found = list(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))
    for one in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found
