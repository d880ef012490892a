# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the emergency users would work, told without using them: every check, in the order in which to mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_alarms import check_alarms
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_custody import check_split, check_texts
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_dates import (
    cases,
    check_dates,
    check_evidence,
    check_openings,
    check_rules,
    check_use,
    openings,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    PROVISION,
    UNKNOWN,
    Facts,
    Finding,
    Unreadable,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_group import check_group, check_pair
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_trail import check_trails
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_user import check_user


def examine(wanted: Wanted, facts: Facts) -> tuple[Finding, ...]:
    """All findings; none means that everything is as it has to be."""
    return tuple(_findings(wanted, facts))


def is_ready(findings: Sequence[Finding]) -> bool:
    return not any(finding.level in (FAIL, UNKNOWN) for finding in findings)


def _findings(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    found = openings(facts.evidence, timedelta(hours=wanted.max_hours))
    yield from check_openings(found, facts.now)
    yield from check_pair(wanted, facts)
    yield from check_split(wanted)
    yield from _users(facts)
    for case in cases(wanted, facts):
        yield from check_user(case)
        yield from check_use(case, found)
        yield from check_dates(case)
    yield from check_group(wanted, facts)
    yield from check_rules(facts)
    yield from check_texts(wanted, facts)
    yield from check_evidence(facts)
    yield from check_alarms(wanted, facts)
    yield from check_trails(wanted, facts)


def _users(facts: Facts) -> Iterator[Finding]:
    for name, seen in facts.users.items():
        if isinstance(seen, Unreadable):
            yield from unread(seen, f"user {name}")
        elif seen is None:
            yield Finding("missing_user", FAIL, f"user {name}", "it is not there.", PROVISION)
