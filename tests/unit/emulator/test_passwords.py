# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Login profiles, password rules, the console's sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused
from tests.unit.emulator.test_callers import as_key

GOOD = "Correct-horse-7"


def test_reset_flag_is_kept(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html."""
    iam.create_user(UserName="alice")
    made = iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)["LoginProfile"]
    assert made["PasswordResetRequired"] is True
    assert iam.get_login_profile(UserName="alice")["LoginProfile"] == made


def test_update_of_the_flag_alone_keeps_the_password(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html: both are optional."""
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    assert aws.sign_in("alice", GOOD) == {"ok": True, "password_reset_required": True, "mfa_required": False}
    iam.update_login_profile(UserName="alice", Password=GOOD + "x")
    assert aws.sign_in("alice", GOOD)["ok"] is False
    assert aws.sign_in("alice", GOOD + "x") == {"ok": True, "password_reset_required": True, "mfa_required": False}


def test_login_profile_has_its_own_date(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html, CreateDate."""
    iam.create_user(UserName="alice")
    aws.set_clock(86400)
    made = iam.create_login_profile(UserName="alice", Password=GOOD)["LoginProfile"]
    age = made["CreateDate"] - iam.get_user(UserName="alice")["User"]["CreateDate"]
    assert age.days in (0, 1)
    assert age.total_seconds() > 86000


def test_missing_and_doubled_profiles(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html."""
    iam.create_user(UserName="alice")
    for method in (iam.get_login_profile, iam.update_login_profile, iam.delete_login_profile):
        assert refused(method, UserName="alice") == ("NoSuchEntity", 404)
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="Login Profile for User alice cannot be found"):
        iam.get_login_profile(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    again = refused(iam.create_login_profile, UserName="alice", Password=GOOD)
    assert again == ("EntityAlreadyExists", 409)


@pytest.mark.parametrize("password", ["Ab1-xyz", "onlylowerletters", "lower-and-symbols", "alllower123"])
def test_default_rules(iam: Any, refused: Refused, password: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html."""
    iam.create_user(UserName="alice")
    weak = refused(iam.create_login_profile, UserName="alice", Password=password)
    assert weak == ("PasswordPolicyViolation", 400)
    iam.create_login_profile(UserName="alice", Password=GOOD)
    assert refused(iam.update_login_profile, UserName="alice", Password=password) == ("PasswordPolicyViolation", 400)


def test_default_rules_forbid_the_account_name(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html."""
    iam.create_account_alias(AccountAlias="acme-corp-1")
    iam.create_user(UserName="alice")
    same = refused(iam.create_login_profile, UserName="alice", Password="acme-corp-1")
    assert same == ("PasswordPolicyViolation", 400)
    iam.create_login_profile(UserName="alice", Password="acme-corp-2")


@pytest.mark.parametrize(
    ("rule", "weak", "strong"),
    [
        ({"MinimumPasswordLength": 20}, "a" * 19, "a" * 20),
        ({"RequireUppercaseCharacters": True}, "abcdefgh", "abcdefgH"),
        ({"RequireLowercaseCharacters": True}, "ABCDEFGH", "ABCDEFGh"),
        ({"RequireNumbers": True}, "abcdefgh", "abcdefg1"),
        ({"RequireSymbols": True}, "abcdefg,", "abcdefg|"),
    ],
    ids=str,
)
def test_rules_of_the_account(iam: Any, refused: Refused, rule: dict[str, Any], weak: str, strong: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html."""
    iam.update_account_password_policy(**rule)
    iam.create_user(UserName="alice")
    assert refused(iam.create_login_profile, UserName="alice", Password=weak) == ("PasswordPolicyViolation", 400)
    iam.create_login_profile(UserName="alice", Password=strong)


def test_refusals_do_not_show_the_password(iam: Any) -> None:
    """`sensitive` in the model of https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html."""
    iam.create_user(UserName="alice")
    with pytest.raises(iam.exceptions.ClientError) as caught:
        iam.create_login_profile(UserName="alice", Password="hidden\u0001hidden")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "hidden" not in str(caught.value)


def test_change_password_of_the_caller(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html."""
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = aws.client("iam", **as_key(key))
    assert refused(alice.change_password, OldPassword=GOOD, NewPassword=GOOD) == ("NoSuchEntity", 404)
    iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)
    wrong = refused(alice.change_password, OldPassword="wrong", NewPassword=GOOD + "x")
    assert wrong == ("AccessDenied", 403)
    weak = refused(alice.change_password, OldPassword=GOOD, NewPassword="weak")
    assert weak == ("PasswordPolicyViolation", 400)
    alice.change_password(OldPassword=GOOD, NewPassword=GOOD + "x")
    assert aws.sign_in("alice", GOOD + "x") == {"ok": True, "password_reset_required": False, "mfa_required": False}


def test_reuse_prevention(iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html, PasswordReusePrevention."""
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    iam.update_login_profile(UserName="alice", Password=GOOD)
    iam.update_account_password_policy(PasswordReusePrevention=2)
    for password in (GOOD + "1", GOOD + "2"):
        iam.update_login_profile(UserName="alice", Password=password)
    for password in (GOOD + "1", GOOD + "2"):
        again = refused(iam.update_login_profile, UserName="alice", Password=password)
        assert again == ("PasswordPolicyViolation", 400)
    iam.update_login_profile(UserName="alice", Password=GOOD)


def test_signing_in_dates_the_password(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html, PasswordLastUsed."""
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    assert "PasswordLastUsed" not in iam.get_user(UserName="alice")["User"]
    assert aws.sign_in("nobody", GOOD)["ok"] is False
    aws.sign_in("alice", GOOD)
    assert "PasswordLastUsed" in iam.get_user(UserName="alice")["User"]


def test_password_policy_is_read_replaced_and_deleted(iam: Any, refused: Refused) -> None:
    """No partial updates: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html."""
    assert refused(iam.get_account_password_policy) == ("NoSuchEntity", 404)
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90, RequireNumbers=True)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["MaxPasswordAge"], policy["ExpirePasswords"]) == (14, 90, True)
    iam.update_account_password_policy(RequireSymbols=True)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireNumbers"], policy["ExpirePasswords"]) == (6, False, False)
    iam.delete_account_password_policy()
    assert refused(iam.delete_account_password_policy) == ("NoSuchEntity", 404)
