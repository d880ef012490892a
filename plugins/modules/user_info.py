#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: user_info
version_added: 0.1.0
short_description: Look at everything about one, some or all AWS IAM users
description:
  - Tells of each user its path, tags, permissions boundary, groups, managed and inline policies, and the kinds of
    credentials that O(gather) names. Dates are ISO 8601, ages are whole days by AWS's clock.
  - Makes no write call.
  - Up to three users by name are read by their own calls. More of them, a group, a path and all users are read from the
    account's lists, C(GetAccountAuthorizationDetails) and C(ListUsers), a call a page however many users there are;
    what O(gather) names beyond that costs what is said there.
  - A kind that the caller may not read is named in RV(denied) with a warning, and is not in the user; it is never
    shown as empty. A user that is deleted meanwhile is left out.
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description:
      - The one user to look at.
      - When this and O(names) are omitted, all users below O(path_prefix), or all of O(group).
    type: str
    aliases: [user_name]
  names:
    description:
      - The users to look at. An empty list asks for nobody.
      - When this and O(name) are omitted, all users below O(path_prefix), or all of O(group).
    type: list
    elements: str
  group:
    description:
      - Only the members of this group.
      - When omitted, users of any group and of none.
    type: str
    aliases: [group_name]
  path_prefix:
    description: Only the users whose path begins so.
    type: str
    default: /
    aliases: [path, prefix]
  gather:
    description:
      - The kinds to read. When omitted, everything about users that are asked for by name, and V(login_profile) of
        others, as M(amazon.aws.iam_user_info) does. With V([]), only what the account's lists hold.
      - V(groups) and V(policies) cost calls for a few users by name only; otherwise they are always told.
      - V(login_profile), V(access_keys), V(signing_certificates) and V(mfa_devices) cost a call for each user.
      - V(ssh_public_keys) costs a call for each user and one for each key.
      - V(access_key_last_used) tells V(access_keys) too, and costs a call for each key more.
      - V(service_specific_credentials) costs a call a page, for a few users by name a call each.
      - V(credential_report) is AWS's report, which tells of all users in some calls whether they have a password, MFA
        and keys, and when these were last used. AWS makes a new one every four hours at most; RV(report_generated) says
        how old it is. It knows no ids of keys.
      - V(all) is every kind but V(credential_report).
    type: list
    elements: str
    choices:
      - all
      - groups
      - policies
      - login_profile
      - access_keys
      - access_key_last_used
      - ssh_public_keys
      - signing_certificates
      - service_specific_credentials
      - mfa_devices
      - credential_report
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
seealso:
  - module: amazon.aws.iam_user_info
  - module: keysmith.iam.access_key_info
  - module: keysmith.iam.group_info
"""

EXAMPLES = r"""
- name: Everything about one user
  keysmith.iam.user_info:
    name: erp-export
  register: seen

- name: Who of the staff has a console password and no MFA, in a few calls
  keysmith.iam.user_info:
    path_prefix: /staff/
    gather: [credential_report]
  register: staff

- name: Name whoever has a password and no MFA
  ansible.builtin.debug:
    msg: >-
      {{ staff.iam_users | selectattr('credential_report') | selectattr('credential_report.password_enabled')
      | rejectattr('credential_report.mfa_active') | map(attribute='user_name') }}
