#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: account_alias
version_added: 0.1.0
short_description: Manage an AWS account's alias
description:
  - Sets, changes and removes the alias that stands for the account's id in the address where IAM users sign in.
  - An account has one alias at most. Another one takes the place of the first, whose address then stops working; that
    is warned of. The address with the account's id works always.
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description:
      - The alias, 3 to 63 lower-case letters, digits and single hyphens. It is public, and unique in all of AWS.
      - Required when O(state=present). When O(state=absent), only this alias is removed; if omitted, whichever is set.
    type: str
    aliases: [alias]
  state:
    description: Whether the alias is to be set, or gone.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: keysmith.iam.account_info
"""

EXAMPLES = r"""
- name: People sign in at https://example-corp.signin.aws.amazon.com/console
  keysmith.iam.account_alias:
    name: example-corp

- name: No alias, whichever it is
  keysmith.iam.account_alias:
    state: absent
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateAccountAlias": 1}
plan:
  description: The steps in their order, a line a step.
  returned: always
  type: list
  elements: str
  sample: ["account 123456789012: + account alias example-corp"]
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 1 to add, 0 to change, 0 to remove
failures:
  description: What was done, what failed and what was not started, when a step failed in a run.
  returned: when something failed
  type: list
  elements: dict
account_alias:
  description: The alias as it is now, or in check mode as it would be. Null when there is none.
  returned: always
  type: str
  sample: example-corp
sign_in_url:
  description: Where the account's users sign in to the console then.
  returned: always
  type: str
  sample: https://example-corp.signin.aws.amazon.com/console
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {"name": {"type": "str", "aliases": ["alias"]}, "state": args.STATE},
        required_if=[("state", "present", ["name"])],
    )
    run(module, wanted.account_alias(module.params), describe.account_alias)


if __name__ == "__main__":
    main()
