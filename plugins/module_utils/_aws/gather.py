# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything about one, some or all users and groups, for those who only look.

What the account's lists hold comes from them, a page at a time; what AWS tells user by user only is read so, for the
kinds that are asked for. A kind that the caller may not read is told as denied, never as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._aws import credential_report, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.observe import in_parallel
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Group, Unread, User, fold

T = TypeVar("T")

# Up to so many named users or groups are read one by one; for more, the account's lists are fewer calls.
FEW = 3
# How often what changes while it is read is read again.
TRIES = 3
_ALL = "iam:GetAccountAuthorizationDetails"
_OF_ONE_THING = ("iam:GetUserPolicy", "iam:GetGroupPolicy", "iam:GetSSHPublicKey")

# Kinds that AWS tells user by user, with the call that tells. The first two the account's lists hold as well.
LISTED = {"groups": "iam:ListGroupsForUser", "policies": "iam:ListAttachedUserPolicies"}
BY_USER = {
    "login_profile": "iam:GetLoginProfile",
    "access_keys": "iam:ListAccessKeys",
    "access_key_last_used": "iam:GetAccessKeyLastUsed",
    "ssh_public_keys": "iam:ListSSHPublicKeys",
    "signing_certificates": "iam:ListSigningCertificates",
    "service_specific_credentials": "iam:ListServiceSpecificCredentials",
    "mfa_devices": "iam:ListMFADevices",
}
REPORT = {"credential_report": "iam:GetCredentialReport"}
KINDS = (*LISTED, *BY_USER, *REPORT)
# Everything that is so at this moment; a report may be hours old.
LIVE = (*LISTED, *BY_USER)


@dataclass(frozen=True)
class KeyUse:
    """When, by what service and where an access key was last used; all None for one that never was."""

    date: datetime | None = None
    service: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Seen:
    """One user as far as it was read. ``key_uses`` is by access key id. ``denied`` is by kind why it could not be read;
    ``report`` is the user's row of the credential report, empty for a user that the report does not know."""

    user: User
    password_last_used: datetime | Unread | None = UNREAD
    key_uses: Mapping[str, KeyUse] | Unread = UNREAD
    report: Mapping[str, str] | Unread = UNREAD
    denied: Mapping[str, AwsError] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What was seen: the users, the names that were asked for and are not there, which call told each kind, and when
    AWS made the credential report."""

    users: tuple[Seen, ...]
    missing: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    report_made: datetime | None = None


def named_users(
    gateway: Gateway, names: Sequence[str], kinds: Sequence[str], threads: int, path_prefix: str = "/"
) -> Look:
    """These users, each by its own calls. Raises AwsError when a user itself may not be read."""
    found = dict(zip(names, in_parallel(threads, [partial(_named, gateway, name) for name in names]), strict=True))
    there = [seen for seen in found.values() if seen is not None and seen.user.path.startswith(path_prefix)]
    look = _complete(gateway, there, kinds, threads)
    gone = {fold(seen.user.name) for seen in there} - {fold(seen.user.name) for seen in look.users}
    missing = tuple(name for name, seen in found.items() if seen is None or fold(name) in gone)
    return replace(look, missing=missing, sources={"users": "iam:GetUser", **look.sources})


def all_users(
    gateway: Gateway,
    kinds: Sequence[str],
    threads: int,
    names: Sequence[str] | None = None,
    group: str | None = None,
    path_prefix: str = "/",
) -> Look:
    """All users, those of these names, this group or below this path, from the account's own lists."""
    users, groups = read.read_all(gateway)
    wanted = None if names is None else {fold(name) for name in names}
    chosen = [
        user
        for key, user in sorted(users.items())
        if (wanted is None or key in wanted) and user.path.startswith(path_prefix) and _is_in(user, group)
    ]
    missing = [name for name in names or () if fold(name) not in users]
    missing += [group] if group is not None and fold(group) not in groups else []
    held = dict.fromkeys(LISTED, _ALL)
    seen = _with_sign_ins(gateway, [Seen(user) for user in chosen], path_prefix)
    if "service_specific_credentials" in kinds:
        seen, done = _with_service_credentials(gateway, seen)
        held |= {"service_specific_credentials": BY_USER["service_specific_credentials"]} if done else {}
    look = _complete(gateway, seen, [kind for kind in kinds if kind not in held], threads)
    return replace(look, missing=tuple(missing), sources={"users": _ALL, **held, **look.sources})


