# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's trails: where each is seen, whether it logs, and what of it. moto makes them and switches them.

Every account starts with one that logs all management events in all regions, as an account has that somebody set up;
a test that wants another, or none, changes or deletes it.
"""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import Trail, cloudtrail_backends

from tests.emulator.operations import Call, operation
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import Account

HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_DEFAULT = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
# What moto tells of a status and AWS does not, or only as empty texts.
_TIMES = ("StartLoggingTime", "StopLoggingTime", "LatestDeliveryTime")


class _LogsElsewhere(Trail):
    def check_bucket_exists(self) -> None:
        """Its bucket is the log archive's, another account, which AWS allows and moto does not."""


def set_up(account_id: str, partition: str, name: str, organization: bool = False) -> Trail:
    """A trail of all regions that logs."""
    home = HOME[partition]
    more = {"s3_key_prefix": "", "sns_topic_name": "", "cw_log_group_arn": "", "cw_role_arn": "", "kms_key_id": ""}
    flags = {"is_global": True, "is_multi_region": True, "log_validation": True, "is_org_trail": organization}
    trail = _LogsElsewhere(account_id, home, name, "log-archive", **more, **flags)
    cloudtrail_backends[account_id][home].trails[name] = trail
    trail.start_logging()
    return trail


def trails_in(account: Account, region: str) -> list[Trail]:
    """Those that are there in a region: its own, those of all regions, and those of the organization."""
    every = [
        trail
        for owner in list(cloudtrail_backends)
        for backend in list(cloudtrail_backends[owner].values())
        for trail in backend.trails.values()
        if owner == account.account_id or trail.is_org_trail
    ]
    here = [trail for trail in every if trail.partition == account.partition]
    return [trail for trail in here if trail.is_multi_region or trail.region_name == region]


def is_logged(account: Account, region: str, content: dict[str, Any]) -> bool:
    """Whether a trail logs an event, without which EventBridge does not get it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    return any(trail.status.is_logging and _takes(trail, content) for trail in trails_in(account, region))


def _takes(trail: Trail, content: dict[str, Any]) -> bool:
    if content["eventSource"] == "iam.amazonaws.com" and not trail.include_global_service_events:
        return False
    if trail.advanced_event_selectors:
        return any(_is_selected(one["FieldSelectors"], content) for one in trail.advanced_event_selectors)
    asked = ("All", "ReadOnly" if content["readOnly"] else "WriteOnly")
    return any(
        one.get("IncludeManagementEvents", True)
        and one.get("ReadWriteType", "All") in asked
        and content["eventSource"] not in one.get("ExcludeManagementEventSources", [])
        for one in trail.event_selectors or [_DEFAULT]
    )


def _is_selected(fields: list[dict[str, Any]], content: dict[str, Any]) -> bool:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html."""
    for field in fields:
        value = content.get(field["Field"])
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if "Equals" in field and text not in field["Equals"]:
            return False
        if text in field.get("NotEquals", []):
            return False
    return True


@operation("cloudtrail:DescribeTrails")
def describe_trails(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html."""
    found = trails_in(call.account, call.region)
    if not call.get("includeShadowTrails", True):
        found = [trail for trail in found if not _is_shadow(call, trail)]
    asked = call.get("trailNameList") or []
    return {"trailList": [_shown(trail) for trail in found if not asked or _is_called(call, trail, asked)]}


def _is_shadow(call: Call, trail: Trail) -> bool:
    return trail.region_name != call.region or trail.account_id != call.account.account_id


def _is_called(call: Call, trail: Trail, names: list[str]) -> bool:
    """A shadow trail goes by its ARN alone."""
    return trail.arn in names or (trail.trail_name in names and not _is_shadow(call, trail))


def _shown(trail: Trail) -> Parameters:
    told = {name: value for name, value in trail.description(include_region=True).items() if value not in (None, "")}
    return told | {"HasCustomEventSelectors": bool(trail.event_selectors or trail.advanced_event_selectors)}


@operation("cloudtrail:GetTrailStatus")
def get_trail_status(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html."""
    told = _trail(call, call["Name"]).status.description()
    return {"IsLogging": told["IsLogging"], **{name: told[name] for name in _TIMES if told.get(name)}}


def _trail(call: Call, name: str) -> Trail:
    for trail in trails_in(call.account, call.region):
        if _is_called(call, trail, [name]):
            return trail
    raise AwsError("TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account.account_id}", 400)


@operation("cloudtrail:GetEventSelectors")
def get_event_selectors(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html. A trail of the
    organization tells them to no other account, by https://github.com/cloud-custodian/cloud-custodian/pull/6394."""
    trail = _trail(call, call["TrailName"])
    if trail.account_id != call.account.account_id:
        raise AwsError("TrailNotFoundException", f"Unknown trail: {trail.arn} for the user: {call.account.account_id}")
    if trail.advanced_event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or [_DEFAULT]}


@operation("cloudtrail:PutEventSelectors")
def put_event_selectors(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html: either kind overwrites
    the other, in the trail's own region."""
    trail = _trail(call, call["TrailName"])
    if trail.region_name != call.region:
        raise AwsError("InvalidHomeRegionException", f"The trail's home region is {trail.region_name}.", 400)
    basic, advanced = call.get("EventSelectors") or [], call.get("AdvancedEventSelectors") or []
    if bool(basic) == bool(advanced):
        raise AwsError("InvalidEventSelectorsException", "Give either EventSelectors or AdvancedEventSelectors.", 400)
    trail.event_selectors, trail.advanced_event_selectors = basic, advanced
    return {"TrailARN": trail.arn, **({"EventSelectors": basic} if basic else {"AdvancedEventSelectors": advanced})}
