#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
version_added: 0.1.0
short_description: Tell what an AWS account's IAM allows and how full it is
description:
  - Reads the account's id, alias, partition, sign-in address, password policy, and the IAM quotas with what is used.
  - Makes no write call.
author: keysmith.iam contributors (@keysmith)
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
"""

EXAMPLES = r"""
- name: Which account is this, and is there room for 50 more users
  keysmith.iam.account_info:
  register: account

- name: Stop when there is no room
  ansible.builtin.assert:
    that: account.quotas.Users.free >= 50
"""

RETURN = r"""
account:
  description: The account.
  returned: always
  type: dict
  contains:
    id: {description: Its id., type: str, returned: always, sample: "123456789012"}
    alias: {description: "Its alias, null when it has none.", type: str, returned: always}
    partition: {description: "V(aws), V(aws-us-gov) or V(aws-cn).", type: str, returned: always, sample: aws}
    sign_in_url:
      description: Where its users sign in to the console.
      type: str
      returned: always
      sample: https://123456789012.signin.aws.amazon.com/console
    caller_arn: {description: Who asked., type: str, returned: always}
password_policy:
  description: The password rules in force, as M(keysmith.iam.password_policy) returns them.
  returned: always
  type: dict
  contains:
    allow_users_to_change_password: {description: Whether users may change their own., type: bool, returned: always}
    expire_passwords: {description: Whether passwords expire., type: bool, returned: always}
    hard_expiry: {description: Whether an expired one needs an administrator., type: bool, returned: always}
    is_default:
      description: Whether the account has no policy of its own, so that AWS's default with three of four kinds holds.
      type: bool
      returned: always
    max_password_age: {description: "After how many days one expires, null for never.", type: int, returned: always}
    minimum_password_length: {description: How many characters it has at least., type: int, returned: always}
    password_reuse_prevention:
      description: How many of the last ones may not be used again, null for none.
      type: int
      returned: always
    require_lowercase_characters: {description: Whether it needs a lower-case letter., type: bool, returned: always}
    require_numbers: {description: Whether it needs a digit., type: bool, returned: always}
    require_symbols: {description: Whether it needs a symbol., type: bool, returned: always}
    require_uppercase_characters: {description: Whether it needs an upper-case letter., type: bool, returned: always}
quotas:
  description: By AWS's name, how many are used, allowed and free. What AWS tells no use of has only V(quota).
  returned: always
  type: dict
  sample: {"Users": {"used": 12, "quota": 5000, "free": 4988}, "AccessKeysPerUser": {"quota": 2}}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.inform import account_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    account_info(open_module({}))


if __name__ == "__main__":
    main()
