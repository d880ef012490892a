# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules password_policy and account_alias in every situation, and two bugs of amazon.aws.iam_password_policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ansible_run import Ansible, run_module
from tests.integration.situations import Write, call, made

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

KINDS = ("RequireLowercaseCharacters", "RequireUppercaseCharacters", "RequireNumbers", "RequireSymbols")
STRICT: dict[str, Any] = {
    **dict.fromkeys(KINDS, True),
    "MinimumPasswordLength": 14,
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}
LOOSE = {"MinimumPasswordLength": 6}
ALL_OPTIONS = {
    "minimum_password_length": 14,
    "require_symbols": True,
    "require_numbers": True,
    "require_uppercase": True,
    "require_lowercase": True,
    "allow_password_change": True,
    "password_max_age": 90,
    "prevent_reuse": 24,
    "expire": True,
}
UPDATE, DELETE = "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"


def fresh_policy(iam: Any) -> dict[str, Any]:
    """The policy as keysmith.iam.password_policy documents it; AWS's default rules where the account has none:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html."""
    try:
        policy, default = iam.get_account_password_policy()["PasswordPolicy"], False
    except iam.exceptions.NoSuchEntityException:
        policy, default = {"MinimumPasswordLength": 8, "ExpirePasswords": False}, True
    return {
        "allow_users_to_change_password": policy.get("AllowUsersToChangePassword", False),
        "expire_passwords": policy["ExpirePasswords"],
        "hard_expiry": policy.get("HardExpiry", False),
        "is_default": default,
        "max_password_age": policy.get("MaxPasswordAge") or None,
        "minimum_password_length": policy["MinimumPasswordLength"],
        "password_reuse_prevention": policy.get("PasswordReusePrevention") or None,
        "require_lowercase_characters": policy.get("RequireLowercaseCharacters", False),
        "require_numbers": policy.get("RequireNumbers", False),
        "require_symbols": policy.get("RequireSymbols", False),
        "require_uppercase_characters": policy.get("RequireUppercaseCharacters", False),
    }


def fresh_alias(iam: Any, account: str) -> dict[str, Any]:
    alias = next(iter(iam.list_account_aliases()["AccountAliases"]), None)
    return {"account_alias": alias, "sign_in_url": f"https://{alias or account}.signin.aws.amazon.com/console"}


@dataclass(frozen=True)
class Setting:
    """What the account has (a policy's parameters or an alias, None for neither), what is asked, and the one write."""

    name: str
    given: Any
    arguments: Mapping[str, Any]
    writes: Sequence[Write] = ()
    warns: str | None = None

    def prepare(self, iam: Any) -> None:
        if isinstance(self.given, str):
            iam.create_account_alias(AccountAlias=self.given)
        elif self.given is not None:
            iam.update_account_password_policy(**self.given)


def hold(aws: Emulator, module: str, setting: Setting) -> dict[str, Any]:
    """Check mode, run, and run again; what holds for every setting is held here. Gives the real run's result."""
    iam = aws.client("iam")
    setting.prepare(iam)
    before = _told(aws, module, iam)
    aws.clear_log()
    dry = run_module(aws, module, setting.arguments, check=True)
    assert aws.log(writes_only=True) == []
    assert _told(aws, module, iam) == before
    run = run_module(aws, module, setting.arguments)
    writes, after = aws.log(writes_only=True), _told(aws, module, iam)

    assert not dry.get("failed"), dry.get("msg")
    assert not run.get("failed"), run.get("msg")
    for entry, (action, parameters) in zip(writes, setting.writes, strict=True):
        assert (entry["action"], entry["parameters"]) == (action, parameters)
    assert dry["actions"] == run["actions"] == made(writes)
    assert dry["changed"] is run["changed"] is bool(writes)
    for key in ("plan", "summary", "findings", "diff"):
        assert dry[key] == run[key], key
    for key, value in after.items():
        assert dry[key] == run[key] == value, key
    states = [state["policy"] if module == "password_policy" else state for state in (before, after)]
    assert [run["diff"]["before"], run["diff"]["after"]] == states
    assert [found["name"] for found in run["findings"]] == ([setting.warns] if setting.warns else [])

    aws.clear_log()
    again = run_module(aws, module, setting.arguments)
    assert (again["changed"], again["actions"], aws.log(writes_only=True)) == (False, {}, [])
    return run


