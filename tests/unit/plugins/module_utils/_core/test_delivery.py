# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameter Store and Secrets Manager as stores: which steps, under which names, by which KMS key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import LoginProfile, Place, PlaceState
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, render
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    HandoverSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    LONG_AGO,
    NOW,
    VAULT,
    account,
    call,
    calls,
    lines,
    texts,
    told,
    user,
)

NAME = "jane.doe"
STORE = HandoverSpec("ssm_parameter", "/iam/{user}/{kind}", format="json")
PARAMETER, SECRET = f"/iam/{NAME}/console-password", f"iam/{NAME}/console-password"
WITH = user(login_profile=LoginProfile(LONG_AGO, False))
UPDATE = call("UpdateLoginProfile", UserName=NAME, PasswordResetRequired=True)
OWN_KEY, KEY_ID = "alias/iam", "1234abcd-12ab-34cd-56ef-1234567890ab"


def planned(handover: HandoverSpec, state: PlaceState | None = None, **wish: Any) -> Plan:
    place = handover.place(account().id, NAME, "console-password")
    seen = account(WITH if wish else user(), places={} if state is None else {place: state})
    return plan_user(seen, UserSpec(NAME, console=ConsoleSpec(**wish), handover=handover), NOW)


def put(name: str, overwrite: bool, **more: Any) -> Any:
    return call("ssm:PutParameter", Name=name, Type="SecureString", Overwrite=overwrite, **more)


def test_a_first_parameter_is_new_with_description_key_and_tags() -> None:
    words = f"console password of the IAM user {NAME}, by keysmith.iam"
    assert calls(planned(STORE))[0] == put(PARAMETER, False, Description=words)
    plan = planned(replace(STORE, kms_key_id=OWN_KEY, tags={"team": "blue"}))
    tags = [{"Key": "team", "Value": "blue"}]
    assert calls(plan)[0] == put(PARAMETER, False, Description=words, KeyId=OWN_KEY, Tags=tags)
    assert lines(plan)[0] == f"+ parameter {PARAMETER}"
    assert "not sealed, kept by Parameter Store" in lines(plan)[1]
    assert "KMS key alias/iam\n" in render(plan)
    assert "tag team: blue\n" in render(plan)


def test_a_parameter_that_is_there_gets_a_new_version_by_the_key_it_has() -> None:
    assert calls(planned(STORE, PlaceState(exists=True)))[0] == put(PARAMETER, True)
    state = PlaceState(exists=True, kms_key=OWN_KEY)
    assert calls(planned(STORE, state))[0] == put(PARAMETER, True, KeyId=OWN_KEY)
    other = replace(STORE, kms_key_id="alias/other", tags={"team": "blue"})
    assert calls(planned(other, state))[0] == put(PARAMETER, True, KeyId="alias/other")


def test_a_replaced_password_waits_beside_the_old_one() -> None:
    plan = planned(STORE, PlaceState(exists=True, kms_key=OWN_KEY), reissue=True)
    assert calls(plan) == [
        put(f"{PARAMETER}.pending", True, KeyId=OWN_KEY),
        UPDATE,
        put(PARAMETER, True, KeyId=OWN_KEY),
        call("ssm:DeleteParameters", Names=[f"{PARAMETER}.pending"]),
    ]
    assert [lines(plan)[number] for number in (0, 2, 3)] == [
        f"+ parameter {PARAMETER}.pending",
        f"~ parameter {PARAMETER}: the new text in force",
        f"- parameter {PARAMETER}.pending",
    ]


def test_where_no_old_text_is_none_is_kept() -> None:
    plan = planned(STORE, PlaceState(), reissue=True)
    assert [action for action, _parameters in calls(plan)] == ["ssm:PutParameter", UPDATE[0]]


