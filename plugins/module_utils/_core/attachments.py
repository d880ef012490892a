# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the managed policies of a user or group, and finds the ARN of a policy that is named."""

from __future__ import annotations

from ansible_collections.keysmith.iam.plugins.module_utils._core import names
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Group, Unread, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, Draft
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, UserSpec


def plan_policies(draft: Draft, account: Account, spec: UserSpec | GroupSpec, entity: User | Group) -> None:
    """The managed policies as ``spec`` wants them on the user or group."""
    have, kind = entity.managed_policies, "User" if isinstance(entity, User) else "Group"
    if spec.managed_policies is None or isinstance(have, Unread):
        return
    wanted = [policy_arn(draft, account, policy, "managed policy") for policy in spec.managed_policies]
    added = [arn for arn in dict.fromkeys(wanted) if arn not in have]
    gone = [arn for arn in have if arn not in wanted] if spec.purge_policies else []

    def attach() -> None:
        for arn in added:
            parameters = {f"{kind}Name": spec.name, "PolicyArn": arn}
            line, why = f"+ managed policy {arn}", "named in managed_policies"
            draft.step(f"iam:Attach{kind}Policy", parameters, line, why)

    def detach() -> None:
        for arn in gone:
            parameters = {f"{kind}Name": spec.name, "PolicyArn": arn}
            line, why = f"- managed policy {arn}", "not in managed_policies (purge_policies)"
            draft.step(f"iam:Detach{kind}Policy", parameters, line, why)

    quota = f"AttachedPoliciesPer{kind}Quota"
    draft.exchange(attach, detach, len(have) + len(added), account.quota(quota))
    check_quota(draft, account, quota, len(have) + len(added) - len(gone), "managed policies")


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
