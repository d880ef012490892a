# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole playbooks as real processes, forked from a warm parent: 1 s a run in place of 6 s.

The parent has imported ansible-core, the collection's modules and AWS's service models, and runs no playbook itself.
Each run is a child of it with ansible-core's own command line, workers and templates; a module is one more fork that
runs the module's own main(), in place of an interpreter of its own. All of them can be killed as any other process.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

_ROOT = Path(__file__).resolve().parents[3]
_OURS = "keysmith.iam."
_MODULES = (
    *("break_glass_info", "emergency_kit", "evidence", "evidence_info", "roster"),
    *("sns_publish", "user_activity_info", "user_info"),
)


@dataclass
class Warm:
    """The warm parent; ``environment`` is what each run has, beside its own."""

    environment: Mapping[str, str]

    def __enter__(self) -> Warm:
        command = [sys.executable, "-m", "tests.integration.crash.warm"]
        pipe = subprocess.PIPE
        self._parent = subprocess.Popen(
            command, cwd=_ROOT, env=dict(self.environment), stdin=pipe, stdout=pipe, text=True
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._parent.communicate(timeout=30)

    def start(self, arguments: list[str], folder: Path, output: Path, environment: Mapping[str, str]) -> int:
        """Start ansible-playbook with these arguments in the folder; the number of its process."""
        return self._ask(arguments=arguments, folder=str(folder), output=str(output), environment=dict(environment))

    def wait(self, pid: int) -> int:
        """Until it has ended: its exit status, negative for a signal."""
        return self._ask(wait=pid)

    def _ask(self, **what: Any) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps(what) + "\n")
        self._parent.stdin.flush()
        return int(json.loads(self._parent.stdout.readline()))


def _serve() -> None:
    import botocore.session

    # Whatever belongs to the controller comes before what belongs to modules.
    from ansible import cli
    from ansible.cli.playbook import PlaybookCLI
    from ansible.plugins import loader as plugins
    from ansible.plugins.action import ActionBase

    plugins.init_plugin_loader()
    cli.init_plugin_loader = lambda *_arguments: None
    from tests.integration.crash import process

    process._warm()
    process._hurry()
    botocore.session.create_loader = lambda *_arguments: process._LOADER
    mains = {_OURS + name: importlib.import_module(process._MODULES + name).main for name in _MODULES}
    ActionBase._execute_module = _in_a_fork(ActionBase._execute_module, mains)
    for loader in (plugins.filter_loader, plugins.test_loader, plugins.lookup_loader, plugins.action_loader):
        list(loader.all(class_only=True))
    for loader, name in ((plugins.connection_loader, "local"), (plugins.shell_loader, "sh")):
        loader.get(name, class_only=True)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            told = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        elif not (told := os.fork()):
            _leave(lambda asked=asked: _play(PlaybookCLI, asked))
        print(told, flush=True)


def _play(cli: Any, asked: Mapping[str, Any]) -> int:
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.update(asked["environment"])
    _redirect(os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    return int(cli(["ansible-playbook", *asked["arguments"]]).run() or 0)


def _in_a_fork(ordinary: Callable[..., Any], mains: Mapping[str, Callable[[], None]]) -> Callable[..., Any]:
    def execute(self: Any, module_name: Any = None, module_args: Any = None, **more: Any) -> dict[str, Any]:
        name = module_name or self._task.action
        if name not in mains:
            return ordinary(self, module_name=module_name, module_args=module_args, **more)
        arguments = self._task.args if module_args is None else module_args
        self._update_module_args(name, arguments, more.get("task_vars") or {})
        return {**_run(name, mains[name], arguments), "_ansible_parsed": True}

    return execute


def _run(name: str, main: Callable[[], None], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the module gives; the process is its task's alone, and ends with it. What it is given goes to a file."""
    from ansible.module_utils import _internal, basic
    from ansible.module_utils.common.json import Direction, get_module_encoder

    encoder = get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
    with open(os.environ["KEYSMITH_GIVEN"], "a", encoding="utf-8") as file:
        file.write(json.dumps([name, arguments], cls=encoder) + "\n")
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    with mock.patch.object(_internal, "is_controller", False), redirect_stdout(printed), suppress(SystemExit):
        main()
    return dict(json.loads(printed.getvalue()))


def _redirect(handle: int) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(handle, 1)
    os.dup2(handle, 2)


def _leave(call: Callable[[], int]) -> NoReturn:
    """End a fork, and never by going on with what its parent does."""
    status = 99
    try:
        status = call()
    except SystemExit as ending:
        status = int(ending.code or 0)
    except BaseException:
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
