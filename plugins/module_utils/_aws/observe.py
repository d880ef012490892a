# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a plan needs to know of the account, in as few calls as it takes.

A few entities are read one by one, a whole roster by GetAccountAuthorizationDetails. What only a change needs (quotas,
password rules) is read by ``complete()``, once a first plan shows that there is a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._aws import credential_report, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.administrators import read_administrators
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway, backoff
from ansible_collections.keysmith.iam.plugins.module_utils._core import names, receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import announced, is_from_list, is_settled_by_list
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    UNREAD,
    AccessKey,
    Account,
    MFADevice,
    ServiceCredential,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import final_name, find_user
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CREDENTIALS,
    PASSWORD,
    AccountSpec,
    RosterSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import subject_of

# From so many credential reads on, one credential report is fewer calls, if AWS makes a new one.
REPORT_WORTHWHILE = 20

# How often a key that may be there is looked for again, some 5 seconds in all, and until when after its tag was written
# (this machine's clock may be off by some minutes).
LOOKS = 3
JUST_NOW = timedelta(minutes=5)

Item = TypeVar("Item")

# Where AWS keeps its managed policies, most usual first
# (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html).
_AWS_POLICY_PATHS = ("", "job-function/", "service-role/")


@dataclass(frozen=True)
class Caller:
    """Who runs this, where, and what time AWS says it is; the clock of this machine may be off."""

    account_id: str
    partition: str
    arn: str
    now: datetime
    key_id: str | None = None


def identify(gateway: Gateway) -> Caller:
    """The caller, by GetCallerIdentity: the first call of every run, so a wrong credential fails here."""
    answer = gateway.read("sts:GetCallerIdentity")
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC).replace(microsecond=0)
    return Caller(answer["Account"], answer["Arn"].split(":")[1], answer["Arn"], now, gateway.signed_by)


def observe(gateway: Gateway, caller: Caller, roster: RosterSpec, threads: int) -> Account:
    """The account as far as this roster needs it. Raises AwsError."""
    account = Account(id=caller.account_id, partition=caller.partition, caller_arn=caller.arn, caller_key=caller.key_id)
    account = observe_settings(gateway, account, roster.account)
    account = _whole(gateway, account) if roster.onboarding else _one_by_one(gateway, account, roster)
    account = _policies(gateway, account, roster, threads)
    fresh = (
        credential_report.read(gateway, caller.now) if _credential_reads(account, roster) > REPORT_WORTHWHILE else {}
    )
    if fresh:
        account = _from_report(account, roster, fresh)
    account = _virtual_devices(gateway, account, roster.users)
    if roster.onboarding:
        account = _from_device_list(account, roster.users)
    account = read_credentials(gateway, account, _sources(roster.users), threads)
    return read_credentials(gateway, account, roster.users, threads)


def observe_settings(gateway: Gateway, account: Account, spec: AccountSpec | None) -> Account:
    """The account with those of its own settings that are wanted."""
    if spec is not None and spec.password_policy is not None:
        account = replace(account, password_policy=read.read_password_policy(gateway))
    if spec is not None and spec.alias is not None:
        account = replace(account, alias=read.read_alias(gateway))
    return account


def _whole(gateway: Gateway, account: Account) -> Account:
    users, groups = read.read_all(gateway)
    return replace(account, users=users, groups=groups)


def _one_by_one(gateway: Gateway, account: Account, roster: RosterSpec) -> Account:
    users, groups = {}, {}
    for spec in (*_sources(roster.users), *roster.users):
        with_groups = spec.groups is not None or spec.state == "absent" or spec.copy_from is not None
        for name in (spec.name, final_name(spec)):
            if fold(name) not in users and names.user_name_problem(name) is None:
                users[fold(name)] = read.read_user(gateway, name, groups=with_groups)
    named = [(spec.name, True) for spec in roster.groups]
    named += [(name, False) for spec in roster.users for name in spec.groups or ()]
    for name, whole in named:
        if fold(name) not in groups and names.group_name_problem(name) is None:
            groups[fold(name)] = read.read_group(gateway, name, whole)
    for name in {name for spec in roster.groups for name in spec.users or ()}:
        if fold(name) not in users and names.user_name_problem(name) is None:
            users[fold(name)] = read.read_user(gateway, name, groups=False)
    present = {key: user for key, user in users.items() if user is not None}
    return replace(account, users=present, groups={key: group for key, group in groups.items() if group is not None})


