# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads CloudTrail's trails: which are there in each region, and of each once, at its home, what it logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.break_glass import tried
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.observe import in_parallel
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import Trail, Unreadable

Described = Mapping[str, Any]


def read_trails(
    in_region: Callable[[str], Gateway], regions: Sequence[str], account_id: str, threads: int
) -> dict[str, tuple[Trail, ...] | Unreadable]:
    """The trails of each region, those of other regions and of the organization too, which are there as shadows.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """
    gateways = [in_region(region) for region in regions]
    described = in_parallel(threads, [lambda one=one: tried(lambda: _described(one)) for one in gateways])
    once = {told["TrailARN"]: told for found in described if not isinstance(found, Unreadable) for told in found}
    homes = [in_region(told["HomeRegion"]) for told in once.values()]
    calls = [
        lambda told=told, home=home: _trail(home, told, account_id)
        for told, home in zip(once.values(), homes, strict=True)
    ]
    trails = dict(zip(once, in_parallel(threads, calls), strict=True))
    return {
        region: found if isinstance(found, Unreadable) else tuple(trails[told["TrailARN"]] for told in found)
        for region, found in zip(regions, described, strict=True)
    }


def _described(gateway: Gateway) -> list[Described]:
    return list(gateway.read("cloudtrail:DescribeTrails", includeShadowTrails=True)["trailList"])


def _trail(home: Gateway, told: Described, account_id: str) -> Trail:
    """A shadow goes by its ARN, for its status too
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html)."""
    arn = told["TrailARN"]
    logging = tried(lambda: bool(home.read("cloudtrail:GetTrailStatus", Name=arn)["IsLogging"]))
    is_foreign = arn.split(":")[4] != account_id
    selectors = tried(lambda: _selectors(home, told, is_foreign))
    return Trail(arn, logging, selectors, bool(told.get("IncludeGlobalServiceEvents", True)))


def _selectors(home: Gateway, told: Described, is_foreign: bool) -> tuple[Mapping[str, Any], ...] | None:
    """None for a trail of the organization whose own account alone may read them. One that was given none logs all
    management events, which an empty selector says
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html)."""
    try:
        answer = home.read("cloudtrail:GetEventSelectors", TrailName=told["TrailARN"])
    except AwsError as error:
        if not is_foreign or error.code != "TrailNotFoundException":
            raise
        return ({},) if told.get("HasCustomEventSelectors") is False else None
    return tuple(answer.get("AdvancedEventSelectors") or answer.get("EventSelectors") or ())
