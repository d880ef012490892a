# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A readable secret in a result is in the registered variable and nowhere else: not in ansible-playbook's output or
log, not in an event or artifact of ansible-runner; alone and in a loop, when the task succeeds and when it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible
from tests.integration.leaks import files_below, leaks

pytestmark = pytest.mark.core_matrix

READABLE = {"store": "result", "plaintext": True, "format": "json"}
PEOPLE = ["ann", "bob"]
KEPT = "kept.json"


@dataclass(frozen=True)
class Told:
    """All that a run told, by where it stands; what came out on the terminal; what its variables held."""

    places: Mapping[str, bytes]
    stdout: str
    kept: str


Play = Callable[[Ansible, list[dict[str, Any]], list[str]], Told]


def keep(variable: str) -> dict[str, Any]:
    """Writes what a variable holds where the test looks for it, without showing it."""
    copy = {"content": "{{ " + variable + " | to_json }}", "dest": f"{{{{ playbook_dir }}}}/{KEPT}", "mode": "0600"}
    return {"ansible.builtin.copy": copy, "no_log": True, "diff": False}


def by_playbook(ansible: Ansible, tasks: list[dict[str, Any]], options: list[str]) -> Told:
    run = ansible.play(tasks, "-vvv", "--diff", *options, environment={"ANSIBLE_LOG_PATH": "ansible.log"})
    kept = ansible.folder / KEPT
    places = {**files_below(ansible.folder, [kept]), "stdout": run.stdout.encode(), "stderr": run.stderr.encode()}
    return Told(places, run.stdout + run.stderr, kept.read_text(encoding="utf-8") if kept.exists() else "")


