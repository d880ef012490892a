# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults that a test switches on: which call they hit, and the calls that are held back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

_INSTEAD = {"throttle", "unavailable", "reset", "stale", "not_visible", "error", "denied"}
_AROUND = {"unavailable_after", "lost_reply", "latency", "hold", "hold_before"}
KINDS = _INSTEAD | _AROUND
# These creators name something new, so "not visible yet" cannot be said of it.
_CREATORS = frozenset({"iam:CreateUser", "iam:CreateGroup", "iam:CreateRole", "iam:CreatePolicy"})
_POLL_SECONDS = 0.05


@dataclass
class Fault:
    """One rule. `times` 0 means for ever; `skip` lets that many matching calls pass first; `seconds` is for latency."""

    action: str
    kind: str
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    code: str = "ServiceFailure"
    message: str = "The request processing has failed because of an unknown error, exception or failure."
    http: int = 500
    match: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(sorted(KINDS))}")

    def hits(self, action: str, write: bool, parameters: dict[str, Any]) -> bool:
        if self.kind == "not_visible" and (action in _CREATORS or not _names_something(parameters)):
            return False
        if self.kind == "stale" and write:
            return False
        return _action_matches(self.action, action, write) and all(
            parameters.get(name) == value for name, value in self.match.items()
        )


def _action_matches(pattern: str, action: str, write: bool) -> bool:
    if pattern == "write":
        return write
    return pattern in ("*", action) or (pattern.endswith("*") and action.startswith(pattern[:-1]))


def _names_something(parameters: dict[str, Any]) -> bool:
    return any(name in parameters for name in ("UserName", "GroupName", "RoleName", "PolicyArn", "SecretId"))


class Faults:
    """The rules still in force, in the order they were set."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, rule: Fault) -> None:
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def next_for(self, action: str, write: bool, parameters: dict[str, Any]) -> Fault | None:
        """The first rule that bites this call, used up by one. Rules after it do not count the call."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if not rule.hits(action, write, parameters):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.times == 1:
                    self._rules.remove(rule)
                elif rule.times > 1:
                    rule.times -= 1
                return rule
        return None


@dataclass(eq=False)
class _Held:
    entry: dict[str, Any]
    kind: str
    released: threading.Event = field(default_factory=threading.Event)


class Holding:
    """Calls whose answer waits until it is released or the client is gone."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._lock = threading.Lock()

    def wait(self, entry: dict[str, Any], kind: str, client_gone: Callable[[], bool]) -> bool:
        """Block; True when released, False when the client went away."""
        held = _Held(entry, kind)
        with self._lock:
            self._held.append(held)
        try:
            while not held.released.wait(_POLL_SECONDS):
                if client_gone():
                    return False
            return True
        finally:
            with self._lock:
                self._held.remove(held)

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**held.entry, "kind": held.kind} for held in self._held]

    def release(self, number: int | None = None) -> int:
        """Let the call with that log number go, or all; how many went."""
        with self._lock:
            chosen = [held for held in self._held if number is None or held.entry["n"] == number]
        for held in chosen:
            held.released.set()
        return len(chosen)
