# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a user installs: everything a run needs, and nothing else of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    *("meta", "plugins", "roles", "playbooks", "extensions", "docs", "examples", "changelogs"),
    *("README.md", "LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", "CHANGELOG.rst"),
    *("MANIFEST.json", "FILES.json"),
}
NEEDED_AT_RUN_TIME = ("meta", "plugins", "roles", "playbooks")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _tracked(folder: str) -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name for name in listed if (ROOT / name).is_file()}


def test_nothing_but_the_collection_is_shipped(installed_collection: Path) -> None:
    shipped = _files(installed_collection / "ansible_collections/keysmith/iam")
    assert {name.split("/")[0] for name in shipped} <= SHIPPED
    assert not [name for name in shipped if name.startswith(("extensions/molecule", "changelogs/fragments"))]


@pytest.mark.parametrize("folder", NEEDED_AT_RUN_TIME)
def test_all_that_a_run_needs_is_shipped(installed_collection: Path, folder: str) -> None:
    shipped = _files(installed_collection / "ansible_collections/keysmith/iam")
    assert _tracked(folder) <= shipped


@pytest.mark.core_matrix
def test_the_installed_modules_are_documented(installed_collection: Path) -> None:
    modules = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
    assert modules, "no modules yet"
    paths = os.pathsep.join([str(installed_collection), *os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:]])
    command = [
        sys.executable,
        "-m",
        "ansible",
        "doc",
        "--type",
        "module",
        *(f"keysmith.iam.{name}" for name in modules),
    ]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": paths}
    shown = subprocess.run(
        command, env=environment, cwd=installed_collection, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert [name for name in modules if f"keysmith.iam.{name}" not in shown.stdout] == []