def _told(aws: Emulator, module: str, iam: Any) -> dict[str, Any]:
    return {"policy": fresh_policy(iam)} if module == "password_policy" else fresh_alias(iam, aws.account_id)


def wire(**rules: Any) -> dict[str, Any]:
    """All rules as one call of UpdateAccountPasswordPolicy has them: those named, the others off."""
    off = {**dict.fromkeys(KINDS, False), "AllowUsersToChangePassword": False, "HardExpiry": False}
    return {**off, "MinimumPasswordLength": 6, **rules}


THREE = {"RequireLowercaseCharacters": True, "RequireUppercaseCharacters": True, "RequireNumbers": True}
POLICIES = [
    Setting("a first one, all options by their aliases", None, ALL_OPTIONS, [call(UPDATE, **STRICT)], "expiry"),
    Setting(
        "a first one, one option",
        None,
        {"min_pw_length": 14},
        [call(UPDATE, **wire(**THREE, MinimumPasswordLength=14))],
    ),
    Setting("as it is", STRICT, ALL_OPTIONS),
    Setting("nothing given", STRICT, {}),
    Setting(
        "one option changed", STRICT, {"min_pw_length": 16}, [call(UPDATE, **STRICT | {"MinimumPasswordLength": 16})]
    ),
    Setting(
        "nothing expires any more",
        STRICT,
        {"pw_max_age": 0, "pw_reuse_prevent": 0, "allow_weaker": True},
        [call(UPDATE, **{key: STRICT[key] for key in STRICT.keys() - {"MaxPasswordAge", "PasswordReusePrevention"}})],
    ),
    Setting("none is none", LOOSE, {"pw_max_age": 0, "pw_reuse_prevent": 0}),
    Setting("an age", LOOSE, {"pw_max_age": 90}, [call(UPDATE, **wire(MaxPasswordAge=90))], "expiry"),
    Setting("absent", LOOSE, {"state": "absent"}, [call(DELETE)]),
    Setting("absent, though stronger", STRICT, {"state": "absent", "allow_weaker": True}, [call(DELETE)]),
    Setting("absent already", None, {"state": "absent"}),
]
ALIASES = [
    Setting("a first one", None, {"name": "example-corp"}, [call("CreateAccountAlias", AccountAlias="example-corp")]),
    Setting("there already", "example-corp", {"alias": "example-corp"}),
    Setting("another", "old", {"alias": "new"}, [call("CreateAccountAlias", AccountAlias="new")], "sign_in_url"),
    Setting("absent", "old", {"state": "absent"}, [call("DeleteAccountAlias", AccountAlias="old")], "sign_in_url"),
    Setting(
        "just this one absent",
        "old",
        {"name": "old", "state": "absent"},
        [call("DeleteAccountAlias", AccountAlias="old")],
        "sign_in_url",
    ),
    Setting("another one absent", "old", {"name": "new", "state": "absent"}),
    Setting("absent already", None, {"state": "absent"}),
]


@pytest.mark.parametrize("setting", POLICIES, ids=lambda setting: setting.name)
def test_password_policy(setting: Setting, aws: Emulator) -> None:
    run = hold(aws, "password_policy", setting)
    done = {UPDATE: "updated", DELETE: "deleted"}
    assert run["task_status"] == {"IAM": done[setting.writes[0][0][4:]] if setting.writes else "unchanged"}


@pytest.mark.parametrize("setting", ALIASES, ids=lambda setting: setting.name)
def test_account_alias(setting: Setting, aws: Emulator) -> None:
    hold(aws, "account_alias", setting)


REFUSED = [
    ("password_policy", {"min_pw_length": 5}, "min_pw_length is 5; AWS takes 6 to 128."),
    (
        "password_policy",
        {"min_pw_length": 8, "require_symbols": False},
        "this would weaken the password policy: min_pw_length 14 -> 8, require_symbols true -> false; give"
        " allow_weaker: true if that is meant.",
    ),
    (
        "account_alias",
        {"name": "Example--Corp"},
        "the alias 'Example--Corp' must be 3 to 63 lower-case letters, digits and single hyphens, begin and end with a"
        " letter or digit, and not look like an account id (12 digits).",
    ),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("module", "arguments", "text"), REFUSED)
