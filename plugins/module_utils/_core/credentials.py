# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the secrets of a user: the console password and the access key, each with its hand-over.

The order loses nothing: a password is stored before it is set; a key is announced (intent), made, stored, receipted.
"""

from __future__ import annotations

from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.delivery import (
    custody,
    promote,
    store,
    usable_handover,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    AccessKey,
    Account,
    LoginProfile,
    Unread,
    User,
    is_key_id,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.passwords import violations
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    PASSWORD,
    AccessKeySpec,
    ConsoleSpec,
    UserSpec,
)

KEYS_PER_USER = 2
_MAKE_ROOM = "Set the one that nobody uses any more to inactive (id and state=inactive), and run again."


def plan_console(draft: Draft, account: Account, spec: UserSpec, user: User) -> None:
    """Console access as ``spec.console`` wants it."""
    console, profile = spec.console, user.login_profile
    if console is None or isinstance(profile, Unread):
        return
    if not console.present:
        if profile is not None:
            draft.step(
                "iam:DeleteLoginProfile", {"UserName": spec.name}, "- console password", "console access is not wanted"
            )
        return
    if profile is not None and not (console.reissue or (console.password is not None and console.always)):
        return
    if console.password is None:
        _generated_password(draft, account, spec, console, profile)
    else:
        _given_password(draft, account, spec, console, profile)


def _given_password(
    draft: Draft, account: Account, spec: UserSpec, console: ConsoleSpec, profile: LoginProfile | None
) -> None:
    policy = account.password_policy
    wanted = (
        [] if isinstance(policy, Unread) or console.password is None else violations(console.password.reveal(), policy)
    )
    if wanted:
        draft.refuse(
            "password_policy", f"the password breaks the account's password policy; it needs {', '.join(wanted)}."
        )
    _set_password(draft, spec, console, profile, "as given")


def _generated_password(
    draft: Draft, account: Account, spec: UserSpec, console: ConsoleSpec, profile: LoginProfile | None
) -> None:
    handover = usable_handover(draft, spec, PASSWORD)
    if handover is None:
        return
    if profile is None:
        store(draft, account, handover, spec.name, PASSWORD)
        _set_password(draft, spec, console, profile, custody(handover))
        return
    store(draft, account, handover, spec.name, PASSWORD, pending=True)
    _set_password(draft, spec, console, profile, custody(handover))
    promote(draft, account, handover, spec.name, PASSWORD)


def _set_password(draft: Draft, spec: UserSpec, console: ConsoleSpec, profile: LoginProfile | None, how: str) -> None:
    reset = ", must be changed at first sign-in" if console.reset_required else ""
    action, sign, why = (
        ("Create", "+", "no console password yet") if profile is None else ("Update", "~", "a new one was asked for")
    )
    draft.step(
        f"iam:{action}LoginProfile",
        {"UserName": spec.name, "PasswordResetRequired": console.reset_required},
        f"{sign} console password, {how}{reset}",
        why,
        secret=PASSWORD,
    )


def plan_access_key(draft: Draft, account: Account, spec: UserSpec, user: User, now: datetime) -> None:
    """The access key as ``spec.access_key`` wants it. A new user has the intent already: CreateUser carries it."""
    wanted, keys = spec.access_key, user.access_keys
    if wanted is None or isinstance(keys, Unread):
        return
    if wanted.id is not None:
        _plan_key_by_id(draft, spec, wanted, user, keys)
        if user.arn == account.caller_arn and draft.steps:
            _keep_a_key_of_the_caller(draft, account, wanted, keys)
        return
    found = receipts.read(user.tag(ACCESS_KEY_TAG))
    lost = tuple(key for key in receipts.orphans(found, keys) if not _is_somebodys(user, key))
    kept = tuple(key for key in keys if key not in lost)
    interrupted = found is not None and found.pending_since is not None
    if not interrupted and not wanted.another and _is_served(draft, found, kept):
        return
    replaced = tuple(key for key in kept if _is_replaced(wanted, user, found, key))
    used = [key for key in lost if isinstance(key.last_used, datetime)]
    for key in lost:
        if key not in used:
            _delete_key(draft, spec, key, "made by an interrupted run, never handed over and never used")
    if used:
        _adopt(draft, spec, user, used[0], replaced, now)
        return
    if wanted.rotate:
        kept = _make_room(draft, account, spec, user, kept)
        replaced = tuple(key for key in replaced if key in kept)
    announced = found is not None and interrupted and all(key.id in found.replaces for key in replaced)
    _create_key(draft, account, spec, user, kept, replaced, not announced, now)


def _keep_a_key_of_the_caller(
    draft: Draft, account: Account, wanted: AccessKeySpec, keys: tuple[AccessKey, ...]
) -> None:
    """Refuses to take from the user who runs this the key by which the run goes, or the only one that works."""
    active = [key.id for key in keys if key.active]
    if wanted.state not in ("absent", "inactive"):
        return
    if wanted.id == account.caller_key:
        draft.refuse("caller", "it is the access key by which this very run signs; let another key or person do it.")
    elif active == [wanted.id]:
        text = "it is the only active access key of the user who runs this; let somebody else do it."
        draft.refuse("caller", text)


def _is_somebodys(user: User, key: AccessKey) -> bool:
    """Whether a key that looks like an orphan was made by hand: it has a description, which an orphan of ours never
    got, since that is written with the receipt. One in use is adopted all the same."""
    return key.id in user.tags and not isinstance(key.last_used, datetime)


def _is_replaced(wanted: AccessKeySpec, user: User, found: receipts.Receipt | None, key: AccessKey) -> bool:
    """Whether the new key is made in place of this one: an interrupted run's intent says so, or a new one is asked for
    and the receipt or, once an intent has overwritten that, the key's description says that we made this one."""
    if found is not None and key.id in found.replaces:
        return True
    named = found is not None and found.key_id == key.id
    return wanted.reissue and (named or user.tags.get(key.id, "").startswith(receipts.OUR_DESCRIPTION))


