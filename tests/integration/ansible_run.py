# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs playbooks as ansible-playbook processes, and modules in this process with real argument parsing."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import ansible.release
import botocore.loaders
import yaml
from ansible.module_utils.testing import patch_module_args

from tests.emulator.client import Emulator

HERE = Path(__file__).resolve().parent
Task = Mapping[str, Any]
# Before 2.21 every result echoes the module's arguments, and the switch is unknown.
_ECHO_ARGUMENTS = {} if ansible.release.__version__ < "2.21" else {"_ansible_inject_invocation": True}
# A process reads the service models once; hundreds of modules in this one process would read them each time.
_load_file = functools.cache(botocore.loaders.JSONFileLoader().load_file)


@dataclass(frozen=True)
class Run:
    """One ansible-playbook process: its exit code, what it wrote, and each task's result as callbacks get it."""

    rc: int
    stdout: str
    stderr: str
    tasks: Sequence[Mapping[str, Any]] = field(repr=False)

    def results(self, task: str | None = None) -> list[dict[str, Any]]:
        """The results in their order, of all tasks or of those with this name (a role's: "role : task")."""
        return [dict(entry["result"]) for entry in self.tasks if task in (None, entry["task"])]

    def result(self, task: str) -> dict[str, Any]:
        (only,) = self.results(task)
        return only

    def failed(self, task: str) -> bool:
        """Whether the task failed, ignored or not; a callback's result does not say so."""
        return [entry["status"] for entry in self.tasks if entry["task"] == task] == ["failed"]


@dataclass(frozen=True)
class Ansible:
    """The installed collection, a folder to run in (with a HOME of its own) and an embedded AWS."""

    collections: Path
    folder: Path
    aws: Emulator

    def environment(self, **more: str) -> dict[str, str]:
        beside = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:]
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            **os.environ,
            **self.aws.environment,
            "PWD": str(self.folder),
            "HOME": str(home),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(self.collections), *beside]),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "results_to_file",
            # Results echo the module's arguments, as they always do before ansible-core 2.21.
            "ANSIBLE_INJECT_INVOCATION": "true",
            **more,
        }

    def play(
        self, tasks: Sequence[Task], *options: str, environment: Mapping[str, str] | None = None, **play: Any
    ) -> Run:
        """Run tasks on localhost; `play` are the play's other keywords."""
        content = [{"hosts": "localhost", "gather_facts": False, **play, "tasks": list(tasks)}]
        (self.folder / "play.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return self.playbook("play.yml", *options, environment=environment)

    def playbook(self, name: str, *options: str, environment: Mapping[str, str] | None = None) -> Run:
        """Run a playbook by its path below the folder, or by its name in the collection."""
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        command = [sys.executable, "-m", "ansible", "playbook", name, *options]
        env = {**self.environment(KEYSMITH_RESULTS=str(results)), **(environment or {})}
        ended = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=300
        )
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        return Run(ended.returncode, ended.stdout, ended.stderr, [json.loads(line) for line in lines])


def run_module(aws: Emulator, name: str, arguments: Mapping[str, Any], check: bool = False) -> dict[str, Any]:
    """Run a module's own main() with these arguments, as an Ansible process would; give its JSON result."""
    module = importlib.import_module(f"ansible_collections.keysmith.iam.plugins.modules.{name}")
    settings = {**arguments, "_ansible_check_mode": check, "_ansible_diff": True, **_ECHO_ARGUMENTS}
    written = io.StringIO()
    with (
        mock.patch.dict(os.environ, aws.environment),
        patch_module_args(settings),
        mock.patch.object(botocore.loaders.JSONFileLoader, "load_file", lambda self, path: _load_file(path)),
        contextlib.redirect_stdout(written),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    return dict(json.loads(written.getvalue()))