def by_runner(ansible: Ansible, tasks: list[dict[str, Any]], options: list[str]) -> Told:
    project = ansible.folder / "project"
    project.mkdir()
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    (project / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    ended = ansible_runner.run(
        private_data_dir=str(ansible.folder),
        playbook="play.yml",
        envvars=ansible.environment(KEYSMITH_RESULTS=str(ansible.folder / "results.jsonl")),
        cmdline=" ".join(["--diff", *options]),
        verbosity=3,
        quiet=True,
    )
    kept = project / KEPT
    places = files_below(ansible.folder, [kept])
    assert [place for place in places if "/job_events/" in place]
    stdout = (Path(ended.config.artifact_dir) / "stdout").read_text(encoding="utf-8")
    return Told(places, stdout, kept.read_text(encoding="utf-8") if kept.exists() else "")


@pytest.fixture(params=[by_playbook, by_runner])
def play(request: pytest.FixtureRequest) -> Play:
    return request.param


@pytest.fixture
def ansible(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Ansible:
    for name in PEOPLE:
        aws.client("iam").create_user(UserName=name)
    return Ansible(installed_collection, tmp_path, aws)


def secrets_of(aws: Emulator) -> list[str]:
    return [entry["value"] for entry in aws.secrets() if entry["kind"] in ("password", "access_key")]


def check(aws: Emulator, told: Told, count: int) -> None:
    secrets = secrets_of(aws)
    assert len(secrets) == count, told.stdout
    assert leaks(told.places, secrets) == []
    for secret in secrets:
        assert leaks({"kept": told.kept}, [secret]), "the variable does not hold it"


MODULES = ["access_key", "login_profile"]


@pytest.mark.parametrize("module", MODULES)
def test_the_variable_holds_it_and_nothing_shows_it(play: Play, ansible: Ansible, aws: Emulator, module: str) -> None:
    task = {f"keysmith.iam.{module}": {"user_name": "ann", "handover": READABLE}, "register": "made"}
    told = play(ansible, [task, keep("made.handed_over[0].text")], [])
    check(aws, told, 1)
    assert "censored" in told.stdout


def test_a_loop_shows_no_item(play: Play, ansible: Ansible, aws: Emulator) -> None:
    arguments = {"user_name": "{{ item }}", "handover": READABLE}
    tasks = [
        {f"keysmith.iam.{module}": arguments, "loop": PEOPLE, "register": f"made_{number}"}
        for number, module in enumerate(MODULES)
    ]
    check(aws, play(ansible, [*tasks, keep("[made_0.results, made_1.results]")], []), 4)


def test_a_connection_that_prints_answers_at_vvv_prints_none(play: Play, ansible: Ansible, aws: Emulator) -> None:
    """Ansible's own ssh plugin, with a program for ssh that runs the command here."""
    program = ansible.folder / "ssh.sh"
    program.write_text('#!/bin/sh\nfor last; do :; done\nexec /bin/sh -c "$last"\n', encoding="utf-8")
    program.chmod(0o755)
    far = {
        "ansible_connection": "ssh",
        "ansible_host": "localhost",
        "ansible_ssh_executable": str(program),
        "ansible_ssh_transfer_method": "piped",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(ansible.folder / "tmp"),
    }
    task = {"keysmith.iam.access_key": {"user_name": "ann", "handover": READABLE}, "register": "made", "vars": far}
    told = play(ansible, [task, keep("made")], [])
    assert "stdout and stderr censored due to no log" in told.stdout
    check(aws, told, 1)


def test_a_run_in_which_ansible_prints_everything_is_refused(ansible: Ansible, aws: Emulator) -> None:
    task = {"keysmith.iam.access_key": {"user_name": "ann", "handover": READABLE}}
    run = ansible.play([task], environment={"ANSIBLE_DEBUG": "true"})
    assert run.rc != 0
    assert "a result that nothing hides" in run.stdout
    assert secrets_of(aws) == []


def roster(**more: Any) -> dict[str, Any]:
    users = [
        {"name": name, "use_case": "human", "owner": f"{name}@example.com", "access_key": True, "console": True}
        for name in PEOPLE
    ]
    return {"keysmith.iam.roster": {"users": users, "handover": READABLE}, "register": "made", **more}


def test_a_failure_hides_the_secrets_of_others_and_says_why(play: Play, ansible: Ansible, aws: Emulator) -> None:
    aws.fault(action="iam:CreateLoginProfile", kind="denied", match={"UserName": "bob"}, times=0)
    told = play(ansible, [roster(ignore_errors=True), keep("made")], [])
    secrets = [secret for secret in secrets_of(aws) if secret in told.kept]
    assert len(secrets) == 2, told.stdout
    assert leaks(told.places, secrets_of(aws)) == []
    said = " ".join(told.stdout.split())
    assert "keysmith.iam.roster failed, and its result is hidden" in said
    assert "Cannot create login profile for user bob: " in said


def test_the_role_hides_what_it_passes_on(play: Play, ansible: Ansible, aws: Emulator) -> None:
    options = {f"onboard_{name}": value for name, value in roster()["keysmith.iam.roster"].items()}
    # Of two batches the second fails for one user: all that the role tells goes by what the first has made.
    aws.fault(action="iam:CreateLoginProfile", kind="denied", match={"UserName": "bob"}, times=0)
    role = {
        "ansible.builtin.include_role": {"name": "keysmith.iam.onboard"},
        "vars": {**options, "onboard_batch_size": 1, "onboard_sheets_path": ""},
    }
    told = play(ansible, [{"block": [role], "rescue": [keep("onboard_result")]}], [])
    assert len([secret for secret in secrets_of(aws) if secret in told.kept]) == 2, told.stdout
    assert leaks(told.places, secrets_of(aws)) == []
    assert "Cannot create login profile for user bob: " in " ".join(told.stdout.split())


def test_a_result_without_a_secret_is_shown(play: Play, ansible: Ansible, aws: Emulator) -> None:
    bad = {"keysmith.iam.access_key": {"user_name": "nobody", "handover": READABLE}, "ignore_errors": True}
    told = play(ansible, [roster(), bad], ["--check"])
    assert "censored" not in told.stdout
    assert "is only in this run's result" in " ".join(told.stdout.split())
    assert "+ access key, in the clear" in told.stdout
    assert secrets_of(aws) == []


def test_a_task_that_nothing_hides_is_refused(play: Play, ansible: Ansible, aws: Emulator) -> None:
    task = {
        "keysmith.iam.access_key": {"user_name": "ann", "handover": READABLE},
        "async": 60,
        "poll": 1,
        "vars": {"ansible_async_dir": str(ansible.folder / "async")},
    }
    told = play(ansible, [{**task, "register": "made", "ignore_errors": True}, keep("made.msg")], [])
    assert "a result that nothing hides: a task with async" in told.kept
    assert secrets_of(aws) == []


def test_defaults_by_the_action_group_reach_a_module_with_an_action_plugin(
    installed_collection: Path, aws: Emulator, ansible: Ansible
) -> None:
    handover = {"handover": READABLE}
    task = {"keysmith.iam.access_key": {"user_name": "ann"}, "register": "made"}
    run = ansible.play([task, keep("made")], module_defaults={"group/keysmith.iam.aws": handover})
    assert run.rc == 0, run.stdout
    (secret,) = secrets_of(aws)
    assert secret in (ansible.folder / KEPT).read_text(encoding="utf-8")
