# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emulated world: clock, accounts on top of moto's backends, credentials, and how all of it starts again."""

from __future__ import annotations

import copy
import os
import secrets
import string
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import moto.core.utils
import moto.iam.models as moto_iam
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.utilities.utils import get_partition

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"


class Clock:
    """The emulator's now; `offset` is what a test adds to the machine's clock."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def naive(self) -> datetime:
        """Now without a time zone, in UTC: moto's convention."""
        return self.now().replace(tzinfo=None)

    def seconds(self) -> float:
        return self.now().timestamp()


CLOCK = Clock()


def _rebind_motos_clock() -> None:
    # moto's modules take `utcnow` by name when they are imported: those loaded so far are rebound, later ones get ours.
    original = moto.core.utils.utcnow
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "utcnow", None) is original:
            module.utcnow = CLOCK.naive


_rebind_motos_clock()

_ID_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


def new_id(prefix: str, length: int) -> str:
    """An identifier like AIDA... or AKIA...: the prefix and upper-case base32 digits, `length` characters in all.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(length - len(prefix)))


def new_secret(length: int = 40) -> str:
    return "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(length))


class ByName(dict[str, Any]):
    """Entities by name, whose case is kept and does not count, as IAM looks them up.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
    """

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name.lower(), value)

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name.lower())

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def pop(self, name: str, *default: Any) -> Any:
        return super().pop(name.lower(), *default)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, under GetAccountSummary's names.
QUOTAS = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "GroupsPerUserQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AccessKeysPerUserQuota": 2,
    "SigningCertificatesPerUserQuota": 2,
    "PoliciesQuota": 1500,
    "VersionsPerPolicyQuota": 5,
    "PolicyVersionsInUseQuota": 10000,
    "PolicySizeQuota": 6144,
    "UserPolicySizeQuota": 2048,
    "GroupPolicySizeQuota": 5120,
    "RolePolicySizeQuota": 10240,
    "AssumeRolePolicySizeQuota": 2048,
    "RolesQuota": 1000,
    "InstanceProfilesQuota": 1000,
    "ServerCertificatesQuota": 20,
}


@dataclass(eq=False)
class Account:
    """One account in one partition: moto's IAM backend, and what moto has no place for."""

    account_id: str
    partition: str
    backend: Any
    quotas: dict[str, int]
    created: datetime
    report: tuple[datetime, str] | None = None

    def arn(self, rest: str) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:{rest}"


@dataclass(frozen=True)
class Session:
    """Temporary credentials of STS. `user_name` is None for a role."""

    account_id: str
    access_key_id: str
    secret: str
    token: str
    expires: datetime
    arn: str
    user_id: str
    user_name: str | None


@dataclass(frozen=True)
class Caller:
    """Who signed a call. `user` is moto's user object, or None for a role's session."""

    account: Account
    access_key_id: str
    arn: str
    user_id: str
    region: str
    user: Any = None


@dataclass
class Operator:
    """The credential that every account starts with."""

    account_id: str = "123456789012"
    user_name: str = "operator"
    access_key_id: str = "AKIAEMULATEDOPERATOR"
    secret_access_key: str = field(default_factory=new_secret)


class World:
    """All accounts. `page_size` caps every page of every list when set; `trail_delay` is how late CloudTrail is."""

    def __init__(self) -> None:
        self.operator = Operator()
        self.reset()

    def reset(self) -> None:
        """Back to one account with the operator in it. Takes milliseconds: the managed policies stay parsed."""
        CLOCK.offset = timedelta()
        self.quotas = dict(QUOTAS)
        self.page_size: int | None = None
        self.trail_delay = timedelta()
        self.sessions: dict[str, Session] = {}
        self._accounts: dict[tuple[str, str], Account] = {}
        BackendDict.reset()
        moto_iam.iam_backends.clear()
        reset_model_data()
        self.account(self.operator.account_id, "aws")

    def account(self, account_id: str, partition: str) -> Account:
        known = self._accounts.get((account_id, partition))
        if known:
            return known
        backend = moto_iam.iam_backends[account_id][partition]
        backend.users, backend.groups = ByName(), ByName()
        account = Account(account_id, partition, backend, self.quotas, CLOCK.naive())
        self._accounts[account_id, partition] = account
        if account_id == self.operator.account_id:
            self._add_operator(account)
            self._add_trail(account)
        return account

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())

    def _add_operator(self, account: Account) -> None:
        from tests.emulator.entities import AccessKey, User

        user = User(account, self.operator.user_name, "/")
        account.backend.users[user.name] = user
        policy = account.backend.managed_policies[f"arn:{account.partition}:iam::aws:policy/AdministratorAccess"]
        policy.attach_to(user)
        key = AccessKey(account, user.name, self.operator.access_key_id, self.operator.secret_access_key)
        user.access_keys.append(key)
        account.backend.access_keys[key.access_key_id] = key

    def _add_trail(self, account: Account) -> None:
        from tests.emulator.trail_settings import set_up

        set_up(account.account_id, account.partition, "management-events")

    def find_key(self, access_key_id: str, partition: str) -> tuple[Account, Any] | None:
        """A user's access key and its account, in any account of the partition."""
        self.account(self.operator.account_id, partition)
        for account in self._accounts.values():
            if account.partition == partition and access_key_id in account.backend.access_keys:
                return account, account.backend.access_keys[access_key_id]
        return None


_parsed_policies: dict[str, list[Any]] = {}
_parse_policies = moto_iam.IAMBackend._init_aws_policies


def _fresh_policies(backend: moto_iam.IAMBackend) -> list[Any]:
    # A shallow copy is enough for what changes in an AWS managed policy, its attachment count.
    partition = get_partition(backend.region_name)
    if partition not in _parsed_policies:
        _parsed_policies[partition] = _parse_policies(backend)
    return [copy.copy(policy) for policy in _parsed_policies[partition]]


moto_iam.IAMBackend._init_aws_policies = _fresh_policies
