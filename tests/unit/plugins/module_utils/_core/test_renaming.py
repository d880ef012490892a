# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user under a new name, and whether it is the user that was meant at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Account, User, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user, subject_of
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    NOW,
    OURS,
    READ_ONLY,
    Call,
    account,
    call,
    calls,
    group,
    key,
    lines,
    texts,
    told,
    user,
)

OLD, NEW = "jane.doe", "jane.roe"
ARN = f"arn:aws:iam::{ID}:user"
JANE = user(OLD, groups=("Developers",), managed_policies=(OURS,), access_keys=(key(),), tags={"team": "blue"})
DEVELOPERS = group("Developers", members=("joe.bloggs", OLD))
OTHERS = [group("Ops", members=("joe.bloggs",)), group("Unread", members=UNREAD)]
RENAME = call("UpdateUser", UserName=OLD, NewUserName=NEW)
Wish = dict[str, Any]


def spec(**wish: Any) -> UserSpec:
    return UserSpec(OLD, **{"new_name": NEW, **wish})


def moved(name: str = NEW, path: str = "/", **more: Any) -> User:
    return replace(JANE, name=name, path=path, arn=f"{ARN}{path}{name}", **more)


CHANGED = [
    pytest.param({}, [RENAME], moved(), id="the name only: everything else stays"),
    pytest.param(
        {"path": "/staff/"},
        [call("UpdateUser", UserName=OLD, NewUserName=NEW, NewPath="/staff/")],
        moved(path="/staff/"),
        id="a new path in the same call",
    ),
    pytest.param({"path": "/"}, [RENAME], moved(), id="the path that it has"),
    pytest.param(
        {"new_name": "Jane.Doe"}, [{**RENAME[1], "NewUserName": "Jane.Doe"}], moved("Jane.Doe"), id="case only"
    ),
    pytest.param({"new_name": OLD}, [], JANE, id="the name that it has"),
    pytest.param(
        {"managed_policies": ("ReadOnlyAccess",), "tags": {"team": "red"}},
        [
            RENAME,
            call("TagUser", UserName=NEW, Tags=[{"Key": "team", "Value": "red"}]),
            call("AttachUserPolicy", UserName=NEW, PolicyArn=READ_ONLY),
        ],
        moved(managed_policies=(OURS, READ_ONLY), tags={"team": "red"}),
        id="all other options are about the new name",
    ),
    pytest.param({"expected_id": JANE.id}, [RENAME], moved(), id="the expected user"),
]


@pytest.mark.parametrize(("wish", "expected", "after"), CHANGED)
def test_a_user_gets_a_new_name(wish: Wish, expected: list[Any], after: User) -> None:
    before = account(JANE, DEVELOPERS, *OTHERS)
    plan = plan_user(before, spec(**wish), NOW)
    assert calls(plan) == [("iam:UpdateUser", one) if isinstance(one, dict) else one for one in expected]
    then = simulate(before, plan.steps)
    assert list(then.users.values()) == [after]
    assert then.groups["developers"].members == ("joe.bloggs", after.name)
    assert [then.groups[fold(one.name)] for one in OTHERS] == OTHERS
    again = plan_user(then, spec(**wish), NOW)
    assert (calls(again), told(again)) == ([], [])


def test_an_mfa_device_keeps_its_name_and_its_owner() -> None:
    phone, spare = f"arn:aws:iam::{ID}:mfa/phone", f"arn:aws:iam::{ID}:mfa/spare"
    before = account(JANE, virtual_devices={phone: OLD, spare: None})
    after = simulate(before, plan_user(before, spec(), NOW).steps)
    assert after.virtual_devices == {phone: NEW, spare: None}


