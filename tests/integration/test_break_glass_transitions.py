# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each action of the role break_glass does in each state, and what it refuses and why: dry runs of a table."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._core import evidence
from tests.integration import owners
from tests.integration.ansible_run import Ansible
from tests.integration.break_glass import NAMES, PLAYBOOK, WHO, Glass
from tests.integration.crash.warm import Warm

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

FIRST, SECOND = NAMES
TAG = "keysmith:break-glass"
FOR = {"ticket": "INC-4711", "requester": "jane.doe@example.com"}
OTHER = {**WHO, "ticket": "INC-1"}
# What was written down of whom, oldest first.
HISTORIES: dict[str, list[tuple[str, str]]] = {
    "absent": [],
    "sealed": [],
    "closed": [("opened", FIRST), ("closing", FIRST), ("closed", FIRST)],
    "opened": [("opened", FIRST)],
    "drill": [("drill_opened", FIRST)],
    "drill that was tried": [("drill_opened", SECOND)],
    "closing": [("opened", FIRST), ("closing", FIRST)],
    "rotating": [("closing", FIRST)],
    "both opened": [("opened", FIRST), ("opened", SECOND)],
    "one opened, one closing": [("opened", FIRST), ("opened", SECOND), ("closing", SECOND)],
}
WOULD_OPEN_1, WOULD_OPEN_2 = f"Would open: {FIRST}, until ", f"Would open: {SECOND}, until "
KEPT = f"Nothing was changed, since these are open, or being closed: {FIRST}. Run with break_glass_action=close first."
NOT_OPEN = "Nothing is open, so nothing is closed. An opening that was written down on another machine"
IS_OPEN = f"Nothing was opened, since {FIRST} is open for INC-4711, by jane.doe@example.com."
IS_CLOSING = f"Nothing was opened, since {FIRST} is being closed and its secrets change."
ALL_OPEN = f"Nothing was opened, since each of {FIRST}, {SECOND} is open or being closed."
NO_MANIFEST = "manifest.json, which says where the sealed secrets are."
PROVISIONED = f"Emergency users: {FIRST}, {SECOND}. "
TO_BE_TRIED = f"The drill of {FIRST} is open: let the custodians open its secrets"
CLOSES = {name: f"Closes: {name}." for name in NAMES}
ONE, TWO, ROTATE = {"user": FIRST}, {"user": SECOND}, {"rotate": True}
Row = tuple[str, str, dict[str, Any], str]
# The state, the action, its variables, and a part of what it says.
TABLE: list[Row] = [
    ("absent", "provision", {}, "Emergency users: way-in-8, way-in-9. "),
    ("absent", "open", WHO, NO_MANIFEST),
    ("absent", "drill", WHO, NO_MANIFEST),
    ("absent", "close", {}, NOT_OPEN),
    ("absent", "check", {}, "it is not there."),
    ("sealed", "provision", {}, PROVISIONED),
    ("sealed", "open", WHO, WOULD_OPEN_1),
    ("sealed", "drill", WHO, WOULD_OPEN_1),
    ("sealed", "close", {}, NOT_OPEN),
    ("sealed", "close", {**ROTATE, **ONE}, CLOSES[FIRST]),
    ("sealed", "close", ROTATE, f"Closes: {FIRST}, {SECOND}."),
    ("sealed", "check", {}, f"Ready: {FIRST}, {SECOND}."),
    ("closed", "close", {}, NOT_OPEN),
    ("opened", "provision", {}, KEPT),
    ("opened", "open", WHO, WOULD_OPEN_1),
    ("opened", "open", {**OTHER, **ONE}, IS_OPEN),
    ("opened", "open", OTHER, WOULD_OPEN_2),
    ("opened", "drill", {**WHO, **ONE}, IS_OPEN),
    ("opened", "drill", WHO, WOULD_OPEN_2),
    ("opened", "close", {}, CLOSES[FIRST]),
    ("opened", "check", {}, f"Ready: {FIRST}, {SECOND}."),
    ("drill", "provision", {}, KEPT),
    ("drill", "open", {**WHO, **ONE}, IS_OPEN),
    ("drill", "drill", WHO, TO_BE_TRIED),
    ("drill", "close", {}, CLOSES[FIRST]),
    ("closing", "provision", {}, KEPT),
    ("closing", "open", {**WHO, **ONE}, IS_CLOSING),
    ("closing", "open", OTHER, WOULD_OPEN_2),
    ("closing", "drill", {**WHO, **ONE}, IS_OPEN),
    ("closing", "close", {}, CLOSES[FIRST]),
    ("rotating", "open", {**WHO, **ONE}, IS_CLOSING),
    ("rotating", "close", {}, CLOSES[FIRST]),
    ("rotating", "close", {**ROTATE, **TWO}, f"since {SECOND} is the only emergency user that works"),
    ("both opened", "open", OTHER, ALL_OPEN),
    ("both opened", "drill", OTHER, ALL_OPEN),
    ("one opened, one closing", "close", ONE, f"break_glass_rotate=true and break_glass_user={SECOND}."),
    ("one opened, one closing", "close", {}, f"Closes: {SECOND}, {FIRST}."),
]
# The same where the tag of the first says what the evidence does not: a run was killed, or another machine opened it.
BY_TAG: dict[str, list[Row]] = {
    "closing": [
        ("sealed", "provision", {}, PROVISIONED),
        ("sealed", "close", {}, CLOSES[FIRST]),
        ("sealed", "close", {**ROTATE, **TWO}, f"since {SECOND} is the only emergency user that works"),
        ("sealed", "close", {**ROTATE, **ONE}, CLOSES[FIRST]),
    ],
    "opened": [
        ("sealed", "provision", {"hardened": True}, KEPT),
        ("sealed", "close", {"hardened": True}, CLOSES[FIRST]),
    ],
}


