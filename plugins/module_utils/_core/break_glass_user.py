# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that an emergency user is as it was sealed: nothing on it that denies, nothing that lets others in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    PROVISION,
    ROTATE,
    Facts,
    Finding,
    SeenUser,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.emergency import DRILL, OPENED, SEALED, read_state
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import meaning
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import MFA_TAG
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    BREAK_GLASS_TAG,
    USE_CASE_TAG,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    SESSIONS_REVOKED_POLICY,
    sessions_revoked_document,
)

# What the role break_glass gives a user for a time where the group has no standing right.
GRANT_POLICY = "keysmith-emergency-grant"
# The state's tag has the time at which its run began; the secrets were made in that run.
LONGEST_RUN = timedelta(minutes=15)
# AWS attaches these to a user whose credentials it takes for stolen
# (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html).
_QUARANTINE = re.compile(r"AWSCompromisedKeyQuarantine(V\d+)?|AWSDenyAll")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DOORS = {
    "access_keys": "access key",
    "ssh_keys": "SSH key",
    "certificates": "signing certificate",
    "service_credentials": "service-specific credential",
}


@dataclass(frozen=True)
class Case:
    """One user that is there, with what is wanted and all else that was read; whether the evidence has it open."""

    wanted: Wanted
    facts: Facts
    seen: SeenUser
    is_open: bool = False

    @property
    def user(self) -> User:
        return self.seen.user

    @property
    def sealed(self) -> datetime | None:
        """Since when it is sealed; None where it is not, or nobody can tell."""
        state = read_state(self.user)
        return state.since if state is not None and state.name == SEALED else None

    def fail(self, name: str, text: str, remedy: str) -> Finding:
        return Finding(name, FAIL, f"user {self.user.name}", text, remedy)


def check_user(case: Case) -> Iterator[Finding]:
    for check in _CHECKS:
        yield from check(case)


def _denied(case: Case) -> Iterator[Finding]:
    for found in case.seen.denied.values():
        yield from unread(found, f"user {case.user.name}")


def _state(case: Case) -> Iterator[Finding]:
    state = read_state(case.user)
    if case.is_open and state is not None and state.name in (OPENED, DRILL):
        return
    if state is None:
        text = f"its tag {BREAK_GLASS_TAG} does not say that it is sealed."
        yield case.fail("state", text, "Run break_glass_action=provision.")
    elif state.name != SEALED:
        text = f"its tag {BREAK_GLASS_TAG} says {state.name}, not sealed: its secrets may be out, or half replaced."
        yield case.fail("state", text, "Run break_glass_action=close, which goes on where it stopped.")
    elif state.since is None:
        yield case.fail("state", f"its tag {BREAK_GLASS_TAG} does not say since when it is sealed.", ROTATE)


def _use_case(case: Case) -> Iterator[Finding]:
    found = case.user.tag(USE_CASE_TAG)
    if found != "emergency":
        text = f"its tag {USE_CASE_TAG} is {found or 'missing'}, not emergency."
        yield case.fail("use_case", text, "See that it is the right user, then run break_glass_action=provision.")


def _groups(case: Case) -> Iterator[Finding]:
    if isinstance(case.user.groups, Unread):
        return
    have = {fold(name): name for name in case.user.groups}
    if have.pop(fold(case.wanted.group), None) is None:
        yield case.fail("groups", f"it is not in the group {case.wanted.group}, so that it may do nothing.", PROVISION)
    for name in have.values():
        yield case.fail("groups", f"it is in the group {name} too, which may deny or allow more.", PROVISION)


