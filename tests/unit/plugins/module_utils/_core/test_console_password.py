# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The console password: generated and handed over before it is set, or given; replaced, taken away, left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    LoginProfile,
    PasswordPolicy,
    Place,
    PlaceState,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    HandoverSpec,
    Hidden,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    LONG_AGO,
    NOW,
    SEALED_FILE,
    VAULT,
    Call,
    account,
    call,
    calls,
    lines,
    texts,
    told,
    user,
)

NAME = "jane.doe"
FILE = f"handover/{NAME}.console-password.csv.age"
SECRET = f"iam/{NAME}/console-password"
RESULT = replace(SEALED_FILE, store="result", address="")
GIVEN = Hidden("Correct-Horse-7")
WITHOUT, WITH = user(), user(login_profile=LoginProfile(LONG_AGO, False))
THERE = {Place("file", FILE): PlaceState(True), Place("secretsmanager", SECRET): PlaceState(True)}


def planned(observed: User, handover: HandoverSpec | None = SEALED_FILE, *, there: bool = False, **wish: Any) -> Plan:
    seen = account(observed, password_policy=PasswordPolicy(), places=THERE if there else {})
    return plan_user(seen, UserSpec(NAME, console=ConsoleSpec(**wish), handover=handover), NOW)


def create(reset: bool = True) -> Call:
    return call("CreateLoginProfile", UserName=NAME, PasswordResetRequired=reset)


def update(reset: bool = True) -> Call:
    return call("UpdateLoginProfile", UserName=NAME, PasswordResetRequired=reset)


DELETE = call("DeleteLoginProfile", UserName=NAME)
WRITE, RETURN = call("handover:WriteFile", Path=FILE), call("handover:Return", Kind="console-password")
PENDING, PROMOTE = call("handover:WritePending", Path=FILE), call("handover:Promote", Path=FILE)
NEW_SECRET = call(
    "secretsmanager:CreateSecret",
    Name=SECRET,
    Description=f"console password of the IAM user {NAME}, by keysmith.iam",
)
NEW_VERSION = call("secretsmanager:PutSecretValue", SecretId=SECRET)
PENDING_VERSION = call("secretsmanager:PutSecretValue", SecretId=SECRET, VersionStages=["AWSPENDING"])
IN_FORCE = call(
    "secretsmanager:UpdateSecretVersionStage",
    SecretId=SECRET,
    VersionStage="AWSCURRENT",
    MoveToVersionId=Later("{version_id}"),
)

GENERATED = [
    pytest.param(WITHOUT, SEALED_FILE, False, {}, [WRITE, create()], id="none yet: stored, then set"),
    pytest.param(WITHOUT, SEALED_FILE, True, {}, [WRITE, create()], id="a text of a run that was killed is replaced"),
    pytest.param(WITHOUT, VAULT, False, {}, [NEW_SECRET, create()], id="in Secrets Manager"),
    pytest.param(WITHOUT, VAULT, True, {}, [NEW_VERSION, create()], id="in a secret that is there"),
    pytest.param(WITHOUT, RESULT, False, {}, [RETURN, create()], id="in the result"),
    pytest.param(WITHOUT, SEALED_FILE, False, {"reset_required": False}, [WRITE, create(False)], id="to be kept"),
    pytest.param(WITHOUT, SEALED_FILE, False, {"reissue": True}, [WRITE, create()], id="reissued, there being none"),
    pytest.param(WITH, SEALED_FILE, False, {}, [], id="one is there: left alone"),
    pytest.param(WITH, None, False, {"reset_required": False}, [], id="one is there: no hand-over is needed"),
    pytest.param(WITH, SEALED_FILE, False, {"always": True}, [], id="always is about given passwords"),
    pytest.param(
        WITH,
        SEALED_FILE,
        True,
        {"reissue": True},
        [PENDING, update(), PROMOTE],
        id="reissued: the old text stays until the new password is in force",
    ),
    pytest.param(
        WITH,
        VAULT,
        True,
        {"reissue": True},
        [PENDING_VERSION, update(), IN_FORCE],
        id="reissued: a pending version until the new password is in force",
    ),
    pytest.param(WITH, RESULT, False, {"reissue": True}, [RETURN, update()], id="reissued into the result"),
]


