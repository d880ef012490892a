# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users did in a span of time, in several regions, and a notice to who should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.activity import events_of
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import gateway_of, guarded

# Where the console signs IAM users in who come by the global address
# (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html).
SIGN_IN_REGIONS = ["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"]

REGIONS = {"type": "list", "elements": "str", "default": SIGN_IN_REGIONS}


def user_activity_info(module: AnsibleAWSModule) -> NoReturn:
    """The events of some users between two moments."""
    module.exit_json(changed=False, **guarded(module, lambda: _activity(module)))


def _activity(module: AnsibleAWSModule) -> dict[str, Any]:
    params = module.params
    now = observe.identify(gateway_of(module, 1)).now
    since, until = _moment("since", params["since"]), _moment("until", params["until"]) or now
    if since is None or since >= until:
        raise KeysmithError("Cannot look for events: since must be a moment before until. Correct one of them.")
    found: list[dict[str, Any]] = []
    denied = []
    for region in dict.fromkeys(params["regions"]):
        gateway = gateway_of(module, 1, in_region=region)
        try:
            for user in dict.fromkeys(params["user_names"]):
                found += events_of(gateway, region, user, since, until)
        except AwsError as error:
            if error.kind is not Kind.DENIED:
                raise
            denied.append(region)
            warn(f"events of {region}: not told, since AWS denies it ({error.code}). {error.advice()}")
    found.sort(key=lambda event: (event["time"], event["event_id"]))
    return {
        "events": found,
        "counts": dict(sorted(Counter(event["event_name"] for event in found).items())),
        "denied": denied,
        "since": since.isoformat(),
        "until": until.isoformat(),
    }


def _moment(option: str, text: str | None) -> datetime | None:
    """A moment as ISO 8601; one that names no offset is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise KeysmithError(f"Cannot read {option}={text!r}: give a moment like 2026-11-22T10:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def sns_publish(module: AnsibleAWSModule) -> NoReturn:
    """Publishes one message; in check mode it tells that it would."""
    params = dict(module.params)
    region = _topic_region(params["topic_arn"])
    if region is None:
        msg = (
            f"Cannot publish to {params['topic_arn']!r}: that is no topic's ARN, arn:aws:sns:<region>:<account>:<name>."
        )
        module.fail_json(msg=msg, changed=False)
    told: dict[str, Any] = {"changed": True, "actions": {"sns:Publish": 1}}
    if not module.check_mode:
        gateway = gateway_of(module, 1, in_region=region)
        told["message_id"] = guarded(module, lambda: _publish(gateway, params))
    module.exit_json(**told)


def _publish(gateway: Gateway, params: Mapping[str, Any]) -> str:
    parameters = {"TopicArn": params["topic_arn"], "Message": params["text"]}
    if params["subject"] is not None:
        parameters["Subject"] = params["subject"]
    message_id: str = gateway.write("sns:Publish", parameters)["MessageId"]
    return message_id


def _topic_region(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[3] if len(parts) == 6 and parts[2] == "sns" and parts[3] and parts[5] else None
