# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the caller wants. ``None`` leaves alone; an empty value with its ``purge_*`` removes all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Place

PASSWORD = "console-password"
ACCESS_KEY = "access-key"
MFA_SEED = "mfa-seed"
# Service-specific credentials, a kind of secret a service. The service's name is AWS's.
CREDENTIALS = {
    "codecommit.amazonaws.com": "codecommit-credential",
    "cassandra.amazonaws.com": "keyspaces-credential",
    "bedrock.amazonaws.com": "bedrock-credential",
    "logs.amazonaws.com": "cloudwatch-logs-credential",
}
_PROPER_NAMES = {"mfa": "MFA", "codecommit": "CodeCommit", "cloudwatch": "CloudWatch", "logs": "Logs"}
_PROPER_NAMES |= {name: name.title() for name in ("keyspaces", "bedrock")}


def secret_words(kind: str) -> str:
    """How a kind of secret reads in a sentence: ``console password``, ``CodeCommit credential``."""
    return " ".join(_PROPER_NAMES.get(word, word) for word in kind.split("-"))


class Hidden:
    """A secret that the caller gave us. Its text is only in reveal(), never in a repr or a diff."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Hidden(***)"


@dataclass(frozen=True)
class HandoverSpec:
    """To whom a secret is sealed and where it is stored.

    ``seal_to`` are public keys, ``labels`` their short public names, ``address`` a template of the place in the store
    (``{account}``, ``{user}`` and ``{kind}`` are replaced). ``tags`` and ``kms_key_id`` are for stores that have them.
    ``openpgp`` tells OpenPGP keys from age and SSH ones. ``keys`` are the public keys without their comments, to be
    compared with those of another hand-over. ``threshold`` of the keys open the text together; when None, each does
    alone.
    """

    store: str
    address: str = ""
    seal_to: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    format: str = "csv"
    kms_key_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    plaintext: bool = False
    openpgp: bool = False
    keys: tuple[str, ...] = ()
    threshold: int | None = None

    def place(self, account: str, user: str, kind: str) -> Place:
        """Where this user's text of this kind goes. A folder gets a file name of its own."""
        address = self.address.replace("{account}", account).replace("{user}", user).replace("{kind}", kind)
        if self.store == "file" and address.endswith("/"):
            suffix = ".shares.json" if self.threshold else ".asc" if self.openpgp else ".age"
            address += f"{user}.{kind}.{self.format}" + (suffix if self.seal_to else "")
        return Place(self.store, address if self.store != "result" else f"{user}/{kind}")


@dataclass(frozen=True)
class ConsoleSpec:
    """Console access. ``password`` None means: generated, so it needs a hand-over. ``always`` sets a given password
    on every run, ``reissue`` replaces one that exists by a new generated one."""

    present: bool = True
    password: Hidden | None = None
    reset_required: bool = True
    always: bool = False
    reissue: bool = False


@dataclass(frozen=True)
class AccessKeySpec:
    """An access key: without ``id`` one working, handed-over key; with ``id`` the state of just that key
    (``present``, ``active``, ``inactive``, ``absent``). ``reissue`` makes another in place of the one that was handed
    over before, ``rotate`` another beside the one in use."""

    state: str = "present"
    id: str | None = None
    reissue: bool = False
    rotate: bool = False

    @property
    def another(self) -> bool:
        """Whether a key is made though there is one that works."""
        return self.reissue or self.rotate


@dataclass(frozen=True)
class SSHKeySpec:
    """An SSH public key: its OpenSSH text with its fingerprint, or the ``fingerprint`` or ``id`` of one that is there;
    and its state (``present``, ``active``, ``inactive``, ``absent``)."""

    body: str | None = None
    fingerprint: str | None = None
    id: str | None = None
    state: str = "present"


@dataclass(frozen=True)
class CertificateSpec:
    """A signing certificate: its PEM text with what stands in it, or the ``id`` of one that is there; and its state as
    that of an SSH key."""

    body: str | None = None
    fingerprint: str | None = None
    id: str | None = None
    state: str = "present"
    subject: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class ServiceCredentialSpec:
    """A service-specific credential for ``service`` (AWS's name, ``codecommit.amazonaws.com``): without ``id`` one
    working, handed-over credential; with ``id`` the state of just that one, where ``service`` may be
    empty. ``age_days`` is a new one's life."""

    service: str
    state: str = "present"
    id: str | None = None
    age_days: int | None = None
    reissue: bool = False


@dataclass(frozen=True)
class MFASpec:
    """A virtual MFA device called ``name`` (the user's own name when None), or the device ``serial``. ``codes`` are two
    consecutive codes from the person's device; None means that they are computed from the seed as it is made.
    ``any_serves`` makes none for who has a device of any kind."""

    state: str = "present"
    name: str | None = None
    serial: str | None = None
    codes: tuple[Hidden, Hidden] | None = None
    resync: bool = False
    reissue: bool = False
    any_serves: bool = False


