# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole roster: groups before users, each against the account as it will be then; what only the whole shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, LoginProfile, Place
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    GroupSpec,
    HandoverSpec,
    RosterSpec,
    UserSpec,
)
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    NOW,
    SEALED_FILE,
    VAULT,
    account,
    call,
    calls,
    group,
    lines,
    told,
    user,
)

DEVELOPERS = GroupSpec("Developers", require_mfa=True)
JANE = UserSpec(
    "jane.doe",
    use_case="human",
    owner="jane.doe@example.com",
    groups=("developers",),
    console=ConsoleSpec(),
    handover=SEALED_FILE,
)
ERP = UserSpec("erp-export", use_case="workload", justification="x", access_key=AccessKeySpec(), handover=VAULT)


def planned(*users: UserSpec, groups: tuple[GroupSpec, ...] = (), on: Account | None = None, **more: Any) -> Plan:
    roster = RosterSpec(groups, users, **{"onboarding": True, **more})
    return plan_roster(account() if on is None else on, roster, NOW)


def found(plan: Plan) -> list[tuple[str, str, str]]:
    return [(finding.subject, finding.name, finding.text) for finding in plan.findings]


def test_a_purge_without_its_list_is_told_to_do_nothing() -> None:
    idle = UserSpec("jane.doe", purge_policies=True, purge_inline_policies=True, purge_groups=True)
    idle = replace(idle, purge_ssh_keys=True, purge_certificates=True)
    staff = GroupSpec("Staff", purge_users=True)
    on = account(user(), group("Staff"))
    plan = planned(idle, groups=(staff,), on=on, onboarding=False)
    assert (plan.steps, plan.refusals) == ((), ())
    assert found(plan) == [
        (subject, f"purge_{option}", f"purge_{option} does nothing without {listed}; to take all away, give {given}.")
        for subject, option, listed, given in (
            ("group Staff", "users", "users", "users: []"),
            ("user jane.doe", "policies", "managed_policies", "managed_policies: []"),
            ("user jane.doe", "inline_policies", "inline_policies", "inline_policies: {}"),
            ("user jane.doe", "groups", "groups", "groups: []"),
            ("user jane.doe", "ssh_public_keys", "ssh_public_keys", "ssh_public_keys: []"),
            ("user jane.doe", "signing_certificates", "signing_certificates", "signing_certificates: []"),
        )
    ]
    with_lists = replace(idle, managed_policies=(), inline_policies={}, groups=(), ssh_keys=(), certificates=())
    listed = replace(staff, users=())
    assert planned(with_lists, groups=(listed,), on=on, onboarding=False).findings == ()
    gone = replace(idle, state="absent"), (replace(staff, state="absent"),)
    assert planned(gone[0], groups=gone[1], on=on, onboarding=False).findings == ()


def test_an_empty_account_is_planned_exactly() -> None:
    plan = planned(JANE, ERP, groups=(DEVELOPERS,))
    assert [step.subject for step in plan.steps] == ["group Developers"] * 2 + ["user jane.doe"] * 4 + [
        "user erp-export"
    ] * 4
    assert call("AddUserToGroup", GroupName="Developers", UserName="jane.doe") in calls(plan)
    assert told(plan) == [], "the group is made, so nothing is missing, and it demands MFA"


def test_planning_the_outcome_again_gives_nothing() -> None:
    plan = planned(JANE, ERP, groups=(DEVELOPERS,))
    after = simulate(account(), plan.steps)
    assert planned(JANE, ERP, groups=(DEVELOPERS,), on=after) == Plan()


def test_a_group_that_goes_is_missing_to_those_who_name_it() -> None:
    plan = planned(JANE, groups=(GroupSpec("Developers", state="absent"),), on=account(group("Developers", members=())))
    assert lines(plan)[0] == "- group Developers"
    assert ("missing_group", "refuse") in told(plan)


def test_what_is_missing_is_refused_in_a_roster_and_left_open_elsewhere() -> None:
    text = f"there is no group developers in account {ID}; create it or correct its name."
    assert ("user jane.doe", "missing_group", text) in found(planned(JANE))
    assert ("missing_group", "refuse") in told(planned(JANE))
    assert told(planned(JANE, onboarding=False)) == [("missing_group", "missing")]


def test_guards_are_onboardings() -> None:
    spec = UserSpec("admin", use_case="human", managed_policies=("Ours",))
    assert told(planned(spec)) == [
        ("shared_name", "refuse"),
        ("human_without_credentials", "refuse"),
        ("policy_on_user", "warn"),
    ]
    assert told(planned(spec, onboarding=False)) == []


def test_guards_can_be_set_and_an_unknown_one_is_refused_beside_the_usual_findings() -> None:
    spec = UserSpec("admin", use_case="workload", justification="x")
    assert told(planned(spec, guards={"shared_name": "off"})) == []
    plan = planned(spec, guards={"shared_name": "off", "sharde_name": "off"})
    assert told(plan) == [("guards", "refuse"), ("shared_name", "refuse")]
    assert plan.findings[0].subject == "roster"
    assert plan.findings[0].text.startswith("there is no guard sharde_name; the guards are ")


