#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: break_glass_info
version_added: 0.1.0
short_description: Check that emergency users would work, without using them
description:
  - Reads the emergency users, their group and its policies, the account's password rules, the sealed texts, the
    evidence and the alarms, and tells what is not as it has to be and how to mend it. No secret is opened.
  - What cannot be read is a finding of the level V(unknown), never something that is all right.
  - Makes no write call but C(GenerateCredentialReport), and that only where AWS has no report.
author: keysmith.iam contributors (@keysmith)
options:
  users:
    description: The emergency users, by name. Fewer than two that are there are a finding.
    type: list
    elements: str
    required: true
    aliases: [user_names]
  group:
    description: The group of the emergency users. Nobody else may be in it, and they in no other.
    type: str
    default: EmergencyAccess
    aliases: [group_name]
  managed_policies:
    description:
      - The managed policies of the group, names or ARNs, and no others. A policy of the account's own must not have
        changed since the users were sealed.
      - V([]) is for a group that gives roles to assume by O(inline_policies), or no standing right at all, which is a
        finding of the level V(warn).
    type: list
    elements: str
    default: [AdministratorAccess]
  inline_policies:
    description:
      - The inline policies of the group, documents by name, and no others, such as one that allows C(sts:AssumeRole) on
        roles of member accounts. The one of O(keysmith.iam.roster#module:groups[].demand_mfa) has to be there and is
        not named here.
    type: dict
    default: {}
  password_custodians:
    description: Who opens the passwords.
    type: dict
    required: true
    suboptions:
      seal_to:
        description: Their public keys, as in O(keysmith.iam.roster#module:users[].handover.seal_to).
        type: list
        elements: str
        required: true
      threshold:
        description: How many of them it takes together. When omitted, each opens a text alone.
        type: int
  mfa_custodians:
    description: Who opens the seeds of the MFA devices. Nobody may be in both.
    type: dict
    required: true
    suboptions:
      seal_to:
        description: Their public keys.
        type: list
        elements: str
        required: true
      threshold:
        description: How many of them it takes together. When omitted, each opens a text alone.
        type: int
  manifest:
    description:
      - The file in which M(keysmith.iam.emergency_kit) has written where the sealed texts are. Relative places in it
        start from its folder.
    type: path
    required: true
  evidence_path:
    description: The file of the evidence. When omitted, O(evidence_bucket) alone has it.
    type: path
  evidence_bucket:
    description: The S3 bucket of the evidence. When omitted, O(evidence_path) alone has it.
    type: str
  evidence_prefix:
    description: What the names of the objects in O(evidence_bucket) begin with.
    type: str
    default: break-glass
  expected_last_hash:
    description: As O(keysmith.iam.evidence_info#module:expected_last_hash).
    type: list
    elements: str
    default: []
  regions:
    description:
      - The regions whose alarms are looked at. When omitted, none are, which is a finding of the level V(warn).
      - Console sign-ins are recorded in us-east-1, us-east-2, eu-north-1, ap-southeast-2 and the region through which
        somebody signs in.
      - In each of them a trail of CloudTrail has to log the management events, for EventBridge gets what a trail logs,
        and nothing without one. A trail of all regions does, one of the organization too.
    type: list
    elements: str
  alarms_stack:
    description: The name of the CloudFormation stack of the alarms, with which the names of their rules begin.
    type: str
    default: keysmith-break-glass
  drill_days:
    description: The days within which each user has to be drilled again, and from its making on for the first time.
    type: int
    default: 90
  rotation_days:
    description: The days within which password and MFA device have to be replaced.
    type: int
    default: 180
  max_hours:
    description: The hours that an opening lasts at most, whatever its evidence says.
    type: int
    default: 12
  require_ready:
    description: V(true) fails where they are not ready, and names each finding and its remedy.
    type: bool
    default: false
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
notes:
  - The header of an age text tells SSH keys apart, but not one age key from another, only how many there are; an
    OpenPGP message is not looked into. So to whom a text is sealed is told by three things together. The text has the
    fingerprint in the manifest, and that of an MFA seed also the one in the user's tag C(keysmith:mfa-seed); the
    manifest names the keys in O(password_custodians) and O(mfa_custodians); and what the header does tell agrees.
    Whoever may write both the text and the manifest can deceive this check for a password that is sealed to age keys.
    A drill proves more.
  - When a user's password was changed is told by AWS's credential report, which may be four hours old. What somebody
    does within 15 minutes of the sealing counts as part of it.
  - An opening is a record C(opened) or C(drill_opened) of M(keysmith.iam.evidence), with C(user), C(until) and, for who
    reads it, C(requester), C(approver), C(ticket) and C(reason) in its fields; it ends with a record C(closed) or
    C(drill_closed) with the same C(user).
  - Beyond what M(keysmith.iam.user_info) and M(keysmith.iam.group_info) read, it needs C(iam:GetCredentialReport),
    C(iam:GenerateCredentialReport), C(iam:GetAccountPasswordPolicy), C(iam:ListAccountAliases) and C(iam:GetPolicy);
    for the alarms C(events:ListRules), C(events:ListTargetsByRule), C(sns:ListSubscriptionsByTopic),
    C(cloudtrail:DescribeTrails), C(cloudtrail:GetTrailStatus) and C(cloudtrail:GetEventSelectors); for texts in a
    store C(secretsmanager:GetSecretValue) or C(ssm:GetParameter); for evidence in a bucket C(s3:ListBucket) and
    C(s3:GetObject). What is not allowed is a finding.
  - What an organization's trail logs is told to its own account only, unless it logs everything. Where it alone may
    log what the alarms need, that is a finding of the level V(warn).
  - Policies of AWS Organizations are not looked at. They do not limit users of the management account.
seealso:
  - module: keysmith.iam.emergency_kit
  - module: keysmith.iam.evidence_info
  - module: keysmith.iam.roster
"""

EXAMPLES = r"""
- name: See whether the emergency users would work today
  keysmith.iam.break_glass_info:
    users: [emergency-1, emergency-2]
    password_custodians:
      seal_to: ["{{ lookup('file', 'jane.pub') }}"]
    mfa_custodians:
      seal_to: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
    manifest: break-glass/manifest.json
    evidence_path: break-glass/evidence.jsonl
    regions: [us-east-1, us-east-2, eu-north-1, ap-southeast-2, eu-central-1]
  register: check

- name: Name what is amiss, and what to do
  ansible.builtin.debug:
    msg: "{{ item.subject }}: {{ item.text }} {{ item.remedy }}"
  loop: "{{ check.findings }}"
"""

RETURN = r"""
ready:
  description: Whether there is no finding of the levels V(fail) and V(unknown).
  returned: always
  type: bool
findings:
  description: What is not as it has to be.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description:
        - Which check speaks - V(opening), V(used), V(pair), V(missing_user), V(state), V(use_case), V(groups),
          V(foreign_policy), V(quarantine), V(sessions), V(boundary), V(password), V(mfa), V(foreign_credential),
          V(drill), V(rotation), V(password_expiry), V(group), V(group_policy), V(policy_changed), V(standing_right),
          V(members), V(custody), V(manifest), V(sealed_text), V(evidence), V(alarms), V(trail), V(unreadable).
      type: str
      returned: always
    level: {description: "V(fail), V(unknown) or V(warn).", type: str, returned: always}
    subject: {description: Whom or what it is about., type: str, returned: always}
    text: {description: What is amiss., type: str, returned: always}
    remedy: {description: What to do., type: str, returned: always}
  sample:
    - name: mfa
      level: fail
      subject: user emergency-1
      text: it has no MFA device; without MFA it may do nothing.
      remedy: Find out who did it. Run break_glass_action=close with break_glass_rotate=true.
users:
  description: The users that are there, each as in RV(keysmith.iam.user_info#module:iam_users).
  returned: always
  type: list
  elements: dict
opened:
  description: The openings that were not closed, oldest first, by the evidence.
  returned: always
  type: list
  elements: dict
  contains:
    user_name: {description: Whose., type: str, returned: always}
    record: {description: The number of the record., type: int, returned: always}
    drill: {description: Whether it is a drill., type: bool, returned: always}
    since: {description: When it began., type: str, returned: always}
    until: {description: When it is to end., type: str, returned: always}
    overdue: {description: Whether that is past., type: bool, returned: always}
    requester: {description: Who asked for it., type: str, returned: when the record tells}
    approver: {description: Who approved it., type: str, returned: when the record tells}
    ticket: {description: Its ticket., type: str, returned: when the record tells}
    reason: {description: Why., type: str, returned: when the record tells}
next_due:
  description: For each user that was read, until when what has to be done. Null is for never, or where nobody can tell.
  returned: always
  type: list
  elements: dict
  contains:
    user_name: {description: Whose., type: str, returned: always}
    drill: {description: When the next drill is due., type: str, returned: always}
    rotation: {description: When its secrets have to be replaced., type: str, returned: always}
    password_expiry: {description: "When its password expires, by the account's rules.", type: str, returned: always}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.break_glass import CUSTODIANS, break_glass_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    names = {"type": "list", "elements": "str"}
    spec = {
        "users": {**names, "required": True, "aliases": ["user_names"]},
        "group": {"type": "str", "default": "EmergencyAccess", "aliases": ["group_name"]},
        "managed_policies": {**names, "default": ["AdministratorAccess"]},
        "inline_policies": {"type": "dict", "default": {}},
        "password_custodians": CUSTODIANS,
        "mfa_custodians": CUSTODIANS,
        "manifest": {"type": "path", "required": True},
        "evidence_path": {"type": "path"},
        "evidence_bucket": {"type": "str"},
        "evidence_prefix": {"type": "str", "default": "break-glass"},
        "expected_last_hash": {**names, "default": []},
        "regions": names,
        "alarms_stack": {"type": "str", "default": "keysmith-break-glass"},
        "drill_days": {"type": "int", "default": 90},
        "rotation_days": {"type": "int", "default": 180},
        "max_hours": {"type": "int", "default": 12},
        "require_ready": {"type": "bool", "default": False},
    }
    break_glass_info(open_module(spec, required_one_of=[("evidence_path", "evidence_bucket")]))


if __name__ == "__main__":
    main()
