# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a user's service-specific credentials: one that works a service, handed over, or the state of one by its id.

The order is that of access keys: intent, create, store, receipt. What differs: AWS tells of no last use, some of them
expire, and each service has a tag of its own. None is ever reset, which would end the old one before the new one is
stored (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResetServiceSpecificCredential.html).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.delivery import custody, store, usable_handover
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, ServiceCredential, Unread, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CREDENTIALS,
    ServiceCredentialSpec,
    UserSpec,
    secret_words,
)

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
PER_SERVICE = 2
MOST_DAYS = 36600
EXPIRING = ("bedrock.amazonaws.com", "logs.amazonaws.com")

# What is made later than that after an intent was made by hand. Nothing else would tell it from an orphan: these
# credentials have no description and no last use.
LONGEST_RUN = timedelta(days=1)


def plan_service_credentials(draft: Draft, account: Account, spec: UserSpec, user: User, now: datetime) -> None:
    """Every service-specific credential as wanted. A new user has the intents already: CreateUser carries them."""
    have = user.service_credentials
    if spec.service_credentials is None or isinstance(have, Unread) or not _check(draft, spec.service_credentials):
        return
    for wanted in spec.service_credentials:
        if wanted.id is not None:
            _plan_by_id(draft, spec, wanted, user, have, now)
        else:
            _plan_one(draft, account, spec, wanted, user, now)


def intents(spec: UserSpec, now: datetime) -> dict[str, str]:
    """The tags that announce all that is to be made for a new user."""
    kinds = (CREDENTIALS.get(one.service) for one in spec.service_credentials or () if one.id is None)
    return {receipts.tag(kind): receipts.intent(now) for kind in kinds if kind}


def _check(draft: Draft, wanted: tuple[ServiceCredentialSpec, ...]) -> bool:
    """Whether AWS can make what is wanted; a refusal for each thing that it cannot."""
    before = len(draft.findings)
    seen: set[str] = set()
    for one in wanted:
        if one.id is not None:
            continue
        if one.service not in CREDENTIALS:
            draft.refuse("service", f"{one.service} has no service-specific credentials; {_services()} have.")
            continue
        what = secret_words(CREDENTIALS[one.service])
        if one.service in seen:
            draft.refuse("duplicate", f"a {what} is listed twice; keep one of the two entries.")
        seen.add(one.service)
        if one.age_days is not None and one.service not in EXPIRING:
            text = f"a {what} does not expire; leave credential_age_days out. Those of Bedrock and CloudWatch Logs do."
            draft.refuse("credential_age", text)
        elif one.age_days is not None and not 1 <= one.age_days <= MOST_DAYS:
            text = f"a {what} cannot live {one.age_days} days; give credential_age_days from 1 to {MOST_DAYS}."
            draft.refuse("credential_age", text)
    return len(draft.findings) == before


def _services() -> str:
    *first, last = (secret_words(kind).removesuffix(" credential") for kind in CREDENTIALS.values())
    return f"{', '.join(first)} and {last}"


def _is_expired(credential: ServiceCredential, now: datetime) -> bool:
    return credential.expires is not None and credential.expires <= now


def _plan_one(
    draft: Draft, account: Account, spec: UserSpec, wanted: ServiceCredentialSpec, user: User, now: datetime
) -> None:
    """One working credential for the service."""
    kind = CREDENTIALS[wanted.service]
    have = () if isinstance(user.service_credentials, Unread) else user.service_credentials
    mine = tuple(one for one in have if one.service == wanted.service)
    found = receipts.read(user.tag(receipts.tag(kind)))
    lost = receipts.orphans(found, mine, LONGEST_RUN)
    kept = tuple(one for one in mine if one not in lost)
    interrupted = found is not None and found.pending_since is not None
    if not interrupted and not wanted.reissue and _is_served(draft, kind, found, kept, now):
        return
    expired = tuple(one for one in kept if _is_expired(one, now))
    for one in lost:
        _delete(draft, spec, kind, one, "made by an interrupted run that left no receipt")
    for one in expired:
        _delete(draft, spec, kind, one, f"it expired on {one.expires:%Y-%m-%d}")
    kept = tuple(one for one in kept if one not in expired)
    replaced = tuple(one for one in kept if _is_replaced(found, one))
    _create(draft, account, spec, wanted, kept, replaced, not _is_announced(found, now), now)


def _is_served(
    draft: Draft, kind: str, found: receipts.Receipt | None, kept: tuple[ServiceCredential, ...], now: datetime
) -> bool:
    """Whether the user has a credential to work with. One that somebody switched off is left to them."""
    lasting = [one for one in kept if not _is_expired(one, now)]
    if any(one.active for one in lasting):
        return True
    handed_over = [one for one in lasting if found is not None and one.id == found.key_id]
    for one in handed_over:
        draft.find(
            "inactive_credential",
            WARN,
            f"{secret_words(kind)} {one.id} was handed over and is inactive now; it stays so."
            " Activate it with service_specific_credential state=active, or delete it to get a new one.",
        )
    return bool(handed_over)


def _is_replaced(found: receipts.Receipt | None, one: ServiceCredential) -> bool:
    """Whether the new credential is made in place of this one: receipt or interrupted intent names it."""
    return found is not None and one.id in (*found.replaces, found.key_id)


