# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where evidence is kept, said once for the modules that write and read it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path:
    description:
      - The file of the evidence, JSON lines, on the machine where the task runs. When omitted, there is none, and
        O(bucket) alone has the evidence.
    type: path
  bucket:
    description:
      - An S3 bucket that has an object for each record, C(<prefix>/<number>-<hash>.json). When omitted, there is none.
    type: str
  prefix:
    description: What the names of the objects in O(bucket) begin with. Give each account its own.
    type: str
    default: break-glass
  offline:
    description: V(true) makes no AWS call and leaves O(bucket) alone.
    type: bool
    default: false
notes:
  - Each line is JSON in ASCII with sorted keys and no spaces. C(hash) is the SHA-256 of the line without itself,
    C(prev) the hash of the record before, 64 zeros in the first. One line is checked without this collection by
    V(jq -cSja 'del(.hash\)' | sha256sum).
  - Whoever may rewrite the whole file can make another chain that is whole in itself. Against that, and against cutting
    off the last records, keep the last hash elsewhere, or use a bucket with object lock.
"""
