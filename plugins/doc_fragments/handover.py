# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a hand-over: to whom a secret is sealed, and where it is stored."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  handover:
    description:
      - To whom a generated secret is sealed and where it is stored. The secret leaves the process in no other way.
      - When omitted, a run that would have to make a secret is refused, in check mode too.
    type: dict
    suboptions:
      seal_to:
        description:
          - The owner's own public keys, as age (V(age1...)) or SSH (V(ssh-ed25519 AAAA...), V(ssh-rsa AAAA...)), or all
            of them OpenPGP public keys (the block that C(gpg --export --armor) writes, or its base64).
          - Any one of the private keys opens the text, for instance with C(age -d -i ~/.ssh/id_ed25519) or
            C(gpg --decrypt).
          - When omitted, the text is not sealed; V(file) and V(result) take that only with O(handover.plaintext).
        type: list
        elements: str
      threshold:
        description:
          - How many of the owners in O(handover.seal_to) are needed to open the text together, 2 or more. Each gets a
            share; a file is then called C(.shares.json). Keys of all sorts may stand together, each of them once. See
            C(roles/break_glass/files/open_shares.py), which puts shares together.
          - It needs the Python library pycryptodomex, where the task runs.
          - When omitted, any one of them opens it alone.
        type: int
      store:
        description:
          - V(file) writes a file with mode 0600, on the host on which the module runs.
          - V(secretsmanager) makes a secret in AWS Secrets Manager, or a new version of it.
          - V(ssm_parameter) makes a SecureString in AWS Systems Manager Parameter Store, or a new version of it.
          - V(result) puts the text into the module's result. It is the one store that cannot survive a run that is
            killed before its result is read.
        type: str
        choices: [file, secretsmanager, ssm_parameter, result]
        required: true
      path:
        description:
          - Where O(handover.store=file) writes. V({account}), V({user}) and V({kind}) are replaced by the account's id,
            the user's name and V(console-password), V(access-key), V(mfa-seed), V(codecommit-credential) and the like.
            A path that ends in V(/) is a folder, in which each text gets a name of user and kind; with several
            accounts, put V({account}) into it.
          - When omitted, O(handover.store=file) is refused.
        type: str
      name:
        description:
          - The name of the secret or parameter, for O(handover.store=secretsmanager) and
            O(handover.store=ssm_parameter). Placeholders are replaced as in a path.
          - When omitted, those stores are refused.
        type: str
      kms_key_id:
        description:
          - The KMS key by which Secrets Manager encrypts a new secret, or Parameter Store each new version.
          - When omitted, a new one gets the account's key V(aws/secretsmanager) or V(aws/ssm), and one that is there
            keeps its key.
        type: str
      tags:
        description:
          - Tags of a new secret or parameter.
          - When omitted, it gets none.
        type: dict
      format:
        description:
          - V(csv) is what the AWS console writes for a password and C(aws configure import --csv) reads for a key.
          - V(json) is an object with the fields by name.
          - V(png) and V(svg) are the QR code of an MFA device's seed, and of nothing else. A PNG that is not sealed
            goes to a V(file) only. V(ssm_parameter) takes no SVG, which is too large for it.
          - When omitted, it is V(json) for V(secretsmanager) and V(ssm_parameter), and V(csv) elsewhere.
        type: str
        choices: [csv, json, png, svg]
      plaintext:
        description:
          - Allows a readable text in a V(file), where nothing but its mode 0600 guards it, or in a V(result), which is
            then hidden as a whole from output, logs and job events, as if the task had C(no_log). The registered
            variable holds it.
        type: bool
        default: false
requirements:
  - pyrage, to seal to age and SSH keys
  - pysequoia, to seal to OpenPGP keys
"""