def _is_announced(found: receipts.Receipt | None, now: datetime) -> bool:
    """Whether an intent speaks of this credential, and will until the longest run has made it. One that is about to end
    is written anew."""
    return found is not None and found.pending_since is not None and now - found.pending_since <= LONGEST_RUN / 2


def _create(
    draft: Draft,
    account: Account,
    spec: UserSpec,
    wanted: ServiceCredentialSpec,
    kept: tuple[ServiceCredential, ...],
    replaced: tuple[ServiceCredential, ...],
    announce: bool,
    now: datetime,
) -> None:
    """Intent, create, store, then the replaced one goes, and the receipt ends the intent."""
    kind = CREDENTIALS[wanted.service]
    what, of_user = secret_words(kind), {"UserName": spec.name}
    if len(kept) >= PER_SERVICE:
        ids = " and ".join(one.id for one in kept)
        text = f"it has {len(kept)} of {PER_SERVICE} {what}s ({ids}) and no room for another. Delete one of them first."
        draft.refuse("credential_quota", text)
        return
    handover = usable_handover(draft, spec, kind)
    if handover is None:
        return
    if announce:
        tag = {"Key": receipts.tag(kind), "Value": receipts.intent(now, (one.id for one in replaced))}
        line, why = f"~ intent to make a {what}", "an interrupted run has to find it"
        draft.step("iam:TagUser", {**of_user, "Tags": [tag]}, line, why)
    parameters: dict[str, object] = {**of_user, "ServiceName": wanted.service}
    life = ""
    if wanted.age_days is not None:
        parameters["CredentialAgeDays"] = wanted.age_days
        life = f", for {wanted.age_days} day{'' if wanted.age_days == 1 else 's'}"
    line, why = f"+ {what}{life}, {custody(handover)}", f"no working {what}"
    draft.step("iam:CreateServiceSpecificCredential", parameters, line, why, secret=kind)
    store(draft, account, handover, spec.name, kind)
    for one in replaced:
        _delete(draft, spec, kind, one, "the new one is in its place (reissue)")
    receipt = {"Key": receipts.tag(kind), "Value": receipts.receipt(handover.store, known=kind)}
    line = f"+ receipt for the {what}"
    draft.step("iam:TagUser", {**of_user, "Tags": [receipt]}, line, "says where it went")


def _delete(draft: Draft, spec: UserSpec, kind: str, one: ServiceCredential, why: str) -> None:
    parameters = {"UserName": spec.name, "ServiceSpecificCredentialId": one.id}
    draft.step("iam:DeleteServiceSpecificCredential", parameters, f"- {secret_words(kind)} {one.id}", why)


def _plan_by_id(
    draft: Draft,
    spec: UserSpec,
    wanted: ServiceCredentialSpec,
    user: User,
    have: tuple[ServiceCredential, ...],
    now: datetime,
) -> None:
    one = next((one for one in have if one.id == wanted.id), None)
    if one is not None and wanted.service and one.service != wanted.service:
        text = f"{one.id} is a credential for {one.service} and not for {wanted.service}. Correct id or service."
        draft.refuse("service", text)
    elif wanted.state == "absent":
        _plan_removal(draft, spec, wanted, user, one)
    elif one is None:
        ids = ", ".join(one.id for one in have) or "none"
        text = f"it has no service-specific credential {wanted.id}; it has {ids}. Correct the id."
        draft.refuse("missing_credential", text)
    elif wanted.state == "active" and _is_expired(one, now):
        text = f"credential {one.id} expired on {one.expires:%Y-%m-%d} and will not work again. Make a new one."
        draft.refuse("expired_credential", text)
    else:
        _plan_status(draft, spec, wanted, one)


def _plan_status(draft: Draft, spec: UserSpec, wanted: ServiceCredentialSpec, one: ServiceCredential) -> None:
    active = {"active": True, "inactive": False}.get(wanted.state, one.active)
    if active != one.active:
        parameters = {"UserName": spec.name, "ServiceSpecificCredentialId": one.id}
        change = "Inactive -> Active" if active else "Active -> Inactive"
        draft.step(
            "iam:UpdateServiceSpecificCredential",
            {**parameters, "Status": "Active" if active else "Inactive"},
            f"~ {_words(one)} {one.id}: {change}",
            f"it is to be {wanted.state}",
        )


def _words(one: ServiceCredential) -> str:
    """AWS may have services that are not known here."""
    kind = CREDENTIALS.get(one.service)
    return secret_words(kind) if kind else "service-specific credential"


def _plan_removal(
    draft: Draft, spec: UserSpec, wanted: ServiceCredentialSpec, user: User, one: ServiceCredential | None
) -> None:
    """Deletes the credential and its receipt, also where an interrupted run has left only that."""
    if one is not None:
        parameters = {"UserName": spec.name, "ServiceSpecificCredentialId": one.id}
        line = f"- {_words(one)} {one.id}"
        draft.step("iam:DeleteServiceSpecificCredential", parameters, line, "it is to be absent")
    for kind in CREDENTIALS.values():
        found = receipts.read(user.tag(receipts.tag(kind)))
        if found is not None and found.key_id == wanted.id:
            line, why = f"- receipt for {secret_words(kind)} {wanted.id}", "the credential is gone"
            draft.step("iam:UntagUser", {"UserName": spec.name, "TagKeys": [receipts.tag(kind)]}, line, why)