@dataclass(frozen=True)
class CopySpec:
    """Whose permissions to copy and which of them not: names of groups and inline policies, names or ARNs of managed
    policies. ``enforce`` also takes away what the other user does not have."""

    user: str
    exclude: tuple[str, ...] = ()
    enforce: bool = False


@dataclass(frozen=True)
class UserSpec:
    """One user. ``create`` False means that the user has to be there already (modules that manage a part of one).
    ``expected_id`` is the unique id that the user must have, so that a namesake is not hit. ``inline_policies`` are
    documents by name, each an object or the JSON text of one. ``mfa_handover`` is the seed's own hand-over, where
    somebody else is to hold it. ``purge_credentials`` takes away every credential but a password that is not asked for;
    ``revoke_sessions`` ends the sessions that have begun. ``break_glass_state`` is an emergency user's."""

    name: str
    state: str = "present"
    create: bool = True
    path: str | None = None
    boundary: str | None = None
    tags: Mapping[str, str] | None = None
    purge_tags: bool = True
    groups: tuple[str, ...] | None = None
    purge_groups: bool = False
    managed_policies: tuple[str, ...] | None = None
    purge_policies: bool = False
    inline_policies: Mapping[str, object] | None = None
    purge_inline_policies: bool = False
    new_name: str | None = None
    expected_id: str | None = None
    copy_from: CopySpec | None = None
    use_case: str | None = None
    owner: str | None = None
    justification: str | None = None
    console: ConsoleSpec | None = None
    access_key: AccessKeySpec | None = None
    ssh_keys: tuple[SSHKeySpec, ...] | None = None
    purge_ssh_keys: bool = False
    certificates: tuple[CertificateSpec, ...] | None = None
    purge_certificates: bool = False
    service_credentials: tuple[ServiceCredentialSpec, ...] | None = None
    mfa: MFASpec | None = None
    handover: HandoverSpec | None = None
    mfa_handover: HandoverSpec | None = None
    purge_credentials: bool = False
    revoke_sessions: bool = False
    break_glass_state: str | None = None

    def handover_for(self, kind: str) -> HandoverSpec | None:
        """The hand-over of this kind of secret."""
        return self.mfa_handover if kind == MFA_SEED and self.mfa_handover is not None else self.handover

    @property
    def handovers(self) -> tuple[HandoverSpec, ...]:
        return tuple(one for one in (self.handover, self.mfa_handover) if one is not None)


@dataclass(frozen=True)
class GroupSpec:
    """One group. ``require_mfa`` gives it the inline policy by which members manage their own credentials and can do
    nothing else without MFA; False removes that policy again. So does ``demand_mfa`` with the one by which members can
    do nothing at all without MFA. ``inline_policies`` are as those of a user."""

    name: str
    state: str = "present"
    path: str | None = None
    managed_policies: tuple[str, ...] | None = None
    purge_policies: bool = False
    inline_policies: Mapping[str, object] | None = None
    purge_inline_policies: bool = False
    require_mfa: bool | None = None
    demand_mfa: bool | None = None
    users: tuple[str, ...] | None = None
    purge_users: bool = False


@dataclass(frozen=True)
class PasswordPolicySpec:
    """The account's password policy; None leaves a rule as it is in force, 0 days or passwords means none.
    ``allow_weaker`` is needed for a rule that asks less than it does now."""

    state: str = "present"
    minimum_length: int | None = None
    require_lowercase: bool | None = None
    require_uppercase: bool | None = None
    require_numbers: bool | None = None
    require_symbols: bool | None = None
    allow_users_to_change: bool | None = None
    max_age_days: int | None = None
    reuse_prevention: int | None = None
    hard_expiry: bool | None = None
    allow_weaker: bool = False


@dataclass(frozen=True)
class AliasSpec:
    """The account's alias. ``absent`` with a name removes just that alias, without one whichever is set."""

    name: str | None = None
    state: str = "present"


@dataclass(frozen=True)
class AccountSpec:
    """What is the account's own; None leaves alone."""

    password_policy: PasswordPolicySpec | None = None
    alias: AliasSpec | None = None


@dataclass(frozen=True)
class RosterSpec:
    """All that one run is to bring about. ``guards`` overrides a guard's level by its name. ``onboarding`` True asks of
    every user what onboarding asks (use_case and the guards that go with it)."""

    groups: tuple[GroupSpec, ...] = ()
    users: tuple[UserSpec, ...] = ()
    guards: Mapping[str, str] = field(default_factory=dict)
    onboarding: bool = False
    account: AccountSpec | None = None
