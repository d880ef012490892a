# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of dates: openings that were not closed, uses that nobody announced, drills, rotations, expiring passwords.

Openings are what the evidence says: ``opened`` or ``drill_opened`` begins one of the ``user`` in its fields, until
its ``until``; ``closed`` or ``drill_closed`` ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    ROTATE,
    WARN,
    Facts,
    Finding,
    SeenUser,
    Unreadable,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_user import Case
from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Chain, Record
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import MFADevice, PasswordPolicy, Unread, fold

_BEGIN, _END = ("opened", "drill_opened"), ("closed", "drill_closed")
_TOLD = ("requester", "approver", "ticket", "reason")


@dataclass(frozen=True)
class Opening:
    """One opening of a user: the record that began it, until when it was to last, and when it was closed."""

    user: str
    n: int
    begun: datetime
    until: datetime
    drill: bool = False
    closed: datetime | None = None
    told: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Due:
    """When something has to be done for a user at the latest; None where that cannot be told, or never."""

    user: str
    drill: datetime | None = None
    rotation: datetime | None = None
    expiry: datetime | None = None


def openings(chain: Chain | Unreadable, most: timedelta) -> tuple[Opening, ...]:
    """All openings, oldest first; none lasts longer than ``most``, whatever it says."""
    found: list[Opening] = []
    for record in () if isinstance(chain, Unreadable) else chain.records:
        time, user = receipts.moment([record.time]), str(record.fields.get("user", ""))
        if time is None:
            continue
        if record.event in _BEGIN:
            told = tuple((name, str(record.fields[name])) for name in _TOLD if name in record.fields)
            until = min(_until(record) or time + most, time + most)
            found.append(Opening(user, record.n, time, until, record.event == "drill_opened", told=told))
        elif record.event in _END:
            found = [replace(one, closed=time) if _ends(one, user) else one for one in found]
    return tuple(found)


def _ends(opening: Opening, user: str) -> bool:
    return opening.closed is None and fold(opening.user) == fold(user)


def _until(record: Record) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(record.fields["until"]))
    except (KeyError, ValueError):
        return None
    return None if moment.tzinfo is None else moment


def check_openings(found: tuple[Opening, ...], now: datetime) -> Iterator[Finding]:
    for opening in found:
        if opening.closed is not None:
            continue
        what, told = "the drill" if opening.drill else "the opening", dict(opening.told)
        whose = f"{what} of record {opening.n}, by {told.get('requester', 'nobody named')}"
        whose += f" ({told['ticket']})" if "ticket" in told else ""
        remedy = "Run break_glass_action=close once the emergency is over."
        if now > opening.until:
            text = f"{whose}, was to end at {receipts.stamp(opening.until)} and was not closed."
            yield Finding("opening", FAIL, f"user {opening.user}", text, "Run break_glass_action=close now.")
        else:
            text = f"{whose}, is going on until {receipts.stamp(opening.until)}."
            yield Finding("opening", WARN, f"user {opening.user}", text, remedy)


def check_evidence(facts: Facts) -> Iterator[Finding]:
    chain = facts.evidence
    if isinstance(chain, Unreadable):
        yield from unread(chain, "evidence")
        return
    for problem in chain.problems:
        remedy = "Take the last whole copy, from the bucket or a backup; find out who changed it."
        yield Finding("evidence", FAIL, "evidence", problem.text, remedy)
    if not chain.records and not chain.problems:
        text = "there is no evidence, so that nobody can tell who opened what."
        yield Finding("evidence", FAIL, "evidence", text, "Give the right place, or run break_glass_action=provision.")
    if facts.unsaved:
        text = f"the bucket lacks {facts.unsaved} record(s)."
        yield Finding("evidence", WARN, "evidence", text, "The next record takes them along: run any action again.")


def check_use(case: Case, found: tuple[Opening, ...]) -> Iterator[Finding]:
    """A sign-in since the user was sealed, outside of any opening."""
    used = case.seen.used
    if used is None or case.sealed is None or used <= case.sealed or isinstance(case.facts.evidence, Unreadable):
        return
    mine = [one for one in found if fold(one.user) == fold(case.user.name)]
    if not any(one.begun <= used <= (one.closed or case.facts.now) for one in mine):
        text = f"somebody signed in with its password at {receipts.stamp(used)}, and the evidence has no opening then."
        remedy = f"Take this for an incident: look in CloudTrail what was done. {ROTATE}"
        yield case.fail("used", text, remedy)


