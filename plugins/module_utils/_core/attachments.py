# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the managed policies of a user or group and the groups of a user, and finds the ARN of a policy by its name."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.keysmith.iam.plugins.module_utils._core import names
from ansible_collections.keysmith.iam.plugins.module_utils._core.copying import NOTHING, Copied
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Group, Unread, User, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, Draft
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, UserSpec


def plan_policies(
    draft: Draft, account: Account, spec: UserSpec | GroupSpec, entity: User | Group, copied: Copied = NOTHING
) -> None:
    """The managed policies as ``spec`` wants them on the user or group, and those copied from another user."""
    have, kind = entity.managed_policies, "User" if isinstance(entity, User) else "Group"
    if isinstance(have, Unread) or (spec.managed_policies is None and not copied.source):
        return
    named = [policy_arn(draft, account, policy, "managed policy") for policy in spec.managed_policies or ()]
    wanted = copied.wanted(named, "named in managed_policies", copied.managed_policies)
    added = {arn: why for arn, why in wanted.items() if arn not in have}
    purges = spec.managed_policies is not None and spec.purge_policies
    purged = "not in managed_policies (purge_policies)" if purges else None
    gone = copied.leaving([arn for arn in have if arn not in wanted], purged)

    def attach() -> None:
        for arn, why in added.items():
            parameters = {f"{kind}Name": spec.name, "PolicyArn": arn}
            draft.step(f"iam:Attach{kind}Policy", parameters, f"+ managed policy {arn}{copied.note(why)}", why)

    def detach() -> None:
        for arn, why in gone.items():
            parameters = {f"{kind}Name": spec.name, "PolicyArn": arn}
            draft.step(f"iam:Detach{kind}Policy", parameters, f"- managed policy {arn}", why)

    quota = f"AttachedPoliciesPer{kind}Quota"
    draft.exchange(attach, detach, len(have) + len(added), account.quota(quota))
    check_quota(draft, account, quota, len(have) + len(added) - len(gone), "managed policies")


def plan_groups(draft: Draft, account: Account, spec: UserSpec, user: User, copied: Copied = NOTHING) -> None:
    """The user's memberships as ``spec`` wants them, and those copied from another user."""
    if isinstance(user.groups, Unread) or (spec.groups is None and not copied.source):
        return
    have = {fold(name): name for name in user.groups}
    reasons = copied.wanted(_spelled(draft, account, spec.groups or ()), "named in groups", copied.groups)
    wanted = {fold(name): name for name in reasons}
    added = [name for key, name in wanted.items() if key not in have]
    purges = spec.groups is not None and spec.purge_groups
    purged = "not in groups (purge_groups)" if purges else None
    gone = copied.leaving([name for key, name in have.items() if key not in wanted], purged)

    def join() -> None:
        for name in added:
            parameters = {"GroupName": name, "UserName": spec.name}
            line = f"+ member of {name}{copied.note(reasons[name])}"
            draft.step("iam:AddUserToGroup", parameters, line, reasons[name])

    def leave() -> None:
        for name, why in gone.items():
            parameters = {"GroupName": name, "UserName": spec.name}
            draft.step("iam:RemoveUserFromGroup", parameters, f"- member of {name}", why)

    draft.exchange(join, leave, len(have) + len(added), account.quota("GroupsPerUserQuota"))
    check_quota(draft, account, "GroupsPerUserQuota", len(have) + len(added) - len(gone), "groups")


def _spelled(draft: Draft, account: Account, groups: Iterable[str]) -> list[str]:
    """The groups as the account spells them, each once; a finding for each that it has not."""
    found: dict[str, str] = {}
    for name in groups:
        group = account.group(name)
        if group is None:
            text = f"there is no group {name} in account {account.id}; create it or correct its name."
            draft.find("missing_group", MISSING, text)
        found.setdefault(fold(name), name if group is None else group.name)
    return list(found.values())


def policy_arn(draft: Draft, account: Account, policy: str, what: str) -> str:
    """The policy's ARN; where there is no such policy, a finding and the ARN that it would have."""
    arn = account.policies.get(policy)
    if arn is not None:
        return arn
    text = f"{what} {policy}: account {account.id} has no managed policy of that name or ARN; create it or correct it."
    draft.find("missing_policy", MISSING, text)
    return policy if names.is_policy_arn(policy) else account.arn("policy", "/", policy)


def check_quota(draft: Draft, account: Account, key: str, count: int, what: str) -> None:
    """Refuses what would exceed a quota; ``key`` is GetAccountSummary's."""
    allowed = account.quota(key)
    if allowed is not None and count > allowed:
        text = f"it would have {count} {what}; the account's quota is {allowed} ({key}). Leave some out."
        draft.refuse("quota", text)
