# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One group: its policies, the require-MFA policy, its members, its removal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.group import plan_group
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Group
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    DEMAND_MFA_POLICY,
    REQUIRE_MFA_POLICY,
    demand_mfa_document,
    require_mfa_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    OURS,
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

NAME = "Developers"
ARN = f"arn:aws:iam::{ID}:group/{NAME}"
DOCUMENT = require_mfa_document("aws", ID)
PEOPLE = (user("jane.doe", groups=UNREAD), user("joe.bloggs", groups=("Auditors",)))
Wish = dict[str, Any]


def of_group(action: str, **more: Any) -> Call:
    return call(action, GroupName=NAME, **more)


CREATE = of_group("CreateGroup", Path="/")
DEMAND = demand_mfa_document()
PUT_DEMAND = of_group("PutGroupPolicy", PolicyName=DEMAND_MFA_POLICY, PolicyDocument=json.dumps(DEMAND))
PUT = of_group("PutGroupPolicy", PolicyName=REQUIRE_MFA_POLICY, PolicyDocument=json.dumps(DOCUMENT))
NEW = Group(NAME, arn=ARN, members=())
CREATED = [
    pytest.param({}, [CREATE], NEW, id="nothing but a name"),
    pytest.param(
        {"path": "/teams/"},
        [of_group("CreateGroup", Path="/teams/")],
        replace(NEW, path="/teams/", arn=f"arn:aws:iam::{ID}:group/teams/{NAME}"),
        id="with a path",
    ),
    pytest.param(
        {"managed_policies": ("ReadOnlyAccess", "Ours", OURS), "users": ("JANE.DOE", "jane.doe")},
        [
            CREATE,
            of_group("AttachGroupPolicy", PolicyArn=READ_ONLY),
            of_group("AttachGroupPolicy", PolicyArn=OURS),
            of_group("AddUserToGroup", UserName="jane.doe"),
        ],
        replace(NEW, managed_policies=(READ_ONLY, OURS), members=("jane.doe",)),
        id="with policies and members, each once and spelled as AWS has it",
    ),
    pytest.param(
        {"require_mfa": True}, [CREATE, PUT], replace(NEW, inline_policies={REQUIRE_MFA_POLICY: DOCUMENT}), id="MFA"
    ),
    pytest.param({"require_mfa": False}, [CREATE], NEW, id="no MFA policy, and none is wanted"),
    pytest.param(
        {"demand_mfa": True},
        [CREATE, PUT_DEMAND],
        replace(NEW, inline_policies={DEMAND_MFA_POLICY: DEMAND}),
        id="nothing at all without MFA",
    ),
    pytest.param({"demand_mfa": False}, [CREATE], NEW, id="nor is the other, and none is wanted"),
]


@pytest.mark.parametrize(("wish", "expected", "after"), CREATED)
def test_a_new_group(wish: Wish, expected: list[Call], after: Group) -> None:
    plan = plan_group(account(*PEOPLE), GroupSpec(NAME, **wish))
    assert calls(plan) == expected
    assert told(plan) == []
    assert simulate(account(*PEOPLE), plan.steps).group(NAME) == after


