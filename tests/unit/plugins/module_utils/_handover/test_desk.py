# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The desk, where no run on the embedded AWS can be timed so that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pyotp

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED
from ansible_collections.keysmith.iam.plugins.module_utils._handover.desk import Desk

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TURN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class TurningAws:
    """It makes the device in the last tenth of a second of a code, and is asked to enable it in the next code's first:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []

    def write(self, action: str, parameters: Mapping[str, Any], secret: bool = False) -> dict[str, Any]:
        if action == "iam:CreateVirtualMFADevice":
            date = format_datetime(TURN.replace(minute=29, second=59), usegmt=True)
            made = {"SerialNumber": "arn:aws:iam::123456789012:mfa/jane", "Base32StringSeed": SEED.encode()}
            return {"VirtualMFADevice": made, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
        self.pairs.append((parameters["AuthenticationCode1"], parameters["AuthenticationCode2"]))
        now = int(TURN.timestamp())
        if self.pairs[-1] != (pyotp.TOTP(SEED).at(now - 30), pyotp.TOTP(SEED).at(now)):
            raise AwsError(action, Kind.REFUSED, "the code is not valid", "InvalidAuthenticationCode")
        return {}


def test_codes_of_a_device_that_is_enabled_at_the_turn_of_a_code() -> None:
    """AWS told the second that began 0.9 s ago, so that the first pair is the one of before."""
    aws = TurningAws()
    desk = Desk(aws, Account("123456789012"), TURN)
    known: dict[str, str] = {}
    desk.perform(Step("iam:CreateVirtualMFADevice", {}, "user jane", "+ device", secret=MFA_SEED), known)
    desk.perform(Step("iam:EnableMFADevice", {"UserName": "jane"}, "user jane", "+ enabled"), known)
    assert len(set(aws.pairs)) == 2
