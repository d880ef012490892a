#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: login_profile
version_added: 0.1.0
short_description: Manage the console password of an AWS IAM user
description:
  - Gives a user console access with a password that is made to the account's live policy and handed over sealed, or
    with one of your own choosing. A password that a user has is left alone unless you ask for another.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username, name, user]
  state:
    description: Whether the user is to have console access.
    type: str
    choices: [present, absent]
    default: present
  password:
    description:
      - A password of your own choosing. It is checked against the account's policy, in check mode too.
      - When omitted, one is generated, stored by O(handover), then set.
    type: str
  password_reset_required:
    description: Whether the password must be changed at the next sign-in. When omitted, it must.
    type: bool
  update_password:
    description:
      - V(on_create) sets O(password) only where the user has none.
      - V(always) sets it in every run, and so reports a change each time.
    type: str
    choices: [always, on_create]
    default: on_create
  reissue:
    description:
      - Replaces a password that exists by a new generated one, in every run. The old text stays in the store until
        the new password is in force.
    type: bool
    default: false
attributes:
  idempotent:
    support: partial
    details: With O(reissue=true), or O(password) and O(update_password=always), each run sets a password.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
  - keysmith.iam.handover
"""

EXAMPLES = r"""
- name: A generated password, sealed to its owner's SSH key
  keysmith.iam.login_profile:
    user_name: jane.doe
    handover:
      seal_to: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"]
      store: file
      path: handover/

- name: No console access any more
  keysmith.iam.login_profile:
    user_name: jane.doe
    state: absent
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateLoginProfile": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample:
    - "user jane.doe: + console password, sealed to ssh-ed25519 …kvJ0pQ= jane@laptop, must be changed at first sign-in"
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 2 to add, 0 to change, 0 to remove
failures:
  description: What was done, what failed and what was not started, when a step failed in a run.
  returned: when something failed
  type: list
  elements: dict
handovers:
  description: The receipts of what was handed over; kind, store, place, recipients and a fingerprint. No secret.
  returned: when something was handed over
  type: list
  elements: dict
  sample:
    - user: jane.doe
      kind: console-password
      store: file
      place: handover/jane.doe.console-password.csv.age
      sealed_to: ["ssh-ed25519 …kvJ0pQ= jane@laptop"]
      fingerprint: sha256:0123456789abcdef
handed_over:
  description: The sealed texts of the store V(result), with user and kind.
  returned: when O(handover.store=result) received something
  type: list
  elements: dict
user:
  description: The user as it is now, or in check mode as it would be. Empty when there is none.
  returned: always
  type: dict
  contains:
    arn: {description: Its ARN., type: str, returned: always, sample: "arn:aws:iam::123456789012:user/jane.doe"}
    create_date: {description: "When it was made; null in check mode for a new user.", type: str, returned: always}
    path: {description: Its path., type: str, returned: always}
    user_id: {description: "Its unique id; null in check mode for a new user.", type: str, returned: always}
    user_name: {description: Its name., type: str, returned: always}
    tags: {description: "Its tags, less those that this collection keeps.", type: dict, returned: always}
    owner: {description: "Who answers for it, by its tag C(keysmith:owner).", type: str, returned: when it has one}
    use_case: {description: "By its tag C(keysmith:use-case).", type: str, returned: when it has one}
    permissions_boundary: {description: Its permissions boundary., type: dict, returned: when it has one}
    attached_policies: {description: Its managed policies., type: list, elements: dict, returned: when read}
    groups: {description: The names of its groups., type: list, elements: str, returned: when read}
    console: {description: Whether it has a console password., type: bool, returned: when read}
    password_reset_required:
      description: Whether the password must be changed at the next sign-in.
      type: bool
      returned: when read, for who has a password
    access_keys: {description: "Its access keys, without secrets.", type: list, elements: dict, returned: when read}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted_credential
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "user_name": args.user_name("username", "name", "user"),
            "state": args.STATE,
            "password": args.PASSWORD,
            "password_reset_required": args.PASSWORD_RESET_REQUIRED,
            "update_password": args.UPDATE_PASSWORD,
            "reissue": args.REISSUE,
            "handover": args.HANDOVER,
        },
        mutually_exclusive=[("password", "handover"), ("password", "reissue")],
    )
    run(module, wanted_credential.login_profile(module.params), describe.user(module.params["user_name"]))


if __name__ == "__main__":
    main()