NAMES = [
    ("ssm_parameter", "iam", None),
    ("ssm_parameter", "/" + "/".join("abcdefghijklmno"), None),
    ("ssm_parameter", "/" + "/".join("abcdefghijklmnop"), "takes no name like"),
    ("ssm_parameter", "iam/{user}", "takes no name like 'iam/jane.doe'"),
    ("ssm_parameter", "/iam/{user}/", "takes no name like"),
    ("ssm_parameter", "/iam//x", "takes no name like"),
    ("ssm_parameter", "/iam/a b", "takes no name like"),
    ("ssm_parameter", "/iam/" + "x" * 945, None),
    ("ssm_parameter", "/iam/" + "x" * 946, "950 characters in all"),
    ("ssm_parameter", "/AWS/iam", "for AWS; begin it with something else"),
    ("ssm_parameter", "ssm-keys", "for AWS; begin it with something else"),
    ("ssm_parameter", "/iam/{account}", None),
    ("secretsmanager", "iam/{user}_+=.@-", None),
    ("secretsmanager", "iam/" + "x" * 508, None),
    ("secretsmanager", "iam/" + "x" * 509, "at most 512 letters"),
    ("secretsmanager", "iam/{user},x", "Secrets Manager takes no name like 'iam/jane.doe,x'"),
]


@pytest.mark.parametrize(("store", "address", "problem"), NAMES)
def test_a_name_that_aws_refuses_is_refused_in_the_plan(store: str, address: str, problem: str | None) -> None:
    plan = planned(HandoverSpec(store, address, format="json"))
    if problem is None:
        assert told(plan) == []
        return
    assert told(plan) == [("handover", "refuse")]
    assert texts(plan)[0].startswith("its console password cannot be stored: ")
    assert problem in texts(plan)[0]
    assert calls(plan) == []


def test_a_users_own_name_can_be_what_parameter_store_does_not_take() -> None:
    spec = UserSpec("jane@example.com", console=ConsoleSpec(), access_key=AccessKeySpec(), handover=STORE)
    assert "takes no name like '/iam/jane@example.com/" in texts(plan_user(account(), spec, NOW))[0]


KEYS = [
    (OWN_KEY, OWN_KEY, False),
    (OWN_KEY, f"arn:aws:kms:eu-central-1:123456789012:{OWN_KEY}", False),
    (f"arn:aws:kms:eu-central-1:123456789012:key/{KEY_ID}", KEY_ID, False),
    (OWN_KEY, "alias/aws/secretsmanager", True),
    (OWN_KEY, None, False),
    (None, OWN_KEY, False),
]


@pytest.mark.parametrize(("wanted", "found", "warned"), KEYS)
def test_a_secret_that_keeps_another_key_is_warned_of(wanted: str | None, found: str | None, warned: bool) -> None:
    plan = planned(replace(VAULT, kms_key_id=wanted), PlaceState(exists=True, kms_key=found))
    assert calls(plan)[0] == call("secretsmanager:PutSecretValue", SecretId=SECRET)
    text = f"the secret {SECRET} keeps its KMS key {found}; kms_key_id {wanted} is for a new secret only."
    assert (told(plan), texts(plan)) == (([("kms_key", "warn")], [text]) if warned else ([], []))


def test_a_parameter_that_cannot_take_it_is_refused() -> None:
    plan = planned(STORE, PlaceState(exists=True, problem="Cannot store in the parameter x: its type is String."))
    assert told(plan) == [("store", "refuse")]
    assert Place("ssm_parameter", PARAMETER) in plan.places


def test_a_name_that_files_have_a_meaning_for_does_not_leave_the_folder() -> None:
    spec = UserSpec("..", console=ConsoleSpec(), handover=HandoverSpec("file", "handover/", plaintext=True))
    assert "would leave the folder" in texts(plan_user(account(), spec, NOW))[0]


def test_a_key_of_a_name_with_a_comma_is_no_csv() -> None:
    given = HandoverSpec("file", "handover/", plaintext=True, format="csv")
    plan = plan_user(account(), UserSpec("doe,jane", access_key=AccessKeySpec(), handover=given), NOW)
    assert "splits a CSV at every comma" in texts(plan)[0]


def test_a_picture_is_of_a_seed() -> None:
    plan = planned(HandoverSpec("file", "handover/", plaintext=True, format="png"))
    assert "a picture holds an MFA seed only" in texts(plan)[0]
