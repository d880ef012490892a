# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""moto's users, groups and keys with the attributes that AWS has and moto lacks.

They stay moto's classes, so that those operations which moto serves itself find what they expect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import moto.iam.models as moto_iam

from tests.emulator.state import CLOCK, Account, new_id, new_secret


@dataclass
class LoginProfile:
    """`history` holds earlier passwords, the newest last."""

    password: str
    reset_required: bool
    created: datetime
    changed: datetime
    history: list[str] = field(default_factory=list)


class User(moto_iam.User):
    """A user. `tags_by_key` is keyed by the folded tag key, since those of users do not differ by case."""

    def __init__(self, account: Account, name: str, path: str) -> None:
        super().__init__(account.account_id, account.partition, name, path)
        self.id = new_id("AIDA", 21)
        self.partition = account.partition
        self.tags_by_key: dict[str, dict[str, str]] = {}
        self.boundary: str | None = None
        self.login: LoginProfile | None = None
        self.groups: list[Group] = []
        self.service_credentials: dict[str, dict[str, Any]] = {}

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:user{self.path}{self.name}"

    def is_created(self) -> bool:
        return True

    @property
    def tags(self) -> list[dict[str, str]]:
        return list(self.tags_by_key.values())

    @property
    def group_list(self) -> list[str]:
        return sorted((group.name for group in self.groups), key=str.lower)


class Group(moto_iam.Group):
    """A group with AWS's kind of id."""

    def __init__(self, account: Account, name: str, path: str) -> None:
        super().__init__(account.account_id, account.partition, name, path)
        self.id = new_id("AGPA", 21)


class AccessKey(moto_iam.AccessKey):
    """A user's long-term key."""

    def is_created(self) -> bool:
        return True

    def __init__(self, account: Account, user_name: str, access_key_id: str = "", secret: str = "") -> None:
        self.user_name = user_name
        self.access_key_id = access_key_id or new_id("AKIA", 20)
        self.secret_access_key = secret or new_secret()
        self.status = "Active"
        self.create_date = CLOCK.naive()
        self.last_used = None
        self.role_arn = None
