# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The resources that stacks can be made of, on moto's backends. Each is made, and unmade by what making it gave.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.events.models import events_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends


@dataclass(frozen=True)
class Where:
    account_id: str
    region: str


@dataclass(frozen=True)
class Made:
    """`identifier` is what Ref gives; `attributes` what GetAtt gives; `undo` deletes it."""

    identifier: str
    undo: Callable[[], Any]
    attributes: dict[str, str]


def _topic(where: Where, given: dict[str, Any]) -> Made:
    backend = sns_backends[where.account_id][where.region]
    topic = backend.create_topic(given["TopicName"], {"DisplayName": given.get("DisplayName", "")})
    return Made(topic.arn, lambda: backend.delete_topic(topic.arn), {"TopicName": topic.name})


def _topic_policy(where: Where, given: dict[str, Any]) -> Made:
    backend = sns_backends[where.account_id][where.region]
    for arn in given["Topics"]:
        backend.set_topic_attribute(arn, "policy", json.dumps(given["PolicyDocument"]))
    return Made(f"policy-{uuid.uuid4()}", lambda: None, {})


def _subscription(where: Where, given: dict[str, Any]) -> Made:
    backend = sns_backends[where.account_id][where.region]
    subscription = backend.subscribe(given["TopicArn"], given["Endpoint"], given["Protocol"])
    if given.get("RawMessageDelivery"):
        backend.set_subscription_attributes(subscription.arn, "RawMessageDelivery", "true")
    return Made(subscription.arn, lambda: backend.unsubscribe(subscription.arn), {})


def _queue(where: Where, given: dict[str, Any]) -> Made:
    backend = sqs_backends[where.account_id][where.region]
    attributes = {name: str(value) for name, value in given.items() if name == "MessageRetentionPeriod"}
    queue: Any = backend.create_queue(given["QueueName"], **attributes)
    url = f"https://sqs.{where.region}.amazonaws.com/{where.account_id}/{queue.name}"
    return Made(url, lambda: backend.queues.pop(queue.name, None), {"Arn": queue.queue_arn, "QueueName": queue.name})


def _queue_policy(where: Where, given: dict[str, Any]) -> Made:
    backend = sqs_backends[where.account_id][where.region]
    for url in given["Queues"]:
        backend.set_queue_attributes(url.rpartition("/")[2], {"Policy": json.dumps(given["PolicyDocument"])})
    return Made(f"policy-{uuid.uuid4()}", lambda: None, {})


def _rule(where: Where, given: dict[str, Any]) -> Made:
    """EventPattern may be an object or its JSON text."""
    backend = events_backends[where.account_id][where.region]
    pattern = given["EventPattern"]
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    rule = backend.put_rule(given["Name"], given.get("Description"), None, text, state=given.get("State", "ENABLED"))
    backend.put_targets(rule.name, "default", given["Targets"])

    def undo() -> None:
        # One that somebody deleted by hand does not hinder CloudFormation.
        if rule.name in backend.event_buses["default"].rules:
            backend.remove_targets(rule.name, "default", [target["Id"] for target in given["Targets"]])
            backend.delete_rule(rule.name, "default")

    return Made(rule.name, undo, {"Arn": rule.arn})


MAKERS: dict[str, Callable[[Where, dict[str, Any]], Made]] = {
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Events::Rule": _rule,
}
