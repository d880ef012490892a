# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account's password policy: ranges, what an update leaves out, and passwords that expire."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

PASSWORD = "Correct-horse-7"
DEFAULTS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
    "ExpirePasswords": False,
    "HardExpiry": False,
}
FULL = {
    "MinimumPasswordLength": 14,
    **{f"Require{what}": True for what in ("Symbols", "Numbers", "UppercaseCharacters", "LowercaseCharacters")},
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}


@pytest.fixture
def update(iam: Any) -> Any:
    return iam.update_account_password_policy


def test_what_is_left_out_goes_back_to_its_default(iam: Any, update: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html: no partial updates."""
    assert refused(iam.get_account_password_policy) == ("NoSuchEntity", 404)
    update(**FULL)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {**FULL, "ExpirePasswords": True}
    update(MinimumPasswordLength=10)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {**DEFAULTS, "MinimumPasswordLength": 10}
    update()
    assert iam.get_account_password_policy()["PasswordPolicy"] == DEFAULTS
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy) == ("NoSuchEntity", 404)
    assert refused(iam.delete_account_password_policy) == ("NoSuchEntity", 404)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [("MinimumPasswordLength", 6, 128), ("MaxPasswordAge", 1, 1095), ("PasswordReusePrevention", 1, 24)],
)
def test_ranges(aws: Emulator, iam: Any, refused: Refused, name: str, lowest: int, highest: int) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html: no explicit 0."""
    unchecked = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    update = aws.client("iam", config=unchecked).update_account_password_policy
    for wrong in (lowest - 1, highest + 1):
        assert refused(update, **{name: wrong}) == ("ValidationError", 400)
    for right in (lowest, highest):
        update(**{name: right})
        assert iam.get_account_password_policy()["PasswordPolicy"][name] == right


@pytest.mark.parametrize("hard", [False, True])
def test_expired_password(aws: Emulator, iam: Any, update: Any, hard: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html, expiration."""
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=PASSWORD)
    update(MaxPasswordAge=90, HardExpiry=hard)
    aws.set_clock(89 * 86400)
    assert aws.sign_in("alice", PASSWORD) == {"ok": True, "password_reset_required": False, "mfa_required": False}
    aws.set_clock(90 * 86400)
    expected = {"ok": not hard, "password_reset_required": True, "mfa_required": False}
    assert aws.sign_in("alice", PASSWORD) == expected
    iam.update_login_profile(UserName="alice", Password=PASSWORD + "x")
    assert aws.sign_in("alice", PASSWORD + "x")["ok"] is True
