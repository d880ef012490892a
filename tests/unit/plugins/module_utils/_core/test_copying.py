# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one user is to have because another has it, once or enforced, and what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ConsoleSpec,
    CopySpec,
    Hidden,
    RosterSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    NOW,
    OURS,
    POWER,
    READ_ONLY,
    Call,
    account,
    call,
    calls,
    group,
    lines,
    texts,
    told,
    user,
)

NAME, SOURCE = "jane.doe", "joe.bloggs"


def allow(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


DOCUMENT, OTHER = allow("s3:GetObject"), allow("s3:PutObject")
JOE = user(
    SOURCE,
    groups=("Developers", "Ops"),
    managed_policies=(READ_ONLY, OURS),
    inline_policies={"extra": DOCUMENT},
    boundary=POWER,
)
GROUPS = [group(name) for name in ("Developers", "Ops", "Own")]
JANE = user(
    groups=("Own", "Ops"),
    managed_policies=(POWER,),
    inline_policies={"own": DOCUMENT, "extra": OTHER},
    boundary=OURS,
)
Wish = dict[str, Any]


def copying(*exclude: str, enforce: bool = False, source: str = SOURCE) -> CopySpec:
    return CopySpec(source, exclude, enforce)


def planned(target: User | None, copy: CopySpec, **wish: Any) -> Plan:
    there = [] if target is None else [target]
    return plan_user(account(JOE, *there, *GROUPS), UserSpec(NAME, copy_from=copy, **wish), NOW)


def of_user(action: str, **more: str) -> Call:
    return call(action, UserName=NAME, **more)


def put(name: str, document: dict[str, Any]) -> Call:
    return of_user("PutUserPolicy", PolicyName=name, PolicyDocument=json.dumps(document))


def join(name: str) -> Call:
    return call("AddUserToGroup", GroupName=name, UserName=NAME)


def leave(name: str) -> Call:
    return call("RemoveUserFromGroup", GroupName=name, UserName=NAME)


def attach(arn: str) -> Call:
    return of_user("AttachUserPolicy", PolicyArn=arn)


def detach(arn: str) -> Call:
    return of_user("DetachUserPolicy", PolicyArn=arn)


def bounded(arn: str) -> Call:
    return of_user("PutUserPermissionsBoundary", PermissionsBoundary=arn)


ONCE = [bounded(POWER), join("Developers"), attach(READ_ONLY), attach(OURS), put("extra", DOCUMENT)]
COPIED = [
    pytest.param(
        None,
        copying(),
        {},
        [
            of_user("CreateUser", Path="/", PermissionsBoundary=POWER),
            *[join("Developers"), join("Ops"), attach(READ_ONLY), attach(OURS), put("extra", DOCUMENT)],
        ],
        id="a new user",
    ),
    pytest.param(JANE, copying(), {}, ONCE, id="what is missing is added, the rest stays"),
    pytest.param(JANE, copying(source="JOE.BLOGGS"), {}, ONCE, id="names compare without case"),
    pytest.param(
        JANE,
        copying(enforce=True),
        {},
        [
            *[bounded(POWER), join("Developers"), leave("Own"), attach(READ_ONLY), attach(OURS), detach(POWER)],
            *[put("extra", DOCUMENT), of_user("DeleteUserPolicy", PolicyName="own")],
        ],
        id="enforced, what the other lacks goes",
    ),
    pytest.param(
        JANE,
        copying("DEVELOPERS", "Ours", READ_ONLY, "extra", "PowerUserAccess", "own", "Own", enforce=True),
        {},
        [],
        id="what is excluded is neither given nor taken away",
    ),
    pytest.param(
        JANE,
        copying(enforce=True),
        {
            "groups": ("Own",),
            "managed_policies": ("PowerUserAccess",),
            "inline_policies": {"own": DOCUMENT, "extra": OTHER},
            "boundary": OURS,
        },
        [join("Developers"), attach(READ_ONLY), attach(OURS)],
        id="the user's own options are kept, and count more",
    ),
    pytest.param(
        JANE,
        copying(),
        {"groups": (), "purge_groups": True, "managed_policies": (), "purge_policies": True},
        [
            *[bounded(POWER), join("Developers"), leave("Own"), attach(READ_ONLY), attach(OURS), detach(POWER)],
            put("extra", DOCUMENT),
        ],
        id="what is copied is not purged",
    ),
    pytest.param(
        user(boundary=OURS),
        copying("Developers", "Ops", "Ours", "ReadOnlyAccess", "extra", "PowerUserAccess", enforce=True),
        {},
        [],
        id="a boundary whose place is excluded stays as it is",
    ),
]


@pytest.mark.parametrize(("target", "copy", "wish", "expected"), COPIED)
def test_what_is_copied(target: User | None, copy: CopySpec, wish: Wish, expected: list[Call]) -> None:
    plan = planned(target, copy, **wish)
    assert calls(plan) == expected
    assert told(plan) == []
    there = [] if target is None else [target]
    after = simulate(account(JOE, *there, *GROUPS), plan.steps)
    assert plan_user(after, UserSpec(NAME, copy_from=copy, **wish), NOW) == Plan()
    assert after.user(SOURCE) == JOE


def test_a_boundary_that_the_other_lacks_goes_only_when_enforced() -> None:
    free, bound = replace(JOE, boundary=None, inline_policies={}), user(groups=("Developers", "Ops"), boundary=OURS)
    bound = replace(bound, managed_policies=(READ_ONLY, OURS))
    for enforce, expected in ((False, []), (True, [of_user("DeleteUserPermissionsBoundary")])):
        wish = UserSpec(NAME, copy_from=copying(enforce=enforce))
        assert calls(plan_user(account(free, bound, *GROUPS), wish, NOW)) == expected
    assert calls(plan_user(account(free, replace(bound, boundary=None), *GROUPS), wish, NOW)) == []
    kept = UserSpec(NAME, copy_from=copying("Ours", enforce=True))
    assert [one for one in calls(plan_user(account(free, bound, *GROUPS), kept, NOW)) if "Boundary" in one[0]] == []


BOUND, FREE = user(boundary=OURS), replace(JOE, boundary=None)
LOOSER = [
    pytest.param(JOE, None, copying("PowerUserAccess"), None, POWER, id="a new user, the boundary excluded"),
    pytest.param(JOE, user(), copying(POWER), None, POWER, id="one that has none"),
    pytest.param(FREE, BOUND, copying(enforce=True), None, OURS, id="enforced, the other has none"),
    pytest.param(FREE, BOUND, copying(), None, None, id="it stays"),
    pytest.param(FREE, BOUND, copying("Ours", enforce=True), None, None, id="excluded, so it stays"),
    pytest.param(JOE, None, copying("PowerUserAccess"), "", None, id="none is wanted, and that is said"),
    pytest.param(JOE, None, copying("PowerUserAccess"), POWER, None, id="it is given"),
    pytest.param(FREE, user(), copying(), None, None, id="neither has one"),
    pytest.param(JOE, None, copying(), None, None, id="it is copied"),
]


@pytest.mark.parametrize(("source", "target", "copy", "boundary", "gone"), LOOSER)
def test_more_rights_for_want_of_a_boundary_are_warned_of(
    source: User, target: User | None, copy: CopySpec, boundary: str | None, gone: str | None
) -> None:
    there = [] if target is None else [target]
    given = account(source, *there, *GROUPS, policies={POWER: POWER})
    plan = plan_user(given, UserSpec(NAME, copy_from=copy, boundary=boundary), NOW)
    found = [(one.level, one.text) for one in plan.findings if one.name == "copy_boundary"]
    assert [level for level, _text in found] == (["warn"] if gone else [])
    assert all(f"without the permissions boundary {gone}, since" in text for _level, text in found)


def test_every_line_says_where_it_comes_from() -> None:
    assert lines(planned(JANE, copying(enforce=True))) == [
        f"~ permissions boundary {OURS} -> {POWER}, copied from joe.bloggs",
        "+ member of Developers, copied from joe.bloggs",
        "- member of Own",
        f"+ managed policy {READ_ONLY}, copied from joe.bloggs",
        f"+ managed policy {OURS}, copied from joe.bloggs",
        f"- managed policy {POWER}",
        "~ inline policy extra, copied from joe.bloggs",
        "- inline policy own",
    ]
    gone = [step.why for step in planned(JANE, copying(enforce=True)).steps if step.sign == "-"]
    assert set(gone) == {"joe.bloggs does not have it (copy_enforce)"}
    named = lines(planned(JANE, copying(), groups=("Developers",)))
    assert "+ member of Developers" in named


def test_what_was_not_read_is_not_copied() -> None:
    for field in ("groups", "managed_policies", "inline_policies"):
        unread = account(replace(JOE, **{field: UNREAD}), JANE, *GROUPS)
        assert calls(plan_user(unread, UserSpec(NAME, copy_from=copying(enforce=True)), NOW)) == []


SAID = [
    pytest.param(
        copying(source="JANE.DOE"),
        ("copy", "refuse"),
        "it cannot copy from itself; name another user in copy_permissions_from.",
        id="itself",
    ),
    pytest.param(
        copying(source="nobody"),
        ("missing_source", "missing"),
        f"there is no user nobody in account {ID} to copy from; create it or correct its name.",
        id="nobody",
    ),
    pytest.param(
        copying("Developers", "Nothing", "nix"),
        ("copy_exclude", "warn"),
        "copy_exclude names Nothing, nix, and joe.bloggs has nothing of that name; correct it.",
        id="an exclusion of nothing",
    ),
]


@pytest.mark.parametrize(("copy", "finding", "text"), SAID)
def test_what_there_is_to_say(copy: CopySpec, finding: tuple[str, str], text: str) -> None:
    plan = planned(JANE, copy)
    assert told(plan) == [finding]
    assert texts(plan) == [text]


def test_a_renamed_user_does_not_copy_from_its_new_self() -> None:
    wish = UserSpec(NAME, new_name="jane.roe", copy_from=copying(source="Jane.Roe"))
    assert ("copy", "refuse") in told(plan_user(account(JANE), wish, NOW))


def roster(*users: UserSpec) -> Plan:
    return plan_roster(account(JOE, *GROUPS), RosterSpec(users=users), NOW)


def test_in_a_roster_it_is_copied_what_the_other_will_have() -> None:
    new = UserSpec("new", groups=("Own",), inline_policies={"own": DOCUMENT})
    chain = UserSpec("third", copy_from=copying(source="jane"))
    plan = roster(new, UserSpec("jane", copy_from=copying(source="new")), chain)
    assert [(step.subject, step.line) for step in plan.steps if step.subject == "user third"] == [
        ("user third", "+ user third"),
        ("user third", "+ member of Own, copied from jane"),
        ("user third", "+ inline policy own, copied from jane"),
    ]
    assert plan.findings == ()


def test_in_a_roster_who_is_copied_from_comes_first() -> None:
    for source in (UserSpec("new"), UserSpec(SOURCE, groups=("Own",))):
        plan = roster(UserSpec(NAME, copy_from=copying(source=source.name)), source)
        assert told(plan) == [("copy", "refuse")]
        text = f"it copies from {source.name}, who comes after it in the roster; put that user before it."
        assert texts(plan) == [text]


def test_guards_see_the_groups_that_are_copied() -> None:
    """A person whose copied group demands MFA is not warned of."""
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": condition}
    strict = group("Ops", inline_policies={"mfa": {"Statement": [deny]}})
    human = UserSpec(NAME, use_case="human", owner="jane@example.com", copy_from=copying(), groups=("Own",))
    human = replace(human, purge_groups=True, console=ConsoleSpec(password=Hidden("Xy7-a-password")))
    for ops, warned in ((strict, False), (group("Ops"), True)):
        wish = RosterSpec(users=(human,), onboarding=True)
        plan = plan_roster(account(JOE, group("Developers"), ops, group("Own")), wish, NOW)
        assert ("mfa_not_demanded" in [name for name, _level in told(plan)]) is warned