FULL = group(
    NAME,
    managed_policies=(READ_ONLY, OURS),
    inline_policies={REQUIRE_MFA_POLICY: DOCUMENT, "extra": {"Version": "2012-10-17"}},
    members=("jane.doe",),
)
DEMANDING = replace(FULL, inline_policies={"extra": {"Version": "2012-10-17"}, DEMAND_MFA_POLICY: DEMAND})
ALTERED = replace(FULL, inline_policies={REQUIRE_MFA_POLICY: {"Version": "2012-10-17"}})
CHANGED = [
    pytest.param(FULL, {}, [], {}, id="nothing is wanted: nothing is touched"),
    pytest.param(FULL, {"managed_policies": (), "users": ()}, [], {}, id="an empty list without purge"),
    pytest.param(FULL, {"path": "/"}, [], {}, id="the path is as wanted"),
    pytest.param(
        FULL,
        {"path": "/teams/"},
        [of_group("UpdateGroup", NewPath="/teams/")],
        {"path": "/teams/", "arn": f"arn:aws:iam::{ID}:group/teams/{NAME}"},
        id="another path",
    ),
    pytest.param(
        FULL,
        {"managed_policies": ("Ours",), "purge_policies": True},
        [of_group("DetachGroupPolicy", PolicyArn=READ_ONLY)],
        {"managed_policies": (OURS,)},
        id="a policy that is not named is detached",
    ),
    pytest.param(
        FULL,
        {"users": ("joe.bloggs",), "purge_users": True},
        [of_group("AddUserToGroup", UserName="joe.bloggs"), of_group("RemoveUserFromGroup", UserName="jane.doe")],
        {"members": ("joe.bloggs",)},
        id="a member that is not named leaves, after the named one has joined",
    ),
    pytest.param(FULL, {"users": ("Jane.Doe",), "purge_users": True}, [], {}, id="members compare without case"),
    pytest.param(
        FULL,
        {"users": (), "purge_users": True},
        [of_group("RemoveUserFromGroup", UserName="jane.doe")],
        {"members": ()},
        id="no members and purge: all leave",
    ),
    pytest.param(FULL, {"require_mfa": True}, [], {}, id="the MFA policy is as it should be"),
    pytest.param(
        ALTERED,
        {"require_mfa": True},
        [PUT],
        {"inline_policies": {REQUIRE_MFA_POLICY: DOCUMENT}},
        id="an altered MFA policy is mended",
    ),
    pytest.param(
        FULL,
        {"require_mfa": False},
        [of_group("DeleteGroupPolicy", PolicyName=REQUIRE_MFA_POLICY)],
        {"inline_policies": {"extra": {"Version": "2012-10-17"}}},
        id="the MFA policy is taken away again, and no other",
    ),
    pytest.param(
        DEMANDING,
        {"demand_mfa": True, "inline_policies": {}, "purge_inline_policies": True},
        [of_group("DeleteGroupPolicy", PolicyName="extra")],
        {"inline_policies": {DEMAND_MFA_POLICY: DEMAND}},
        id="no purge takes the policy that demands MFA",
    ),
    pytest.param(
        DEMANDING,
        {"demand_mfa": False, "require_mfa": True},
        [PUT, of_group("DeleteGroupPolicy", PolicyName=DEMAND_MFA_POLICY)],
        {"inline_policies": {"extra": {"Version": "2012-10-17"}, REQUIRE_MFA_POLICY: DOCUMENT}},
        id="each of the two has its own option",
    ),
]


@pytest.mark.parametrize(("observed", "wish", "expected", "change"), CHANGED)
def test_an_existing_group(observed: Group, wish: Wish, expected: list[Call], change: Wish) -> None:
    plan = plan_group(account(observed, *PEOPLE), GroupSpec(NAME, **wish))
    assert calls(plan) == expected
    assert told(plan) == []
    assert simulate(account(observed, *PEOPLE), plan.steps).group(NAME) == replace(observed, **change)


def test_members_are_seen_from_both_sides() -> None:
    plan = plan_group(account(FULL, *PEOPLE), GroupSpec(NAME, users=("joe.bloggs",)))
    after = simulate(account(FULL, *PEOPLE), plan.steps)
    assert after.users["joe.bloggs"].groups == ("Auditors", NAME)
    assert after.users["jane.doe"].groups is UNREAD


def test_what_was_not_read_is_left_alone() -> None:
    unread = group(NAME, managed_policies=UNREAD, inline_policies=UNREAD, members=UNREAD)
    wish = GroupSpec(
        NAME,
        managed_policies=("Ours",),
        purge_policies=True,
        require_mfa=True,
        users=("jane.doe",),
        purge_users=True,
    )
    assert calls(plan_group(account(unread, *PEOPLE), wish)) == []


def test_how_it_reads() -> None:
    new = GroupSpec(NAME, path="/teams/", managed_policies=("Ours",), require_mfa=True, users=("jane.doe",))
    assert lines(plan_group(account(*PEOPLE), new)) == [
        "+ group Developers, path /teams/",
        f"+ managed policy {OURS}",
        f"+ inline policy {REQUIRE_MFA_POLICY}",
        "+ member jane.doe",
    ]
    drift = GroupSpec(NAME, path="/teams/", managed_policies=(), purge_policies=True, require_mfa=True)
    assert lines(plan_group(account(ALTERED), drift)) == [
        "~ path: / -> /teams/",
        f"~ inline policy {REQUIRE_MFA_POLICY}",
        f"- managed policy {READ_ONLY}",
        f"- managed policy {OURS}",
    ]
    less = GroupSpec(NAME, require_mfa=False, users=(), purge_users=True)
    assert lines(plan_group(account(FULL), less)) == [f"- inline policy {REQUIRE_MFA_POLICY}", "- member jane.doe"]


