# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords: generated ones satisfy every policy there can be; a given one is told what it lacks, as AWS would."""

from __future__ import annotations

import random
import re
import string

import botocore.session
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import PasswordPolicy
from ansible_collections.keysmith.iam.plugins.module_utils._core.passwords import LONGEST, generate, violations

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
AWS_SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
PATTERN = re.compile(
    botocore.session.get_session().get_service_model("iam").shape_for("passwordType").metadata["pattern"]
)

custom = st.builds(
    PasswordPolicy,
    minimum_length=st.integers(6, 128),
    require_uppercase=st.booleans(),
    require_lowercase=st.booleans(),
    require_numbers=st.booleans(),
    require_symbols=st.booleans(),
    is_default=st.just(False),
)
policies = st.just(PasswordPolicy()) | custom


def is_taken(password: str, policy: PasswordPolicy) -> bool:
    """AWS's rules, said a second time and another way than in the code."""
    classes = [
        bool(set(password) & set(kind))
        for kind in (string.ascii_uppercase, string.ascii_lowercase, string.digits, AWS_SYMBOLS)
    ]
    if not PATTERN.fullmatch(password) or not policy.minimum_length <= len(password) <= 128:
        return False
    if policy.is_default:
        return sum(classes) >= 3
    demanded = [policy.require_uppercase, policy.require_lowercase, policy.require_numbers, policy.require_symbols]
    return all(there or not needed for there, needed in zip(classes, demanded, strict=True))


@given(policy=policies, seed=st.integers())
def test_generated_passwords_satisfy_every_policy(policy: PasswordPolicy, seed: int) -> None:
    password = generate(policy, random.Random(seed).randrange)
    assert is_taken(password, policy)
    assert violations(password, policy) == []
    assert len(password) == max(24, policy.minimum_length)
    assert set(password) <= set(string.ascii_letters + string.digits + AWS_SYMBOLS) - set("O0Il1|',\"")
    assert password[0] in string.ascii_letters


@given(seed=st.integers())
def test_all_four_classes_are_in_it_whatever_the_policy(seed: int) -> None:
    demanding = PasswordPolicy(6, True, True, True, True, is_default=False)
    assert violations(generate(PasswordPolicy(), random.Random(seed).randrange), demanding) == []


@pytest.mark.parametrize("pick", [lambda _n: 0, lambda n: n - 1], ids=["always the first", "always the last"])
def test_no_draw_is_out_of_range(pick: object) -> None:
    assert violations(generate(PasswordPolicy(minimum_length=128, is_default=False), pick), PasswordPolicy()) == []


def test_every_place_of_the_password_is_drawn() -> None:
    """No place holds the same class in every password: the four that are seen to are shuffled in."""
    made = [generate(PasswordPolicy(), random.Random(seed).randrange) for seed in range(300)]
    digit_places = {place for password in made for place, sign in enumerate(password) if sign.isdigit()}
    assert digit_places == set(range(1, 24))
    assert len(set(made)) == 300
    assert {password[0].isupper() for password in made} == {True, False}


@given(policy=policies, password=st.text(st.characters(max_codepoint=0x2FF), max_size=140))
@example(PasswordPolicy(), "Abcdef7")
@example(PasswordPolicy(), "Abcdefg7")
@example(PasswordPolicy(), "abcdefg7")
@example(PasswordPolicy(), "Abc7" * 32)
@example(PasswordPolicy(), "Abc7" * 32 + "x")
@example(PasswordPolicy(), "Abcdefg7€")
@example(PasswordPolicy(), "Abcdefg7\x7f\xff\t\r\n")
@example(PasswordPolicy(), "Abcdefg7\x1f")
def test_what_is_told_is_what_aws_would_say(policy: PasswordPolicy, password: str) -> None:
    assert (violations(password, policy) == []) is is_taken(password, policy)


WANTED = [
    pytest.param(PasswordPolicy(), "Abcdefg7", [], id="three of four"),
    pytest.param(
        PasswordPolicy(),
        "abc",
        ["at least 8 characters", "3 of upper-case letters, lower-case letters, digits and symbols"],
        id="too short and too plain for AWS's own rules",
    ),
    pytest.param(
        PasswordPolicy(6, True, True, True, True, is_default=False),
        "é" * 6,
        ["an upper-case letter", "a lower-case letter", "a digit", f"a symbol ({AWS_SYMBOLS})"],
        id="every class is missing",
    ),
    pytest.param(PasswordPolicy(6, is_default=False), "aaaaaa", [], id="an account may demand little"),
    pytest.param(
        PasswordPolicy(6, is_default=False),
        "ж" * (LONGEST + 1),
        ["at most 128 characters", "no sign beyond Latin-1 (U+0020 to U+00FF)"],
        id="too long and in signs that IAM does not take",
    ),
]


@pytest.mark.parametrize(("policy", "password", "wanted"), WANTED)
def test_what_a_password_lacks_is_told_without_the_password(
    policy: PasswordPolicy, password: str, wanted: list[str]
) -> None:
    assert violations(password, policy) == wanted
