# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The embedded AWS as tests, demo and benchmarks hold it: `with Emulator() as aws: ...`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

_ROOT = Path(__file__).resolve().parent.parent.parent
_NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"})


class Emulator:
    """An emulator process and its control API. `environment` is what a program needs in order to use it."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.endpoint = ""
        self.account_id = ""
        self.environment: dict[str, str] = {}
        # One session reads the models of botocore once. Making a client of it is not thread-safe.
        self._session = boto3.session.Session()
        self._session_lock = threading.Lock()

    def start(self) -> Emulator:
        command = [sys.executable, "-m", "tests.emulator", "--port", str(self._port), "--until-stdin-closes"]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the emulator did not start (exit code {self._process.wait()})")
        ready = json.loads(line)
        self.endpoint, self.account_id = ready["endpoint"], ready["account_id"]
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ready["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": ready["secret_access_key"],
        }
        return self

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of the operator, without SDK retries; `options` go to boto3 (other credentials, config)."""
        settings = {
            "endpoint_url": self.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": self.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.environment["AWS_SECRET_ACCESS_KEY"],
            "config": _NO_RETRIES,
        }
        with self._session_lock:
            return self._session.client(service, **(settings | options))

    def log(self, writes_only: bool = False, since: int = 0) -> list[dict[str, Any]]:
        """Calls after number `since`, oldest first; the shape is that of `Journal.open`."""
        entries = self._ask("GET", f"log?since={since}")
        return [entry for entry in entries if entry["write"] or not writes_only]

    def clear_log(self) -> None:
        self._ask("DELETE", "log")

    def fault(self, **rule: Any) -> None:
        """Switch a fault on: action, kind, and as needed times, skip, seconds, code, message, http, match."""
        self._ask("POST", "faults", rule)

    def faults(self) -> list[dict[str, Any]]:
        """The rules that still have calls to bite."""
        return list(self._ask("GET", "faults"))

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults")

    def held(self) -> list[dict[str, Any]]:
        """Log entries of the calls that a `hold` fault keeps waiting."""
        return list(self._ask("GET", "held"))

    def wait_for_held(self, count: int = 1, timeout: float = 30.0) -> list[dict[str, Any]]:
        """Until that many calls are held; TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while len(held := self.held()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(held)} of {count} calls are held after {timeout} s")
            time.sleep(0.02)
        return held

    def release(self, number: int | None = None) -> None:
        """Let one held call go, by its log number, or all."""
        self._ask("POST", "release", {} if number is None else {"n": number})

    def set_dates(self, user: str, **dates: str | None) -> None:
        """created, password_created, password_last_used; mfa_device with mfa_enabled; access_key with
        access_key_created and access_key_last_used, this one with service and region; service_credential, ssh_key,
        certificate (their ids) with service_credential_created, ssh_key_created, certificate_created.
        """
        self._ask("POST", "dates", {"user": user, **dates})

    def set_clock(self, offset_seconds: float) -> None:
        """Move what the emulator calls now, in seconds from the machine's clock."""
        self._ask("POST", "clock", {"offset_seconds": offset_seconds})

    def set_quotas(self, **quotas: int) -> None:
        """By GetAccountSummary's names, such as UsersQuota."""
        self._ask("POST", "quotas", quotas)

    def set_page_size(self, items: int | None) -> None:
        """Cap every page of every list; None lifts the cap."""
        self._ask("POST", "page-size", {"n": items})

    def sign_in(self, user: str, password: str, region: str = "us-east-1") -> dict[str, bool]:
        """Sign in to the console: ok, password_reset_required, mfa_required. CloudTrail records it in the region."""
        return dict(self._ask("POST", "sign-in", {"user": user, "password": password, "region": region}))

    def set_trail_delay(self, seconds: float) -> None:
        """How long after it happened LookupEvents has an event."""
        self._ask("POST", "trail-delay", {"seconds": seconds})

    def set_up_organization_trail(self, selectors: list[dict[str, Any]] | None = None) -> str:
        """The account becomes a member of an organization whose trail logs here too, all management events unless
        ``selectors`` say otherwise; its ARN."""
        return str(self._ask("POST", "organization-trail", {"selectors": selectors or []})["arn"])

    def confirm_subscriptions(self, endpoint: str) -> int:
        """Somebody follows the link in each e-mail that SNS sent to the address; how many there were."""
        return int(self._ask("POST", "confirm", {"endpoint": endpoint}))

    def mfa_code(self, serial: str, offset: int = 0) -> str:
        """What the virtual MFA device shows now, by the emulator's clock, or `offset` times 30 seconds later."""
        return self.mfa_codes(serial, offset)["AuthenticationCode1"]

    def mfa_codes(self, serial: str, offset: int = 0) -> dict[str, str]:
        """That code and the one after it, as EnableMFADevice and ResyncMFADevice take them."""
        query = urllib.parse.urlencode({"serial": serial, "offset": offset})
        first, second = self._ask("GET", f"mfa-codes?{query}")["codes"]
        return {"AuthenticationCode1": first, "AuthenticationCode2": second}

    def plant_fido_device(self, user: str, name: str = "yubikey") -> str:
        """Give the user a FIDO security key, which the API cannot; its serial."""
        return str(self._ask("POST", "fido", {"user": user, "name": name})["serial"])

    def take_alias(self, alias: str) -> None:
        """Somebody else's account takes this alias."""
        self._ask("POST", "taken-alias", {"alias": alias})

    def secrets(self) -> list[dict[str, str]]:
        """Every secret issued or received: kind, user or name, id, value."""
        return list(self._ask("GET", "secrets"))

    def reset(self) -> None:
        """An empty account again: users, log, faults, secrets, quotas, clock and page size."""
        self._ask("POST", "reset")

    def _ask(self, method: str, route: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.endpoint}/_emulator/{route}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise ValueError(json.load(refused)["error"]) from None