@pytest.mark.parametrize(("observed", "handover", "there", "wish", "expected"), GENERATED)
def test_a_generated_password(
    observed: User, handover: HandoverSpec, there: bool, wish: dict[str, Any], expected: list[Call]
) -> None:
    plan = planned(observed, handover, there=there, **wish)
    assert calls(plan) == expected
    assert not plan.refusals
    after = simulate(account(observed), plan.steps).user(NAME)
    profile = LoginProfile(reset_required=wish.get("reset_required", True)) if expected else observed.login_profile
    assert after == replace(observed, login_profile=profile)


GIVEN_CASES = [
    pytest.param(WITHOUT, {}, [create()], id="none yet"),
    pytest.param(WITHOUT, {"reset_required": False}, [create(False)], id="to be kept"),
    pytest.param(WITH, {}, [], id="one is there: left alone"),
    pytest.param(WITH, {"always": True}, [update()], id="always: set in every run"),
    pytest.param(WITH, {"reissue": True}, [update()], id="reissued: set again"),
]


@pytest.mark.parametrize(("observed", "wish", "expected"), GIVEN_CASES)
def test_a_given_password_needs_no_handover(observed: User, wish: dict[str, Any], expected: list[Call]) -> None:
    plan = planned(observed, None, password=GIVEN, **wish)
    assert calls(plan) == expected
    assert told(plan) == []


def test_console_access_that_is_not_wanted_goes() -> None:
    assert calls(planned(WITH, None, present=False)) == [DELETE]
    assert calls(planned(WITHOUT, None, present=False)) == []
    assert simulate(account(WITH), planned(WITH, None, present=False).steps).user(NAME) == WITHOUT


def test_a_password_that_was_not_read_is_left_alone() -> None:
    assert calls(planned(user(login_profile=UNREAD), reissue=True)) == []


def test_how_it_reads() -> None:
    assert lines(planned(WITHOUT)) == [
        f"+ file {FILE}",
        "+ console password, sealed to ssh-ed25519 jane@home, must be changed at first sign-in",
    ]
    assert lines(planned(WITH, there=True, reissue=True, reset_required=False)) == [
        f"~ file {FILE}",
        "~ console password, sealed to ssh-ed25519 jane@home",
        f"~ file {FILE}: the new text in force",
    ]
    assert lines(planned(WITH, VAULT, there=True, reissue=True)) == [
        f"~ secret {SECRET}",
        "~ console password, not sealed, kept by Secrets Manager, must be changed at first sign-in",
        f"~ secret {SECRET}: the new version in force",
    ]
    assert lines(planned(WITHOUT, RESULT))[0] == "+ console password in the result"
    assert lines(planned(WITHOUT, HandoverSpec("result", plaintext=True)))[1].startswith(
        "+ console password, in the clear"
    )
    plain = HandoverSpec("file", "handover/", plaintext=True)
    assert lines(planned(WITHOUT, plain))[1].startswith("+ console password, in the clear, ")
    assert lines(planned(WITHOUT, None, password=GIVEN, reset_required=False)) == ["+ console password, as given"]
    assert lines(planned(WITH, None, present=False)) == ["- console password"]
    both = replace(SEALED_FILE, labels=("age1one", "age1two"))
    assert "sealed to age1one and age1two" in lines(planned(WITHOUT, both))[1]
    in_shares = replace(both, threshold=2)
    assert "sealed so that any 2 open it together, to age1one and age1two" in lines(planned(WITHOUT, in_shares))[1]
    unusable = replace(SEALED_FILE, labels=())
    assert lines(planned(WITHOUT, unusable))[1].startswith("+ console password, sealed to nobody yet, ")


def test_a_secret_takes_the_callers_key_and_tags() -> None:
    handover = replace(VAULT, kms_key_id="alias/iam", tags={"team": "blue"})
    assert calls(planned(WITHOUT, handover))[0] == call(
        "secretsmanager:CreateSecret",
        Name=SECRET,
        Description=f"console password of the IAM user {NAME}, by keysmith.iam",
        KmsKeyId="alias/iam",
        Tags=[{"Key": "team", "Value": "blue"}],
    )


