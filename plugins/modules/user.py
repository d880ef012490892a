#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: user
version_added: 0.1.0
short_description: Manage an AWS IAM user
description:
  - Creates, changes and removes an IAM user with its path, tags, permissions boundary, managed and inline policies,
    groups and console password. Renames it in place, and copies what another user may do.
  - Takes the place of M(amazon.aws.iam_user), with the same option names. Removal takes everything that hangs on the
    user with it, planned and shown up front.
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description: The user's name. AWS compares names without case.
    type: str
    required: true
    aliases: [user_name]
  new_name:
    description:
      - The name that the user is to have from now on, also one that differs by case only. Groups, policies, tags and
        credentials stay. All other options are about the user under its new name.
      - Once the user has its new name there is nothing left to rename. It is refused when there are users of both
        names. A user that is not there under either name is not made; that takes O(name) alone.
      - The user's ARN changes. AWS follows in the policies that name the user as a principal, and leaves those that
        name it as a resource. Virtual MFA devices keep the name that they were made with.
    type: str
  expected_user_id:
    description:
      - The unique id (C(AIDA...)) that the user must have. Nothing is changed, nor removed, when it is another; so a
        user that was made anew under an old name is not taken for the old one.
      - With O(state=present), a user that is not there is refused as well.
    type: str
  state:
    description:
      - Whether the user is to be there, or gone with all that hangs on it, credentials first.
      - Not removed are whoever runs this, a user with the tag C(keysmith:protected) (any value but V(false) or V(no)),
        and the last user with AWS's policy C(AdministratorAccess), of its own or by a group, that has a console
        password or an active access key. Policies of your own that allow as much are not looked at, nor does anything
        guard the last administrator's groups and policies.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The user's path, as V(/staff/). When omitted, a new user gets V(/) and an existing one keeps its own.
    type: str
    aliases: [prefix, path_prefix]
  boundary:
    description:
      - The managed policy that is the user's permissions boundary, by name or ARN; V("") removes it.
      - When omitted, it is left alone.
    type: str
    aliases: [boundary_policy_arn, permissions_boundary]
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
      - AWS takes 2,048 characters for all inline policies of a user together and counts no white space.
    type: dict
  purge_inline_policies:
    description:
      - Deletes inline policies that O(inline_policies) does not name. Does nothing when that is omitted.
    type: bool
    default: false
  groups:
    description: Groups that the user is to be a member of. When omitted, memberships are left alone.
    type: list
    elements: str
  purge_groups:
    description: Ends memberships that O(groups) does not name. Does nothing when that is omitted.
    type: bool
    default: false
  tags:
    description: The user's tags. User tag keys are not case-sensitive. When omitted, tags are left alone.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description:
      - Removes tags that O(tags) does not name. Does nothing when that is omitted.
      - Tags of this collection (C(keysmith:...)) and the descriptions of access keys always stay.
    type: bool
    default: true
  copy_permissions_from:
    description:
      - The name of a user whose groups, managed policies, inline policies and permissions boundary this one is to
        have. What the other user lacks stays, unless O(copy_enforce=true).
      - The other options add to it. O(boundary) counts instead of the other user's boundary, and an inline policy in
        O(inline_policies) instead of the other user's of the same name.
      - When omitted, nothing is copied.
    type: str
  copy_exclude:
    description:
      - What is not copied, nor taken away by O(copy_enforce=true); names of groups and of inline policies, names or
        ARNs of managed policies and of the boundary. One that neither of the two users has is warned of.
      - When omitted, all is copied.
    type: list
    elements: str
  copy_enforce:
    description:
      - Takes from the user, in every run, what O(copy_permissions_from) does not have and no other option names.
      - Without it each run adds what is missing. Does nothing when O(copy_permissions_from) is omitted.
    type: bool
    default: false
  password:
    description:
      - A console password of your own choosing. It is checked against the account's policy, in check mode too.
      - When omitted, the password is left alone. M(keysmith.iam.login_profile) makes one and hands it over.
    type: str
  password_reset_required:
    description:
      - Whether O(password) must be changed at the next sign-in. When omitted, it must.
      - Does nothing without O(password).
    type: bool
  update_password:
    description:
      - V(on_create) sets O(password) when the user has none, also for a user that exists already.
      - V(always) sets it in every run, and so reports a change each time. Without O(password) it does nothing and
        warns.
    type: str
    choices: [always, on_create]
    default: on_create
  remove_password:
    description: Takes console access away. When omitted, it is left alone.
    type: bool
  wait:
    description:
      - Taken for the sake of playbooks written for M(amazon.aws.iam_user), and without effect. No task has to wait for
        a new user, since every call of this collection that AWS is not ready for is made again, up to a minute.
    type: bool
    default: true
  wait_timeout:
    description: Taken as O(wait) is, and without effect. Any number will do.
    type: int
    default: 120
