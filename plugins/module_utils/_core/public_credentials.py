# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans what a user uploads and no secret is in: SSH public keys and signing certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    Account,
    SigningCertificate,
    SSHPublicKey,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, Draft, Finding, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import final_name
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CertificateSpec,
    RosterSpec,
    SSHKeySpec,
    UserSpec,
)

# GetAccountSummary tells that of certificates, and of SSH keys nobody does
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
SSH_KEYS_PER_USER = 5
CERTIFICATES_PER_USER = 2

Item = TypeVar("Item", SSHPublicKey, SigningCertificate)
Wanted = TypeVar("Wanted", SSHKeySpec, CertificateSpec)


@dataclass(frozen=True)
class _Kind:
    """How IAM speaks of one kind: its actions end in ``action``, their parameters are ``id`` and ``body``; ``known`` is
    the name under which a run knows the id of what it has just uploaded."""

    noun: str
    action: str
    id: str
    body: str
    known: str
    purge: str


_SSH_KEY = _Kind(
    *("SSH public key", "SSHPublicKey", "SSHPublicKeyId", "SSHPublicKeyBody"),
    *("ssh_public_key_id", "purge_ssh_public_keys"),
)
_CERTIFICATE = _Kind(
    *("signing certificate", "SigningCertificate", "CertificateId", "CertificateBody"),
    *("certificate_id", "purge_signing_certificates"),
)


def plan_ssh_keys(draft: Draft, spec: UserSpec, user: User) -> None:
    """The SSH public keys as ``spec.ssh_keys`` wants them."""
    if spec.ssh_keys is not None and not isinstance(user.ssh_keys, Unread):
        have, purge = user.ssh_keys, spec.purge_ssh_keys
        _plan(draft, _SSH_KEY, spec.name, spec.ssh_keys, have, purge, SSH_KEYS_PER_USER)


def plan_certificates(draft: Draft, account: Account, spec: UserSpec, user: User, now: datetime) -> None:
    """The signing certificates as ``spec.certificates`` wants them; AWS takes no new one that is not valid now."""
    if spec.certificates is None or isinstance(user.certificates, Unread):
        return
    allowed = account.quota("SigningCertificatesPerUserQuota") or CERTIFICATES_PER_USER
    have, purge = user.certificates, spec.purge_certificates
    for uploaded in _plan(draft, _CERTIFICATE, spec.name, spec.certificates, have, purge, allowed):
        _check_dates(draft, uploaded, now)


def shared_certificates(account: Account, roster: RosterSpec) -> list[Finding]:
    """AWS takes a certificate for one user of the account only (DuplicateCertificate). Whom the roster does not name is
    not looked at, unless it was read."""
    owners: dict[str | None, str] = {
        one.fingerprint: user.name
        for user in account.users.values()
        if not isinstance(user.certificates, Unread)
        for one in user.certificates
    }
    found = []
    for spec in roster.users:
        for wish in spec.certificates or ():
            if wish.body is None or "absent" in (spec.state, wish.state):
                continue
            first = owners.setdefault(wish.fingerprint, spec.name)
            if fold(first) not in (fold(spec.name), fold(final_name(spec))):
                text = (
                    f"its signing certificate {wish.fingerprint} is that of user {first}, and AWS takes one for one"
                    " user only; give each a certificate of its own."
                )
                found.append(Finding("certificate", REFUSE, f"user {spec.name}", text))
    return found


def _check_dates(draft: Draft, wish: CertificateSpec, now: datetime) -> None:
    if wish.not_after is not None and wish.not_after <= now:
        text = f"the certificate of {wish.subject} expired at {_date(wish.not_after)}; give one that is valid."
        draft.refuse("certificate", text)
    if wish.not_before is not None and wish.not_before > now:
        text = f"the certificate of {wish.subject} is not valid before {_date(wish.not_before)}; upload it then."
        draft.refuse("certificate", text)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _plan(
    draft: Draft, kind: _Kind, user: str, wanted: Sequence[Wanted], have: Sequence[Item], purge: bool, allowed: int
) -> list[Wanted]:
    """Plans one kind and gives what is uploaded."""
    found = [(wish, next((item for item in have if _is_meant(wish, item)), None)) for wish in wanted]
    there = [(wish, item) for wish, item in found if item is not None]
    absent = [wish for wish, item in found if item is None and wish.state != "absent"]
    new = {wish.fingerprint: wish for wish in absent if wish.body is not None}
    for wish in absent:
        if wish.body is None:
            _refuse_missing(draft, kind, wish, have)
    gone = {item.id: f"it is to be {wish.state}" for wish, item in there if wish.state == "absent"}
    if purge:
        named = [item for _wish, item in there]
        gone |= {item.id: f"not named ({kind.purge})" for item in have if item not in named}

    def add() -> None:
        for wish in new.values():
            _upload(draft, kind, user, wish)

    def remove() -> None:
        for item_id, why in gone.items():
            line = f"- {kind.noun} {item_id}"
            draft.step(f"iam:Delete{kind.action}", {"UserName": user, kind.id: item_id}, line, why)

    draft.exchange(add, remove, len(have) + len(new), allowed)
    if new and len(have) + len(new) - len(gone) > allowed:
        _refuse_too_many(draft, kind, [item for item in have if item.id not in gone], len(new), allowed)
    for wish, item in there:
        _switch(draft, kind, user, wish, item)
    return list(new.values())


def _is_meant(wish: Wanted, item: Item) -> bool:
    return item.id == wish.id if wish.id is not None else item.fingerprint == wish.fingerprint


def _upload(draft: Draft, kind: _Kind, user: str, wish: Wanted) -> None:
    of_user = {"UserName": user}
    label = f"{kind.noun} {wish.fingerprint}"
    draft.step(f"iam:Upload{kind.action}", {**of_user, kind.body: wish.body}, f"+ {label}", "not there yet")
    if wish.state == "inactive":
        parameters = {**of_user, kind.id: Later("{" + kind.known + "}"), "Status": "Inactive"}
        line, why = f"~ {label}: Active -> Inactive", "it is to be inactive"
        draft.step(f"iam:Update{kind.action}", parameters, line, why)


def _switch(draft: Draft, kind: _Kind, user: str, wish: Wanted, item: Item) -> None:
    if wish.state not in ("active", "inactive") or item.active is (wish.state == "active"):
        return
    was, becomes = ("Active", "Inactive") if item.active else ("Inactive", "Active")
    parameters = {"UserName": user, kind.id: item.id, "Status": becomes}
    line = f"~ {kind.noun} {item.id}: {was} -> {becomes}"
    draft.step(f"iam:Update{kind.action}", parameters, line, f"it is to be {wish.state}")


def _refuse_missing(draft: Draft, kind: _Kind, wish: Wanted, have: Sequence[Item]) -> None:
    ids = ", ".join(f"{item.id} ({item.fingerprint})" for item in have) or "none"
    named = f"{kind.noun} {wish.id or wish.fingerprint}"
    draft.refuse("missing_key", f"it has no {named}; it has {ids}. Correct it, or give the {kind.noun} itself.")


def _refuse_too_many(draft: Draft, kind: _Kind, kept: Sequence[Item], new: int, allowed: int) -> None:
    ids = ", ".join(item.id for item in kept) or "none"
    text = (
        f"it would have {len(kept) + new} {kind.noun}s, and AWS takes {allowed} of a user; it has {ids}."
        " Delete one of them first, or leave some out."
    )
    draft.refuse("quota", text)
