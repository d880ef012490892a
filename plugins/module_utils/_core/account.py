# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans what is the account's own: its password policy and its alias."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    Account,
    PasswordPolicy,
    Unread,
    sign_in_url,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccountSpec,
    AliasSpec,
    PasswordPolicySpec,
)

# Each rule of PasswordPolicy: the module's option, and the parameter of UpdateAccountPasswordPolicy.
_RULES = {
    "minimum_length": ("min_pw_length", "MinimumPasswordLength"),
    "require_lowercase": ("require_lowercase", "RequireLowercaseCharacters"),
    "require_uppercase": ("require_uppercase", "RequireUppercaseCharacters"),
    "require_numbers": ("require_numbers", "RequireNumbers"),
    "require_symbols": ("require_symbols", "RequireSymbols"),
    "allow_users_to_change": ("allow_pw_change", "AllowUsersToChangePassword"),
    "max_age_days": ("pw_max_age", "MaxPasswordAge"),
    "reuse_prevention": ("pw_reuse_prevent", "PasswordReusePrevention"),
    "hard_expiry": ("pw_expire", "HardExpiry"),
}
_CLASSES = ("require_lowercase", "require_uppercase", "require_numbers", "require_symbols")
# Whether people may change their own password makes no password weaker or stronger.
_NO_STRENGTH = "allow_users_to_change"
# AWS takes these by leaving them out only
# (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html).
_ZERO_IS_NONE = ("max_age_days", "reuse_prevention")
_RANGES = {"minimum_length": (6, 128), "max_age_days": (1, 1095), "reuse_prevention": (1, 24)}
# What UpdateAccountPasswordPolicy makes of a length that is left out.
_SHORTEST = 6

_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]")
_ACCOUNT_ID = re.compile(r"\d{12}")


def subject_of_account(account: Account) -> str:
    return f"account {account.id}"


def plan_account(account: Account, spec: AccountSpec) -> Plan:
    """All steps from the account's settings as observed to those wanted; settings that were not read are left alone."""
    draft = Draft(subject_of_account(account))
    if spec.password_policy is not None and not isinstance(account.password_policy, Unread):
        _plan_password_policy(draft, spec.password_policy, account.password_policy)
    if spec.alias is not None and not isinstance(account.alias, Unread):
        _plan_alias(draft, account, spec.alias, account.alias)
    return draft.plan()


def policy_of(parameters: Mapping[str, Any]) -> PasswordPolicy:
    """The policy in force after UpdateAccountPasswordPolicy with these parameters; what they leave out goes back to the
    call's default (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html)."""
    rules: dict[str, Any] = {rule: parameters[key] for rule, (_option, key) in _RULES.items() if key in parameters}
    return replace(PasswordPolicy(minimum_length=_SHORTEST, is_default=False), **rules)


def _plan_password_policy(draft: Draft, spec: PasswordPolicySpec, have: PasswordPolicy) -> None:
    given: dict[str, Any] = {rule: getattr(spec, rule) for rule in _RULES if getattr(spec, rule) is not None}
    want = PasswordPolicy() if spec.state == "absent" else _merged(have, given)
    if spec.state == "present":
        for problem in _out_of_range(given):
            draft.refuse("range", problem)
    if want == have or draft.findings:
        return
    if (weaker := _weaker(have, want)) and not spec.allow_weaker:
        text = f"this would weaken the password policy: {', '.join(weaker)}; give allow_weaker: true if that is meant."
        draft.refuse("weaker", text)
    if want.is_default:
        line = "- password policy; AWS's default rules take its place"
        draft.step("iam:DeleteAccountPasswordPolicy", {}, line, "it is to be absent")
        return
    sign, why = ("+", "not in the account") if have.is_default else ("~", "it differs")
    line = f"{sign} password policy: {', '.join(_changes(have, want))}"
    draft.step("iam:UpdateAccountPasswordPolicy", _parameters(want), line, why)
    _warn_of_expiry(draft, have, want)


def _merged(have: PasswordPolicy, given: Mapping[str, Any]) -> PasswordPolicy:
    """What is in force with the given rules over it. AWS's default asks for three of four kinds of characters, which a
    policy of one's own cannot say: as many kinds as are missing to three, and were not declined, are then required."""
    rules: dict[str, Any] = {rule: value or None if rule in _ZERO_IS_NONE else value for rule, value in given.items()}
    want = replace(have, **rules, is_default=False)
    if not have.is_default:
        return want
    missing = have.classes_of_four - _required(want)
    open_kinds = [kind for kind in _CLASSES if kind not in given]
    kinds: dict[str, Any] = dict.fromkeys(open_kinds[: max(0, missing)], True)
    return replace(want, **kinds)


