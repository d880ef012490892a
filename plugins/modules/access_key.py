#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: access_key
version_added: 0.1.0
short_description: Manage the access keys of an AWS IAM user
description:
  - Without O(id), sees to it that the user has an access key to work with. A new one is handed over as it is made, and
    a user tag keeps its receipt, so that no interrupted run leaves a key whose secret nobody has.
  - With O(id), activates, deactivates or deletes just that key.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username, name]
  state:
    description:
      - V(present) wants a key, or the key O(id), whether it is active or not.
      - V(active), V(inactive) and V(absent) are for the key O(id).
    type: str
    choices: [present, active, inactive, absent]
    default: present
  id:
    description: The access key id. When omitted, O(state) has to be V(present), and any active key serves.
    type: str
  active:
    description:
      - The same as O(state=active) or O(state=inactive), as M(amazon.aws.iam_access_key) spells it.
      - Without O(id), V(true) says nothing new and V(false) is refused, since a new key is made to be used.
      - When omitted, O(state) alone counts.
    type: bool
    aliases: [enabled]
  reissue:
    description:
      - Makes another key in every run and, once that is stored, deletes the one that was handed over before. For a
        key whose secret is lost.
    type: bool
    default: false
  rotate_keys:
    description:
      - Makes another key in every run, beside the one in use. Where the user has two already, an inactive one is
        deleted first, the older of two. Two active ones are refused, since either may be in use.
      - To rotate, run with V(true), bring the new key to where the old one is used, set the old one to inactive by its
        O(id), and delete it when nothing has missed it.
    type: bool
    default: false
attributes:
  idempotent:
    support: partial
    details: With O(reissue=true) or O(rotate_keys=true) each run makes another key.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
  - keysmith.iam.handover
seealso:
  - module: amazon.aws.iam_access_key
"""

EXAMPLES = r"""
- name: A key for a workload, kept by Secrets Manager
  keysmith.iam.access_key:
    user_name: erp-export
    handover:
      store: secretsmanager
      name: "iam/{user}"
    region: eu-central-1

- name: Switch a key off
  keysmith.iam.access_key:
    user_name: erp-export
    id: AKIA1EXAMPLE1EXAMPLE
    state: inactive
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateAccessKey": 1, "iam:TagUser": 2, "secretsmanager:CreateSecret": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user erp-export: + access key, not sealed, kept by Secrets Manager"]
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 3 to add, 1 to change, 0 to remove
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
      kind: access-key
      store: file
      place: handover/jane.doe.access-key.csv.age
      sealed_to: ["ssh-ed25519 …kvJ0pQ= jane@laptop"]
      fingerprint: sha256:0123456789abcdef
handed_over:
  description: The sealed texts of the store V(result), with user and kind.
  returned: when O(handover.store=result) received something
  type: list
  elements: dict
access_key:
  description: The key in question, without its secret. In check mode the id of a new one is C((known after apply)).
  returned: when there is one
  type: dict
  contains:
    access_key_id: {description: Its id., type: str, returned: always}
    create_date: {description: When it was made., type: str, returned: always}
    status: {description: V(Active) or V(Inactive)., type: str, returned: always}
    user_name: {description: Its user., type: str, returned: always}
access_key_id:
  description: The id of the key in question.
  returned: when there is one
  type: str
deleted_access_key_id:
  description: The id of a key that was deleted.
  returned: when one was deleted
  type: str
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
            "user_name": args.user_name("username", "name"),
            "state": args.STATE_OF_CREDENTIAL,
            "id": {"type": "str"},
            "active": {"type": "bool", "aliases": ["enabled"]},
            "reissue": args.REISSUE,
            "rotate_keys": {"type": "bool", "default": False},
            "handover": args.HANDOVER,
        },
        required_if=[("state", state, ("id",)) for state in ("active", "inactive", "absent")],
        mutually_exclusive=[("id", "reissue"), ("rotate_keys", "id"), ("rotate_keys", "reissue")],
    )
    params = module.params
    run(module, wanted_credential.access_key(params), describe.access_key(params["user_name"], params["id"]))


if __name__ == "__main__":
    main()
