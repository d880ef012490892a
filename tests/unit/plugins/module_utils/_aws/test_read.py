# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account's own settings as AWS answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from ansible_collections.keysmith.iam.plugins.module_utils._aws import read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import PasswordPolicy


@dataclass
class Says:
    """Stands for a gateway whose every read has this answer."""

    answer: dict[str, Any] | None

    def find(self, action: str) -> dict[str, Any] | None:
        return self.answer


def read_policy(answer: dict[str, Any] | None) -> PasswordPolicy:
    return read.read_password_policy(cast(Gateway, Says(answer)))


def test_an_age_or_number_of_zero_is_none() -> None:
    """MaxPasswordAge may be 0 or not present: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html."""
    zero = read_policy({"PasswordPolicy": {"MaxPasswordAge": 0, "PasswordReusePrevention": 0}})
    assert zero == read_policy({"PasswordPolicy": {}}) == PasswordPolicy(minimum_length=6, is_default=False)


def test_without_a_policy_the_default_rules_hold() -> None:
    """8 characters, three of four kinds:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html."""
    default = read_policy(None)
    assert default == PasswordPolicy()
    assert (default.minimum_length, default.classes_of_four, default.is_default) == (8, 3, True)