def _required(policy: PasswordPolicy) -> int:
    """How many kinds of characters every password has to have."""
    return policy.classes_of_four if policy.is_default else sum(getattr(policy, kind) for kind in _CLASSES)


def _parameters(policy: PasswordPolicy) -> dict[str, Any]:
    """All rules: AWS resets what is left out. None is what only leaving out can say."""
    told = {key: getattr(policy, rule) for rule, (_option, key) in _RULES.items()}
    return {key: value for key, value in told.items() if value is not None}


def _out_of_range(given: Mapping[str, Any]) -> list[str]:
    problems = []
    for rule, (least, most) in _RANGES.items():
        value = given.get(rule)
        if value is None or least <= value <= most or (value == 0 and rule in _ZERO_IS_NONE):
            continue
        zero = ", or 0 for none" if rule in _ZERO_IS_NONE else ""
        problems.append(f"{_RULES[rule][0]} is {value}; AWS takes {least} to {most}{zero}.")
    return problems


def _weaker(have: PasswordPolicy, want: PasswordPolicy) -> list[str]:
    """Each rule that asks less than it does now."""
    less = [
        rule
        for rule in _RULES
        if rule != _NO_STRENGTH and _strength(rule, getattr(want, rule)) < _strength(rule, getattr(have, rule))
    ]
    told = [_change(rule, have, want) for rule in less]
    if have.is_default and _required(want) < _required(have):
        told.append(f"kinds of characters {_required(have)} -> {_required(want)}")
    return told


def _strength(rule: str, value: float | None) -> float:
    if rule == "max_age_days":
        return -(value or math.inf)
    return float(value or 0)


def _changes(have: PasswordPolicy, want: PasswordPolicy) -> list[str]:
    """Each rule that changes; of a first policy, each rule that it sets."""
    if have.is_default:
        rules = [rule for rule in _RULES if getattr(want, rule) not in (None, False)]
        return [f"{_RULES[rule][0]} {_word(getattr(want, rule))}" for rule in rules]
    return [_change(rule, have, want) for rule in _RULES if getattr(have, rule) != getattr(want, rule)]


def _change(rule: str, have: PasswordPolicy, want: PasswordPolicy) -> str:
    return f"{_RULES[rule][0]} {_word(getattr(have, rule))} -> {_word(getattr(want, rule))}"


def _word(value: float | None) -> str:
    if value is None:
        return "none"
    return str(value).lower()


def _warn_of_expiry(draft: Draft, have: PasswordPolicy, want: PasswordPolicy) -> None:
    """A shorter age holds at once for the passwords that are there
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html)."""
    if want.max_age_days is None or want.max_age_days >= (have.max_age_days or math.inf):
        return
    then = "needs an administrator to sign in again" if want.hard_expiry else "has to change it at the next sign-in"
    text = f"passwords older than {want.max_age_days} days expire at once; whoever has one {then}."
    draft.find("expiry", WARN, text)


def _plan_alias(draft: Draft, account: Account, spec: AliasSpec, have: str | None) -> None:
    want = spec.name if spec.state == "present" else None
    if want is not None and (problem := alias_problem(want)):
        draft.refuse("alias", problem)
        return
    gone = spec.state == "absent" and spec.name not in (None, have)
    if want == have or gone:
        return
    if want is None:
        draft.step("iam:DeleteAccountAlias", {"AccountAlias": have}, f"- account alias {have}", "it is to be absent")
    else:
        line = f"+ account alias {want}" if have is None else f"~ account alias: {have} -> {want}"
        draft.step("iam:CreateAccountAlias", {"AccountAlias": want}, line, "it differs" if have else "none is set")
    if have is not None:
        new = sign_in_url(replace(account, alias=want))
        text = f"{sign_in_url(account)} stops working for everybody; from then on users sign in at {new}."
        draft.find("sign_in_url", WARN, text)


def alias_problem(alias: str) -> str | None:
    """Why AWS does not take this alias
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html)."""
    if _ALIAS.fullmatch(alias) and not _ACCOUNT_ID.fullmatch(alias):
        return None
    return (
        f"the alias {alias!r} must be 3 to 63 lower-case letters, digits and single hyphens, begin and end with a"
        " letter or digit, and not look like an account id (12 digits)."
    )
