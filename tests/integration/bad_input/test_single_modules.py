# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input to the modules that manage one user or group: the same sentences as a roster gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import HANDOVER, POLICY, sealed_to
from tests.integration.crash import process
from tests.integration.crash.people import writes

EXISTING = "Cannot manage user Existing: "
WEAK = (
    f"{EXISTING}the password breaks the account's password policy; it needs at least 8 characters, 3 of upper-case"
    " letters, lower-case letters, digits and symbols."
)
# What it is: the module, its options, the sentence in check mode and in a run alike.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a weak password of a user": ("user", {"name": "Existing", "password": "weak"}, WEAK),
    "a weak password": ("login_profile", {"user_name": "Existing", "password": "weak"}, WEAK),
    "a name with a space": (
        "user",
        {"name": "jane doe"},
        "Cannot manage user jane doe: the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    "a user who exists in another case": (
        "user",
        {"name": "existing"},
        "Cannot manage user existing: the account has Existing, and AWS takes the two names for one; write it as"
        " Existing.",
    ),
    "a group name of 129 characters": (
        "group",
        {"name": "g" * 129},
        f"Cannot manage group {'g' * 129}: the name has 129 characters; AWS takes at most 128 for a group.",
    ),
    "a third access key": (
        "access_key",
        {"user_name": "two.keys", "handover": HANDOVER},
        "Cannot manage user two.keys: it has 2 of 2 access keys ({keys}) and no room for another. Delete one of them"
        " first.",
    ),
    "a key that the user has not": (
        "access_key",
        {"user_name": "Existing", "id": "AKIAABCDEFGHIJKLMNOP", "state": "inactive"},
        f"{EXISTING}it has no access key AKIAABCDEFGHIJKLMNOP; it has none. Correct the id.",
    ),
    "a password that goes nowhere": (
        "login_profile",
        {"user_name": "Existing"},
        f"{EXISTING}its console password has nowhere to go; give handover with seal_to (the owner's public keys) and"
        " store.",
    ),
    "a recipient that is no key": (
        "login_profile",
        {"user_name": "Existing", "handover": sealed_to("jane@example.com")},
        f"{EXISTING}cannot seal to entry 1 of seal_to: it is not a public key that is known here. Give an age public"
        " key (age1...) or an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits).",
    ),
    "the caller itself": (
        "user",
        {"name": "operator", "state": "absent"},
        "Cannot manage user operator: it is the user who runs this; let somebody else remove it.",
    ),
}
# What an earlier task may have been about to make warns in check mode; the text is the run's.
MISSING: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a user's group": (
        *("user", {"name": "Existing", "groups": ["Nope"]}, "user Existing"),
        "there is no group Nope in account 123456789012; create it or correct its name.",
    ),
    "a membership's user": (
        *("group_membership", {"user_name": "Nobody", "groups": []}, "user Nobody"),
        "there is no user Nobody in account 123456789012; create it first.",
    ),
    "a policy": (
        *("user", {"name": "Existing", "managed_policies": ["Nope"]}, "user Existing"),
        "managed policy Nope: account 123456789012 has no managed policy of that name or ARN; create it or correct it.",
    ),
    "a member": (
        *("group", {"name": "Staff", "users": ["Nobody"]}, "group Staff"),
        "there is no user Nobody in account 123456789012; create it or correct its name.",
    ),
    "the user of a password": (
        *("login_profile", {"user_name": "Nobody", "password": "aB3$efghij"}, "user Nobody"),
        "there is no user Nobody in account 123456789012; create it first.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_gets_its_sentence(counter: Counter, case: str) -> None:
    module, params, sentence = REFUSED[case]
    assert counter.refused(params, module) == counter.filled(sentence)


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_warns_in_check_mode_and_is_refused_in_a_run(counter: Counter, case: str) -> None:
    module, params, subject, text = MISSING[case]
    counter.aws.clear_log()
    check = process.run(module, params, counter.aws.environment, counter.folder, check=True)
    assert check.rc == 0
    assert f"{subject}: {text}" in check.printed
    ran = process.run(module, params, counter.aws.environment, counter.folder)
    assert ran.rc == 1
    assert ran.msg == f"Cannot manage {subject}: {text}"
    assert writes(counter.aws) == []


def test_a_refused_run_tells_of_nothing_as_made(counter: Counter) -> None:
    ran = process.run("user", {"name": "New", "groups": ["Nope"]}, counter.aws.environment, counter.folder)
    told = {key: ran.result[key] for key in ("changed", "actions", "plan", "user")}
    assert told == {"changed": False, "actions": {}, "plan": [], "user": {}}


def test_a_given_password_is_never_shown(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=20)
    password = "Tr0ub4dor&3 horse"
    told = counter.refused({"user_name": "Existing", "password": password}, "login_profile")
    assert told == f"{EXISTING}the password breaks the account's password policy; it needs at least 20 characters."
    for module, key in (("user", "name"), ("login_profile", "user_name")):
        for more in ({}, {"nmae": "x"}, {"update_password": "never"}):
            params = {key: "Existing", "password": password, **more}
            assert password not in process.run(module, params, counter.aws.environment, counter.folder).printed


def test_an_eleventh_policy(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    arns = [
        iam.create_policy(PolicyName=f"Policy{number}", PolicyDocument=str(POLICY).replace("'", '"'))["Policy"]["Arn"]
        for number in range(11)
    ]
    assert counter.refused({"name": "Existing", "managed_policies": arns}, "user") == (
        f"{EXISTING}it would have 11 managed policies; the account's quota is 10 (AttachedPoliciesPerUserQuota). Leave"
        " some out."
    )
