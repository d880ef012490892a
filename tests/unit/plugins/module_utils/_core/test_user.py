# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One user: made, brought to what is wanted, left alone where nothing is wanted, refused where AWS would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    UNREAD,
    Account,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import AccessKeySpec, ConsoleSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    KEY1,
    NOW,
    OURS,
    POWER,
    READ_ONLY,
    SEALED_FILE,
    Call,
    account,
    call,
    calls,
    group,
    lines,
    receipted,
    tag_list,
    tags,
    texts,
    told,
    user,
)

NAME = "jane.doe"
ARN = f"arn:aws:iam::{ID}:user/{NAME}"
GROUPS = (group("Developers"), group("Auditors"), group("Operators"))
Wish = dict[str, Any]


def join(name: str) -> Call:
    return call("AddUserToGroup", GroupName=name, UserName=NAME)


def leave(name: str) -> Call:
    return call("RemoveUserFromGroup", GroupName=name, UserName=NAME)


def attach(arn: str) -> Call:
    return call("AttachUserPolicy", UserName=NAME, PolicyArn=arn)


def detach(arn: str) -> Call:
    return call("DetachUserPolicy", UserName=NAME, PolicyArn=arn)


def tag(**pairs: str) -> Call:
    return call("TagUser", UserName=NAME, Tags=tags(**pairs))


def untag(*keys: str) -> Call:
    return call("UntagUser", UserName=NAME, TagKeys=list(keys))


NEW = User(NAME, arn=ARN)
CREATED = [
    pytest.param({}, [call("CreateUser", UserName=NAME, Path="/")], NEW, id="nothing but a name"),
    pytest.param(
        {"path": "/staff/"},
        [call("CreateUser", UserName=NAME, Path="/staff/")],
        replace(NEW, path="/staff/", arn=f"arn:aws:iam::{ID}:user/staff/{NAME}"),
        id="with a path",
    ),
    pytest.param(
        {"tags": {"team": "blue"}, "owner": "jane@example.com", "use_case": "human", "justification": "why; not?"},
        [
            call(
                "CreateUser",
                UserName=NAME,
                Path="/",
                Tags=tag_list(
                    {
                        "team": "blue",
                        "keysmith:use-case": "human",
                        "keysmith:owner": "jane@example.com",
                        "keysmith:justification": "why not",
                    }
                ),
            )
        ],
        replace(
            NEW,
            tags={
                "team": "blue",
                "keysmith:use-case": "human",
                "keysmith:owner": "jane@example.com",
                "keysmith:justification": "why not",
            },
        ),
        id="with tags, its owner and why it is there, as tags can say it",
    ),
    pytest.param(
        {"boundary": "Ours"},
        [call("CreateUser", UserName=NAME, Path="/", PermissionsBoundary=OURS)],
        replace(NEW, boundary=OURS),
        id="with a boundary, so that it is never without",
    ),
    pytest.param(
        {"boundary": ""}, [call("CreateUser", UserName=NAME, Path="/")], NEW, id="no boundary, and none is wanted"
    ),
    pytest.param(
        {"groups": ("developers", "Auditors"), "managed_policies": ("ReadOnlyAccess", OURS)},
        [
            call("CreateUser", UserName=NAME, Path="/"),
            join("Developers"),
            join("Auditors"),
            attach(READ_ONLY),
            attach(OURS),
        ],
        replace(NEW, groups=("Developers", "Auditors"), managed_policies=(READ_ONLY, OURS)),
        id="with groups, spelled as AWS has them, and policies by name or ARN",
    ),
    pytest.param(
        {"groups": ("Developers", "DEVELOPERS"), "managed_policies": ("Ours", OURS)},
        [call("CreateUser", UserName=NAME, Path="/"), join("Developers"), attach(OURS)],
        replace(NEW, groups=("Developers",), managed_policies=(OURS,)),
        id="what is named twice is done once",
    ),
]