def _is_served(draft: Draft, found: receipts.Receipt | None, keys: tuple[AccessKey, ...]) -> bool:
    """Whether the user has a key to work with. A key that somebody switched off is left to them."""
    if any(key.active for key in keys):
        return True
    handed_over = [key for key in keys if found is not None and key.id == found.key_id]
    for key in handed_over:
        draft.find(
            "inactive_key",
            WARN,
            f"access key {key.id} was handed over and is inactive now; it stays so."
            " Activate it with access_key state=active, or delete it to get a new one.",
        )
    return bool(handed_over)


def _adopt(
    draft: Draft, spec: UserSpec, user: User, key: AccessKey, replaced: tuple[AccessKey, ...], now: datetime
) -> None:
    # An orphan's secret is known to nobody. One that has been used was handed over before the receipt could be written.
    _retire(draft, spec, user, replaced)
    tags = [{"Key": ACCESS_KEY_TAG, "Value": receipts.adoption(key.id, now)}]
    if key.id not in user.tags:
        tags.append({"Key": key.id, "Value": f"{receipts.OUR_DESCRIPTION} adopted {receipts.stamp(now)}"})
    line, why = f"~ receipt for access key {key.id}", "made by an interrupted run and in use since"
    draft.step("iam:TagUser", {"UserName": spec.name, "Tags": tags}, line, why)


def _make_room(
    draft: Draft, account: Account, spec: UserSpec, user: User, kept: tuple[AccessKey, ...]
) -> tuple[AccessKey, ...]:
    """Deletes the oldest inactive key where the quota has no room beside it; one that is active may be in use, however
    old it is. Gives the keys that stay."""
    idle = sorted((key for key in kept if not key.active), key=lambda key: (str(key.created), key.id))
    if len(kept) < _keys_allowed(account) or not idle:
        return kept
    _delete_key(draft, spec, idle[0], "it is inactive and takes the place of the new one (rotate_keys)")
    _forget(draft, spec, [tag for tag in user.tags if tag == idle[0].id], idle[0].id)
    return tuple(key for key in kept if key != idle[0])


def _keys_allowed(account: Account) -> int:
    return account.quota("AccessKeysPerUserQuota") or KEYS_PER_USER


def _retire(draft: Draft, spec: UserSpec, user: User, replaced: tuple[AccessKey, ...]) -> None:
    """Deletes the keys that the new one replaces, and takes away our descriptions of keys that are gone; a killed run
    may have left one behind."""
    for key in replaced:
        _delete_key(draft, spec, key, "its secret was said to be lost (reissue)")
    keys = () if isinstance(user.access_keys, Unread) else user.access_keys
    left = {key.id for key in keys if key not in replaced}
    described = [tag for tag, text in user.tags.items() if is_key_id(tag) and text.startswith(receipts.OUR_DESCRIPTION)]
    gone = [key_id for key_id in described if key_id not in left]
    _forget(draft, spec, gone, ", ".join(gone))


