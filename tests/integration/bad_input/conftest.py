# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.client import Emulator
from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import prepare


@pytest.fixture
def counter(aws: Emulator, tmp_path: Path) -> Counter:
    keys = prepare(aws, tmp_path)
    return Counter(aws, tmp_path, keys)