REFUSED = [
    pytest.param(
        None,
        "its console password has nowhere to go; give handover with seal_to (the owner's public keys) and store.",
        id="no hand-over",
    ),
    pytest.param(
        replace(SEALED_FILE, address=""),
        "its console password has no place in the store file; give handover.path.",
        id="no path",
    ),
    pytest.param(
        replace(VAULT, address=""),
        "its console password has no place in the store secretsmanager; give handover.name.",
        id="no name",
    ),
    pytest.param(
        replace(SEALED_FILE, address="handover/{usr}/{kind}.age"),
        "its place handover/{usr}/{kind}.age has {usr}, which stands for nothing; use {account}, {user}, {kind}.",
        id="a place with a misspelt placeholder",
    ),
    pytest.param(
        HandoverSpec("result"),
        "its console password would stand readable in the result; give handover.seal_to (the owner's public keys),"
        " or handover.plaintext=true if that is what you want.",
        id="a result that its reader can read",
    ),
    pytest.param(
        HandoverSpec("file", "handover/"),
        "its console password would lie readable in a file; give handover.seal_to (the owner's public keys),"
        " or handover.plaintext=true if that is what you want.",
        id="a file that its reader can read",
    ),
]


@pytest.mark.parametrize(("handover", "text"), REFUSED)
def test_a_secret_without_a_safe_place_is_refused(handover: HandoverSpec | None, text: str) -> None:
    for observed, wish in ((WITHOUT, {}), (WITH, {"reissue": True})):
        plan = planned(observed, handover, **wish)
        assert calls(plan) == []
        assert told(plan) == [("handover", "refuse")]
        assert texts(plan) == [text]
    spec = UserSpec(NAME, access_key=AccessKeySpec(), handover=handover)
    assert texts(plan_user(account(WITHOUT), spec, NOW)) == [text.replace("console password", "access key")]


def test_a_name_with_a_comma_does_not_go_into_the_keys_csv() -> None:
    spec = UserSpec("doe,jane", console=ConsoleSpec(), access_key=AccessKeySpec(), handover=SEALED_FILE)
    assert texts(plan_user(account(), spec, NOW)) == [
        "'aws configure import' splits a CSV at every comma, also the name's; give handover.format=json."
    ]
    json = replace(spec, handover=replace(SEALED_FILE, format="json"))
    assert texts(plan_user(account(), json, NOW)) == []


def test_a_place_that_cannot_be_written_is_refused() -> None:
    places = {Place("file", FILE): PlaceState(problem="Cannot write handover/: it is read-only.")}
    spec = UserSpec(NAME, console=ConsoleSpec(), handover=SEALED_FILE)
    plan = plan_user(account(WITHOUT, places=places), spec, NOW)
    assert told(plan) == [("store", "refuse")]
    assert texts(plan) == ["Cannot write handover/: it is read-only."]


def test_the_one_store_that_a_lost_run_loses_is_warned_of() -> None:
    plan = planned(WITHOUT, RESULT)
    assert told(plan) == [("result_store", "warn")]
    assert texts(plan) == [
        "the console password is only in this run's result; if the run is lost, run again with reissue=true."
    ]


def test_a_given_password_that_breaks_the_policy_is_refused() -> None:
    policy = PasswordPolicy(minimum_length=20, require_symbols=True, is_default=False)
    spec = UserSpec(NAME, console=ConsoleSpec(password=Hidden("short")))
    plan = plan_user(account(WITHOUT, password_policy=policy), spec, NOW)
    assert told(plan) == [("password_policy", "refuse")]
    assert texts(plan) == [
        "the password breaks the account's password policy; it needs at least 20 characters,"
        " a symbol (!@#$%^&*()_+-=[]{}|')."
    ]
    assert told(plan_user(account(WITHOUT), spec, NOW)) == [], "rules that were not read are not guessed"