@pytest.mark.parametrize(("wish", "expected", "after"), CREATED)
def test_a_new_user(wish: Wish, expected: list[Call], after: User) -> None:
    plan = plan_user(account(*GROUPS), UserSpec(NAME, **wish), NOW)
    assert calls(plan) == expected
    assert told(plan) == []
    assert simulate(account(*GROUPS), plan.steps).user(NAME) == after


FULL = user(
    tags={
        "team": "blue",
        "Cost": "7",
        "keysmith:owner": "jane@example.com",
        "aws:cloudformation:x": "y",
        **receipted(),
    },
    groups=("Developers", "Auditors"),
    managed_policies=(READ_ONLY, OURS),
    boundary=OURS,
)
OUR_TAGS = {"keysmith:owner": "jane@example.com", "aws:cloudformation:x": "y", **receipted()}
CHANGED = [
    pytest.param({}, [], {}, id="nothing is wanted: nothing is touched"),
    pytest.param({"groups": (), "managed_policies": ()}, [], {}, id="an empty list without purge takes nothing away"),
    pytest.param({"path": "/"}, [], {}, id="the path is as wanted"),
    pytest.param(
        {"path": "/staff/"},
        [call("UpdateUser", UserName=NAME, NewPath="/staff/")],
        {"path": "/staff/", "arn": f"arn:aws:iam::{ID}:user/staff/{NAME}"},
        id="another path moves the ARN",
    ),
    pytest.param({"boundary": "Ours"}, [], {}, id="the boundary is as wanted"),
    pytest.param(
        {"boundary": "ReadOnlyAccess"},
        [call("PutUserPermissionsBoundary", UserName=NAME, PermissionsBoundary=READ_ONLY)],
        {"boundary": READ_ONLY},
        id="another boundary",
    ),
    pytest.param(
        {"boundary": ""},
        [call("DeleteUserPermissionsBoundary", UserName=NAME)],
        {"boundary": None},
        id="an empty boundary removes it",
    ),
    pytest.param({"tags": {"TEAM": "blue", "Cost": "7"}}, [], {}, id="tag keys compare without case"),
    pytest.param(
        {"tags": {"TEAM": "red", "Cost": "7"}},
        [tag(team="red")],
        {"tags": {**FULL.tags, "team": "red"}},
        id="a tag's value changes, its spelling stays",
    ),
    pytest.param(
        {"tags": {"floor": "3"}, "purge_tags": False},
        [tag(floor="3")],
        {"tags": {**FULL.tags, "floor": "3"}},
        id="a tag is added",
    ),
    pytest.param(
        {"tags": {"team": "red", "floor": "3"}},
        [untag("Cost"), tag(team="red", floor="3")],
        {"tags": {"team": "red", "floor": "3", **OUR_TAGS}},
        id="tags that are not named go first, but for ours and AWS's own",
    ),
    pytest.param(
        {"tags": {}}, [untag("team", "Cost")], {"tags": OUR_TAGS}, id="no tags and purge: all the caller's tags go"
    ),
    pytest.param({"tags": {}, "purge_tags": False}, [], {}, id="no tags without purge: none goes"),
    pytest.param({"owner": "jane@example.com"}, [], {}, id="the owner is as wanted"),
    pytest.param(
        {"owner": "joe@example.com"},
        [call("TagUser", UserName=NAME, Tags=tag_list({"keysmith:owner": "joe@example.com"}))],
        {"tags": {**FULL.tags, "keysmith:owner": "joe@example.com"}},
        id="another owner, and the caller's tags stay",
    ),
    pytest.param({"groups": ("DEVELOPERS",)}, [], {}, id="group names compare without case"),
    pytest.param(
        {"groups": ("Operators",)},
        [join("Operators")],
        {"groups": ("Developers", "Auditors", "Operators")},
        id="a group is added and none left",
    ),
    pytest.param(
        {"groups": ("operators", "AUDITORS"), "purge_groups": True},
        [join("Operators"), leave("Developers")],
        {"groups": ("Auditors", "Operators")},
        id="groups that are not named are left, after those that are named are joined",
    ),
    pytest.param(
        {"groups": (), "purge_groups": True},
        [leave("Developers"), leave("Auditors")],
        {"groups": ()},
        id="no groups and purge: all are left",
    ),
    pytest.param({"purge_groups": True}, [], {}, id="purge without groups does nothing"),
    pytest.param(
        {"managed_policies": ("PowerUserAccess",)},
        [attach(POWER)],
        {"managed_policies": (READ_ONLY, OURS, POWER)},
        id="a policy is added and none detached",
    ),
    pytest.param(
        {"managed_policies": ("PowerUserAccess", "Ours"), "purge_policies": True},
        [attach(POWER), detach(READ_ONLY)],
        {"managed_policies": (OURS, POWER)},
        id="policies that are not named are detached, after those that are named are attached",
    ),
    pytest.param(
        {"managed_policies": (), "purge_policies": True},
        [detach(READ_ONLY), detach(OURS)],
        {"managed_policies": ()},
        id="no policies and purge: all are detached",
    ),
    pytest.param({"purge_policies": True}, [], {}, id="purge without policies does nothing"),
]


