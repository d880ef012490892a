# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's own advice as named guards: each says in one sentence which better way exists, at a level that can be set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    OWNER_TAG,
    USE_CASE_TAG,
    Account,
    Group,
    PlaceState,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.names import tag_text
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, WARN, Finding
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import allows, demands_mfa
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import final_name
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    CREDENTIALS,
    MFA_SEED,
    PASSWORD,
    RosterSpec,
    UserSpec,
)

OFF = "off"
LEVELS = (REFUSE, WARN, OFF)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
_SHARED_NAMES = frozenset(
    [
        "admin",
        "admins",
        "administrator",
        "administrators",
        "all",
        "common",
        "dev",
        "developer",
        "developers",
        "devops",
        "everyone",
        "group",
        "guest",
        "ops",
        "operations",
        "operator",
        "root",
        "service",
        "shared",
        "staff",
        "support",
        "team",
        "temp",
        "test",
        "tester",
        "testing",
        "user",
        "users",
    ]
)


def _shared_name(account: Account, spec: UserSpec) -> str | None:
    name = re.sub(r"[\d+=,.@_-]+$", "", fold(spec.name))
    if name in _SHARED_NAMES and spec.use_case != "emergency":
        return (
            f"{spec.name} reads like a name that several share; give each person and each workload a user of its own."
        )
    return None


def _console_for_workload(account: Account, spec: UserSpec) -> str | None:
    if spec.use_case == "workload" and _wants_console(spec):
        return (
            "a workload does not sign in to the console; leave console out, or make its owner a user of use_case human."
        )
    return None


def _human_without_credentials(account: Account, spec: UserSpec) -> str | None:
    wants_none = spec.access_key is None and not spec.service_credentials
    if spec.use_case == "human" and not _wants_console(spec) and wants_none:
        return "a person without console and access_key could do nothing; give console: true."
    return None


def _identity_center(account: Account, spec: UserSpec) -> str | None:
    if spec.use_case == "human" and account.identity_center is True:
        return (
            "the account has IAM Identity Center, where people sign in once and get short-lived credentials;"
            " add them there instead."
        )
    return None


def _access_key_for_human(account: Account, spec: UserSpec) -> str | None:
    if spec.use_case == "human" and spec.access_key is not None:
        return (
            "a person's access key lives long and travels far;"
            " let them use `aws login` or `aws sso login` for short-lived credentials."
        )
    return None


def _policy_on_user(account: Account, spec: UserSpec) -> str | None:
    if spec.managed_policies or spec.inline_policies:
        return "policies attached to a user escape who reviews groups; attach them to a group."
    return None


def _mfa_not_demanded(account: Account, spec: UserSpec) -> str | None:
    if spec.use_case != "human" or not _wants_console(spec) or is_mfa_demanded(account, spec):
        return None
    return "none of its groups demands MFA; put it into a group with require_mfa: true."


def _first_password_change(account: Account, spec: UserSpec) -> str | None:
    # The console attaches IAMUserChangePassword by itself in this case, the API does not
    # (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_enable-user-change.html).
    rules = account.password_policy
    if spec.console is None or not spec.console.present or not spec.console.reset_required:
        return None
    if isinstance(rules, Unread) or rules.allow_users_to_change:
        return None
    by_name = any(arn.endswith(_CHANGES_PASSWORD) for arn in _arns_of(account, spec) if ":iam::aws:" in arn)
    if by_name or any(allows(document, "iam:ChangePassword") for document in _group_documents(account, spec)):
        return None
    return (
        "it has to change its password at the first sign-in, and no rule of the account or policy lets it;"
        " put it into a group with require_mfa: true, or attach IAMUserChangePassword to one of its groups."
    )


def is_mfa_demanded(account: Account, spec: UserSpec) -> bool:
    """Whether one of the groups that the user is or will be in denies something without MFA."""
    return demands_mfa(_group_documents(account, spec))


def _workload_without_justification(account: Account, spec: UserSpec) -> str | None:
    if spec.use_case == "workload" and not spec.justification:
        return "nothing says why this workload cannot assume a role; say it in justification, or use a role."
    return None


def _split_custody(account: Account, spec: UserSpec) -> str | None:
    """One person is one public key; whoever has two keys cannot be seen here."""
    if spec.use_case != "emergency" or not _wants_console(spec) or spec.mfa is None:
        return None
    password, seed = spec.handover_for(PASSWORD), spec.handover_for(MFA_SEED)
    if password is None or seed is None:
        return None
    both = [label for label, key in zip(seed.labels, seed.keys, strict=True) if key in password.keys]
    if both:
        verb = "opens" if len(both) == 1 else "open"
        return (
            f"{' and '.join(both)} {verb} both its password and its MFA seed, so that one person could sign in alone;"
            " seal the seed to others, by mfa_handover."
        )
    if not password.seal_to and not seed.seal_to:
        return (
            "neither its password nor its MFA seed is sealed, so that whoever reads the store can sign in alone;"
            " seal each to people of its own, by handover and mfa_handover."
        )
    return None


