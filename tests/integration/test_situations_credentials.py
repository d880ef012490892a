# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules login_profile and access_key in every situation: given, generated, reissued, by id, taken away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.fresh import all_tags
from tests.integration.given import OLD_PASSWORD, both, key, user
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

NEW_PASSWORD = "quite 'another' One, at 5 %"
JANE = {"UserName": "jane"}
NAME = {"user_name": "jane"}
TO_FILE = {"handover": {"store": "file", "seal_to": ["<AGE>"], "path": "<TMP>/out/"}}
TO_RESULT = {"handover": {"store": "result", "seal_to": ["<AGE>"]}}
TO_MANAGER = {"handover": {"store": "secretsmanager", "name": "iam/{user}/{kind}"}, "region": "us-east-1"}
RECEIPT = "file sha256:0123456789abcdef 2026-01-01T00:00:00Z"


def secret(kind: str) -> Any:
    """Give an earlier text in Secrets Manager, by a client of the same account."""

    def given(iam: Any) -> None:
        credentials = iam._request_signer._credentials
        import boto3

        boto3.client(
            "secretsmanager",
            endpoint_url=iam.meta.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
        ).create_secret(Name=f"iam/jane/{kind}", SecretString="an earlier text")

    return given


PUT_KEY = call("secretsmanager:PutSecretValue", SecretId="iam/jane/access-key")
PUT_PASSWORD = call("secretsmanager:PutSecretValue", SecretId="iam/jane/console-password", VersionStages=["AWSPENDING"])
PROMOTE = call(
    "secretsmanager:UpdateSecretVersionStage", SecretId="iam/jane/console-password", VersionStage="AWSCURRENT"
)

LOGIN_PROFILE = [
    Situation(
        "given",
        {**NAME, "password": NEW_PASSWORD, "password_reset_required": False},
        [call("CreateLoginProfile", PasswordResetRequired=False, **JANE)],
        user(),
        secrets=[NEW_PASSWORD],
    ),
    Situation("given, has one", {**NAME, "password": NEW_PASSWORD}, [], user(password=OLD_PASSWORD)),
    Situation(
        "given, always",
        {**NAME, "password": NEW_PASSWORD, "update_password": "always"},
        [call("UpdateLoginProfile", PasswordResetRequired=True, **JANE)],
        user(password=OLD_PASSWORD),
        again=True,
        secrets=[NEW_PASSWORD],
    ),
    Situation("generated to a file", {**NAME, **TO_FILE}, [call("CreateLoginProfile", **JANE)], user()),
    Situation("generated to the result", {**NAME, **TO_RESULT}, [call("CreateLoginProfile", **JANE)], user()),
    Situation(
        "generated to Secrets Manager",
        {**NAME, **TO_MANAGER},
        [call("secretsmanager:CreateSecret", Name="iam/jane/console-password"), call("CreateLoginProfile", **JANE)],
        user(),
    ),
    Situation("generated, has one", {**NAME, **TO_FILE}, [], user(password=OLD_PASSWORD)),
    Situation(
        "reissued to a file",
        {**NAME, **TO_FILE, "reissue": True},
        [call("UpdateLoginProfile", **JANE)],
        user(password=OLD_PASSWORD),
        again=True,
    ),
    Situation(
        "reissued to Secrets Manager",
        {**NAME, **TO_MANAGER, "reissue": True},
        [PUT_PASSWORD, call("UpdateLoginProfile", **JANE), PROMOTE],
        both(user(password=OLD_PASSWORD), secret("console-password")),
        again=True,
    ),
    Situation("absent", {**NAME, "state": "absent"}, [call("DeleteLoginProfile", **JANE)], user(password=OLD_PASSWORD)),
    Situation("absent already", {**NAME, "state": "absent"}, [], user()),
]

INTENT, MADE, RECEIVED = call("TagUser", **JANE), call("CreateAccessKey", **JANE), call("TagUser", **JANE)

