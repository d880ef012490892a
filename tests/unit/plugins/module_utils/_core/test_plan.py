# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan alone: what a person approves, the counts, the summary, the actions; and values that come later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Place
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import (
    MISSING,
    REFUSE,
    WARN,
    Draft,
    Finding,
    Later,
    Plan,
    Step,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    GroupSpec,
    RosterSpec,
    UserSpec,
)
from tests.unit.plugins.module_utils._core.builders import (
    KEY1,
    KEY2,
    NOW,
    OURS,
    READ_ONLY,
    SEALED_FILE,
    VAULT,
    account,
    user,
)

JANE = "user jane.doe"
PLACE = Place("file", "handover/x")


def step(line: str, subject: str = JANE, action: str = "iam:TagUser", **more: object) -> Step:
    return Step(action, {}, subject, line, **more)


def roster() -> Plan:
    """A roster of everything that there is to read."""
    groups = (GroupSpec("Developers", managed_policies=("PowerUserAccess",)),)
    jane = UserSpec(
        "jane.doe",
        tags={"team": "blue"},
        boundary="Ours",
        groups=("Developers",),
        use_case="human",
        owner="jane.doe@example.com",
        console=ConsoleSpec(),
        handover=SEALED_FILE,
    )
    vault = replace(VAULT, kms_key_id="alias/iam", tags={"owner": "erp"})
    erp = UserSpec("erp-export", use_case="workload", access_key=AccessKeySpec(), handover=vault)
    joe = UserSpec(
        "joe.bloggs",
        tags={"team": "red"},
        purge_tags=False,
        managed_policies=("Ours",),
        purge_policies=True,
        use_case="human",
    )
    observed = user("joe.bloggs", tags={"team": "blue"}, managed_policies=(READ_ONLY, OURS))
    return plan_roster(account(observed), RosterSpec(groups, (jane, erp, joe), onboarding=True), NOW)


APPROVAL = """\
group Developers
  + group Developers
  + managed policy arn:aws:iam::aws:policy/PowerUserAccess
user jane.doe
  + user jane.doe
      permissions boundary arn:aws:iam::123456789012:policy/Ours
      tag team: blue
      tag keysmith:use-case: human
      tag keysmith:owner: jane.doe@example.com
  + member of Developers
  + file handover/jane.doe.console-password.csv.age
  + console password, sealed to ssh-ed25519 jane@home, must be changed at first sign-in
  ! warning [mfa_not_demanded]: none of its groups demands MFA; put it into a group with require_mfa: true.
user erp-export
  + user erp-export
      tag keysmith:use-case: workload
  + access key, not sealed, kept by Secrets Manager
  + secret iam/erp-export/access-key
      KMS key alias/iam
      tag owner: erp
  + receipt for the access key
  ! warning [workload_without_justification]: nothing says why this workload cannot assume a role; say it in\
 justification, or use a role.
user joe.bloggs
  ~ tags team: blue -> red, keysmith:use-case: human  (the tags differ)
  - managed policy arn:aws:iam::aws:policy/ReadOnlyAccess  (not in managed_policies (purge_policies))
  ! refused [human_without_credentials]: a person without console and access_key could do nothing; give console: true.
  ! warning [policy_on_user]: policies attached to a user escape who reviews groups; attach them to a group.
Plan: 10 to add, 1 to change, 1 to remove; 3 warned; 1 refused.
"""


def test_a_person_can_approve_it() -> None:
    assert plans.render(roster()) == APPROVAL


def test_an_empty_plan_says_so() -> None:
    assert plans.render(Plan()) == "Plan: 0 to add, 0 to change, 0 to remove.\n"
    assert plans.render(Plan(findings=(Finding("quota", REFUSE, "roster", "too many."),))) == (
        "roster\n  ! refused [quota]: too many.\nPlan: 0 to add, 0 to change, 0 to remove; 1 refused.\n"
    )


SUMMARIES = [
    pytest.param((), "0 to add, 0 to change, 0 to remove", id="no findings"),
    pytest.param((WARN, MISSING), "0 to add, 0 to change, 0 to remove; 2 warned", id="what is missing is warned of"),
    pytest.param((REFUSE,), "0 to add, 0 to change, 0 to remove; 1 refused", id="a refusal"),
]


