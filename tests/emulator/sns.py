# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto's SNS differs from AWS: who is told by e-mail has to confirm first."""

from __future__ import annotations

from typing import Any

from moto.sns.models import sns_backends

from tests.emulator.operations import Call, operation
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import Account

# https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html and sns-email-notifications.html
_CONFIRMED_BY_HAND = ("email", "email-json", "http", "https")


@operation("sns:ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html."""
    backend = sns_backends[call.account.account_id][call.region]
    if call["TopicArn"] not in backend.topics:
        raise AwsError("NotFound", "Topic does not exist", 404)
    of_topic = [one for one in backend.subscriptions.values() if one.topic.arn == call["TopicArn"]]
    return {"Subscriptions": [_shown(one) for one in of_topic]}


@operation("sns:ListSubscriptions")
def list_subscriptions(call: Call) -> Parameters:
    every = sns_backends[call.account.account_id][call.region].subscriptions.values()
    return {"Subscriptions": [_shown(one) for one in every]}


def confirm(account: Account, endpoint: str) -> int:
    """Follow the link in each e-mail to that address, of all regions; how many there were."""
    waiting = [
        one
        for backend in sns_backends[account.account_id].values()
        for one in backend.subscriptions.values()
        if one.endpoint == endpoint and _is_pending(one)
    ]
    for one in waiting:
        one.confirmed = True
    return len(waiting)


def _is_pending(subscription: Any) -> bool:
    return subscription.protocol in _CONFIRMED_BY_HAND and not subscription.confirmed


def _shown(subscription: Any) -> dict[str, str]:
    return {
        "SubscriptionArn": "PendingConfirmation" if _is_pending(subscription) else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }
