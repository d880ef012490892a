# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Login profiles, the password rules and ChangePassword."""

from __future__ import annotations

import string
from datetime import timedelta

from tests.emulator.entities import LoginProfile, User
from tests.emulator.iam_lookup import user_named
from tests.emulator.operations import Call, operation, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import CLOCK, Account

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
_SYMBOLS = "!@#$%^&*()_+-=[]{}|'"
_DEFAULT_MINIMUM = 8
_HISTORY = 24


@operation("iam:CreateLoginProfile")
def create_login_profile(call: Call) -> Parameters:
    user = user_named(call)
    if user.login is not None:
        raise refusal("EntityAlreadyExists", f"Login Profile for User {user.name} already exists.")
    if "Password" not in call.parameters:
        raise refusal("ValidationError", "Must specify a password")
    _check_password(call, user, call["Password"])
    now = CLOCK.naive()
    user.login = LoginProfile(call["Password"], call.get("PasswordResetRequired", False), now, now)
    return {"LoginProfile": _shown(user, user.login)}


@operation("iam:GetLoginProfile")
def get_login_profile(call: Call) -> Parameters:
    user = user_named(call)
    return {"LoginProfile": _shown(user, _login_of(user))}


@operation("iam:UpdateLoginProfile")
def update_login_profile(call: Call) -> Parameters:
    """Each of password and flag is changed only when it is given."""
    user = user_named(call)
    login = _login_of(user)
    if "Password" in call.parameters:
        _set_password(call, user, login, call["Password"])
    if "PasswordResetRequired" in call.parameters:
        login.reset_required = call["PasswordResetRequired"]
    return {}


@operation("iam:DeleteLoginProfile")
def delete_login_profile(call: Call) -> Parameters:
    user = user_named(call)
    _login_of(user)
    user.login = None
    return {}


@operation("iam:ChangePassword")
def change_password(call: Call) -> Parameters:
    """The caller's own: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html."""
    user = call.caller.user
    if user is None:
        raise refusal("InvalidUserType", "Only IAM Users can change their own password")
    login = _login_of(user)
    if call["OldPassword"] != login.password:
        raise refusal("AccessDenied", "The old password was incorrect.")
    _set_password(call, user, login, call["NewPassword"])
    login.reset_required = False
    return {}


@operation("iam:GetAccountPasswordPolicy")
def get_password_policy(call: Call) -> Parameters:
    """Without the two numbers that are not set: botocore's model has no 0 for them.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html
    """
    policy = call.account.backend.account_password_policy
    if policy is None:
        name = call.account.account_id
        raise refusal("NoSuchEntity", f"The Password Policy with domain name {name} cannot be found.")
    shown = {
        "MinimumPasswordLength": policy.minimum_password_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase_characters,
        "RequireLowercaseCharacters": policy.require_lowercase_characters,
        "AllowUsersToChangePassword": policy.allow_users_to_change_password,
        "ExpirePasswords": bool(policy.max_password_age),
        "MaxPasswordAge": policy.max_password_age or None,
        "PasswordReusePrevention": policy.password_reuse_prevention or None,
        "HardExpiry": policy.hard_expiry,
    }
    return {"PasswordPolicy": shown}


def sign_in(account: Account, name: str, password: str) -> dict[str, bool]:
    """What the console says to a name and a password. Signing in counts as use of the password.

    An expired password has to be changed, after hard expiry by an administrator.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    user = account.backend.users.get(name)
    policy = account.backend.account_password_policy
    if user is None or user.login is None or user.login.password != password:
        return {"ok": False, "password_reset_required": False, "mfa_required": False}
    days = policy.max_password_age if policy else 0
    expired = bool(days) and CLOCK.naive() >= user.login.changed + timedelta(days=days)
    if expired and policy.hard_expiry:
        return {"ok": False, "password_reset_required": True, "mfa_required": False}
    user.password_last_used = CLOCK.naive()
    required = user.login.reset_required or expired
    return {"ok": True, "password_reset_required": required, "mfa_required": bool(user.mfa_devices)}


def _login_of(user: User) -> LoginProfile:
    if user.login is None:
        raise refusal("NoSuchEntity", f"Login Profile for User {user.name} cannot be found.")
    return user.login


def _shown(user: User, login: LoginProfile) -> Parameters:
    return {
        "UserName": user.name,
        "CreateDate": login.created,
        "PasswordResetRequired": login.reset_required,
    }


def _set_password(call: Call, user: User, login: LoginProfile, password: str) -> None:
    _check_password(call, user, password)
    login.history = [*login.history, login.password][-_HISTORY:]
    login.password = password
    login.changed = CLOCK.naive()


def _check_password(call: Call, user: User, password: str) -> None:
    broken = _broken_rule(call, user, password)
    if broken:
        raise refusal("PasswordPolicyViolation", broken)


def _broken_rule(call: Call, user: User, password: str) -> str | None:
    classes = {
        "uppercase letter": any(letter in string.ascii_uppercase for letter in password),
        "lowercase letter": any(letter in string.ascii_lowercase for letter in password),
        "number": any(letter in string.digits for letter in password),
        "symbol": any(letter in _SYMBOLS for letter in password),
    }
    policy = call.account.backend.account_password_policy
    if policy is None:
        return _broken_default(call, password, classes)
    if len(password) < policy.minimum_password_length:
        return f"Password should have a minimum length of {policy.minimum_password_length}"
    demanded = {
        "uppercase letter": policy.require_uppercase_characters,
        "lowercase letter": policy.require_lowercase_characters,
        "number": policy.require_numbers,
        "symbol": policy.require_symbols,
    }
    for name, demand in demanded.items():
        if demand and not classes[name]:
            return f"Password should have at least one {name}"
    remembered = policy.password_reuse_prevention or 0
    if user.login and remembered and password in [*user.login.history, user.login.password][-remembered:]:
        return "Password has been used before"
    return None


def _broken_default(call: Call, password: str, classes: dict[str, bool]) -> str | None:
    """AWS's own rules, in force while the account has set none."""
    if len(password) < _DEFAULT_MINIMUM:
        return f"Password should have a minimum length of {_DEFAULT_MINIMUM}"
    if sum(classes.values()) < 3:
        return "Password should have at least three of: uppercase letter, lowercase letter, number, symbol"
    if password.lower() in (alias.lower() for alias in call.account.backend.account_aliases):
        return "Password should not be identical to the AWS account name or email address"
    return None
