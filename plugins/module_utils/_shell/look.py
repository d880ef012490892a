# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules user_info, group_info and access_key_info: what is asked for, and what was seen as results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import gather, observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gather import Look, Seen
from ansible_collections.keysmith.iam.plugins.module_utils._core import names as rules
from ansible_collections.keysmith.iam.plugins.module_utils._core.emergency import read_state
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import AccessKey, LoginProfile, Unread, fold
from ansible_collections.keysmith.iam.plugins.module_utils._shell.inform import inform
from ansible_collections.keysmith.iam.plugins.module_utils._shell.results import (
    as_access_key,
    as_group,
    as_mfa_device,
    as_service_credential,
    as_signing_certificate,
    as_ssh_public_key,
    as_user,
)

KINDS = gather.KINDS
THREADS = 10
# What amazon.aws.iam_user_info tells of each user beyond the account's lists.
_OF_MANY = ("login_profile",)

# A user's fields that are lists, the kinds that they are told as, and how each of their items is told.
_LISTS: dict[str, tuple[str, Callable[[str, Any], dict[str, Any]]]] = {
    "ssh_public_keys": ("ssh_keys", as_ssh_public_key),
    "signing_certificates": ("certificates", as_signing_certificate),
    "service_specific_credentials": ("service_credentials", as_service_credential),
    "mfa_devices": ("mfa_devices", as_mfa_device),
}
_NOTHING = ("", "N/A", "no_information", "not_supported")


def user_info(module: AnsibleAWSModule) -> NoReturn:
    inform(module, partial(_users, module.params), THREADS)


def group_info(module: AnsibleAWSModule) -> NoReturn:
    inform(module, partial(_groups, module.params), THREADS)


def access_key_info(module: AnsibleAWSModule) -> NoReturn:
    inform(module, partial(_access_keys, module.params), THREADS)


def _users(params: Mapping[str, Any], gateway: Gateway) -> dict[str, Any]:
    names = _names(params, "user", rules.user_name_problem)
    group, path = params["group"], _path(params)
    if group is not None and (problem := rules.group_name_problem(group)):
        raise KeysmithError(f"Cannot look for group {group!r}: {problem}.")
    kinds = params["gather"]
    if kinds is None:
        kinds = gather.LIVE if names is not None else _OF_MANY
    now, threads = observe.identify(gateway).now, gateway.useful_threads(THREADS)
    if names is not None and len(names) <= gather.FEW and group is None:
        look = gather.named_users(gateway, names, _spelt_out(kinds), threads, path)
    else:
        look = gather.all_users(gateway, _spelt_out(kinds), threads, names, group, path)
    return {**_told_users(look, now), "missing": list(look.missing), "source": dict(look.sources)}


def _told_users(look: Look, now: datetime) -> dict[str, Any]:
    told = {"iam_users": [as_seen(seen, now) for seen in look.users], "denied": _denied(look.users)}
    return told if look.report_made is None else {**told, "report_generated": look.report_made.isoformat()}


def _groups(params: Mapping[str, Any], gateway: Gateway) -> dict[str, Any]:
    names = _names(params, "group", rules.group_name_problem)
    path = _path(params)
    observe.identify(gateway)
    if names is not None and len(names) <= gather.FEW:
        found = gather.named_groups(gateway, names, gateway.useful_threads(THREADS))
    else:
        found = gather.all_groups(gateway, names)
    there = {fold(group.name) for group in found}
    return {
        "iam_groups": [as_group(group) for group in found if group.path.startswith(path)],
        "missing": [name for name in names or () if fold(name) not in there],
    }


def _access_keys(params: Mapping[str, Any], gateway: Gateway) -> dict[str, Any]:
    name = params["user_name"]
    if name is not None and (problem := rules.user_name_problem(name)):
        raise KeysmithError(f"Cannot look for user {name!r}: {problem}.")
    now = observe.identify(gateway).now
    users = gather.access_keys(gateway, name, gateway.useful_threads(THREADS))
    keys = [key for seen in users for key in _keys(seen, now)]
    return {
        "access_keys": sorted(keys, key=lambda key: (key["create_date"], key["access_key_id"])),
        "denied": _denied(users),
    }


def _names(params: Mapping[str, Any], what: str, problem_of: Callable[[str], str | None]) -> list[str] | None:
    """The names that are asked for, each once; None when none is. An empty list asks for nobody."""
    given = params["names"] if params["name"] is None else [params["name"]]
    if given is None:
        return None
    for name in given:
        if problem := problem_of(name):
            raise KeysmithError(f"Cannot look for {what} {name!r}: {problem}.")
    return list({fold(name): name for name in given}.values())


def _path(params: Mapping[str, Any]) -> str:
    path: str = params["path_prefix"]
    if not path.startswith("/"):
        raise KeysmithError(f"Cannot look below the path {path!r}: it must begin with /, as in /staff/.")
    return path


def _spelt_out(kinds: Sequence[str]) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind in kinds or ("all" in kinds and kind in gather.LIVE))


