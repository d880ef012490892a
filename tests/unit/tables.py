# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The list-tables of the guides as rows of cells, so that a test can hold what they say."""

from __future__ import annotations

import re
from pathlib import Path


def rows(guide: Path, heading: str) -> list[list[str]]:
    """The cells of the first list-table below a heading, row by row, without the header's row; a cell is one line.
    ValueError where the table or a cell is missing."""
    _before, found, below = guide.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    body = re.search(r"^\.\. list-table::.*\n((?:\n| {3,}.*\n)*)", below, re.MULTILINE)
    if not found or body is None:
        raise ValueError(f"{guide.name} has no table below {heading}")
    table = [_cells(row) for row in re.split(r"^ {3}\* ", body[1], flags=re.MULTILINE)[1:]]
    if {len(row) for row in table} != {len(table[0])}:
        raise ValueError(f"{guide.name}: the rows below {heading} are not of one length")
    return table[1:]


def _cells(row: str) -> list[str]:
    return [" ".join(cell.split()) for cell in re.split(r"^(?: {5})?-(?: |$)", row, flags=re.MULTILINE)[1:]]


def code(cell: str) -> list[str]:
    """What stands in double backticks."""
    return re.findall(r"``([^`]+)``", cell)
