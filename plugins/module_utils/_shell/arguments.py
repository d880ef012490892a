# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument-spec pieces, said once. A module's spec is a dict of them; each equals its documentation fragment."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

STATE: Spec = {"type": "str", "choices": ["present", "absent"], "default": "present"}
PATH: Spec = {"type": "str", "aliases": ["prefix", "path_prefix"]}
MANAGED_POLICIES: Spec = {"type": "list", "elements": "str", "aliases": ["managed_policy"]}
PURGE_POLICIES: Spec = {"type": "bool", "default": False, "aliases": ["purge_policy", "purge_managed_policies"]}
BOUNDARY: Spec = {"type": "str", "aliases": ["boundary_policy_arn", "permissions_boundary"]}
TAGS: Spec = {"type": "dict", "aliases": ["resource_tags"]}
PURGE_TAGS: Spec = {"type": "bool", "default": True}
GROUPS: Spec = {"type": "list", "elements": "str"}
PURGE_GROUPS: Spec = {"type": "bool", "default": False}
PASSWORD: Spec = {"type": "str", "no_log": True}
PASSWORD_RESET_REQUIRED: Spec = {"type": "bool", "no_log": False}
UPDATE_PASSWORD: Spec = {"type": "str", "choices": ["always", "on_create"], "default": "on_create", "no_log": False}
REISSUE: Spec = {"type": "bool", "default": False}

HANDOVER: Spec = {
    "type": "dict",
    "options": {
        # Public keys, yet masked until each is seen to be one: somebody will paste a private key one day.
        "seal_to": {"type": "list", "elements": "str", "no_log": True},
        "store": {"type": "str", "choices": ["file", "secretsmanager", "ssm_parameter", "result"], "required": True},
        "path": {"type": "str"},
        "name": {"type": "str"},
        "kms_key_id": {"type": "str", "no_log": False},
        "tags": {"type": "dict"},
        "format": {"type": "str", "choices": ["csv", "json"]},
        "plaintext": {"type": "bool", "default": False},
    },
}


def user_name(*aliases: str) -> Spec:
    return {"type": "str", "required": True, "aliases": list(aliases)}


ROSTER_GROUP: Spec = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "managed_policies": {"type": "list", "elements": "str"},
    "purge_policies": {"type": "bool", "default": False},
    "require_mfa": {"type": "bool"},
}

ROSTER_USER: Spec = {
    "name": {"type": "str", "required": True},
    "use_case": {"type": "str", "choices": ["human", "workload", "emergency"], "required": True},
    "owner": {"type": "str"},
    "justification": {"type": "str"},
    "path": {"type": "str"},
    "boundary": {"type": "str"},
    "tags": {"type": "dict"},
    "purge_tags": {"type": "bool", "default": True},
    "groups": {"type": "list", "elements": "str"},
    "purge_groups": {"type": "bool", "default": False},
    "managed_policies": {"type": "list", "elements": "str"},
    "purge_policies": {"type": "bool", "default": False},
    "console": {"type": "bool", "default": False},
    "password_reset_required": {"type": "bool", "no_log": False},
    "access_key": {"type": "bool", "default": False, "no_log": False},
    "reissue": {"type": "bool", "default": False},
    "handover": HANDOVER,
}
