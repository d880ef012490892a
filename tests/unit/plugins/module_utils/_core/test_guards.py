# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's own advice: each guard has a name, a level, and one sentence that says which better way there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import (
    DEFAULT_LEVELS,
    check_guards,
    check_stores,
    is_mfa_demanded,
    unknown_guards,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    Account,
    PasswordPolicy,
    Place,
    PlaceState,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import require_mfa_document
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    HandoverSpec,
    MFASpec,
    RosterSpec,
    ServiceCredentialSpec,
    UserSpec,
)
from tests.unit.plugins.module_utils._core.builders import ID, NOW, OURS, READ_ONLY, account, group, user

MFA = require_mfa_document("aws", ID)
DEVELOPERS = group("Developers", inline_policies={"mfa": MFA})
NO_CONSOLE = ConsoleSpec(present=False)


def human(name: str = "jane.doe", **more: Any) -> UserSpec:
    """A person with nothing to say against."""
    wish = {"use_case": "human", "owner": f"{name}@example.com", "console": ConsoleSpec(), "groups": ("Developers",)}
    return UserSpec(name, **{**wish, **more})


def workload(name: str = "erp-export", **more: Any) -> UserSpec:
    wish = {"use_case": "workload", "justification": "on premises", "access_key": AccessKeySpec()}
    return UserSpec(name, **{**wish, **more})


def emergency(name: str = "break-glass", **more: Any) -> UserSpec:
    return UserSpec(name, **{"use_case": "emergency", "console": ConsoleSpec(), **more})


OTHER = user("other-way-in", tags={"keysmith:use-case": "emergency"})


def said(*specs: UserSpec, on: Account | None = None, **levels: str) -> list[tuple[str, str, str, str]]:
    """What the guards say, all users changing."""
    roster = RosterSpec(users=specs, guards=levels)
    changing = frozenset(f"user {spec.name}" for spec in specs)
    found = check_guards(account(DEVELOPERS, OTHER) if on is None else on, roster, changing)
    return [(finding.subject, finding.name, finding.level, finding.text) for finding in found]


FINE = [
    human(console=None, service_credentials=(ServiceCredentialSpec("codecommit.amazonaws.com"),)),
    pytest.param(human(), id="a person with console, in a group that demands MFA"),
    pytest.param(workload(), id="a workload that says why"),
    pytest.param(workload(console=NO_CONSOLE), id="a workload whose console access is taken away"),
    pytest.param(emergency(), id="an emergency user beside another"),
    pytest.param(emergency("admin"), id="an emergency user may be called admin"),
    pytest.param(UserSpec("jane.doe"), id="no use case, no advice"),
]


@pytest.mark.parametrize("spec", FINE)
def test_nothing_is_said_of_what_is_well(spec: UserSpec) -> None:
    assert said(spec) == []


SAID = [
    pytest.param(
        human("test-1"),
        "shared_name",
        "refuse",
        "test-1 reads like a name that several share; give each person and each workload a user of its own.",
        id="a shared name with a number",
    ),
    pytest.param(
        workload("Admin"),
        "shared_name",
        "refuse",
        "Admin reads like a name that several share; give each person and each workload a user of its own.",
        id="a shared name in any case",
    ),
    pytest.param(
        workload(console=ConsoleSpec()),
        "console_for_workload",
        "refuse",
        "a workload does not sign in to the console; leave console out, or make its owner a user of use_case human.",
        id="console access for a workload",
    ),
    pytest.param(
        human(console=None),
        "human_without_credentials",
        "refuse",
        "a person without console and access_key could do nothing; give console: true.",
        id="a person who can do nothing",
    ),
    pytest.param(
        human(console=NO_CONSOLE),
        "human_without_credentials",
        "refuse",
        "a person without console and access_key could do nothing; give console: true.",
        id="a person whose console access is taken away",
    ),
    pytest.param(
        human(access_key=AccessKeySpec()),
        "access_key_for_human",
        "warn",
        "a person's access key lives long and travels far; let them use `aws login` or `aws sso login` for short-lived"
        " credentials.",
        id="an access key for a person",
    ),
    pytest.param(
        human(managed_policies=("Ours",)),
        "policy_on_user",
        "warn",
        "policies attached to a user escape who reviews groups; attach them to a group.",
        id="a policy on a user",
    ),
    pytest.param(
        human(inline_policies={"own": {}}),
        "policy_on_user",
        "warn",
        "policies attached to a user escape who reviews groups; attach them to a group.",
        id="an inline policy of a user",
    ),
    pytest.param(
        human(groups=("Auditors",)),
        "mfa_not_demanded",
        "warn",
        "none of its groups demands MFA; put it into a group with require_mfa: true.",
        id="a person without MFA",
    ),
    pytest.param(
        workload(justification=None),
        "workload_without_justification",
        "warn",
        "nothing says why this workload cannot assume a role; say it in justification, or use a role.",
        id="a workload that does not say why",
    ),
]


