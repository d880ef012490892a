#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mfa_device_info
version_added: 0.1.0
short_description: List the MFA devices of an AWS IAM user
description:
  - Lists the MFA devices that a user signs in with, of which type each is, and the tags of virtual ones.
  - Makes no write call, and reads no seed, which AWS tells only once.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description: The user's name. When omitted, it is the user who runs this.
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
  - module: keysmith.iam.mfa_device
  - module: amazon.aws.iam_mfa_device_info
"""

EXAMPLES = r"""
- name: With which devices does Jane sign in
  keysmith.iam.mfa_device_info:
    user_name: jane.doe
  register: jane

- name: Show the serial numbers
  ansible.builtin.debug:
    msg: "{{ jane.mfa_devices | map(attribute='serial_number') | list }}"
"""

RETURN = r"""
mfa_devices:
  description: The user's devices.
  returned: always
  type: list
  elements: dict
  contains:
    enable_date: {description: When it was enabled., type: str, returned: always, sample: "2026-11-22T10:00:00+00:00"}
    serial_number:
      description: Its ARN, or a hardware token's serial number.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:mfa/jane.doe
    tags: {description: "Its tags; only virtual devices have any.", type: dict, returned: always}
    type:
      description: V(virtual), V(fido) for security keys and passkeys, or V(hardware).
      type: str
      returned: always
    user_name: {description: Its user., type: str, returned: always}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.inform import mfa_device_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    mfa_device_info(open_module({"user_name": {"type": "str", "aliases": ["username"]}}))


if __name__ == "__main__":
    main()
