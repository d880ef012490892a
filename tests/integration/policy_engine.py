# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ministack with AUTH=true, which enforces IAM policies: its server as a process, and its evaluator as a judge."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-ministack/bin/python"
ACCOUNT = "111122223333"
Keys = Mapping[str, str]
_OPERATOR = {"AccessKeyId": "operator", "SecretAccessKey": "operators-own-secret"}
_NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"})
_STARTS_WITHIN = 60.0  # seconds; it takes three


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


class Ministack:
    """A server on a free loopback port. Whoever started it stops it, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session = boto3.session.Session()

    def __enter__(self) -> Ministack:
        port = _free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        # Nothing of this machine's own environment reaches it, and it listens nowhere else: not on all interfaces,
        # which is its default, nor for the devices of IoT, which it would serve on all of them.
        environment = {
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SERVICES": "iam,s3,sts",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_ACCESS_KEY_ID": _OPERATOR["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": _OPERATOR["SecretAccessKey"],
        }
        if not PYTHON.exists():
            raise RuntimeError(f"ministack is not installed in {PYTHON.parent.parent.name}: run 'make setup'")
        self._log = (self._folder / "ministack.log").open("wb")
        command = [str(PYTHON), "-I", "-m", "ministack"]
        self._process = subprocess.Popen(
            command, cwd=self._folder, env=environment, stdout=self._log, stderr=subprocess.STDOUT
        )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                    health = json.load(answer)
            except OSError:
                time.sleep(0.1)
                continue
            if health["auth"] != "enabled":
                raise RuntimeError("ministack does not enforce policies")
            return
        raise RuntimeError(f"ministack did not start: {(self._folder / 'ministack.log').read_text(encoding='utf-8')}")

    def reset(self) -> None:
        """An account in which nothing is."""
        request = urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")
        with urllib.request.urlopen(request, timeout=30):
            pass

    def client(self, service: str, keys: Keys = _OPERATOR) -> Any:
        """A boto3 client by an access key or a session, as CreateAccessKey or STS gave it; else the root user's."""
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=_NO_RETRIES,
        )


class Judge:
    """ministack's evaluator, asked about requests that its server cannot be sent: see policy_judge.py."""

    def __enter__(self) -> Judge:
        command = [str(PYTHON), "-I", str(Path(__file__).with_name("policy_judge.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def decide(
        self,
        documents: Iterable[Mapping[str, object]],
        action: str,
        resource: str = "*",
        *,
        user: str = "user/way-in-1",
        keys: Mapping[str, str] | None = None,
        now: datetime | None = None,
    ) -> str:
        """Allow, Deny (explicit) or ImplicitDeny, for a user with these policies, its request having these global
        condition keys (others are absent) at this moment."""
        question = {
            "documents": list(documents),
            "principal": f"arn:aws:iam::{ACCOUNT}:{user}",
            "account": ACCOUNT,
            "action": action,
            "resource": resource,
            "keys": dict(keys or {}),
            "now": (now or datetime.now(UTC)).isoformat(),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the judge has ended; what it said is above"
        return str(json.loads(answer))
