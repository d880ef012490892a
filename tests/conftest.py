# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every test relies on: collections that plain pytest can import, no real AWS account in reach, the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parent.parent


def _collections_root() -> Path:
    """Give the folder whose ansible_collections/keysmith/iam is this checkout, making the link where it is missing."""
    link = ROOT / ".collections/ansible_collections/keysmith/iam"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("../../..", target_is_directory=True)
    return ROOT / ".collections"


def _amazon_aws_root() -> Path:
    """Give the site-packages with amazon.aws: this interpreter's own, else that of the main .venv (ansible is big)."""
    candidates = [Path(entry) for entry in sys.path] + sorted(ROOT.glob(".venv/lib/python3*/site-packages"))
    for candidate in candidates:
        if (candidate / "ansible_collections/amazon/aws").is_dir():
            return candidate
    raise pytest.UsageError("the amazon.aws collection is not installed: run 'make setup'")


def _install_collection_finder() -> None:
    """Make ansible_collections.* importable, here and in every ansible process that a test starts."""
    paths = [str(_collections_root()), str(_amazon_aws_root())]
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(paths)
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    _AnsibleCollectionFinder(paths=paths)._install()


def _forget_whose_machine_this_is() -> None:
    """Take away every AWS credential source, so that no test can reach a real account, and Ansible's own settings.

    The interpreter's programs come first on PATH: ansible-runner finds ansible-playbook there and nowhere else.
    """
    for name in [name for name in os.environ if name.startswith(("AWS_", "ANSIBLE_", "BOTO"))]:
        del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        ANSIBLE_CONFIG=str(ROOT / "tests/ansible.cfg"),
        PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    )


_forget_whose_machine_this_is()
_install_collection_finder()
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the collection's own code, which take milliseconds, for every ansible-core of the matrix."""
    for item in items:
        if item.path.is_relative_to(ROOT / "tests/unit/plugins"):
            item.add_marker(pytest.mark.core_matrix)


@pytest.fixture(scope="session")
def installed_collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the collection, install it as a user does, and give the collections path that then holds keysmith.iam.

    A run that is to use it needs ANSIBLE_COLLECTIONS_PATH with it first and the path of amazon.aws after it.
    """
    folder = tmp_path_factory.mktemp("installed")
    galaxy = [sys.executable, "-m", "ansible", "galaxy", "collection"]
    subprocess.run([*galaxy, "build", "--output-path", folder], cwd=ROOT, check=True, capture_output=True)
    (tarball,) = folder.glob("keysmith-iam-*.tar.gz")
    install = [*galaxy, "install", "--offline", "--no-deps", "--force", "--collections-path", folder, tarball]
    subprocess.run(install, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """One embedded AWS for the whole session (for each worker, with pytest-xdist)."""
    from tests.emulator.client import Emulator

    with Emulator() as running:
        yield running


@pytest.fixture
def aws(emulator: Emulator) -> Iterator[Emulator]:
    """The embedded AWS as it is on its first day: one user, no faults, an empty log."""
    emulator.clear_faults()
    emulator.reset()
    emulator.clear_log()
    yield emulator
    emulator.clear_faults()
    emulator.release()