@pytest.mark.parametrize(("spec", "name", "level", "text"), SAID)
def test_what_each_guard_says(spec: UserSpec, name: str, level: str, text: str) -> None:
    subject = f"user {spec.name}"
    assert said(spec) == [(subject, name, level, text)]
    assert DEFAULT_LEVELS[name] == level
    for other in ("refuse", "warn"):
        assert said(spec, **{name: other}) == [(subject, name, other, text)]
    assert said(spec, **{name: "off"}) == []
    assert said(replace(spec, state="absent")) == [], "who is to go needs no advice"


def test_people_belong_into_identity_center() -> None:
    there = account(DEVELOPERS, OTHER, identity_center=True)
    text = (
        "the account has IAM Identity Center, where people sign in once and get short-lived credentials;"
        " add them there instead."
    )
    assert said(human(), on=there) == [("user jane.doe", "identity_center", "warn", text)]
    assert said(workload(), emergency(), on=there) == []
    assert said(human(), on=replace(there, identity_center=False)) == []


NAMES = ["jane", "admin.jane", "testa", "team-erp", "x-admin", "1"]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_somebodys_own(name: str) -> None:
    assert said(workload(name)) == []


@pytest.mark.parametrize("name", ["team", "test123", "Users_", "dev-2", "support@"])
def test_names_that_several_share(name: str) -> None:
    assert [finding[1] for finding in said(workload(name))] == ["shared_name"]


def test_who_is_not_touched_is_warned_of_no_more_but_still_refused() -> None:
    spec = human("admin", managed_policies=("Ours",))
    found = check_guards(account(DEVELOPERS), RosterSpec(users=(spec,)), frozenset())
    assert [finding.name for finding in found] == ["shared_name"]


MFA_CASES = [
    pytest.param(human(groups=None), (), (), False, id="in no group"),
    pytest.param(human(groups=None), ("Developers",), (), True, id="in the group already"),
    pytest.param(human(groups=("Auditors",)), ("Developers",), (), True, id="and staying there"),
    pytest.param(human(groups=("Auditors",), purge_groups=True), ("Developers",), (), False, id="and leaving it"),
    pytest.param(human(groups=("developers",)), (), (), True, id="named in another case"),
    pytest.param(human(groups=("Nobody",)), (), (), False, id="in a group that is not there"),
    pytest.param(human(groups=("Readers",)), (), (READ_ONLY,), True, id="by a managed policy"),
    pytest.param(human(groups=("Readers",)), (), (), False, id="by a managed policy that was not read"),
    pytest.param(human(groups=("Unread",)), (), (), False, id="in a group whose policies were not read"),
]