def _sources(specs: Iterable[UserSpec]) -> list[UserSpec]:
    """Who is copied from, as specs that have all read that can be copied."""
    return [UserSpec(spec.copy_from.user, groups=(), inline_policies={}) for spec in specs if spec.copy_from]


def _policies(gateway: Gateway, account: Account, roster: RosterSpec, threads: int) -> Account:
    """The ARN of every policy that the roster names, asked for once each and never by listing all of AWS's."""
    wanted = {policy for spec in (*roster.groups, *roster.users) for policy in spec.managed_policies or ()}
    wanted |= {spec.boundary for spec in roster.users if spec.boundary}
    attached = {arn for entity in (*account.users.values(), *account.groups.values()) for arn in _arns(entity)}
    known = {arn: arn for arn in attached if arn in wanted}
    # A name that is attached as AWS's own policy needs no asking; a customer's namesake never stands in for it.
    known |= {
        arn.rpartition("/")[2]: arn for arn in attached if ":iam::aws:" in arn and arn.rpartition("/")[2] in wanted
    }
    found = in_parallel(
        threads, [lambda name=name: _policy_arn(gateway, account, name) for name in sorted(wanted - set(known))]
    )
    return replace(account, policies={**known, **dict(zip(sorted(wanted - set(known)), found, strict=True))})


def _arns(entity: Any) -> tuple[str, ...]:
    return () if isinstance(entity.managed_policies, Unread) else entity.managed_policies


def _policy_arn(gateway: Gateway, account: Account, policy: str) -> str | None:
    """The policy's ARN, None when there is none. AWS's own come first, so that nobody can slip a namesake in."""
    if names.is_policy_arn(policy):
        return policy if gateway.find("iam:GetPolicy", PolicyArn=policy) else None
    if names.group_name_problem(policy) is not None:
        return None
    managed = f"arn:{account.partition}:iam::aws:policy/"
    own = account.arn("policy", "/", policy)
    for arn in (*(f"{managed}{path}{policy}" for path in _AWS_POLICY_PATHS), own):
        if gateway.find("iam:GetPolicy", PolicyArn=arn):
            return arn
    local = gateway.listing("iam:ListPolicies", "Policies", Scope="Local")
    return next((found["Arn"] for found in local if found["PolicyName"] == policy), None)


# A user's fields that take calls of their own, by the field of the spec that makes them matter.
_READ_FOR = {
    "login_profile": "console",
    "access_keys": "access_key",
    "service_credentials": "service_credentials",
    "ssh_keys": "ssh_keys",
    "certificates": "certificates",
    "mfa_devices": "mfa",
    "inline_policies": "inline_policies",
}
_PURGED = ("access_key", "service_credentials", "ssh_keys", "certificates", "mfa")
_IN_REPORT = ("login_profile", "access_keys")


def _wants(spec: UserSpec, user: User) -> list[str]:
    """The fields of this user that matter and are not read yet."""
    return [
        read_field
        for read_field, wanted in _READ_FOR.items()
        if isinstance(getattr(user, read_field), Unread) and (spec.state == "absent" or _is_wanted(spec, wanted))
    ]


def _is_wanted(spec: UserSpec, wanted: str) -> bool:
    if wanted == "inline_policies" and (spec.copy_from is not None or spec.revoke_sessions):
        return True
    return getattr(spec, wanted) is not None or (spec.purge_credentials and wanted in _PURGED)


def _credential_reads(account: Account, roster: RosterSpec) -> int:
    pairs = ((spec, account.user(spec.name)) for spec in roster.users)
    wanted = (field for spec, user in pairs if user is not None for field in _wants(spec, user))
    return sum(field in _IN_REPORT for field in wanted)