ACCESS_KEY = [
    Situation("new, to a file", {**NAME, **TO_FILE}, [INTENT, MADE, RECEIVED], user()),
    Situation("new, to the result", {**NAME, **TO_RESULT}, [INTENT, MADE, RECEIVED], user()),
    Situation(
        "new, to Secrets Manager",
        {**NAME, **TO_MANAGER},
        [INTENT, MADE, call("secretsmanager:CreateSecret", Name="iam/jane/access-key"), RECEIVED],
        user(),
    ),
    Situation("has one of somebody else's", {**NAME, **TO_FILE}, [], both(user(), key())),
    Situation("has a handed-over one", {**NAME, **TO_FILE}, [], both(user(), key(tag=RECEIPT))),
    Situation("somebody else's is off", {**NAME, **TO_FILE}, [INTENT, MADE, RECEIVED], both(user(), key(active=False))),
    Situation("ours was switched off", {**NAME, **TO_FILE}, [], both(user(), key(active=False, tag=RECEIPT))),
    Situation(
        "ours was deleted",
        {**NAME, **TO_FILE},
        [INTENT, MADE, RECEIVED],
        user(tags={"keysmith:access-key": f"AKIAGONEGONEGONEGONE {RECEIPT}"}),
    ),
    Situation(
        "reissued",
        {**NAME, **TO_MANAGER, "reissue": True},
        [
            INTENT,
            MADE,
            PUT_KEY,
            call("DeleteAccessKey", AccessKeyId="<KEY>", **JANE),
            call("UntagUser", TagKeys=["<KEY>"], **JANE),
            RECEIVED,
        ],
        both(user(), key(tag=RECEIPT), secret("access-key")),
        again=True,
    ),
    Situation("by id, there", {**NAME, "id": "<KEY>"}, [], both(user(), key(active=False))),
    Situation(
        "by id, off",
        {**NAME, "id": "<KEY>", "state": "inactive"},
        [call("UpdateAccessKey", AccessKeyId="<KEY>", Status="Inactive", **JANE)],
        both(user(), key()),
    ),
    Situation("by id, off already", {**NAME, "id": "<KEY>", "active": False}, [], both(user(), key(active=False))),
    Situation(
        "by id, on",
        {**NAME, "id": "<KEY>", "active": True},
        [call("UpdateAccessKey", AccessKeyId="<KEY>", Status="Active", **JANE)],
        both(user(), key(active=False), key(placeholder="OTHER")),
    ),
    Situation(
        "by id, somebody else's away",
        {**NAME, "id": "<KEY>", "state": "absent"},
        [call("DeleteAccessKey", AccessKeyId="<KEY>", **JANE)],
        both(user(), key(placeholder="OTHER", tag=RECEIPT), key()),
    ),
    Situation(
        "by id, ours away",
        {**NAME, "id": "<KEY>", "state": "absent"},
        [
            call("DeleteAccessKey", AccessKeyId="<KEY>", **JANE),
            call("UntagUser", TagKeys=["keysmith:access-key", "<KEY>"], **JANE),
        ],
        both(user(), key(tag=RECEIPT), key(placeholder="OTHER")),
    ),
    Situation(
        "by id, away already", {**NAME, "id": "AKIAGONEGONEGONEGONE", "state": "absent"}, [], both(user(), key())
    ),
]


@pytest.mark.parametrize("situation", LOGIN_PROFILE, ids=lambda situation: situation.name)
def test_login_profile(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    hold(aws, tmp_path, "login_profile", situation)


@pytest.mark.parametrize("situation", ACCESS_KEY, ids=lambda situation: situation.name)
def test_access_key(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    result = hold(aws, tmp_path, "access_key", situation)
    if MADE in situation.writes:
        iam = aws.client("iam")
        receipt = all_tags(iam, "jane")
        kept = {one["AccessKeyId"] for one in iam.list_access_keys(**JANE)["AccessKeyMetadata"]}
        now = receipt["keysmith:access-key"].split()[0]
        assert now in kept
        assert receipt[now].startswith("keysmith.iam handed over to")
        assert situation.again or result["access_key_id"] == now
        assert [name for name in receipt if name.startswith("AKIA")] == [now]
    if any(action == "iam:DeleteAccessKey" for action, _parameters in situation.writes):
        assert result["deleted_access_key_id"] not in str(all_tags(aws.client("iam"), "jane"))
