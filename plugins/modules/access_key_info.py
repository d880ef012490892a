#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: access_key_info
version_added: 0.1.0
short_description: Tell age and last use of AWS IAM access keys
description:
  - Tells of each access key of a user, or of all users, its status, its age, and when, where and for what it was last
    used. Dates are ISO 8601, ages are whole days by AWS's clock.
  - Makes no write call. AWS never shows a key's secret again.
  - Costs a call for each user and one for each key. M(keysmith.iam.user_info) with the kind
    V(credential_report) tells ages and last uses of all keys, without their ids, in some calls.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description:
      - Whose keys. A user that is not there has none.
      - When omitted, the keys of all users.
    type: str
    aliases: [username]
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: amazon.aws.iam_access_key_info
  - module: keysmith.iam.access_key
  - module: keysmith.iam.user_info
"""

EXAMPLES = r"""
- name: The keys of one user
  keysmith.iam.access_key_info:
    user_name: erp-export
  register: keys

- name: All keys
  keysmith.iam.access_key_info:
  register: all_keys

- name: Name the keys that are in their fourth month or older
  ansible.builtin.debug:
    msg: "{{ all_keys.access_keys | selectattr('age_days', '>=', 90) | map(attribute='access_key_id') }}"
"""

RETURN = r"""
access_keys:
  description: The keys, oldest first.
  returned: always
  type: list
  elements: dict
  contains:
    access_key_id: {description: Its id., type: str, returned: always, sample: AKIA1EXAMPLE1EXAMPLE}
    create_date: {description: When it was made., type: str, returned: always, sample: "2026-01-31T12:00:00+00:00"}
    user_name: {description: Whose it is., type: str, returned: always, sample: erp-export}
    status: {description: V(Active) or V(Inactive)., type: str, returned: always, sample: Active}
    age_days: {description: "Whole days since then, by AWS's clock.", type: int, returned: always, sample: 97}
    last_used_date:
      description: When it was last used, null when it never was.
      type: str
      returned: when the caller may read it
      sample: "2026-04-30T07:15:00+00:00"
    last_used_days:
      description: Whole days since then, null when it never was used.
      type: int
      returned: when the caller may read it
      sample: 8
    last_used_service:
      description: The service that it was last used for, null when it never was used.
      type: str
      returned: when the caller may read it
      sample: s3
    last_used_region:
      description: The region that it was last used in, null when it never was used.
      type: str
      returned: when the caller may read it
      sample: eu-central-1
denied:
  description: V(access_key_last_used) when the caller may not read the last use of some key; there is a warning then.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.look import access_key_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    access_key_info(open_module({"user_name": {"type": "str", "aliases": ["username"]}}))


if __name__ == "__main__":
    main()
