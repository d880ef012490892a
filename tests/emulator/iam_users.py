# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM users: create, read, rename, tag, bound, delete."""

from __future__ import annotations

from typing import Any

from tests.emulator.entities import User
from tests.emulator.iam_lookup import (
    below_path,
    brief_user,
    by_name,
    check_quota,
    policy_at,
    user_named,
    whole_user,
)
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters

_TAGS_PER_USER = 50


@operation("iam:CreateUser")
def create_user(call: Call) -> Parameters:
    users, name = call.account.backend.users, call["UserName"]
    if name in users:
        raise refusal("EntityAlreadyExists", f"User with name {name} already exists.")
    check_quota(call, "UsersQuota", len(users))
    tags = _checked_tags(call.get("Tags", []))
    boundary = call.get("PermissionsBoundary")
    if boundary is not None:
        policy_at(call.account, boundary, "Scope ARN: {arn} does not exist or is not attachable.")
    user = User(call.account, name, call.get("Path", "/"))
    user.boundary = boundary
    _put_tags(user, tags)
    users[name] = user
    return {"User": whole_user(user)}


@operation("iam:GetUser")
def get_user(call: Call) -> Parameters:
    return {"User": whole_user(user_named(call))}


@operation("iam:ListUsers")
def list_users(call: Call) -> Parameters:
    users = below_path(call, call.account.backend.users.values())
    page, more = paged(call, users, by_name)
    return {"Users": [brief_user(user) for user in page], **more}


@operation("iam:UpdateUser")
def update_user(call: Call) -> Parameters:
    """Rename or move. Tags, memberships, keys and boundary stay: they belong to the user's id, not to its name."""
    user, users = user_named(call), call.account.backend.users
    new_name = call.get("NewUserName", user.name)
    if users.get(new_name, user) is not user:
        raise refusal("EntityAlreadyExists", f"User with name {new_name} already exists.")
    del users[user.name]
    user.name = new_name
    user.path = call.get("NewPath", user.path)
    users[new_name] = user
    owned: Any
    for owned in (*user.access_keys, *user.ssh_public_keys, *user.signing_certificates.values()):
        owned.user_name = new_name
    return {}


@operation("iam:DeleteUser")
def delete_user(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html lists what must be gone first."""
    user = user_named(call)
    for left, words in (
        (user.login, "delete login profile"),
        (user.access_keys, "delete access keys"),
        (user.signing_certificates, "delete signing certificates"),
        (user.ssh_public_keys, "delete SSH public keys"),
        (user.service_credentials, "delete service specific credentials"),
        (user.mfa_devices, "delete MFA device"),
        (user.policies, "delete policies"),
        (user.managed_policies, "detach all policies"),
        (user.groups, "remove users from group"),
    ):
        if left:
            raise refusal("DeleteConflict", f"Cannot delete entity, must {words} first.")
    del call.account.backend.users[user.name]
    return {}


@operation("iam:TagUser")
def tag_user(call: Call) -> Parameters:
    user = user_named(call)
    tags = _checked_tags(call["Tags"])
    if len(user.tags_by_key.keys() | {tag["Key"].lower() for tag in tags}) > _TAGS_PER_USER:
        raise refusal("LimitExceeded", "The number of tags has reached the maximum limit.")
    _put_tags(user, tags)
    return {}


@operation("iam:UntagUser")
def untag_user(call: Call) -> Parameters:
    user = user_named(call)
    for key in call["TagKeys"]:
        user.tags_by_key.pop(key.lower(), None)
    return {}


@operation("iam:ListUserTags")
def list_user_tags(call: Call) -> Parameters:
    page, more = paged(call, user_named(call).tags, lambda tag: tag["Key"].lower())
    return {"Tags": page, **more}


@operation("iam:PutUserPermissionsBoundary")
def put_boundary(call: Call) -> Parameters:
    user = user_named(call)
    policy_at(call.account, call["PermissionsBoundary"], "Scope ARN: {arn} does not exist or is not attachable.")
    user.boundary = call["PermissionsBoundary"]
    return {}


@operation("iam:DeleteUserPermissionsBoundary")
def delete_boundary(call: Call) -> Parameters:
    user_named(call).boundary = None
    return {}


def _checked_tags(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """Keys of users' tags do not differ by case: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        raise refusal("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise refusal("InvalidInput", "Tag keys starting with aws: are reserved for system use.")
    return tags


def _put_tags(user: User, tags: list[dict[str, str]]) -> None:
    for tag in tags:
        user.tags_by_key[tag["Key"].lower()] = {"Key": tag["Key"], "Value": tag["Value"]}
