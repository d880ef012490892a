# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user renamed, copied to and removed while answers are lost, runs are killed and somebody else is at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.crash import process
from tests.integration.crash.people import writes
from tests.integration.fresh import fresh_user
from tests.integration.given import AWS, both, everything, groups, inline, policies, user

MOST = 20
# The user that goes must not take the last administrator along, and be one, so that this is looked at as well.
GONE = {"name": "jane", "state": "absent"}
RENAMED = {"name": "jane", "new_name": "janet", "path": "/b/", "groups": ["Ops"], "tags": {"k": "v"}}
COPIED = {"name": "jane", "copy_permissions_from": "joe", "copy_enforce": True}


def a_pair(iam: Any) -> None:
    """jane, and joe of whom she is to become the likeness."""
    both(groups("Devs", "Ops"), policies("Limit"))(iam)
    user(name="joe", groups=["Devs", "Ops"], policies=[f"{AWS}ReadOnlyAccess"])(iam)
    inline("extra", of="joe")(iam)
    user(groups=["Ops"], policies=[f"{AWS}PowerUserAccess"])(iam)
    inline("own")(iam)


CASES: list[Any] = [
    pytest.param(everything, GONE, "jane", id="removed"),
    pytest.param(a_pair, RENAMED, "janet", id="renamed"),
    pytest.param(a_pair, COPIED, "jane", id="copied to"),
]
Given = Callable[[Any], Any]


def settled(aws: Emulator, name: str) -> dict[str, Any]:
    """The user without what differs from one account to the next."""
    told = fresh_user(aws.client("iam"), name)
    return {key: value for key, value in told.items() if key not in ("create_date", "user_id")}


def undisturbed(aws: Emulator, folder: Path, given: Given, params: dict[str, Any], name: str) -> dict[str, Any]:
    aws.reset()
    given(aws.client("iam"))
    assert process.run("user", params, aws.environment, folder).rc == 0
    return settled(aws, name)


@pytest.mark.parametrize("kind", ["lost_reply", "unavailable_after"])
@pytest.mark.parametrize(("given", "params", "name"), CASES)
def test_any_one_lost_answer_is_recovered_from(
    aws: Emulator, tmp_path: Path, given: Given, params: dict[str, Any], name: str, kind: str
) -> None:
    expected = undisturbed(aws, tmp_path, given, params, name)
    for nth in range(MOST):
        aws.reset()
        given(aws.client("iam"))
        aws.clear_log()
        aws.fault(action="write", kind=kind, skip=nth)
        ran = process.run("user", params, aws.environment, tmp_path)
        made = writes(aws)
        if aws.faults():
            assert nth > 1
            return
        aws.clear_faults()
        assert ran.rc == 0, f"write {nth + 1}: {ran.msg}"
        assert settled(aws, name) == expected
        told = {action: made.count(action) for action in made}
        assert ran.result["actions"] == told, f"write {nth + 1}"
    raise AssertionError("there is no end of writes")


@pytest.mark.parametrize(("given", "params", "name"), CASES)
def test_the_next_run_finishes_what_a_killed_one_began(
    aws: Emulator, tmp_path: Path, given: Given, params: dict[str, Any], name: str
) -> None:
    expected = undisturbed(aws, tmp_path, given, params, name)
    for nth in range(MOST):
        aws.reset()
        given(aws.client("iam"))
        aws.fault(action="write", kind="hold", skip=nth)
        under_way = process.start("user", params, aws.environment, tmp_path)
        while not under_way.ended() and not aws.held():
            time.sleep(0.005)
        if under_way.ended():
            under_way.wait()
            assert nth > 1
            return
        under_way.kill()
        aws.clear_faults()
        aws.release()
        ran = process.run("user", params, aws.environment, tmp_path)
        assert ran.rc == 0, f"write {nth + 1}: {ran.msg}"
        assert settled(aws, name) == expected
        assert process.run("user", params, aws.environment, tmp_path).result["changed"] is False
    raise AssertionError("there is no end of writes")


def test_a_key_that_somebody_makes_while_the_user_goes_goes_as_well(aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    user()(iam)
    aws.clear_log()
    aws.fault(action="iam:DeleteUser", kind="hold_before")
    under_way = process.start("user", GONE, aws.environment, tmp_path)
    aws.wait_for_held()
    iam.create_access_key(UserName="jane")
    aws.release()
    ran = under_way.wait()
    assert ran.rc == 0, ran.msg
    assert fresh_user(iam, "jane") == {}
    assert ran.result["actions"] == {"iam:DeleteAccessKey": 1, "iam:DeleteUser": 1}


def test_somebody_who_makes_keys_without_end_is_told_of(aws: Emulator, tmp_path: Path) -> None:
    user()(aws.client("iam"))
    conflict = "Cannot delete entity, must delete access keys first."
    aws.fault(action="iam:DeleteUser", kind="error", code="DeleteConflict", http=409, message=conflict, times=0)
    ran = process.run("user", GONE, aws.environment, tmp_path)
    assert ran.rc == 1
    assert ran.msg == (
        "Cannot delete user for user jane: Cannot delete entity, must delete access keys first (DeleteConflict). Mend"
        " what AWS says and run again."
    )
    assert ran.result["error"]["code"] == "DeleteConflict"


def test_a_namesake_made_while_an_answer_was_lost_is_not_touched(aws: Emulator, tmp_path: Path) -> None:
    """Somebody removes the user and makes another of its name between two of our calls."""
    iam = aws.client("iam")
    both(groups("Devs"), user())(iam)
    expected = iam.get_user(UserName="jane")["User"]["UserId"]
    aws.fault(action="iam:TagUser", kind="hold")
    aws.fault(action="iam:AddUserToGroup", kind="unavailable")
    params = {"name": "jane", "tags": {"k": "v"}, "groups": ["Devs"], "expected_user_id": expected}
    under_way = process.start("user", params, aws.environment, tmp_path)
    aws.wait_for_held()
    iam.delete_user(UserName="jane")
    iam.create_user(UserName="jane")
    aws.release()
    ran = under_way.wait()
    aws.clear_faults()
    assert iam.list_groups_for_user(UserName="jane")["Groups"] == []
    assert ran.rc == 1
    assert f"and not {expected}, so it is another user of the same name" in ran.msg


def test_whoever_copies_in_a_roster_recovers_what_its_source_is_to_have(aws: Emulator, tmp_path: Path) -> None:
    """After the lost answer the user is planned again, against a source that this very run makes."""
    groups("Devs", "Ops")(aws.client("iam"))
    handover = {"store": "file", "path": "{user}.csv", "plaintext": True}
    job = {"use_case": "workload", "justification": "old", "access_key": True, "handover": handover}
    users = [
        {**job, "name": "first", "groups": ["Devs", "Ops"]},
        {**job, "name": "second", "copy_permissions_from": "first"},
    ]
    params = {"users": users, "directory": str(tmp_path), "region": "us-east-1"}
    aws.fault(action="iam:CreateUser", kind="lost_reply", match={"UserName": "second"})
    ran = process.run("roster", params, aws.environment, tmp_path)
    assert ran.rc == 0, ran.msg
    assert fresh_user(aws.client("iam"), "second")["groups"] == ["Devs", "Ops"]
    assert process.run("roster", params, aws.environment, tmp_path).result["changed"] is False