@pytest.mark.parametrize("quota", [10, 1])
def test_members_who_get_inline_what_was_managed_are_never_without(quota: int) -> None:
    """But for a group that has as many managed policies as it may."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}
    seen = account(
        group(NAME, managed_policies=(READ_ONLY,), inline_policies={}), quotas={"AttachedPoliciesPerGroupQuota": quota}
    )
    spec = GroupSpec(NAME, managed_policies=(OURS,), purge_policies=True, inline_policies={"to-roles": document})
    exchanged = [step.action.removeprefix("iam:") for step in plan_group(seen, spec).steps]
    given, taken = ["AttachGroupPolicy", "PutGroupPolicy"], ["DetachGroupPolicy"]
    assert exchanged == ([*given, *taken] if quota > 1 else [*taken, *given])


def test_a_group_that_goes_is_emptied_first() -> None:
    plan = plan_group(account(FULL, *PEOPLE), GroupSpec(NAME, state="absent"))
    assert calls(plan) == [
        of_group("RemoveUserFromGroup", UserName="jane.doe"),
        of_group("DetachGroupPolicy", PolicyArn=READ_ONLY),
        of_group("DetachGroupPolicy", PolicyArn=OURS),
        of_group("DeleteGroupPolicy", PolicyName=REQUIRE_MFA_POLICY),
        of_group("DeleteGroupPolicy", PolicyName="extra"),
        of_group("DeleteGroup"),
    ]
    assert lines(plan)[-1] == "- group Developers"
    assert simulate(account(FULL, *PEOPLE), plan.steps).group(NAME) is None
    assert calls(plan_group(account(), GroupSpec(NAME, state="absent"))) == []


def test_a_group_that_was_not_read_whole_is_only_deleted() -> None:
    unread = group(NAME, managed_policies=UNREAD, inline_policies=UNREAD, members=UNREAD)
    assert calls(plan_group(account(unread), GroupSpec(NAME, state="absent"))) == [of_group("DeleteGroup")]


FOUND = [
    pytest.param(
        GroupSpec("DEVELOPERS", state="absent"),
        ("name_case", "refuse"),
        "the account has Developers, and AWS takes the two names for one; write it as Developers.",
        id="a name that differs by case",
    ),
    pytest.param(
        GroupSpec("Dev elopers"),
        ("name", "refuse"),
        "the name has a character that AWS does not take; use letters, digits and + = , . @ _ -.",
        id="a name with a space",
    ),
    pytest.param(
        GroupSpec("x" * 129),
        ("name", "refuse"),
        "the name has 129 characters; AWS takes at most 128 for a group.",
        id="a name too long",
    ),
    pytest.param(
        GroupSpec(NAME, path="teams/"),
        ("name", "refuse"),
        "the path 'teams/' must begin and end with / and hold no space, as in /staff/.",
        id="a path without its slash",
    ),
    pytest.param(
        GroupSpec(NAME, managed_policies=("Nowhere",), purge_policies=True),
        ("missing_policy", "missing"),
        f"managed policy Nowhere: account {ID} has no managed policy of that name or ARN; create it or correct it.",
        id="a policy that is not there",
    ),
    pytest.param(
        GroupSpec(NAME, users=("nobody",)),
        ("missing_user", "missing"),
        f"there is no user nobody in account {ID}; create it or correct its name.",
        id="a member that is not there",
    ),
    pytest.param(
        GroupSpec(NAME, managed_policies=("PowerUserAccess",)),
        ("quota", "refuse"),
        "it would have 3 managed policies; the account's quota is 2 (AttachedPoliciesPerGroupQuota). Leave some out.",
        id="a policy too many",
    ),
    pytest.param(
        GroupSpec(NAME, users=("jane.doe", "joe.bloggs")),
        ("quota", "refuse"),
        "user joe.bloggs is in 1 groups; the account's quota is 1 (GroupsPerUserQuota). Leave the user out.",
        id="a member of too many groups",
    ),
]


@pytest.mark.parametrize(("spec", "finding", "text"), FOUND)
def test_what_there_is_to_say(spec: GroupSpec, finding: tuple[str, str], text: str) -> None:
    quotas = {"AttachedPoliciesPerGroupQuota": 2, "GroupsPerUserQuota": 1}
    plan = plan_group(account(FULL, *PEOPLE, quotas=quotas), spec)
    assert told(plan) == [finding]
    assert texts(plan) == [text]


def test_a_missing_member_and_policy_are_predicted() -> None:
    spec = GroupSpec(NAME, managed_policies=("Nowhere",), users=("nobody",))
    assert calls(plan_group(account(), spec)) == [
        CREATE,
        of_group("AttachGroupPolicy", PolicyArn=f"arn:aws:iam::{ID}:policy/Nowhere"),
        of_group("AddUserToGroup", UserName="nobody"),
    ]
