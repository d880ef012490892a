# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The credential report.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.emulator.operations import Call, operation
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, Account

_KEPT = timedelta(hours=4)
_KEY_COLUMNS = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_COLUMNS = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *(f"access_key_{number}_{column}" for number in (1, 2) for column in _KEY_COLUMNS),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
)


@operation("iam:GenerateCredentialReport")
def generate_credential_report(call: Call) -> Parameters:
    """STARTED, then COMPLETE; within four hours no new one is made."""
    account = call.account
    if account.report is not None and CLOCK.naive() - account.report[0] < _KEPT:
        return {"State": "COMPLETE"}
    account.report = (CLOCK.naive(), _report(account))
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation("iam:GetCredentialReport")
def get_credential_report(call: Call) -> Parameters:
    report = call.account.report
    if report is None:
        raise AwsError("ReportNotPresent", "Credential report does not exist. Generate one first.")
    if CLOCK.naive() - report[0] >= _KEPT:
        raise AwsError("ReportExpired", "The most recent credential report has expired. Generate a new one.")
    return {"Content": report[1].encode(), "ReportFormat": "text/csv", "GeneratedTime": report[0]}


def _report(account: Account) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n", restval="N/A")
    writer.writeheader()
    writer.writerow(_root_row(account))
    for user in sorted(account.backend.users.values(), key=lambda one: str(one.name).lower()):
        writer.writerow(_row(account, user))
    return text.getvalue().rstrip("\n")


def _root_row(account: Account) -> dict[str, str]:
    return {
        "user": "<root_account>",
        "arn": account.arn("root"),
        "user_creation_time": _date(account.created),
        "password_enabled": "not_supported",
        "password_last_used": "no_information",
        "password_last_changed": "not_supported",
        "password_next_rotation": "not_supported",
        "mfa_active": "false",
        **{f"access_key_{number}_active": "false" for number in (1, 2)},
        **{f"cert_{number}_active": "false" for number in (1, 2)},
    }


def _row(account: Account, user: Any) -> dict[str, str]:
    row = {
        "user": user.name,
        "arn": user.arn,
        "user_creation_time": _date(user.create_date),
        "mfa_active": _flag(user.mfa_devices),
        **_password_columns(account, user),
    }
    keys = sorted(user.access_keys, key=lambda key: key.create_date)
    for number in (1, 2):
        row |= _key_columns(f"access_key_{number}_", keys[number - 1] if len(keys) >= number else None)
    certificates = sorted(user.signing_certificates.values(), key=lambda one: one.upload_date)
    for number in (1, 2):
        row[f"cert_{number}_active"] = _flag(
            len(certificates) >= number and certificates[number - 1].status == "Active"
        )
        if len(certificates) >= number:
            row[f"cert_{number}_last_rotated"] = _date(certificates[number - 1].upload_date)
    return row


def _password_columns(account: Account, user: Any) -> dict[str, str]:
    login = user.login
    if login is None:
        return {"password_enabled": "false"}
    policy = account.backend.account_password_policy
    age = policy.max_password_age if policy else 0
    return {
        "password_enabled": "true",
        "password_last_used": _date(user.password_last_used) if user.password_last_used else "no_information",
        "password_last_changed": _date(login.changed),
        "password_next_rotation": _date(login.changed + timedelta(days=age)) if age else "N/A",
    }


def _key_columns(prefix: str, key: Any) -> dict[str, str]:
    if key is None:
        return {prefix + "active": "false"}
    columns = {prefix + "active": _flag(key.status == "Active"), prefix + "last_rotated": _date(key.create_date)}
    if key.last_used is not None:
        columns[prefix + "last_used_date"] = _date(key.last_used.timestamp)
        columns[prefix + "last_used_region"] = key.last_used.region
        columns[prefix + "last_used_service"] = key.last_used.service
    return columns


def _flag(value: Any) -> str:
    return "true" if value else "false"


def _date(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC).isoformat(timespec="seconds")