DUPLICATES = [
    pytest.param(
        {"users": ("jane", "jane")},
        ("user jane", "it is listed twice; keep one of the two entries."),
        id="a user twice",
    ),
    pytest.param(
        {"users": ("jane", "Jane")},
        (
            "user Jane",
            "it differs from jane by case only, and AWS takes the two for one name; rename one of them.",
        ),
        id="a user in two cases",
    ),
    pytest.param(
        {"groups": ("Ops", "Ops")},
        ("group Ops", "it is listed twice; keep one of the two entries."),
        id="a group twice",
    ),
    pytest.param(
        {"groups": ("Ops", "OPS")},
        ("group OPS", "it differs from Ops by case only, and AWS takes the two for one name; rename one of them."),
        id="a group in two cases",
    ),
    pytest.param({"users": ("jane",), "groups": ("jane",)}, None, id="a user and a group of one name"),
]


@pytest.mark.parametrize(("names", "finding"), DUPLICATES)
def test_nobody_is_listed_twice(names: dict[str, tuple[str, ...]], finding: tuple[str, str] | None) -> None:
    groups = tuple(map(GroupSpec, names.get("groups", ())))
    plan = planned(*map(UserSpec, names.get("users", ())), groups=groups)
    assert found(plan) == ([] if finding is None else [(finding[0], "duplicate", finding[1])])
    assert len(plan.refusals) == len(plan.findings)


QUOTAS = [
    pytest.param({"Users": 9, "UsersQuota": 10}, 1, [], id="the last user"),
    pytest.param(
        {"Users": 9, "UsersQuota": 10},
        2,
        [
            f"it adds 2 users to the 9 of account {ID}, whose quota is 10 (UsersQuota);"
            " ask AWS for more or leave some out."
        ],
        id="a user too many",
    ),
    pytest.param({"Users": 11, "UsersQuota": 10}, 0, [], id="nothing is added to an account that is too full"),
    pytest.param({"Users": 9}, 2, [], id="a quota that AWS does not tell"),
    pytest.param({"UsersQuota": 1}, 2, [], id="a count that AWS does not tell"),
]


@pytest.mark.parametrize(("quotas", "added", "sentences"), QUOTAS)
def test_the_accounts_quotas(quotas: dict[str, int], added: int, sentences: list[str]) -> None:
    for kind, key in (("user", "Users"), ("group", "Groups")):
        counted = {name.replace("Users", key): value for name, value in quotas.items()}
        names = [f"n{number}" for number in range(added)]
        specs = {"users": tuple(map(UserSpec, names))} if kind == "user" else {"groups": tuple(map(GroupSpec, names))}
        plan = plan_roster(account(quotas=counted), RosterSpec(**specs), NOW)
        texts = [text.replace("users", f"{kind}s").replace("Users", key) for text in sentences]
        assert found(plan) == [("roster", "quota", text) for text in texts]


def test_a_user_that_goes_makes_no_room_in_the_same_run() -> None:
    full = account(user("old"), quotas={"Users": 1, "UsersQuota": 1})
    plan = planned(UserSpec("old", state="absent"), UserSpec("new"), on=full)
    assert told(plan) == [("quota", "refuse")], "users are worked on in parallel, the one that goes may go last"


ONE_SECRET = HandoverSpec("secretsmanager", "iam/users", format="json")
PER_USER = replace(ONE_SECRET, address="iam/{user}")
PLACES = [
    pytest.param(VAULT, [], id="a place for each"),
    pytest.param(
        PER_USER,
        [
            (
                "user a",
                "its access key would overwrite the console password of user a in iam/a;"
                " put {user} and {kind} into the place's name.",
            ),
            (
                "user b",
                "its access key would overwrite the console password of user b in iam/b;"
                " put {user} and {kind} into the place's name.",
            ),
        ],
        id="a place for two kinds",
    ),
    pytest.param(
        ONE_SECRET,
        [
            (
                subject,
                f"its {kind.replace('-', ' ')} would overwrite the console password of user a in iam/users;"
                " put {user} and {kind} into the place's name.",
            )
            for subject, kind in [("user a", "access-key"), ("user b", "console-password"), ("user b", "access-key")]
        ],
        id="one place for all",
    ),
]


@pytest.mark.parametrize(("handover", "expected"), PLACES)
def test_two_texts_never_share_a_place(handover: HandoverSpec, expected: list[tuple[str, str]]) -> None:
    both = {"console": ConsoleSpec(), "access_key": AccessKeySpec(), "handover": handover}
    plan = planned(UserSpec("a", **both), UserSpec("b", **both))
    assert found(plan) == [(subject, "shared_place", text) for subject, text in expected]


def test_a_text_that_is_replaced_in_its_own_place_is_no_clash() -> None:
    spec = UserSpec("jane.doe", console=ConsoleSpec(reissue=True), handover=VAULT)
    plan = planned(spec, on=account(user(login_profile=LoginProfile())))
    assert plan.places == (Place("secretsmanager", "iam/jane.doe/console-password"),) * 2
    assert told(plan) == []
