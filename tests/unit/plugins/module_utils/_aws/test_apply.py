# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Performing steps: what is tried again, what is planned again, and how far it came when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws.apply import (
    CONFLICTS,
    TRIES,
    VISIBLE_SECONDS,
    Made,
    Outcome,
    apply,
)
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step


def step(action: str, **parameters: str) -> Step:
    return Step(f"iam:{action}", {"UserName": "jane", **parameters}, "user jane", f"+ {action}")


CREATE, JOIN, KEY = step("CreateUser"), step("AddUserToGroup", GroupName="Staff"), step("CreateAccessKey")
STEPS = (CREATE, JOIN, KEY)


@dataclass
class Aws:
    """Fails the calls of an action with these kinds, one after the other; ``left`` answers each second plan."""

    fails: dict[str, list[Kind]] = field(default_factory=dict)
    left: list[Sequence[Step]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    now: float = 0.0

    def perform(self, wanted: Step, known: dict[str, str]) -> Mapping[str, Any]:
        self.calls.append(wanted.action.removeprefix("iam:"))
        if kinds := self.fails.get(wanted.action.removeprefix("iam:")):
            raise AwsError(wanted.action, kinds.pop(0), "no")
        return {}

    def run(self, steps: Sequence[Step] = STEPS) -> Outcome:
        return apply("user jane", steps, self.perform, self._replan, Made(lambda: self.now), self.pauses.append)

    def _replan(self, done: Sequence[Step], error: AwsError) -> Sequence[Step]:
        if not self.left:
            raise KeysmithError("cannot read")
        return self.left.pop(0)


def test_all_goes_well() -> None:
    outcome = Aws().run()
    assert (outcome.done, outcome.error) == (list(STEPS), None)


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.BUSY])
def test_what_did_not_run_is_tried_again(kind: Kind) -> None:
    aws = Aws({"AddUserToGroup": [kind] * (TRIES - 1)})
    assert aws.run().done == list(STEPS)
    assert len(aws.pauses) == TRIES - 1


def test_patience_ends() -> None:
    outcome = Aws({"AddUserToGroup": [Kind.THROTTLED] * TRIES}).run()
    assert (outcome.done, outcome.failed, outcome.not_started) == ([CREATE], JOIN, (KEY,))


@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.REFUSED, Kind.CREDENTIALS, Kind.UNREACHABLE])
def test_a_refusal_is_not_repeated(kind: Kind) -> None:
    aws = Aws({"AddUserToGroup": [kind]})
    outcome = aws.run()
    assert (outcome.failed, outcome.not_started) == (JOIN, (KEY,))
    assert aws.calls == ["CreateUser", "AddUserToGroup"]


def test_what_was_just_made_may_not_show_yet() -> None:
    aws = Aws({"AddUserToGroup": [Kind.MISSING, Kind.MISSING]})
    assert aws.run().done == list(STEPS)


def test_what_was_made_long_ago_is_missing() -> None:
    made = Made(lambda: clock[0])
    clock = [0.0]
    made.note(CREATE)
    assert made.is_fresh(JOIN)
    clock[0] = VISIBLE_SECONDS
    assert not made.is_fresh(JOIN)
    assert Aws({"AddUserToGroup": [Kind.MISSING]}).run((JOIN, KEY)).failed == JOIN


def test_a_lost_call_that_ran_is_counted_and_not_repeated() -> None:
    aws = Aws({"CreateUser": [Kind.UNCLEAR]}, left=[(JOIN, KEY)])
    assert aws.run().done == list(STEPS)
    assert aws.calls == ["CreateUser", "AddUserToGroup", "CreateAccessKey"]


def test_a_lost_call_that_did_not_run_is_made() -> None:
    aws = Aws({"CreateUser": [Kind.UNCLEAR]}, left=[STEPS])
    assert aws.run().done == list(STEPS)
    assert aws.calls.count("CreateUser") == 2


def test_what_a_lost_call_made_may_not_show_yet() -> None:
    aws = Aws({"CreateUser": [Kind.UNCLEAR], "AddUserToGroup": [Kind.MISSING]}, left=[(JOIN, KEY)])
    assert aws.run().done == list(STEPS)


def test_a_key_whose_making_was_lost_is_counted_with_its_removal() -> None:
    gone = step("DeleteAccessKey", AccessKeyId="AKIA1")
    aws = Aws({"CreateAccessKey": [Kind.UNCLEAR]}, left=[(gone, KEY)])
    assert aws.run().done == [CREATE, JOIN, KEY, gone, KEY]


PHONE = "arn:aws:iam::123456789012:mfa/phone"
DEVICE = Step("iam:CreateVirtualMFADevice", {"VirtualMFADeviceName": "phone"}, "user jane", "+ virtual MFA device")
ENABLE = step("EnableMFADevice", SerialNumber=PHONE)


