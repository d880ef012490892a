#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: group_info
version_added: 0.1.0
short_description: Look at one, some or all AWS IAM groups
description:
  - Tells of each group its path, members, managed policies, and inline policies with their documents.
  - Makes no write call.
  - Up to three groups by name are read by their own calls; more of them and all groups from
    C(GetAccountAuthorizationDetails), a call a page however many there are.
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description:
      - The one group to look at.
      - When this and O(names) are omitted, all groups below O(path_prefix).
    type: str
    aliases: [group_name]
  names:
    description:
      - The groups to look at. An empty list asks for none.
      - When this and O(name) are omitted, all groups below O(path_prefix).
    type: list
    elements: str
  path_prefix:
    description: Only the groups whose path begins so.
    type: str
    default: /
    aliases: [path, prefix]
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: keysmith.iam.group
  - module: keysmith.iam.user_info
"""

EXAMPLES = r"""
- name: One group with its members
  keysmith.iam.group_info:
    name: Developers
  register: developers

- name: All groups
  keysmith.iam.group_info:
  register: all_groups

- name: Name the groups that nobody is in
  ansible.builtin.debug:
    msg: "{{ all_groups.iam_groups | rejectattr('users') | map(attribute='group.group_name') }}"
"""

RETURN = r"""
iam_groups:
  description: The groups by name.
  returned: always
  type: list
  elements: dict
  contains:
    group: {description: "Its ARN, date, id, name and path.", type: dict, returned: always}
    attached_policies:
      description: Its managed policies, each with policy_name and policy_arn.
      type: list
      elements: dict
      returned: always
    inline_policies: {description: Its inline policies by name., type: dict, returned: always}
    users: {description: "Its members, each with user_name.", type: list, elements: dict, returned: always}
missing:
  description: The names that were asked for and are not there.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.look import group_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    spec = {
        "name": {"type": "str", "aliases": ["group_name"]},
        "names": {"type": "list", "elements": "str"},
        "path_prefix": {"type": "str", "default": "/", "aliases": ["path", "prefix"]},
    }
    group_info(open_module(spec, mutually_exclusive=[["name", "names"]]))


if __name__ == "__main__":
    main()
