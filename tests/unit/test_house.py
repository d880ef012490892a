# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of the house that no linter keeps: sizes, headers, one source of truth for names, versions and commands."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES = 40
MODULE_UTILS_LINES = 400
COPYRIGHT = [
    "# Copyright: (c) 2026, keysmith.iam contributors",
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
]
POSTPONED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")  # the rule names what it forbids


def _listed(*patterns: str) -> list[str]:
    """Give the files that git tracks or would track, as paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def _yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


PYTHON = _listed("*.py")


def long_functions(source: str) -> Iterator[str]:
    """Name each function that has too many lines; its docstring does not count, decorators neither."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = ast.get_docstring(node) is not None
            docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring
            if lines > FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"


def postponed(source: str) -> list[str]:
    """Give the comments that put work off."""
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT and POSTPONED.search(token.string)]


@pytest.mark.parametrize("name", PYTHON)
def test_python_files(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    head = [line for line in source.splitlines()[:4] if not line.startswith(("#!", "# -*-"))]
    assert head[:2] == COPYRIGHT
    assert list(long_functions(source)) == []
    assert postponed(source) == []


@pytest.mark.parametrize("name", _listed("plugins/module_utils/*.py"))
def test_module_utils_stay_small(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MODULE_UTILS_LINES


def test_the_rules_can_fail() -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    assert list(long_functions(f"def long():\n{body}")) == [f"long: {FUNCTION_LINES + 1} lines"]
    assert list(long_functions(f'def short():\n    """One\n    two."""\n{body[:-10]}')) == []
    assert postponed("x = 1  # " + "TODO: later\n") == ["# " + "TODO: later"]


def test_every_module_is_in_the_action_group() -> None:
    group = _yaml("meta/runtime.yml")["action_groups"]["aws"]
    modules = {Path(name).stem for name in _listed("plugins/modules/*.py")}
    assert {entry for entry in group if isinstance(entry, str)} == modules
    assert {"metadata": {"extend_group": ["amazon.aws.aws"]}} in group


def test_the_version_has_a_changelog() -> None:
    version = _yaml("galaxy.yml")["version"]
    released = _yaml("changelogs/changelog.yaml")["releases"]
    assert version in released or _listed("changelogs/fragments/*.yml"), f"{version} has neither entry nor fragment"


def test_no_module_is_of_a_later_version() -> None:
    """A release's changelog lists the new modules by ``version_added``; with a later one they are in none."""
    version = _version(_yaml("galaxy.yml")["version"])
    added = {
        name: re.findall(r"^version_added: (.+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in _listed("plugins/modules/*.py")
    }
    assert {name: told for name, told in added.items() if [_version(one) <= version for one in told] != [True]} == {}


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


class Session:
    """Stands for a nox session: keeps the command that it was asked to run."""

    posargs = ("-k",)

    def run(self, *command: str, external: bool) -> None:
        self.command = command


def test_nox_calls_make_for_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: dict[str, Callable[[Session], None]] = {}

    def register(name: str, venv_backend: str) -> Callable[[Callable[[Session], None]], None]:
        return lambda function: sessions.update({name: function})

    monkeypatch.setitem(sys.modules, "nox", SimpleNamespace(options=SimpleNamespace(), session=register))
    runpy.run_path(str(ROOT / "noxfile.py"))
    parts = re.findall(r"^PARTS := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    assert set(sessions) == {*parts, "demo", "bench"}
    for name, function in sessions.items():
        session = Session()
        function(session)
        assert session.command == ("make", name, "-k")


def test_make_test_runs_targets_that_exist() -> None:
    dry = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for marker in (
        "ruff check",
        "ansible-lint",
        "sanity.sh",
        "molecule test",
        "matrix.sh",
        "pytest -n 2 --dist loadfile --no-loadscope-reorder tests/integration",
    ):
        assert marker in dry


def test_no_ignore_file_of_ansible_test_has_an_entry_without_reason() -> None:
    for name in _listed("tests/sanity/ignore-*.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert " # " in line, f"{name}: {line!r} says no reason"
