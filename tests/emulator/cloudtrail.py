# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudTrail's LookupEvents: the management events of one region and the last 90 days, newest first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.emulator.operations import Call, operation
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK
from tests.emulator.trail import Record, trail_of

_LONGEST = timedelta(days=90)
_ATTRIBUTES: dict[str, Callable[[Record], str]] = {
    "EventId": lambda record: str(record.content["eventID"]),
    "EventName": lambda record: str(record.content["eventName"]),
    "ReadOnly": lambda record: _text(record.read_only),
    "Username": lambda record: record.user_name,
    "EventSource": lambda record: str(record.content["eventSource"]),
    "AccessKeyId": lambda record: str(record.content["userIdentity"].get("accessKeyId", "")),
}


@operation("cloudtrail:LookupEvents")
def lookup_events(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: times are in seconds."""
    size = call.get("MaxResults", 50)
    if not 1 <= size <= 50:
        raise AwsError("InvalidMaxResultsException", "MaxResults must be between 1 and 50.", 400)
    _check(call)
    asked = {name: value for name, value in call.parameters.items() if name != "NextToken"}
    found = [record for record in reversed(trail_of(call.account).records) if _is_asked_for(call, record)]
    after = _position(call, asked)
    result: Parameters = {"Events": [_shown(record) for record in found[after : after + size]]}
    if len(found) > after + size:
        token = json.dumps({"asked": asked, "after": after + size})
        result["NextToken"] = base64.b64encode(token.encode()).decode()
    return result


def _check(call: Call) -> None:
    """At most one attribute can be asked for."""
    start, end = call.get("StartTime"), call.get("EndTime")
    if start is not None and end is not None and start > end:
        raise AwsError("InvalidTimeRangeException", "The start time is after the end time.", 400)
    attributes = call.get("LookupAttributes", [])
    if len(attributes) > 1 or any(one["AttributeKey"] not in _ATTRIBUTES for one in attributes):
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.", 400)


def _is_asked_for(call: Call, record: Record) -> bool:
    now = CLOCK.now()
    start, end = call.get("StartTime"), call.get("EndTime")
    moment = int(record.moment.timestamp())
    in_time = (start is None or moment >= int(start)) and (end is None or moment <= int(end))
    is_there = record.region == call.region and record.shown <= now and now - record.moment <= _LONGEST
    is_such = all(
        _ATTRIBUTES[one["AttributeKey"]](record) == one["AttributeValue"] for one in call.get("LookupAttributes", [])
    )
    return is_there and in_time and is_such


def _position(call: Call, asked: dict[str, Any]) -> int:
    """A token goes with the parameters that it was given for."""
    if "NextToken" not in call.parameters:
        return 0
    try:
        token = json.loads(base64.b64decode(call["NextToken"]))
    except ValueError:
        token = {}
    if token.get("asked") != asked:
        raise AwsError("InvalidNextTokenException", "The NextToken is invalid.", 400)
    return int(token["after"])


def _shown(record: Record) -> dict[str, Any]:
    event = {name: of(record) for name, of in _ATTRIBUTES.items()}
    if not event["AccessKeyId"]:
        del event["AccessKeyId"]
    return {
        **event,
        "EventTime": record.moment.timestamp(),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record.content),
    }


def _text(flag: bool) -> str:
    return "true" if flag else "false"
