# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a check of the emergency users looks at, each thing on its own: what is denied keeps nothing else away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._aws import credential_report, gather, observe, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, words
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gather import Seen
from ansible_collections.keysmith.iam.plugins.module_utils._aws.observe import Caller, in_parallel
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    Alarms,
    Policy,
    Rule,
    SeenUser,
    Topic,
    Unreadable,
    Wanted,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    Account,
    Group,
    PasswordPolicy,
    Unread,
    sign_in_url,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, RosterSpec

T = TypeVar("T")
Report = tuple[datetime, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Seal:
    """What IAM told: ``seen`` are the users as others show them."""

    users: Mapping[str, SeenUser | Unreadable | None]
    seen: tuple[Seen, ...]
    group: Group | Unreadable | None
    policies: Mapping[str, Policy | None]
    password_policy: PasswordPolicy | Unreadable
    report: Unreadable | None


def tried(call: Callable[[], T]) -> T | Unreadable:
    """The call's answer, or why there is none."""
    try:
        return call()
    except KeysmithError as error:
        return why(error)


def why(error: KeysmithError) -> Unreadable:
    if isinstance(error, AwsError):
        return Unreadable(f"cannot {words(error.action)}: {error.message}.", error.advice())
    first, _dot, rest = error.message.partition(". ")
    return Unreadable(f"{first.replace('Cannot', 'cannot', 1).rstrip('.')}.", rest or "Mend that and run again.")


def read_iam(gateway: Gateway, caller: Caller, wanted: Wanted, threads: int) -> Seal:
    """The users with all that they have, their group and the account's password rules."""
    looks = in_parallel(threads, [lambda name=name: tried(lambda: _look(gateway, name)) for name in wanted.users])
    report = tried(lambda: credential_report.read_newest(gateway))
    found = {name: _seen_user(look, report) for name, look in zip(wanted.users, looks, strict=True)}
    seen = tuple(look for look in looks if isinstance(look, Seen))
    group, policies = _group(gateway, caller, wanted, threads)
    rules = tried(lambda: read.read_password_policy(gateway))
    return Seal(found, seen, group, policies, rules, report if isinstance(report, Unreadable) else None)


def sign_in_urls(gateway: Gateway, caller: Caller) -> tuple[str, ...]:
    """Where the account's users sign in: by its number, which always holds, and by its alias. Raises AwsError."""
    by_number = Account(caller.account_id, caller.partition)
    return tuple(sign_in_url(one) for one in (by_number, replace(by_number, alias=read.read_alias(gateway))))


def _look(gateway: Gateway, name: str) -> Seen | None:
    return next(iter(gather.named_users(gateway, [name], gather.LIVE, 1).users), None)


def _seen_user(look: Seen | Unreadable | None, report: Report | Unreadable) -> SeenUser | Unreadable | None:
    if not isinstance(look, Seen):
        return look
    used = None if isinstance(look.password_last_used, Unread) else look.password_last_used
    denied = {kind: why(error) for kind, error in look.denied.items()}
    if isinstance(report, Unreadable):
        return SeenUser(look.user, used, denied)
    made, rows = report
    return SeenUser(look.user, used, denied, _date(rows.get(look.user.arn, {}).get("password_last_changed")), made)


def _date(text: str | None) -> datetime | None:
    """A date of the report, which says N/A and the like where there is none."""
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return None


def _group(
    gateway: Gateway, caller: Caller, wanted: Wanted, threads: int
) -> tuple[Group | Unreadable | None, dict[str, Policy | None]]:
    roster = RosterSpec(groups=(GroupSpec(wanted.group, managed_policies=wanted.managed_policies),))
    account = tried(lambda: observe.observe(gateway, caller, roster, threads))
    if isinstance(account, Unreadable):
        return account, {}
    arns = {name: account.policies.get(name) for name in wanted.managed_policies}
    policies = tried(lambda: {name: _policy(gateway, arn) for name, arn in arns.items()})
    return (policies, {}) if isinstance(policies, Unreadable) else (account.group(wanted.group), policies)


def _policy(gateway: Gateway, arn: str | None) -> Policy | None:
    if arn is None or ":iam::aws:" in arn:
        return None if arn is None else Policy(arn)
    found = gateway.find("iam:GetPolicy", PolicyArn=arn)
    return None if found is None else Policy(arn, found["Policy"]["UpdateDate"])


def read_alarms(gateway: Gateway, prefix: str) -> Alarms:
    """The rules of one region whose names begin so, and the SNS topics that they tell. Raises AwsError.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html
    """
    rules = {found["Name"]: _rule(gateway, found) for found in _pages(gateway, "ListRules", "Rules", NamePrefix=prefix)}
    arns = {arn for rule in rules.values() for arn in rule.targets if arn.split(":")[2] == "sns"}
    return Alarms(rules, {arn: tried(lambda arn=arn: _topic(gateway, arn)) for arn in sorted(arns)})


def _rule(gateway: Gateway, found: Mapping[str, Any]) -> Rule:
    targets = _pages(gateway, "ListTargetsByRule", "Targets", Rule=found["Name"])
    return Rule(found["State"], found.get("EventPattern") or "{}", tuple(target["Arn"] for target in targets))


def _pages(gateway: Gateway, operation: str, key: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = gateway.read(f"events:{operation}", **parameters, **more)
        yield from page[key]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _topic(gateway: Gateway, arn: str) -> Topic | None:
    """Who is told. A subscription that is not confirmed has no ARN yet
    (https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html)."""
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        try:
            page = gateway.read("sns:ListSubscriptionsByTopic", TopicArn=arn, **more)
        except AwsError as error:
            if error.code != "NotFound":
                raise
            return None
        found += [one["SubscriptionArn"] for one in page["Subscriptions"]]
        if not page.get("NextToken"):
            return Topic(sum(one.startswith("arn:") for one in found), found.count("PendingConfirmation"))
        more = {"NextToken": page["NextToken"]}


def read_secret(gateway: Gateway, store: str, address: str) -> str | None:
    """The sealed text in a store of AWS's, None where there is none. Raises AwsError, with no text of it."""
    if store == "ssm_parameter":
        found = gateway.find("ssm:GetParameter", Name=address, WithDecryption=True)
        return None if found is None else found["Parameter"]["Value"]
    found = gateway.find("secretsmanager:GetSecretValue", SecretId=address)
    return None if found is None else found.get("SecretString", "")


def regions(gateways: Mapping[str, Gateway], prefix: str, threads: int) -> dict[str, Alarms | Unreadable]:
    """The alarms of each region."""
    calls: Sequence[Callable[[], Alarms | Unreadable]] = [
        lambda gateway=gateway: tried(lambda: read_alarms(gateway, prefix)) for gateway in gateways.values()
    ]
    return dict(zip(gateways, in_parallel(threads, list(calls)), strict=True))