@pytest.mark.parametrize(("spec", "member_of", "documents", "demanded"), MFA_CASES)
def test_whether_a_group_demands_mfa(
    spec: UserSpec, member_of: tuple[str, ...], documents: tuple[str, ...], demanded: bool
) -> None:
    seen = account(
        user(groups=member_of),
        DEVELOPERS,
        group("Auditors"),
        group("Readers", managed_policies=(OURS, READ_ONLY)),
        group("Unread", managed_policies=UNREAD, inline_policies=UNREAD),
        policy_documents=dict.fromkeys(documents, MFA),
    )
    assert is_mfa_demanded(seen, spec) is demanded
    assert is_mfa_demanded(replace(seen, users={"jane.doe": user(groups=UNREAD)}), replace(spec, groups=None)) is False


ANN = HandoverSpec("file", "safe/", ("ssh-ed25519 A ann@home",), ("ssh ann@home",), keys=("ssh-ed25519 A",))
ANN_ELSEWHERE = HandoverSpec("result", "", ("ssh-ed25519 A work",), ("ssh work",), keys=("ssh-ed25519 A",))
BOTH = HandoverSpec("file", "safe/", ("b", "a"), ("age1b", "ssh work"), keys=("age1b", "ssh-ed25519 A"))
TWICE = HandoverSpec("file", "safe/", ("a", "b"), ("ssh ann@home", "age1b"), keys=("ssh-ed25519 A", "age1b"))
BOB = HandoverSpec("file", "safe/", ("age1bob",), ("age1bob",), keys=("age1bob",))
NAMESAKE_OF_ANN = replace(BOB, labels=("ssh ann@home",))
OPEN = HandoverSpec("secretsmanager", "iam/{user}/{kind}")
CUSTODY = [
    pytest.param(ANN, BOB, "", id="two people"),
    pytest.param(ANN, NAMESAKE_OF_ANN, "", id="two keys of one label"),
    pytest.param(ANN, None, "ssh ann@home opens both", id="one hand-over for both"),
    pytest.param(ANN, ANN_ELSEWHERE, "ssh work opens both", id="one key, written differently, in two stores"),
    pytest.param(ANN, BOTH, "ssh work opens both", id="one of two holders of the seed"),
    pytest.param(TWICE, BOTH, "age1b and ssh work open both", id="both holders"),
    pytest.param(OPEN, None, "neither its password nor its MFA seed is sealed", id="nobody's key"),
    pytest.param(OPEN, BOB, "", id="the seed alone is sealed"),
    pytest.param(None, None, "", id="no hand-over, which another finding refuses"),
]


@pytest.mark.parametrize(("handover", "mfa_handover", "text"), CUSTODY)
def test_nobody_holds_password_and_seed(
    handover: HandoverSpec | None, mfa_handover: HandoverSpec | None, text: str
) -> None:
    spec = emergency(mfa=MFASpec(), handover=handover, mfa_handover=mfa_handover)
    found = said(spec)
    assert [(name, level) for _subject, name, level, _text in found] == ([("split_custody", "refuse")] if text else [])
    assert all(told.startswith(text) for _subject, _name, _level, told in found)
    assert said(spec, split_custody="off") == []
    for harmless in ({"use_case": "human", "groups": ("Developers",)}, {"mfa": None}, {"console": None}):
        assert "split_custody" not in [name for _subject, name, *_more in said(replace(spec, **harmless))]


PLAIN = user("break-glass")
TAGGED = replace(PLAIN, tags={"keysmith:use-case": "emergency"})
PAIRS = [
    pytest.param([], [emergency()], ["user break-glass"], id="a new one, alone"),
    pytest.param([TAGGED], [emergency()], ["user break-glass"], id="one that is there, alone"),
    pytest.param([TAGGED], [emergency("BREAK-glass")], ["user BREAK-glass"], id="the same in another case"),
    pytest.param([], [emergency(), emergency("second")], [], id="two new ones"),
    pytest.param([OTHER], [emergency()], [], id="the other is in the account"),
    pytest.param(
        [OTHER], [emergency(), workload("other-way-in")], ["user break-glass"], id="the other changes its use"
    ),
    pytest.param([OTHER], [emergency(), emergency("other-way-in", state="absent")], ["user break-glass"], id="it goes"),
    pytest.param([TAGGED], [workload()], [], id="a roster without any"),
]


