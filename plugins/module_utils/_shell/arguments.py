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
INLINE_POLICIES: Spec = {"type": "dict"}
PURGE_INLINE_POLICIES: Spec = {"type": "bool", "default": False}
COPY: Spec = {
    "copy_permissions_from": {"type": "str"},
    "copy_exclude": {"type": "list", "elements": "str"},
    "copy_enforce": {"type": "bool", "default": False},
}
BOUNDARY: Spec = {"type": "str", "aliases": ["boundary_policy_arn", "permissions_boundary"]}
TAGS: Spec = {"type": "dict", "aliases": ["resource_tags"]}
PURGE_TAGS: Spec = {"type": "bool", "default": True}
GROUPS: Spec = {"type": "list", "elements": "str"}
PURGE_GROUPS: Spec = {"type": "bool", "default": False}
PASSWORD: Spec = {"type": "str", "no_log": True}
PASSWORD_RESET_REQUIRED: Spec = {"type": "bool", "no_log": False}
UPDATE_PASSWORD: Spec = {"type": "str", "choices": ["always", "on_create"], "default": "on_create", "no_log": False}
REISSUE: Spec = {"type": "bool", "default": False}
# Masked until it is seen to be public: somebody will paste a private key one day.
PUBLIC_KEY: Spec = {"type": "str", "aliases": ["key"], "no_log": True}
CERTIFICATE: Spec = {"type": "str", "aliases": ["certificate_body"], "no_log": True}
STATE_OF_CREDENTIAL: Spec = {
    "type": "str",
    "choices": ["present", "active", "inactive", "absent"],
    "default": "present",
}

HANDOVER: Spec = {
    "type": "dict",
    "options": {
        # Public keys, yet masked until each is seen to be one: somebody will paste a private key one day.
        "seal_to": {"type": "list", "elements": "str", "no_log": True},
        "threshold": {"type": "int"},
        "store": {"type": "str", "choices": ["file", "secretsmanager", "ssm_parameter", "result"], "required": True},
        "path": {"type": "str"},
        "name": {"type": "str"},
        "kms_key_id": {"type": "str", "no_log": False},
        "tags": {"type": "dict"},
        "format": {"type": "str", "choices": ["csv", "json", "png", "svg"]},
        "plaintext": {"type": "bool", "default": False},
    },
}

# Services that have credentials of their own, and their names in IAM
# (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html).
SERVICES = {
    "codecommit": "codecommit.amazonaws.com",
    "keyspaces": "cassandra.amazonaws.com",
    "bedrock": "bedrock.amazonaws.com",
    "cloudwatch_logs": "logs.amazonaws.com",
}
SERVICE: Spec = {"type": "str", "choices": list(SERVICES)}
CREDENTIAL_AGE_DAYS: Spec = {"type": "int"}


def user_name(*aliases: str) -> Spec:
    return {"type": "str", "required": True, "aliases": list(aliases)}


ROSTER_GROUP: Spec = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "managed_policies": {"type": "list", "elements": "str"},
    "purge_policies": {"type": "bool", "default": False},
    "inline_policies": INLINE_POLICIES,
    "purge_inline_policies": PURGE_INLINE_POLICIES,
    "require_mfa": {"type": "bool"},
    "demand_mfa": {"type": "bool"},
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
    "inline_policies": INLINE_POLICIES,
    "purge_inline_policies": PURGE_INLINE_POLICIES,
    **COPY,
    "console": {"type": "bool", "default": False},
    "password_reset_required": {"type": "bool", "no_log": False},
    "access_key": {"type": "bool", "default": False, "no_log": False},
    "mfa_device": {"type": "bool", "default": False},
    # Masked until each is seen to be public, as seal_to is.
    "ssh_public_keys": {"type": "list", "elements": "str", "no_log": True},
    "purge_ssh_public_keys": {"type": "bool", "default": False, "no_log": False},
    "signing_certificates": {"type": "list", "elements": "str", "no_log": True},
    "purge_signing_certificates": {"type": "bool", "default": False},
    "service_specific_credentials": {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {"service": {**SERVICE, "required": True}, "credential_age_days": CREDENTIAL_AGE_DAYS},
    },
    "reissue": {"type": "bool", "default": False},
    "purge_credentials": {"type": "bool", "default": False, "no_log": False},
    "revoke_sessions": {"type": "bool", "default": False},
    "break_glass_state": {"type": "str", "choices": ["sealed", "closing", "drill", "opened"]},
    "handover": HANDOVER,
    "mfa_handover": HANDOVER,
}