def _from_report(account: Account, roster: RosterSpec, report: credential_report.Report) -> Account:
    """Takes from a report that AWS made during this run what is settled by it; the rest is read user by user."""
    users = dict(account.users)
    for spec in roster.users:
        user = account.user(spec.name)
        row = None if user is None else report.get(user.arn)
        if user is None or row is None or spec.state == "absent":
            continue
        found = receipts.read(user.tag(ACCESS_KEY_TAG))
        key_served = row.active_key and not (found and found.pending_since) and not _by_id_or_again(spec)
        key_served = key_served and not spec.purge_credentials
        users[fold(spec.name)] = replace(
            user,
            login_profile=credential_report.PROFILE if row.password and not _again(spec) else user.login_profile,
            access_keys=credential_report.KEYS if key_served else user.access_keys,
        )
    return replace(account, users=users)


def _again(spec: UserSpec) -> bool:
    return spec.console is not None and (spec.console.reissue or spec.console.always or not spec.console.present)


def _by_id_or_again(spec: UserSpec) -> bool:
    return spec.access_key is not None and (spec.access_key.id is not None or spec.access_key.another)


def _virtual_devices(gateway: Gateway, account: Account, specs: Iterable[UserSpec]) -> Account:
    """With all virtual MFA devices: a name may be taken by another user, or by a device that nobody has enabled; and a
    user that goes may have one of an interrupted run."""
    going = [user for spec in specs if spec.state == "absent" and (user := find_user(account, spec)) is not None]
    if all(spec.mfa is None for spec in specs) and not any(announced(account, user) for user in going):
        return account
    return replace(account, virtual_devices=read.read_virtual_devices(gateway))


def _from_device_list(account: Account, specs: Iterable[UserSpec]) -> Account:
    """Takes from the list of virtual devices who has the one that is wanted, which spares a call a user."""
    listed = {} if isinstance(account.virtual_devices, Unread) else account.virtual_devices
    devices: dict[str, list[MFADevice]] = {}
    for serial, name in listed.items():
        devices.setdefault(fold(name or ""), []).append(MFADevice(serial))
    users = dict(account.users)
    for spec in specs:
        user = find_user(account, spec)
        if user is None or spec.state == "absent" or not is_settled_by_list(account, spec, user):
            continue
        users[fold(user.name)] = replace(user, mfa_devices=tuple(devices[fold(user.name)]))
    return replace(account, users=users)


def read_credentials(gateway: Gateway, account: Account, specs: Iterable[UserSpec], threads: int) -> Account:
    """The credentials of these users, where they matter and are not read, by parallel calls."""
    wanted = [
        (spec, user) for spec in specs if (user := find_user(account, spec)) is not None and any(_wants(spec, user))
    ]
    found = in_parallel(
        threads, [lambda spec=spec, user=user: _credentials(gateway, spec, user) for spec, user in wanted]
    )
    return replace(account, users={**account.users, **{fold(user.name): user for user in found}})


def _credentials(gateway: Gateway, spec: UserSpec, user: User) -> User:
    whole = spec.state != "absent"
    readers: dict[str, Callable[[], Any]] = {
        "login_profile": lambda: read.read_login_profile(gateway, user.name),
        "access_keys": lambda: _with_use(gateway, user, _keys(gateway, user)) if whole else _keys(gateway, user),
        "service_credentials": lambda: _service_credentials(gateway, user),
        "ssh_keys": lambda: read.read_ssh_keys(gateway, user.name, whole),
        "certificates": lambda: read.read_certificates(gateway, user.name),
        "mfa_devices": lambda: read.read_mfa_devices(gateway, user.name),
        "inline_policies": lambda: read.read_inline_policies(gateway, user.name),
    }
    return replace(user, **{field: readers[field]() for field in _wants(spec, user)})


def _with_use(gateway: Gateway, user: User, keys: tuple[AccessKey, ...]) -> tuple[AccessKey, ...]:
    """The keys, with the last use of those that an interrupted run may have left behind."""
    lost = receipts.orphans(receipts.read(user.tag(ACCESS_KEY_TAG)), keys)
    return tuple(replace(key, last_used=read.read_last_used(gateway, key.id)) if key in lost else key for key in keys)


