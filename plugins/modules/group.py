#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: group
version_added: 0.1.0
short_description: Manage an AWS IAM group
description:
  - Creates, changes and removes an IAM group with its path, managed and inline policies and members.
  - Takes the place of M(amazon.aws.iam_group), with the same option names. Removal takes members, managed and inline
    policies off first.
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description: The group's name. AWS compares names without case.
    type: str
    required: true
    aliases: [group_name]
  state:
    description: Whether the group is to be there, or gone.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The group's path, as V(/staff/). When omitted, a new group gets V(/) and an existing one keeps its own.
    type: str
    aliases: [prefix, path_prefix]
  managed_policies:
    description: Managed policies to attach, by name or ARN. When omitted, they are left alone.
    type: list
    elements: str
    aliases: [managed_policy]
  purge_policies:
    description: Detaches managed policies that O(managed_policies) does not name. Does nothing when that is omitted.
    type: bool
    default: false
    aliases: [purge_policy, purge_managed_policies]
  inline_policies:
    description:
      - Inline policies by name, each as a dict or as JSON text. Compared by what they mean, so neither the order of
        lists nor one value in place of a list of one counts as a change. When omitted, they are left alone.
      - AWS takes 5,120 characters for all inline policies of a group together and counts no white space.
    type: dict
  purge_inline_policies:
    description:
      - Deletes inline policies that O(inline_policies) does not name. Does nothing when that is omitted.
      - The policy of O(require_mfa) always stays; O(require_mfa=false) removes it.
    type: bool
    default: false
  require_mfa:
    description:
      - V(true) puts the inline policy C(keysmith-self-manage-and-require-mfa) into the group. Members then look after
        their own credentials and can do nothing else without MFA. V(false) removes that policy.
      - When omitted, it is left alone.
    type: bool
  users:
    description: Users that are to be members. When omitted, members are left alone.
    type: list
    elements: str
  purge_users:
    description: Ends the membership of users that O(users) does not name. Does nothing when that is omitted.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: amazon.aws.iam_group
  - module: keysmith.iam.group_membership
"""

EXAMPLES = r"""
- name: A group for developers
  keysmith.iam.group:
    name: Developers
    managed_policies: [PowerUserAccess]

- name: A group with just one policy, its own
  keysmith.iam.group:
    name: Reporters
    inline_policies:
      read-reports: |
        {
          "Version": "2012-10-17",
          "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}]
        }
    purge_inline_policies: true

- name: A group whose members need MFA for everything but their own credentials
  keysmith.iam.group:
    name: Humans
    require_mfa: true
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateGroup": 1, "iam:AttachGroupPolicy": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["group Developers: + group Developers"]
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
iam_group:
  description: The group as it is now, or in check mode as it would be. Empty when there is none.
  returned: always
  type: dict
  contains:
    group:
      description: The group itself.
      type: dict
      returned: when the group is there
      contains:
        arn: {description: Its ARN., type: str, returned: always, sample: "arn:aws:iam::123456789012:group/Developers"}
        create_date: {description: "When it was made; null in check mode for a new one.", type: str, returned: always}
        group_id: {description: "Its unique id; null in check mode for a new one.", type: str, returned: always}
        group_name: {description: Its name., type: str, returned: always}
        path: {description: Its path., type: str, returned: always}
    attached_policies:
      description: Its managed policies.
      type: list
      elements: dict
      returned: when the group is there
      contains:
        policy_arn: {description: Its ARN., type: str, returned: always}
        policy_name: {description: Its name., type: str, returned: always}
    inline_policies: {description: Its inline policies by name., type: dict, returned: when the group is there}
    users:
      description: Its members.
      type: list
      elements: dict
      returned: when the group is there
      contains:
        user_name: {description: The member's name., type: str, returned: always}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "name": args.user_name("group_name"),
            "state": args.STATE,
            "path": args.PATH,
            "managed_policies": args.MANAGED_POLICIES,
            "purge_policies": args.PURGE_POLICIES,
            "inline_policies": args.INLINE_POLICIES,
            "purge_inline_policies": args.PURGE_INLINE_POLICIES,
            "require_mfa": {"type": "bool"},
            "users": {"type": "list", "elements": "str"},
            "purge_users": {"type": "bool", "default": False},
        }
    )
    run(module, wanted.group(module.params), describe.group(module.params["name"]))


if __name__ == "__main__":
    main()
