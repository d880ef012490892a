# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People pasted as a table: what spreadsheets and hands write, the number of each line, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import (
    Line,
    field_of,
    looks_like_yaml,
    read_table,
)

READ: dict[str, tuple[str, list[tuple[int, dict[str, str]]]]] = {
    "commas": (
        "name,owner\njane,a\njoe,b\n",
        [(2, {"name": "jane", "owner": "a"}), (3, {"name": "joe", "owner": "b"})],
    ),
    "semicolons": ("name;groups\njane;A,B", [(2, {"name": "jane", "groups": "A,B"})]),
    "tabs, as a spreadsheet gives them": ("name\tgroups\njane\tA, B; C", [(2, {"name": "jane", "groups": "A, B; C"})]),
    "one column": ("name\njane\n\njoe", [(2, {"name": "jane"}), (4, {"name": "joe"})]),
    "a browser's line breaks": ("name,owner\r\njane,a\r\n", [(2, {"name": "jane", "owner": "a"})]),
    "an old one's": ("name\rjane\rjoe", [(2, {"name": "jane"}), (3, {"name": "joe"})]),
    "a byte order mark": ("\ufeffname\njane", [(2, {"name": "jane"})]),
    "empty lines and rows": ("\n\nname,owner\n , \n,\njane,a", [(6, {"name": "jane", "owner": "a"})]),
    "a cell of several lines": (
        'name,tags\njane,"a=1\nb=2"\njoe,',
        [(2, {"name": "jane", "tags": "a=1\nb=2"}), (4, {"name": "joe", "tags": ""})],
    ),
    "the separator in a cell": ('name, owner\njane, "a, ""b"""', [(2, {"name": "jane", "owner": 'a, "b"'})]),
    "questions as columns": ("User name,Use-Case\njane,human", [(2, {"name": "jane", "use_case": "human"})]),
    "empty columns at the end": ("name,owner,,\njane,a,,", [(2, {"name": "jane", "owner": "a"})]),
    "nobody": ("name,owner\n", []),
}


@pytest.mark.parametrize("case", READ)
def test_a_table_is_read(case: str) -> None:
    text, wanted = READ[case]
    assert read_table(text) == ([Line(number, fields) for number, fields in wanted], [])


REFUSED: dict[str, tuple[str, list[str]]] = {
    "no line of names": (
        "jane.doe,hunter2",
        ["line 1: column 1 is none of name,", "line 1: column 2 is none", "line 1: no"],
    ),
    "a misspelt column": ("\nname,onwer\njane,x", ["line 2: column 2 is none of name, use_case, owner,"]),
    "no names of users": ("owner\nx", ["line 1: no column is called name"]),
    "nothing": ("  \n", ["line 1: no column is called name"]),
    "two of one column": ("name,User name\na,b", ["line 1: two columns are name; keep one"]),
    "a column of passwords": ("name,Console password\njane,hunter2", ["line 1: column 2 has a secret's name"]),
    "a cell too few": ("name,owner\njane\njoe,x", ["line 2: it has 1 cells, and the first line names 2 columns"]),
    "a cell too many": ("name,owner\njoe,x\njane,hunter2,y", ["line 3: it has 3 cells"]),
    "a cell below no name": ("name,,\njoe,,hunter2", ["line 2: a cell stands in a column without a name"]),
    "an open quotation mark": ('name,owner\njoe,x\njane,"hunter2\njim,y', ["line 3: its quotation marks do not match"]),
    "a broken line of names": ('name,"owner"x', ["line 1: its quotation marks do not match"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_is_refused_by_its_line_and_never_quoted(case: str) -> None:
    text, wanted = REFUSED[case]
    _lines, problems = read_table(text)
    assert len(problems) == len(wanted)
    assert [problem[: len(start)] for problem, start in zip(problems, wanted, strict=True)] == wanted
    assert "hunter2" not in " ".join(problems)


def test_what_is_right_beside_a_wrong_line_is_read() -> None:
    lines, problems = read_table("name,owner\njane\njoe,x")
    assert (lines, len(problems)) == ([Line(3, {"name": "joe", "owner": "x"})], 1)


FORMATS = [
    ("name,owner\n- x", False),
    ("name", False),
    ("name;owner: x", False),
    ("User name,Owner", False),
    ("", False),
    ("# people\n\n- name: jane", True),
    ("  - name: jane", True),
    ("---\n- name: jane", True),
    ('[{"name": "jane"}]', True),
    ("{users: []}", True),
    ("onboard_users:\n  - name: jane", True),
    ('"name": jane', True),
    ("-\n  name: jane", True),
]


@pytest.mark.parametrize(("text", "is_yaml"), FORMATS)
def test_yaml_is_told_from_a_table(text: str, is_yaml: bool) -> None:
    assert looks_like_yaml(text) is is_yaml


FIELDS: list[tuple[str, Any]] = [
    ("name", "name"),
    (" Use Case ", "use_case"),
    ("public-keys", "public_keys"),
    ("Public keys of the owner", "public_keys"),
    ("WHERE THE SECRETS GO", "store"),
    ("MFA device", "mfa_device"),
    ("handover", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "field"), FIELDS)
def test_a_field_by_its_name_or_its_question(text: str, field: Any) -> None:
    assert field_of(text) == field
