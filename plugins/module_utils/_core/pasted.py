# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People who were pasted into a form as a table: comma-separated values, also with semicolons or tabs as spreadsheets
give them. No problem quotes what was pasted: a password in the wrong column must not reach a log.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.looks_secret import findings

# Each field with its question in the form, and the variable onboard_survey_<field>.
QUESTIONS = {
    "name": "User name",
    "use_case": "Use case",
    "owner": "Owner",
    "justification": "Why it cannot be a role",
    "path": "Path",
    "groups": "Groups",
    "credentials": "Credentials",
    "public_keys": "Public keys of the owner",
    "store": "Where the secrets go",
    "tags": "Tags",
}
# As in a roster: yes or no, in pasted people only.
SWITCHES = ("console", "access_key", "mfa_device")
FIELDS = (*QUESTIONS, *SWITCHES)

_DELIMITERS = ",;\t"
_YAML = re.compile(r"---|[-\[{%]|[\w \"'-]+:(\s|$)")
# Browsers send a form's line breaks as CR and LF (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html).
_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Line:
    """One pasted user: the number of the line on which it begins, from 1, and its fields, as they were given."""

    number: int
    fields: Mapping[str, Any]


def folded(text: str) -> str:
    """A name as it counts: MFA device, mfa-device and mfa_device are one."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def lines_of(text: str) -> list[str]:
    return _BREAK.split(text.removeprefix("\ufeff"))


def looks_like_yaml(text: str) -> bool:
    """By the first line that says something: a table names its columns there."""
    first = next((line.strip() for line in lines_of(text) if line.strip() and not line.strip().startswith("#")), "")
    return _YAML.match(first) is not None


def field_of(text: str) -> str | None:
    """The field that a column's or a YAML field's name means, by its name or its question; None where none."""
    names = {folded(question): field for field, question in QUESTIONS.items()}
    name = folded(text)
    return name if name in FIELDS else names.get(name)


def secret_name(text: str) -> bool:
    """Whether a column's or field's name says that a secret stands below it."""
    return field_of(text) is None and bool(findings({text: ""}))


def unknown_field(what: str, name: str) -> str:
    """What is wrong with a column or field that is none of ours."""
    if secret_name(name):
        return (
            f"{what} has a secret's name or looks like one; leave it out, since secrets are made by the run, and"
            " replace what was in it"
        )
    return f"{what} is none of {', '.join(FIELDS)}; correct or remove it"


def read_table(text: str) -> tuple[list[Line], list[str]]:
    """The users of a table and what is wrong with it. Its first line that is not empty names the columns."""
    rows = _rows(text)
    try:
        number, header = next(rows, (1, []))
        columns, problems = _columns(number, header)
        if problems:
            return [], problems
        return _users(columns, rows)
    except _Unreadable as error:
        return [], [str(error)]


class _Unreadable(Exception):
    pass


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, after the number of its first line."""
    lines = [f"{line}\n" for line in lines_of(text)]
    head = next((line for line in lines if line.strip()), "")
    # The first of those that stand most often, so a comma where there is none.
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            told = "its quotation marks do not match; put a cell into a pair of them, and double those inside it"
            raise _Unreadable(f"line {number}: {told}") from None
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield number, row


def _columns(number: int, header: list[str]) -> tuple[list[str | None], list[str]]:
    """The field of each column, None for one without a name."""
    columns = [field_of(cell) if cell.strip() else None for cell in header]
    problems = [
        f"line {number}: {unknown_field(f'column {place}', cell)}"
        for place, (cell, field) in enumerate(zip(header, columns, strict=True), 1)
        if cell.strip() and field is None
    ]
    twice = sorted({field for field in columns if field is not None and columns.count(field) > 1})
    problems += [f"line {number}: two columns are {field}; keep one" for field in twice]
    if "name" not in columns:
        problems.append(
            f"line {number}: no column is called name; begin with a line that names the columns, as in"
            " name,use_case,owner"
        )
    return columns, problems


def _users(columns: list[str | None], rows: Iterable[tuple[int, list[str]]]) -> tuple[list[Line], list[str]]:
    found: list[Line] = []
    problems = []
    for number, row in rows:
        cells = list(zip(columns, row, strict=False))
        # A cell that is missing in the middle shifts all behind it, so nothing is guessed.
        if len(row) != len(columns):
            problems.append(
                f"line {number}: it has {len(row)} cells, and the first line names {len(columns)} columns; give each"
                " column a cell, and put a cell that holds the separator into quotation marks"
            )
        elif any(cell.strip() for field, cell in cells if field is None):
            problems.append(
                f"line {number}: a cell stands in a column without a name; name the column or empty the cell"
            )
        else:
            found.append(Line(number, {field: cell for field, cell in cells if field is not None}))
    return found, problems
