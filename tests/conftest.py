# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every test relies on: collections that plain pytest can import, no real AWS account in reach, the emulator."""

from __future__ import annotations

import os
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


def _forget_real_accounts() -> None:
    """Take away every AWS credential source, so that no test can reach an account of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true"
    )


_forget_real_accounts()
_install_collection_finder()
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


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
