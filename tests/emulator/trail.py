# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudTrail records of management events, and EventBridge's rules that match a record.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from moto.events.models import events_backends
from moto.sns.exceptions import SNSNotFoundError
from moto.sns.models import sns_backends

from tests.emulator.journal import MASK
from tests.emulator.protocol import iso
from tests.emulator.state import CLOCK, Account, Caller, World
from tests.emulator.trail_settings import HOME, is_logged

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_KEPT = 50_000
# Data events, which LookupEvents does not have: what is done with objects, messages and one's own events.
_DATA = frozenset({"sns:Publish", "sns:PublishBatch", "events:PutEvents"})
_DATA_OF = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage")
_OF_OBJECTS = frozenset({"s3:GetObject", "s3:PutObject", "s3:HeadObject", "s3:DeleteObject", "s3:DeleteObjects"})
_REFUSALS = ("AccessDenied", "AccessDeniedException")
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@dataclass(frozen=True)
class Record:
    """One event; `shown` is when LookupEvents starts to have it."""

    moment: datetime
    shown: datetime
    region: str
    user_name: str
    read_only: bool
    content: dict[str, Any]


@dataclass(eq=False)
class Trail:
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=_KEPT))


_trails: WeakKeyDictionary[Account, Trail] = WeakKeyDictionary()


def trail_of(account: Account) -> Trail:
    return _trails.setdefault(account, Trail())


def note_call(world: World, caller: Caller, entry: dict[str, Any], request_id: str) -> None:
    """Keep a call that the journal has; a call that was not performed leaves no record, save when it was denied."""
    action, outcome = entry["action"], entry["outcome"]
    service, _, operation = action.partition(":")
    if action in _DATA | _OF_OBJECTS or action.startswith(_DATA_OF) or " " in operation:
        return
    if outcome != "ok" and outcome not in _REFUSALS:
        return
    content = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": _lowered(entry["parameters"]) or None,
        "responseElements": None,
        "readOnly": not entry["write"],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "requestID": request_id,
    }
    if outcome != "ok":
        content["errorCode"] = "AccessDenied"
    # IAM is one for the partition: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
    region = HOME.get(caller.account.partition, "us-east-1") if service == "iam" else caller.region
    _keep(world, caller.account, region, content)


def note_sign_in(world: World, account: Account, region: str, name: str, outcome: dict[str, bool]) -> None:
    """The console's own record. A name that no user has is not written down, for it may be a password.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    user = account.backend.users.get(name)
    identity = {"type": "IAMUser", "accountId": account.account_id, "userName": user.name if user else HIDDEN}
    if user and outcome["ok"]:
        identity |= {"principalId": user.id, "arn": user.arn}
    content = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success" if outcome["ok"] else "Failure"},
        "additionalEventData": {"MFAUsed": "Yes" if outcome["mfa_required"] else "No", "MobileVersion": "No"},
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
    }
    if not outcome["ok"]:
        content["errorMessage"] = "Failed authentication" if user else "No username found in supplied account"
    _keep(world, account, region, content)


def _keep(world: World, account: Account, region: str, content: dict[str, Any]) -> None:
    now = CLOCK.now()
    about = {"eventID": str(uuid.uuid4()), "eventTime": iso(now), "awsRegion": region}
    content |= about | {"recipientAccountId": account.account_id, "eventCategory": "Management"}
    identity = content["userIdentity"]
    name = identity.get("userName") or identity["arn"].rpartition("/")[2]
    record = Record(now, now + world.trail_delay, region, name, content["readOnly"], content)
    trail_of(account).records.append(record)
    _deliver(account, record)


def _identity(caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html."""
    kind = "IAMUser" if caller.user is not None else "AssumedRole"
    identity = {"type": kind, "principalId": caller.user_id, "arn": caller.arn, "accountId": caller.account.account_id}
    identity["accessKeyId"] = caller.access_key_id
    if caller.user is not None:
        identity["userName"] = caller.user.name
    return identity


def _lowered(value: Any) -> Any:
    """Parameters as CloudTrail writes them: `userName`, not `UserName`, and no secret."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lowered(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_lowered(one) for one in value]
    return HIDDEN if value == MASK else value


def _deliver(account: Account, record: Record) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html."""
    rules = events_backends[account.account_id][record.region].event_buses["default"].rules
    states = (_ALL_EVENTS,) if record.read_only else (_ALL_EVENTS, "ENABLED")
    listening = [rule for rule in rules.values() if rule.state in states and rule.event_pattern]
    if listening and is_logged(account, record.region, record.content):
        event = _event(account, record)
        targets = [target for rule in listening if rule.event_pattern.matches_event(event) for target in rule.targets]
        for target in targets:
            _send(account, target, event)


def _event(account: Account, record: Record) -> Any:
    kind = "AWS Console Sign In" if record.content["eventType"] == "AwsConsoleSignIn" else "AWS API Call"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": f"{kind} via CloudTrail",
        "source": f"aws.{record.content['eventSource'].partition('.')[0]}",
        "account": account.account_id,
        "time": iso(record.moment),
        "region": record.region,
        "resources": [],
        "detail": record.content,
    }


def _send(account: Account, target: dict[str, Any], event: Any) -> None:
    """To a topic of the rule's own region, as text or by the target's template."""
    text = json.dumps(event)
    if "InputTransformer" in target:
        text = target["InputTransformer"]["InputTemplate"].replace("<aws.events.event.json>", text)
    service, region = target["Arn"].split(":")[2:4]
    if service == "sns" and region == event["region"]:
        # EventBridge drops what a target that is gone cannot take.
        with suppress(SNSNotFoundError):
            sns_backends[account.account_id][region].publish(text, target["Arn"])
