# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account's own settings: its password policy and its alias."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.account import alias_problem, plan_account, policy_of
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, PasswordPolicy
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccountSpec,
    AliasSpec,
    ConsoleSpec,
    Hidden,
    PasswordPolicySpec,
    RosterSpec,
    UserSpec,
)
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    NOW,
    account,
    call,
    calls,
    lines,
    texts,
    told,
    user,
)

DEFAULT = PasswordPolicy()
STRICT = PasswordPolicy(
    minimum_length=14,
    require_lowercase=True,
    require_uppercase=True,
    require_numbers=True,
    require_symbols=True,
    allow_users_to_change=True,
    max_age_days=90,
    reuse_prevention=24,
    hard_expiry=True,
    is_default=False,
)
LOOSE = PasswordPolicy(minimum_length=6, is_default=False)
OF_STRICT = {
    "MinimumPasswordLength": 14,
    "RequireLowercaseCharacters": True,
    "RequireUppercaseCharacters": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}
OF_LOOSE = {**dict.fromkeys(OF_STRICT, False), "MinimumPasswordLength": 6}
OF_LOOSE = {key: value for key, value in OF_LOOSE.items() if key not in ("MaxPasswordAge", "PasswordReusePrevention")}
UPDATE, DELETE = "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"
THREE = {"RequireLowercaseCharacters": True, "RequireUppercaseCharacters": True, "RequireNumbers": True}
Wish = dict[str, Any]


def planned(have: PasswordPolicy, **wish: Any) -> Plan:
    return plan_account(account(password_policy=have), AccountSpec(PasswordPolicySpec(**wish)))


UPDATES = [
    pytest.param(STRICT, {"minimum_length": 16}, {**OF_STRICT, "MinimumPasswordLength": 16}, id="all but one are kept"),
    pytest.param(
        STRICT, {"allow_users_to_change": False}, {**OF_STRICT, "AllowUsersToChangePassword": False}, id="own"
    ),
    pytest.param(LOOSE, {"require_symbols": True}, {**OF_LOOSE, "RequireSymbols": True}, id="AWS takes no 0 for none"),
    pytest.param(
        LOOSE,
        {"reuse_prevention": 24, "hard_expiry": True},
        {**OF_LOOSE, "PasswordReusePrevention": 24, "HardExpiry": True},
        id="two rules",
    ),
    pytest.param(DEFAULT, {}, {**OF_LOOSE, **THREE, "MinimumPasswordLength": 8}, id="a first one is no weaker"),
    pytest.param(
        DEFAULT,
        {"minimum_length": 14, "require_symbols": True, "require_uppercase": False},
        {
            **OF_LOOSE,
            "RequireLowercaseCharacters": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "MinimumPasswordLength": 14,
        },
        id="a first one fills up to three kinds, but for those declined",
    ),
    pytest.param(
        DEFAULT,
        dict.fromkeys(("require_lowercase", "require_uppercase", "require_numbers", "require_symbols"), True),
        {**OF_LOOSE, **THREE, "RequireSymbols": True, "MinimumPasswordLength": 8},
        id="a first one with all kinds",
    ),
]


@pytest.mark.parametrize(("have", "wish", "parameters"), UPDATES)
def test_a_partial_update_writes_every_rule(have: PasswordPolicy, wish: Wish, parameters: dict[str, Any]) -> None:
    plan = planned(have, **wish)
    assert (calls(plan), told(plan)) == ([call(UPDATE, **parameters)], [])
    after = simulate(account(password_policy=have), plan.steps)
    assert after.password_policy == policy_of(parameters)
    assert plan_account(after, AccountSpec(PasswordPolicySpec(**wish))) == Plan()


UNCHANGED = [
    pytest.param(STRICT, {}, id="nothing given"),
    pytest.param(STRICT, {"minimum_length": 14, "max_age_days": 90}, id="as it is"),
    pytest.param(LOOSE, {"max_age_days": 0, "reuse_prevention": 0, "hard_expiry": False}, id="0 is none"),
    pytest.param(DEFAULT, {"state": "absent"}, id="absent already"),
]


@pytest.mark.parametrize(("have", "wish"), UNCHANGED)
def test_nothing_to_do(have: PasswordPolicy, wish: Wish) -> None:
    assert planned(have, **wish) == Plan()