def due(case: Case) -> Due:
    """When the user's next drill and rotation are due, and when its password expires."""
    wanted, rules = case.wanted, case.facts.password_policy
    drilled, changed, rotated = last_drill(case) or case.user.created, password_changed(case), _rotated(case)
    days = rules.max_age_days if isinstance(rules, PasswordPolicy) else None
    return Due(
        case.user.name,
        None if drilled is None else drilled + timedelta(days=wanted.drill_days),
        None if rotated is None else rotated + timedelta(days=wanted.rotation_days),
        None if changed is None or days is None else changed + timedelta(days=days),
    )


def last_drill(case: Case) -> datetime | None:
    """The end of the user's last drill, by the evidence."""
    chain, name = case.facts.evidence, fold(case.user.name)
    records = () if isinstance(chain, Unreadable) else chain.records
    ended = (one for one in records if one.event == "drill_closed" and fold(str(one.fields.get("user", ""))) == name)
    times = [time for one in ended if (time := receipts.moment([one.time])) is not None]
    return max(times, default=None)


def password_changed(case: Case) -> datetime | None:
    """When the password was set: by a credential report that is newer than the seal, else by the seal itself."""
    seen, sealed = case.seen, case.sealed
    if seen.changed is not None and (sealed is None or (seen.reported is not None and seen.reported > sealed)):
        return seen.changed
    return sealed


def _rotated(case: Case) -> datetime | None:
    """When both secrets were last made anew."""
    devices: tuple[MFADevice, ...] = () if isinstance(case.user.mfa_devices, Unread) else case.user.mfa_devices
    enabled = [device.enabled for device in devices if device.enabled is not None]
    changed = password_changed(case)
    return None if changed is None else min([changed, *enabled])


def check_dates(case: Case) -> Iterator[Finding]:
    now, dates, name = case.facts.now, due(case), f"user {case.user.name}"
    drilled = last_drill(case)
    if isinstance(case.facts.evidence, Unreadable):
        pass
    elif dates.drill is not None and now > dates.drill:
        last = "it was never drilled" if drilled is None else f"its last drill was on {drilled:%Y-%m-%d}"
        text = f"{last}, and one was due by {dates.drill:%Y-%m-%d}."
        yield case.fail("drill", text, "Run break_glass_action=drill for it.")
    elif drilled is None:
        text = "it was never drilled, so that nobody has seen it work."
        yield Finding("drill", WARN, name, text, "Run break_glass_action=drill for it.")
    if dates.rotation is None:
        text = "nothing says when its password was last changed."
        yield case.fail("rotation", text, ROTATE)
    elif now > dates.rotation:
        text = f"its secrets were to be replaced by {dates.rotation:%Y-%m-%d} ({case.wanted.rotation_days} days)."
        yield case.fail("rotation", text, ROTATE)
    yield from _expiry(case, dates)


def _expiry(case: Case, dates: Due) -> Iterator[Finding]:
    rules, now, expiry = case.facts.password_policy, case.facts.now, dates.expiry
    if isinstance(rules, Unreadable) or expiry is None:
        return
    days = f"by the account's max_pw_age of {rules.max_age_days} days"
    if expiry <= now and rules.hard_expiry:
        text = f"its password expired on {expiry:%Y-%m-%d}, {days}, and nobody can sign in with it (hard expiry)."
        yield case.fail("password_expiry", text, ROTATE)
    elif expiry <= now:
        text = f"its password expired on {expiry:%Y-%m-%d}, {days}: AWS asks for a new one, which IAM has to be up for."
        yield case.fail("password_expiry", text, ROTATE)
    elif dates.drill is not None and expiry <= dates.drill:
        text = f"its password expires on {expiry:%Y-%m-%d}, {days}, before the next drill on {dates.drill:%Y-%m-%d}."
        remedy = f"{ROTATE} Drill more often than that, or lengthen max_pw_age."
        yield case.fail("password_expiry", text, remedy)


def check_rules(facts: Facts) -> Iterator[Finding]:
    """The account's rules and the report, as far as they could not be read."""
    if isinstance(facts.password_policy, Unreadable):
        yield from unread(facts.password_policy, "account")
    if facts.report is not None:
        yield from unread(facts.report, "account")


def cases(wanted: Wanted, facts: Facts) -> list[Case]:
    """The users that were read."""
    found = openings(facts.evidence, timedelta(hours=wanted.max_hours))
    going_on = {fold(one.user) for one in found if one.closed is None and facts.now <= one.until}
    seen = [one for one in facts.users.values() if isinstance(one, SeenUser)]
    return [Case(wanted, facts, one, fold(one.user.name) in going_on) for one in seen]
