# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Performs the steps of one subject. A call that AWS refused for load is tried again; one whose answer was lost is
never repeated blindly: the subject is observed and planned again, and what is left to do is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import backoff
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step

TRIES = 7
# How long a thing that we have just made may be invisible to the next call
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
VISIBLE_SECONDS = 60.0
# How often a subject is read anew because what it is to lose has grown.
CONFLICTS = 2

_MAKES = {"iam:CreateUser", "iam:CreateGroup", "iam:CreateLoginProfile", "iam:CreateAccessKey"}
_MAKES |= {
    "iam:CreateServiceSpecificCredential",
    "iam:CreateVirtualMFADevice",
    "iam:UploadSSHPublicKey",
    "iam:UploadSigningCertificate",
}

Perform = Callable[[Step, dict[str, str]], Mapping[str, Any]]
# Given what is done and why the last call failed; gives what is left.
Replan = Callable[[Sequence[Step], AwsError], Sequence[Step]]


@dataclass
class Outcome:
    """How far the steps of one subject came. ``known`` is what AWS answered on the way (ids, dates), no secret;
    ``answers`` are the answers with their actions, in order."""

    subject: str
    done: list[Step] = field(default_factory=list)
    failed: Step | None = None
    error: KeysmithError | None = None
    not_started: tuple[Step, ...] = ()
    known: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


_UNDOES = {
    "iam:CreateAccessKey": "iam:DeleteAccessKey",
    "iam:CreateServiceSpecificCredential": "iam:DeleteServiceSpecificCredential",
}


class Made:
    """What this run has created, and when: NoSuchEntity about it means only that AWS has not caught up yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def note(self, step: Step) -> None:
        if "NewUserName" in step.parameters:
            self._since[step.parameters["NewUserName"]] = self._clock()
        if step.action in _MAKES:
            for name in ("UserName", "GroupName", "VirtualMFADeviceName"):
                if name in step.parameters:
                    self._since[step.parameters[name]] = self._clock()

    def is_fresh(self, step: Step) -> bool:
        told = [step.parameters.get(name, "") for name in ("UserName", "GroupName")]
        told.append(str(step.parameters.get("SerialNumber", "")).rpartition("/")[2])
        since = [self._since.get(name) for name in told]
        return any(moment is not None and self._clock() - moment < VISIBLE_SECONDS for moment in since)


def apply(
    subject: str,
    steps: Sequence[Step],
    perform: Perform,
    replan: Replan,
    made: Made,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Performs the steps in order and says how far it came; it raises nothing that a step can raise."""
    outcome = Outcome(subject)
    todo = list(steps)
    attempt, unclear, conflicts = 0, False, 0
    while todo:
        step = todo[0]
        try:
            answer = perform(step, outcome.known)
        except AwsError as error:
            attempt += 1
            conflicts += _is_outgrown(step, error)
            hopeful = attempt < TRIES and conflicts <= CONFLICTS
            again = _what_next(step, error, made.is_fresh(step), unclear) if hopeful else "fail"
            if again != "fail":
                unclear = unclear or error.kind is Kind.UNCLEAR
                sleep(backoff(attempt, base=0.25))
            if again == "replan":
                try:
                    steps = replan(outcome.done, error)
                    if unclear:
                        _count_lost(outcome, step, steps, made)
                    todo = list(steps)
                except KeysmithError as failure:
                    return _failed(outcome, step, failure, todo)
            if again == "fail":
                return _failed(outcome, step, error, todo)
            continue
        except KeysmithError as error:
            return _failed(outcome, step, error, todo)
        _note_done(outcome, step, answer, made)
        todo.pop(0)
        attempt, unclear = 0, False
    return outcome


def _is_outgrown(step: Step, error: AwsError) -> bool:
    """Whether somebody has hung something on a user or group that goes since it was read."""
    return error.code == "DeleteConflict" and step.action in ("iam:DeleteUser", "iam:DeleteGroup")


def _what_next(step: Step, error: AwsError, fresh: bool, unclear: bool) -> str:
    """``again`` for a call that did not run, ``replan`` for one that may have or that somebody was quicker with, else
    ``fail``."""
    if error.kind in (Kind.THROTTLED, Kind.BUSY) or (error.kind is Kind.MISSING and fresh):
        return "again"
    if error.kind in (Kind.UNCLEAR, Kind.EXISTS) or (unclear and error.kind is Kind.MISSING):
        return "replan"
    if _is_outgrown(step, error):
        return "replan"
    return "fail"


def _count_lost(outcome: Outcome, lost: Step, left: Sequence[Step], made: Made) -> None:
    """Counts the lost call as made when it is not planned again, or when a key of it has to go."""
    if _is_undone(lost, left) or not any(
        step.action == lost.action and step.parameters == lost.parameters for step in left
    ):
        made.note(lost)
        outcome.done.append(lost)


def _is_undone(lost: Step, left: Sequence[Step]) -> bool:
    if lost.action == "iam:CreateVirtualMFADevice":
        end = f"/{lost.parameters['VirtualMFADeviceName']}"
        gone = (step.parameters["SerialNumber"] for step in left if step.action == "iam:DeleteVirtualMFADevice")
        return any(serial.endswith(end) for serial in gone)
    actions = [step.action for step in left]
    undo = _UNDOES.get(lost.action)
    # What is replaced goes only after the new one is made.
    return undo in actions and (lost.action not in actions or actions.index(undo) < actions.index(lost.action))


def _note_done(outcome: Outcome, step: Step, answer: Mapping[str, Any], made: Made) -> None:
    made.note(step)
    outcome.done.append(step)
    outcome.answers.append((step.action, answer))


def _failed(outcome: Outcome, step: Step, error: KeysmithError, todo: Sequence[Step]) -> Outcome:
    outcome.failed, outcome.error = step, error
    outcome.not_started = tuple(todo[1:])
    return outcome
