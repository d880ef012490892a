# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Emergency users: the state on their tag and when it is written, the end of their sessions, the policy for MFA."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.emergency import State, read_state
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, LoginProfile, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    SESSIONS_REVOKED_POLICY,
    demand_mfa_document,
    demands_mfa,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    MFA_SEED,
    PASSWORD,
    ConsoleSpec,
    CopySpec,
    HandoverSpec,
    MFASpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    LONG_AGO,
    NOW,
    NOW_STAMP,
    SEALED_FILE,
    account,
    calls,
    lines,
    texts,
    told,
    user,
)

TAG = "keysmith:break-glass"
SEALED = {TAG: "sealed 2026-08-24T10:00:00Z"}
NEW_PASSWORD = ConsoleSpec(reissue=True, reset_required=False)
CONSOLE = user(login_profile=LoginProfile(LONG_AGO))
REVOKED = {SESSIONS_REVOKED_POLICY: {"Version": "2012-10-17", "Statement": []}}

READ = [
    pytest.param({}, None, id="none"),
    pytest.param(SEALED, State("sealed", datetime(2026, 8, 24, 10, tzinfo=UTC)), id="sealed"),
    pytest.param({"Keysmith:Break-Glass": "opened soon"}, State("opened"), id="a time that is none"),
    pytest.param({TAG: "closing"}, State("closing"), id="no time"),
    pytest.param({TAG: "broken 2026-08-24T10:00:00Z"}, None, id="a word that is none of ours"),
    pytest.param({TAG: " "}, None, id="nothing but space"),
]


@pytest.mark.parametrize(("tags", "state"), READ)
def test_the_state_is_read_off_the_tag(tags: dict[str, str], state: State | None) -> None:
    assert read_state(user(tags=tags)) == state
    assert read_state(None) is None


def planned(have: User | None, **wish: Any) -> Plan:
    spec = UserSpec("jane.doe", handover=SEALED_FILE, **wish)
    return plan_user(account(*([] if have is None else [have])), spec, NOW)


CHANGED_TAG = {"tags": {"team": "red"}}
STATES = [
    pytest.param(None, "sealed", {}, ["+ user", "+ break-glass state: sealed"], id="a new user, last"),
    pytest.param(None, "opened", CHANGED_TAG, ["+ user", "+ break-glass state: opened"], id="a new user, once it is"),
    pytest.param(
        user(), "sealed", CHANGED_TAG, ["+ tag team: red", "+ break-glass state: sealed"], id="sealed comes last"
    ),
    pytest.param(
        user(tags=SEALED),
        "closing",
        CHANGED_TAG,
        ["~ break-glass state: sealed -> closing", "+ tag team: red"],
        id="closing comes first",
    ),
    pytest.param(
        user(tags={TAG: "closing x"}), "drill", {}, ["~ break-glass state: closing -> drill"], id="drill as closing"
    ),
    pytest.param(user(tags=SEALED), "sealed", CHANGED_TAG, ["+ tag team: red"], id="sealed already"),
    pytest.param(user(tags={TAG: "closing x"}), "closing", CHANGED_TAG, ["+ tag team: red"], id="closing already"),
    pytest.param(user(tags=SEALED), None, CHANGED_TAG, ["+ tag team: red"], id="nothing is said of it"),
    pytest.param(
        replace(CONSOLE, tags=SEALED),
        "sealed",
        {"console": NEW_PASSWORD},
        [
            "~ break-glass state: sealed -> closing",
            "+ file handover/",
            "~ console password",
            "~ file handover/",
            "~ break-glass state: sealed -> sealed",
        ],
        id="closing while a secret is replaced",
    ),
    pytest.param(
        CONSOLE,
        "sealed",
        {"console": NEW_PASSWORD},
        ["+ file handover/", "~ console password", "~ file handover/", "+ break-glass state: sealed"],
        id="never sealed before",
    ),
]


@pytest.mark.parametrize(("have", "state", "wish", "expected"), STATES)
def test_when_the_state_is_written(have: User | None, state: str | None, wish: dict[str, Any], expected: Any) -> None:
    plan = planned(have, break_glass_state=state, **wish)
    assert len(lines(plan)) == len(expected)
    assert [line for line, start in zip(lines(plan), expected, strict=True) if not line.startswith(start)] == []
    written = [p["Tags"] for action, p in calls(plan) if action == "iam:TagUser" and p["Tags"][0]["Key"] == TAG]
    assert [tags[0]["Value"].split()[1] for tags in written] == [NOW_STAMP] * len(written)


def test_a_state_is_written_under_the_new_name() -> None:
    plan = planned(user(), new_name="jane.roe", break_glass_state="closing", tags={"team": "red"})
    assert [p["UserName"] for _action, p in calls(plan)] == ["jane.doe", "jane.roe", "jane.roe"]
    assert lines(plan)[1].startswith("+ break-glass state: closing")


def document(plan: Plan) -> dict[str, Any]:
    (step,) = [step for step in plan.steps if step.action == "iam:PutUserPolicy"]
    parameters = resolve(step.parameters, {"moment": NOW_STAMP})
    assert (parameters["UserName"], parameters["PolicyName"]) == ("jane.doe", "keysmith-sessions-revoked")
    found: dict[str, Any] = json.loads(parameters["PolicyDocument"])
    return found