def _handover_outlives_job(account: Account, spec: UserSpec) -> str | None:
    """Only the places of what is to be handed over were looked at."""
    kinds = {kind: spec.handover_for(kind) for kind in (PASSWORD, ACCESS_KEY, MFA_SEED, *CREDENTIALS.values())}
    places = {
        handover.place(account.id, final_name(spec), kind) for kind, handover in kinds.items() if handover is not None
    }
    if not any(account.places.get(place, PlaceState()).fleeting for place in places):
        return None
    return (
        "what is handed over goes into a file that is gone with this job's container; use the store secretsmanager or"
        " ssm_parameter, or a path on a volume that is mounted into the container."
    )


def _emergency_user(account: Account, spec: UserSpec) -> str | None:
    """A form may name anybody: the keys of an emergency user would go to whoever filled it in."""
    user = account.user(spec.name)
    if user is None or user.tag(USE_CASE_TAG) != "emergency" or spec.use_case == "emergency":
        return None
    return "it is an emergency user, and would be changed as another; choose another name, or give use_case: emergency."


def _wants_console(spec: UserSpec) -> bool:
    return spec.console is not None and spec.console.present


def _groups_of(account: Account, spec: UserSpec) -> Iterator[Group]:
    """The groups that the user is or will be in."""
    user = account.user(spec.name)
    leaves = spec.groups is not None and spec.purge_groups
    current = () if user is None or isinstance(user.groups, Unread) or leaves else user.groups
    yield from filter(None, map(account.group, {*(spec.groups or ()), *current}))


def _arns_of(account: Account, spec: UserSpec) -> set[str]:
    """The managed policies of the user's groups and of the user."""
    user = account.user(spec.name)
    holders: list[Group | User] = [*_groups_of(account, spec), *([] if user is None else [user])]
    held = {
        arn for holder in holders if not isinstance(holder.managed_policies, Unread) for arn in holder.managed_policies
    }
    return held | {account.policies.get(policy) or policy for policy in spec.managed_policies or ()}


def _group_documents(account: Account, spec: UserSpec) -> Iterator[Mapping[str, object]]:
    for group in _groups_of(account, spec):
        yield from () if isinstance(group.inline_policies, Unread) else group.inline_policies.values()
        for arn in () if isinstance(group.managed_policies, Unread) else group.managed_policies:
            if arn in account.policy_documents:
                yield account.policy_documents[arn]


# AWS's own policies that allow iam:ChangePassword.
_CHANGES_PASSWORD = ("/IAMUserChangePassword", "/AdministratorAccess", "/IAMFullAccess")

Guard = Callable[[Account, UserSpec], "str | None"]

_PER_USER: dict[str, tuple[str, Guard]] = {
    "shared_name": (REFUSE, _shared_name),
    "console_for_workload": (REFUSE, _console_for_workload),
    "human_without_credentials": (REFUSE, _human_without_credentials),
    "identity_center": (WARN, _identity_center),
    "access_key_for_human": (WARN, _access_key_for_human),
    "policy_on_user": (WARN, _policy_on_user),
    "mfa_not_demanded": (WARN, _mfa_not_demanded),
    "first_password_change": (WARN, _first_password_change),
    "workload_without_justification": (WARN, _workload_without_justification),
    "split_custody": (REFUSE, _split_custody),
    "handover_outlives_job": (WARN, _handover_outlives_job),
    "emergency_user": (REFUSE, _emergency_user),
}

DEFAULT_LEVELS: dict[str, str] = {
    "one_owner": REFUSE,
    **{name: level for name, (level, _guard) in _PER_USER.items()},
    "emergency_pair": WARN,
    "existing_user": OFF,
}


