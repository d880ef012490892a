# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People pasted as YAML: texts stay as they stand there, what is wrong has its line, and nothing is quoted."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import FIELDS, Line
from ansible_collections.keysmith.iam.plugins.module_utils._shell import survey
from ansible_collections.keysmith.iam.plugins.module_utils._shell.survey import read_yaml

JANE = {"name": "jane"}

READ = {
    "as deep as it may": ("users: [{name: jane, tags: {a: b}}]", [Line(1, {**JANE, "tags": {"a": "b"}})]),
    "a list": (
        "- name: jane\n  groups: [a, b]\n- name: joe",
        [Line(1, {**JANE, "groups": ["a", "b"]}), Line(3, {"name": "joe"})],
    ),
    "as in a roster": ("# people\nonboard_users:\n  - name: jane\n", [Line(3, JANE)]),
    "JSON": ('{"users": [{"User name": "jane", "tags": {"n": 1}}]}', [Line(1, {**JANE, "tags": {"n": "1"}})]),
    "what YAML takes for something else": (
        "- name: 007\n  owner: no\n  path: 2026-11-22\n  store: 0x1F\n  groups: [on, ~]\n  console: Yes",
        [
            Line(
                1,
                {
                    "name": "007",
                    "owner": "no",
                    "path": "2026-11-22",
                    "store": "0x1F",
                    "groups": ["on", ""],
                    "console": "Yes",
                },
            )
        ],
    ),
    "nothing below a field": ("- name: jane\n  owner:\n  tags: ~", [Line(1, {**JANE, "owner": "", "tags": ""})]),
    "a text of several lines": (
        "- name: jane\r\n  public_keys: |\r\n    a\r\n    b\r\n",
        [Line(1, {**JANE, "public_keys": "a\nb\n"})],
    ),
    "nobody": ("onboard_users:\n", []),
    "an empty list": ("[]", []),
    "an empty document": ("---\n", []),
}


@pytest.mark.parametrize("case", READ)
def test_yaml_is_read(case: str) -> None:
    text, lines = READ[case]
    assert read_yaml(text) == (lines, [])


REFUSED = {
    "an unknown field": ("- name: jane\n  hunter2: x", f"line 2: this field is none of {', '.join(FIELDS)};"),
    "a field of the roster that no form gives": (
        "- name: jane\n  handover: {store: file}",
        "line 2: this field is none of",
    ),
    "a password": ("- name: jane\n  password: hunter2", "line 2: this field has a secret's name"),
    "a field twice": ("- name: jane\n  name: hunter2", "line 2: the user has name twice; keep one"),
    "a tag twice": ("- name: jane\n  tags: {a: 1, a: hunter2}", "line 2: two names in it are the same; keep one"),
    "a text": ("- hunter2", "line 1: it is no user; write - name: and its other fields below"),
    "groups": (
        "onboard_groups: [hunter2]\nonboard_users: []",
        "line 1: it is no list of users; begin each user with a dash",
    ),
    "one user": ("name: hunter2", "line 1: it is no list of users; begin each user with a dash"),
    "no list": ("onboard_users:\n  name: hunter2", "line 2: it is no list of users; begin each user with a dash"),
    "a nested list": ("- name: jane\n  groups:\n  - [hunter2]", "line 3: it is nested too deep"),
    "a name that is a list": ("- [name]: hunter2", "line 1: it is nested too deep"),
    "a nested tag": ("- name: jane\n  tags: {a: {b: hunter2}}", "line 2: it is nested too deep"),
    "bad indentation": ("- name: jane\n owner: hunter2", "line 2: it is no YAML that can be read"),
    "a tabulator": ("- name: jane\n\towner: hunter2", "line 2: it is no YAML that can be read"),
    "two documents": ("- name: jane\n---\n- name: hunter2", "line 2: it is no YAML that can be read"),
    "a character": ("- name: \0hunter2", "line 1: it is no YAML that can be read"),
    "an abyss": ("[" * 5000, "line 1: it is nested too deep"),
    "an alias": ("- &hunter2 {name: jane}\n- *hunter2", "line 2: it holds a YAML alias; write out what it stands for"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_yaml_is_refused_by_its_line_and_never_quoted(case: str) -> None:
    text, start = REFUSED[case]
    (problem,) = read_yaml(text)[1]
    assert problem.startswith(start)
    assert "hunter2" not in problem


@given(
    st.lists(
        st.dictionaries(st.sampled_from(FIELDS), st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1),
        min_size=1,
    )
)
def test_what_is_written_comes_back(users: list[dict[str, str]]) -> None:
    lines, problems = read_yaml(yaml.safe_dump(users, allow_unicode=True, default_style='"'))
    assert ([line.fields for line in lines], problems) == (users, [])


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "HAS_YAML", False)
    with pytest.raises(KeysmithError, match="PyYAML"):
        read_yaml("[]")
