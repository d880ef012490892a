# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the caller wants. ``None`` leaves alone; an empty value with its ``purge_*`` removes all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Place

PASSWORD = "console-password"
ACCESS_KEY = "access-key"


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
    """

    store: str
    address: str = ""
    seal_to: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    format: str = "csv"
    kms_key_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    plaintext: bool = False

    def place(self, account: str, user: str, kind: str) -> Place:
        """Where this user's text of this kind goes. A folder gets a file name of its own."""
        address = self.address.replace("{account}", account).replace("{user}", user).replace("{kind}", kind)
        if self.store == "file" and address.endswith("/"):
            address += f"{user}.{kind}.{self.format}" + (".age" if self.seal_to else "")
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
    (``present``, ``active``, ``inactive``, ``absent``)."""

    state: str = "present"
    id: str | None = None
    reissue: bool = False


@dataclass(frozen=True)
class UserSpec:
    """One user. ``create`` False means that the user has to be there already (modules that manage a part of one)."""

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
    use_case: str | None = None
    owner: str | None = None
    justification: str | None = None
    console: ConsoleSpec | None = None
    access_key: AccessKeySpec | None = None
    handover: HandoverSpec | None = None


@dataclass(frozen=True)
class GroupSpec:
    """One group. ``require_mfa`` gives it the inline policy by which members manage their own credentials and can do
    nothing else without MFA; False removes that policy again."""

    name: str
    state: str = "present"
    path: str | None = None
    managed_policies: tuple[str, ...] | None = None
    purge_policies: bool = False
    require_mfa: bool | None = None
    users: tuple[str, ...] | None = None
    purge_users: bool = False


@dataclass(frozen=True)
class RosterSpec:
    """All that one run is to bring about. ``guards`` overrides a guard's level by its name. ``onboarding`` True asks of
    every user what onboarding asks (use_case and the guards that go with it)."""

    groups: tuple[GroupSpec, ...] = ()
    users: tuple[UserSpec, ...] = ()
    guards: Mapping[str, str] = field(default_factory=dict)
    onboarding: bool = False
