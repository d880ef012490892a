# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of what emergency users have in common: their group, its policies, who is in it, that there are two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    PROVISION,
    ROTATE,
    WARN,
    Facts,
    Finding,
    SeenUser,
    Unreadable,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.emergency import read_state
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import meaning
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Group, Unread, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import DEMAND_MFA_POLICY, demand_mfa_document


def check_pair(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    there = {fold(name) for name, seen in facts.users.items() if seen is not None}
    if len(there) < 2:
        text = f"there are {len(there)} emergency users, and nobody gets in if one fails."
        yield Finding("pair", FAIL, "account", text, "Have two or more: run break_glass_action=provision.")


def check_group(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    subject, group = f"group {wanted.group}", facts.group
    if isinstance(group, Unreadable):
        yield from unread(group, subject)
    elif group is None:
        text = "it is not there, so that the emergency users may do nothing."
        yield Finding("group", FAIL, subject, text, PROVISION)
    else:
        yield from _managed(wanted, facts, group)
        yield from _inline(wanted, group)
        yield from _members(wanted, group)
    if not wanted.managed_policies and not wanted.inline_policies:
        text = "it gives no right by itself: opening depends on IAM, which may be what is down."
        yield Finding("standing_right", WARN, subject, text, "Give it managed_policies or inline_policies.")


def _managed(wanted: Wanted, facts: Facts, group: Group) -> Iterator[Finding]:
    subject, have = f"group {wanted.group}", set(_arns(group))
    for name in wanted.managed_policies:
        policy = facts.policies.get(name)
        if policy is None:
            yield Finding("group_policy", FAIL, subject, f"there is no policy {name}.", "Make it, or correct its name.")
        elif policy.arn not in have:
            yield Finding("group_policy", FAIL, subject, f"the policy {name} is not attached to it.", PROVISION)
        else:
            have.discard(policy.arn)
            yield from _changed(facts, subject, name, policy.changed)
    for arn in sorted(have):
        text = f"the policy {arn.rpartition('/')[2]} is attached to it too, which may deny or allow more."
        yield Finding("group_policy", FAIL, subject, text, PROVISION)


def _arns(group: Group) -> tuple[str, ...]:
    return () if isinstance(group.managed_policies, Unread) else group.managed_policies


def _changed(facts: Facts, subject: str, name: str, changed: datetime | None) -> Iterator[Finding]:
    """Whether one of the account's own policies says something else since the first of the users was sealed."""
    states = [read_state(seen.user) for seen in facts.users.values() if isinstance(seen, SeenUser)]
    since = [state.since for state in states if state is not None and state.since is not None]
    if changed is not None and since and changed > min(since):
        text = f"the policy {name} was changed on {changed:%Y-%m-%d}, after the users were sealed."
        remedy = f"See that it still allows what it has to. {ROTATE} That takes it as it is."
        yield Finding("policy_changed", FAIL, subject, text, remedy)


def _inline(wanted: Wanted, group: Group) -> Iterator[Finding]:
    have = {} if isinstance(group.inline_policies, Unread) else dict(group.inline_policies)
    for name, document in {**wanted.inline_policies, DEMAND_MFA_POLICY: demand_mfa_document()}.items():
        found = have.pop(name, None)
        if found is None:
            text = f"its inline policy {name} is not there."
        elif meaning(found) != meaning(document):
            text = f"its inline policy {name} was altered."
        else:
            continue
        yield Finding("group_policy", FAIL, f"group {wanted.group}", text, PROVISION)
    for name in sorted(have):
        text = f"it has the inline policy {name} too, which may deny or allow more."
        yield Finding("group_policy", FAIL, f"group {wanted.group}", text, PROVISION)


def _members(wanted: Wanted, group: Group) -> Iterator[Finding]:
    ours = {fold(name) for name in wanted.users}
    for name in () if isinstance(group.members, Unread) else group.members:
        if fold(name) not in ours:
            text = f"the user {name} is a member, and none of the emergency users."
            yield Finding("members", FAIL, f"group {wanted.group}", text, "Find out who did it, and take the user out.")
