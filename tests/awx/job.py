# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs as AWX lays them out and runs them: the job's folder, its files and settings, then ansible-runner's worker, of
which AWX stores the stream of events.

Source: `BaseTask` and `RunJob` in awx/main/tasks/jobs.py, `AWXReceptorJob` in receptor.py, `Inventory.get_script_data`
in awx/main/models/inventory.py, `awx_meta_vars` in jobs.py and unified_jobs.py of awx/main/models, all of AWX 24.6.1.
There is no container: what AWX names `/runner` is the job's folder, and what a container's end would kill is killed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ansible_runner.streaming import Processor
from ansible_runner.utils import args2cmdline

from tests.awx.credential import Credential, Unsafe, hide, inject

Hosts = Mapping[str, Mapping[str, Any]]
# The only host of AWX's "Demo Inventory".
LOCALHOST: Hosts = {
    "localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
}
# The commit of the project that a job runs, unless its launch says otherwise.
REVISION = "c0ffee12" * 5
# AWX's own settings; with that of the fact cache they are all whose name begins with ANSIBLE_.
_SETTINGS = {
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_FACT_CACHE_TIMEOUT": "0",
}
_COLOURS = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
_ENDED = 60.0


@dataclass(frozen=True)
class Job:
    """What a job template, its survey and its launch come to.

    `variables` are the template's own and may hold Jinja, `answers` the survey's, which may not. `vault` holds
    passwords by vault id, "" for the one without. `timeout` is in seconds, `slice` is (2, 3) for the second of three.
    `launch` are variables of AWX's own that differ from one job to the other, such as `awx_user_name`.
    """

    playbook: str
    inventory: Hosts = field(default_factory=lambda: LOCALHOST)
    inventory_variables: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    credentials: Sequence[Credential] = ()
    vault: Mapping[str, str] = field(default_factory=dict, repr=False)
    check: bool = False
    diff: bool = False
    verbosity: int = 4
    limit: str = ""
    timeout: int = 0
    slice: tuple[int, int] = (1, 1)
    launch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """What AWX has of a job that ended: its status, its events, what it shows of the job itself (`shown`) and the fact
    cache by file; and the folder, which AWX deletes.
    """

    status: str
    folder: Path
    events: Sequence[Mapping[str, Any]] = field(repr=False)
    shown: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def stdout(self) -> str:
        return "\n".join(event["stdout"] for event in self.events if event.get("stdout"))

    @cached_property
    def stats(self) -> Mapping[str, Any]:
        """The statistics by host; `artifact_data` is what set_stats handed to the jobs after this one."""
        return next((event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"), {})

    def results(self, task: str, event: str = "runner_on_ok") -> list[Mapping[str, Any]]:
        """The results of the tasks of this name (a role's without the role), as they stand in events of this kind."""
        told = [entry["event_data"] for entry in self.events if entry["event"] == event]
        return [entry["res"] for entry in told if entry["task"] == task]

    def kept(self) -> dict[str, bytes]:
        """By name, all that AWX keeps of the job in its database and shows to whoever may see the job.

        The output stands there twice more, without colours and with its lines joined, since Ansible wraps warnings.
        """
        name = self.folder.name
        records = {f"{name} job": self.shown, f"{name} facts": self.facts}
        events = {f"{name} event {event['counter']} {event['event']}": event for event in self.events}
        plain = _COLOURS.sub("", self.stdout)
        joined = {f"{name} joined{with_!r}": with_.join(plain.split()).encode() for with_ in ("", " ")}
        return {
            f"{name} stdout": self.stdout.encode(),
            **joined,
            **{place: json.dumps(record, ensure_ascii=False).encode() for place, record in (records | events).items()},
        }

    def given(self) -> list[Path]:
        """The files in which the job was given its secrets."""
        inputs = [path for path in (self.folder / "env").rglob("*") if path.is_file()]
        return [*inputs, *self.folder.glob("artifacts/*/command")]


class Running:
    """A job under way, as `Awx.launch` gives it."""

    def __init__(self, folder: Path, number: int, worker: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
        self.folder = folder
        self._number, self._worker = number, worker
        self._seen = environment
        self._events: list[dict[str, Any]] = []
        self._shown: dict[str, Any] = {}
        self._status = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def cancel(self) -> None:
        """What Receptor does to the worker when somebody cancels the job."""
        self._worker.send_signal(signal.SIGINT)

    def wait(self, seconds: float = 180.0) -> Ended:
        """Until the job has ended. A timeout is a failure, as AWX has it, with `job_explanation` saying so."""
        try:
            self._worker.wait(seconds)
        finally:
            self._worker.kill()
            self._kill_the_rest()
        self._reader.join(_ENDED)
        if self._worker.stdout is not None:
            self._worker.stdout.close()
        if self._status == "timeout":
            self._shown["job_explanation"] = "Job terminated due to timeout"
        status = "failed" if self._status == "timeout" else self._status
        return Ended(status, self.folder, self._events, self._shown, dict(self._facts()))

    def _read(self) -> None:
        """The controlling side: take events and status from the stream, and the artifacts at its end."""
        assert self._worker.stdout is not None
        Processor(
            _input=self._worker.stdout,
            private_data_dir=str(self.folder),
            ident=str(self._number),
            quiet=True,
            event_handler=self._take,
            status_handler=self._note,
        ).run()

    def _take(self, event: dict[str, Any]) -> bool:
        self._events.append(event)
        return False

    def _note(self, status: Mapping[str, Any], runner_config: Any) -> None:
        self._status = status["status"]
        if self._status == "starting":
            environment = {**runner_config.env, **{n: v for n, v in self._seen.items() if n in runner_config.env}}
            self._shown |= {"job_args": runner_config.command, "job_cwd": runner_config.cwd, "job_env": environment}
        told = {name: status[name] for name in ("job_explanation", "result_traceback") if status.get(name)}
        self._shown |= told

    def _facts(self) -> Iterator[tuple[str, Any]]:
        for path in sorted(self.folder.glob("artifacts/*/fact_cache/*")):
            # A killed job leaves half a file at times; AWX passes over what is no JSON.
            with suppress(ValueError):
                yield path.name, json.loads(path.read_text(encoding="utf-8"))

    def _kill_the_rest(self) -> None:
        """Ansible's workers lead sessions of their own, and only the end of the container ends them."""
        mark = f"AWX_PRIVATE_DATA_DIR={self.folder}\0".encode()
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in environ.read_bytes():
                    os.kill(int(environ.parent.name), signal.SIGKILL)


@dataclass(frozen=True)
class Awx:
    """An AWX with one project. `collections` are the folders of the namespaces that its project update installed,
    `environment` is its setting "Extra Environment Variables", `folder` where the folders of its jobs are made.
    """

    project: Path
    collections: Sequence[Path]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def run(self, job: Job) -> Ended:
        return self.launch(job).wait()

    def launch(self, job: Job) -> Running:
        number = next(self._numbers)
        folder = Path(tempfile.mkdtemp(prefix=f"awx_{number}_", dir=self.folder))
        self._lay_out(job, number, folder)
        injected = [inject(credential, folder) for credential in job.credentials]
        environment = self._environment_of(number, folder)
        seen = hide(environment)
        for one in injected:
            environment |= one.environment
            seen |= one.seen
        arguments = [*_arguments(job), *itertools.chain.from_iterable(one.arguments for one in injected)]
        _write(folder / "env/cmdline", args2cmdline(*arguments))
        settings = {"ident": number, "playbook": job.playbook, "inventory": str(folder / "inventory/hosts")}
        settings |= {"passwords": _prompts(job), "suppress_env_files": True, "envvars": environment}
        settings |= {"fact_cache_type": "jsonfile"}
        return Running(folder, number, self._start(folder, settings), seen)

    def _lay_out(self, job: Job, number: int, folder: Path) -> None:
        shutil.copytree(self.project, folder / "project")
        for name in ("inventory", "env", "cp", "home", "tmp"):
            (folder / name).mkdir(mode=0o700)
        for path in self.collections:
            installed = folder / "requirements_collections/ansible_collections" / path.name
            installed.parent.mkdir(parents=True, exist_ok=True)
            installed.symlink_to(path)
        _write(folder / "inventory/hosts", _inventory(job), 0o700)
        _write(folder / "env/extravars", _extra_vars(job, number))
        # Without output, ansible-runner looks for a cancellation every `pexpect_timeout` seconds: 5 if AWX had its way.
        settings = {"job_timeout": job.timeout, "suppress_ansible_output": True, "suppress_output_file": True}
        _write(folder / "env/settings", json.dumps({**settings, "pexpect_timeout": 1}))

    def _environment_of(self, number: int, folder: Path) -> dict[str, str]:
        collections = [str(folder / "requirements_collections"), "~/.ansible/collections"]
        roles = [
            str(folder / "requirements_roles"),
            "~/.ansible/roles",
            "/usr/share/ansible/roles",
            "/etc/ansible/roles",
        ]
        path = os.pathsep.join([*collections, "/usr/share/ansible/collections"])
        return {
            **_SETTINGS,
            **self.environment,
            "AWX_PRIVATE_DATA_DIR": str(folder),
            "JOB_ID": str(number),
            "INVENTORY_ID": "1",
            "PROJECT_REVISION": REVISION,
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "MAX_EVENT_RES": "700000",
            "AWX_HOST": "https://awx.example.com",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
            "ANSIBLE_COLLECTIONS_PATHS": path,
            "ANSIBLE_COLLECTIONS_PATH": path,
            "ANSIBLE_ROLES_PATH": os.pathsep.join(roles),
        }

    def _start(self, folder: Path, settings: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start the worker as Receptor does and write AWX's half of the conversation to it."""
        of_the_image = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
        command = [sys.executable, "-m", "ansible_runner", "worker", f"--private-data-dir={folder}"]
        with (folder / "worker.stderr").open("wb") as errors:
            worker = subprocess.Popen(
                command,
                env={**of_the_image, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        assert worker.stdin is not None
        with worker.stdin as stream:
            stream.write(f"{json.dumps({'kwargs': settings})}\n{json.dumps({'eof': True})}\n".encode())
        return worker


def _arguments(job: Job) -> list[str]:
    """The command line; AWX names a user always, and asks for vault passwords at a prompt."""
    ids = [["--vault-id", f"{name}@prompt"] if name else ["--ask-vault-pass"] for name in job.vault]
    return [
        *(["--check"] if job.check else []),
        *["-u", "root"],
        *(["--diff"] if job.diff else []),
        *itertools.chain.from_iterable(ids),
        *(["-l", job.limit] if job.limit else []),
        *([f"-{'v' * job.verbosity}"] if job.verbosity else []),
    ]


def _prompts(job: Job) -> dict[str, str]:
    """What ansible-runner answers, by the prompt's regular expression."""
    named = {rf"Vault password \({name}\):\s*?$": text for name, text in job.vault.items() if name}
    return {r"Vault password:\s*?$": job.vault.get("", ""), r"Password:\s*?$": "", **named}


def _extra_vars(job: Job, number: int) -> str:
    """AWX's own variables win over all others; of the rest only the template's own may be templates to Ansible."""
    own = {
        "job_id": number,
        "job_launch_type": "manual",
        "user_id": 7,
        "user_name": "ada",
        "user_email": "ada@example.com",
        "user_first_name": "Ada",
        "user_last_name": "L",
        "inventory_id": 1,
        "inventory_name": "People",
        "project_revision": REVISION,
        "project_scm_branch": "",
        "job_template_id": 9,
        "job_template_name": job.playbook,
    }
    told = {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in own.items()}
    trusted = {name: value for name, value in job.variables.items() if job.answers.get(name, value) == value}
    others = {**job.variables, **job.answers, **told, **job.launch}
    unsafe = {name: value for name, value in others.items() if name not in trusted}
    return "".join(
        yaml.dump(part, Dumper=dumper) for part, dumper in ((trusted, yaml.SafeDumper), (unsafe, Unsafe)) if part
    )


def _inventory(job: Job) -> str:
    """A script that prints the enabled hosts of this slice, by name."""
    number, count = job.slice
    hosts = sorted(job.inventory)[number - 1 :: count]
    told = {host: {**job.inventory[host], **_known(number)} for number, host in enumerate(hosts, 1)}
    variables = {"vars": dict(job.inventory_variables)} if job.inventory_variables else {}
    data = {"all": {**variables, "hosts": hosts}, "_meta": {"hostvars": told}}
    return f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(data)!r})\n"


def _known(number: int) -> dict[str, Any]:
    return {
        f"remote_{who}_{what}": told
        for who in ("host", "tower")
        for what, told in (("enabled", "true"), ("id", number))
    }


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