def deleted(serial: str) -> Step:
    return Step("iam:DeleteVirtualMFADevice", {"SerialNumber": serial}, "user jane", "- virtual MFA device")


def test_a_device_whose_making_was_lost_is_counted_with_its_removal() -> None:
    gone = deleted(PHONE)
    aws = Aws({"CreateVirtualMFADevice": [Kind.UNCLEAR]}, left=[(gone, DEVICE, ENABLE)])
    assert aws.run((DEVICE, ENABLE)).done == [DEVICE, gone, DEVICE, ENABLE]


def test_a_device_that_was_not_made_is_not_counted_because_an_old_one_goes() -> None:
    left = (DEVICE, ENABLE, deleted("arn:aws:iam::123456789012:mfa/old.phone"))
    aws = Aws({"CreateVirtualMFADevice": [Kind.UNCLEAR]}, left=[left])
    assert aws.run((DEVICE, ENABLE)).done == list(left)


def test_a_device_that_was_just_made_may_not_show_yet() -> None:
    aws = Aws({"EnableMFADevice": [Kind.MISSING, Kind.MISSING]})
    assert aws.run((DEVICE, ENABLE)).done == [DEVICE, ENABLE]
    assert Aws({"EnableMFADevice": [Kind.MISSING]}).run((ENABLE,)).failed == ENABLE


def test_a_lost_call_that_is_found_made_on_its_second_try() -> None:
    aws = Aws({"CreateUser": [Kind.UNCLEAR, Kind.EXISTS]}, left=[STEPS, (JOIN, KEY)])
    assert aws.run().done == list(STEPS)


def test_an_account_that_cannot_be_read_again_fails_the_step() -> None:
    outcome = Aws({"CreateUser": [Kind.UNCLEAR]}).run()
    assert (outcome.done, outcome.failed, outcome.not_started) == ([], CREATE, (JOIN, KEY))
    assert outcome.error is not None
    assert outcome.error.message == "cannot read"


@pytest.mark.parametrize("kind", ["AccessKey", "ServiceSpecificCredential"])
def test_a_lost_creation_counts_if_what_it_made_goes_first_and_not_if_only_what_it_replaces_goes(kind: str) -> None:
    make, gone = step(f"Create{kind}"), step(f"Delete{kind}", Id="x")
    ran = Aws({f"Create{kind}": [Kind.UNCLEAR]}, left=[(gone, make)]).run((make,))
    assert ran.done == [make, gone, make]
    did_not_run = Aws({f"Create{kind}": [Kind.UNCLEAR]}, left=[(make, gone)]).run((make, gone))
    assert did_not_run.done == [make, gone]


@dataclass
class Busy(Aws):
    """Somebody hangs a key on the user each time just before it is deleted, ``meddling`` times."""

    meddling: int = 1

    def perform(self, wanted: Step, known: dict[str, str]) -> Mapping[str, Any]:
        self.calls.append(wanted.action.removeprefix("iam:"))
        if wanted == GONE and self.meddling:
            self.meddling -= 1
            raise AwsError(wanted.action, Kind.REFUSED, "must delete access keys first", "DeleteConflict")
        return {}

    def _replan(self, done: Sequence[Step], error: AwsError) -> Sequence[Step]:
        return (TAKEN, GONE)


GONE, TAKEN = step("DeleteUser"), step("DeleteAccessKey")


def test_what_was_hung_on_a_user_since_it_was_read_goes_as_well() -> None:
    aws = Busy(meddling=CONFLICTS)
    outcome = aws.run([TAKEN, GONE])
    assert outcome.error is None
    assert aws.calls == ["DeleteAccessKey", "DeleteUser"] * (CONFLICTS + 1)
    assert outcome.done == [TAKEN] * (CONFLICTS + 1) + [GONE]


def test_whoever_hangs_on_without_end_wins() -> None:
    aws = Busy(meddling=99)
    outcome = aws.run([GONE])
    assert (outcome.failed, getattr(outcome.error, "code", "")) == (GONE, "DeleteConflict")
    assert aws.calls.count("DeleteUser") == CONFLICTS + 1


def test_a_conflict_of_something_else_is_not_planned_again() -> None:
    policy = Step("iam:DeletePolicy", {}, "user jane", "- policy")

    def perform(_wanted: Step, _known: dict[str, str]) -> Mapping[str, Any]:
        raise AwsError("iam:DeletePolicy", Kind.REFUSED, "attached", "DeleteConflict")

    outcome = apply("user jane", [policy], perform, lambda _done, _error: (), Made(), lambda _seconds: None)
    assert outcome.failed == policy


def test_a_new_name_may_not_show_for_a_moment() -> None:
    renamed = step("UpdateUser", NewUserName="janet")
    made = Made(lambda: 0.0)
    made.note(renamed)
    assert made.is_fresh(Step("iam:TagUser", {"UserName": "janet"}, "user janet", "+ tag"))
