# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One real run on every supported ansible-core: the installed collection, ansible-playbook, the embedded AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

# One line of defaults has to reach our modules and amazon.aws's, by the action group of meta/runtime.yml.
PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/keysmith.iam.aws: {endpoint_url: ENDPOINT}
  tasks:
    - keysmith.iam.group: {name: Developers}
    - keysmith.iam.user: {name: jane.doe, groups: [Developers], tags: {team: core}}
    - amazon.aws.iam_user_info: {name: jane.doe, region: us-east-1}
"""


def _play(collections: Path, folder: Path, aws: Emulator, *options: str) -> list[dict[str, Any]]:
    """Run the play and give each task's result, by the json callback of ansible.posix."""
    (folder / "play.yml").write_text(PLAY.replace("ENDPOINT", aws.endpoint), encoding="utf-8")
    beside = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:]
    environment = {
        name: value for name, value in {**os.environ, **aws.environment}.items() if name != "AWS_ENDPOINT_URL"
    }
    environment |= {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(collections), *beside])}
    environment |= {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    command = [sys.executable, "-m", "ansible", "playbook", "play.yml", *options]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return [task["hosts"]["localhost"] for task in json.loads(run.stdout)["plays"][0]["tasks"]]


@pytest.mark.core_matrix
def test_a_dry_run_a_run_and_a_second_run(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    group, user, info = _play(installed_collection, tmp_path, aws, "--check", "--diff")
    assert (group["changed"], user["changed"], info["iam_users"]) == (True, True, [])
    assert aws.log(writes_only=True) == []

    predicted = [group["actions"], user["actions"]]
    group, user, info = _play(installed_collection, tmp_path, aws)
    assert [group["actions"], user["actions"]] == predicted
    assert [found["user_name"] for found in info["iam_users"]] == ["jane.doe"]
    made = [entry["action"] for entry in aws.log(writes_only=True)]
    assert sorted(made) == sorted(
        action for actions in predicted for action, times in actions.items() for _ in range(times)
    )

    aws.clear_log()
    group, user, _ = _play(installed_collection, tmp_path, aws)
    assert (group["changed"], user["changed"]) == (False, False)
    assert aws.log(writes_only=True) == []
