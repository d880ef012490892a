# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans one group: its policies, the require-MFA policy, its members, or its removal."""

from __future__ import annotations

from ansible_collections.keysmith.iam.plugins.module_utils._core import names
from ansible_collections.keysmith.iam.plugins.module_utils._core.attachments import plan_policies
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import (
    PURGED,
    Inline,
    plan_inline,
    read_documents,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Group, Unread, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, Draft, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    DEMAND_MFA_POLICY,
    REQUIRE_MFA_POLICY,
    demand_mfa_document,
    require_mfa_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec


def plan_group(account: Account, spec: GroupSpec) -> Plan:
    """All steps from the group as observed to the group as wanted."""
    draft = Draft(f"group {spec.name}")
    group = account.group(spec.name)
    if group is not None and group.name != spec.name:
        draft.refuse(
            "name_case", f"the account has {group.name}, and AWS takes the two names for one; write it as {group.name}."
        )
        return draft.plan()
    if spec.state == "absent":
        if group is not None:
            _plan_removal(draft, group)
        return draft.plan()
    problems = [names.group_name_problem(spec.name), names.path_problem(spec.path) if spec.path is not None else None]
    for problem in filter(None, problems):
        draft.refuse("name", f"{problem}.")
    if draft.findings:
        return draft.plan()
    group = _ensure(draft, spec, group)
    plan_policies(draft, account, spec, group)
    _plan_inline(draft, account, spec, group)
    _give_before_taking(draft)
    _plan_members(draft, account, spec, group)
    return draft.plan()


def _ensure(draft: Draft, spec: GroupSpec, group: Group | None) -> Group:
    path = spec.path or "/"
    if group is None:
        at = f", path {path}" if path != "/" else ""
        draft.step(
            "iam:CreateGroup", {"GroupName": spec.name, "Path": path}, f"+ group {spec.name}{at}", "not in the account"
        )
        return Group(spec.name, path=path, members=())
    if spec.path is not None and spec.path != group.path:
        parameters = {"GroupName": spec.name, "NewPath": spec.path}
        draft.step("iam:UpdateGroup", parameters, f"~ path: {group.path} -> {spec.path}", "the path differs")
    return group


def _plan_inline(draft: Draft, account: Account, spec: GroupSpec, group: Group) -> None:
    """The caller's inline policies of the group, and ours, which only their own options put in or take away."""
    have = group.inline_policies
    if isinstance(have, Unread):
        return
    wanted = read_documents(draft, spec.inline_policies or {})
    ours = {
        REQUIRE_MFA_POLICY: ("require_mfa", spec.require_mfa, require_mfa_document(account.partition, account.id)),
        DEMAND_MFA_POLICY: ("demand_mfa", spec.demand_mfa, demand_mfa_document()),
    }
    purges = spec.inline_policies is not None and spec.purge_inline_policies
    gone = dict.fromkeys([name for name in have if purges and name not in wanted and name not in ours], PURGED)
    for name, (option, wish, document) in ours.items():
        if name in wanted:
            text = f"inline policy {name}: it is the one of {option}; give {option}: true instead."
            draft.refuse("inline_policy", text)
        if wish:
            wanted[name] = (document, "members are to need MFA")
        elif wish is not None and name in have:
            gone[name] = f"{option} is false"
    plan_inline(draft, account, {"GroupName": spec.name}, have, Inline(wanted, gone))


def _give_before_taking(draft: Draft) -> None:
    """Managed policies go after inline ones were put, so that members who get the one for the other are never without.
    Not where the quota has one detached before another can be attached."""
    actions = [step.action for step in draft.steps]
    gone = "iam:DetachGroupPolicy"
    if gone in actions and "iam:AttachGroupPolicy" not in actions[actions.index(gone) :]:
        draft.steps.sort(key=lambda step: step.action == gone)


def _plan_members(draft: Draft, account: Account, spec: GroupSpec, group: Group) -> None:
    if spec.users is None or isinstance(group.members, Unread):
        return
    have = {fold(name): name for name in group.members}
    wanted: dict[str, str] = {}
    for name in spec.users:
        user = account.user(name)
        if user is None:
            text = f"there is no user {name} in account {account.id}; create it or correct its name."
            draft.find("missing_user", MISSING, text)
        wanted.setdefault(fold(name), name if user is None else user.name)
    for key, name in wanted.items():
        if key not in have:
            parameters = {"GroupName": spec.name, "UserName": name}
            draft.step("iam:AddUserToGroup", parameters, f"+ member {name}", "named in users")
            _check_room(draft, account, name)
    for key, name in have.items() if spec.purge_users else ():
        if key not in wanted:
            parameters = {"GroupName": spec.name, "UserName": name}
            draft.step("iam:RemoveUserFromGroup", parameters, f"- member {name}", "not in users (purge_users)")


def _check_room(draft: Draft, account: Account, name: str) -> None:
    user, allowed = account.user(name), account.quota("GroupsPerUserQuota")
    groups = () if user is None or isinstance(user.groups, Unread) else user.groups
    if allowed is not None and len(groups) >= allowed:
        text = f"user {name} is in {len(groups)} groups; the account's quota is {allowed} (GroupsPerUserQuota)."
        draft.refuse("quota", f"{text} Leave the user out.")


def _plan_removal(draft: Draft, group: Group) -> None:
    """DeleteGroup answers DeleteConflict while it has members or policies
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html)."""
    of_group = {"GroupName": group.name}
    for name in () if isinstance(group.members, Unread) else group.members:
        draft.step("iam:RemoveUserFromGroup", {**of_group, "UserName": name}, f"- member {name}", "the group goes")
    for arn in () if isinstance(group.managed_policies, Unread) else group.managed_policies:
        draft.step("iam:DetachGroupPolicy", {**of_group, "PolicyArn": arn}, f"- managed policy {arn}", "the group goes")
    for policy in () if isinstance(group.inline_policies, Unread) else group.inline_policies:
        draft.step(
            "iam:DeleteGroupPolicy", {**of_group, "PolicyName": policy}, f"- inline policy {policy}", "the group goes"
        )
    draft.step("iam:DeleteGroup", of_group, f"- group {group.name}", "it is to be absent")