def check_guards(
    account: Account, roster: RosterSpec, changing: frozenset[str], given: frozenset[str] = frozenset()
) -> list[Finding]:
    """What the guards say about the roster. A warning is told only for the users in ``changing`` (subjects that the
    plan touches): who was onboarded already is not nagged about on every run. ``given`` are those who get a secret."""
    levels = {**DEFAULT_LEVELS, **roster.guards}
    present = [spec for spec in roster.users if spec.state == "present"]
    found = []
    for spec in present:
        for name, (_level, guard) in _PER_USER.items():
            text = guard(account, spec) if levels[name] != OFF else None
            if text:
                found.append(Finding(name, levels[name], f"user {spec.name}", text))
    for name, of_roster in (("one_owner", _one_owner), ("emergency_pair", _emergency_pair)):
        if levels[name] != OFF:
            found += [replace(finding, level=levels[name]) for finding in of_roster(account, roster)]
    if levels["existing_user"] != OFF:
        names = [spec.name for spec in present if f"user {spec.name}" in given and _is_settled(account, spec)]
        found += [Finding("existing_user", levels["existing_user"], f"user {name}", _EXISTING) for name in names]
    return [finding for finding in found if finding.level == REFUSE or finding.subject in changing]


# For a form: it may name anybody, and the keys of that user would go to whoever filled it in.
_EXISTING = (
    "it is there already, and a new credential of it would be handed to whoever is named here; choose another name,"
    " have it onboarded from a roster that is reviewed, or set the guard existing_user to warn."
)


def _is_settled(account: Account, spec: UserSpec) -> bool:
    """Whether the user is there, and not because an interrupted run has announced what it was about to make."""
    user = account.user(spec.name)
    tags = map(receipts.tag, (ACCESS_KEY, MFA_SEED, *CREDENTIALS.values()))
    return user is not None and not any((user.tag(name) or "").startswith("pending ") for name in tags)


def check_stores(account: Account, roster: RosterSpec) -> list[Finding]:
    """The one guard that modules for single users ask too, since what it warns of is lost for good."""
    guard = "handover_outlives_job"
    told = ((spec, _handover_outlives_job(account, spec)) for spec in roster.users if spec.state == "present")
    return [Finding(guard, DEFAULT_LEVELS[guard], f"user {spec.name}", text) for spec, text in told if text]


def _one_owner(account: Account, roster: RosterSpec) -> list[Finding]:
    """One user a person: an owner stands for one user, in the roster and in the account."""
    specs = {fold(spec.name): spec for spec in roster.users}
    owners: dict[str, str] = {}
    for user in account.users.values():
        spec = specs.get(fold(user.name))
        owner = user.tag(OWNER_TAG)
        if owner and (spec is None or (spec.state == "present" and not spec.owner)):
            owners[fold(owner)] = user.name
    found = []
    for spec in roster.users:
        if spec.state != "present" or not spec.owner:
            continue
        first = owners.setdefault(fold(tag_text(spec.owner)), spec.name)
        if fold(first) != fold(spec.name):
            text = (
                f"its owner {spec.owner} has the user {first} already;"
                " give each user an owner of its own, or set the guard one_owner to warn."
            )
            found.append(Finding("one_owner", REFUSE, f"user {spec.name}", text))
    return found


def _emergency_pair(account: Account, roster: RosterSpec) -> list[Finding]:
    """Two emergency users, in the roster or in the account: one whose device breaks must not be the only way in."""
    specs = {fold(spec.name): spec for spec in roster.users}
    there = {key for key, user in account.users.items() if user.tag(USE_CASE_TAG) == "emergency" and key not in specs}
    mine = {key: spec for key, spec in specs.items() if spec.use_case == "emergency" and spec.state == "present"}
    if len({*there, *mine}) > 1:
        return []
    text = "it is the account's only emergency user, and nobody gets in if that fails; have two, with other custodians."
    return [Finding("emergency_pair", WARN, f"user {spec.name}", text) for spec in mine.values()]


def check_removals(account: Account, roster: RosterSpec) -> list[Finding]:
    """Who is the last to administer the account is not removed, nor all who do at once."""
    if isinstance(account.administrators, Unread):
        return []
    going = {fold(spec.name) for spec in roster.users if spec.state == "absent"}
    if not all(fold(name) in going for name in account.administrators):
        return []
    text = (
        "it is the last user with AdministratorAccess that can sign in; give that to somebody else with a console"
        " password or an active access key first."
    )
    return [Finding("last_administrator", REFUSE, f"user {name}", text) for name in account.administrators]


def unknown_guards(levels: Mapping[str, str]) -> list[str]:
    """One sentence for each guard or level that does not exist."""
    problems = [
        f"there is no guard {name}; the guards are {', '.join(DEFAULT_LEVELS)}."
        for name in levels
        if name not in DEFAULT_LEVELS
    ]
    problems += [
        f"guard {name} has no level {level}; use {', '.join(LEVELS)}."
        for name, level in levels.items()
        if level not in LEVELS
    ]
    return problems
