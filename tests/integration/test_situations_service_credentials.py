# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module service_specific_credential in every situation: made, replaced, expired, by id, taken away."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.fresh import all_tags
from tests.integration.given import both, credential, user
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

JANE = {"UserName": "jane"}
GIT, BEDROCK = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
TO_FILE = {"handover": {"store": "file", "seal_to": ["<AGE>"], "path": "<TMP>/out/"}}
TO_RESULT = {"handover": {"store": "result", "seal_to": ["<AGE>"]}}
TO_MANAGER = {"handover": {"store": "secretsmanager", "name": "iam/{user}/{kind}"}, "region": "us-east-1"}
OF_GIT = {"user_name": "jane", "service": "codecommit"}
OF_BEDROCK = {"user_name": "jane", "service": "bedrock"}
BY_ID = {"user_name": "jane", "id": "<CREDENTIAL>"}
RECEIPT = "file sha256:0123456789abcdef 2026-01-01T00:00:00Z"
A_DAY = 24 * 3600

TAGGED = call("TagUser", **JANE)
MADE = call("CreateServiceSpecificCredential", ServiceName=GIT, **JANE)
MADE_KEY = call("CreateServiceSpecificCredential", ServiceName=BEDROCK, CredentialAgeDays=90, **JANE)


def gone(name: str = "<CREDENTIAL>") -> Any:
    return call("DeleteServiceSpecificCredential", ServiceSpecificCredentialId=name, **JANE)


def switched(status: str) -> Any:
    return call("UpdateServiceSpecificCredential", ServiceSpecificCredentialId="<CREDENTIAL>", Status=status, **JANE)


def tag(value: str) -> dict[str, str]:
    return {"keysmith:codecommit-credential": value}