@pytest.mark.parametrize(("there", "specs", "told"), PAIRS)
def test_there_are_two_emergency_users(there: list[User], specs: list[UserSpec], told: list[str]) -> None:
    text = "it is the account's only emergency user, and nobody gets in if that fails; have two, with other custodians."
    on = account(DEVELOPERS, *there)
    off = {"emergency_user": "off"}
    assert said(*specs, on=on, **off) == [(subject, "emergency_pair", "warn", text) for subject in told]
    refused = [(subject, "emergency_pair", "refuse", text) for subject in told]
    assert said(*specs, on=on, **off, emergency_pair="refuse") == refused


def owned(name: str, owner: str | None) -> UserSpec:
    return workload(name, owner=owner)


def tagged(name: str, owner: str, key: str = "keysmith:owner") -> Account:
    return account(user(name, tags={key: owner}))


ONE_OWNER = [
    pytest.param(account(), [owned("a", "x"), owned("b", "y")], None, id="two users, two owners"),
    pytest.param(account(), [owned("a", None), owned("b", None)], None, id="two users without owner"),
    pytest.param(account(), [owned("a", "x"), owned("b", "X")], ("b", "X", "a"), id="one owner in two cases"),
    pytest.param(tagged("a", "x"), [owned("b", "x")], ("b", "x", "a"), id="an owner in the account"),
    pytest.param(tagged("a", "x", "Keysmith:Owner"), [owned("b", "x")], ("b", "x", "a"), id="tagged in another case"),
    pytest.param(tagged("a", "x"), [owned("a", "x")], None, id="the user's own owner"),
    pytest.param(tagged("a", "x"), [owned("A", "x")], None, id="the user's own owner, its name in another case"),
    pytest.param(tagged("a", "x"), [owned("a", "y"), owned("b", "x")], None, id="an owner who is about to change"),
    pytest.param(
        tagged("a", "x"), [owned("a", None), owned("b", "x")], ("b", "x", "a"), id="an owner of whom nothing is said"
    ),
    pytest.param(
        tagged("a", "x"), [replace(owned("a", "x"), state="absent"), owned("b", "x")], None, id="the user goes"
    ),
    pytest.param(tagged("a", "Doe jane"), [owned("b", "Doe, jane")], ("b", "Doe, jane", "a"), id="as a tag holds it"),
]


@pytest.mark.parametrize(("seen", "specs", "finding"), ONE_OWNER)
def test_one_user_a_person(seen: Account, specs: list[UserSpec], finding: tuple[str, str, str] | None) -> None:
    expected = []
    if finding is not None:
        name, owner, first = finding
        text = (
            f"its owner {owner} has the user {first} already;"
            " give each user an owner of its own, or set the guard one_owner to warn."
        )
        expected = [(f"user {name}", "one_owner", "refuse", text)]
    assert said(*specs, on=seen) == expected
    assert [found[2] for found in said(*specs, on=seen, one_owner="warn")] == ["warn"] * len(expected)
    assert said(*specs, on=seen, one_owner="off") == []


def test_an_unknown_guard_or_level_is_named_with_those_there_are() -> None:
    assert unknown_guards({"one_owner": "off", "shared_name": "warn"}) == []
    assert unknown_guards({"one_woner": "off", "shared_name": "on"}) == [
        "there is no guard one_woner; the guards are one_owner, shared_name, console_for_workload,"
        " human_without_credentials, identity_center, access_key_for_human, policy_on_user, mfa_not_demanded,"
        " first_password_change, workload_without_justification, split_custody, handover_outlives_job,"
        " emergency_user, emergency_pair, existing_user.",
        "guard shared_name has no level on; use refuse, warn, off.",
    ]


