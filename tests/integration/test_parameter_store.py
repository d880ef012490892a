# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameter Store as a store: a text in force is replaced only by one that is in force, whatever fails on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.given import user

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

NAME = "/iam/jane"
HANDOVER = {"store": "ssm_parameter", "name": NAME}


def hand_over(aws: Emulator, module: str = "login_profile", check: bool = False, **more: Any) -> dict[str, Any]:
    arguments = {"user_name": "jane", "region": "eu-central-1", "handover": HANDOVER, **more}
    return run_module(aws, module, arguments, check=check)


def kept(aws: Emulator) -> dict[str, dict[str, str]]:
    """What the parameters hold, by name."""
    client = aws.client("ssm", region_name="eu-central-1")
    names = [found["Name"] for found in client.describe_parameters()["Parameters"]]
    values = {name: client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] for name in names}
    return {name: json.loads(value) for name, value in values.items()}


def lets_in(aws: Emulator, name: str = NAME) -> bool:
    return bool(aws.sign_in("jane", kept(aws)[name]["password"])["ok"])


def test_a_dry_run_tells_the_very_calls_of_first_hand_over_and_replacement(aws: Emulator) -> None:
    user()(aws.client("iam"))
    for more in ({}, {"reissue": True}):
        predicted = hand_over(aws, check=True, **more)
        aws.clear_log()
        made = hand_over(aws, **more)
        assert not made.get("failed"), made.get("msg")
        assert (made["actions"], made["plan"]) == (predicted["actions"], predicted["plan"])
        assert sorted(entry["action"] for entry in aws.log(writes_only=True)) == sorted(
            action for action, times in made["actions"].items() for _ in range(times)
        )
        assert list(kept(aws)) == [NAME]
        assert lets_in(aws)


def test_the_old_text_stays_where_the_new_password_is_not_taken(aws: Emulator) -> None:
    user()(aws.client("iam"))
    hand_over(aws)
    aws.fault(action="iam:UpdateLoginProfile", kind="denied")
    failed = hand_over(aws, reissue=True)
    assert failed["failed"]
    assert sorted(kept(aws)) == [NAME, f"{NAME}.pending"]
    assert lets_in(aws)
    assert not lets_in(aws, f"{NAME}.pending")
    assert not hand_over(aws, reissue=True).get("failed")
    assert list(kept(aws)) == [NAME]
    assert lets_in(aws)


def test_a_new_password_is_in_a_parameter_also_where_its_promotion_fails(aws: Emulator) -> None:
    user()(aws.client("iam"))
    hand_over(aws)
    aws.fault(action="ssm:PutParameter", kind="denied", match={"Name": NAME})
    failed = hand_over(aws, reissue=True)
    assert failed["msg"].startswith(f"Cannot finish user jane: cannot store the console password in {NAME}: ")
    assert lets_in(aws, f"{NAME}.pending")
    assert not lets_in(aws)


@pytest.mark.parametrize("module", ["login_profile", "access_key"])
def test_a_lost_answer_to_the_first_write_is_no_failure(aws: Emulator, module: str) -> None:
    user()(aws.client("iam"))
    aws.fault(action="ssm:PutParameter", kind="lost_reply")
    result = hand_over(aws, module)
    assert not result.get("failed"), result.get("msg")
    assert [entry["action"] for entry in aws.log(writes_only=True)].count("ssm:PutParameter") == 3
    (key,) = aws.client("iam").list_access_keys(UserName="jane")["AccessKeyMetadata"] or [None]
    assert lets_in(aws) if module == "login_profile" else kept(aws)[NAME]["access_key_id"] == key["AccessKeyId"]


def test_a_key_that_could_not_be_stored_is_deleted_again(aws: Emulator) -> None:
    user()(aws.client("iam"))
    aws.fault(action="ssm:PutParameter", kind="denied", times=0)
    result = hand_over(aws, "access_key")
    assert "The new access key was deleted again." in result["msg"]
    assert aws.client("iam").list_access_keys(UserName="jane")["AccessKeyMetadata"] == []


@pytest.mark.parametrize(
    ("handover", "more", "said"),
    [
        ({"name": "iam/jane"}, {}, "takes no name like 'iam/jane'"),
        ({"name": "/aws/jane"}, {}, "keeps names like '/aws/jane' for AWS"),
        ({"name": None}, {}, "has no place in the store ssm_parameter; give handover.name."),
        ({}, {"region": None}, "Cannot use the store ssm_parameter: no region is set."),
        ({"seal_to": [owners.ssh("rsa").public] * 12}, {}, "a standard parameter takes 4096"),
    ],
)
def test_what_parameter_store_would_refuse_is_refused_in_the_dry_run(
    aws: Emulator, handover: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    user()(aws.client("iam"))
    aws.clear_log()
    for check in (True, False):
        result = hand_over(aws, check=check, handover={**HANDOVER, **handover}, **more)
        assert result["failed"]
        assert said.casefold() in result["msg"].casefold()
    assert aws.log(writes_only=True) == []


def test_a_parameter_keeps_the_key_that_it_has(aws: Emulator) -> None:
    user()(aws.client("iam"))
    client = aws.client("ssm", region_name="eu-central-1")
    kms = aws.client("kms", region_name="eu-central-1")
    kms.create_alias(AliasName="alias/iam", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    client.put_parameter(Name=NAME, Value="old", Type="SecureString", KeyId="alias/iam")
    assert not hand_over(aws).get("failed")
    (found,) = client.describe_parameters()["Parameters"]
    assert (found["KeyId"], found["Version"]) == ("alias/iam", 2)
