# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A gateway to the embedded AWS whose pauses are written down and not waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from tests.emulator.client import Emulator


@dataclass
class Way:
    """The gateway, the account behind it, and how long the gateway would have waited."""

    aws: Emulator
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = Gateway(self._connect, sleep=self.pauses.append)

    def _connect(self, service: str, config: Any, write: bool) -> Any:
        return self.aws.client(service, config=config)

    def calls(self, action: str) -> list[dict[str, Any]]:
        return [entry for entry in self.aws.log() if entry["action"] == action]


@pytest.fixture
def way(aws: Emulator) -> Way:
    return Way(aws)


@pytest.fixture
def iam(aws: Emulator) -> Any:
    return aws.client("iam")