@pytest.mark.parametrize(("wish", "expected", "change"), CHANGED)
def test_an_existing_user(wish: Wish, expected: list[Call], change: Wish) -> None:
    plan = plan_user(account(FULL, *GROUPS), UserSpec(NAME, **wish), NOW)
    assert calls(plan) == expected
    assert told(plan) == []
    assert simulate(account(FULL, *GROUPS), plan.steps).user(NAME) == replace(FULL, **change)


def test_an_existing_user_without_boundary_gets_one() -> None:
    plan = plan_user(account(user()), UserSpec(NAME, boundary="Ours"), NOW)
    assert calls(plan) == [call("PutUserPermissionsBoundary", UserName=NAME, PermissionsBoundary=OURS)]
    assert calls(plan_user(account(user()), UserSpec(NAME, boundary=""), NOW)) == []


def test_what_was_not_read_is_left_alone() -> None:
    unread = user(groups=UNREAD, managed_policies=UNREAD)
    wish = UserSpec(NAME, groups=("Auditors",), purge_groups=True, managed_policies=("Ours",), purge_policies=True)
    assert calls(plan_user(account(unread, *GROUPS), wish, NOW)) == []


def test_how_it_reads() -> None:
    new = UserSpec(NAME, path="/staff/", groups=("Developers",), managed_policies=("Ours",))
    assert lines(plan_user(account(*GROUPS), new, NOW)) == [
        "+ user jane.doe, path /staff/",
        "+ member of Developers",
        f"+ managed policy {OURS}",
    ]
    drift = UserSpec(
        NAME,
        path="/staff/",
        boundary="ReadOnlyAccess",
        tags={"team": "red", "floor": "3"},
        groups=(),
        purge_groups=True,
        managed_policies=("Ours",),
        purge_policies=True,
    )
    assert lines(plan_user(account(FULL, *GROUPS), drift, NOW)) == [
        "~ path: / -> /staff/",
        f"~ permissions boundary {OURS} -> {READ_ONLY}",
        "- tags Cost",
        "~ tags team: blue -> red, floor: 3",
        "- member of Developers",
        "- member of Auditors",
        f"- managed policy {READ_ONLY}",
    ]
    first = UserSpec(NAME, boundary="Ours", tags={"team": "red"}, purge_tags=False)
    assert lines(plan_user(account(user()), first, NOW)) == [f"+ permissions boundary {OURS}", "+ tag team: red"]
    assert lines(plan_user(account(FULL), UserSpec(NAME, boundary=""), NOW)) == [f"- permissions boundary {OURS}"]