SITUATIONS = [
    Situation("new, to a file", {**OF_GIT, **TO_FILE}, [TAGGED, MADE, TAGGED], user()),
    Situation("new, to the result", {**OF_GIT, **TO_RESULT}, [TAGGED, MADE, TAGGED], user()),
    Situation(
        "new API key, to Secrets Manager",
        {**OF_BEDROCK, **TO_MANAGER, "credential_age_days": 90},
        [TAGGED, MADE_KEY, call("secretsmanager:CreateSecret", Name="iam/jane/bedrock-credential"), TAGGED],
        user(),
    ),
    Situation("new, of two services", {**OF_GIT, **TO_FILE}, [TAGGED, MADE, TAGGED], both(user(), credential("logs"))),
    Situation("has somebody else's", {**OF_GIT, **TO_FILE}, [], both(user(), credential())),
    Situation("has a handed-over one", {**OF_GIT, **TO_FILE}, [], both(user(), credential(tag=RECEIPT))),
    Situation("ours was switched off", {**OF_GIT, **TO_FILE}, [], both(user(), credential(active=False, tag=RECEIPT))),
    Situation(
        "somebody else's is off", {**OF_GIT, **TO_FILE}, [TAGGED, MADE, TAGGED], both(user(), credential(active=False))
    ),
    Situation(
        "killed after the intent",
        {**OF_GIT, **TO_FILE},
        [TAGGED, MADE, TAGGED],
        user(tags=tag("pending 2020-01-01T00:00:00Z")),
    ),
    Situation(
        "reissued",
        {**OF_GIT, **TO_FILE, "reissue": True},
        [TAGGED, MADE, gone(), TAGGED],
        both(user(), credential(tag=RECEIPT)),
        again=True,
    ),
    Situation("by id, there", BY_ID, [], both(user(), credential(active=False))),
    Situation("by id, off", {**BY_ID, "state": "inactive"}, [switched("Inactive")], both(user(), credential())),
    Situation("by id, off already", {**BY_ID, "state": "inactive"}, [], both(user(), credential(active=False))),
    Situation(
        "by id and service, on",
        {**BY_ID, "service": "codecommit", "state": "active"},
        [switched("Active")],
        both(user(), credential(active=False), credential("bedrock", placeholder="OTHER")),
    ),
    Situation("by id, somebody else's away", {**BY_ID, "state": "absent"}, [gone()], both(user(), credential())),
    Situation(
        "by id, ours away",
        {**BY_ID, "state": "absent"},
        [gone(), call("UntagUser", TagKeys=["keysmith:codecommit-credential"], **JANE)],
        both(user(), credential(tag=RECEIPT), credential("bedrock", placeholder="OTHER")),
    ),
    Situation("by id, away already", {**BY_ID, "id": "ACCAGONE", "state": "absent"}, [], both(user(), credential())),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_service_specific_credential(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    result = hold(aws, tmp_path, "service_specific_credential", situation)
    if TAGGED in situation.writes:
        iam = aws.client("iam")
        service = situation.arguments["service"]
        kept = iam.list_service_specific_credentials(**JANE)["ServiceSpecificCredentials"]
        receipt = all_tags(iam, "jane")[f"keysmith:{service}-credential"].split()[0]
        assert receipt in {one["ServiceSpecificCredentialId"] for one in kept}
        assert situation.again or result["service_specific_credential_id"] == receipt
    if gone() in situation.writes:
        assert len(result["deleted_service_specific_credential_ids"]) == 1


def test_one_that_has_expired_is_replaced(aws: Emulator, tmp_path: Path) -> None:
    def given(iam: Any) -> dict[str, str]:
        told = both(user(), credential("bedrock", tag=RECEIPT, CredentialAgeDays=1))(iam) or {}
        aws.set_clock(A_DAY)
        return told

    arguments = {**OF_BEDROCK, **TO_FILE, "credential_age_days": 90}
    hold(
        aws,
        tmp_path,
        "service_specific_credential",
        Situation("", arguments, [gone(), TAGGED, MADE_KEY, TAGGED], given),
    )


def test_an_orphan_of_a_killed_run_goes(aws: Emulator, tmp_path: Path) -> None:
    def given(iam: Any) -> dict[str, str]:
        now = iam.create_user(UserName="clock")["User"]["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
        told = both(user(tags=tag(f"pending {now}")), credential())(iam) or {}
        aws.set_clock(600)
        return told

    arguments = {**OF_GIT, **TO_FILE}
    hold(aws, tmp_path, "service_specific_credential", Situation("", arguments, [gone(), MADE, TAGGED], given))


def test_what_the_owner_opens_is_what_aws_made(aws: Emulator, tmp_path: Path) -> None:
    user()(aws.client("iam"))
    handover = {"store": "file", "seal_to": [owners.age().public], "path": f"{tmp_path}/"}
    made = run_module(aws, "service_specific_credential", {**OF_GIT, "handover": handover})
    opened = owners.age().open((tmp_path / "jane.codecommit-credential.csv.age").read_text(encoding="utf-8"))
    (row,) = csv.DictReader(opened.splitlines())
    assert row["User Name"] == made["service_specific_credential"]["service_user_name"]
    assert row["Password"] in [secret["value"] for secret in aws.secrets()]
    (receipt,) = made["handovers"]
    assert receipt["service_specific_credential_id"] == made["service_specific_credential_id"]
    assert "expiration_date" not in receipt


def test_an_api_key_in_secrets_manager(aws: Emulator) -> None:
    user()(aws.client("iam"))
    made = run_module(aws, "service_specific_credential", {**OF_BEDROCK, **TO_MANAGER, "credential_age_days": 30})
    text = aws.client("secretsmanager").get_secret_value(SecretId="iam/jane/bedrock-credential")["SecretString"]
    told = json.loads(text)
    assert told.pop("service_credential_secret") in [secret["value"] for secret in aws.secrets()]
    one = made["service_specific_credential"]
    assert told == {
        "user_name": "jane",
        "service_name": BEDROCK,
        "service_specific_credential_id": one["service_specific_credential_id"],
        "service_credential_alias": one["service_user_name"],
        "expiration_date": one["expiration_date"],
    }
    assert made["handovers"][0]["expiration_date"] == one["expiration_date"]
