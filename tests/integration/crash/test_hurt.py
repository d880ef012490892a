# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lost answers, throttling, 503s and AWS lagging behind itself: the same run recovers, and loses or doubles nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.crash.people import (
    Work,
    assert_finished,
    assert_settled,
    bare_users,
    emptied,
    nobody,
    onboarded,
)

MOST = 40
WRITES_OF_A_USER = (
    "iam:CreateUser",
    "iam:AddUserToGroup",
    "iam:CreateLoginProfile",
    "iam:CreateAccessKey",
    "iam:TagUser",
)
BUSY = {"kind": "error", "http": 409, "message": "Try again."}
FAULTS: list[dict[str, Any]] = [
    {"kind": "lost_reply"},
    {"kind": "unavailable"},
    {"kind": "unavailable_after"},
    {"kind": "throttle", "times": 3},
    {"kind": "reset"},
    {"kind": "not_visible", "times": 2},
    {**BUSY, "code": "EntityTemporarilyUnmodifiable"},
    {**BUSY, "code": "ConcurrentModification"},
    {"kind": "error", "code": "ServiceFailure", "http": 500},
    {"kind": "latency", "seconds": 0.05},
]


def _name(fault: dict[str, Any]) -> str:
    return str(fault.get("code", fault["kind"]))


def hurt_every_write(work: Work, fault: dict[str, Any]) -> None:
    """The first try of each write is hurt; a rule counts the calls that the rules before it let pass."""
    for position in range(MOST):
        work.aws.fault(action="write", skip=position, **fault)


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_a_run_whose_every_write_is_hurt_once_recovers(work: Work, fault: dict[str, Any]) -> None:
    hurt_every_write(work, fault)
    ran = work.run()
    assert len(work.aws.faults()) < MOST, "no call was hurt"
    work.aws.clear_faults()
    assert ran.rc == 0, ran.msg
    assert_finished(work, _name(fault))


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_users_that_are_worked_on_at_once_recover_each(work: Work, fault: dict[str, Any]) -> None:
    work = replace(work, more={"concurrency": 4})
    for user in work.params["users"]:
        for action in WRITES_OF_A_USER:
            work.aws.fault(action=action, match={"UserName": user["name"]}, **fault)
    ran = work.run()
    work.aws.clear_faults()
    assert ran.rc == 0, ran.msg
    assert_finished(work, _name(fault))


@pytest.mark.parametrize("kind", ["lost_reply", "unavailable_after"])
@pytest.mark.parametrize(
    ("before", "reissue", "store"),
    [(nobody, False, "mixed"), (bare_users, False, "secretsmanager"), (onboarded, True, "secretsmanager")],
)
def test_any_one_lost_answer_is_recovered_from(
    work: Work, before: Callable[[Work], None], reissue: bool, store: str, kind: str
) -> None:
    work = replace(work, reissue=reissue, store=store)
    for nth in range(MOST):
        emptied(work)
        before(work)
        work.aws.fault(action="write", kind=kind, skip=nth)
        ran = work.run()
        if work.aws.faults():
            assert nth > 0
            return
        assert ran.rc == 0, f"write {nth + 1}: {ran.msg}"
        assert_settled(work)
    raise AssertionError("there is no end of writes")
