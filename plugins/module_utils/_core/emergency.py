# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans what only emergency users have: a state that anyone can read off a tag, and the end of their sessions.

    keysmith:break-glass = sealed 2026-11-22T10:00:00Z

A user is ``sealed`` since its secrets as they are lie sealed. Whatever takes that away is written before it begins, and
``sealed`` after all else, so that a killed run never leaves a user that looks ready and is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import size
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import BREAK_GLASS_TAG, Account, Unread, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Draft, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    SESSIONS_REVOKED_POLICY,
    sessions_revoked_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.purge import predicted
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import UserSpec

SEALED, CLOSING, DRILL, OPENED = "sealed", "closing", "drill", "opened"
STATES = (SEALED, CLOSING, DRILL, OPENED)


@dataclass(frozen=True)
class State:
    """What the tag says: one of STATES, and since when; None for a time that cannot be read."""

    name: str
    since: datetime | None = None


def read_state(user: User | None) -> State | None:
    """The user's break-glass state; None where there is no tag, or one that none of ours has written."""
    words = ("" if user is None else user.tag(BREAK_GLASS_TAG) or "").split()
    if not words or words[0] not in STATES:
        return None
    return State(words[0], receipts.moment(words[1:]))


def plan_sessions(draft: Draft, account: Account, spec: UserSpec, observed: User | None) -> None:
    """Denies everything to temporary credentials that were issued before this step is made: it stands after the new
    password and MFA device, by whose old ones somebody could sign in until then. A sealed user stays as it is."""
    settled = spec.break_glass_state == SEALED and _is(observed, SEALED) and not _renews(draft)
    user = predicted(draft, account, spec, observed) if spec.revoke_sessions and not settled else None
    if observed is None or user is None or isinstance(user.inline_policies, Unread):
        return
    there = SESSIONS_REVOKED_POLICY in user.inline_policies
    _check_room(draft, account, user)
    text = json.dumps(sessions_revoked_document("<moment>"))
    document = Later(text.replace("{", "{{").replace("}", "}}").replace("<moment>", "{moment}"))
    parameters = {"UserName": spec.name, "PolicyName": SESSIONS_REVOKED_POLICY, "PolicyDocument": document}
    line = f"{'~' if there else '+'} inline policy {SESSIONS_REVOKED_POLICY}: sessions begun before now are over"
    draft.step("iam:PutUserPolicy", parameters, line, "revoke_sessions")


def _check_room(draft: Draft, account: Account, user: User) -> None:
    """The quota is for all inline policies of a user together."""
    have = {} if isinstance(user.inline_policies, Unread) else user.inline_policies
    others = sum(size(document) for name, document in have.items() if name != SESSIONS_REVOKED_POLICY)
    needed, allowed = size(sessions_revoked_document("2026-11-22T10:00:00Z")), account.quota("UserPolicySizeQuota")
    if allowed is not None and others + needed > allowed:
        text = (
            f"its inline policies have {others} characters, and {SESSIONS_REVOKED_POLICY} needs {needed} more;"
            f" AWS takes {allowed} (UserPolicySizeQuota). Shorten one, or make it a managed policy."
        )
        draft.refuse("quota", text)


def plan_state(draft: Draft, spec: UserSpec, observed: User | None, first: int, now: datetime) -> None:
    """The state as wanted; ``first`` is the place of the first step, once the user is there under its name. Whoever is
    sealed and gets a new secret is ``closing`` meanwhile."""
    wanted, renews = spec.break_glass_state, _renews(draft)
    if wanted is None or (_is(observed, wanted) and not (wanted == SEALED and renews)):
        return
    if wanted != SEALED:
        draft.steps[first:first] = _written(draft, spec, observed, wanted, now).steps
        return
    found = read_state(observed)
    if renews and found is not None and found.name != CLOSING:
        draft.steps[first:first] = _written(draft, spec, observed, CLOSING, now).steps
    draft.steps += _written(draft, spec, observed, SEALED, now).steps


def _is(user: User | None, name: str) -> bool:
    found = read_state(user)
    return found is not None and found.name == name


def _renews(draft: Draft) -> bool:
    return any(step.secret is not None for step in draft.steps)


def _written(draft: Draft, spec: UserSpec, observed: User | None, name: str, now: datetime) -> Draft:
    found, written = read_state(observed), Draft(draft.subject)
    tag = {"Key": BREAK_GLASS_TAG, "Value": f"{name} {receipts.stamp(now)}"}
    line = f"+ break-glass state: {name}" if found is None else f"~ break-glass state: {found.name} -> {name}"
    why = "everything before it is done" if name == SEALED else "it is not sealed any more"
    written.step("iam:TagUser", {"UserName": spec.name, "Tags": [tag]}, line, why)
    return written