def access_keys(gateway: Gateway, name: str | None, threads: int) -> tuple[Seen, ...]:
    """The access keys of one user or of all, with their last use. Raises AwsError when keys may not be listed."""
    names = [name] if name is not None else _user_names(gateway)
    kinds = ("access_keys", "access_key_last_used")
    look = _complete(gateway, [Seen(User(one, access_keys=UNREAD)) for one in names], kinds, threads)
    for seen in look.users:
        if "access_keys" in seen.denied:
            raise seen.denied["access_keys"]
    return look.users


def named_groups(gateway: Gateway, names: Sequence[str], threads: int) -> tuple[Group, ...]:
    """These groups as far as they are there, with their policies and members."""
    reads = [partial(read.read_group, gateway, name, whole=True) for name in names]
    found = in_parallel(threads, [partial(_settled, one) for one in reads])
    return tuple(group for group in found if group is not None)


def all_groups(gateway: Gateway, names: Sequence[str] | None = None) -> tuple[Group, ...]:
    """All groups or those of these names, with their policies and members."""
    users, groups = read.read_all(gateway)
    members: dict[str, list[str]] = {}
    for user in users.values():
        for name in () if isinstance(user.groups, Unread) else user.groups:
            members.setdefault(fold(name), []).append(user.name)
    wanted = None if names is None else {fold(name) for name in names}
    return tuple(
        replace(group, members=tuple(members.get(key, ())))
        for key, group in sorted(groups.items())
        if wanted is None or key in wanted
    )


def _named(gateway: Gateway, name: str) -> Seen | None:
    found = gateway.find("iam:GetUser", UserName=name)
    return None if found is None else Seen(read.user_of(found["User"]), found["User"].get("PasswordLastUsed"))


def _is_in(user: User, group: str | None) -> bool:
    groups = () if isinstance(user.groups, Unread) else user.groups
    return group is None or fold(group) in {fold(name) for name in groups}


def _user_names(gateway: Gateway) -> list[str]:
    return [user["UserName"] for user in gateway.listing("iam:ListUsers", "Users", MaxItems=1000)]


def _with_sign_ins(gateway: Gateway, users: Iterable[Seen], path_prefix: str) -> list[Seen]:
    """With when each password was last used, which only ListUsers and GetUser tell
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html)."""
    try:
        found = gateway.listing("iam:ListUsers", "Users", PathPrefix=path_prefix, MaxItems=1000)
    except AwsError as error:
        return _all_denied(users, "password_last_used", error)
    dates = {fold(user["UserName"]): user.get("PasswordLastUsed") for user in found}
    return [replace(seen, password_last_used=dates.get(fold(seen.user.name))) for seen in users]


def _with_service_credentials(gateway: Gateway, users: list[Seen]) -> tuple[list[Seen], bool]:
    """With the service-specific credentials of all users by one list; False where the SDK is too old to ask for it."""
    try:
        found = read.read_service_credentials_of_all(gateway)
    except AwsError as error:
        if error.code == "ParamValidationError":
            return users, False
        return _all_denied(users, "service_specific_credentials", error), True
    return [
        replace(seen, user=replace(seen.user, service_credentials=found.get(fold(seen.user.name), ())))
        for seen in users
    ], True


def _all_denied(users: Iterable[Seen], kind: str, error: AwsError) -> list[Seen]:
    """The users without this kind, if the caller may not read it; any other error is raised again."""
    if error.kind is not Kind.DENIED:
        raise error
    return [replace(seen, denied={**seen.denied, kind: error}) for seen in users]


