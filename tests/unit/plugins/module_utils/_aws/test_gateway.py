# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way to AWS: every page, patience with reads, one try of each write, and an error that stays one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import (
    THROTTLED_TRIES,
    Session,
    backoff,
    moment,
)

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way


def test_a_list_has_every_page(way: Way, iam: Any) -> None:
    wanted = [f"user{number}" for number in range(7)]
    for name in wanted:
        iam.create_user(UserName=name)
    way.aws.set_page_size(1)
    found = [user["UserName"] for user in way.gateway.listing("iam:ListUsers", "Users")]
    assert sorted(found) == sorted([*wanted, "operator"])
    assert len(way.calls("iam:ListUsers")) == 8


def test_a_page_that_fails_fails_the_list(way: Way, iam: Any) -> None:
    for number in range(3):
        iam.create_user(UserName=f"user{number}")
    way.aws.set_page_size(1)
    way.aws.fault(action="iam:ListUsers", kind="denied", skip=2)
    with pytest.raises(AwsError) as caught:
        way.gateway.listing("iam:ListUsers", "Users")
    assert caught.value.kind is Kind.DENIED


def test_a_throttled_read_is_waited_for(way: Way) -> None:
    way.aws.fault(action="iam:ListUsers", kind="throttle", times=7)
    assert way.gateway.listing("iam:ListUsers", "Users")
    assert len(way.pauses) == 2  # after each three tries of the SDK


def test_a_read_that_is_throttled_for_ever_fails(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_args: 0)
    way.aws.fault(action="iam:ListUsers", kind="throttle", times=0)
    with pytest.raises(AwsError) as caught:
        way.gateway.listing("iam:ListUsers", "Users")
    assert caught.value.kind is Kind.THROTTLED
    assert len(way.pauses) == THROTTLED_TRIES - 1


@pytest.mark.parametrize("kind", ["unavailable", "reset"])
def test_a_read_is_repeated(way: Way, kind: str) -> None:
    way.aws.fault(action="iam:GetUser", kind=kind)
    assert way.gateway.read("iam:GetUser", UserName="operator")


@pytest.mark.parametrize("kind", ["unavailable", "reset", "lost_reply", "unavailable_after", "throttle"])
def test_a_write_is_made_once(way: Way, kind: str) -> None:
    way.aws.fault(action="iam:CreateUser", kind=kind)
    with pytest.raises(AwsError) as caught:
        way.gateway.write("iam:CreateUser", {"UserName": "jane"})
    assert caught.value.kind is (Kind.THROTTLED if kind == "throttle" else Kind.UNCLEAR)
    assert len(way.calls("iam:CreateUser")) == 1


def test_a_lost_key_is_not_made_twice(way: Way) -> None:
    way.aws.fault(action="iam:CreateAccessKey", kind="lost_reply")
    with pytest.raises(AwsError):
        way.gateway.write("iam:CreateAccessKey", {"UserName": "operator"}, secret=True)
    assert len(way.calls("iam:CreateAccessKey")) == 1


def test_a_stores_write_may_be_repeated_and_is_made_once(way: Way) -> None:
    way.aws.fault(action="secretsmanager:CreateSecret", kind="lost_reply")
    way.gateway.write("secretsmanager:CreateSecret", {"Name": "iam/jane", "SecretString": "text"}, secret=True)
    tokens = {call["parameters"]["ClientRequestToken"] for call in way.calls("secretsmanager:CreateSecret")}
    assert len(tokens) == 1


@pytest.mark.parametrize("fault", ["throttle", "EntityTemporarilyUnmodifiable"])
def test_a_stores_throttled_write_is_waited_for(way: Way, fault: str) -> None:
    busy = {"kind": "throttle"} if fault == "throttle" else {"kind": "error", "code": fault, "http": 409}
    way.aws.fault(action="secretsmanager:CreateSecret", times=4, **busy)
    way.gateway.write("secretsmanager:CreateSecret", {"Name": "iam/jane", "SecretString": "text"}, secret=True)
    assert way.pauses


def test_what_does_not_exist_is_none_and_any_other_error_an_error(way: Way) -> None:
    assert way.gateway.find("iam:GetUser", UserName="nobody") is None
    way.aws.fault(action="iam:GetUser", kind="denied")
    with pytest.raises(AwsError):
        way.gateway.find("iam:GetUser", UserName="nobody")


def test_a_call_with_a_secret_keeps_nothing_of_it(way: Way) -> None:
    text = "The password hunter2hunter2 is not allowed"
    way.aws.fault(action="iam:CreateLoginProfile", kind="error", code="ValidationError", message=text, http=400)
    with pytest.raises(AwsError) as caught:
        way.gateway.write("iam:CreateLoginProfile", {"UserName": "a", "Password": "hunter2hunter2"}, secret=True)
    error = caught.value
    assert "hunter2" not in f"{error.message} {error.response} {error.__context__!r} {error.__cause__!r}"
    assert error.code == "ValidationError"


def test_what_the_sdk_refuses_is_told_without_the_secret(way: Way) -> None:
    with pytest.raises(AwsError) as caught:
        way.gateway.write("iam:CreateLoginProfile", {"UserName": 3, "Password": ["hunter2hunter2"]}, secret=True)
    assert "hunter2" not in caught.value.message
    assert caught.value.__context__ is None


def test_pauses_grow_and_end() -> None:
    assert 0.25 <= backoff(0) <= 0.5
    assert 10 <= backoff(30) <= 20


FORMS = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S+00:00", "%a, %d %b %Y %H:%M:%S GMT"]


@given(when=st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), form=st.sampled_from(FORMS))
def test_a_time_is_read_as_the_sdk_reads_it(when: datetime, form: str) -> None:
    text = when.strftime(form)
    assert moment(text) == parse_timestamp(text)
    assert moment(text).utcoffset() is not None
    seconds = when.replace(tzinfo=UTC).timestamp()
    assert moment(seconds) == parse_timestamp(seconds)


@pytest.mark.parametrize("text", ["Z", "soonZ", "2026-13-01T00:00:00Z", ""])
def test_what_is_no_time_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        moment(text)


def test_it_is_what_reads_the_times_of_an_account(way: Way) -> None:
    """By dateutil, half of the time that an account's reading takes would go into its times."""
    own = {name.lower(): value for name, value in way.aws.environment.items() if name != "AWS_ENDPOINT_URL"}
    client = Session(None, way.aws.endpoint, own, "keysmith.iam").client("iam", "us-east-1", Config(), {})
    assert client.get_user()["User"]["CreateDate"].tzinfo is UTC