attributes:
  idempotent:
    support: partial
    details: With O(update_password=always) each run sets O(password).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: amazon.aws.iam_user
  - module: keysmith.iam.roster
"""

EXAMPLES = r"""
- name: A user in two groups, behind a permissions boundary
  keysmith.iam.user:
    name: jane.doe
    path: /staff/
    groups: [Developers, Humans]
    boundary: StaffBoundary
    tags:
      team: payments

- name: The same user without a boundary
  keysmith.iam.user:
    name: jane.doe
    boundary: ""

- name: A user with an inline policy, and with what a colleague may do, less one group
  keysmith.iam.user:
    name: joe.bloggs
    copy_permissions_from: jane.doe
    copy_exclude: [Humans]
    inline_policies:
      read-reports:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: arn:aws:s3:::reports/*

- name: The same user under another name, with all that it has
  keysmith.iam.user:
    name: joe.bloggs
    new_name: joe.smith

- name: Gone, but only if it is still the same user
  keysmith.iam.user:
    name: mary.major
    expected_user_id: AIDACKCEVSQ6C2EXAMPLE
    state: absent

- name: No such user any more, nor anything that hung on it
  keysmith.iam.user:
    name: jane.doe
    state: absent
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateUser": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user jane.doe: + user jane.doe"]
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
    attached_policies:
      description: Its managed policies.
      type: list
      elements: dict
      returned: when read
      contains:
        policy_arn: {description: Its ARN., type: str, returned: always}
        policy_name: {description: Its name., type: str, returned: always}
    inline_policies:
      description: Its inline policies by name.
      type: dict
      returned: when read, for who has any
    groups: {description: The names of its groups., type: list, elements: str, returned: when read}
    console: {description: Whether it has a console password., type: bool, returned: when read}
    password_reset_required:
      description: Whether the password must be changed at the next sign-in.
      type: bool
      returned: when read, for who has a password
    access_keys: {description: "Its access keys, without secrets.", type: list, elements: dict, returned: when read}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "name": args.user_name("user_name"),
            "new_name": {"type": "str"},
            "expected_user_id": {"type": "str"},
            "state": args.STATE,
            "path": args.PATH,
            "boundary": args.BOUNDARY,
            "managed_policies": args.MANAGED_POLICIES,
            "purge_policies": args.PURGE_POLICIES,
            "inline_policies": args.INLINE_POLICIES,
            "purge_inline_policies": args.PURGE_INLINE_POLICIES,
            **args.COPY,
            "groups": args.GROUPS,
            "purge_groups": args.PURGE_GROUPS,
            "tags": args.TAGS,
            "purge_tags": args.PURGE_TAGS,
            "password": args.PASSWORD,
            "password_reset_required": args.PASSWORD_RESET_REQUIRED,
            "update_password": args.UPDATE_PASSWORD,
            "remove_password": {"type": "bool", "no_log": False},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 120},
        },
        mutually_exclusive=[("password", "remove_password")],
    )
    params = module.params
    run(module, wanted.user(params), describe.user(params["name"], params["new_name"]))


if __name__ == "__main__":
    main()
