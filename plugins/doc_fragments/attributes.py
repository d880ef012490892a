# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module of this collection supports, said once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tell exactly what a run would do, without a write call.
    support: full
  diff_mode:
    description: Shows in diff mode every attribute that changes, and never a secret.
    support: full
  idempotent:
    description: Run again with the same arguments, it makes no write call and reports no change.
    support: full
notes:
  - IAM has one address for all regions, so O(region) can be left out. The stores V(secretsmanager) and
    V(ssm_parameter) need one.
requirements:
  - python >= 3.11
  - boto3 >= 1.35.0
  - botocore >= 1.35.0
"""
