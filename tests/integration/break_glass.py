# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of the role break_glass by its playbook, as an operator starts it, and what two custodians open."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.integration import owners
from tests.integration.ansible_run import Ansible, Run

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

PLAYBOOK = "keysmith.iam.break_glass"
NAMES = ("way-in-1", "way-in-2")
WHO = {
    "requester": "jane.doe@example.com",
    "approver": "john.roe@example.com",
    "ticket": "INC-4711",
    "reason": "the identity provider is down",
}
NOTHING_LISTENS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}


@dataclass(frozen=True)
class Glass:
    """A folder with the variables of the role, and the account that they are about."""

    ansible: Ansible

    @property
    def aws(self) -> Emulator:
        return self.ansible.aws

    @property
    def folder(self) -> Path:
        return self.ansible.folder / "break-glass"

    def run(self, action: str, *options: str, environment: Mapping[str, str] | None = None, **variables: Any) -> Run:
        """Run an action; ``variables`` are the role's, without its prefix. The log is that of this run alone."""
        self.write(action, **variables)
        environment = {"AWS_REGION": "us-east-1", **(environment or {})}
        self.aws.clear_log()
        return self.ansible.playbook(PLAYBOOK, "-e", "@variables.yml", *options, environment=environment)

    def start(self, action: str, **variables: Any) -> subprocess.Popen[bytes]:
        """The same, as a process to be killed."""
        self.write(action, **variables)
        command = [sys.executable, "-m", "ansible", "playbook", PLAYBOOK, "-e", "@variables.yml"]
        environment = self.ansible.environment(AWS_REGION="us-east-1", KEYSMITH_RESULTS="killed.jsonl")
        with (self.ansible.folder / "output").open("wb") as output:
            return subprocess.Popen(
                command, cwd=self.ansible.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def write(self, action: str, **variables: Any) -> None:
        given = {
            "break_glass_users": [{"name": name, "owner": f"{name}@example.com"} for name in NAMES],
            "break_glass_password_custodians": {"seal_to": [owners.age().public]},
            "break_glass_mfa_custodians": {"seal_to": [owners.ssh("ed25519").public]},
            "break_glass_contacts": ["Security desk, +49 30 1234567"],
            "break_glass_alarms": "false",  # as `-e break_glass_alarms=false` gives it
            "break_glass_action": action,
            **{f"break_glass_{name}": value for name, value in variables.items()},
        }
        (self.ansible.folder / "variables.yml").write_text(yaml.safe_dump(given), encoding="utf-8")

    def evidence(self) -> list[dict[str, Any]]:
        file = self.folder / "evidence.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    def secrets_of(self, name: str) -> tuple[str, str]:
        """The password and the seed, each opened by its own custodian with the real age."""
        sealed = (self.folder / f"{name}.console-password.csv.age").read_text(encoding="utf-8")
        (row,) = csv.DictReader(io.StringIO(owners.age().open(sealed)))
        (file,) = self.folder.glob(f"{name}.mfa-seed.*")
        return row["Password"], owners.ssh("ed25519").open(file.read_text(encoding="utf-8"))


def words(run: Run) -> str:
    return f"{run.stdout}{run.stderr}"


def told(run: Run) -> str:
    """What the role says at its end, or why it ended."""
    (message,) = [one["msg"] for one in run.results() if one.get("msg") and "skip_reason" not in one][-1:]
    return " ".join((message if isinstance(message, str) else " ".join(message)).split())
