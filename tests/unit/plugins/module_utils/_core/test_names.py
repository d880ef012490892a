# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS takes as a name, path, tag or policy: IAM's service model is the judge where it has the rule."""

from __future__ import annotations

import re
import unicodedata

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core import names

SHAPES = botocore.session.get_session().get_service_model("iam").shape_for
# Python's re has no \p{...}; of the model's patterns only the path's is plain enough to be run as it stands.
PATH = re.compile(SHAPES("pathType").metadata["pattern"])

NAMES = [
    pytest.param("jane.doe", None, id="a plain name"),
    pytest.param("A-z_0+=,.@9", None, id="every sign that AWS takes"),
    pytest.param("x" * 64, None, id="64 characters"),
    pytest.param("x" * 65, "the name has 65 characters; AWS takes at most 64 for a user", id="65 characters"),
    pytest.param("", "a user without a name; give it one", id="no name"),
    *(
        pytest.param(
            text, "the name has a character that AWS does not take; use letters, digits and + = , . @ _ -", id=why
        )
        for text, why in [
            ("jane doe", "a space"),
            ("jané", "an accent"),
            ("jane/doe", "a slash"),
            ("jane\n", "a line's end"),
            ("jane:doe", "a colon"),
            ("٣", "a digit of another script"),
        ]
    ),
]


@pytest.mark.parametrize(("name", "problem"), NAMES)
def test_user_names(name: str, problem: str | None) -> None:
    assert names.user_name_problem(name) == problem


def test_group_names_are_longer() -> None:
    assert names.group_name_problem("x" * 128) is None
    assert names.group_name_problem("x" * 129) == "the name has 129 characters; AWS takes at most 128 for a group"
    assert names.group_name_problem("") == "a group without a name; give it one"


def test_the_lengths_are_the_models() -> None:
    assert SHAPES("userNameType").metadata["max"] == names.USER_NAME_LENGTH == 64
    assert SHAPES("groupNameType").metadata["max"] == names.GROUP_NAME_LENGTH == 128


PATHS = [
    "/",
    "/staff/",
    "/a/b/",
    "//",
    "/staff",
    "staff/",
    "",
    "/st aff/",
    "/stäff/",
    f"/{'x' * 510}/",
    f"/{'x' * 511}/",
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_taken_as_the_model_says(path: str) -> None:
    taken = bool(PATH.fullmatch(path)) and len(path) <= SHAPES("pathType").metadata["max"]
    sentence = f"the path {path!r} must begin and end with / and hold no space, as in /staff/"
    assert names.path_problem(path) == (None if taken else sentence)


ARNS = [
    ("arn:aws:iam::aws:policy/ReadOnlyAccess", True),
    ("arn:aws-us-gov:iam::123456789012:policy/teams/Ours", True),
    ("ReadOnlyAccess", False),
    ("arn:aws:iam::aws:policy/", False),
    ("arn:aws:iam::12345678901:policy/Ours", False),
    ("arn:aws:iam::123456789012:user/jane.doe", False),
    ("arn:aws:iam::123456789012:policy/Ours\n", False),
]


@pytest.mark.parametrize(("text", "is_one"), ARNS)
def test_policy_arns(text: str, is_one: bool) -> None:
    assert names.is_policy_arn(text) is is_one


TAGS = [
    pytest.param({}, [], id="no tags"),
    pytest.param({"team": "blue", "größe @ 3:4/5+6=7_8.9-": ""}, [], id="every sign that AWS takes"),
    pytest.param({"k" * 128: "v" * 256}, [], id="the longest"),
    pytest.param(
        {"Keysmith:owner": "me"},
        ["the tag Keysmith:owner is one of our own; choose a key that does not begin with keysmith:"],
        id="one of ours, in any case",
    ),
    pytest.param(
        {"AWS:x": "y"},
        ["the tag AWS:x begins with aws:, which AWS keeps for itself; choose another key"],
        id="one of AWS's",
    ),
    pytest.param(
        {"": "x"}, ["the tag  is too long; AWS takes 128 characters of key and 256 of value"], id="a key of no length"
    ),
    pytest.param(
        {"k" * 129: "x"},
        [f"the tag {'k' * 40} is too long; AWS takes 128 characters of key and 256 of value"],
        id="a key too long",
    ),
    pytest.param(
        {"k": "v" * 257},
        ["the tag k is too long; AWS takes 128 characters of key and 256 of value"],
        id="a value too long",
    ),
    pytest.param(
        {"k": "why; not"},
        ["the tag k has a character that AWS does not take in a tag; use letters, digits, spaces and _ . : / = + - @"],
        id="a sign that AWS does not take",
    ),
    pytest.param(
        {"Team": "x", "team": "y", "TEAM": "z"},
        [
            "the tags Team and team differ by case only, and AWS takes them for one; keep one",
            "the tags Team and TEAM differ by case only, and AWS takes them for one; keep one",
        ],
        id="the same key thrice",
    ),
]


@pytest.mark.parametrize(("tags", "problems"), TAGS)
def test_tags(tags: dict[str, str], problems: list[str]) -> None:
    assert names.tag_problems(tags) == problems


@given(st.text(max_size=400))
def test_any_text_becomes_one_that_a_tag_can_hold(text: str) -> None:
    made = names.tag_text(text)
    assert len(made) <= 256
    assert all(sign in "_.:/=+-@ " or unicodedata.category(sign)[0] in "LN" for sign in made)
    assert names.tag_text(made).strip() == made.strip()


def test_a_text_keeps_what_a_tag_takes() -> None:
    assert names.tag_text("ERP-Team <erp@example.com>; see #7\n(now)") == "ERP-Team erp@example.com see 7 now"