def _forget(draft: Draft, spec: UserSpec, tags: list[str], keys: str) -> None:
    """Takes away the tags that speak of keys that are gone, as the console does."""
    if tags:
        line = f"- receipt for access key {keys}"
        draft.step("iam:UntagUser", {"UserName": spec.name, "TagKeys": tags}, line, "the key is gone")


def _delete_key(draft: Draft, spec: UserSpec, key: AccessKey, why: str) -> None:
    draft.step("iam:DeleteAccessKey", {"UserName": spec.name, "AccessKeyId": key.id}, f"- access key {key.id}", why)


def _create_key(
    draft: Draft,
    account: Account,
    spec: UserSpec,
    user: User,
    kept: tuple[AccessKey, ...],
    replaced: tuple[AccessKey, ...],
    announce: bool,
    now: datetime,
) -> None:
    """Intent, create, store, receipt. A replaced key and its description go when the new one is stored; the receipt
    ends the intent, so it comes last."""
    allowed = _keys_allowed(account)
    if len(kept) >= allowed:
        ids = ", ".join(key.id for key in kept)
        remedy = _MAKE_ROOM if spec.access_key is not None and spec.access_key.rotate else "Delete one of them first."
        text = f"it has {len(kept)} of {allowed} access keys ({ids}) and no room for another. {remedy}"
        draft.refuse("key_quota", text)
        return
    if replaced and user.arn == account.caller_arn:
        draft.refuse("caller", "a key of the user who runs this would go in the midst of it; let somebody else do it.")
        return
    handover = usable_handover(draft, spec, ACCESS_KEY)
    if handover is None:
        return
    of_user = {"UserName": spec.name}
    if announce:
        tag = {"Key": ACCESS_KEY_TAG, "Value": receipts.intent(now, (key.id for key in replaced))}
        line, why = "~ intent to make an access key", "an interrupted run has to find it"
        draft.step("iam:TagUser", {**of_user, "Tags": [tag]}, line, why)
    line = f"+ access key, {custody(handover)}"
    draft.step("iam:CreateAccessKey", of_user, line, "no working access key", secret=ACCESS_KEY)
    store(draft, account, handover, spec.name, ACCESS_KEY)
    _retire(draft, spec, user, replaced)
    tags = [
        {"Key": ACCESS_KEY_TAG, "Value": receipts.receipt(handover.store)},
        {"Key": Later("{access_key_id}"), "Value": receipts.key_description(handover.store)},
    ]
    draft.step("iam:TagUser", {**of_user, "Tags": tags}, "+ receipt for the access key", "says where it went")


def _plan_key_by_id(
    draft: Draft, spec: UserSpec, wanted: AccessKeySpec, user: User, keys: tuple[AccessKey, ...]
) -> None:
    key = next((key for key in keys if key.id == wanted.id), None)
    if wanted.state == "absent":
        _plan_key_removal(draft, spec, wanted, user, key)
        return
    if key is None:
        draft.refuse(
            "missing_key",
            f"it has no access key {wanted.id}; it has {', '.join(key.id for key in keys) or 'none'}. Correct the id.",
        )
        return
    active = {"active": True, "inactive": False}.get(wanted.state, key.active)
    if active != key.active:
        status = "Active" if active else "Inactive"
        draft.step(
            "iam:UpdateAccessKey",
            {"UserName": spec.name, "AccessKeyId": key.id, "Status": status},
            f"~ access key {key.id}: {'Inactive -> Active' if active else 'Active -> Inactive'}",
            f"it is to be {wanted.state}",
        )


def _plan_key_removal(draft: Draft, spec: UserSpec, wanted: AccessKeySpec, user: User, key: AccessKey | None) -> None:
    """Deletes the key and what the tags say of it, also where an interrupted run has left only that."""
    if key is not None:
        _delete_key(draft, spec, key, "it is to be absent")
    found = receipts.read(user.tag(ACCESS_KEY_TAG))
    gone = [ACCESS_KEY_TAG] if found is not None and found.key_id == wanted.id else []
    _forget(draft, spec, [*gone, *(tag for tag in user.tags if tag == wanted.id)], wanted.id or "")