@dataclass(frozen=True)
class Table:
    """A folder with what was provisioned, and playbooks that start warm."""

    glass: Glass
    warm: Warm

    @property
    def folder(self) -> Path:
        return self.glass.ansible.folder

    def start(self, *arguments: str) -> int:
        environment = {"KEYSMITH_RESULTS": str(self.folder / "results"), "KEYSMITH_GIVEN": os.devnull}
        return self.warm.wait(self.warm.start(list(arguments), self.folder, self.folder / "output", environment))

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8")[-3000:]

    def said(self, rows: list[Row]) -> list[str]:
        """What the role says at the end of each row, or why it ends. All are dry runs of one play."""
        tasks = [self.case(number, row) for number, row in enumerate(rows)]
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        (self.folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        (self.folder / "results").unlink(missing_ok=True)
        assert self.start("play.yml", "--check") == 0, self.output
        told, last = [], ""
        for line in (self.folder / "results").read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            message = one["result"].get("msg")
            if one["task"] == "End":
                told.append(last)
            elif message and one["status"] != "skipped":
                last = " ".join((message if isinstance(message, str) else " ".join(message)).split())
        return told

    def case(self, number: int, row: Row) -> dict[str, Any]:
        state, action, more, said = row
        # One team may answer for both.
        users = [{"name": name, "owner": "team@example.com"} for name in ("way-in-8", "way-in-9")]
        given = {
            "users": users if state == "absent" else [{"name": name} for name in NAMES],
            "password_custodians": {"seal_to": [owners.age().public]},
            "mfa_custodians": {"seal_to": [owners.ssh("ed25519").public]},
            "alarms": False,
            "path": f"{self.state_of(state)}/",
            "action": action,
            **more,
        }
        variables = {f"break_glass_{key}": value for key, value in given.items()}
        parts: list[dict[str, Any]] = [{}]
        tell: list[dict[str, Any]] = []
        if action == "close" and said.startswith("Closes: "):
            # What is closed, and in which order; that it is closed takes far longer, and is seen in other tests.
            parts = [{"tasks_from": "evidence.yml"}, {"tasks_from": "states.yml", "public": True}]
            message = "Closes: {{ __break_glass_targets | join(', ') }}."
            tell = [{"ansible.builtin.debug": {"msg": message}, "vars": variables}]
        name = {"name": "keysmith.iam.break_glass"}
        role = [{"ansible.builtin.include_role": {**name, **part}, "vars": variables} for part in parts]
        rescue = {"name": f"Refused {number}", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
        end = {"name": "End", "ansible.builtin.debug": {"msg": "end"}}
        return {"block": [*role, *tell], "rescue": [rescue], "always": [end]}

    def state_of(self, name: str) -> str:
        """The folder in which this is written down; all were provisioned alike."""
        folder = self.folder / name.replace(" ", "-").replace(",", "")
        if not folder.exists() and name != "absent":
            shutil.copytree(self.glass.folder, folder)
            whole = (folder / "evidence.jsonl").read_bytes()
            (folder / "evidence.jsonl").write_bytes(whole + history(whole, HISTORIES[name]))
        return folder.name


def history(before: bytes, events: list[tuple[str, str]]) -> bytes:
    """Records behind those that are there, of openings that are not over yet."""
    chain, now = evidence.verify(before), datetime.now(UTC)
    until = (now + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = []
    for event, user in events:
        fields = {"user": user, **FOR, "until": until, "devices": []}
        told.append(evidence.append(chain, event, fields, now, f"{user} INC-4711 0"))
        chain = replace(chain, records=(*chain.records, told[-1]))
    return b"".join(record.line + b"\n" for record in told)


@pytest.fixture(scope="module")
def table(installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    emulator.clear_faults()
    emulator.reset()
    ansible = Ansible(installed_collection, tmp_path_factory.mktemp("table"), emulator)
    glass = Glass(ansible)
    with Warm(ansible.environment(AWS_REGION="us-east-1")) as warm:
        made = Table(glass, warm)
        glass.write("provision")
        assert made.start(PLAYBOOK, "-e", "@variables.yml") == 0, made.output
        emulator.clear_log()
        yield made
    emulator.reset()


def wrong(rows: list[Row], said: list[str]) -> Mapping[str, str]:
    assert len(said) == len(rows)
    pairs = zip(rows, said, strict=True)
    return {f"{state}: {action} {more}": text for (state, action, more, part), text in pairs if part not in text}


def test_each_action_in_each_state(table: Table) -> None:
    assert wrong(TABLE, table.said(TABLE)) == {}
    assert table.glass.aws.log(writes_only=True) == []


def test_a_drill_in_which_somebody_signed_in_is_closed(table: Table) -> None:
    row: Row = ("drill that was tried", "drill", WHO, f"Would close: {SECOND}.")
    table.glass.aws.sign_in(SECOND, table.glass.secrets_of(SECOND)[0])
    assert wrong([row], table.said([row])) == {}


@pytest.mark.parametrize("state", BY_TAG)
def test_each_action_where_only_the_tag_tells(table: Table, state: str) -> None:
    iam = table.glass.aws.client("iam")
    iam.tag_user(UserName=FIRST, Tags=[{"Key": TAG, "Value": f"{state} 2026-11-22T10:00:00Z"}])
    assert wrong(BY_TAG[state], table.said(BY_TAG[state])) == {}
