# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One situation of a module: what the account has, what is asked, and the write calls that AWS has to see.

Each is run three times: in check mode, for real, and again. What holds for every situation is held here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulator.client import Emulator
from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.fresh import fresh_group, fresh_user
from tests.integration.leaks import leaks, to_hide

UNKNOWN = "(known after apply)"
ONLY_AWS_KNOWS = {"create_date", "upload_date", "user_id", "group_id", "expiration_date", "service_user_name"}
ONLY_AWS_KNOWS |= {"enable_date"}
# Fields of a result that are there only "when read" (see the modules' RETURN).
MAYBE_UNREAD = {"groups", "attached_policies", "console", "password_reset_required", "access_keys"}
MAYBE_UNREAD |= {"mfa_devices"}
MAYBE_UNREAD |= {"inline_policies", "ssh_public_keys", "signing_certificates", "service_specific_credentials"}
IDS = {
    "access_keys": "access_key_id",
    "ssh_public_keys": "ssh_public_key_id",
    "signing_certificates": "certificate_id",
    "service_specific_credentials": "service_specific_credential_id",
    "mfa_devices": "serial_number",
}
Values = Mapping[str, str]
Write = tuple[str, dict[str, Any]]


def call(action: str, **parameters: Any) -> Write:
    """A write call that AWS has to see; its other parameters are left open."""
    return (action if ":" in action else f"iam:{action}", parameters)


@dataclass(frozen=True)
class Situation:
    """`given` prepares the account and may return values for `<NAME>` in arguments and writes; `again` tells that the
    module is documented to make the same calls in every run; `noun` is the result's key and reader."""

    name: str
    arguments: Mapping[str, Any]
    writes: Sequence[Write] = ()
    given: Callable[[Any], Values | None] = lambda iam: None
    again: bool = False
    secrets: Sequence[str] = field(default=(), repr=False)


def filled(value: Any, values: Values) -> Any:
    """`value` with each `<NAME>` in its texts replaced."""
    if isinstance(value, str):
        for name, text in values.items():
            value = value.replace(f"<{name}>", text)
        return value
    if isinstance(value, Mapping):
        return {filled(key, values): filled(item, values) for key, item in value.items()}
    return [filled(item, values) for item in value] if isinstance(value, (list, tuple)) else value


def foretells(predicted: Any, real: Any) -> bool:
    """Whether they are the same but for what only AWS can say: ids and dates."""
    if predicted == UNKNOWN:
        return isinstance(real, str) and bool(real)
    if isinstance(predicted, Mapping) and isinstance(real, Mapping):
        return predicted.keys() == real.keys() and all(
            foretells(value, real[key]) or (value is None and key in ONLY_AWS_KNOWS and bool(real[key]))
            for key, value in predicted.items()
        )
    if isinstance(predicted, list) and isinstance(real, list):
        return len(predicted) == len(real) and all(map(foretells, predicted, real))
    return bool(predicted == real)


def made(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The log's write calls as `actions` counts them."""
    return dict(Counter(entry["action"] for entry in entries))


def hold(aws: Emulator, tmp_path: Path, module: str, situation: Situation) -> dict[str, Any]:
    """Run the situation and hold it to what DESIGN promises; gives the real run's result."""
    iam = aws.client("iam")
    values = {**(situation.given(iam) or {}), "TMP": str(tmp_path), "AGE": owners.age().public}
    arguments = filled(situation.arguments, values)
    noun, name, fresh = _subject(module, arguments)
    before = fresh(iam, name) or fresh(iam, arguments.get("new_name") or name)
    aws.clear_log()

    dry = run_module(aws, module, arguments, check=True)
    assert aws.log(writes_only=True) == []
    assert list(tmp_path.iterdir()) == []
    run = run_module(aws, module, arguments)
    writes = aws.log(writes_only=True)
    after = fresh(iam, arguments.get("new_name") or name)

    assert not dry.get("failed"), dry.get("msg")
    assert not run.get("failed"), run.get("msg")
    _check_writes(writes, filled(situation.writes, values))
    assert dry["actions"] == run["actions"] == made(writes)
    assert dry["plan"] == run["plan"]
    assert dry["summary"] == run["summary"]
    assert dry["changed"] is run["changed"] is bool(writes or run["plan"])
    assert foretells(dry[noun], run[noun]), f"{dry[noun]} foretells not {run[noun]}"
    _check_fresh(run[noun], after)
    _check_diff(dry["diff"], before, after, run[noun])

    aws.clear_log()
    again = run_module(aws, module, arguments)
    wanted = made(writes) if situation.again else {}
    assert made(aws.log(writes_only=True)) == again["actions"] == wanted
    assert again["changed"] is bool(situation.again)
    told = {mode: json.dumps(result) for mode, result in (("dry", dry), ("run", run), ("again", again))}
    assert leaks(told, to_hide(aws.secrets(), *situation.secrets, owners.age().private)) == []
    return run


def _subject(module: str, arguments: Mapping[str, Any]) -> tuple[str, str, Callable[[Any, str], dict[str, Any]]]:
    if module == "group":
        return "iam_group", arguments["name"], fresh_group
    return "user", arguments.get("user_name") or arguments["name"], fresh_user


def _check_writes(writes: Sequence[Mapping[str, Any]], wanted: Sequence[Write]) -> None:
    """The log's calls are those wanted, in order, each with at least the parameters wanted."""
    assert [entry["action"] for entry in writes] == [action for action, _parameters in wanted]
    for entry, (action, parameters) in zip(writes, wanted, strict=True):
        seen = {name: entry["parameters"].get(name) for name in parameters}
        assert seen == parameters, action


def by_id(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its keys in the order of their ids: of two made in one second neither is the first."""
    mine = {kind: its_id for kind, its_id in IDS.items() if kind in told}
    return {**told, **{kind: sorted(told[kind], key=lambda one: str(one[mine[kind]])) for kind in mine}}


def _dated(told: Mapping[str, Any], fresh: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the date of an MFA device that the run has enabled: AWS does not answer with it."""
    if "mfa_devices" not in told:
        return dict(told)
    dates = {one["serial_number"]: one["enable_date"] for one in fresh.get("mfa_devices", ())}
    devices = [{**one, "enable_date": one["enable_date"] or dates[one["serial_number"]]} for one in told["mfa_devices"]]
    return {**told, "mfa_devices": devices}


def _check_fresh(told: Mapping[str, Any], fresh: Mapping[str, Any]) -> None:
    told = _dated(told, fresh)
    assert by_id(told) == {key: value for key, value in by_id(fresh).items() if key in told}
    assert fresh.keys() - told.keys() <= MAYBE_UNREAD


def _check_diff(
    diff: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], told: Mapping[str, Any]
) -> None:
    """The diff tells every attribute that AWS has changed, with its old value; the new one is the prediction's."""
    before, after, old, new = by_id(before), by_id(after), by_id(diff["before"]), by_id(diff["after"])
    for key in (before.keys() | after.keys()) - ONLY_AWS_KNOWS:
        if before.get(key) == after.get(key):
            continue
        if key in before and (after or key in told):
            assert old.get(key) == before[key], key
        if after:
            assert new.get(key) != old.get(key), key
    assert (bool(old), bool(new)) == (bool(before), bool(after))
