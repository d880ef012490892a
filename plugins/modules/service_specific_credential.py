#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: service_specific_credential
version_added: 0.1.0
short_description: Manage the service-specific credentials of an AWS IAM user
description:
  - Without O(id), sees to it that the user has a credential for O(service) that works, which is a user name and a
    password for CodeCommit and Keyspaces, and an API key for Bedrock and CloudWatch Logs. A new one is handed over as
    it is made, and a user tag for each service keeps its receipt, so that no interrupted run leaves one whose secret
    nobody has.
  - One that has expired works no more. It is deleted and another made in its place.
  - With O(id), activates, deactivates or deletes just that one.
  - After a run that was killed between making and receipt, the next one deletes what was made since and makes another.
    AWS tells of no last use of these credentials, so this holds even if the owner has it already, and for one that
    was made by hand for the same service within a day after the killed run.
author: keysmith.iam contributors (@keysmith)
options:
  user_name:
    description:
      - The user's name. The user has to be there; in check mode a missing one is a warning. With O(state=absent)
        there is nothing to do where it is gone.
    type: str
    required: true
    aliases: [username, name]
  service:
    description:
      - The service that the credential is for. AWS allows two for each service.
      - When omitted, O(id) is needed.
    type: str
    choices: [codecommit, keyspaces, bedrock, cloudwatch_logs]
  state:
    description:
      - V(present) wants a credential, or the one of O(id), whether it is active or not.
      - V(active), V(inactive) and V(absent) are for the one of O(id).
    type: str
    choices: [present, active, inactive, absent]
    default: present
  id:
    description:
      - The credential's id, as M(keysmith.iam.user_info) tells it. When omitted, O(state) has to be V(present), and any
        active one for O(service) serves.
    type: str
    aliases: [service_specific_credential_id]
  credential_age_days:
    description:
      - After how many days a new credential expires, from 1 to 36600. For V(bedrock) and V(cloudwatch_logs) only; it
        does not change one that is there.
      - When omitted, a new one does not expire.
    type: int
  reissue:
    description:
      - Makes a second credential in every run and, once that is stored, deletes the one that was handed over before.
        For rotation, and for one whose secret is lost. The old one works until then; none is ever reset.
    type: bool
    default: false
attributes:
  idempotent:
    support: partial
    details: With O(reissue=true) each run makes another credential.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
  - keysmith.iam.handover
"""

EXAMPLES = r"""
- name: A Bedrock API key for ninety days, kept by Secrets Manager
  keysmith.iam.service_specific_credential:
    user_name: erp-export
    service: bedrock
    credential_age_days: 90
    handover:
      store: secretsmanager
      name: "iam/{user}/{kind}"
    region: eu-central-1

- name: Another in its place
  keysmith.iam.service_specific_credential:
    user_name: erp-export
    service: bedrock
    credential_age_days: 90
    reissue: true
    handover:
      store: secretsmanager
      name: "iam/{user}/{kind}"
    region: eu-central-1
  register: renewed

- name: Switch it off
  keysmith.iam.service_specific_credential:
    user_name: erp-export
    id: "{{ renewed.service_specific_credential_id }}"
    state: inactive

- name: A user name and password for CodeCommit, sealed to their owner
  keysmith.iam.service_specific_credential:
    user_name: jane.doe
    service: codecommit
    handover:
      store: file
      path: handover/
      seal_to:
        - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop
"""

RETURN = r"""
actions:
  description: How many of each write, by IAM action. Predicted in check mode, made in a run; the two are the same.
  returned: always
  type: dict
  sample: {"iam:CreateServiceSpecificCredential": 1, "iam:TagUser": 2, "secretsmanager:CreateSecret": 1}
plan:
  description: The steps in their order, a line a step. No line holds a secret.
  returned: always
  type: list
  elements: str
  sample: ["user erp-export: + Bedrock credential, for 90 days, not sealed, kept by Secrets Manager"]
findings:
  description: What is warned of or refused, with its name, level, subject and text.
  returned: always
  type: list
  elements: dict
summary:
  description: The plan in one line.
  returned: always
  type: str
  sample: 3 to add, 1 to change, 0 to remove
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
      kind: codecommit-credential
      store: file
      place: handover/jane.doe.codecommit-credential.csv.age
      sealed_to: ["ssh-ed25519 …kvJ0pQ= jane@laptop"]
      fingerprint: sha256:0123456789abcdef
handed_over:
  description: The sealed texts of the store V(result), with user and kind.
  returned: when O(handover.store=result) received something
  type: list
  elements: dict
service_specific_credential:
  description:
    - The credential in question, without its secret. In check mode the id of a new one is C((known after apply)).
  returned: when there is one
  type: dict
  contains:
    create_date: {description: "When it was made; null in check mode for a new one.", type: str, returned: always}
    expiration_date:
      description: When it expires; null if it does not, and in check mode for a new one.
      type: str
      returned: always
    service_name:
      description: The service, by its name in IAM.
      type: str
      returned: always
      sample: codecommit.amazonaws.com
    service_specific_credential_id: {description: Its id., type: str, returned: always}
    service_user_name:
      description: The user name to sign in to the service with, of an API key its public part.
      type: str
      returned: always
      sample: jane.doe-at-123456789012
    status: {description: V(Active) or V(Inactive). Expired ones are inactive., type: str, returned: always}
    user_name: {description: Its user., type: str, returned: always}
service_specific_credential_id:
  description: The id of the credential in question.
  returned: when there is one
  type: str
deleted_service_specific_credential_ids:
  description: The ids of credentials that were deleted.
  returned: when any was deleted
  type: list
  elements: str
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
    service_specific_credentials:
      description: Its service-specific credentials, without secrets.
      type: list
      elements: dict
      returned: when it has any and they were read
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments as args
from ansible_collections.keysmith.iam.plugins.module_utils._shell import describe, wanted_credential
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module, run


def main() -> None:
    module = open_module(
        {
            "user_name": args.user_name("username", "name"),
            "service": args.SERVICE,
            "state": args.STATE_OF_CREDENTIAL,
            "id": {"type": "str", "aliases": ["service_specific_credential_id"]},
            "credential_age_days": args.CREDENTIAL_AGE_DAYS,
            "reissue": args.REISSUE,
            "handover": args.HANDOVER,
        },
        required_if=[("state", state, ("id",)) for state in ("active", "inactive", "absent")],
        required_one_of=[("service", "id")],
        mutually_exclusive=[("id", "reissue"), ("id", "credential_age_days")],
    )
    params = module.params
    told = describe.service_specific_credential(params["user_name"], params["id"], params["service"])
    run(module, wanted_credential.service_specific_credential(params), told)


if __name__ == "__main__":
    main()
