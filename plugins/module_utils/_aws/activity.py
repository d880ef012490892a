# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users did, by CloudTrail's event history: one region at a time, management events of the last 90 days."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway

# CloudTrail answers two calls a second in a region; the gateway waits out what it refuses for load.
_MOST = 50


def events_of(gateway: Gateway, region: str, user: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The user's events in this region, oldest first. Raises AwsError
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html)."""
    found = [_told(region, user, event) for event in _pages(gateway, user, since, until)]
    return sorted(found, key=lambda event: (event["time"], event["event_id"]))


def _pages(gateway: Gateway, user: str, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    named = [{"AttributeKey": "Username", "AttributeValue": user}]
    more: dict[str, Any] = {}
    while True:
        page = gateway.read(
            "cloudtrail:LookupEvents",
            LookupAttributes=named,
            StartTime=since,
            EndTime=until,
            MaxResults=_MOST,
            **more,
        )
        yield from page.get("Events", ())
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _told(region: str, user: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What evidence needs of an event; its request and response stay with CloudTrail, for they may hold anything."""
    record = json.loads(event.get("CloudTrailEvent") or "{}")
    told = {
        "event_id": event["EventId"],
        "time": event["EventTime"].isoformat(),
        "region": region,
        "user_name": user,
        "event_source": event.get("EventSource", ""),
        "event_name": event["EventName"],
        "source_ip_address": record.get("sourceIPAddress"),
        "error_code": record.get("errorCode"),
        "mfa_used": (record.get("additionalEventData") or {}).get("MFAUsed"),
        "outcome": (record.get("responseElements") or {}).get("ConsoleLogin"),
    }
    return {key: value for key, value in told.items() if value is not None}
