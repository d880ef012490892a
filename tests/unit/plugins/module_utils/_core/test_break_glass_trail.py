# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a trail logs what the alarms watch: every way to leave something out is a finding, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    Facts,
    Finding,
    Trail,
    Unreadable,
    Wanted,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_trail import check_trails
from tests.unit.plugins.module_utils._core.builders import NOW

ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/all"
ALL = Trail(ARN, True, ({},))
DENIED = Unreadable("cannot get trail status: no.", "Allow the caller it.")
UNTOLD = Unreadable("cannot get event selectors: no.", "Allow the caller it.")
SILENT = "so that EventBridge gets none of them and no alarm rings."
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
KMS = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}
IAM_ONLY = {"ExcludeManagementEventSources": ["iam.amazonaws.com"]}


def check(*regions: tuple[str, tuple[Trail, ...] | Unreadable]) -> list[Finding]:
    facts = Facts(NOW, {}, None, {}, DENIED, None, DENIED, trails=dict(regions))
    return list(check_trails(Wanted((), {}, regions=tuple(facts.trails)), facts))


def found(*trails: Trail, region: str = "us-east-1") -> list[tuple[str, str, str]]:
    findings = check((region, trails))
    assert all(one.subject == f"trail in {region}" and one.remedy.endswith(".") for one in findings)
    return [(one.name, one.level, one.text) for one in findings]


def selected(*fields: dict[str, Any]) -> Trail:
    return replace(ALL, selectors=({"FieldSelectors": [MANAGEMENT, *fields]},))


def basic(**selector: Any) -> Trail:
    return replace(ALL, selectors=(selector,))


READS, WRITES = basic(ReadWriteType="ReadOnly"), basic(ReadWriteType="WriteOnly")
STOPPED = replace(ALL, logging=False)
GOOD: dict[str, tuple[Trail, ...]] = {
    "all": (ALL,),
    "AWS's own default": (basic(ReadWriteType="All", IncludeManagementEvents=True, DataResources=[]),),
    "all but KMS": (basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),),
    "reads by one and writes by another": (READS, WRITES),
    "reads and writes by two selectors": (
        replace(ALL, selectors=(*(READS.selectors or ()), *(WRITES.selectors or ()))),
    ),
    "one that is stopped, and another": (STOPPED, ALL),
    "one that cannot be read, and another": (replace(ALL, logging=DENIED), ALL),
    "advanced": (selected(),),
    "advanced, all but KMS": (selected(KMS),),
    "advanced, by beginnings and ends": (
        selected({"Field": "eventSource", "EndsWith": ["amazonaws.com"], "NotStartsWith": ["kms."], "Equals": []}),
    ),
    "advanced, reads and writes": (
        replace(
            ALL,
            selectors=tuple(
                {"FieldSelectors": [MANAGEMENT, {"Field": "readOnly", "Equals": [text]}]} for text in ("true", "false")
            ),
        ),
    ),
    "IAM's by another": (replace(ALL, global_services=False), ALL),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_logged_gives_no_finding(case: str) -> None:
    assert found(*GOOD[case]) == []


LACKING: dict[str, tuple[tuple[Trail, ...], str]] = {
    "none": ((), f"there is no trail that logs management events, {SILENT}"),
    "stopped": ((STOPPED,), f"the trail {ARN} is stopped, {SILENT}"),
    "reads alone": ((READS,), f"no trail logs writing management events, {SILENT}"),
    "writes alone": ((WRITES, STOPPED), f"no trail logs reading management events, {SILENT}"),
    "data alone": (
        (basic(IncludeManagementEvents=False, DataResources=[{}]),),
        f"no trail logs management events, {SILENT}",
    ),
    "no selector": ((replace(ALL, selectors=()),), f"no trail logs management events, {SILENT}"),
    "data alone, advanced": (
        (replace(ALL, selectors=({"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]},)),),
        f"no trail logs management events, {SILENT}",
    ),
    "a source less": (
        (selected({"Field": "eventSource", "NotEquals": ["sts.amazonaws.com"]}),),
        f"no trail logs all management events of sts.amazonaws.com, {SILENT}",
    ),
    "sources less, by beginnings": (
        (selected({"Field": "eventSource", "NotStartsWith": ["s"]}),),
        f"no trail logs all management events of signin.amazonaws.com, sns.amazonaws.com, sts.amazonaws.com, {SILENT}",
    ),
    "sources less, by ends": (
        (selected({"Field": "eventSource", "NotEndsWith": ["s.amazonaws.com"]}),),
        f"no trail logs all management events of events.amazonaws.com, sns.amazonaws.com, sts.amazonaws.com, {SILENT}",
    ),
    "one beginning": (
        (selected({"Field": "eventSource", "StartsWith": ["iam."]}, {"Field": "readOnly", "Equals": ["false"]}),),
        "no trail logs all management events of cloudformation.amazonaws.com, cloudtrail.amazonaws.com, ",
    ),
    "other callers alone": (
        (selected({"Field": "userIdentity.arn", "NotEquals": ["x"]}),),
        f"no trail logs management events, {SILENT}",
    ),
    "no IAM": (
        (replace(ALL, global_services=False),),
        f"no trail logs all management events of iam.amazonaws.com, {SILENT}",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_no_trail_logs_is_found(case: str) -> None:
    trails, text = LACKING[case]
    ((name, level, told),) = found(*trails)
    assert (name, level, told[: len(text)]) == ("trail", "fail", text)


def test_iam_is_recorded_in_one_region() -> None:
    assert found(replace(ALL, global_services=False), region="eu-north-1") == []
    assert found(basic(**IAM_ONLY), region="eu-north-1") == []
    assert found(basic(**IAM_ONLY), region="us-gov-west-1") != []


def test_what_cannot_be_read_is_unknown_as_far_as_it_matters() -> None:
    for trail, told in ((replace(ALL, logging=DENIED), "status"), (replace(ALL, selectors=UNTOLD), "selectors")):
        ((name, level, text),) = found(trail, WRITES)
        assert (name, level) == ("unreadable", "unknown")
        assert told in text
        assert text.endswith(f": no, for {ARN}.")
        assert found(trail, ALL) == []
    assert found(replace(STOPPED, selectors=UNTOLD)) == [("trail", "fail", f"the trail {ARN} is stopped, {SILENT}")]


def test_a_trail_of_the_organization_is_believed_and_told_of() -> None:
    foreign = replace(ALL, selectors=None)
    ((name, level, text),) = found(foreign)
    assert (name, level) == ("trail", "warn")
    assert text == f"the organization's trail {ARN} logs, and only its own account sees which events."
    assert found(foreign, ALL) == []
    assert [one[1] for one in found(replace(foreign, logging=False))] == ["fail"]


def test_regions_that_lack_the_same_are_told_of_together() -> None:
    findings = check(("us-east-1", ()), ("us-east-2", (ALL,)), ("eu-north-1", ()), ("eu-west-1", DENIED))
    assert [(one.name, one.level, one.subject) for one in findings] == [
        ("trail", "fail", "trail in us-east-1, eu-north-1"),
        ("unreadable", "unknown", "trail in eu-west-1"),
    ]
    facts = Facts(NOW, {}, None, {}, DENIED, None, DENIED)
    assert list(check_trails(Wanted((), {}), facts)) == []
