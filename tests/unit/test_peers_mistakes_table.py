# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every mistake of the peers is in the guide's tables, with tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.unit.tables import code, rows

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/docsite/rst/peers_mistakes.rst"
TABLES = {
    "In amazon.aws 11.4.0": [f"B{number}" for number in range(1, 18)],
    "What users of Ansible, Terraform, Vault and Cloud Custodian ask for": [str(number) for number in range(1, 21)],
}


@cache
def written_in(path: Path) -> set[str]:
    """The names of a file's tests; empty when there is no such file."""
    if not path.is_file():
        return set()
    source = ast.parse(path.read_text(encoding="utf-8"))
    return {one.name for one in source.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


@pytest.mark.parametrize("heading", TABLES)
def test_each_mistake_stands_there_once(heading: str) -> None:
    assert [number for number, *_rest in rows(GUIDE, heading)] == TABLES[heading]


@pytest.mark.parametrize("heading", TABLES)
def test_each_is_held_by_tests_that_exist(heading: str) -> None:
    for number, *_rest, held_by in rows(GUIDE, heading):
        named = code(held_by)
        assert named, number
        for name in named:
            path, _colons, test = name.partition("::")
            assert test in written_in(ROOT / path), f"{number}: {name}"
