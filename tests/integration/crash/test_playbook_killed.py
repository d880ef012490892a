# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook itself, killed with all its processes where most is at stake, then run again: as with the module."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.integration.crash.people import BOTH_USER, KEY_USER, Work, assert_finished


def family(pid: int) -> list[int]:
    """The process and all that descend from it; Ansible's workers lead process groups of their own."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def playbook(work: Work) -> subprocess.Popen[bytes]:
    names = ("groups", "users", "concurrency", "directory")
    variables = {f"onboard_{name}": value for name, value in work.params.items() if name in names}
    people = work.folder / "people.json"
    people.write_text(json.dumps(variables), encoding="utf-8")
    environment = {**os.environ, **work.aws.environment, "AWS_REGION": "us-east-1"}
    command = [sys.executable, "-m", "ansible", "playbook", "keysmith.iam.onboard", "-e", f"@{people}"]
    with (work.folder / "output").open("wb") as output:
        return subprocess.Popen(command, cwd=work.folder, env=environment, stdout=output, stderr=subprocess.STDOUT)


@pytest.mark.parametrize(
    ("action", "match"),
    [
        ("iam:CreateAccessKey", {"UserName": BOTH_USER}),
        ("secretsmanager:CreateSecret", {"Name": f"iam/{KEY_USER}/access-key"}),
    ],
)
def test_a_killed_playbook_is_finished_by_the_next(work: Work, action: str, match: dict[str, Any]) -> None:
    work.aws.fault(action=action, kind="hold", match=match)
    running = playbook(work)
    work.aws.wait_for_held(timeout=60)
    for pid in family(running.pid):
        os.kill(pid, signal.SIGKILL)
    running.wait(10)
    work.aws.release()
    again = playbook(work)
    assert again.wait(120) == 0, (work.folder / "output").read_text(encoding="utf-8")[-2000:]
    assert_finished(work, action)
