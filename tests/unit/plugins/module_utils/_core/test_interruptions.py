# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run killed after any of its steps: the next one ends with one working, handed-over credential and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    AccessKey,
    LoginProfile,
    Place,
    User,
    fold,
    is_key_id,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    HandoverSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    EARLIER,
    ID,
    KEY1,
    KEY2,
    LONG_AGO,
    NOW,
    SEALED_FILE,
    VAULT,
    account,
    key,
    pending,
    receipted,
    user,
)
from tests.unit.plugins.module_utils._core.strict_iam import StrictIam

NAME = "erp-export"
STORES = [pytest.param(SEALED_FILE, id="file"), pytest.param(VAULT, id="secretsmanager")]
AGAIN = [pytest.param(True, id="run again with reissue"), pytest.param(False, id="run again without")]


def erp(**more: object) -> User:
    return user(NAME, **more)


STARTS = [
    pytest.param(None, id="a new user"),
    pytest.param(erp(tags={"team": "blue"}), id="a user without key"),
    pytest.param(erp(access_keys=(key(),), tags=receipted()), id="a user with a receipted key"),
    pytest.param(erp(access_keys=(key(active=False),), tags=receipted()), id="its key switched off"),
    pytest.param(erp(tags=receipted()), id="its key deleted by hand"),
    pytest.param(erp(tags=pending(EARLIER)), id="killed before"),
    pytest.param(erp(access_keys=(key(created=EARLIER, last_used=None),), tags=pending(EARLIER)), id="with an orphan"),
]


# Here a run without reissue makes no key, so there is nothing to kill.
SERVED = ["a user with a receipted key", "its key switched off"]


def planned(aws: StrictIam, spec: UserSpec) -> Plan:
    plan = plan_user(aws.seen(), spec, aws.now)
    assert plan.refusals == ()
    return plan


def keyed(handover: HandoverSpec, reissue: bool) -> UserSpec:
    return UserSpec(NAME, access_key=AccessKeySpec(reissue=reissue), handover=handover)


def killed(start: User | None, spec: UserSpec, again: UserSpec) -> Iterator[tuple[StrictIam, list[Step]]]:
    """The account after a run of ``spec`` that was killed after each of its steps in turn, then one of ``again`` that
    was killed after each of its own; with the steps that the kills let through. The second begins in the same second
    as the first, when times tell nothing."""
    aws = StrictIam(account(*([start] if start else [])))
    whole = planned(aws, spec).steps
    for first in range(len(whole) + 1):
        aws = StrictIam(account(*([start] if start else [])))
        aws.perform(whole[:first])
        rest = planned(aws, again).steps
        for second in range(len(rest) + 1):
            aws = StrictIam(account(*([start] if start else [])))
            aws.perform(whole[:first])
            aws.perform(planned(aws, again).steps[:second])
            aws.now += timedelta(minutes=5)
            yield aws, [*whole[:first], *rest[:second]]


def settle(aws: StrictIam, spec: UserSpec) -> None:
    """A run to its end, then one that finds nothing to do; there is nothing that is done in every run."""
    aws.perform(planned(aws, spec).steps)
    calm = replace(
        spec,
        console=spec.console and replace(spec.console, reissue=False),
        access_key=spec.access_key and replace(spec.access_key, reissue=False),
    )
    assert planned(aws, calm) == Plan()


def assert_one_key_handed_over(aws: StrictIam, handover: HandoverSpec) -> None:
    ends = aws.user(NAME)
    assert len(ends.access_keys) == 1, [one.id for one in ends.access_keys]
    (only,) = ends.access_keys
    assert only.active
    found = receipts.read(ends.tag(ACCESS_KEY_TAG))
    assert found is not None
    assert found.key_id == only.id
    assert [tag for tag in ends.tags if is_key_id(tag)] == [only.id]
    assert aws.texts[handover.place(ID, NAME, "access-key")] == only.id