"""

RETURN = r"""
iam_users:
  description: The users by name.
  returned: always
  type: list
  elements: dict
  contains:
    arn: {description: Its ARN., type: str, returned: always}
    create_date: {description: When it was made., type: str, returned: always}
    path: {description: Its path., type: str, returned: always, sample: /staff/}
    user_id: {description: Its unique id., type: str, returned: always}
    user_name: {description: Its name., type: str, returned: always}
    tags: {description: Its tags less those of this collection., type: dict, returned: always}
    owner: {description: Who is responsible., type: str, returned: when it is known}
    use_case: {description: "V(human), V(workload) or V(emergency).", type: str, returned: when it is known}
    break_glass_state:
      description: V(sealed), V(opened), V(drill) or V(closing), as its tag C(keysmith:break-glass) says.
      type: str
      returned: when it is an emergency user of the role break_glass
    permissions_boundary: {description: Its boundary., type: dict, returned: when there is one}
    password_last_used: {description: When its password was last used., type: str, returned: when it ever was}
    groups: {description: The names of its groups., type: list, elements: str, returned: when read}
    attached_policies:
      description: Its managed policies.
      type: list
      elements: dict
      returned: when read
      contains:
        policy_arn: {description: Its ARN., type: str, returned: always}
        policy_name: {description: Its name., type: str, returned: always}
    inline_policies: {description: Its inline policies by name., type: dict, returned: when read}
    console: {description: Whether it has a console password., type: bool, returned: when login_profile was read}
    password_reset_required:
      description: Whether the password has to be changed at the next sign-in.
      type: bool
      returned: when it has a console password
    login_profile:
      description: Its console password; empty without one.
      type: dict
      returned: when read
      contains:
        create_date: {description: When the password was made., type: str, returned: when there is one}
        password_reset_required:
          description: Whether it has to be changed at the next sign-in.
          type: bool
          returned: when there is one
        user_name: {description: Whose it is., type: str, returned: when there is one}
    access_keys:
      description: Its access keys, oldest first.
      type: list
      elements: dict
      returned: when read
      contains:
        access_key_id: {description: Its id., type: str, returned: always, sample: AKIA1EXAMPLE1EXAMPLE}
        create_date: {description: When it was made., type: str, returned: always, sample: "2026-01-31T12:00:00+00:00"}
        user_name: {description: Whose it is., type: str, returned: always, sample: erp-export}
        status: {description: V(Active) or V(Inactive)., type: str, returned: always, sample: Active}
        age_days: {description: "Whole days since then, by AWS's clock.", type: int, returned: always, sample: 97}
        last_used_date:
          description: When it was last used, null when it never was.
          type: str
          returned: when access_key_last_used was read
          sample: "2026-04-30T07:15:00+00:00"
        last_used_days:
          description: Whole days since then, null when it never was used.
          type: int
          returned: when access_key_last_used was read
          sample: 8
        last_used_service:
          description: The service that it was last used for, null when it never was used.
          type: str
          returned: when access_key_last_used was read
          sample: s3
        last_used_region:
          description: The region that it was last used in, null when it never was used.
          type: str
          returned: when access_key_last_used was read
          sample: eu-central-1
    ssh_public_keys:
      description: Its SSH public keys.
      type: list
      elements: dict
      returned: when read
      contains:
        ssh_public_key_id: {description: Its id., type: str, returned: always}
        fingerprint: {description: "Its MD5 fingerprint, as AWS shows it.", type: str, returned: always}
        status: {description: V(Active) or V(Inactive)., type: str, returned: always}
        upload_date: {description: When it was uploaded., type: str, returned: always}
        user_name: {description: Whose it is., type: str, returned: always}
    signing_certificates:
      description: Its signing certificates.
      type: list
      elements: dict
      returned: when read
      contains:
        certificate_id: {description: Its id., type: str, returned: always}
        fingerprint: {description: Its SHA-256 fingerprint., type: str, returned: always}
        status: {description: V(Active) or V(Inactive)., type: str, returned: always}
        upload_date: {description: When it was uploaded., type: str, returned: always}
        user_name: {description: Whose it is., type: str, returned: always}
    service_specific_credentials:
      description: Its service-specific credentials, oldest first.
      type: list
      elements: dict
      returned: when read
      contains:
        service_specific_credential_id: {description: Its id., type: str, returned: always}
        service_name: {description: "AWS's name of the service.", type: str, returned: always}
        service_user_name: {description: What one signs in to the service with., type: str, returned: always}
        status: {description: V(Active) or V(Inactive)., type: str, returned: always}
        create_date: {description: When it was made., type: str, returned: always}
        expiration_date: {description: "When it expires, null for never.", type: str, returned: always}
        user_name: {description: Whose it is., type: str, returned: always}
    mfa_devices:
      description: Its MFA devices.
      type: list
      elements: dict
      returned: when read
      contains:
        serial_number: {description: "Its ARN, or a hardware token's serial number.", type: str, returned: always}
        type: {description: "V(virtual), V(hardware) or V(fido).", type: str, returned: always}
        enable_date: {description: When it was enabled., type: str, returned: always}
        user_name: {description: Whose it is., type: str, returned: always}
    credential_report:
      description: What the credential report says, null for a user that was made after it.
      type: dict
      returned: when read
      contains:
        password_enabled: {description: Whether it has a console password., type: bool, returned: always}
        password_last_used: {description: "When it was last used, null for never.", type: str, returned: always}
        password_last_changed: {description: When it was last changed., type: str, returned: always}
        password_next_rotation: {description: "When it expires, null for never.", type: str, returned: always}
        mfa_active: {description: Whether it has an MFA device., type: bool, returned: always}
        access_keys:
          description:
            - Its keys, each with active, age_days, last_rotated, last_used_date, last_used_days, last_used_region and
              last_used_service.
          type: list
          elements: dict
          returned: always
        signing_certificates:
          description: The first two of its certificates, each with active and last_rotated.
          type: list
          elements: dict
          returned: always
    denied:
      description: The kinds of this user that the caller may not read.
      type: list
      elements: str
      returned: when there are any
missing:
  description: The names, of users or of the group, that were asked for and are not there.
  returned: always
  type: list
  elements: str
denied:
  description: The kinds that the caller may not read, of one user or more.
  returned: always
  type: list
  elements: str
  sample: [mfa_devices]
source:
  description: Which call told each kind. All but C(iam:GetCredentialReport) tell what is so at this moment.
  returned: always
  type: dict
  sample: {"users": "iam:GetAccountAuthorizationDetails", "login_profile": "iam:GetLoginProfile"}
report_generated:
  description: When AWS made the credential report; up to four hours ago.
  returned: when it was read
  type: str
  sample: "2026-01-31T12:00:00+00:00"
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.look import KINDS, user_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    spec = {
        "name": {"type": "str", "aliases": ["user_name"]},
        "names": {"type": "list", "elements": "str"},
        "group": {"type": "str", "aliases": ["group_name"]},
        "path_prefix": {"type": "str", "default": "/", "aliases": ["path", "prefix"]},
        "gather": {"type": "list", "elements": "str", "choices": ["all", *KINDS]},
    }
    user_info(open_module(spec, mutually_exclusive=[["name", "names"], ["group", "path_prefix"]]))


if __name__ == "__main__":
    main()
