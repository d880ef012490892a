# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that makes an MFA device, killed after any of its steps: the next one ends with one device in force, the seed
of just that device in the store, and nothing that nobody has enabled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, MFADevice, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import HandoverSpec, MFASpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import ID, LONG_AGO, NOW_STAMP, SEALED_FILE, VAULT, account, user
from tests.unit.plugins.module_utils._core.strict_iam import StrictIam

NAME = "jane.doe"
OWN, SECOND, PHONE = (f"arn:aws:iam::{ID}:mfa/{name}" for name in (NAME, f"{NAME}-reissued", "phone"))
TAG = "keysmith:mfa-seed"
STORES = [pytest.param(SEALED_FILE, id="file"), pytest.param(VAULT, id="secretsmanager")]
AGAIN = [pytest.param(True, id="again with reissue"), pytest.param(False, id="again without")]


def jane(*serials: str, tag: str = "") -> User:
    devices = tuple(MFADevice(serial, LONG_AGO) for serial in serials)
    return user(NAME, mfa_devices=devices, tags={TAG: tag} if tag else {})


RECEIPTED = jane(OWN, tag=f"mfa/{NAME} file sha256:0123456789abcdef {NOW_STAMP}")
STARTS = [
    pytest.param(None, id="a new user"),
    pytest.param(jane(), id="without a device"),
    pytest.param(jane(PHONE), id="with one of another name"),
    pytest.param(RECEIPTED, id="with a receipted one"),
    pytest.param(jane(SECOND), id="with a reissued one"),
]


def wish(handover: HandoverSpec, reissue: bool = False) -> UserSpec:
    return UserSpec(NAME, mfa=MFASpec(reissue=reissue), handover=handover)


def started(start: User | None) -> Account:
    people = [] if start is None else [start]
    mine = {one.serial: person.name for person in people for one in person.mfa_devices}
    return account(*people, virtual_devices=mine)


def planned(aws: StrictIam, spec: UserSpec) -> Plan:
    plan = plan_user(aws.seen(), spec, aws.now)
    assert plan.refusals == ()
    return plan


def killed(start: User | None, spec: UserSpec, again: UserSpec) -> Iterator[tuple[StrictIam, list[Step]]]:
    """The account after a run of ``spec`` that was killed after each step in turn, then one of ``again`` likewise."""
    whole = planned(StrictIam(started(start)), spec).steps
    for first in range(len(whole) + 1):
        aws = StrictIam(started(start))
        aws.perform(whole[:first])
        rest = planned(aws, again).steps
        for second in range(len(rest) + 1):
            aws = StrictIam(started(start))
            aws.perform(whole[:first])
            aws.perform(planned(aws, again).steps[:second])
            yield aws, [*whole[:first], *rest[:second]]


def assert_one_device_handed_over(aws: StrictIam, handover: HandoverSpec, start: User | None) -> None:
    ends = aws.user(NAME)
    before = () if start is None else start.mfa_devices
    (only,) = [one for one in ends.mfa_devices if one.serial != PHONE]
    assert [one for one in before if one.serial == PHONE] == [one for one in ends.mfa_devices if one.serial == PHONE]
    assert aws.devices == {one.serial for one in ends.mfa_devices}
    assert aws.texts[handover.place(ID, NAME, "mfa-seed")] == aws.seeds[only.serial]
    found = receipts.read(ends.tag(TAG))
    assert found is not None
    assert found.key_id == only.serial.rpartition(":")[2]


@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("start", STARTS[:3])
def test_a_device_killed_anywhere(start: User | None, handover: HandoverSpec) -> None:
    spec = wish(handover)
    for aws, _steps in killed(start, spec, spec):
        aws.perform(planned(aws, spec).steps)
        assert planned(aws, spec) == Plan()
        assert_one_device_handed_over(aws, handover, start)


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("start", STARTS)
def test_a_reissue_killed_anywhere(start: User | None, handover: HandoverSpec, again: bool) -> None:
    then = wish(handover, again)
    for aws, steps in killed(start, wish(handover, reissue=True), then):
        if not steps and not again and start is not None and start.mfa_devices not in ((), jane(PHONE).mfa_devices):
            continue  # killed before its first step and not asked for again: the old device is as it was
        aws.perform(planned(aws, then).steps)
        assert planned(aws, wish(handover)) == Plan()
        assert_one_device_handed_over(aws, handover, start)


def test_the_user_is_never_without_a_device_during_a_reissue() -> None:
    for aws, _steps in killed(RECEIPTED, wish(SEALED_FILE, reissue=True), wish(SEALED_FILE)):
        assert aws.user(NAME).mfa_devices != ()


def test_whatever_a_kill_left_goes_with_the_user() -> None:
    gone = replace(wish(SEALED_FILE), state="absent")
    for aws, _steps in killed(jane(), wish(SEALED_FILE), wish(SEALED_FILE)):
        aws.perform(planned(aws, gone).steps)
        assert aws.devices == set()
        assert aws.users == {}