CHANGE_OF_PASSWORD = (
    "it has to change its password at the first sign-in, and no rule of the account or policy lets it;"
    " put it into a group with require_mfa: true, or attach IAMUserChangePassword to one of its groups."
)
BY_NAME = group("Named", managed_policies=("arn:aws:iam::aws:policy/IAMUserChangePassword",))
NAMESAKE = group("Namesake", managed_policies=(f"arn:aws:iam::{ID}:policy/IAMUserChangePassword",))
CHANGES = [
    pytest.param({"groups": ("Developers",)}, PasswordPolicy(), False, id="the require-MFA policy lets it"),
    pytest.param({"groups": ("Named",)}, PasswordPolicy(), False, id="AWS's policy for it lets it"),
    pytest.param({"groups": ("Namesake",)}, PasswordPolicy(), True, id="a namesake of AWS's policy does not"),
    pytest.param({"groups": ()}, PasswordPolicy(), True, id="nothing lets it"),
    pytest.param({"groups": ()}, PasswordPolicy(allow_users_to_change=True), False, id="the account lets everybody"),
    pytest.param({"groups": ()}, UNREAD, False, id="no password is made, so the rules are not read"),
    pytest.param(
        {"groups": (), "console": ConsoleSpec(reset_required=False)},
        PasswordPolicy(),
        False,
        id="it need not change it",
    ),
    pytest.param(
        {"groups": (), "managed_policies": ("AdministratorAccess",)}, PasswordPolicy(), False, id="a policy on the user"
    ),
]


@pytest.mark.parametrize(("wish", "rules", "expected"), CHANGES)
def test_the_first_password_change_must_be_allowed(wish: dict[str, Any], rules: Any, expected: bool) -> None:
    policies = {"AdministratorAccess": "arn:aws:iam::aws:policy/AdministratorAccess"}
    on = replace(account(DEVELOPERS, BY_NAME, NAMESAKE), password_policy=rules, policies=policies)
    told = {name: text for _subject, name, _level, text in said(human(**wish), on=on)}
    assert told.get("first_password_change") == (CHANGE_OF_PASSWORD if expected else None)


LOST = (
    "what is handed over goes into a file that is gone with this job's container; use the store secretsmanager or"
    " ssm_parameter, or a path on a volume that is mounted into the container."
)
IN_FILES = HandoverSpec("file", "handover/", ("age1jane",), ("jane",))
PASSWORD_FILE = Place("file", "handover/jane.doe.console-password.csv.age")
SEED_FILE = Place("file", "handover/jane.doe.mfa-seed.csv.age")
GONE, STAYS = PlaceState(fleeting=True), PlaceState()
FLEETING = [
    pytest.param({"handover": IN_FILES}, {PASSWORD_FILE: GONE}, True, id="the password's file goes"),
    pytest.param({"handover": IN_FILES}, {PASSWORD_FILE: STAYS}, False, id="its volume stays"),
    pytest.param({"handover": IN_FILES}, {}, False, id="nothing is handed over"),
    pytest.param({}, {PASSWORD_FILE: GONE}, False, id="somebody else's file goes"),
    pytest.param({"handover": IN_FILES}, {PASSWORD_FILE: STAYS, SEED_FILE: GONE}, True, id="the seed's file goes"),
    pytest.param(
        {"handover": HandoverSpec("secretsmanager", "iam/{user}"), "mfa_handover": IN_FILES},
        {Place("secretsmanager", "iam/jane.doe"): STAYS, SEED_FILE: GONE},
        True,
        id="the seed's own file goes",
    ),
    pytest.param(
        {"name": "jane", "new_name": "jane.doe", "handover": IN_FILES}, {PASSWORD_FILE: GONE}, True, id="renamed"
    ),
    pytest.param({"state": "absent", "handover": IN_FILES}, {PASSWORD_FILE: GONE}, False, id="the user goes"),
]