MISSING = [
    pytest.param(
        {"groups": ("Nobody",)},
        [join("Nobody")],
        "missing_group",
        f"there is no group Nobody in account {ID}; create it or correct its name.",
        id="a group",
    ),
    pytest.param(
        {"managed_policies": ("Nowhere",)},
        [attach(f"arn:aws:iam::{ID}:policy/Nowhere")],
        "missing_policy",
        f"managed policy Nowhere: account {ID} has no managed policy of that name or ARN; create it or correct it.",
        id="a policy by name",
    ),
    pytest.param(
        {"managed_policies": ("arn:aws:iam::aws:policy/Nowhere",)},
        [attach("arn:aws:iam::aws:policy/Nowhere")],
        "missing_policy",
        f"managed policy arn:aws:iam::aws:policy/Nowhere: account {ID} has no managed policy of that name or ARN;"
        " create it or correct it.",
        id="a policy by ARN",
    ),
    pytest.param(
        {"boundary": "Nowhere"},
        [
            call(
                "PutUserPermissionsBoundary",
                UserName=NAME,
                PermissionsBoundary=f"arn:aws:iam::{ID}:policy/Nowhere",
            )
        ],
        "missing_policy",
        f"the permissions boundary Nowhere: account {ID} has no managed policy of that name or ARN;"
        " create it or correct it.",
        id="a boundary",
    ),
]


@pytest.mark.parametrize(("wish", "expected", "name", "text"), MISSING)
def test_what_an_earlier_task_may_make_is_predicted(wish: Wish, expected: list[Call], name: str, text: str) -> None:
    plan = plan_user(account(user()), UserSpec(NAME, **wish), NOW)
    assert calls(plan) == expected
    assert told(plan) == [(name, "missing")]
    assert texts(plan) == [text]


def test_a_module_that_manages_a_part_never_makes_the_user() -> None:
    plan = plan_user(account(*GROUPS), UserSpec(NAME, create=False, groups=("Developers",)), NOW)
    assert calls(plan) == [join("Developers")]
    assert told(plan) == [("missing_user", "missing")]
    assert texts(plan) == [f"there is no user {NAME} in account {ID}; create it first."]


@pytest.mark.parametrize(
    "wish", [{"console": ConsoleSpec(present=False)}, {"access_key": AccessKeySpec("absent", "AKIAEXAMPLEEXAMPLE01")}]
)
def test_what_is_to_be_absent_is_so_where_there_is_no_user(wish: Wish) -> None:
    assert plan_user(account(), UserSpec(NAME, create=False, **wish), NOW) == Plan()


REFUSED = [
    pytest.param(
        UserSpec("Jane.Doe"),
        ["the account has jane.doe, and AWS takes the two names for one; write it as jane.doe."],
        id="a name that differs by case",
    ),
    pytest.param(
        UserSpec("Jane.Doe", state="absent"),
        ["the account has jane.doe, and AWS takes the two names for one; write it as jane.doe."],
        id="also for a user that is to go",
    ),
    pytest.param(
        UserSpec("jane doe"),
        ["the name has a character that AWS does not take; use letters, digits and + = , . @ _ -."],
        id="a name with a space",
    ),
    pytest.param(
        UserSpec("x" * 65), ["the name has 65 characters; AWS takes at most 64 for a user."], id="a name too long"
    ),
    pytest.param(
        UserSpec("", path="staff", tags={"keysmith:owner": "me"}),
        [
            "a user without a name; give it one.",
            "the path 'staff' must begin and end with / and hold no space, as in /staff/.",
            "the tag keysmith:owner is one of our own; choose a key that does not begin with keysmith:.",
        ],
        id="everything that is wrong at once",
    ),
]


@pytest.mark.parametrize(("spec", "sentences"), REFUSED)
def test_a_name_that_aws_would_not_take_is_refused(spec: UserSpec, sentences: list[str]) -> None:
    plan = plan_user(account(user()), spec, NOW)
    assert calls(plan) == []
    assert [finding.level for finding in plan.findings] == ["refuse"] * len(sentences)
    assert texts(plan) == sentences


