# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The operations that we answer ourselves, and what their functions are given."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.emulator.journal import Secrets
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import Account, Caller, World

_DEFAULT_PAGE = 100


@dataclass(frozen=True)
class Call:
    """One authenticated, parsed and validated call."""

    world: World
    account: Account
    caller: Caller
    parameters: Parameters
    secrets: Secrets
    region: str

    def get(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]


Operation = Callable[[Call], Parameters]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Register a function under a name like `iam:CreateUser`; what it returns is the result as boto3 would show it."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


CHECKS: dict[str, Callable[[Call], None]] = {}


def check_before(*names: str) -> Callable[[Callable[[Call], None]], Callable[[Call], None]]:
    """Register what may refuse a call before moto answers it."""

    def register(function: Callable[[Call], None]) -> Callable[[Call], None]:
        CHECKS.update(dict.fromkeys(names, function))
        return function

    return register


def refusal(code: str, message: str) -> AwsError:
    """An error of IAM, with the HTTP status that its model gives the code."""
    return AwsError(code, message)


def paged(call: Call, items: Sequence[Any], key: Callable[[Any], str]) -> tuple[list[Any], Parameters]:
    """The page that MaxItems and Marker ask for, and IsTruncated with the next Marker.

    The marker tells the last key shown, not a position, so that a list that shrinks between two pages skips nothing.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
    """
    size = min(call.get("MaxItems") or _DEFAULT_PAGE, call.world.page_size or 1000)
    ordered = sorted(items, key=key)
    if call.get("Marker"):
        after = _unmarked(call["Marker"])
        ordered = [item for item in ordered if key(item) > after]
    page = ordered[:size]
    if len(ordered) <= size:
        return page, {"IsTruncated": False}
    marker = base64.urlsafe_b64encode(key(page[-1]).encode()).decode()
    return page, {"IsTruncated": True, "Marker": marker}


def _unmarked(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker).decode()
    except ValueError:
        raise refusal("ValidationError", f"Invalid Marker: {marker}") from None
