# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MFA devices of a run that was killed or hurt, or whose store failed: one in force, its seed in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.crash.people import (
    Owner,
    Work,
    _stored,
    assert_nothing_to_do,
    emptied,
    last_call,
    nobody,
    writes,
)
from tests.integration.crash.test_killed import each_kill
from tests.integration.crash.test_store_fails import STORE_FAULTS

NAME = "jane.doe"
OF_USER = {"UserName": NAME}
MOST = 40


@dataclass(frozen=True)
class Devices(Work):
    """The same work with a roster of one emergency user who is given an MFA device."""

    @property
    def params(self) -> dict[str, Any]:
        handovers = {
            "file": {"store": "file", "path": "handover/", "seal_to": [self.owner.public]},
            "secretsmanager": {"store": "secretsmanager", "name": "iam/{user}/{kind}"},
        }
        user = {"name": NAME, "use_case": "emergency", "mfa_device": True, "handover": handovers[self.store]}
        return {
            "users": [{**user, "reissue": self.reissue}],
            "region": "us-east-1",
            "directory": str(self.folder),
        }


@pytest.fixture
def work(aws: Emulator, owner: Owner, tmp_path: Path) -> Devices:
    return Devices(aws, owner, tmp_path, store="secretsmanager")


def bare(work: Work) -> None:
    """The user is there, so that the intent is a call of its own."""
    work.aws.client("iam").create_user(**OF_USER)


def handed_over(work: Work) -> None:
    assert replace(work, reissue=False).run().rc == 0


def enabled(work: Work) -> list[str]:
    return [one["SerialNumber"] for one in work.aws.client("iam").list_mfa_devices(**OF_USER)["MFADevices"]]


def every_device(work: Work) -> list[str]:
    found = work.aws.client("iam").list_virtual_mfa_devices(AssignmentStatus="Any")
    return [one["SerialNumber"] for one in found["VirtualMFADevices"]]


def assert_settled(work: Work, where: str) -> None:
    """One device in force and no other, its seed in the store and its name in the receipt."""
    (serial,) = enabled(work)
    assert every_device(work) == [serial], where
    (user,) = work.params["users"]
    stored = _stored(work, user, "mfa-seed")
    seeds = [secret["value"] for secret in work.aws.secrets() if secret["id"] == serial]
    assert (stored.get("seed") or stored["Seed"]) == seeds[-1], where
    tags = {tag["Key"]: tag["Value"] for tag in work.aws.client("iam").list_user_tags(**OF_USER)["Tags"]}
    assert tags["keysmith:mfa-seed"].split()[0] == serial.rpartition(":")[2], where


def assert_finished(work: Work, where: str) -> None:
    assert_settled(work, where)
    assert_nothing_to_do(work, where)


# Killed before a call is killed after the one before it, but for the files that are written between the two.
@pytest.mark.parametrize(("kind", "store"), [("hold", "secretsmanager"), ("hold_before", "file")])
@pytest.mark.parametrize(("before", "reissue"), [(nobody, False), (bare, False), (handed_over, True)])
def test_killed_at_any_write(work: Work, before: Callable[[Work], None], reissue: bool, kind: str, store: str) -> None:
    work = replace(work, reissue=reissue, store=store)
    for where in each_kill(work, before, kind):
        second = work.run()
        assert second.rc == 0, f"{where}: {second.msg}"
        assert_finished(work, where)


@pytest.mark.parametrize("kind", ["lost_reply", "unavailable", "unavailable_after"])
@pytest.mark.parametrize(("before", "reissue"), [(nobody, False), (bare, False), (handed_over, True)])
def test_any_one_lost_answer(work: Work, before: Callable[[Work], None], reissue: bool, kind: str) -> None:
    work = replace(work, reissue=reissue)
    for nth in range(MOST):
        emptied(work)
        before(work)
        since = last_call(work.aws)
        work.aws.fault(action="write", kind=kind, skip=nth)
        ran = work.run()
        if work.aws.faults():
            assert nth > 0
            return
        where = f"write {nth + 1}"
        assert ran.rc == 0, f"{where}: {ran.msg}"
        assert_finished(work, where)
        if kind != "unavailable":  # which is logged, but was not made
            made = writes(work.aws, since)
            for action in ("iam:CreateVirtualMFADevice", "iam:EnableMFADevice"):
                assert ran.result["actions"][action] == made.count(action), where
        (user,) = ran.result["users"]
        assert [one["serial_number"] for one in user["mfa_devices"]] == enabled(work), where
    raise AssertionError("there is no end of writes")


