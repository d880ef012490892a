# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of the modules that only look, and what such tests start from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.integration.ansible_run import run_module
from tests.integration.given import everything, user

if TYPE_CHECKING:
    from tests.emulator.client import Emulator


def seconds_until(moment: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()


def steady(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result less what every run changes: when the operator's own key was last used; and warnings, which are told
    once a process."""
    lists = {
        key: [one for one in result[key] if one["user_name"] != "operator"]
        for key in ("iam_users", "access_keys")
        if key in result
    }
    return {key: value for key, value in {**result, **lists}.items() if key != "warnings"}


def look(aws: Emulator, module: str = "user_info", /, **arguments: Any) -> dict[str, Any]:
    """The module's result; that it is the same in check mode, changes nothing and fails not is held here."""
    aws.clear_log()
    result = run_module(aws, module, arguments)
    made = aws.log()
    assert not result.get("failed"), result.get("msg")
    assert result["changed"] is False
    dry = run_module(aws, module, arguments, check=True)
    assert steady(dry) == steady(result)
    assert aws.log(writes_only=True) == []
    result["calls"] = Counter(entry["action"].partition(":")[2] for entry in made)
    return result


def jane_and_bob(aws: Emulator) -> Any:
    """The account's own client; jane has all that a user can have, bob nothing."""
    iam = aws.client("iam")
    everything(iam)
    user(name="bob", path="/other/")(iam)
    return iam
