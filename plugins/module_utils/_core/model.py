# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an AWS account's IAM looks like to us: frozen values, no behaviour beyond look-ups.

A field that was not read is ``UNREAD``; one that was read and is empty is ``()``, ``{}`` or ``None``.
Times are timezone-aware UTC. Names compare case-insensitively, as IAM does
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Unread(Enum):
    """The type of ``UNREAD``, so that a type checker tells it from an empty value."""

    UNREAD = "unread"


UNREAD = Unread.UNREAD

# Stands in a prediction for what only AWS can say: a key id, the user's unique id.
UNKNOWN = "(known after apply)"

TAG_PREFIX = "keysmith:"
ACCESS_KEY_TAG = "keysmith:access-key"
OWNER_TAG = "keysmith:owner"
USE_CASE_TAG = "keysmith:use-case"
JUSTIFICATION_TAG = "keysmith:justification"
PROTECTED_TAG = "keysmith:protected"
BREAK_GLASS_TAG = "keysmith:break-glass"

# The console keeps an access key's description in a tag whose key is the access key id
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html).
_KEY_ID_TAG = re.compile(r"A[KS]IA[A-Z0-9]{12,124}")


def fold(name: str) -> str:
    """The form in which IAM names (and user tag keys) are compared."""
    return name.casefold()


def is_key_id(tag: str) -> bool:
    """Whether a tag's key is an access key's id, so that its value describes that key."""
    return bool(_KEY_ID_TAG.fullmatch(tag))


def is_own_tag(key: str) -> bool:
    """Whether a user tag is ours (intent, receipt, key description), so never the caller's to compare or purge."""
    return (key.isascii() and fold(key).startswith(TAG_PREFIX)) or key == UNKNOWN or is_key_id(key)


@dataclass(frozen=True)
class AccessKey:
    """An access key without its secret. ``last_used`` is None for a key never used."""

    id: str
    active: bool = True
    created: datetime | None = None
    last_used: datetime | Unread | None = UNREAD


@dataclass(frozen=True)
class LoginProfile:
    """Console access: when the password was made, and whether it must be changed at the next sign-in."""

    created: datetime | None = None
    reset_required: bool | Unread = UNREAD


@dataclass(frozen=True)
class SSHPublicKey:
    """An SSH public key for CodeCommit. ``fingerprint`` is AWS's, MD5 with colons, None when it was not read."""

    id: str
    active: bool = True
    uploaded: datetime | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class SigningCertificate:
    """An X.509 certificate. ``fingerprint`` is ``sha256:`` and the hex digest of its DER form."""

    id: str
    active: bool = True
    uploaded: datetime | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class ServiceCredential:
    """A service-specific credential without its secret. ``service`` is AWS's name, ``codecommit.amazonaws.com``;
    ``user_name`` is what one signs in to the service with; ``expires`` is None for one that does not expire."""

    id: str
    service: str
    active: bool = True
    created: datetime | None = None
    expires: datetime | None = None
    user_name: str | None = None


@dataclass(frozen=True)
class MFADevice:
    """An MFA device that a user signs in with. ``serial`` is an ARN, or a hardware token's serial number; ``enabled``
    is None for one that this run enables, or that only the account's list of virtual devices told of."""

    serial: str
    enabled: datetime | None = None

    @property
    def kind(self) -> str:
        """``virtual``, ``fido`` (security keys and passkeys) or ``hardware``
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html)."""
        if ":mfa/" in self.serial:
            return "virtual"
        return "fido" if ":u2f/" in self.serial else "hardware"


@dataclass(frozen=True)
class User:
    """An IAM user. ``managed_policies`` and ``boundary`` hold ARNs, ``groups`` names, ``tags`` all tags, ours too,
    ``inline_policies`` documents by name."""

    name: str
    path: str = "/"
    arn: str = UNKNOWN
    id: str | None = None
    created: datetime | None = None
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] | Unread = ()
    managed_policies: tuple[str, ...] | Unread = ()
    login_profile: LoginProfile | Unread | None = None
    access_keys: tuple[AccessKey, ...] | Unread = ()
    ssh_keys: tuple[SSHPublicKey, ...] | Unread = ()
    certificates: tuple[SigningCertificate, ...] | Unread = ()
    service_credentials: tuple[ServiceCredential, ...] | Unread = ()
    mfa_devices: tuple[MFADevice, ...] | Unread = ()
    inline_policies: Mapping[str, Mapping[str, object]] | Unread = field(default_factory=dict)

    @property
    def callers_tags(self) -> dict[str, str]:
        """The tags less our own."""
        return {key: value for key, value in self.tags.items() if not is_own_tag(key)}

    def tag(self, key: str) -> str | None:
        """The value of a tag of ours; AWS compares the keys of user tags without case. Letters that only look like ours
        (the sign for kelvin folds to k) may pass a policy that keeps our tags to us, so they make another key."""
        return next((value for name, value in self.tags.items() if name.isascii() and fold(name) == fold(key)), None)