def _keys(gateway: Gateway, user: User) -> tuple[AccessKey, ...]:
    """The user's keys. One that was made a moment ago may not show yet, and a key that is overlooked stays for ever:
    one of which a tag written just now speaks is looked for again, for some seconds
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency)."""
    found = receipts.read(user.tag(ACCESS_KEY_TAG))
    return _looked_for(gateway, lambda: read.read_access_keys(gateway, user.name), lambda keys: _shows(found, keys))


def _service_credentials(gateway: Gateway, user: User) -> tuple[ServiceCredential, ...]:
    """The user's service-specific credentials, looked for again as keys are, by the tag of each service."""
    found = {service: receipts.read(user.tag(receipts.tag(kind))) for service, kind in CREDENTIALS.items()}

    def all_show(have: tuple[ServiceCredential, ...]) -> bool:
        return all(_shows(found[service], tuple(one for one in have if one.service == service)) for service in found)

    return _looked_for(gateway, lambda: read.read_service_credentials(gateway, user.name), all_show)


def _shows(found: receipts.Receipt | None, have: tuple[receipts.Made, ...]) -> bool:
    """Whether that is there of which a tag written just now speaks."""
    if found is None or found.written is None or abs(datetime.now(UTC) - found.written) > JUST_NOW:
        return True
    return bool(receipts.orphans(found, have)) or any(one.id == found.key_id for one in have)


def _looked_for(
    gateway: Gateway, look: Callable[[], tuple[Item, ...]], shows: Callable[[tuple[Item, ...]], bool]
) -> tuple[Item, ...]:
    have = look()
    for attempt in range(LOOKS):
        if shows(have):
            break
        gateway.sleep(backoff(attempt, base=1.0))
        have = look()
    return have


def complete(gateway: Gateway, account: Account, roster: RosterSpec, plan: Plan, threads: int) -> Account:
    """Adds what only a change needs: the quotas, for a new password its rules and the sign-in address, and the
    credentials themselves of a user that changes and was known from the report only."""
    if not plan.steps:
        return account
    subjects = plan.by_subject()
    changing = [spec for spec in roster.users if subject_of(spec) in subjects]
    account = replace(account, users={**account.users, **_forget_report(account, changing)})
    account = read_credentials(gateway, account, changing, threads)
    if roster.users or roster.groups:
        account = replace(account, quotas=gateway.read("iam:GetAccountSummary")["SummaryMap"])
    going = [user for spec in changing if spec.state == "absent" and (user := account.user(spec.name)) is not None]
    if going:
        account = replace(account, administrators=read_administrators(gateway, account, going))
    if any(step.secret == PASSWORD for step in plan.steps):
        account = replace(account, password_policy=read.read_password_policy(gateway), alias=read.read_alias(gateway))
    return account


def observe_again(gateway: Gateway, account: Account, spec: UserSpec) -> Account:
    """The same account with this one user read anew, after a call whose answer was lost."""
    users = dict(account.users)
    for name in dict.fromkeys((spec.name, final_name(spec))):
        found = read.read_user(gateway, name, groups=True)
        users.pop(fold(name), None)
        if found is not None:
            users[fold(name)] = found
    account = _virtual_devices(gateway, replace(account, users=users), [spec])
    return read_credentials(gateway, account, [spec], threads=1)


def _forget_report(account: Account, specs: Iterable[UserSpec]) -> dict[str, User]:
    users = {fold(spec.name): account.user(spec.name) for spec in specs}
    return {
        key: replace(
            user,
            login_profile=UNREAD if user.login_profile is credential_report.PROFILE else user.login_profile,
            access_keys=UNREAD if user.access_keys is credential_report.KEYS else user.access_keys,
            mfa_devices=UNREAD if is_from_list(user) else user.mfa_devices,
        )
        for key, user in users.items()
        if user is not None
    }


def in_parallel(threads: int, calls: list[Callable[[], Any]]) -> list[Any]:
    """The calls' answers in their order; the first error is raised once the calls under way have ended."""
    if len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(max_workers=max(1, min(threads, len(calls)))) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