def _denied(users: Sequence[Seen]) -> list[str]:
    """The kinds that could not be read, for any user; a warning each says whose and which permission is missing."""
    kinds: dict[str, list[tuple[str, AwsError]]] = {}
    for seen in users:
        for kind, error in seen.denied.items():
            kinds.setdefault(kind, []).append((seen.user.name, error))
    for kind, of_whom in sorted(kinds.items()):
        more = f" and {len(of_whom) - 5} more" if len(of_whom) > 5 else ""
        whose = ", ".join(name for name, _error in of_whom[:5]) + more
        error = of_whom[0][1]
        warn(f"{kind} of {whose}: not told, since AWS denies it ({error.code}). {error.advice()}")
    return sorted(kinds)


def as_seen(seen: Seen, now: datetime) -> dict[str, Any]:
    """A user as amazon.aws.iam_user_info returns it, with every kind that was read, empty or not. What was not read, or
    was denied, is not in it."""
    user = seen.user
    told = as_user(user)
    if (state := read_state(user)) is not None:
        told["break_glass_state"] = state.name
    if isinstance(seen.password_last_used, datetime):
        told["password_last_used"] = seen.password_last_used.isoformat()
    if not isinstance(user.inline_policies, Unread):
        told["inline_policies"] = dict(sorted(user.inline_policies.items()))
    if not isinstance(user.login_profile, Unread):
        told["login_profile"] = _login_profile(user.name, user.login_profile)
    if not isinstance(user.access_keys, Unread):
        told["access_keys"] = _keys(seen, now)
    for kind, (name, told_as) in _LISTS.items():
        items: Iterable[Any] | Unread = getattr(user, name)
        if not isinstance(items, Unread):
            told[kind] = [told_as(user.name, item) for item in items]
    if not isinstance(seen.report, Unread):
        told["credential_report"] = as_report_row(seen.report, now) if seen.report else None
    if seen.denied:
        told["denied"] = sorted(seen.denied)
    return told


def _login_profile(name: str, profile: LoginProfile | None) -> dict[str, Any]:
    if profile is None or profile.created is None:
        return {}
    return {
        "create_date": profile.created.isoformat(),
        "password_reset_required": profile.reset_required,
        "user_name": name,
    }


def _keys(seen: Seen, now: datetime) -> list[dict[str, Any]]:
    keys: tuple[AccessKey, ...] = () if isinstance(seen.user.access_keys, Unread) else seen.user.access_keys
    return [{**as_access_key(seen.user.name, key), **_age(key, now), **_use(seen, key, now)} for key in keys]


def _age(key: AccessKey, now: datetime) -> dict[str, Any]:
    return {"age_days": _days(key.created, now)}


def _use(seen: Seen, key: AccessKey, now: datetime) -> dict[str, Any]:
    if isinstance(seen.key_uses, Unread) or key.id not in seen.key_uses:
        return {}
    use = seen.key_uses[key.id]
    return {
        "last_used_date": None if use.date is None else use.date.isoformat(),
        "last_used_days": _days(use.date, now),
        "last_used_region": use.region,
        "last_used_service": use.service,
    }


def _days(moment: datetime | None, now: datetime) -> int | None:
    """Whole days since then. AWS's clock may be a second behind its own dates."""
    return None if moment is None else max(0, (now - moment).days)


def as_report_row(row: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """A user's row of the credential report by what it says; its keys and certificates have no ids there
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html)."""
    dates = ("password_last_used", "password_last_changed", "password_next_rotation")
    return {
        "password_enabled": _flag(row, "password_enabled"),
        **{column: _value(row, column) for column in dates},
        "mfa_active": _flag(row, "mfa_active"),
        "access_keys": [
            _reported_key(row, f"access_key_{slot}_", now) for slot in (1, 2) if _has(row, "access_key", slot)
        ],
        "signing_certificates": [
            {"active": _flag(row, f"cert_{slot}_active"), "last_rotated": _value(row, f"cert_{slot}_last_rotated")}
            for slot in (1, 2)
            if _has(row, "cert", slot)
        ],
    }


def _has(row: Mapping[str, str], what: str, slot: int) -> bool:
    return _flag(row, f"{what}_{slot}_active") or _value(row, f"{what}_{slot}_last_rotated") is not None


def _reported_key(row: Mapping[str, str], prefix: str, now: datetime) -> dict[str, Any]:
    rotated, used = _value(row, prefix + "last_rotated"), _value(row, prefix + "last_used_date")
    return {
        "active": _flag(row, prefix + "active"),
        "age_days": None if rotated is None else _days(datetime.fromisoformat(rotated), now),
        "last_rotated": rotated,
        "last_used_date": used,
        "last_used_days": None if used is None else _days(datetime.fromisoformat(used), now),
        "last_used_region": _value(row, prefix + "last_used_region"),
        "last_used_service": _value(row, prefix + "last_used_service"),
    }


def _value(row: Mapping[str, str], column: str) -> str | None:
    value = row.get(column, "")
    return None if value in _NOTHING else value


def _flag(row: Mapping[str, str], column: str) -> bool:
    return row.get(column, "").upper() == "TRUE"