def crowd(count: int, quota: int, **more: Any) -> Account:
    """Jane in ``count`` groups with as many policies, in an account with this quota for both."""
    groups = tuple(f"group{number}" for number in range(count))
    arns = tuple(f"arn:aws:iam::aws:policy/Policy{number}" for number in range(count))
    quotas = {"GroupsPerUserQuota": quota, "AttachedPoliciesPerUserQuota": quota}
    have = user(groups=groups, managed_policies=arns, **more)
    return account(have, *GROUPS, *(group(name) for name in groups), quotas=quotas)


def test_the_quotas_of_groups_and_policies_are_planned_against() -> None:
    wish = UserSpec(NAME, groups=("Developers",), managed_policies=("Ours",))
    assert texts(plan_user(crowd(9, 10), wish, NOW)) == []
    assert texts(plan_user(crowd(10, 10), wish, NOW)) == [
        "it would have 11 groups; the account's quota is 10 (GroupsPerUserQuota). Leave some out.",
        "it would have 11 managed policies; the account's quota is 10 (AttachedPoliciesPerUserQuota). Leave some out.",
    ]


def test_where_a_quota_has_no_room_for_both_the_old_goes_first() -> None:
    wish = UserSpec(NAME, groups=("Developers",), purge_groups=True, managed_policies=("Ours",), purge_policies=True)
    old_group, old_policy = leave("group0"), detach("arn:aws:iam::aws:policy/Policy0")
    roomy, full = plan_user(crowd(1, 2), wish, NOW), plan_user(crowd(1, 1), wish, NOW)
    assert calls(roomy) == [join("Developers"), old_group, attach(OURS), detach("arn:aws:iam::aws:policy/Policy0")]
    assert calls(full) == [old_group, join("Developers"), old_policy, attach(OURS)]
    assert told(roomy) == told(full) == []


def numbered(count: int) -> dict[str, str]:
    return {f"tag{number}": "x" for number in range(count)}


TAGGED = [
    pytest.param(numbered(50), {"tags": numbered(50)}, 0, id="50 tags, as wanted"),
    pytest.param(numbered(49), {"tags": numbered(50)}, 0, id="the fiftieth"),
    pytest.param(numbered(50), {"tags": {"other": "x"}}, 0, id="all but one go before the other comes"),
    pytest.param(numbered(50), {"tags": {"other": "x"}, "purge_tags": False}, 51, id="the fifty-first"),
    pytest.param(numbered(50), {"owner": "jane@example.com"}, 51, id="our own count too"),
    pytest.param(numbered(48), {"access_key": AccessKeySpec()}, 0, id="a key takes two: receipt and description"),
    pytest.param(numbered(49), {"access_key": AccessKeySpec()}, 51, id="no room for the key's two"),
    pytest.param(numbered(50), {"access_key": AccessKeySpec()}, 52, id="no room for either"),
    pytest.param(
        {**numbered(48), **receipted(KEY1)}, {"access_key": AccessKeySpec()}, 0, id="a lost key's two make room"
    ),
]


@pytest.mark.parametrize(("have", "wish", "count"), TAGGED)
def test_fifty_tags_are_the_most_at_any_time(have: dict[str, str], wish: Wish, count: int) -> None:
    plan = plan_user(account(user(tags=have)), UserSpec(NAME, handover=SEALED_FILE, **wish), NOW)
    sentence = f"it would have {count} tags, our own included; AWS takes 50. Leave some out."
    assert texts(plan) == ([sentence] if count else [])


def test_a_new_users_tags_are_counted() -> None:
    wish = UserSpec(NAME, tags=numbered(49), access_key=AccessKeySpec(), handover=SEALED_FILE)
    plan = plan_user(account(), wish, NOW)
    assert texts(plan) == ["it would have 51 tags, our own included; AWS takes 50. Leave some out."]
    assert ACCESS_KEY_TAG in [tag["Key"] for tag in plan.steps[0].parameters["Tags"]]