def _policies(case: Case) -> Iterator[Finding]:
    arns = () if isinstance(case.user.managed_policies, Unread) else case.user.managed_policies
    for arn in arns:
        name = arn.rpartition("/")[2]
        if _QUARANTINE.fullmatch(name):
            text = f"the policy {name} denies it what it needs; AWS attaches it where it takes credentials for stolen."
            remedy = (
                "Take this for an incident and look for AWS's support case; close the user, then detach the policy."
            )
            yield case.fail("quarantine", text, remedy)
        else:
            yield case.fail("foreign_policy", f"the policy {name} is attached to the user itself.", PROVISION)
    inline = {} if isinstance(case.user.inline_policies, Unread) else case.user.inline_policies
    for name in sorted(inline):
        if name != SESSIONS_REVOKED_POLICY and not (case.is_open and name == GRANT_POLICY):
            yield case.fail("foreign_policy", f"it has the inline policy {name}, which may deny or allow.", PROVISION)


def _sessions(case: Case) -> Iterator[Finding]:
    """The end of older sessions, which with another text or a later moment is the end of all."""
    inline = {} if isinstance(case.user.inline_policies, Unread) else case.user.inline_policies
    document = inline.get(SESSIONS_REVOKED_POLICY)
    if document is None:
        return
    told = _TIME.search(json.dumps(document))
    moment = None if told is None else receipts.moment([told[0]])
    if told is None or moment is None or meaning(document) != meaning(sessions_revoked_document(told[0])):
        text = f"its inline policy {SESSIONS_REVOKED_POLICY} was altered, and may deny everything."
    elif moment > case.facts.now + LONGEST_RUN:
        text = f"its inline policy {SESSIONS_REVOKED_POLICY} denies every session until {told[0]}."
    else:
        return
    yield case.fail("sessions", text, f"Find out who did it. {ROTATE}")


def _boundary(case: Case) -> Iterator[Finding]:
    if case.user.boundary:
        text = f"the permissions boundary {case.user.boundary} limits what it may do."
        yield case.fail(
            "boundary", text, "Find out who set it, then take it away (iam delete-user-permissions-boundary)."
        )


def _password(case: Case) -> Iterator[Finding]:
    profile = case.user.login_profile
    if isinstance(profile, Unread):
        return
    if profile is None:
        yield case.fail("password", "it has no console password, so that nobody can sign in.", PROVISION)
        return
    if profile.reset_required is True:
        text = "its password has to be changed at the next sign-in, which IAM has to be up for."
        yield case.fail("password", text, ROTATE)
    if _is_later(case, profile.created) or _is_later(case, case.seen.changed):
        text = "its password was set after it was sealed, so that the sealed one opens nothing."
        yield case.fail("password", text, f"Find out who did it. {ROTATE}")


def _is_later(case: Case, moment: datetime | None) -> bool:
    return moment is not None and case.sealed is not None and moment > case.sealed + LONGEST_RUN


def _mfa(case: Case) -> Iterator[Finding]:
    devices, found = case.user.mfa_devices, receipts.read(case.user.tag(MFA_TAG))
    if isinstance(devices, Unread):
        return
    own = None if found is None else found.key_id
    if own is None or not any(device.serial.endswith(f":{own}") for device in devices):
        text = "none of its MFA devices is the one whose seed was handed over" if devices else "it has no MFA device"
        yield case.fail("mfa", f"{text}; without MFA it may do nothing.", f"Find out who did it. {ROTATE}")
    for device in devices:
        if own is None or not device.serial.endswith(f":{own}"):
            yield case.fail("mfa", f"the MFA device {device.serial} is on it, which is not ours.", PROVISION)
        elif _is_later(case, device.enabled):
            text = f"the MFA device {device.serial} was enabled after the user was sealed: it may be another seed."
            yield case.fail("mfa", text, f"Find out who did it. {ROTATE}")


def _doors(case: Case) -> Iterator[Finding]:
    """Whatever else lets somebody in."""
    for name, what in _DOORS.items():
        found = getattr(case.user, name)
        for one in () if isinstance(found, Unread) else found:
            yield case.fail("foreign_credential", f"it has the {what} {one.id}, which nobody sealed.", PROVISION)


_CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    *(_denied, _state, _use_case, _groups, _policies, _sessions, _boundary, _password, _mfa, _doors),
)
