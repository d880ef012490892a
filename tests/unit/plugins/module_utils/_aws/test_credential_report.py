# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The credential report: believed when AWS made it in this run, and otherwise counted as none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws import credential_report, observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.credential_report import POLLS, Row
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    RosterSpec,
    UserSpec,
)

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way

ARN = "arn:aws:iam::123456789012:user/"


def now(way: Way) -> Any:
    return observe.identify(way.gateway).now


@pytest.fixture
def people(iam: Any) -> list[str]:
    """More users than are read one by one: the even have a password, each third a key, the second's is inactive."""
    names = [f"user{number}" for number in range(observe.REPORT_WORTHWHILE + 2)]
    for number, name in enumerate(names):
        iam.create_user(UserName=name)
        if number % 2 == 0:
            iam.create_login_profile(UserName=name, Password="aB3$efghijkl")
        if number % 3 == 0:
            iam.create_access_key(UserName=name)
    key = iam.create_access_key(UserName="user1")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="user1", AccessKeyId=key, Status="Inactive")
    return names


@pytest.mark.usefixtures("people")
def test_a_report_of_this_run_tells_who_has_what(way: Way) -> None:
    found = credential_report.read(way.gateway, now(way))
    assert found[f"{ARN}user0"] == Row(password=True, active_key=True)
    assert found[f"{ARN}user1"] == Row(password=False, active_key=False)
    assert found[f"{ARN}user2"] == Row(password=True, active_key=False)


def test_an_older_report_counts_as_none(way: Way) -> None:
    credential_report.read(way.gateway, now(way))
    assert credential_report.read(way.gateway, now(way) + timedelta(seconds=30)) == {}


@pytest.mark.parametrize("kind", ["denied", "unavailable"])
@pytest.mark.parametrize("action", ["iam:GenerateCredentialReport", "iam:GetCredentialReport"])
def test_a_report_that_cannot_be_had_counts_as_none(
    way: Way, action: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_args: 0)
    way.aws.fault(action=action, kind=kind, times=0)
    assert credential_report.read(way.gateway, now(way)) == {}


def test_a_report_that_is_never_ready_counts_as_none(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way.gateway, "read", lambda action, **_parameters: {"State": "STARTED"})
    assert credential_report.read(way.gateway, None) == {}
    assert len(way.pauses) == POLLS


def test_columns_are_found_by_their_names() -> None:
    text = "new,arn,access_key_2_active,password_enabled,access_key_1_active\nx,a,true,not_supported,false\n"
    assert credential_report.rows(text) == {"a": Row(password=False, active_key=True)}


def test_many_users_cost_no_call_each_and_come_out_the_same(way: Way, people: list[str]) -> None:
    specs = tuple(UserSpec(name, console=ConsoleSpec(), access_key=AccessKeySpec()) for name in people)
    roster = RosterSpec(users=specs, onboarding=True)
    account = observe.observe(way.gateway, observe.identify(way.gateway), roster, threads=4)
    asked = {entry["parameters"]["UserName"] for entry in way.calls("iam:GetLoginProfile")}
    assert asked == {name for number, name in enumerate(people) if number % 2}
    asked = {entry["parameters"]["UserName"] for entry in way.calls("iam:ListAccessKeys")}
    assert asked == {name for number, name in enumerate(people) if number % 3}
    for number, name in enumerate(people):
        user = account.user(name)
        assert user is not None
        assert (user.login_profile is not None) is (number % 2 == 0)
        assert bool(user.access_keys) is (number % 3 == 0 or number == 1)


def test_a_pending_key_is_looked_at_itself(way: Way, iam: Any, people: list[str]) -> None:
    tag = {"Key": "keysmith:access-key", "Value": "pending 2026-01-01T00:00:00Z"}
    iam.tag_user(UserName="user0", Tags=[tag])
    specs = tuple(UserSpec(name, console=ConsoleSpec(), access_key=AccessKeySpec()) for name in people)
    observe.observe(way.gateway, observe.identify(way.gateway), RosterSpec(users=specs, onboarding=True), threads=4)
    assert "user0" in {entry["parameters"]["UserName"] for entry in way.calls("iam:ListAccessKeys")}
    assert way.calls("iam:GetAccessKeyLastUsed")