@pytest.mark.parametrize(("levels", "text"), SUMMARIES)
def test_the_summary_line(levels: tuple[str, ...], text: str) -> None:
    plan = Plan(findings=tuple(Finding("x", level, JANE, "why.") for level in levels))
    assert plans.summary(plan) == text


def test_the_counts_are_of_the_lines() -> None:
    steps = tuple(step(f"{sign} x") for sign in "++~-++~")
    assert plans.summary(Plan(steps)) == "4 to add, 2 to change, 1 to remove"


def test_actions_are_aws_calls_only() -> None:
    assert plans.actions(roster().steps) == {
        "iam:AddUserToGroup": 1,
        "iam:AttachGroupPolicy": 1,
        "iam:CreateAccessKey": 1,
        "iam:CreateGroup": 1,
        "iam:CreateLoginProfile": 1,
        "iam:CreateUser": 2,
        "iam:DetachUserPolicy": 1,
        "iam:TagUser": 2,
        "secretsmanager:CreateSecret": 1,
    }


def test_a_line_a_step() -> None:
    steps = [step("+ user jane.doe"), step("+ group Developers", "group Developers")]
    assert plans.lines(steps) == ["user jane.doe: + user jane.doe", "group Developers: + group Developers"]


def test_a_plan_tells_its_subjects_places_and_findings() -> None:
    first, second, third = step("+ a"), step("+ b", "group x", place=PLACE), step("+ c")
    found = [Finding("a", WARN, "roster", "."), Finding("b", REFUSE, JANE, "."), Finding("c", MISSING, JANE, ".")]
    plan = Plan((first, second), (found[0],)) + Plan((third,), tuple(found[1:]))
    assert plan.subjects() == (JANE, "group x", "roster")
    assert plan.by_subject() == {JANE: (first, third), "group x": (second,)}
    assert plan.places == (PLACE,)
    assert plan.refusals == (found[1],)
    assert plan.warnings == (found[0], found[2])


def test_a_steps_service_and_sign() -> None:
    assert step("~ x", action="secretsmanager:PutSecretValue").service == "secretsmanager"
    assert step("~ x").sign == "~"


def test_what_comes_later_is_filled_in_wherever_it_stands() -> None:
    parameters = {
        "UserName": "jane.doe",
        "Flag": True,
        "Tags": [{"Key": Later("{access_key_id}"), "Value": Later("{access_key_id} file {time}")}],
        "Pair": (Later("{time}"), "x"),
    }
    assert plans.resolve(parameters, {"access_key_id": KEY1, "time": "noon"}) == {
        "UserName": "jane.doe",
        "Flag": True,
        "Tags": [{"Key": KEY1, "Value": f"{KEY1} file noon"}],
        "Pair": ["noon", "x"],
    }
    with pytest.raises(KeyError):
        plans.resolve(parameters, {"access_key_id": KEY2})


def test_a_draft_becomes_a_plan_of_its_subject() -> None:
    draft = Draft(JANE)
    draft.step("iam:TagUser", {"UserName": "jane.doe"}, "+ x", "why", secret="access-key", place=PLACE)
    draft.refuse("quota", "too many.")
    draft.find("missing_user", MISSING, "nobody.")
    assert draft.plan() == Plan(
        (Step("iam:TagUser", {"UserName": "jane.doe"}, JANE, "+ x", "why", "access-key", PLACE),),
        (Finding("quota", REFUSE, JANE, "too many."), Finding("missing_user", MISSING, JANE, "nobody.")),
    )


EXCHANGES = [
    pytest.param(None, "add remove", id="a quota that was not read"),
    pytest.param(3, "add remove", id="room for both"),
    pytest.param(2, "remove add", id="no room for both"),
]


@pytest.mark.parametrize(("allowed", "order"), EXCHANGES)
def test_what_is_exchanged_is_never_too_much(allowed: int | None, order: str) -> None:
    done: list[str] = []
    Draft(JANE).exchange(lambda: done.append("add"), lambda: done.append("remove"), 3, allowed)
    assert " ".join(done) == order
