# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of a module as a real process of its own group, forked from a warm parent: 0.2 s a run in place of 2 s.

What runs is the module's own main() with Ansible's real argument parsing; the process can be killed as any other.
Only the pauses between retries are shortened, since nothing else would end sooner by waiting.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import botocore.session
from ansible.module_utils import basic
from botocore.loaders import create_loader
from botocore.retries.standard import ExponentialBackoff

from ansible_collections.keysmith.iam.plugins.module_utils._aws import apply as apply_steps
from ansible_collections.keysmith.iam.plugins.module_utils._aws import gateway, observe
from ansible_collections.keysmith.iam.plugins.module_utils._handover import desk

_MODULES = "ansible_collections.keysmith.iam.plugins.modules."
_LOADER = create_loader()
_DEADLINE = 60.0


@cache
def _warm() -> None:
    """Parse AWS's service models once, not in every child."""
    for service in ("iam", "sts", "secretsmanager"):
        for kind in ("service-2", "endpoint-rule-set-1"):
            _LOADER.load_service_model(service, kind)
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        _LOADER.load_data(name)


@dataclass(frozen=True)
class Ran:
    """How a run ended: exit status (negative: the signal), the module's result, and all that it printed."""

    rc: int
    result: dict[str, Any]
    printed: str

    @property
    def msg(self) -> str:
        return str(self.result.get("msg", ""))


@dataclass
class Process:
    """One run under way. ``folder`` is its working directory, where it prints to as well."""

    pid: int
    folder: Path
    status: int | None = field(default=None)

    def ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def kill(self) -> None:
        """SIGKILL the whole process group."""
        os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> Ran:
        deadline = time.monotonic() + _DEADLINE
        while not self.ended():
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                raise TimeoutError(f"the run did not end within {_DEADLINE} s")
            time.sleep(0.005)
        printed = (self.folder / ".printed").read_text(encoding="utf-8")
        line = next((line for line in reversed(printed.splitlines()) if line.startswith("{")), "{}")
        return Ran(self.status or 0, json.loads(line), printed)


def start(
    module: str,
    params: Mapping[str, Any],
    environment: Mapping[str, str],
    folder: Path,
    check: bool = False,
    patience: bool = False,
) -> Process:
    """Start a module with these parameters. ``patience`` keeps the real pauses between retries."""

    def prepare() -> None:
        _become(module, params, environment, folder, check)
        if not patience:
            _hurry()

    _warm()
    main = importlib.import_module(_MODULES + module).main
    with warnings.catch_warnings():
        # pytest-xdist's own thread makes Python warn of forking; the child uses nothing of it.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        _in_child(main, prepare)
    return Process(pid, folder)


def _in_child(main: Callable[[], None], prepare: Callable[[], None]) -> NoReturn:
    """Ends the child as a module ends, and never by returning into the tests."""
    try:
        prepare()
        main()
    except SystemExit as ending:
        _leave(int(ending.code or 0))
    except BaseException:
        traceback.print_exc()
    _leave(99)


def _hurry() -> None:
    gateway.backoff = apply_steps.backoff = observe.backoff = desk.backoff = lambda *_args, **_options: 0.01
    ExponentialBackoff.delay_amount = lambda *_args: 0.01


def run(module: str, params: Mapping[str, Any], environment: Mapping[str, str], folder: Path, **options: bool) -> Ran:
    return start(module, params, environment, folder, **options).wait()


def _become(module: str, params: Mapping[str, Any], environment: Mapping[str, str], folder: Path, check: bool) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)
    for stream, path, flags in ((0, os.devnull, os.O_RDONLY), (1, ".printed", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        os.dup2(os.open(path, flags, 0o600), stream)
    os.dup2(1, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    internal = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 3}
    internal |= {"_ansible_module_name": f"keysmith.iam.{module}", "_ansible_remote_tmp": str(folder)}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**params, **internal}}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    botocore.session.create_loader = lambda *_args: _LOADER


def _leave(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
