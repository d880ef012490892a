#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: signing_certificate
version_added: 0.1.0
short_description: Manage the X.509 signing certificates of an AWS IAM user
description:
  - Sees to it that an IAM user has a signing certificate, by which some AWS services check signed requests, or has it
    no longer. One that is there already is not uploaded again.
  - What AWS would refuse is refused before, in check mode too, as a certificate that is damaged, expired or not valid
    yet, or a third one. A private key that is given by mistake is refused and shown nowhere.
author: keysmith.iam contributors (@keysmith)
requirements:
  - cryptography 42 or later, to read O(certificate)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username, name]
  certificate:
    description:
      - The user's own certificate in PEM, without a chain and without its private key.
      - One of O(certificate) and O(id) is needed.
    type: str
    aliases: [certificate_body]
  id:
    description: Means the certificate with this id, as M(keysmith.iam.user_info) tells it, instead of O(certificate).
    type: str
    aliases: [certificate_id]
  state:
    description:
      - V(present) wants the certificate, whether it is active or not. A new one is active.
      - V(active) and V(inactive) want it in just that state, and upload it if need be.
      - V(absent) deletes it, be it expired or not.
    type: str
    choices: [present, active, inactive, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
"""

EXAMPLES = r"""
- name: The certificate of a workload
  keysmith.iam.signing_certificate:
    user_name: erp-export
    certificate: "{{ lookup('ansible.builtin.file', 'erp-export.pem') }}"

- name: Switch the certificate off before the next one comes
  keysmith.iam.signing_certificate:
    user_name: erp-export
    certificate: "{{ lookup('ansible.builtin.file', 'erp-export.pem') }}"
    state: inactive
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:UploadSigningCertificate": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user erp-export: + signing certificate sha256:0123456789abcdef"]
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
signing_certificate:
  description: The certificate in question. In check mode the id of a new one is C((known after apply)).
  returned: when it is there
  type: dict
  contains:
    certificate_id: {description: Its id., type: str, returned: always}
    fingerprint: {description: "V(sha256:) and the hex digest of its DER form.", type: str, returned: always}
    status: {description: V(Active) or V(Inactive)., type: str, returned: always}
    upload_date: {description: "When it was uploaded; null in check mode for a new one.", type: str, returned: always}
    user_name: {description: Its user., type: str, returned: always}
certificate_id:
  description: The id of the certificate in question.
  returned: when it is there
  type: str
deleted_certificate_id:
  description: The id of the certificate that was deleted.
  returned: when it was deleted
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
    signing_certificates: {description: Its certificates., type: list, elements: dict, returned: when it has any}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted_credential
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "user_name": args.user_name("username", "name"),
            "certificate": args.CERTIFICATE,
            "id": {"type": "str", "aliases": ["certificate_id"]},
            "state": args.STATE_OF_CREDENTIAL,
        },
        required_one_of=[("certificate", "id")],
        mutually_exclusive=[("certificate", "id")],
    )
    job = wanted_credential.signing_certificate(module.params)
    run(module, job, describe.signing_certificate(job.roster))


if __name__ == "__main__":
    main()