def _complete(gateway: Gateway, users: Iterable[Seen], kinds: Sequence[str], threads: int) -> Look:
    """With the kinds that are told user by user, and with the credential report; who is gone meanwhile is left out."""
    own = [kind for kind in LIVE if kind in kinds or (kind == "access_keys" and "access_key_last_used" in kinds)]
    told = in_parallel(threads, [partial(_with_kinds, gateway, seen, own) for seen in users])
    there = [seen for seen in told if seen is not None]
    sources = {kind: {**LISTED, **BY_USER}[kind] for kind in own}
    if "credential_report" not in kinds:
        return Look(tuple(there), sources=sources)
    sources |= REPORT
    try:
        made, rows = credential_report.read_newest(gateway)
    except AwsError as error:
        return Look(tuple(_all_denied(there, "credential_report", error)), sources=sources)
    reported = tuple(replace(seen, report=rows.get(seen.user.arn, {})) for seen in there)
    return Look(reported, sources=sources, report_made=made)


def _with_kinds(gateway: Gateway, seen: Seen, kinds: Sequence[str]) -> Seen | None:
    """None for a user that was deleted meanwhile."""
    for kind in kinds:
        try:
            found = _settled(partial(_READERS[kind], gateway, seen))
        except AwsError as error:
            (seen,) = _all_denied([seen], kind, error)
            continue
        if found is None:
            return None
        seen = found
    return seen


def _settled(work: Callable[[], T]) -> T | None:
    """The work's answer, None when the user or group is gone. What lists a thing that then goes is done again."""
    for attempt in range(TRIES):
        try:
            return work()
        except AwsError as error:
            if error.kind is not Kind.MISSING or (error.action in _OF_ONE_THING and attempt == TRIES - 1):
                raise
            if error.action not in _OF_ONE_THING:
                return None
    raise AssertionError("unreachable")


def _field(name: str, reader: Callable[[Gateway, str], Any]) -> Callable[[Gateway, Seen], Seen]:
    return lambda gateway, seen: replace(seen, user=replace(seen.user, **{name: reader(gateway, seen.user.name)}))


def _groups(gateway: Gateway, name: str) -> tuple[str, ...]:
    return tuple(one["GroupName"] for one in gateway.listing("iam:ListGroupsForUser", "Groups", UserName=name))


def _policies(gateway: Gateway, seen: Seen) -> Seen:
    name = seen.user.name
    attached = gateway.listing("iam:ListAttachedUserPolicies", "AttachedPolicies", UserName=name)
    inline = read.read_inline_policies(gateway, name)
    arns = tuple(policy["PolicyArn"] for policy in attached)
    return replace(seen, user=replace(seen.user, managed_policies=arns, inline_policies=inline))


def _key_uses(gateway: Gateway, seen: Seen) -> Seen:
    if isinstance(seen.user.access_keys, Unread):
        return seen
    try:
        return replace(seen, key_uses={key.id: _key_use(gateway, key.id) for key in seen.user.access_keys})
    except AwsError as error:
        if error.kind is not Kind.DENIED:
            raise
        # AWS says the same of a key that is no longer there.
        left = {key.id for key in read.read_access_keys(gateway, seen.user.name)}
        keys = tuple(key for key in seen.user.access_keys if key.id in left)
        if keys == seen.user.access_keys:
            raise
    return _key_uses(gateway, replace(seen, user=replace(seen.user, access_keys=keys)))


def _key_use(gateway: Gateway, key_id: str) -> KeyUse:
    """AWS says N/A for the service and region of a key that was never used
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html)."""
    told = gateway.read("iam:GetAccessKeyLastUsed", AccessKeyId=key_id)["AccessKeyLastUsed"]
    where = {name: None if told.get(name) in (None, "N/A") else told[name] for name in ("ServiceName", "Region")}
    return KeyUse(told.get("LastUsedDate"), where["ServiceName"], where["Region"])


_READERS: dict[str, Callable[[Gateway, Seen], Seen]] = {
    "groups": _field("groups", _groups),
    "policies": _policies,
    "login_profile": _field("login_profile", read.read_login_profile),
    "access_keys": _field("access_keys", read.read_access_keys),
    "access_key_last_used": _key_uses,
    "ssh_public_keys": _field("ssh_keys", read.read_ssh_keys),
    "signing_certificates": _field("certificates", read.read_certificates),
    "service_specific_credentials": _field("service_credentials", read.read_service_credentials),
    "mfa_devices": _field("mfa_devices", read.read_mfa_devices),
}
