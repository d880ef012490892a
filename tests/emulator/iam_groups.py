# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM groups and who is in them."""

from __future__ import annotations

from tests.emulator.entities import Group
from tests.emulator.iam_lookup import (
    below_path,
    brief_user,
    by_name,
    check_quota,
    group_named,
    shown_group,
    user_named,
)
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters


@operation("iam:CreateGroup")
def create_group(call: Call) -> Parameters:
    groups, name = call.account.backend.groups, call["GroupName"]
    if name in groups:
        raise refusal("EntityAlreadyExists", f"Group with name {name} already exists.")
    check_quota(call, "GroupsQuota", len(groups))
    groups[name] = Group(call.account, name, call.get("Path", "/"))
    return {"Group": shown_group(groups[name])}


@operation("iam:GetGroup")
def get_group(call: Call) -> Parameters:
    group = group_named(call)
    page, more = paged(call, group.users, by_name)
    return {"Group": shown_group(group), "Users": [brief_user(user) for user in page], **more}


@operation("iam:ListGroups")
def list_groups(call: Call) -> Parameters:
    page, more = paged(call, below_path(call, call.account.backend.groups.values()), by_name)
    return {"Groups": [shown_group(group) for group in page], **more}


@operation("iam:UpdateGroup")
def update_group(call: Call) -> Parameters:
    group, groups = group_named(call), call.account.backend.groups
    new_name = call.get("NewGroupName", group.name)
    if groups.get(new_name, group) is not group:
        raise refusal("EntityAlreadyExists", f"Group with name {new_name} already exists.")
    del groups[group.name]
    group.name = new_name
    group.path = call.get("NewPath", group.path)
    groups[new_name] = group
    return {}


@operation("iam:DeleteGroup")
def delete_group(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html: no members, no policies."""
    group = group_named(call)
    for left, words in (
        (group.users, "remove users from group"),
        (group.policies, "delete policies"),
        (group.managed_policies, "detach all policies"),
    ):
        if left:
            raise refusal("DeleteConflict", f"Cannot delete entity, must {words} first.")
    del call.account.backend.groups[group.name]
    return {}


@operation("iam:AddUserToGroup")
def add_user_to_group(call: Call) -> Parameters:
    group, user = group_named(call), user_named(call)
    if group not in user.groups:
        check_quota(call, "GroupsPerUserQuota", len(user.groups))
        user.groups.append(group)
        group.users.append(user)
    return {}


@operation("iam:RemoveUserFromGroup")
def remove_user_from_group(call: Call) -> Parameters:
    group, user = group_named(call), user_named(call)
    if group not in user.groups:
        raise refusal("NoSuchEntity", f"User {user.name} not in group {group.name}")
    user.groups.remove(group)
    group.users.remove(user)
    return {}


@operation("iam:ListGroupsForUser")
def list_groups_for_user(call: Call) -> Parameters:
    page, more = paged(call, user_named(call).groups, by_name)
    return {"Groups": [shown_group(group) for group in page], **more}
