#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ssh_public_key
version_added: 0.1.0
short_description: Manage the SSH public keys of an AWS IAM user
description:
  - Sees to it that an IAM user has an SSH public key, with which it reaches CodeCommit, or has it no longer. A key
    that is there already, whatever its comment, is not uploaded again.
  - What AWS would refuse is refused before, in check mode too, as a key that is not RSA, one below 2048 bits, or a
    sixth key. A private key that is given by mistake is refused and shown nowhere.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username, name]
  public_key:
    description:
      - The key, as OpenSSH writes it (V(ssh-rsa AAAA... comment)) or in PEM. It has to be RSA with 2048 bits or more.
        AWS keeps no comment.
      - One of O(public_key), O(fingerprint) and O(id) is needed.
    type: str
    aliases: [key]
  fingerprint:
    description:
      - Means the key with this MD5 fingerprint, as AWS and C(ssh-keygen -l -E md5) show it, instead of O(public_key).
    type: str
  id:
    description: Means the key with this id, as M(keysmith.iam.user_info) tells it, instead of O(public_key).
    type: str
    aliases: [ssh_public_key_id]
  state:
    description:
      - V(present) wants the key, whether it is active or not. A new one is active.
      - V(active) and V(inactive) want it in just that state, and upload it if need be.
      - V(absent) deletes it.
    type: str
    choices: [present, active, inactive, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
"""

EXAMPLES = r"""
- name: Jane's key for CodeCommit
  keysmith.iam.ssh_public_key:
    user_name: jane.doe
    public_key: "{{ lookup('ansible.builtin.file', 'jane.pub') }}"

- name: Switch Jane's key off
  keysmith.iam.ssh_public_key:
    user_name: jane.doe
    public_key: "{{ lookup('ansible.builtin.file', 'jane.pub') }}"
    state: inactive

- name: Take Jane's key away
  keysmith.iam.ssh_public_key:
    user_name: jane.doe
    public_key: "{{ lookup('ansible.builtin.file', 'jane.pub') }}"
    state: absent
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:UploadSSHPublicKey": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user jane.doe: + SSH public key 96:08:c2:3d:b4:c5:ee:19:d4:84:81:9b:14:7f:77:d7"]
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
ssh_public_key:
  description: The key in question. In check mode the id of a new one is C((known after apply)).
  returned: when it is there
  type: dict
  contains:
    fingerprint: {description: "Its MD5 fingerprint, with colons.", type: str, returned: always}
    ssh_public_key_id: {description: "Its id, which is the SSH user name for CodeCommit.", type: str, returned: always}
    status: {description: V(Active) or V(Inactive)., type: str, returned: always}
    upload_date: {description: "When it was uploaded; null in check mode for a new one.", type: str, returned: always}
    user_name: {description: Its user., type: str, returned: always}
ssh_public_key_id:
  description: The id of the key in question.
  returned: when it is there
  type: str
deleted_ssh_public_key_id:
  description: The id of the key that was deleted.
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
    ssh_public_keys: {description: Its SSH public keys., type: list, elements: dict, returned: when it has any}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted_credential
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "user_name": args.user_name("username", "name"),
            "public_key": args.PUBLIC_KEY,
            "fingerprint": {"type": "str"},
            "id": {"type": "str", "aliases": ["ssh_public_key_id"]},
            "state": args.STATE_OF_CREDENTIAL,
        },
        required_one_of=[("public_key", "fingerprint", "id")],
        mutually_exclusive=[("public_key", "fingerprint", "id")],
    )
    job = wanted_credential.ssh_public_key(module.params)
    run(module, job, describe.ssh_public_key(job.roster))


if __name__ == "__main__":
    main()