@pytest.mark.parametrize(("wish", "places", "expected"), FLEETING)
def test_what_is_handed_over_outlives_the_job(wish: dict[str, Any], places: Any, expected: bool) -> None:
    """Onboarding by its guard, and the modules for single users as well."""
    on, spec = replace(account(DEVELOPERS), places=places), human(**wish)
    told = [entry[1:] for entry in said(spec, on=on) if entry[1] == "handover_outlives_job"]
    assert told == ([("handover_outlives_job", "warn", LOST)] if expected else [])
    found = check_stores(on, RosterSpec(users=(spec,)))
    assert [(one.subject, one.name, one.level, one.text) for one in found] == [
        (f"user {spec.name}", *entry) for entry in told
    ]


@pytest.mark.parametrize(("use_case", "refused"), [("human", True), (None, True), ("emergency", False)])
def test_an_emergency_user_is_not_onboarded_as_another(use_case: str | None, refused: bool) -> None:
    spec = human(name=OTHER.name, use_case=use_case, owner=None)
    text = "it is an emergency user, and would be changed as another; choose another name, or give use_case: emergency."
    told = [entry[2:] for entry in said(spec) if entry[1] == "emergency_user"]
    assert told == ([("refuse", text)] if refused else [])


def test_a_single_module_asks_about_its_files_only() -> None:
    on = replace(account(DEVELOPERS), places={PASSWORD_FILE: GONE})
    plan = plan_roster(on, RosterSpec(users=(human(name="jane.doe", handover=IN_FILES, groups=()),)), NOW)
    assert [finding.name for finding in plan.findings] == ["handover_outlives_job"]


GOING = UserSpec("jane.doe", state="absent")
LAST = [
    pytest.param(UNREAD, [GOING], [], id="nobody has looked"),
    pytest.param((), [GOING], [], id="nobody of those who go administers"),
    pytest.param(("jane.doe", "joe.bloggs"), [GOING], [], id="somebody stays"),
    pytest.param(("Jane.Doe",), [GOING], ["user Jane.Doe"], id="the last one goes"),
    pytest.param(
        ("jane.doe", "joe.bloggs"),
        [GOING, UserSpec("joe.bloggs", state="absent")],
        ["user jane.doe", "user joe.bloggs"],
        id="all go at once",
    ),
    pytest.param(("jane.doe",), [UserSpec("jane.doe")], [], id="the last one stays"),
]


@pytest.mark.parametrize(("administrators", "users", "refused"), LAST)
def test_the_last_administrator_stays(administrators: Any, users: list[UserSpec], refused: list[str]) -> None:
    observed = account(user(), user("joe.bloggs"), administrators=administrators)
    plan = plan_roster(observed, RosterSpec(users=tuple(users)), NOW)
    assert [finding.subject for finding in plan.refusals if finding.name == "last_administrator"] == refused


ADMIN = user("admin.jane")
OWN_RUN = user("admin.jane", tags={"keysmith:access-key": "pending 2026-11-22T10:00:00Z"})


@pytest.mark.parametrize(
    ("there", "guard", "expected"),
    [
        pytest.param((ADMIN,), "refuse", ["refuse"], id="somebody's user, by a form"),
        pytest.param((ADMIN,), "warn", ["warn"], id="warned of"),
        pytest.param((ADMIN,), None, [], id="off in a roster"),
        pytest.param((), "refuse", [], id="a new user"),
        pytest.param((OWN_RUN,), "refuse", [], id="what an interrupted run announced"),
    ],
)
def test_a_credential_for_a_user_that_is_there(there: tuple[User, ...], guard: str | None, expected: list[str]) -> None:
    spec = human("admin.jane", access_key=AccessKeySpec(), handover=BOB)
    roster = RosterSpec(users=(spec,), guards={"existing_user": guard} if guard else {}, onboarding=True)
    plan = plan_roster(account(DEVELOPERS, *there), roster, NOW)
    assert [found.level for found in plan.findings if found.name == "existing_user"] == expected
