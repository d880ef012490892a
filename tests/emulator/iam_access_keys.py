# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access keys of users."""

from __future__ import annotations

from typing import Any

from tests.emulator.entities import AccessKey, User
from tests.emulator.iam_lookup import check_quota, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import AwsError, Parameters

_STATUSES = ("Active", "Inactive")


@operation("iam:CreateAccessKey")
def create_access_key(call: Call) -> Parameters:
    user = user_named(call)
    check_quota(call, "AccessKeysPerUserQuota", len(user.access_keys))
    key = AccessKey(call.account, user.name)
    user.access_keys.append(key)
    call.account.backend.access_keys[key.access_key_id] = key
    call.secrets.note("access_key", user.name, key.secret_access_key, key.access_key_id)
    return {"AccessKey": {**_shown(user, key), "SecretAccessKey": key.secret_access_key}}


@operation("iam:ListAccessKeys")
def list_access_keys(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, user.access_keys, lambda key: f"{key.create_date.isoformat()} {key.access_key_id}")
    return {"AccessKeyMetadata": [_shown(user, key) for key in page], **more}


@operation("iam:UpdateAccessKey")
def update_access_key(call: Call) -> Parameters:
    """botocore's enumeration has a third status, Expired, which belongs to service-specific credentials."""
    key = _key_named(call, user_named(call))
    if call["Status"] not in _STATUSES:
        raise refusal("ValidationError", f"Value '{call['Status']}' at 'status' is not one of {_STATUSES}")
    key.status = call["Status"]
    return {}


@operation("iam:DeleteAccessKey")
def delete_access_key(call: Call) -> Parameters:
    user = user_named(call)
    key = _key_named(call, user)
    user.access_keys.remove(key)
    del call.account.backend.access_keys[key.access_key_id]
    return {}


@operation("iam:GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html: N/A and no date when unused."""
    key = call.account.backend.access_keys.get(call["AccessKeyId"])
    if key is None:
        # AWS does not say whether another account has such a key.
        raise AwsError("AccessDenied", f"User: {call.caller.arn} is not authorized to perform: {_LAST_USED}", 403)
    used: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if key.last_used is not None:
        used = {
            "LastUsedDate": key.last_used.timestamp,
            "ServiceName": key.last_used.service,
            "Region": key.last_used.region,
        }
    return {"UserName": key.user_name, "AccessKeyLastUsed": used}


_LAST_USED = "iam:GetAccessKeyLastUsed on resource: access key"


def _key_named(call: Call, user: User) -> AccessKey:
    for key in user.access_keys:
        if key.access_key_id == call["AccessKeyId"]:
            return key
    raise refusal("NoSuchEntity", f"The Access Key with id {call['AccessKeyId']} cannot be found.")


def _shown(user: User, key: Any) -> Parameters:
    return {
        "UserName": user.name,
        "AccessKeyId": key.access_key_id,
        "Status": key.status,
        "CreateDate": key.create_date,
    }