WEAKER = [
    pytest.param(STRICT, {"minimum_length": 8}, ["min_pw_length 14 -> 8"], id="length"),
    pytest.param(STRICT, {"require_symbols": False}, ["require_symbols true -> false"], id="symbols"),
    pytest.param(STRICT, {"max_age_days": 0}, ["pw_max_age 90 -> none"], id="no age"),
    pytest.param(STRICT, {"max_age_days": 91, "hard_expiry": False}, ["pw_max_age 90 -> 91", "pw_expire"], id="age"),
    pytest.param(STRICT, {"reuse_prevention": 0, "minimum_length": 20}, ["pw_reuse_prevent 24 -> none"], id="reuse"),
    pytest.param(
        STRICT,
        {"state": "absent"},
        [
            "min_pw_length 14 -> 8",
            "require_lowercase",
            "require_uppercase",
            "require_numbers",
            "require_symbols",
            "pw_max_age",
            "pw_reuse_prevent",
            "pw_expire",
        ],
        id="the default asks less",
    ),
    pytest.param(DEFAULT, {"minimum_length": 6}, ["min_pw_length 8 -> 6"], id="less than the default"),
    pytest.param(
        DEFAULT,
        {"require_numbers": False, "require_symbols": False},
        ["kinds of characters 3 -> 2"],
        id="fewer kinds than the default",
    ),
]


@pytest.mark.parametrize(("have", "wish", "named"), WEAKER)
def test_a_weaker_policy_is_refused_and_each_rule_named(have: PasswordPolicy, wish: Wish, named: list[str]) -> None:
    plan = planned(have, **wish)
    (text,) = [finding.text for finding in plan.refusals]
    assert text.startswith("this would weaken the password policy: ")
    changes = text.partition(": ")[2].partition(";")[0].split(", ")
    assert [change.startswith(start) for change, start in zip(changes, named, strict=True)] == [True] * len(named)
    assert text.endswith("; give allow_weaker: true if that is meant.")
    allowed = planned(have, **wish, allow_weaker=True)
    assert (allowed.refusals, calls(allowed)) == ((), calls(plan))


def test_absent_deletes_what_is_no_stronger_than_the_default() -> None:
    plan = planned(LOOSE, state="absent")
    assert (calls(plan), told(plan)) == ([call(DELETE)], [])
    assert lines(plan) == ["- password policy; AWS's default rules take its place"]
    assert simulate(account(password_policy=LOOSE), plan.steps).password_policy == DEFAULT


LINES = [
    (
        DEFAULT,
        {},
        "+ password policy: min_pw_length 8, require_lowercase true, require_uppercase true, require_numbers true",
    ),
    (LOOSE, {"minimum_length": 14, "max_age_days": 0}, "~ password policy: min_pw_length 6 -> 14"),
    (
        LOOSE,
        {"allow_users_to_change": True, "max_age_days": 9},
        "~ password policy: allow_pw_change false -> true, pw_max_age none -> 9",
    ),
]


@pytest.mark.parametrize(("have", "wish", "line"), LINES)
def test_the_line_names_every_rule_that_changes(have: PasswordPolicy, wish: Wish, line: str) -> None:
    assert lines(planned(have, **wish)) == [line]


RANGES = [
    ({"minimum_length": 5}, "min_pw_length is 5; AWS takes 6 to 128."),
    ({"minimum_length": 0}, "min_pw_length is 0; AWS takes 6 to 128."),
    ({"minimum_length": 129}, "min_pw_length is 129; AWS takes 6 to 128."),
    ({"max_age_days": 1096}, "pw_max_age is 1096; AWS takes 1 to 1095, or 0 for none."),
    ({"max_age_days": -1}, "pw_max_age is -1; AWS takes 1 to 1095, or 0 for none."),
    ({"reuse_prevention": 25}, "pw_reuse_prevent is 25; AWS takes 1 to 24, or 0 for none."),
]


@pytest.mark.parametrize(("wish", "text"), RANGES)
def test_what_aws_does_not_take_is_refused(wish: Wish, text: str) -> None:
    plan = planned(STRICT, **wish)
    assert (calls(plan), texts(plan), told(plan)) == ([], [text], [("range", "refuse")])


def test_the_bounds_themselves_are_taken() -> None:
    for wish in ({"minimum_length": 6, "max_age_days": 1, "reuse_prevention": 1}, {"minimum_length": 128}):
        assert planned(LOOSE, **wish).refusals == ()
    assert planned(LOOSE, max_age_days=1095, reuse_prevention=24).refusals == ()


def test_rules_are_not_looked_at_when_the_policy_goes() -> None:
    assert calls(planned(LOOSE, state="absent", minimum_length=5)) == [call(DELETE)]


EXPIRY = [
    pytest.param(LOOSE, {"max_age_days": 90}, "has to change it at the next sign-in", id="a first age"),
    pytest.param(STRICT, {"max_age_days": 30}, "needs an administrator to sign in again", id="shorter, and hard"),
    pytest.param(STRICT, {"max_age_days": 120, "allow_weaker": True}, None, id="longer"),
    pytest.param(STRICT, {"minimum_length": 20}, None, id="the same"),
]


