#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: password_policy
version_added: 0.1.0
short_description: Manage an AWS account's password policy for IAM users
description:
  - Sets, changes and removes the rules that the console passwords of an account's IAM users have to obey.
  - Takes the place of M(amazon.aws.iam_password_policy), with the same option names. A rule whose option is omitted
    stays as it is in force, nothing is written in check mode, and no rule gets weaker unless O(allow_weaker) is true.
  - Rules for length and characters hold from the next change of a password on. A maximum age holds at once.
author: keysmith.iam contributors (@keysmith)
options:
  state:
    description:
      - V(present) makes sure that the account has a policy of its own. A first one begins with AWS's default policy,
        which asks for 8 characters of three of four kinds (lower-case letters, upper-case letters, digits, symbols).
        A policy of one's own can only name kinds, so that O(require_lowercase), O(require_uppercase),
        O(require_numbers) and O(require_symbols), in this order, are turned on until three are, except those given as
        V(false).
      - V(absent) removes the account's own policy, so that AWS's default policy holds. The rules' options do nothing
        then.
    type: str
    choices: [present, absent]
    default: present
  min_pw_length:
    description: How many characters a password has at least, 6 to 128.
    type: int
    aliases: [minimum_password_length]
  require_symbols:
    description: "Whether a password needs a symbol, one of V(! @ # $ % ^ & * ( \\) _ + - = [ ] { } | ')."
    type: bool
  require_numbers:
    description: Whether a password needs a digit.
    type: bool
  require_uppercase:
    description: Whether a password needs an upper-case letter.
    type: bool
  require_lowercase:
    description: Whether a password needs a lower-case letter.
    type: bool
  allow_pw_change:
    description: Whether users may change their own password without a policy that lets them. No matter of strength.
    type: bool
    aliases: [allow_password_change]
  pw_max_age:
    description:
      - After how many days a password expires, 1 to 1095. With V(0) passwords do not expire.
      - Passwords that are older already expire at once; that is warned of.
    type: int
    aliases: [password_max_age]
  pw_reuse_prevent:
    description: How many of a user's last passwords may not be used again, 1 to 24. With V(0) all may.
    type: int
    aliases: [password_reuse_prevent, prevent_reuse]
  pw_expire:
    description: Whether a user whose password has expired needs an administrator, and cannot choose a new one.
    type: bool
    aliases: [password_expire, expire]
  allow_weaker:
    description:
      - Lets rules ask less than they do now. Without it such a change is refused, each rule by its name.
      - Removing a policy counts too, for each rule in which AWS's default policy asks less.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: amazon.aws.iam_password_policy
  - module: keysmith.iam.account_info
"""

EXAMPLES = r"""
- name: A policy as the CIS benchmark asks for
  keysmith.iam.password_policy:
    min_pw_length: 14
    pw_reuse_prevent: 24

- name: Passwords expire after a year; all other rules stay as they are
  keysmith.iam.password_policy:
    pw_max_age: 365

- name: Passwords do not expire any more
  keysmith.iam.password_policy:
    pw_max_age: 0
    allow_weaker: true

- name: AWS's default policy
  keysmith.iam.password_policy:
    state: absent
    allow_weaker: true
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:UpdateAccountPasswordPolicy": 1}
plan:
  description: The steps in their order, a line a step.
  returned: always
  type: list
  elements: str
  sample: ["account 123456789012: ~ password policy: min_pw_length 8 -> 14"]
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 0 to add, 1 to change, 0 to remove
failures:
  description: What was done, what failed and what was not started, when a step failed in a run.
  returned: when something failed
  type: list
  elements: dict
policy:
  description: The rules in force, or in check mode as they would be.
  returned: always
  type: dict
  contains:
    allow_users_to_change_password: {description: "As O(allow_pw_change).", type: bool, returned: always}
    expire_passwords: {description: Whether passwords expire., type: bool, returned: always}
    hard_expiry: {description: "As O(pw_expire).", type: bool, returned: always}
    is_default:
      description: Whether the account has no policy of its own, so that AWS's default with three of four kinds holds.
      type: bool
      returned: always
    max_password_age: {description: "As O(pw_max_age), null for none.", type: int, returned: always}
    minimum_password_length: {description: "As O(min_pw_length).", type: int, returned: always}
    password_reuse_prevention: {description: "As O(pw_reuse_prevent), null for none.", type: int, returned: always}
    require_lowercase_characters: {description: "As O(require_lowercase).", type: bool, returned: always}
    require_numbers: {description: "As O(require_numbers).", type: bool, returned: always}
    require_symbols: {description: "As O(require_symbols).", type: bool, returned: always}
    require_uppercase_characters: {description: "As O(require_uppercase).", type: bool, returned: always}
task_status:
  description: Under the key C(IAM), whether the policy was V(updated), V(deleted) or V(unchanged).
  returned: always
  type: dict
  sample: {"IAM": "updated"}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "state": args.STATE,
            "min_pw_length": {"type": "int", "aliases": ["minimum_password_length"], "no_log": False},
            "require_symbols": {"type": "bool"},
            "require_numbers": {"type": "bool"},
            "require_uppercase": {"type": "bool"},
            "require_lowercase": {"type": "bool"},
            "allow_pw_change": {"type": "bool", "aliases": ["allow_password_change"], "no_log": False},
            "pw_max_age": {"type": "int", "aliases": ["password_max_age"], "no_log": False},
            "pw_reuse_prevent": {
                "type": "int",
                "aliases": ["password_reuse_prevent", "prevent_reuse"],
                "no_log": False,
            },
            "pw_expire": {"type": "bool", "aliases": ["password_expire", "expire"], "no_log": False},
            "allow_weaker": {"type": "bool", "default": False},
        }
    )
    run(module, wanted.password_policy(module.params), describe.password_policy)


if __name__ == "__main__":
    main()
