# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account's credential report: for a plan believed only when AWS made it during this run, shown with its age.

AWS makes a new one at most every four hours and otherwise answers with the old one
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html), which may not know of a key that
was deleted since. So for a plan an older report counts as none.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNKNOWN, AccessKey, LoginProfile

POLLS = 12
POLL_SECONDS = 0.5
# For whoever asks for the report itself there is nothing else to read, so it is waited for.
PATIENT_POLLS = 120

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
_NONE_YET = ("ReportNotPresent", "ReportExpired", "ReportInProgress")

# The report says that there is one, not which.
PROFILE = LoginProfile()
KEYS = (AccessKey(UNKNOWN),)


@dataclass(frozen=True)
class Row:
    """What the report says of one user: has a console password, has an active access key."""

    password: bool
    active_key: bool


Report = Mapping[str, Row]


def read(gateway: Gateway, now: datetime) -> Report:
    """The rows by user ARN; empty when there is no report of this run (too old, denied, throttled, too slow)."""
    try:
        if not _made(gateway, POLLS):
            return {}
        answer = gateway.read("iam:GetCredentialReport")
    except AwsError:
        # Only a quicker way to what is read user by user otherwise, where an error is an error.
        return {}
    if answer["GeneratedTime"] < now - timedelta(seconds=1):
        return {}
    return rows(_text(answer["Content"]))


def read_newest(gateway: Gateway) -> tuple[datetime, dict[str, Mapping[str, str]]]:
    """When AWS made its newest report, and the report's rows by user ARN, as they are. GenerateCredentialReport is
    often throttled, so it is asked for one only where there is none. Raises AwsError."""
    try:
        answer = gateway.read("iam:GetCredentialReport")
    except AwsError as error:
        if error.code not in _NONE_YET:
            raise
        if not _made(gateway, PATIENT_POLLS):
            text = "AWS is still making the report"
            raise AwsError("iam:GenerateCredentialReport", Kind.BUSY, text, error.code) from None
        answer = gateway.read("iam:GetCredentialReport")
    return answer["GeneratedTime"], {row["arn"]: row for row in csv.DictReader(_text(answer["Content"]).splitlines())}


def _made(gateway: Gateway, polls: int) -> bool:
    for _poll in range(polls):
        if gateway.read("iam:GenerateCredentialReport").get("State") == "COMPLETE":
            return True
        gateway.sleep(POLL_SECONDS)
    return False


def _text(content: bytes | str) -> str:
    return content.decode() if isinstance(content, bytes) else content


def rows(content: str) -> dict[str, Row]:
    """The CSV by its headers, since AWS appends columns."""
    return {
        row["arn"]: Row(
            row["password_enabled"].upper() == "TRUE",
            "TRUE" in (row["access_key_1_active"].upper(), row["access_key_2_active"].upper()),
        )
        for row in csv.DictReader(content.splitlines())
    }
