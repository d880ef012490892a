# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts, users, keys and hand-overs for the tables of cases, and plans written as plain values."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    AccessKey,
    Account,
    Group,
    SigningCertificate,
    SSHPublicKey,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import HandoverSpec

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=90)
NOW_STAMP = "2026-11-22T10:00:00Z"

ID = "123456789012"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
OURS = f"arn:aws:iam::{ID}:policy/Ours"
POLICIES = {"ReadOnlyAccess": READ_ONLY, "PowerUserAccess": POWER, "Ours": OURS, READ_ONLY: READ_ONLY, OURS: OURS}

KEY1, KEY2, KEY3 = "AKIAEXAMPLE111111111", "AKIAEXAMPLE222222222", "AKIAEXAMPLE333333333"
DESCRIPTION = "keysmith.iam handed over to file 2026-08-24T10:00:00Z"

KEY_OF_JANE = "ssh-ed25519 AAAA"
SEALED_FILE = HandoverSpec("file", "handover/", (KEY_OF_JANE,), ("ssh-ed25519 jane@home",), keys=(KEY_OF_JANE,))
VAULT = HandoverSpec("secretsmanager", "iam/{user}/{kind}", format="json")

Call = tuple[str, dict[str, Any]]


def account(*entities: User | Group, **more: Any) -> Account:
    """An account with these users and groups; groups that a user names are there too."""
    users = {fold(entity.name): entity for entity in entities if isinstance(entity, User)}
    groups = {fold(entity.name): entity for entity in entities if isinstance(entity, Group)}
    told = {"policies": POLICIES, "caller_arn": f"arn:aws:iam::{ID}:user/operator", **more}
    return Account(id=ID, users=users, groups=groups, **told)


def user(name: str = "jane.doe", **more: Any) -> User:
    """A user as read whole: nothing on it but what is named."""
    path = more.get("path", "/")
    return replace(User(name, arn=f"arn:aws:iam::{ID}:user{path}{name}", id="AIDAEXAMPLE", created=LONG_AGO), **more)


def group(name: str = "Developers", **more: Any) -> Group:
    path = more.get("path", "/")
    return replace(Group(name, arn=f"arn:aws:iam::{ID}:group{path}{name}", id="AGPAEXAMPLE"), **more)


def key(key_id: str = KEY1, **more: Any) -> AccessKey:
    return replace(AccessKey(key_id, created=LONG_AGO), **more)


def ssh_body(number: int) -> str:
    """An RSA public key of 2048 bits, in SSH form; nobody has its private key."""
    modulus = (2**2047 + 2 * number + 1).to_bytes(257, "big")
    fields = (b"ssh-rsa", (65537).to_bytes(3, "big"), modulus)
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"ssh-rsa {base64.b64encode(blob).decode()}"


def ssh_key(number: int, **more: Any) -> SSHPublicKey:
    """The same as AWS keeps it, under the id ``APKA<number>``."""
    digest = hashlib.md5(base64.b64decode(ssh_body(number).split()[1]), usedforsecurity=False).hexdigest()
    pairs = ":".join(digest[place : place + 2] for place in range(0, 32, 2))
    return replace(SSHPublicKey(f"APKA{number}", fingerprint=pairs), **more)


def certificate_body(number: int) -> str:
    """The frame of a certificate around something that is none; the core reads no more than the frame."""
    base64_text = base64.b64encode(f"certificate {number}".encode()).decode()
    return f"-----BEGIN CERTIFICATE-----\n{base64_text}\n-----END CERTIFICATE-----\n"


def certificate(number: int, **more: Any) -> SigningCertificate:
    """The same as AWS keeps it, under the id ``CERT<number>``."""
    digest = hashlib.sha256(f"certificate {number}".encode()).hexdigest()
    return replace(SigningCertificate(f"CERT{number}", fingerprint=f"sha256:{digest}"), **more)


def receipted(key_id: str = KEY1) -> dict[str, str]:
    """The tags of a user whose key was handed over."""
    return {ACCESS_KEY_TAG: f"{key_id} file sha256:0123456789abcdef {NOW_STAMP}", key_id: DESCRIPTION}


def pending(since: datetime = EARLIER, *replaces: str) -> dict[str, str]:
    """The tag of a user whose key was announced by a run that did not end."""
    return {ACCESS_KEY_TAG: receipts.intent(since, replaces)}


def call(action: str, **parameters: Any) -> Call:
    """A step as AWS sees it; without a service in its name it is IAM's."""
    return (action if ":" in action else f"iam:{action}", parameters)


def tags(**pairs: str) -> list[dict[str, str]]:
    return tag_list(pairs)


def tag_list(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in pairs.items()]


def calls(plan: Plan) -> list[Call]:
    return [(step.action, dict(step.parameters)) for step in plan.steps]


def told(plan: Plan) -> list[tuple[str, str]]:
    """The plan's findings, by name and level."""
    return [(finding.name, finding.level) for finding in plan.findings]


def texts(plan: Plan) -> list[str]:
    return [finding.text for finding in plan.findings]


def lines(plan: Plan) -> list[str]:
    return [step.line for step in plan.steps]
