# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the emulator's tests share: an IAM client of the operator, and the code that AWS refuses with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator

Refused = Callable[..., tuple[str, int]]


@pytest.fixture
def iam(aws: Emulator) -> Any:
    return aws.client("iam")


@pytest.fixture
def refused() -> Refused:
    """Call a boto3 method that must be refused; gives the error code and the HTTP status."""

    def call(method: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as caught:
            method(**parameters)
        answer = caught.value.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]

    return call
