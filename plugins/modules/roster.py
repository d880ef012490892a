#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: roster
version_added: 0.1.0
short_description: Onboard many AWS IAM users and their groups in one go
description:
  - Takes a roster of groups and users, plans all of it against the account as it is, and brings it about, users in
    parallel. What would fail is refused before the first write, in check mode too, with all findings at once.
  - A failure with one user does not stop the others; the run fails at its end and names each.
author: keysmith.iam contributors (@keysmith)
options:
  groups:
    description: The groups to be there, made before the users. When omitted, no group is touched.
    type: list
    elements: dict
    suboptions:
      name:
        description: The group's name.
        type: str
        required: true
      path:
        description: The group's path. When omitted, a new group gets V(/) and an existing one keeps its own.
        type: str
      managed_policies:
        description: Managed policies to attach, by name or ARN. When omitted, they are left alone.
        type: list
        elements: str
      purge_policies:
        description: Detaches managed policies that are not named. Does nothing when they are omitted.
        type: bool
        default: false
      inline_policies:
        description:
          - Inline policies by name, each as a dict or as JSON text. When omitted, they are left alone.
        type: dict
      purge_inline_policies:
        description:
          - Deletes inline policies that are not named, save this collection's own. Does nothing when they are omitted.
        type: bool
        default: false
      require_mfa:
        description:
          - V(true) gives the group the inline policy by which its members look after their own credentials and can
            do nothing else without MFA; V(false) removes it. When omitted, it is left alone.
        type: bool
      demand_mfa:
        description:
          - V(true) gives the group the inline policy by which its members can do nothing at all without MFA, as
            emergency users should, whose device is enrolled for them; V(false) removes it. When omitted, it is left
            alone.
        type: bool
  users:
    description: The users to be there. When omitted, only groups are managed.
    type: list
    elements: dict
    suboptions:
      name:
        description: The user's name.
        type: str
        required: true
      use_case:
        description:
          - V(human) signs in to the console, V(workload) is a program, V(emergency) is for the day when all other
            ways in are gone. Kept in the user's tag C(keysmith:use-case).
        type: str
        choices: [human, workload, emergency]
        required: true
      owner:
        description: Who answers for the user, as a mail address (tag C(keysmith:owner)). When omitted, nobody does.
        type: str
      justification:
        description:
          - Why this cannot be a role (tag C(keysmith:justification)). When omitted, a guard warns of a workload.
        type: str
      path:
        description: The user's path. When omitted, a new user gets V(/) and an existing one keeps its own.
        type: str
      boundary:
        description: The permissions boundary, by name or ARN; V("") removes it. When omitted, it is left alone.
        type: str
      tags:
        description: The user's tags. When omitted, they are left alone.
        type: dict
      purge_tags:
        description: Removes tags that are not named, save this collection's own. Does nothing when they are omitted.
        type: bool
        default: true
      groups:
        description: Groups that the user is to be a member of. When omitted, memberships are left alone.
        type: list
        elements: str
      purge_groups:
        description: Ends memberships that are not named. Does nothing when they are omitted.
        type: bool
        default: false
      managed_policies:
        description: Managed policies to attach, by name or ARN. When omitted, they are left alone.
        type: list
        elements: str
      purge_policies:
        description: Detaches managed policies that are not named. Does nothing when they are omitted.
        type: bool
        default: false
      inline_policies:
        description:
          - Inline policies by name, each as a dict or as JSON text. When omitted, they are left alone.
        type: dict
      purge_inline_policies:
        description:
          - Deletes inline policies that are not named, save this collection's own. Does nothing when they are omitted.
        type: bool
        default: false
      copy_permissions_from:
        description:
          - The name of a user whose groups, managed and inline policies and permissions boundary this one is to have.
            One of the same roster has to stand before this one. When omitted, nothing is copied.
        type: str
      copy_exclude:
        description:
          - What is not copied, nor taken away; names of groups and inline policies, names or ARNs of managed policies.
            When omitted, all is copied.
        type: list
        elements: str
      copy_enforce:
        description:
          - Takes from the user, in every run, what the other one does not have and no other option names. Does nothing
            when nothing is copied.
        type: bool
        default: false
      console:
        description: V(true) gives a console password where there is none. V(false) leaves console access alone.
        type: bool
        default: false
      password_reset_required:
        description: Whether a new password must be changed at once. When omitted, it must, save for V(emergency).
        type: bool
      access_key:
        description: V(true) gives an access key where there is none. V(false) leaves access keys alone.
        type: bool
        default: false
      mfa_device:
        description:
          - V(true) gives who has no MFA device a virtual one and hands over its seed, as M(keysmith.iam.mfa_device)
            does. From then on AWS asks for a code at every sign-in. V(false) leaves MFA devices alone.
        type: bool
        default: false
      ssh_public_keys:
        description:
          - SSH public keys that the user is to have, each as in O(keysmith.iam.ssh_public_key#module:public_key). When
            omitted, they are left alone.
        type: list
        elements: str
      purge_ssh_public_keys:
        description: Deletes SSH public keys that are not given, with V([]) all. Does nothing when they are omitted.
        type: bool
        default: false
      signing_certificates:
        description:
          - X.509 certificates that the user is to have, each as in
            O(keysmith.iam.signing_certificate#module:certificate). When omitted, they are left alone.
        type: list
        elements: str
      purge_signing_certificates:
        description: Deletes certificates that are not given, with V([]) all. Does nothing when they are omitted.
        type: bool
        default: false
      service_specific_credentials:
        description:
          - Services for which the user gets a credential where it has none that works, as by
            M(keysmith.iam.service_specific_credential). When omitted, such credentials are left alone.
        type: list
        elements: dict
        suboptions:
          service:
            description: The service.
            type: str
            choices: [codecommit, keyspaces, bedrock, cloudwatch_logs]
            required: true
          credential_age_days:
            description:
              - After how many days a new one expires, for V(bedrock) and V(cloudwatch_logs) only. When omitted, it
                does not.
            type: int
      reissue:
        description: Replaces all secrets that are asked for, in every run, for lost ones.
        type: bool
        default: false
      purge_credentials:
        description:
          - Deletes access keys, SSH public keys, certificates, service-specific credentials and MFA devices that this
            entry does not ask for, whoever made them. Of a kind that is asked for, what was handed over stays. The
            console password stays.
          - With O(users[].mfa_device), no device but the one that was handed over serves, and it is the only one that
            stays.
        type: bool
        default: false
      revoke_sessions:
        description:
          - Ends sessions of the user that have begun, in every run, by the inline policy C(keysmith-sessions-revoked).
            It is written after new secrets, and no purge takes it away. Sessions of roles that the user has assumed go
            on. A user that is V(sealed) and gets no new secret is left alone.
        type: bool
        default: false
      break_glass_state:
        description:
          - The state of an emergency user, kept with its time in the tag C(keysmith:break-glass). V(sealed) is written
            once all else is done for the user, and a sealed user whose secrets are replaced is V(closing) meanwhile.
            The others are written before all else. When omitted, the tag is left alone.
        type: str
        choices: [sealed, closing, drill, opened]
      handover:
        description: To whom this user's secrets are sealed and where they go. When omitted, O(handover) counts.
        type: dict
        suboptions:
          seal_to:
            description: The owner's public keys (age, SSH or OpenPGP). When omitted, the text is not sealed.
            type: list
            elements: str
          threshold:
            description: How many owners open it together, as O(handover.threshold). When omitted, each does alone.
            type: int
          store:
            description: Where the text goes, as in O(handover.store).
            type: str
            choices: [file, secretsmanager, ssm_parameter, result]
            required: true
          path:
            description: File or folder of the store V(file), as O(handover.path). When omitted, that store is refused.
            type: str
          name:
            description: Name of the secret or parameter, as O(handover.name). When omitted, those stores are refused.
            type: str
          kms_key_id:
            description: KMS key of a secret or parameter, as O(handover.kms_key_id). When omitted, the account's.
            type: str
          tags:
            description: Tags of a new secret or parameter. When omitted, it gets none.
            type: dict
          format:
            description: The text's format, as in O(handover.format). When omitted, the store decides.
            type: str
            choices: [csv, json, png, svg]
          plaintext:
            description: Allows a readable text in a V(file) or a hidden V(result), as O(handover.plaintext).
            type: bool
            default: false
      mfa_handover:
        description:
          - To whom the MFA seed alone is sealed and where it goes, so that nobody holds it together with the password.
            When omitted, O(users[].handover) counts for it too.
        type: dict
        suboptions:
          seal_to:
            description: Public keys of those who are to hold the seed. When omitted, the text is not sealed.
            type: list
            elements: str
          threshold:
            description: How many of them open it together, as O(handover.threshold). When omitted, each does alone.
            type: int
          store:
            description: Where the text goes, as in O(handover.store).
            type: str
            choices: [file, secretsmanager, ssm_parameter, result]
            required: true
          path:
            description: File or folder of the store V(file), as O(handover.path). When omitted, it is refused.
            type: str
          name:
            description: Name of the secret or parameter, as O(handover.name). When omitted, it is refused.
            type: str
          kms_key_id:
            description: KMS key of a secret or parameter, as O(handover.kms_key_id). When omitted, the account's.
            type: str
          tags:
            description: Tags of a new secret or parameter. When omitted, it gets none.
            type: dict
          format:
            description: The text's format, as in O(handover.format). When omitted, the store decides.
            type: str
            choices: [csv, json, png, svg]
          plaintext:
            description: Allows a readable text in a V(file) or a hidden V(result), as O(handover.plaintext).
            type: bool
            default: false
  guards:
    description:
      - Sets a guard to V(refuse), V(warn) or V(off), by its name. The guards are C(one_owner), C(shared_name),
        C(console_for_workload), C(human_without_credentials), C(identity_center), C(access_key_for_human),
        C(policy_on_user), C(mfa_not_demanded), C(first_password_change), C(workload_without_justification),
        C(split_custody), C(handover_outlives_job), C(emergency_user), C(emergency_pair) and C(existing_user). When
        omitted, the first four, C(split_custody) and C(emergency_user) refuse, C(existing_user) is off, and the others
        warn.
    type: dict
  concurrency:
    description: How many users are worked on at a time.
    type: int
    default: 8
  directory:
    description:
      - The folder from which relative paths of hand-over files start. When omitted, it is the working directory of
        the module.
    type: path
  sheets:
    description:
      - A folder for one sheet per user to whom something is handed over; sign-in address, where the secret is and
        what the owner does next, without a secret. A relative path starts from O(directory).
      - When omitted, no sheet is written.
    type: path
  plan_only:
    description:
      - Plans and writes nothing. Refusals are in RV(refused) and do not fail the task, so that the whole plan can be
        shown with them.
    type: bool
    default: false
attributes:
  idempotent:
    support: partial
    details: With O(users[].reissue=true) each run makes another secret for that user.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
  - keysmith.iam.handover
"""

EXAMPLES = r"""
- name: A group, a person and a workload
  keysmith.iam.roster:
    groups:
      - name: Developers
        managed_policies: [PowerUserAccess]
        require_mfa: true
      - name: Automation
    users:
      - name: jane.doe
        use_case: human
        owner: jane.doe@example.com
        groups: [Developers]
        console: true
        handover:
          seal_to: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"]
          store: file
          path: handover/
      - name: erp-export
        use_case: workload
        owner: erp-team@example.com
        justification: on-premises ERP that cannot assume a role
        groups: [Automation]
        access_key: true
        handover:
          store: secretsmanager
          name: "iam/{user}"
    region: eu-central-1
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
refused:
  description: What is refused, a sentence each. It says what to do, and nothing is written as long as there is one.
  returned: always
  type: list
  elements: str
  sample: ["Cannot manage user jane.doe: there is no group Developers in account 123456789012."]
guards:
  description: The level of each guard, by its name, as this run applied them.
  returned: always
  type: dict
  sample: {"one_owner": "refuse"}
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 3 to add, 1 to change, 0 to remove
handovers:
  description: The receipts of what was handed over; kind, store, place, recipients and a fingerprint. No secret.
  returned: always
  type: list
  elements: dict
  sample:
    - user: jane.doe
      kind: console-password
      store: file
      place: handover/jane.doe.console-password.csv.age
      sealed_to: ["ssh-ed25519 …kvJ0pQ= jane@laptop"]
      fingerprint: sha256:0123456789abcdef
handover_counts:
  description:
    - How many of the receipts in RV(handovers) are of the same kind, store, folder (of files; else empty) and sealing.
      Enough for a report, and as short for five thousand users as for one.
  returned: always
  type: list
  elements: dict
  sample:
    - kind: console-password
      store: file
      folder: handover
      sealed: true
      count: 12
handed_over:
  description: The texts that the store V(result) received, sealed unless asked otherwise, with user and kind.
  returned: always
  type: list
  elements: dict
users:
  description:
    - The users that changed, or would, as M(keysmith.iam.user) returns one. Others are only counted.
    - Whoever failed half-way is among them, as far as it came, and in RV(failures) as well.
  returned: always
  type: list
  elements: dict
groups:
  description: The groups that changed, or in check mode would, as M(keysmith.iam.group) returns one; the same holds.
  returned: always
  type: list
  elements: dict
unchanged:
  description: How many users and groups of the roster needed nothing.
  returned: always
  type: int
sign_in_url:
  description: Where the account's users sign in to the console.
  returned: always
  type: str
  sample: https://123456789012.signin.aws.amazon.com/console
sheets:
  description: The sheets that were written.
  returned: always
  type: list
  elements: str
failures:
  description: For each subject that failed, what was done, what failed and what was not started.
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "groups": {"type": "list", "elements": "dict", "options": args.ROSTER_GROUP},
            "users": {"type": "list", "elements": "dict", "options": args.ROSTER_USER},
            "handover": args.HANDOVER,
            "guards": {"type": "dict"},
            "concurrency": {"type": "int", "default": 8},
            "directory": {"type": "path"},
            "sheets": {"type": "path"},
            "plan_only": {"type": "bool", "default": False},
        }
    )
    params = module.params
    job = wanted.roster(params)
    run(module, job, describe.roster(job.roster, params["directory"], params["sheets"], module.region))


if __name__ == "__main__":
    main()
