# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.client import Emulator
from tests.integration.crash.people import Owner, Work


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Owner:
    return Owner.made_in(tmp_path_factory.mktemp("owner"))


@pytest.fixture
def work(aws: Emulator, owner: Owner, tmp_path: Path) -> Work:
    return Work(aws, owner, tmp_path)
