# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When passwords, keys and devices were last used, and where AWS tells it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.emulator.client import Emulator

PASSWORD = "Correct-horse-7"
MARCH = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def key(iam: Any) -> str:
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    return str(iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"])


def report_of_alice(aws: Emulator, iam: Any, hours: int = 0) -> dict[str, str]:
    aws.set_clock(hours * 3600)
    iam.generate_credential_report()
    text = iam.get_credential_report()["Content"].decode()
    return next(row for row in csv.DictReader(io.StringIO(text)) if row["user"] == "alice")


def test_dates_of_a_key_can_be_set(aws: Emulator, iam: Any, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html."""
    never = {"ServiceName": "N/A", "Region": "N/A"}
    march = MARCH.isoformat()
    aws.set_dates("alice", access_key=key, access_key_last_used=march, service="s3", region="eu-central-1")
    used = {"LastUsedDate": MARCH, "ServiceName": "s3", "Region": "eu-central-1"}
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] == used
    row = report_of_alice(aws, iam)
    columns = {name: row[f"access_key_1_last_used_{name}"] for name in ("date", "service", "region")}
    assert columns == {"date": march, "service": "s3", "region": "eu-central-1"}
    aws.set_dates("alice", access_key=key, access_key_last_used=None)
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] == never


def test_use_of_a_password_is_told_of_users_but_not_in_the_authorization_details(
    aws: Emulator, iam: Any, key: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html and API_UserDetail.html."""
    assert "PasswordLastUsed" not in iam.get_user(UserName="alice")["User"]
    aws.set_dates("alice", password_last_used=MARCH.isoformat())
    assert iam.get_user(UserName="alice")["User"]["PasswordLastUsed"] == MARCH
    assert iam.list_users()["Users"][0]["PasswordLastUsed"] == MARCH
    details = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    assert not any("PasswordLastUsed" in user for user in details)
    aws.sign_in("alice", "wrong")
    assert iam.get_user(UserName="alice")["User"]["PasswordLastUsed"] == MARCH
    aws.sign_in("alice", PASSWORD)
    assert iam.get_user(UserName="alice")["User"]["PasswordLastUsed"] > MARCH


def test_report_tells_mfa_as_it_was_when_made(aws: Emulator, iam: Any, key: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html, mfa_active."""
    assert report_of_alice(aws, iam)["mfa_active"] == "false"
    serial = aws.plant_fido_device("alice")
    assert report_of_alice(aws, iam, hours=3)["mfa_active"] == "false"
    assert report_of_alice(aws, iam, hours=5)["mfa_active"] == "true"
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    assert report_of_alice(aws, iam, hours=10)["mfa_active"] == "false"
