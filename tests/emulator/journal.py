# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the emulator remembers for the tests: each call, without secrets, and apart from it each secret."""

from __future__ import annotations

import re
import threading
from typing import Any

_READS = re.compile(
    r"[a-z0-9-]+:(GET |HEAD |Get|List|Describe|Simulate|Generate|Lookup|BatchGet|Search|Head|Assume|Decode"
    r"|Encrypt$|Decrypt$)"
)
_SECRET_MEMBERS = frozenset(
    {
        *("Password", "NewPassword", "OldPassword", "SecretString", "SecretBinary", "Base32StringSeed", "Plaintext"),
        *("AuthenticationCode1", "AuthenticationCode2"),
    }
)
MASK = "***"


def is_write(action: str) -> bool:
    """Whether the action changes something. Generate* (reports) and sts:AssumeRole do not."""
    return _READS.match(action) is None


def without_secrets(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    hidden = _SECRET_MEMBERS | {"Value"} if action == "ssm:PutParameter" else _SECRET_MEMBERS
    return {name: MASK if name in hidden or _is_private(value) else value for name, value in parameters.items()}


def _is_private(value: Any) -> bool:
    """A private key that somebody gave for a public one or for a certificate."""
    return isinstance(value, str) and "PRIVATE KEY-----" in value


class Journal:
    """The calls in the order in which they were taken up. Numbers go on after `clear`."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._count = 0
        self._lock = threading.Lock()

    def open(self, time: str, action: str, parameters: dict[str, Any], caller: str) -> dict[str, Any]:
        """Add an entry whose outcome is still to come; whoever holds it fills in `outcome`, `http` and `fault`."""
        entry: dict[str, Any] = {
            "n": 0,
            "time": time,
            "action": action,
            "write": is_write(action),
            "parameters": without_secrets(action, parameters),
            "outcome": "running",
            "http": 0,
            "fault": None,
            "caller": caller,
        }
        with self._lock:
            self._count += 1
            entry["n"] = self._count
            self._entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(entry) for entry in self._entries if entry["n"] > number]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class Secrets:
    """Every secret issued or received, also the replaced and deleted ones, so that a test can search for leaks."""

    def __init__(self) -> None:
        self._seen: list[dict[str, str]] = []

    def note(self, kind: str, name: str, value: str, identifier: str = "") -> None:
        """`kind`: password, access_key, secret_string, ssm_value, service_password, mfa_seed or session."""
        owner = "name" if kind in ("secret_string", "ssm_value") else "user"
        self._seen.append({"kind": kind, owner: name, "id": identifier, "value": value})

    def listed(self) -> list[dict[str, str]]:
        return list(self._seen)

    def clear(self) -> None:
        self._seen.clear()