def test_refused_in_one_sentence(module: str, arguments: dict[str, Any], text: str, check: bool, aws: Emulator) -> None:
    aws.client("iam").update_account_password_policy(**STRICT)
    aws.clear_log()
    result = run_module(aws, module, arguments, check=check)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == f"Cannot manage account {aws.account_id}: {text}"
    assert aws.log(writes_only=True) == []


def test_an_alias_that_another_account_has_is_asked_for_once(aws: Emulator) -> None:
    taken = {"code": "EntityAlreadyExists", "http": 409, "message": "The account alias taken already exists."}
    aws.fault(action="iam:CreateAccountAlias", kind="error", times=0, **taken)
    result = run_module(aws, "account_alias", {"name": "taken"})
    assert (result["failed"], result["changed"], result["account_alias"]) == (True, False, None)
    assert result["msg"] == (
        f"Cannot create account alias for account {aws.account_id}: another AWS account has this alias, and an alias is"
        " unique in all of AWS (EntityAlreadyExists). Choose another alias."
    )
    assert result["error"]["code"] == "EntityAlreadyExists"
    assert len(aws.log(writes_only=True)) == 1


@pytest.mark.parametrize(
    ("module", "setting"), [("password_policy", POLICIES[4]), ("account_alias", ALIASES[2])], ids=["policy", "alias"]
)
@pytest.mark.parametrize("kind", ["lost_reply", "unavailable", "throttle"])
def test_a_call_that_was_hurt_is_finished_in_the_same_run(
    module: str, setting: Setting, kind: str, aws: Emulator
) -> None:
    iam = aws.client("iam")
    setting.prepare(iam)
    aws.fault(action="write", kind=kind)
    run = run_module(aws, module, setting.arguments)
    assert (run.get("failed"), run["changed"]) == (None, True)
    assert aws.faults() == []
    assert {key: run[key] for key in _told(aws, module, iam)} == _told(aws, module, iam)
    assert len(run["plan"]) == 1


def test_a_caller_who_may_only_do_this_needs_no_other_permission(aws: Emulator) -> None:
    run_module(aws, "password_policy", {"min_pw_length": 14})
    run_module(aws, "account_alias", {"name": "example-corp"})
    assert {entry["action"] for entry in aws.log()} == {
        "sts:GetCallerIdentity",
        "iam:GetAccountPasswordPolicy",
        "iam:UpdateAccountPasswordPolicy",
        "iam:ListAccountAliases",
        "iam:CreateAccountAlias",
    }


def _play(
    installed: Path, tmp_path: Path, aws: Emulator, arguments: Mapping[str, Any], *options: str
) -> dict[str, Any]:
    tasks = [{"name": "policy", "keysmith.iam.password_policy": dict(arguments)}]
    run = Ansible(installed, tmp_path, aws).play(tasks, *options)
    assert run.rc == 0, run.stdout[-3000:]
    return run.result("policy")


@pytest.mark.parametrize("arguments", [{"min_pw_length": 8}, {"state": "absent"}], ids=["present", "absent"])
def test_b1_check_mode_changes_nothing(
    arguments: dict[str, Any], installed_collection: Path, aws: Emulator, tmp_path: Path
) -> None:
    """amazon.aws.iam_password_policy turned a live 14 into 8 under --check, and deleted the policy."""
    iam = aws.client("iam")
    iam.update_account_password_policy(**STRICT)
    aws.clear_log()
    wish = {"state": "present", "allow_weaker": True, **arguments}
    result = _play(installed_collection, tmp_path, aws, wish, "--check", "--diff")
    assert (result["changed"], aws.log(writes_only=True)) == (True, [])
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    assert (result["diff"]["before"]["minimum_password_length"], result["policy"]["minimum_password_length"]) == (14, 8)


def test_b2_an_omitted_option_is_no_reset(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    """amazon.aws.iam_password_policy resets what is omitted: 6 characters of any kind, no expiry, no reuse rule."""
    iam = aws.client("iam")
    iam.update_account_password_policy(**STRICT)
    before = iam.get_account_password_policy()["PasswordPolicy"]
    result = _play(installed_collection, tmp_path, aws, {"state": "present", "pw_max_age": 60})
    assert result["changed"] is True
    assert iam.get_account_password_policy()["PasswordPolicy"] == {**before, "MaxPasswordAge": 60}
