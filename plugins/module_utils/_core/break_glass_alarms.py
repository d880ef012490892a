# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of the alarms, region by region: the rules are there, on, name every user, and somebody is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    WARN,
    Alarms,
    Facts,
    Finding,
    Rule,
    Unreadable,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import fold

# Where AWS records the sign-in of an IAM user, whatever regions the account uses
# (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html).
SIGN_IN_REGIONS = ("us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2")
# A rule in any other state leaves read-only events out, AssumeRole among them
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html).
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
# What the patterns of the alarms consist of. Anything else, such as anything-but, lets some events pass in silence.
_WORDS = frozenset(
    [
        *("source", "detail", "type", "eventName", "userIdentity", "userName", "accessKeyId", "requestParameters"),
        *("groupName", "policyArn", "name", "rule", "stackName", "topicArn", "subscriptionArn"),
        *("$or", "prefix", "suffix", "equals-ignore-case"),
    ]
)
_DEPLOY = (
    "Run break_glass_action=provision, which deploys the alarms; with break_glass_renew_alarms=true where somebody has"
    " changed them by hand."
)


@dataclass(frozen=True)
class _Kind:
    """What a rule has to name, and whether it has to see read-only events."""

    names: str = ""
    reads: bool = False


_KINDS = {
    "sign-in": _Kind("users", reads=True),
    "sts": _Kind("users", reads=True),
    "access-key": _Kind("users", reads=True),
    "users": _Kind("users"),
    "by-user": _Kind("users"),
    "group": _Kind("group"),
    "account": _Kind(),
    "alarms": _Kind(),
}


def check_alarms(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    if wanted.regions is None:
        text = "they were not looked at, since no regions are given."
        yield Finding("alarms", WARN, "alarms", text, "Give regions.")
        return
    missing = [region for region in SIGN_IN_REGIONS if region not in wanted.regions and facts.partition == "aws"]
    if missing:
        text = f"a sign-in may be recorded in {', '.join(missing)} too, and the alarms there were not looked at."
        yield Finding("alarms", WARN, "alarms", text, "Add them to regions.")
    for region in wanted.regions:
        found = facts.alarms[region]
        if isinstance(found, Unreadable):
            yield from unread(found, f"alarms in {region}")
        else:
            yield from _region(wanted, found, f"alarms in {region}")


def _region(wanted: Wanted, found: Alarms, subject: str) -> Iterator[Finding]:
    if not found.rules:
        text = f"there is no rule whose name begins with {wanted.alarms}-."
        yield Finding("alarms", FAIL, subject, text, _DEPLOY)
        return
    for kind, has in _KINDS.items():
        name = f"{wanted.alarms}-{kind}"
        problem = _problem(wanted, found.rules.get(name), has)
        if problem:
            yield Finding("alarms", FAIL, subject, f"the rule {name} {problem}.", _DEPLOY)
    for arn in dict.fromkeys(arn for rule in found.rules.values() for arn in rule.targets):
        yield from _topic(found, arn, subject)


def _problem(wanted: Wanted, rule: Rule | None, has: _Kind) -> str | None:
    if rule is None:
        return "is not there"
    if not rule.state.startswith("ENABLED"):
        return "is off"
    if has.reads and rule.state != _ALL_EVENTS:
        return f"does not see read-only events, such as AssumeRole: its state is {rule.state}"
    pattern = json.loads(rule.pattern)
    foreign = sorted(set(_words(pattern)) - _WORDS)
    if foreign:
        return f"was altered: its pattern has {' and '.join(foreign)}, by which it may not see everything"
    named = {fold(text) for text in _strings(pattern)}
    asked = {"users": wanted.users, "group": (wanted.group,)}.get(has.names, ())
    lacks = [name for name in asked if fold(name) not in named]
    if lacks:
        return f"does not watch {' and '.join(lacks)}"
    return None if rule.targets else "tells nobody: it has no target"


def _words(pattern: Any) -> Iterator[str]:
    """The names in an event pattern: of fields, and of ways to compare."""
    for value in pattern.values() if isinstance(pattern, dict) else pattern if isinstance(pattern, list) else ():
        yield from _words(value)
    if isinstance(pattern, dict):
        yield from pattern


def _strings(pattern: Any) -> Iterator[str]:
    """The values in an event pattern."""
    if isinstance(pattern, dict):
        for value in pattern.values():
            yield from _strings(value)
    elif isinstance(pattern, list):
        for value in pattern:
            yield from _strings(value)
    elif isinstance(pattern, str):
        yield pattern


def _topic(found: Alarms, arn: str, subject: str) -> Iterator[Finding]:
    if arn not in found.topics:  # a target of another sort, which is the account's own matter
        return
    topic = found.topics[arn]
    confirm = "Have whoever is to be told follow the link in AWS's e-mail, or subscribe somebody."
    if isinstance(topic, Unreadable):
        yield from unread(topic, subject)
    elif topic is None:
        yield Finding("alarms", FAIL, subject, f"the topic {arn} is not there, so that nobody is told.", _DEPLOY)
    elif not topic.confirmed:
        text = f"the topic {arn} has no confirmed subscription, so that nobody is told."
        yield Finding("alarms", FAIL, subject, text, confirm)
    elif topic.pending:
        text = f"of the subscriptions of the topic {arn}, {topic.pending} are not confirmed."
        yield Finding("alarms", WARN, subject, text, confirm)