def test_sessions_are_revoked_as_the_console_does_it() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""
    plan = planned(user(), revoke_sessions=True)
    assert lines(plan) == ["+ inline policy keysmith-sessions-revoked: sessions begun before now are over"]
    assert document(plan) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": ["*"],
                "Resource": ["*"],
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": NOW_STAMP}},
            }
        ],
    }
    after = simulate(account(user()), plan.steps, {"moment": NOW_STAMP}).user("jane.doe")
    assert after is not None
    assert after.inline_policies == {SESSIONS_REVOKED_POLICY: document(plan)}


REVOCATIONS = [
    pytest.param(None, {}, False, id="a new user has no sessions"),
    pytest.param(user(inline_policies=UNREAD), {}, False, id="policies that were not read"),
    pytest.param(user(inline_policies=REVOKED), {}, True, id="again in every run"),
    pytest.param(user(tags=SEALED), {"break_glass_state": "sealed"}, False, id="sealed, as it was"),
    pytest.param(user(tags=SEALED), {"break_glass_state": "closing"}, True, id="closing"),
    pytest.param(user(tags={TAG: "closing x"}), {"break_glass_state": "sealed"}, True, id="on the way to be sealed"),
    pytest.param(
        replace(CONSOLE, tags=SEALED), {"break_glass_state": "sealed", "console": NEW_PASSWORD}, True, id="sealed anew"
    ),
]


@pytest.mark.parametrize(("have", "wish", "revoked"), REVOCATIONS)
def test_when_sessions_are_revoked(have: User | None, wish: dict[str, Any], revoked: bool) -> None:
    actions = [action for action, _p in calls(planned(have, revoke_sessions=True, **wish))]
    assert ("iam:PutUserPolicy" in actions) is revoked
    assert "iam:PutUserPolicy" not in [action for action, _p in calls(planned(have, **wish))]


def test_sessions_end_after_the_secrets_are_new_and_before_the_user_is_sealed() -> None:
    """Until its password is replaced, somebody can begin a session by the old one."""
    have = replace(CONSOLE, tags=SEALED, inline_policies=REVOKED)
    plan = planned(have, console=NEW_PASSWORD, revoke_sessions=True, break_glass_state="sealed")
    order = [action for action, _p in calls(plan)]
    assert order[0] == order[-1] == "iam:TagUser"
    assert order.index("iam:UpdateLoginProfile") < order.index("iam:PutUserPolicy") == len(order) - 2
    assert lines(plan)[-2].startswith("~ inline policy")


def test_no_purge_and_no_copy_touches_the_policy_that_revokes() -> None:
    have, source = user(inline_policies={**REVOKED, "other": {}}), user("joe", inline_policies=REVOKED)
    assert lines(planned(have, inline_policies={}, purge_inline_policies=True)) == ["- inline policy other"]
    copying = UserSpec("jane.doe", copy_from=CopySpec("joe", enforce=True))
    assert lines(plan_user(account(have, source), copying, NOW)) == ["- inline policy other"]
    assert lines(plan_user(account(user(), source), copying, NOW)) == []


def test_a_policy_by_the_name_of_ours_is_refused() -> None:
    plan = planned(user(), inline_policies={SESSIONS_REVOKED_POLICY: demand_mfa_document()})
    assert "inline policy keysmith-sessions-revoked: it is the one of revoke_sessions; give that instead." in texts(
        plan
    )


@pytest.mark.parametrize(("room", "refused"), [(163, False), (162, True), (None, False)])
def test_the_policy_needs_room_beside_others(room: int | None, refused: bool) -> None:
    other = {"Version": "2012-10-17"}
    have = user(inline_policies={**REVOKED, "other": other})
    quotas = {} if room is None else {"UserPolicySizeQuota": room + len('{"Version":"2012-10-17"}')}
    spec = UserSpec("jane.doe", revoke_sessions=True)
    plan = plan_user(account(have, quotas=quotas), spec, NOW)
    assert told(plan) == ([("quota", "refuse")] if refused else [])
    if refused:
        assert texts(plan) == [
            "its inline policies have 24 characters, and keysmith-sessions-revoked needs 163 more; AWS takes 186"
            " (UserPolicySizeQuota). Shorten one, or make it a managed policy."
        ]


def test_the_seed_has_a_hand_over_of_its_own() -> None:
    seeds = replace(SEALED_FILE, address="seeds/")
    spec = UserSpec("jane.doe", console=ConsoleSpec(), mfa=MFASpec(), handover=SEALED_FILE, mfa_handover=seeds)
    plan = plan_user(account(virtual_devices={}), spec, NOW)
    assert {step.secret: step.place.address for step in plan.steps if step.place} == {
        PASSWORD: "handover/jane.doe.console-password.csv.age",
        MFA_SEED: "seeds/jane.doe.mfa-seed.csv.age",
    }
    assert spec.handovers == (SEALED_FILE, seeds)
    alone = replace(spec, mfa_handover=None)
    assert (alone.handover_for(MFA_SEED), alone.handovers) == (SEALED_FILE, (SEALED_FILE,))
    assert replace(alone, handover=None).handovers == ()


def test_a_seed_that_nobody_can_take_is_refused_by_its_own_hand_over() -> None:
    nowhere = HandoverSpec("file")
    spec = UserSpec("jane.doe", console=ConsoleSpec(), mfa=MFASpec(), handover=SEALED_FILE, mfa_handover=nowhere)
    assert texts(plan_user(account(virtual_devices={}), spec, NOW)) == [
        "its MFA seed has no place in the store file; give handover.path."
    ]


def test_who_has_no_mfa_can_do_nothing() -> None:
    assert demand_mfa_document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyAllWithoutMFA",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            }
        ],
    }
    assert demands_mfa([demand_mfa_document()])
