#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence
version_added: 0.1.0
short_description: Write a record of what was done, in a chain in which every change is found
description:
  - Appends one record to a file of JSON lines, to an S3 bucket, or to both. Each record has the hash of the one before,
    so that M(keysmith.iam.evidence_info) finds what was altered, cut out or put in another order.
  - Nothing that is written is ever changed. The file gets the record at its end and is on the disk when the task ends;
    an object is never written over another, and is locked where the bucket has object lock.
  - With both, the file comes first. Where the bucket cannot be reached there is a warning, and the next record takes
    along what the bucket lacks. Where the file lacks records that the bucket has, as on another machine, they are taken
    over first.
  - What an interrupted write has left at the end of the file stays there, and the next record tells of it.
  - A field whose name or value looks like a secret is refused. A password that is just a word is not known for one.
  - A chain that is not whole is told by a warning and goes on, for an emergency cannot wait.
author: keysmith.iam contributors (@keysmith)
options:
  event:
    description: What has happened, such as V(opened).
    type: str
    required: true
  fields:
    description: What there is to know of it, any JSON. Dates and numbers with a fraction become text.
    type: dict
    default: {}
  once_key:
    description:
      - Where a record with the same O(event) and the same key is there already, nothing is appended, so that a run that
        is resumed tells nothing twice. When omitted, each run appends a record.
    type: str
  mask:
    description:
      - V(true) leaves out of O(fields) each text that looks like a secret, and tells that, in place of refusing all.
        For what somebody else has named, who could keep the record from being written by that.
      - A field with a secret's name is refused all the same.
    type: bool
    default: false
  retention_mode:
    description:
      - How an object is locked, where O(bucket) has object lock. When this and O(retention_days) are omitted, the
        bucket's own rule holds, or V(governance) where it has none.
      - Nobody can take away an object in the mode V(compliance) before its time, not even the account's root user.
    type: str
    choices: [governance, compliance]
  retention_days:
    description:
      - For how many days an object is locked, where O(bucket) has object lock.
      - When omitted, 365, unless the bucket's own rule holds.
    type: int
attributes:
  idempotent:
    description: With O(once_key), a record is written once. Without it, each run writes one.
    support: partial
  diff_mode:
    description: Shows the record that is appended.
    support: full
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.evidence
  - keysmith.iam.attributes
notes:
  - The bucket needs the permissions C(s3:ListBucket), C(s3:GetObject), C(s3:PutObject),
    C(s3:GetBucketObjectLockConfiguration), and to lock objects C(s3:PutObjectRetention).
  - Two runs that append to a bucket without a common file at the same time can both write a record of the same number.
    Both are kept, and M(keysmith.iam.evidence_info) tells of it.
seealso:
  - module: keysmith.iam.evidence_info
"""

EXAMPLES = r"""
- name: Tell that the emergency user was opened
  keysmith.iam.evidence:
    path: break-glass/evidence.jsonl
    event: opened
    once_key: INC-4711
    fields:
      user: emergency-1
      requester: jane.doe@example.com
      approver: john.roe@example.com
      reason: the identity provider is down
  register: opened

- name: The same in a bucket too
  keysmith.iam.evidence:
    path: break-glass/evidence.jsonl
    bucket: example-evidence
    event: checked
    fields: {ready: true}
"""

RETURN = r"""
record:
  description: The record, or the one that was written under the same O(once_key) before.
  returned: success
  type: dict
  contains:
    n: {description: "Its number, from 1.", type: int, returned: success, sample: 5}
    time: {description: "When it was written, in UTC; not known in check mode.", type: str, returned: success}
    event: {description: What has happened., type: str, returned: success, sample: opened}
    fields: {description: What there is to know of it., type: dict, returned: success}
    prev: {description: The hash of the record before., type: str, returned: success}
    hash: {description: "Its own hash; not known in check mode.", type: str, returned: success}
    once: {description: The O(once_key)., type: str, returned: when given}
    torn: {description: The hash of what an interrupted write has left before it., type: str, returned: when there was}
appended:
  description: Whether the record is new.
  returned: success
  type: bool
last_hash:
  description: The hash of the last record. Kept elsewhere, it shows later whether records were cut off.
  returned: success
  type: str
restored:
  description: How many records that only the bucket had were taken over into the file.
  returned: success
  type: int
pending_uploads:
  description: How many records the bucket still lacks; null where it was not looked at.
  returned: success
  type: int
problems:
  description: What is wrong with the records, as RV(keysmith.iam.evidence_info#module:problems) tells it.
  returned: success
  type: list
  elements: dict
actions:
  description: How many of each write call were made, or would be in check mode.
  returned: success
  type: dict
  sample: {"s3:PutObject": 1}
plan:
  description: What was done, or would be in check mode, a line each.
  returned: success
  type: list
  elements: str
  sample: ["append record 5, opened, to break-glass/evidence.jsonl"]
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.evidence import PLACE, append_evidence
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    spec = {
        **PLACE,
        "event": {"type": "str", "required": True},
        "fields": {"type": "dict", "default": {}},
        "once_key": {"type": "str", "no_log": False},
        "mask": {"type": "bool", "default": False},
        "retention_mode": {"type": "str", "choices": ["governance", "compliance"]},
        "retention_days": {"type": "int"},
    }
    append_evidence(open_module(spec, required_one_of=[("path", "bucket")]))


if __name__ == "__main__":
    main()
