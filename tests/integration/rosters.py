# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A roster as people write it: humans, workloads and an emergency user, with all kinds of keys and stores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    REQUIRE_MFA_POLICY,
    require_mfa_document,
)
from tests.integration import owners
from tests.integration.given import AWS, OWN

Entry = dict[str, Any]

GROUPS: list[Entry] = [
    {"name": "Humans", "require_mfa": True},
    {"name": "Developers", "path": "/eng/", "managed_policies": ["PowerUserAccess"]},
    {"name": "Automation", "managed_policies": ["AmazonS3ReadOnlyAccess", "Limit"]},
]
REMEMBERED = {"use_case": "keysmith:use-case", "owner": "keysmith:owner", "justification": "keysmith:justification"}
TO_FILE = {"store": "file", "path": "handover/"}
TO_MANAGER = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}


def human(number: int) -> Entry:
    owner = (owners.age(), owners.ssh("ed25519"), owners.ssh("rsa"))[number % 3]
    entry: Entry = {
        "name": f"human-{number:02}",
        "use_case": "human",
        "owner": f"human-{number:02}@example.com",
        "groups": ["Humans", "Developers"] if number % 2 else ["Humans"],
        "console": True,
        "access_key": number % 5 == 0,
        "handover": {**TO_FILE, "seal_to": [owner.public]},
    }
    if number % 4 == 0:
        entry |= {"path": "/staff/", "boundary": "Limit", "tags": {"team": "core", "Cost Center": str(number)}}
    return entry


def workload(number: int) -> Entry:
    sealed = {**TO_FILE, "seal_to": [owners.age().public], "format": "json"}
    return {
        "name": f"workload-{number:02}",
        "use_case": "workload",
        "owner": f"team-{number:02}@example.com",
        "justification": "runs on premises and cannot assume a role",
        "groups": ["Automation"],
        "access_key": True,
        "handover": sealed if number % 2 else TO_MANAGER,
    }


def mixed(humans: int = 18, workloads: int = 13) -> dict[str, Any]:
    """The variables of the role `onboard`, for the account that `needed` has prepared."""
    emergency: Entry = {
        "name": "break-glass",
        "use_case": "emergency",
        "owner": "ciso@example.com",
        "managed_policies": ["AdministratorAccess"],
        "console": True,
        "handover": {**TO_FILE, "seal_to": [owners.age().public, owners.ssh("ed25519").public]},
    }
    users = [*map(human, range(humans)), *map(workload, range(workloads)), emergency]
    return {"onboard_groups": [dict(group) for group in GROUPS], "onboard_users": users}


def new_group(entry: Mapping[str, Any]) -> list[str]:
    """The write calls that a group of the roster costs in an account without it."""
    attached = ["iam:AttachGroupPolicy"] * len(entry.get("managed_policies", ()))
    return ["iam:CreateGroup", *attached, *(["iam:PutGroupPolicy"] if entry.get("require_mfa") else [])]


def new_user(entry: Mapping[str, Any]) -> list[str]:
    """The write calls that a user of the roster costs in an account without it, in their order."""
    stored = ["secretsmanager:CreateSecret"] if entry["handover"]["store"] == "secretsmanager" else []
    calls = ["iam:CreateUser", *["iam:AddUserToGroup"] * len(entry.get("groups", ()))]
    calls += ["iam:AttachUserPolicy"] * len(entry.get("managed_policies", ()))
    calls += [*stored, "iam:CreateLoginProfile"] if entry.get("console") else []
    return calls + (["iam:CreateAccessKey", *stored, "iam:TagUser"] if entry.get("access_key") else [])


def _arn(policy: str) -> str:
    return (OWN if policy == "Limit" else AWS) + policy


def seed(iam: Any, roster: Mapping[str, Any]) -> None:
    """The users as a run of the role leaves them, as far as a second run looks."""
    for group in roster["onboard_groups"]:
        iam.create_group(GroupName=group["name"], Path=group.get("path", "/"))
        for policy in group.get("managed_policies", ()):
            iam.attach_group_policy(GroupName=group["name"], PolicyArn=_arn(policy))
        if group.get("require_mfa"):
            document = json.dumps(require_mfa_document("aws", "123456789012"))
            iam.put_group_policy(GroupName=group["name"], PolicyName=REQUIRE_MFA_POLICY, PolicyDocument=document)
    for user in roster["onboard_users"]:
        told = {key: user[name] for name, key in REMEMBERED.items() if name in user} | user.get("tags", {})
        tags = [{"Key": key, "Value": value} for key, value in told.items()]
        more = {"PermissionsBoundary": _arn(user["boundary"])} if "boundary" in user else {}
        iam.create_user(UserName=user["name"], Path=user.get("path", "/"), Tags=tags, **more)
        for group in user.get("groups", ()):
            iam.add_user_to_group(UserName=user["name"], GroupName=group)
        for policy in user.get("managed_policies", ()):
            iam.attach_user_policy(UserName=user["name"], PolicyArn=_arn(policy))
        if user.get("console"):
            iam.create_login_profile(UserName=user["name"], Password="seeded Once, for 1 test")
        if user.get("access_key"):
            iam.create_access_key(UserName=user["name"])
