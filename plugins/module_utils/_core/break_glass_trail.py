# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the alarms can ring at all: EventBridge gets only what a trail of CloudTrail logs.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    UNKNOWN,
    WARN,
    Facts,
    Finding,
    Trail,
    Unreadable,
    Wanted,
)

# What the alarms watch; an access key can call any service, and who excludes those of KMS, as many do, loses little.
_SOURCES = ("signin", "sts", "cloudtrail", "cloudformation", "events", "sns")
# IAM is recorded in one region of each partition
# (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html, global service events).
_IAM_REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")
_REMEDY = (
    "Have CloudTrail log all management events, reads and writes, in all regions: create-trail with"
    " --is-multi-region-trail, then start-logging."
)

# An event's source, and whether it is read-only.
_Event = tuple[str, bool]


def check_trails(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    """A finding for all regions that have the same in common."""
    regions: dict[tuple[str, str, str, str], list[str]] = {}
    for region in wanted.regions or ():
        for told in _region(region, facts.trails[region]):
            regions.setdefault(told, []).append(region)
    for (name, level, text, remedy), where in regions.items():
        yield Finding(name, level, f"trail in {', '.join(where)}", text, remedy)


def _region(region: str, found: tuple[Trail, ...] | Unreadable) -> Iterator[tuple[str, str, str, str]]:
    """Name, level, text and remedy of each finding."""
    if isinstance(found, Unreadable):
        yield "unreadable", UNKNOWN, found.why, found.remedy
        return
    lacks = _needed(region)
    for trail in found:
        lacks -= {event for event in lacks if _logs(trail, event) is True}
    unclear = [trail for trail in found if any(_logs(trail, event) is None for event in lacks)]
    for trail in unclear:
        yield _unclear(trail)
    if lacks and not unclear:
        yield "trail", FAIL, f"{_lack(found, lacks, region)}.", _REMEDY


def _needed(region: str) -> set[_Event]:
    sources = (*_SOURCES, "iam") if region in _IAM_REGIONS else _SOURCES
    return {(f"{source}.amazonaws.com", reads) for source in sources for reads in (True, False)}


def _logs(trail: Trail, event: _Event) -> bool | None:
    """None where that could not be read."""
    if trail.logging is False or (event[0].startswith("iam.") and not trail.global_services):
        return False
    if trail.selectors is None or isinstance(trail.selectors, Unreadable) or isinstance(trail.logging, Unreadable):
        return None
    return any(_takes(selector, event) for selector in trail.selectors)


def _takes(selector: Mapping[str, Any], event: _Event) -> bool:
    """One basic or advanced event selector
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html)."""
    source, reads = event
    if "FieldSelectors" in selector:
        values = {"eventCategory": "Management", "eventSource": source, "readOnly": str(reads).lower()}
        return all(_matches(field, values.get(field["Field"])) for field in selector["FieldSelectors"])
    return (
        bool(selector.get("IncludeManagementEvents", True))
        and selector.get("ReadWriteType", "All") in ("All", "ReadOnly" if reads else "WriteOnly")
        and source not in selector.get("ExcludeManagementEventSources", ())
    )


def _matches(field: Mapping[str, Any], value: str | None) -> bool:
    """A field that differs from event to event, such as the caller's ARN, leaves some out
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html)."""
    if value is None:
        return False
    told = {name: tuple(texts) for name, texts in field.items() if name != "Field" and texts}
    like = {
        "Equals": value in told.get("Equals", (value,)),
        "StartsWith": value.startswith(told.get("StartsWith", (value,))),
        "EndsWith": value.endswith(told.get("EndsWith", (value,))),
        "NotEquals": value not in told.get("NotEquals", ()),
        "NotStartsWith": not value.startswith(told.get("NotStartsWith", ())),
        "NotEndsWith": not value.endswith(told.get("NotEndsWith", ())),
    }
    return all(like.values())


def _unclear(trail: Trail) -> tuple[str, str, str, str]:
    for part in (trail.logging, trail.selectors):
        if isinstance(part, Unreadable):
            return "unreadable", UNKNOWN, f"{part.why.rstrip('.')}, for {trail.arn}.", part.remedy
    text = f"the organization's trail {trail.arn} logs, and only its own account sees which events."
    return "trail", WARN, text, "Have somebody there see that it logs all management events, reads and writes."


def _lack(found: tuple[Trail, ...], lacks: set[_Event], region: str) -> str:
    silent = "so that EventBridge gets none of them and no alarm rings"
    if not found:
        return f"there is no trail that logs management events, {silent}"
    if all(trail.logging is False for trail in found):
        return f"the trail {' and '.join(trail.arn for trail in found)} is stopped, {silent}"
    needed = _needed(region)
    for what, reads in (("reading", True), ("writing", False)):
        if lacks == {event for event in needed if event[1] is reads}:
            return f"no trail logs {what} management events, {silent}"
    if lacks == needed:
        return f"no trail logs management events, {silent}"
    sources = sorted({source for source, _reads in lacks})
    return f"no trail logs all management events of {', '.join(sources)}, {silent}"
