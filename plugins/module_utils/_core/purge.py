# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the end of every credential that is not asked for, whoever made it. The console password is not one of them.

Of a kind that is asked for stays what was handed over. Where nothing says what that is, the whole kind stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import MFA_TAG, own_serials
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    AccessKey,
    Account,
    MFADevice,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Draft
from ansible_collections.keysmith.iam.plugins.module_utils._core.removal import lock_out
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CREDENTIALS,
    CertificateSpec,
    SSHKeySpec,
    UserSpec,
)

_WHY = "not asked for (purge_credentials)"
Uploaded = TypeVar("Uploaded", SSHPublicKey, SigningCertificate)
Item = TypeVar("Item")


def predicted(draft: Draft, account: Account, spec: UserSpec, observed: User | None) -> User | None:
    """The user as the steps planned so far leave it. None while it is not to be there."""
    alone = {} if observed is None else {fold(observed.name): observed}
    return simulate(replace(account, users=alone, groups={}, places={}), draft.steps).user(spec.name)


def plan_purge(draft: Draft, account: Account, spec: UserSpec, observed: User | None, doors: int) -> None:
    """What else lets the user in goes before anything new is made, from the step ``doors`` on; MFA devices go last,
    since without one the user may be locked out."""
    user = predicted(draft, account, spec, observed) if spec.purge_credentials else None
    if user is None:
        return
    keys, credentials, devices = _keys(spec, user), _credentials(spec, user), _devices(account, spec, user)
    bare = User(spec.name, ssh_keys=_ssh_keys(spec, user), certificates=_certificates(spec, user))
    if keys and user.arn == account.caller_arn:
        draft.refuse("caller", "an access key of the user who runs this would go; let somebody else do it.")
    before = Draft(draft.subject)
    lock_out(before, replace(bare, access_keys=keys, service_credentials=credentials), _WHY)
    draft.steps[doors:doors] = before.steps
    lock_out(draft, User(spec.name, mfa_devices=devices), _WHY)
    forgotten = list(_forgotten(spec, user, keys))
    if forgotten:
        line = f"- tags {', '.join(forgotten)}"
        parameters = {"UserName": spec.name, "TagKeys": forgotten}
        draft.step("iam:UntagUser", parameters, line, "what they speak of is gone")


def _have(items: tuple[Item, ...] | Unread) -> tuple[Item, ...]:
    return () if isinstance(items, Unread) else items


def _handed_over(user: User, tag: str, there: Collection[str]) -> Collection[str]:
    """What the receipt names, if that is there; all of it where no receipt does."""
    found = receipts.read(user.tag(tag))
    return [found.key_id] if found is not None and found.key_id is not None and found.key_id in there else there


def _keys(spec: UserSpec, user: User) -> tuple[AccessKey, ...]:
    have, wanted = _have(user.access_keys), spec.access_key
    kept: Collection[str | None] = ()
    if wanted is not None:
        ids = [key.id for key in have]
        kept = (wanted.id,) if wanted.id is not None else _handed_over(user, ACCESS_KEY_TAG, ids)
    return tuple(key for key in have if key.id not in kept)


def _credentials(spec: UserSpec, user: User) -> tuple[ServiceCredential, ...]:
    have = _have(user.service_credentials)
    kept = {one.id for one in spec.service_credentials or ()}
    for service in _services(spec):
        ids = [one.id for one in have if one.service == service]
        kept.update(_handed_over(user, receipts.tag(CREDENTIALS[service]), ids))
    return tuple(one for one in have if one.id not in kept)


def _services(spec: UserSpec) -> set[str]:
    """The services for which a credential is asked for."""
    asked = {one.service for one in spec.service_credentials or () if one.id is None}
    return asked & set(CREDENTIALS)


def _ssh_keys(spec: UserSpec, user: User) -> tuple[SSHPublicKey, ...]:
    return _unnamed(spec.ssh_keys or (), _have(user.ssh_keys))


def _certificates(spec: UserSpec, user: User) -> tuple[SigningCertificate, ...]:
    return _unnamed(spec.certificates or (), _have(user.certificates))


def _unnamed(
    wishes: tuple[SSHKeySpec, ...] | tuple[CertificateSpec, ...], have: tuple[Uploaded, ...]
) -> tuple[Uploaded, ...]:
    ids = {wish.id for wish in wishes if wish.id is not None}
    named = {wish.fingerprint for wish in wishes if wish.id is None}
    return tuple(one for one in have if one.id not in ids and one.fingerprint not in named)


def _devices(account: Account, spec: UserSpec, user: User) -> tuple[MFADevice, ...]:
    have, wanted = _have(user.mfa_devices), spec.mfa
    if wanted is None or wanted.state == "absent":
        return have
    found = receipts.read(user.tag(MFA_TAG))
    told = None if found is None else f"arn:{account.partition}:iam::{account.id}:{found.key_id}"
    own = own_serials(account, spec, wanted)
    # A serial number that is asked for is the one; else the receipt's device, else one of our names, else any.
    for serials in (() if wanted.serial is None else own, (told,), own):
        if any(device.serial in serials for device in have):
            return tuple(device for device in have if device.serial not in serials)
    return ()


def _forgotten(spec: UserSpec, user: User, keys: tuple[AccessKey, ...]) -> Iterator[str]:
    """Our tags that speak of what is gone, as they are spelled."""
    gone = {fold(key.id) for key in keys}
    gone |= {fold(ACCESS_KEY_TAG)} if spec.access_key is None else set()
    gone |= {fold(MFA_TAG)} if spec.mfa is None else set()
    asked = _services(spec)
    named = any(one.id is not None for one in spec.service_credentials or ())
    gone |= {fold(receipts.tag(kind)) for service, kind in CREDENTIALS.items() if not named and service not in asked}
    yield from (tag for tag in user.tags if fold(tag) in gone)
