#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mfa_device
version_added: 0.1.0
short_description: Manage the MFA devices of an AWS IAM user
description:
  - Without O(codes), sees to it that the user has a virtual MFA device whose seed was handed over. A new one is made,
    its seed or QR code is stored, and it is enabled with two codes of that seed, by the clock of AWS. A user tag keeps
    the receipt, so that no interrupted run leaves a device whose seed nobody has.
  - With O(codes), enables a device that the person has at hand, or sets the clock of one by O(resync).
  - Other devices of the user stay. Security keys and passkeys can be taken away, but are enrolled in the console only.
  - From then on AWS asks for a code at every sign-in, so see to it that the owner has opened what was handed over.
author: keysmith.iam contributors (@keysmith)
requirements:
  - pyotp, to enable a device by its seed
  - segno, for O(handover.format=png) and O(handover.format=svg)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username]
  state:
    description:
      - V(present) wants the device in force.
      - V(absent) takes it from the user and, if it is virtual, deletes it, so that its name is free again. Without
        O(name) and O(serial_number) that is the device named after the user, or the one that O(reissue) put in its
        place. The last device of the user who runs this is refused.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The virtual device's name, 1 to 64 letters, digits and C(+ = . @ _ -). When omitted, it is the user's name, with
        underscores for commas.
    type: str
  serial_number:
    description:
      - Means the device with this ARN, or the hardware token with this serial number, instead of O(name). To be
        enabled, it needs O(codes).
    type: str
  codes:
    description:
      - Two codes of six digits that the device shows one after the other, in quotes, as C(["012345", "678901"]). A code
        counts once, for a minute or so.
      - When omitted, the device is made here, and its seed handed over.
    type: list
    elements: str
  resync:
    description:
      - Tells AWS by O(codes) how far the clock of the device is off.
    type: bool
    default: false
  reissue:
    description:
      - Makes another device in every run and, once that is in force, takes away the one before. For a seed that is
        lost. The two names that take turns are O(name) and the same with C(-reissued) after it.
      - A virtual device of that name that nobody has enabled is replaced too.
    type: bool
    default: false
attributes:
  idempotent:
    support: partial
    details: With O(reissue=true) each run makes another device, and with O(resync=true) each run sets the clock.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
  - keysmith.iam.handover
seealso:
  - module: keysmith.iam.mfa_device_info
"""

EXAMPLES = r"""
- name: A virtual MFA device, its QR code sealed to its owner
  keysmith.iam.mfa_device:
    user_name: jane.doe
    handover:
      store: file
      path: handover/
      format: svg
      seal_to:
        - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop

- name: Another seed, for the phone with the first is lost
  keysmith.iam.mfa_device:
    user_name: jane.doe
    reissue: true
    handover:
      store: file
      path: handover/
      format: svg
      seal_to:
        - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop

- name: No hardware token any more
  keysmith.iam.mfa_device:
    user_name: jane.doe
    serial_number: GAHT12345678
    state: absent
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateVirtualMFADevice": 1, "iam:EnableMFADevice": 1, "iam:TagUser": 2}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user jane.doe: + MFA device arn:aws:iam::123456789012:mfa/jane.doe, by two codes of its seed"]
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 4 to add, 1 to change, 0 to remove
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
      kind: mfa-seed
      store: file
      place: handover/jane.doe.mfa-seed.svg.age
      sealed_to: ["ssh-ed25519 …kvJ0pQ= jane@laptop"]
      fingerprint: sha256:0123456789abcdef
handed_over:
  description: The sealed texts of the store V(result), with user and kind.
  returned: when O(handover.store=result) received something
  type: list
  elements: dict
mfa_device:
  description: The device in question, without its seed.
  returned: when it is in force
  type: dict
  contains:
    enable_date:
      description: When it was enabled; null in check mode, and in the run that enables it, since AWS does not say.
      type: str
      returned: always
    serial_number: {description: "Its ARN, or a hardware token's serial number.", type: str, returned: always}
    type: {description: "V(virtual), V(fido) or V(hardware).", type: str, returned: always}
    user_name: {description: Its user., type: str, returned: always}
serial_number:
  description: The serial number of the device in question.
  returned: when it is in force
  type: str
deleted_serial_number:
  description: The serial number of a device that was taken away.
  returned: when one was
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
    mfa_devices: {description: Its MFA devices., type: list, elements: dict, returned: when it has any}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted_credential
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "user_name": args.user_name("username"),
            "state": args.STATE,
            "name": {"type": "str"},
            "serial_number": {"type": "str"},
            "codes": {"type": "list", "elements": "str", "no_log": True},
            "resync": {"type": "bool", "default": False},
            "reissue": args.REISSUE,
            "handover": args.HANDOVER,
        },
        required_if=[("resync", True, ("codes",))],
        mutually_exclusive=[("name", "serial_number"), ("codes", "reissue"), ("serial_number", "reissue")],
    )
    asked = wanted_credential.mfa_device(module.params)
    run(module, asked, describe.mfa_device(asked.roster))


if __name__ == "__main__":
    main()
