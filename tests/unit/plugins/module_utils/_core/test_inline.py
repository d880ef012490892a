# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inline policies of users and groups: what is read, what is the same, what fits, and the steps."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.group import plan_group
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import document_problem, meaning, size
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Group
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, render
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    REQUIRE_MFA_POLICY,
    require_mfa_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    NOW,
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

NAME, TEAM = "jane.doe", "Developers"
Document = dict[str, Any]


def document(*actions: str, **more: Any) -> Document:
    statement = {"Effect": "Allow", "Action": list(actions) or ["s3:ListAllMyBuckets"], "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def long(characters: int) -> Document:
    """A document of so many characters, white space not counted."""
    return document(Sid="x" * (characters - size(document(Sid=""))))


READ, WRITE = document("s3:GetObject", "s3:ListBucket"), document("s3:PutObject")
MFA = require_mfa_document("aws", ID)


def put(name: str, wanted: Document) -> Call:
    return call("PutUserPolicy", UserName=NAME, PolicyName=name, PolicyDocument=json.dumps(wanted))


def delete(name: str) -> Call:
    return call("DeleteUserPolicy", UserName=NAME, PolicyName=name)


def of_group(action: str, name: str, wanted: Document | None = None) -> Call:
    more = {} if wanted is None else {"PolicyDocument": json.dumps(wanted)}
    return call(f"{action}GroupPolicy", GroupName=TEAM, PolicyName=name, **more)


SAME = [
    pytest.param({"Statement": [{"Action": ["a", "b"]}]}, {"Statement": {"Action": ["b", "a"]}}, id="sets and one"),
    pytest.param({"Bool": {"k": "true"}}, {"Bool": {"k": True}}, id="truth"),
    pytest.param({"Num": {"k": 5}}, {"Num": {"k": ["5"]}}, id="numbers"),
    pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, id="the order of keys"),
    pytest.param({"Statement": [READ, WRITE]}, {"Statement": [WRITE, READ]}, id="the order of statements"),
]
DIFFERENT = [
    pytest.param({"Action": "s3:*"}, {"Action": "s3:Get*"}, id="an action"),
    pytest.param({"Action": "s3:*"}, {"NotAction": "s3:*"}, id="an element"),
    pytest.param({"Action": ["a", "b"]}, {"Action": "a"}, id="one of two"),
    pytest.param({"Version": "2012-10-17"}, {}, id="a version"),
    pytest.param({"Action": "ab"}, {"Action": ["a", "b"]}, id="letters"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_meaning(one: Document, other: Document) -> None:
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_meaning(one: Document, other: Document) -> None:
    assert meaning(one) != meaning(other)


def test_white_space_does_not_count() -> None:
    assert size(READ) == len(json.dumps(READ, separators=(",", ":")))
    assert size(document(Sid="a b\tc")) == size(document(Sid="abc")) + len("\\t")


PROBLEMS = [
    pytest.param({}, "it has no Statement; give at least one", id="no statement"),
    pytest.param({"Statement": []}, "it has no Statement; give at least one", id="an empty statement"),
    pytest.param({"Statement": ["x"]}, "it has no Statement; give at least one", id="a text for a statement"),
    pytest.param(
        document(Effect="allow"), "a statement has no Effect; give Allow or Deny", id="an effect in lower case"
    ),
    pytest.param(
        document(NotAction="x"), "a statement has to have one of Action and NotAction", id="an action and its opposite"
    ),
    pytest.param(
        {"Statement": {"Effect": "Deny", "Action": "*"}},
        "a statement has to have one of Resource and NotResource",
        id="no resource",
    ),
    pytest.param(
        document(NotPrincipal="*"),
        "a statement has a Principal, and who it is for is whom it hangs on; leave that out",
        id="a principal",
    ),
    pytest.param(READ, None, id="none"),
    pytest.param({"Statement": READ["Statement"][0]}, None, id="none without a version or a list"),
    pytest.param(MFA, None, id="none in our own"),
]


@pytest.mark.parametrize(("given", "problem"), PROBLEMS)
def test_what_aws_would_call_malformed(given: Document, problem: str | None) -> None:
    assert document_problem(given) == problem


HAVE = {"own": READ, "extra": WRITE}
FULL = user(inline_policies=HAVE)
Wish = dict[str, Any]


def planned(wish: Wish, quota: int = 2048, have: Document = HAVE) -> Plan:
    observed = account(user(inline_policies=have), quotas={"UserPolicySizeQuota": quota})
    return plan_user(observed, UserSpec(NAME, **wish), NOW)


CHANGED = [
    pytest.param({}, [], HAVE, id="nothing is wanted"),
    pytest.param({"purge_inline_policies": True}, [], HAVE, id="purge alone does nothing"),
    pytest.param({"inline_policies": {}}, [], HAVE, id="none, without purge"),
    pytest.param({"inline_policies": {"own": json.dumps(READ, indent=4)}}, [], HAVE, id="the same, as JSON"),
    pytest.param({"inline_policies": {"new": WRITE}}, [put("new", WRITE)], {**HAVE, "new": WRITE}, id="a new one"),
    pytest.param({"inline_policies": {"own": WRITE}}, [put("own", WRITE)], {**HAVE, "own": WRITE}, id="another text"),
    pytest.param(
        {"inline_policies": {"own": READ}, "purge_inline_policies": True}, [delete("extra")], {"own": READ}, id="purge"
    ),
    pytest.param(
        {"inline_policies": {"new": READ}, "purge_inline_policies": True},
        [put("new", READ), delete("own"), delete("extra")],
        {"new": READ},
        id="new ones before the old ones go",
    ),
    pytest.param(
        {"inline_policies": {"new": {"Statement": READ["Statement"], "Version": "2012-10-17"}}},
        [put("new", READ)],
        {**HAVE, "new": READ},
        id="the version goes first, where AWS's parser wants it",
    ),
    pytest.param(
        {"inline_policies": {"new": {**READ, "Version": datetime.date(2012, 10, 17)}}},
        [put("new", {**READ, "Version": "2012-10-17"})],
        {**HAVE, "new": READ},
        id="a version that YAML took for a date",
    ),
]


@pytest.mark.parametrize(("wish", "expected", "after"), CHANGED)
def test_a_users_inline_policies(wish: Wish, expected: list[Call], after: Document) -> None:
    plan = planned(wish)
    assert calls(plan) == expected
    assert told(plan) == []
    then = simulate(account(FULL), plan.steps).user(NAME)
    assert then == replace(FULL, inline_policies=after)


def test_a_new_user_gets_them() -> None:
    plan = plan_user(account(), UserSpec(NAME, inline_policies={"own": READ}), NOW)
    assert calls(plan) == [call("CreateUser", UserName=NAME, Path="/"), put("own", READ)]


def test_what_was_not_read_is_left_alone() -> None:
    wish = UserSpec(NAME, inline_policies={}, purge_inline_policies=True)
    assert calls(plan_user(account(user(inline_policies=UNREAD)), wish, NOW)) == []


def test_the_plan_shows_what_a_policy_says() -> None:
    shown = render(planned({"inline_policies": {"own": WRITE}}))
    assert shown.splitlines()[1:3] == [
        "  ~ inline policy own  (the document differs)",
        f"      {json.dumps(WRITE)}",
    ]
    assert "Statement" not in render(plan_group(account(), GroupSpec(TEAM, require_mfa=True)))


def test_an_old_policy_that_stays_is_left_as_it_is() -> None:
    old = {**READ, "Version": "2008-10-17"}
    assert planned({"inline_policies": {"own": old}}, have={"own": old}) == Plan()


def test_how_it_reads() -> None:
    plan = planned({"inline_policies": {"own": WRITE, "new": WRITE}, "purge_inline_policies": True})
    assert lines(plan) == ["~ inline policy own", "+ inline policy new", "- inline policy extra"]
    assert [step.why for step in plan.steps] == [
        "the document differs",
        "named in inline_policies",
        "not in inline_policies (purge_inline_policies)",
    ]


FIT = [
    pytest.param({"a": long(900)}, {"a": long(2048)}, ["~ a"], id="exactly as much as there may be"),
    pytest.param({"a": long(900), "b": long(1100)}, {"b": long(500), "c": long(600)}, ["~ b", "+ c"], id="less first"),
    pytest.param({"a": long(900), "b": long(300)}, {"a": long(1700), "b": long(300)}, ["~ a"], id="more, and enough"),
    pytest.param({"a": long(2000)}, {"b": long(1900)}, ["- a", "+ b"], id="the old one goes first where it has to"),
]


@pytest.mark.parametrize(("have", "wish", "expected"), FIT)
def test_no_moment_has_more_than_aws_takes(have: Document, wish: Document, expected: list[str]) -> None:
    plan = planned({"inline_policies": wish, "purge_inline_policies": "b" not in have}, have=have)
    assert [line.replace(" inline policy", "") for line in lines(plan)] == expected
    assert told(plan) == []


TOO_LONG = [
    pytest.param(
        {},
        {"a": long(2049)},
        "inline policy a: it has 2049 characters, white space not counted; AWS takes 2048",
        id="one",
    ),
    pytest.param(
        {"a": long(1500)},
        {"b": long(500), "c": long(200)},
        "inline policy b: it has 500 characters, and all inline policies together 2200, white space not counted; AWS"
        " takes 2048",
        id="all together; the largest of the new ones is named",
    ),
]


@pytest.mark.parametrize(("have", "wish", "text"), TOO_LONG)
def test_what_is_too_long_is_refused(have: Document, wish: Document, text: str) -> None:
    plan = planned({"inline_policies": wish}, have=have)
    assert told(plan) == [("quota", "refuse")]
    assert texts(plan) == [f"{text} (UserPolicySizeQuota). Shorten it, or make it a managed policy."]


def test_what_only_shrinks_is_let_through() -> None:
    """An account whose quota was lowered can still be tidied up."""
    assert told(planned({"inline_policies": {"a": long(2100)}}, have={"a": long(2200)})) == []


BAD = [
    pytest.param(
        {"own": "{"}, "inline_policy", "it is not JSON, by line 1, column 2; give a policy document as JSON or"
    ),
    pytest.param({"own": "[" * 100_000}, "inline_policy", "it is nested too deep; give a policy document as"),
    pytest.param({"own": "[]"}, "inline_policy", "it is not a JSON object; give a policy document with Version and"),
    pytest.param({"own": None}, "inline_policy", "it is not a JSON object; give a policy document with Version and"),
    pytest.param({"o wn": READ}, "inline_policy", "the name has a character that AWS does not take; use letters,"),
    pytest.param(
        {"x" * 129: READ}, "inline_policy", "the name has 129 characters; AWS takes at most 128 for a policy."
    ),
    pytest.param({"old": {**READ, "Version": "2008-10-17"}}, "inline_policy", "its Version is 2008-10-17; AWS takes a"),
    pytest.param(
        {"old": {"Statement": READ["Statement"]}}, "inline_policy", "it has no Version; AWS takes a policy of"
    ),
    pytest.param({"own": {}}, "inline_policy", "it has no Statement; give at least one."),
    pytest.param({"OWN": READ}, "name_case", "there is own, and AWS takes the two names for one; write it as own."),
    pytest.param(
        {"n": READ, "N": READ}, "name_case", "there is n, and AWS takes the two names for one; write it as n."
    ),
]


@pytest.mark.parametrize(("wish", "finding", "text"), BAD)
def test_what_is_no_policy_is_refused(wish: Document, finding: str, text: str) -> None:
    plan = planned({"inline_policies": wish})
    assert told(plan) == [(finding, "refuse")]
    assert f"inline policy {list(wish)[-1]}: {text}" in texts(plan)[0]


TEAM_HAS = group(TEAM, inline_policies={"own": READ, REQUIRE_MFA_POLICY: MFA})
OF_GROUPS = [
    pytest.param({"inline_policies": {}}, [], id="none, without purge"),
    pytest.param(
        {"inline_policies": {}, "purge_inline_policies": True},
        [of_group("Delete", "own")],
        id="purge leaves the policy of require_mfa",
    ),
    pytest.param(
        {"inline_policies": {}, "purge_inline_policies": True, "require_mfa": True},
        [of_group("Delete", "own")],
        id="purge, and MFA is demanded as before",
    ),
    pytest.param(
        {"inline_policies": {"own": READ}, "purge_inline_policies": True, "require_mfa": False},
        [of_group("Delete", REQUIRE_MFA_POLICY)],
        id="MFA is demanded no longer",
    ),
    pytest.param({"inline_policies": {"new": WRITE}}, [of_group("Put", "new", WRITE)], id="a new one, the others stay"),
]


@pytest.mark.parametrize(("wish", "expected"), OF_GROUPS)
def test_a_groups_inline_policies(wish: Wish, expected: list[Call]) -> None:
    plan = plan_group(account(TEAM_HAS), GroupSpec(TEAM, **wish))
    assert calls(plan) == expected
    assert told(plan) == []


def test_the_policy_of_require_mfa_counts_and_is_not_written_by_hand() -> None:
    room = {"GroupPolicySizeQuota": size(MFA) + size(READ) - 1}
    bare: Group = group(TEAM, inline_policies={"own": READ})
    plan = plan_group(account(bare, quotas=room), GroupSpec(TEAM, require_mfa=True))
    assert told(plan) == [("quota", "refuse")]
    by_hand = plan_group(account(bare), GroupSpec(TEAM, inline_policies={REQUIRE_MFA_POLICY: READ}))
    assert told(by_hand) == [("inline_policy", "refuse")]
