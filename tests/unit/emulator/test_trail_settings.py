# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's trails: where they are seen, by what name, what they tell of themselves, and what they keep away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

OWN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/management-events"


def cloudtrail(aws: Emulator, region: str = "us-east-1") -> Any:
    return aws.client("cloudtrail", region_name=region)


def seen(aws: Emulator, region: str, **more: Any) -> list[str]:
    return [one["Name"] for one in cloudtrail(aws, region).describe_trails(**more)["trailList"]]


@pytest.fixture
def regional(aws: Emulator) -> str:
    aws.client("s3").create_bucket(Bucket="logs")
    return str(cloudtrail(aws, "eu-west-1").create_trail(Name="one-region", S3BucketName="logs")["TrailARN"])


def test_a_trail_of_all_regions_is_seen_in_each_and_its_shadow_goes_by_its_arn(
    aws: Emulator, regional: str, refused: Refused
) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html and GetTrailStatus."""
    assert (seen(aws, "us-east-1"), seen(aws, "eu-west-1")) == (
        ["management-events"],
        ["management-events", "one-region"],
    )
    assert seen(aws, "eu-west-1", includeShadowTrails=False) == ["one-region"]
    assert seen(aws, "eu-west-1", trailNameList=["management-events"]) == []
    assert seen(aws, "eu-west-1", trailNameList=[OWN, "one-region"]) == ["management-events", "one-region"]
    there = cloudtrail(aws, "eu-west-1")
    assert there.get_trail_status(Name=OWN)["IsLogging"] is True
    assert there.get_trail_status(Name=regional)["IsLogging"] is False
    assert refused(there.get_trail_status, Name="management-events") == ("TrailNotFoundException", 400)
    cloudtrail(aws).stop_logging(Name="management-events")
    assert there.get_trail_status(Name=OWN)["IsLogging"] is False
    told = there.describe_trails()["trailList"][0]
    assert (told["HomeRegion"], told["TrailARN"], told["IsMultiRegionTrail"]) == ("us-east-1", OWN, True)


def test_selectors_are_of_one_kind_and_changed_at_home(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html."""
    trail = cloudtrail(aws)
    plain = trail.get_event_selectors(TrailName=OWN)["EventSelectors"]
    assert plain == [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
    assert trail.describe_trails()["trailList"][0]["HasCustomEventSelectors"] is False
    basic = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    advanced = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    for given in ({"EventSelectors": basic}, {"AdvancedEventSelectors": advanced}, {"EventSelectors": basic}):
        trail.put_event_selectors(TrailName="management-events", **given)
        told = trail.get_event_selectors(TrailName="management-events")
        assert {name: told[name] for name in told if name.endswith("Selectors")} == given
    assert trail.describe_trails()["trailList"][0]["HasCustomEventSelectors"] is True
    both = {"EventSelectors": basic, "AdvancedEventSelectors": advanced}
    code = refused(trail.put_event_selectors, TrailName=OWN, **both)
    assert code == ("InvalidEventSelectorsException", 400)
    elsewhere = cloudtrail(aws, "eu-west-1").put_event_selectors
    assert refused(elsewhere, TrailName=OWN, EventSelectors=basic) == ("InvalidHomeRegionException", 400)


def test_a_member_sees_the_organizations_trail_as_a_shadow(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html."""
    arn = aws.set_up_organization_trail()
    assert arn.split(":")[4] != aws.account_id
    for region in ("us-east-1", "eu-west-1"):
        assert seen(aws, region) == ["management-events", "organization-events"]
        assert cloudtrail(aws, region).get_trail_status(Name=arn)["IsLogging"] is True
    assert seen(aws, "us-east-1", includeShadowTrails=False) == ["management-events"]
    trail = cloudtrail(aws)
    for call in (trail.get_event_selectors, trail.put_event_selectors):
        assert refused(call, TrailName="organization-events")[0] == "TrailNotFoundException"
    assert refused(trail.get_event_selectors, TrailName=arn)[0] == "TrailNotFoundException"


def rings(aws: Emulator, region: str = "us-east-1") -> list[str]:
    """What of a reading call of STS, a writing one of SQS and, in its own region, one of IAM reaches EventBridge."""
    sns, sqs = aws.client("sns", region_name=region), aws.client("sqs", region_name=region)
    events = aws.client("events", region_name=region)
    topic = sns.create_topic(Name="t")["TopicArn"]
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    pattern = json.dumps({"detail": {"eventName": ["GetCallerIdentity", "CreateTopic", "CreateUser"]}})
    events.put_rule(Name="r", EventPattern=pattern, State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": topic}])
    aws.client("sts", region_name=region).get_caller_identity()
    sns.create_topic(Name="t")
    iam = aws.client("iam")
    iam.create_user(UserName="x")
    iam.delete_user(UserName="x")
    events.remove_targets(Rule="r", Ids=["t"])
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for one in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return sorted(json.loads(one["Body"])["detail"]["eventName"] for one in found)


def test_eventbridge_gets_what_a_trail_logs(aws: Emulator, regional: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html: there has to be a
    trail with logging, and https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html."""
    trail = cloudtrail(aws)
    assert rings(aws) == ["CreateTopic", "CreateUser", "GetCallerIdentity"]
    trail.put_event_selectors(TrailName=OWN, EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    assert rings(aws) == ["CreateTopic", "CreateUser"]
    other = {"Field": "eventSource", "NotEquals": ["sns.amazonaws.com"]}
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}, other]
    trail.put_event_selectors(TrailName=OWN, AdvancedEventSelectors=[{"FieldSelectors": fields}])
    assert rings(aws) == ["CreateUser", "GetCallerIdentity"]
    reads = [fields[0], {"Field": "readOnly", "Equals": ["true"]}]
    trail.put_event_selectors(TrailName=OWN, AdvancedEventSelectors=[{"FieldSelectors": reads}])
    assert rings(aws) == ["GetCallerIdentity"]
    trail.put_event_selectors(TrailName=OWN, EventSelectors=[{"IncludeManagementEvents": False}])
    assert rings(aws) == []
    excluded = {"ExcludeManagementEventSources": ["sns.amazonaws.com"]}
    trail.put_event_selectors(TrailName=OWN, EventSelectors=[excluded])
    assert rings(aws) == ["CreateUser", "GetCallerIdentity"]
    trail.delete_trail(Name="management-events")
    assert rings(aws, "eu-west-1") == []
    cloudtrail(aws, "eu-west-1").start_logging(Name=regional)
    assert (rings(aws, "eu-west-1"), rings(aws)) == (["CreateTopic", "GetCallerIdentity"], [])
    aws.set_up_organization_trail()
    assert rings(aws) == ["CreateTopic", "CreateUser", "GetCallerIdentity"]


def test_a_trail_without_global_services_leaves_iam_out(aws: Emulator) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html, global service events."""
    aws.client("s3").create_bucket(Bucket="logs")
    trail = cloudtrail(aws)
    trail.delete_trail(Name="management-events")
    trail.create_trail(Name="without", S3BucketName="logs", IncludeGlobalServiceEvents=False)
    trail.start_logging(Name="without")
    assert rings(aws) == ["CreateTopic", "GetCallerIdentity"]
