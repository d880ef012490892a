#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: emergency_kit
version_added: 0.1.0
short_description: Print for each custodian of an emergency user what they hold
description:
  - Writes the manifest of the emergency users, a JSON file that says who holds what and where, and the kit, one HTML
    file with a page for each custodian to be printed and laid into a safe. It has what to do, where to sign in, and the
    sealed text as a QR code and as text. Neither file has a secret in the clear.
  - It makes no call of AWS. The HTML fetches nothing when it is opened.
author: keysmith.iam contributors (@keysmith)
options:
  path:
    description: The HTML file. Print it from a browser, at its full size.
    type: path
    required: true
  manifest:
    description:
      - The JSON file. What it knows stays in it until something newer of the same user and kind is handed over. Files
        below its folder stand in it by their relative path, so that the folder can be carried about.
    type: path
    required: true
  handovers:
    description:
      - What was handed over, as M(keysmith.iam.roster) returns it in RV(keysmith.iam.roster#module:handovers). When
        omitted, nothing new was.
    type: list
    elements: dict
  handed_over:
    description:
      - Sealed texts that are in no file, as M(keysmith.iam.roster) returns those of the store V(result), or as they
        were read from a store of AWS. When omitted, only files are read.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user's name.
        type: str
        required: true
      kind:
        description: V(console-password) or V(mfa-seed).
        type: str
        required: true
      text:
        description: The sealed text.
        type: str
        required: true
  sign_in_url:
    description: Where the account's users sign in. When omitted, it is that of the manifest.
    type: str
  users:
    description:
      - The emergency users. Others leave the manifest. When omitted, all that were handed over stay.
    type: list
    elements: dict
    suboptions:
      name:
        description: The user's name.
        type: str
        required: true
      handover:
        description:
          - The hand-over of the user's password, as in M(keysmith.iam.roster). By it, a text is found that a run handed
            over and could not tell of, since it was killed. When omitted, only what was told of is known.
        type: dict
        suboptions: &handover
          seal_to:
            description: The custodians' public keys. When omitted, the text is refused.
            type: list
            elements: str
          threshold:
            description: How many of them open it together. When omitted, each does alone.
            type: int
          store:
            description: Where the text went.
            type: str
            choices: [file, secretsmanager, ssm_parameter, result]
            required: true
          path:
            description: File or folder of the store V(file). When omitted, that store has no text.
            type: str
          name:
            description: Name of the secret or parameter. When omitted, those stores have no text.
            type: str
          kms_key_id:
            description: KMS key of a secret or parameter. When omitted, the account's. It is not used.
            type: str
          tags:
            description: Tags of a secret or parameter. When omitted, it gets none. They are not used.
            type: dict
          format:
            description: The text's format, which is a part of its file's name. When omitted, the store decides.
            type: str
            choices: [csv, json, png, svg]
          plaintext:
            description: Allows a readable text in other modules. Nothing readable comes into the kit.
            type: bool
            default: false
      mfa_handover:
        description: The hand-over of the MFA device's seed. When omitted, O(users[].handover) serves both.
        type: dict
        suboptions: *handover
  account:
    description: The account's id, where a place has V({account}). When omitted, such a place is refused.
    type: str
  directory:
    description:
      - The folder from which relative paths of hand-over files start. When omitted, it is the working directory of
        the module.
    type: path
  contacts:
    description: Whom to call, a line each, printed on every page. When omitted, nobody is named.
    type: list
    elements: str
attributes:
  check_mode:
    description: Can run in check mode and tell which files a run would write.
    support: partial
    details: Before anything was handed over, it cannot know what the files will hold.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
requirements:
  - segno
notes:
  - The options of the connection to AWS are there for C(module_defaults) alone.
seealso:
  - module: keysmith.iam.roster
"""

EXAMPLES = r"""
- name: Two emergency users, whose passwords and seeds have different custodians
  keysmith.iam.roster:
    users:
      - name: break-glass-1
        use_case: emergency
        owner: break-glass-1@example.com
        console: true
        mfa_device: true
        handover: &passwords
          seal_to: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"]
          store: file
          path: break-glass/
        mfa_handover: &seeds
          seal_to: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
          store: file
          path: break-glass/
      - name: break-glass-2
        use_case: emergency
        owner: break-glass-2@example.com
        console: true
        mfa_device: true
        handover: *passwords
        mfa_handover: *seeds
  register: provisioned

- name: What each custodian lays into the safe
  keysmith.iam.emergency_kit:
    path: break-glass/kit.html
    manifest: break-glass/manifest.json
    handovers: "{{ provisioned.handovers | default([]) }}"
    sign_in_url: "{{ provisioned.sign_in_url }}"
    contacts: ["Security desk, +49 30 1234567"]
"""

RETURN = r"""
manifest:
  description: What the manifest holds. In check mode it is empty before anything was handed over.
  returned: always
  type: dict
  contains:
    keysmith: {description: The manifest's format., type: str, returned: always}
    sign_in_url: {description: Where to sign in., type: str, returned: always}
    handovers:
      description:
        - The texts, each with C(user), C(kind), C(store), C(place), C(sealed_to), C(threshold) (null where each key
          opens it alone) and C(fingerprint) (null where its text was not seen).
      type: list
      elements: dict
      returned: always
  sample:
    keysmith: break-glass/1
    sign_in_url: https://123456789012.signin.aws.amazon.com/console
    handovers:
      - user: break-glass-1
        kind: console-password
        store: file
        place: break-glass-1.console-password.csv.age
        sealed_to: ["ssh-ed25519 …ZCmmROp jane@laptop"]
        threshold: null
        fingerprint: sha256:0123456789abcdef
plan:
  description: The files that were written, or in check mode would be, a line each.
  returned: always
  type: list
  elements: str
  sample: ["+ file break-glass/manifest.json", "+ file break-glass/kit.html"]
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell.kit import emergency_kit
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    text = {
        "user": {"type": "str", "required": True},
        "kind": {"type": "str", "required": True},
        "text": {"type": "str", "required": True, "no_log": True},
    }
    user = {
        "name": {"type": "str", "required": True},
        "handover": args.HANDOVER,
        "mfa_handover": args.HANDOVER,
    }
    spec = {
        "path": {"type": "path", "required": True},
        "manifest": {"type": "path", "required": True},
        "handovers": {"type": "list", "elements": "dict"},
        "handed_over": {"type": "list", "elements": "dict", "options": text},
        "sign_in_url": {"type": "str"},
        "users": {"type": "list", "elements": "dict", "options": user},
        "account": {"type": "str"},
        "directory": {"type": "path"},
        "contacts": {"type": "list", "elements": "str"},
    }
    emergency_kit(open_module(spec, check_boto3=False))


if __name__ == "__main__":
    main()
