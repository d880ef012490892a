#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_info
version_added: 0.1.0
short_description: Verify a chain of evidence and show its records
description:
  - Reads the records that M(keysmith.iam.evidence) has written and tells all that is wrong with them - altered, cut
    out, cut off, put in another order, not whole.
  - With O(path) and O(bucket) it holds one against the other. Each object of the bucket is read.
author: keysmith.iam contributors (@keysmith)
options:
  expected_last_hash:
    description:
      - Hashes that were told as RV(keysmith.iam.evidence#module:last_hash) when records were written. Each must be the
        hash of a record; there may be later ones. When omitted, records that were cut off at the end are not missed.
    type: list
    elements: str
    default: []
  require_intact:
    description: V(true) fails where there is a problem.
    type: bool
    default: false
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.evidence
  - keysmith.iam.attributes
notes:
  - The bucket needs the permissions C(s3:ListBucket) and C(s3:GetObject).
seealso:
  - module: keysmith.iam.evidence
"""

EXAMPLES = r"""
- name: Fail where the evidence is not as it was written
  keysmith.iam.evidence_info:
    path: break-glass/evidence.jsonl
    require_intact: true
  register: evidence

- name: Show who opened an emergency user
  ansible.builtin.debug:
    msg: "{{ evidence.records | selectattr('event', 'equalto', 'opened') }}"
"""

RETURN = r"""
intact:
  description: Whether all is as it was written, and there is at least one record.
  returned: always
  type: bool
problems:
  description: What is wrong.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(altered), V(cut), V(reordered), V(torn) (a write was interrupted) or V(forked).
      type: str
      returned: always
    line: {description: "The line, from 1; 0 where it is no single one.", type: int, returned: always}
    text: {description: The same in a sentence., type: str, returned: always}
  sample: [{"kind": "cut", "line": 3, "text": "line 3: record 3 is missing before record 4."}]
remarks:
  description: What is worth knowing and no problem, such as interrupted writes that a later record tells of.
  returned: always
  type: list
  elements: str
records:
  description: The records, oldest first, those of the file where there is one. For their keys see
    RV(keysmith.iam.evidence#module:record).
  returned: always
  type: list
  elements: dict
last_hash:
  description: The hash of the last record, null where there is none.
  returned: always
  type: str
pending_uploads:
  description: How many records the bucket lacks; null where it was not looked at.
  returned: always
  type: int
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.evidence import PLACE, evidence_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    spec = {
        **PLACE,
        "expected_last_hash": {"type": "list", "elements": "str", "default": []},
        "require_intact": {"type": "bool", "default": False},
    }
    evidence_info(open_module(spec, required_one_of=[("path", "bucket")]))


if __name__ == "__main__":
    main()
