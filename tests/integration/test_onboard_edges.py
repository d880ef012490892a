# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook onboard where little is given: nobody named, no way to AWS, no word on where files go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, Run

PLAYBOOK = "keysmith.iam.onboard"
AGE_KEY = "age169w36cdqy0ktlu8wk7cl4s75q0jnxk5r93888ewg4h945my9ws5s9205tu"
JANE = {"name": "jane", "use_case": "human", "owner": "jane@example.com", "console": True}


@pytest.fixture
def ansible(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Ansible:
    return Ansible(installed_collection, tmp_path, aws)


def onboard(ansible: Ansible, variables: Mapping[str, Any], **environment: str) -> Run:
    return ansible.playbook(PLAYBOOK, "-e", json.dumps(variables), environment=environment)


def test_an_empty_roster_is_said_to_be_one(ansible: Ansible) -> None:
    run = onboard(ansible, {})
    assert run.rc == 0
    assert (
        "The roster is empty: neither onboard_users nor onboard_groups names anybody. Give it with -e @" in run.stdout
    )


def test_what_stops_the_first_task_is_told_in_its_own_words(ansible: Ansible) -> None:
    run = onboard(ansible, {"onboard_groups": [{"name": "Staff"}]}, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    assert run.rc == 2
    (error,) = [line for line in (run.stdout + run.stderr).splitlines() if line.startswith("[ERROR]")]
    assert "Cannot get caller identity" in error


def test_files_go_below_the_folder_of_the_process_whatever_pwd_says(ansible: Ansible, tmp_path: Path) -> None:
    handover = {"seal_to": [AGE_KEY], "store": "file", "path": "handover/"}
    run = onboard(ansible, {"onboard_users": [JANE], "onboard_handover": handover}, PWD=str(tmp_path / "elsewhere"))
    assert run.rc == 0, run.stdout
    assert (tmp_path / "handover/jane.console-password.csv.age").exists()
    assert (tmp_path / "handover/sheets/jane.md").exists()


NAMES = {
    "users": "{{ onboard_result.users | map(attribute='user_name') }}",
    "groups": "{{ onboard_result.groups | map(attribute='group.group_name') }}",
    "failures": "{{ onboard_result.failures | map(attribute='subject') }}",
    "changed": "{{ onboard_result.changed }}",
    "made": "{{ onboard_result.actions['iam:CreateUser'] | default(0) }}",
    "steps": "{{ onboard_result.plan | select('match', 'user ann: ') | length }}",
}


def left_by(ansible: Ansible, **more: Any) -> tuple[Run, dict[str, Any]]:
    """What a rescue finds after the role, by the guide's own expressions."""
    people = [{**JANE, "name": name, "owner": f"{name}@example.com", "groups": ["ann"]} for name in ("ann", "bob")]
    variables = {
        "onboard_users": people,
        "onboard_groups": [{"name": "ann"}],
        "onboard_handover": {"seal_to": [AGE_KEY], "store": "file", "path": "handover/"},
        "onboard_sheets_path": "",
        **more,
    }
    role = {"ansible.builtin.include_role": {"name": "keysmith.iam.onboard"}, "vars": variables}
    tell = {"name": "Tell", "ansible.builtin.debug": {"msg": NAMES}}
    run = ansible.play([{"block": [role], "rescue": [{"ansible.builtin.meta": "noop"}], "always": [tell]}])
    return run, run.result("Tell")["msg"]


@pytest.mark.parametrize("size", [1, 250])
def test_a_user_who_cannot_be_made_is_no_user_that_changed(ansible: Ansible, size: int) -> None:
    """Neither in the result nor in the report, and the group of the same name is none that failed."""
    ansible.aws.fault(action="iam:CreateUser", kind="denied", match={"UserName": "ann"}, times=0)
    run, told = left_by(ansible, onboard_batch_size=size)
    # What is told of calls and steps is what was done, and not what was planned.
    done = {"changed": True, "made": 1, "steps": 0}
    assert told == {"users": ["bob"], "groups": ["ann"], "failures": ["user ann"], **done}
    assert "Users changed: 1. Groups changed: 1. As they should be already: 0. Failed: 1." in run.stdout


@pytest.mark.parametrize("size", [1, 250])
def test_a_name_that_yaml_reads_as_a_number_is_a_name(ansible: Ansible, size: int) -> None:
    people = [{**JANE, "name": name, "owner": f"{name}@example.com"} for name in (4711, "bob", 12.5)]
    run, told = left_by(ansible, onboard_batch_size=size, onboard_users=people, onboard_guards={"shared_name": "off"})
    assert (told["users"], told["made"]) == (["4711", "bob", "12.5"], 3)
    assert "Users changed: 3. Groups changed: 1." in run.stdout


@pytest.mark.parametrize("size", [1, 250])
def test_a_group_that_is_tried_again_is_told_once(ansible: Ansible, size: int) -> None:
    policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    ansible.aws.fault(action="iam:AttachGroupPolicy", kind="denied", times=1)
    group = {"name": "ann", "managed_policies": [policy]}
    run, told = left_by(ansible, onboard_batch_size=size, onboard_groups=[group])
    assert (told["users"], told["groups"], told["failures"]) == (["ann", "bob"], ["ann"], ["group ann"])
    assert "Users changed: 2. Groups changed: 0. As they should be already: 0. Failed: 1." in run.stdout


@pytest.mark.parametrize("size", [1, 250])
def test_where_anything_is_refused_nobody_changed(ansible: Ansible, size: int) -> None:
    run, told = left_by(ansible, onboard_batch_size=size, onboard_groups=[])
    assert (told["users"], told["groups"], told["failures"], told["changed"]) == ([], [], [], False)
    assert "Nothing was changed. To be mended first:" in run.stdout
    assert ansible.aws.log(writes_only=True) == []