@pytest.mark.parametrize("action", ["CreateVirtualMFADevice", "EnableMFADevice", "DeactivateMFADevice"])
@pytest.mark.parametrize("code", ["EntityTemporarilyUnmodifiable", "ConcurrentModification"])
def test_aws_is_busy_for_a_while(work: Work, action: str, code: str) -> None:
    work = replace(work, reissue=True)
    handed_over(work)
    work.aws.fault(action=f"iam:{action}", kind="error", http=409, code=code, message="Try again.", times=3)
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert work.aws.faults() == []
    assert_finished(work, action)


@pytest.mark.parametrize("before", [nobody, bare])
def test_a_device_that_does_not_show_at_once(work: Work, before: Callable[[Work], None]) -> None:
    before(work)
    work.aws.fault(action="iam:EnableMFADevice", kind="not_visible", times=2)
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert_finished(work, "enabled at the third try")


def test_codes_that_grew_old_on_their_way_are_made_again(work: Work) -> None:
    wrong = {"kind": "error", "http": 403, "code": "InvalidAuthenticationCode", "message": "It is not valid."}
    work.aws.fault(action="iam:EnableMFADevice", **wrong, times=1)
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert_finished(work, "by the second pair")


def test_codes_that_aws_never_takes(work: Work) -> None:
    wrong = {"kind": "error", "http": 403, "code": "InvalidAuthenticationCode", "message": "It is not valid."}
    work.aws.fault(action="iam:EnableMFADevice", **wrong, times=0)
    ran = work.run()
    assert ran.rc == 1
    assert ran.msg == (
        f"Cannot enable mfa device for user {NAME}: AWS does not take the two codes (InvalidAuthenticationCode)."
        " Run again, which makes the device anew."
    )
    assert ran.result["handovers"] == [], "what opens nothing is not told as handed over"
    work.aws.clear_faults()
    assert work.run().rc == 0
    assert_finished(work, "run again")


@pytest.mark.parametrize("before", [nobody, bare])
@pytest.mark.parametrize(("fault", "advice"), STORE_FAULTS, ids=lambda value: str(value)[:40])
def test_a_store_that_fails(work: Work, before: Callable[[Work], None], fault: dict[str, Any], advice: str) -> None:
    before(work)
    work.aws.fault(action="secretsmanager:CreateSecret", **fault, times=0)
    ran = work.run()
    assert ran.rc == 1
    assert ran.msg.startswith(f"Cannot finish user {NAME}: cannot store the MFA seed in iam/{NAME}/mfa-seed: ")
    assert ran.msg.endswith(f"{advice} The new MFA seed was deleted again.")
    assert every_device(work) == []
    assert ran.result["actions"]["iam:DeleteVirtualMFADevice"] == 1
    work.aws.clear_faults()
    assert work.run().rc == 0
    assert_finished(work, "after the store was mended")


def test_the_old_device_stays_when_the_new_seed_cannot_be_stored(work: Work) -> None:
    work = replace(work, reissue=True)
    handed_over(work)
    before = enabled(work)
    work.aws.fault(action="secretsmanager:PutSecretValue", kind="denied", times=0)
    assert work.run().rc == 1
    assert enabled(work) == every_device(work) == before
    work.aws.clear_faults()
    assert work.run().rc == 0
    assert_finished(work, "after the store was mended")


def test_a_namesake_that_another_user_makes_meanwhile(work: Work) -> None:
    """The device did not show when the plan was made: it is not waited for, and nobody's device is taken."""
    bare(work)
    iam = work.aws.client("iam")
    iam.create_user(UserName="joe")
    work.aws.fault(action="iam:CreateVirtualMFADevice", kind="hold_before")
    running = work.start()
    work.aws.wait_for_held()
    work.aws.clear_faults()
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=NAME)["VirtualMFADevice"]
    iam.enable_mfa_device(UserName="joe", SerialNumber=made["SerialNumber"], **work.aws.mfa_codes(made["SerialNumber"]))
    work.aws.release()
    ran = running.wait()
    assert ran.rc == 1
    assert ran.msg == (
        f"Cannot finish user {NAME}: cannot go on: virtual MFA device {made['SerialNumber']} belongs to user joe; give"
        " its own another name."
    )
    assert every_device(work) == [made["SerialNumber"]]