def test_how_it_reads_and_what_it_warns_of() -> None:
    plan = plan_user(account(JANE), spec(path="/staff/"), NOW)
    assert subject_of(spec()) == plan.steps[0].subject == "user jane.roe"
    assert lines(plan) == ["~ name: jane.doe -> jane.roe, path: / -> /staff/"]
    assert lines(plan_user(account(JANE), spec(), NOW)) == ["~ name: jane.doe -> jane.roe"]
    assert told(plan) == [("rename", "warn")]
    assert texts(plan) == [
        f"it signs in as jane.roe from then on, and its ARN becomes {ARN}/staff/jane.roe; policies that name"
        f" {ARN}/jane.doe as a resource do not follow, change them by hand."
    ]


def test_a_user_that_has_its_new_name_is_the_one_that_is_managed() -> None:
    plan = plan_user(account(moved()), spec(path="/staff/"), NOW)
    assert calls(plan) == [call("UpdateUser", UserName=NEW, NewPath="/staff/")]
    assert told(plan) == []


def test_a_user_that_an_earlier_task_may_make_is_predicted() -> None:
    plan = plan_user(account(), spec(managed_policies=("Ours",)), NOW)
    assert calls(plan) == [RENAME, call("AttachUserPolicy", UserName=NEW, PolicyArn=OURS)]
    assert told(plan) == [("missing_user", "missing"), ("rename", "warn")]
    assert texts(plan)[0] == (
        "there is no user jane.doe to rename, nor is there a user jane.roe; leave new_name out and create it under the"
        " name that it is to have."
    )
    after = simulate(account(), plan.steps).user(NEW)
    assert after is not None
    assert (after.arn, after.managed_policies) == (f"{ARN}/jane.roe", (OURS,))


SAID = (
    "its unique id is AIDAEXAMPLE and not AIDAOTHER, so it is another user of the same name;"
    " correct expected_user_id or name."
)
REFUSED = [
    pytest.param(
        account(JANE, user("Jane.Roe")),
        spec(),
        "new_name",
        "user jane.doe cannot take this name, since there is a user Jane.Roe already; choose another new_name, or"
        " remove that user first.",
        id="somebody has the new name, in whatever case",
    ),
    pytest.param(
        account(user("Jane.Roe")),
        spec(),
        "name_case",
        "the account has Jane.Roe, and AWS takes the two names for one; write it as Jane.Roe.",
        id="renamed, but to another case",
    ),
    pytest.param(
        account(JANE),
        spec(state="absent"),
        "new_name",
        "a user that is to be absent gets no new name; leave new_name out.",
        id="a new name for who is to go",
    ),
    pytest.param(
        account(JANE),
        spec(new_name="jane roe"),
        "name",
        "the name has a character that AWS does not take; use letters, digits and + = , . @ _ -.",
        id="a new name with a space",
    ),
    pytest.param(account(JANE), spec(expected_id="AIDAOTHER"), "expected_user_id", SAID, id="a namesake to rename"),
    pytest.param(account(JANE), UserSpec(OLD, expected_id="AIDAOTHER"), "expected_user_id", SAID, id="a namesake"),
    pytest.param(
        account(JANE),
        UserSpec(OLD, state="absent", expected_id="AIDAOTHER"),
        "expected_user_id",
        SAID,
        id="a namesake that is to go",
    ),
    pytest.param(
        account(),
        UserSpec(OLD, expected_id="AIDAOTHER"),
        "expected_user_id",
        "there is no user of that name, and a new one would not have the id AIDAOTHER; leave expected_user_id out to"
        " create it.",
        id="nobody of that name",
    ),
]


@pytest.mark.parametrize(("observed", "wish", "name", "text"), REFUSED)
def test_who_is_not_meant_is_left_alone(observed: Account, wish: UserSpec, name: str, text: str) -> None:
    plan = plan_user(observed, wish, NOW)
    assert calls(plan) == []
    assert told(plan) == [(name, "refuse")]
    assert texts(plan) == [text]


def test_the_expected_user_goes_and_one_that_is_gone_is_gone() -> None:
    expected: list[Call] = [call("DeleteUser", UserName=OLD)]
    wish = UserSpec(OLD, state="absent", expected_id="AIDAEXAMPLE")
    assert calls(plan_user(account(user(OLD)), wish, NOW)) == expected
    assert plan_user(account(), wish, NOW).findings == ()