@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("start", [start for start in STARTS if start.id not in SERVED])
def test_a_key_hand_over_killed_anywhere(start: User | None, handover: HandoverSpec) -> None:
    spec = keyed(handover, reissue=False)
    for aws, _steps in killed(start, spec, spec):
        settle(aws, spec)
        assert_one_key_handed_over(aws, handover)


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("start", STARTS)
def test_a_reissue_killed_anywhere(start: User | None, handover: HandoverSpec, again: bool) -> None:
    spec = keyed(handover, reissue=True)
    for aws, steps in killed(start, spec, keyed(handover, reissue=again)):
        if not steps and not again and start is not None and start.tags == receipted():
            continue  # killed before its first step and not asked for again: the old key is as it was
        settle(aws, keyed(handover, reissue=again))
        assert_one_key_handed_over(aws, handover)


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("start", STARTS[:3])
def test_a_key_in_use_is_never_taken_for_an_orphan(start: User | None, again: bool) -> None:
    """Killed once the key is stored, and its owner has used it before the next run."""
    spec = keyed(SEALED_FILE, reissue=True)
    steps = planned(StrictIam(account(*([start] if start else []))), spec).steps
    stored = 1 + next(number for number, step in enumerate(steps) if step.place is not None)
    for done in range(stored, len(steps)):
        aws = StrictIam(account(*([start] if start else [])))
        aws.perform(steps[:done])
        newest = aws.user(NAME).access_keys[-1]
        keys = (*aws.user(NAME).access_keys[:-1], replace(newest, last_used=NOW))
        aws.users[fold(NAME)] = replace(aws.user(NAME), access_keys=keys)
        aws.perform(planned(aws, keyed(SEALED_FILE, reissue=again)).steps)
        assert_one_key_handed_over(aws, SEALED_FILE)
        assert aws.user(NAME).access_keys[0].id == newest.id


def test_a_key_of_somebody_else_outlives_every_kill() -> None:
    theirs = key(KEY1)
    calm = keyed(SEALED_FILE, reissue=False)
    for aws, _steps in killed(erp(access_keys=(theirs,)), keyed(SEALED_FILE, reissue=True), calm):
        settle(aws, calm)
        ours = [one.id for one in aws.user(NAME).access_keys if one != theirs]
        assert theirs in aws.user(NAME).access_keys
        assert [tag for tag in aws.user(NAME).tags if is_key_id(tag)] == ours
        assert len(ours) <= 1


@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("beside", [(), (key(KEY2, active=False),)], ids=["alone", "beside an inactive one"])
def test_a_rotation_killed_anywhere_leaves_the_key_in_use(
    beside: tuple[AccessKey, ...], handover: HandoverSpec
) -> None:
    calm = keyed(handover, reissue=False)
    rotate = replace(calm, access_key=AccessKeySpec(rotate=True))
    start = erp(access_keys=(key(KEY1), *beside), tags=receipted(KEY1))
    for aws, steps in killed(start, rotate, calm):
        settle(aws, calm)
        assert key(KEY1) in aws.user(NAME).access_keys
        made = [one.id for one in aws.user(NAME).access_keys if one.id not in (KEY1, KEY2)]
        assert bool(made) is any(step.secret is None and "pending" in str(step.parameters) for step in steps)
        if made:
            assert aws.texts[handover.place(ID, NAME, "access-key")] == made[0]
            found = receipts.read(aws.user(NAME).tag(ACCESS_KEY_TAG))
            assert found is not None
            assert [found.key_id] == made


def test_the_old_key_goes_only_when_the_new_one_is_stored() -> None:
    spec = keyed(SEALED_FILE, reissue=True)
    for aws, _steps in killed(erp(access_keys=(key(KEY1),), tags=receipted()), spec, spec):
        if KEY1 not in [one.id for one in aws.user(NAME).access_keys]:
            assert aws.texts[SEALED_FILE.place(ID, NAME, "access-key")].startswith("AKIAMADE")


WITH_PASSWORD = erp(login_profile=LoginProfile(LONG_AGO, False))


@pytest.mark.parametrize("handover", STORES)
@pytest.mark.parametrize("start", [None, erp(), WITH_PASSWORD], ids=["a new user", "without password", "with one"])
def test_a_password_killed_anywhere_is_the_one_in_the_store(start: User | None, handover: HandoverSpec) -> None:
    spec = UserSpec(NAME, console=ConsoleSpec(reissue=True), handover=handover)
    place = handover.place(ID, NAME, "console-password")
    for aws, _steps in killed(start, spec, spec):
        settle(aws, spec)
        assert aws.texts[place] == aws.passwords[NAME]


@pytest.mark.parametrize("handover", STORES)
def test_a_first_password_needs_no_reissue_after_a_kill(handover: HandoverSpec) -> None:
    spec = UserSpec(NAME, console=ConsoleSpec(), handover=handover)
    for aws, _steps in killed(None, spec, spec):
        settle(aws, spec)
        assert aws.texts[handover.place(ID, NAME, "console-password")] == aws.passwords[NAME]


@pytest.mark.parametrize("handover", STORES)
def test_an_old_password_stays_readable_until_the_new_one_is_in_force(handover: HandoverSpec) -> None:
    spec = UserSpec(NAME, console=ConsoleSpec(reissue=True), handover=handover)
    place: Place = handover.place(ID, NAME, "console-password")
    aws = StrictIam(account(WITH_PASSWORD))
    aws.perform(planned(aws, spec).steps)
    before = aws.texts[place]
    *steps, last = planned(aws, spec).steps
    aws.perform(steps)
    assert aws.texts[place] == before
    assert last.action in ("handover:Promote", "secretsmanager:UpdateSecretVersionStage")