@dataclass(frozen=True)
class Group:
    """An IAM group. ``inline_policies`` maps a policy's name to its document; ``members`` are user names."""

    name: str
    path: str = "/"
    arn: str = UNKNOWN
    id: str | None = None
    created: datetime | None = None
    managed_policies: tuple[str, ...] | Unread = ()
    inline_policies: Mapping[str, Mapping[str, object]] | Unread = field(default_factory=dict)
    members: tuple[str, ...] | Unread = UNREAD


@dataclass(frozen=True)
class PasswordPolicy:
    """The account's password rules; the defaults are AWS's own when an account has set none
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html)."""

    minimum_length: int = 8
    require_uppercase: bool = False
    require_lowercase: bool = False
    require_numbers: bool = False
    require_symbols: bool = False
    classes_of_four: int = 3
    allow_users_to_change: bool = False
    max_age_days: int | None = None
    reuse_prevention: int | None = None
    hard_expiry: bool = False
    is_default: bool = True


@dataclass(frozen=True)
class Place:
    """Where a text is handed over: a store and its address there (a file's path, a secret's name)."""

    store: str
    address: str


@dataclass(frozen=True)
class PlaceState:
    """What a probe found at a place: whether a text is there already, why none could be written, the KMS key by which a
    store in AWS encrypts what is there, and whether the place is ``fleeting``, gone with the container of the job."""

    exists: bool = False
    problem: str | None = None
    kms_key: str | None = None
    fleeting: bool = False


@dataclass(frozen=True)
class Account:
    """One AWS account as far as it was read. ``users`` and ``groups`` are keyed by folded name; whoever was looked
    for and is not in them does not exist. ``policies`` maps a name or ARN that was asked for to its ARN, None when
    there is no such policy. ``quotas`` is GetAccountSummary's map (entity count and quota by AWS's key).
    ``administrators`` are users who have AdministratorAccess and can sign in: read when one of them is to go, and then
    only as many of the others as it takes to know that somebody stays.
    ``virtual_devices`` are all virtual MFA devices: serial numbers and whose they are, None for an unassigned one."""

    id: str
    partition: str = "aws"
    caller_arn: str = ""
    caller_key: str | None = None
    alias: str | Unread | None = UNREAD
    users: Mapping[str, User] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    policies: Mapping[str, str | None] = field(default_factory=dict)
    policy_documents: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    password_policy: PasswordPolicy | Unread = UNREAD
    quotas: Mapping[str, int] | Unread = UNREAD
    places: Mapping[Place, PlaceState] = field(default_factory=dict)
    identity_center: bool | Unread = UNREAD
    administrators: tuple[str, ...] | Unread = UNREAD
    virtual_devices: Mapping[str, str | None] | Unread = UNREAD

    def user(self, name: str) -> User | None:
        return self.users.get(fold(name))

    def group(self, name: str) -> Group | None:
        return self.groups.get(fold(name))

    def arn(self, kind: str, path: str, name: str) -> str:
        """The ARN that AWS gives a ``user``, ``group`` or virtual device (``mfa``)
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html)."""
        return f"arn:{self.partition}:iam::{self.id}:{kind}{path}{name}"

    def quota(self, key: str) -> int | None:
        """A quota by GetAccountSummary's key, None when it was not read."""
        return None if isinstance(self.quotas, Unread) else self.quotas.get(key)


_SIGN_IN_HOSTS = {"aws-us-gov": "signin.amazonaws-us-gov.com", "aws-cn": "signin.amazonaws.cn"}


def sign_in_url(account: Account) -> str:
    """The console address for IAM users of this account, by its alias where it has one
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_sign-in.html)."""
    alias = account.id if isinstance(account.alias, Unread) or account.alias is None else account.alias
    return f"https://{alias}.{_SIGN_IN_HOSTS.get(account.partition, 'signin.aws.amazon.com')}/console"