@pytest.mark.parametrize(("have", "wish", "then"), EXPIRY)
def test_passwords_that_expire_at_once_are_warned_of(have: PasswordPolicy, wish: Wish, then: str | None) -> None:
    plan = planned(have, **wish)
    days = wish.get("max_age_days")
    text = f"passwords older than {days} days expire at once; whoever has one {then}."
    assert [(found.level, found.text) for found in plan.findings] == ([("warn", text)] if then else [])


def aliased(have: str | None, **wish: Any) -> Plan:
    return plan_account(account(alias=have), AccountSpec(alias=AliasSpec(**wish)))


ALIASES = [
    pytest.param(None, {"name": "corp"}, [call("CreateAccountAlias", AccountAlias="corp")], "corp", 0, id="a first"),
    pytest.param("old", {"name": "corp"}, [call("CreateAccountAlias", AccountAlias="corp")], "corp", 1, id="another"),
    pytest.param("corp", {"name": "corp"}, [], "corp", 0, id="there already"),
    pytest.param(
        "old", {"state": "absent"}, [call("DeleteAccountAlias", AccountAlias="old")], None, 1, id="whichever it is"
    ),
    pytest.param(
        "old", {"state": "absent", "name": "old"}, [call("DeleteAccountAlias", AccountAlias="old")], None, 1, id="this"
    ),
    pytest.param("old", {"state": "absent", "name": "corp"}, [], "old", 0, id="not this one"),
    pytest.param(None, {"state": "absent"}, [], None, 0, id="absent already"),
    pytest.param(None, {"state": "absent", "name": "No Alias"}, [], None, 0, id="one that cannot be"),
]


@pytest.mark.parametrize(("have", "wish", "expected", "after", "warned"), ALIASES)
def test_alias(have: str | None, wish: Wish, expected: list[Any], after: str | None, warned: int) -> None:
    plan = aliased(have, **wish)
    assert calls(plan) == expected
    assert told(plan) == [("sign_in_url", "warn")] * warned
    assert simulate(account(alias=have), plan.steps).alias == after


def test_the_warning_tells_both_addresses() -> None:
    host = "signin.aws.amazon.com/console"
    (changed,), (gone,) = texts(aliased("old", name="corp")), texts(aliased("old", state="absent"))
    assert (
        changed == f"https://old.{host} stops working for everybody; from then on users sign in at https://corp.{host}."
    )
    assert gone.endswith(f"users sign in at https://{ID}.{host}.")
    assert lines(aliased("old", name="corp")) == ["~ account alias: old -> corp"]
    assert lines(aliased(None, name="corp")) == ["+ account alias corp"]
    assert lines(aliased("old", state="absent")) == ["- account alias old"]


@pytest.mark.parametrize("alias", ["abc", "a1b", "a-b-c", "1" * 11, "1" * 13, "x" * 63])
def test_a_good_alias(alias: str) -> None:
    assert alias_problem(alias) is None


@pytest.mark.parametrize("alias", ["", "ab", "x" * 64, "-abc", "abc-", "a--b", "Abc", "a_b", "a.b", ID, "abc\n"])
def test_a_bad_alias_is_refused_in_one_sentence(alias: str) -> None:
    plan = aliased("old", name=alias)
    assert (calls(plan), told(plan)) == ([], [("alias", "refuse")])
    assert texts(plan)[0].startswith(f"the alias {alias!r} must be 3 to 63 lower-case letters")


def test_what_was_not_read_is_left_alone() -> None:
    spec = AccountSpec(PasswordPolicySpec(minimum_length=20), AliasSpec("corp"))
    assert plan_account(account(password_policy=UNREAD, alias=UNREAD), spec) == Plan()
    assert plan_account(account(password_policy=STRICT, alias="old"), AccountSpec()) == Plan()


def test_in_a_roster_the_account_comes_first_and_new_passwords_obey_its_new_policy() -> None:
    jane = UserSpec("jane.doe", console=ConsoleSpec(password=Hidden("twelve Signs1")))
    roster = RosterSpec(users=(jane,), account=AccountSpec(PasswordPolicySpec(minimum_length=20)))
    have = account(user(), password_policy=LOOSE)
    assert calls(plan_roster(have, replace(roster, account=None), NOW))[0][0] == "iam:CreateLoginProfile"
    plan = plan_roster(have, roster, NOW)
    assert calls(plan)[0] == call(UPDATE, **{**OF_LOOSE, "MinimumPasswordLength": 20})
    assert plan.steps[0].subject == f"account {ID}"
    assert any("at least 20 characters" in text for text in texts(plan))
