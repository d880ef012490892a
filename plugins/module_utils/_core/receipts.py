# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one user tag a kind of secret that remembers its hand-over: first an intent, then a receipt.

    keysmith:access-key = pending 2026-11-22T10:00:00Z [ids of the keys that the new one replaces]
    keysmith:access-key = AKIA... file sha256:0123456789abcdef 2026-11-22T10:00:02Z

Anyone can read it with plain AWS. Only a key made after an intent of ours is ever taken for an orphan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import TAG_PREFIX, UNKNOWN
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import CREDENTIALS, MFA_SEED

OUR_DESCRIPTION = "keysmith.iam"

_PENDING = "pending"
_TIME = "%Y-%m-%dT%H:%M:%SZ"

# What only the run knows reads so in a predicted tag.
PREDICTED = dict.fromkeys(
    (
        *("access_key_id", "fingerprint", "time", "version_id", "ssh_public_key_id", "certificate_id"),
        *(MFA_SEED, *CREDENTIALS.values(), "moment"),
    ),
    UNKNOWN,
)


@dataclass(frozen=True)
class Receipt:
    """What the tag says: ``key_id`` is None while it is only an intent, ``pending_since`` once it is a receipt.
    ``replaces`` are the ids of the keys that go once the intended one is handed over, ``written`` is the tag's time."""

    key_id: str | None = None
    pending_since: datetime | None = None
    replaces: tuple[str, ...] = ()
    written: datetime | None = None


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


def intent(now: datetime, replaces: Iterable[str] = ()) -> str:
    return " ".join([_PENDING, stamp(now), *replaces])


def tag(kind: str) -> str:
    """The user tag in which a kind of secret that AWS makes is remembered."""
    return TAG_PREFIX + kind


def receipt(store: str, known: str = "access_key_id") -> Later:
    """``known`` is the name under which the run knows the id of what was made."""
    return Later("{" + known + "} " + store + " {fingerprint} {time}")


def adoption(key_id: str, now: datetime) -> str:
    """The receipt of a key that was handed over before its own receipt could be written."""
    return f"{key_id} adopted - {stamp(now)}"


def key_description(store: str) -> Later:
    """What the console shows beside the key."""
    return Later(f"{OUR_DESCRIPTION} handed over to {store} {{time}}")


def read(value: str | None) -> Receipt | None:
    """The tag's value as a receipt; None when there is none or somebody else has written it."""
    if not value or not value.strip():
        return None
    if value.startswith(UNKNOWN):
        return Receipt(key_id=UNKNOWN)
    first, *rest = value.split()
    if first != _PENDING:
        return Receipt(key_id=first, written=moment(rest[-1:]))
    since = moment(rest[:1])
    return None if since is None else Receipt(pending_since=since, replaces=tuple(rest[1:]), written=since)


def fingerprint(value: str | None) -> str | None:
    """The fingerprint of the sealed text that a receipt names; None where it names none."""
    return next((word for word in (value or "").split() if word.startswith("sha256:")), None)


def moment(words: list[str]) -> datetime | None:
    """The time in the first of the words; None for anything else."""
    try:
        return datetime.strptime(words[0], _TIME).replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None


class Made(Protocol):
    """What AWS makes and says an id and a date of: an access key, a service-specific credential."""

    @property
    def id(self) -> str: ...

    @property
    def created(self) -> datetime | None: ...


Item = TypeVar("Item", bound=Made)


def orphans(found: Receipt | None, items: tuple[Item, ...], within: timedelta | None = None) -> tuple[Item, ...]:
    """What was made after our intent, ``within`` a time if one is given, and never handed over. AWS's dates have whole
    seconds, as the intent has; what the intent itself names was there before it."""
    if found is None or found.pending_since is None:
        return ()
    since = found.pending_since
    until = datetime.max.replace(tzinfo=UTC) if within is None else since + within
    fresh = (one for one in items if one.created is not None and since <= one.created <= until)
    return tuple(one for one in fresh if one.id not in found.replaces)
