# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check of the emergency users looks at and what it finds: plain values, gathered elsewhere.

What could not be read is ``Unreadable``, and never taken for something that is all right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Chain
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Group, PasswordPolicy, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.sealed_text import SealedText
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD

FAIL, WARN, UNKNOWN = "fail", "warn", "unknown"
SECRETS = (PASSWORD, MFA_SEED)

PROVISION = "Find out who did it, then run break_glass_action=provision."
ROTATE = "Run break_glass_action=close with break_glass_rotate=true."


@dataclass(frozen=True)
class Finding:
    """What is not as it has to be. ``fail`` and ``unknown`` mean not ready, ``warn`` is only told."""

    name: str
    level: str
    subject: str
    text: str
    remedy: str


@dataclass(frozen=True)
class Unreadable:
    """Why something could not be read, and what to do about it, as sentences."""

    why: str
    remedy: str


@dataclass(frozen=True)
class Custodian:
    """One who opens texts: the key's short public ``label``, the ``key`` alone, and the line by which the header of
    an age text names it (None for OpenPGP)."""

    label: str
    key: str
    line: str | None = None


@dataclass(frozen=True)
class Custody:
    """Who opens a kind of secret, ``threshold`` of them together or each alone when None."""

    custodians: tuple[Custodian, ...]
    threshold: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What has to be so. ``regions`` None means that the alarms are not looked at; their rules are called
    ``<alarms>-<kind>``. ``inline_policies`` are the group's, less the one that demands MFA."""

    users: tuple[str, ...]
    custody: Mapping[str, Custody]
    group: str = "EmergencyAccess"
    managed_policies: tuple[str, ...] = ("AdministratorAccess",)
    inline_policies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    drill_days: int = 90
    rotation_days: int = 180
    max_hours: int = 12
    regions: tuple[str, ...] | None = None
    alarms: str = "keysmith-break-glass"


@dataclass(frozen=True)
class SeenUser:
    """One user. ``denied`` is by kind why that could not be read, and leaves its field UNREAD. ``changed`` is when
    its password was last changed by the credential report that AWS made at ``reported``."""

    user: User
    used: datetime | None = None
    denied: Mapping[str, Unreadable] = field(default_factory=dict)
    changed: datetime | None = None
    reported: datetime | None = None


@dataclass(frozen=True)
class Policy:
    """A managed policy: its ARN, and when its newest version was made; None for one of AWS's own."""

    arn: str
    changed: datetime | None = None


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule: its state, its pattern as JSON, and the ARNs of its targets."""

    state: str
    pattern: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """How many subscriptions of an SNS topic are confirmed, and how many wait for that."""

    confirmed: int
    pending: int


@dataclass(frozen=True)
class Alarms:
    """What is in one region: rules by their names, topics by their ARNs; None for one that is not there."""

    rules: Mapping[str, Rule]
    topics: Mapping[str, Topic | Unreadable | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Trail:
    """A trail of CloudTrail. ``selectors`` are as AWS gives them, basic or advanced ones; None for a trail of another
    account, the organization's, which alone may read them. ``global_services``: whether IAM's events are in it."""

    arn: str
    logging: bool | Unreadable
    selectors: tuple[Mapping[str, Any], ...] | Unreadable | None
    global_services: bool = True


@dataclass(frozen=True)
class Facts:
    """All that was read. ``users`` are by the names that were asked for, None for one that is not there; so are
    ``policies``. ``texts`` are by user and kind of secret. ``unsaved`` is how many records a bucket lacks.
    ``trails`` are by region those that are there. ``sign_in_urls`` are where the account's IAM users sign in."""

    now: datetime
    users: Mapping[str, SeenUser | Unreadable | None]
    group: Group | Unreadable | None
    policies: Mapping[str, Policy | None]
    password_policy: PasswordPolicy | Unreadable
    manifest: Manifest | Unreadable | None
    evidence: Chain | Unreadable
    texts: Mapping[tuple[str, str], SealedText | Unreadable | None] = field(default_factory=dict)
    unsaved: int = 0
    alarms: Mapping[str, Alarms | Unreadable] = field(default_factory=dict)
    trails: Mapping[str, tuple[Trail, ...] | Unreadable] = field(default_factory=dict)
    report: Unreadable | None = None
    partition: str = "aws"
    sign_in_urls: tuple[str, ...] | Unreadable = ()


def unread(found: Unreadable, subject: str) -> Iterator[Finding]:
    """What follows from anything that could not be read."""
    yield Finding("unreadable", UNKNOWN, subject, found.why, found.remedy)
