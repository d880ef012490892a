# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service-specific credentials: made, announced, found again after a kill, replaced, expired, or named by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNKNOWN,
    UNREAD,
    Account,
    Place,
    PlaceState,
    ServiceCredential,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    HandoverSpec,
    ServiceCredentialSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    EARLIER,
    LONG_AGO,
    NOW,
    NOW_STAMP,
    SEALED_FILE,
    VAULT,
    Call,
    account,
    call,
    calls,
    lines,
    tag_list,
    texts,
    told,
    user,
)

NAME = "erp-export"
GIT, KEYSPACES = "codecommit.amazonaws.com", "cassandra.amazonaws.com"
BEDROCK, LOGS = "bedrock.amazonaws.com", "logs.amazonaws.com"
TAG, BEDROCK_TAG = "keysmith:codecommit-credential", "keysmith:bedrock-credential"
ID1, ID2, ID3 = "ACCAEXAMPLE111111111", "ACCAEXAMPLE222222222", "ACCAEXAMPLE333333333"
FILE = f"handover/{NAME}.codecommit-credential.csv.age"

CREATE = call("CreateServiceSpecificCredential", UserName=NAME, ServiceName=GIT)
STORE = call("handover:WriteFile", Path=FILE)
RECEIPT = call(
    "TagUser", UserName=NAME, Tags=[{"Key": TAG, "Value": Later("{codecommit-credential} file {fingerprint} {time}")}]
)
RECEIPTED = {TAG: f"{ID1} file sha256:0123456789abcdef {NOW_STAMP}"}
NEW_TAG = {TAG: f"{UNKNOWN} file {UNKNOWN} {UNKNOWN}"}
NEW = ServiceCredential(UNKNOWN, GIT)


def one(which: str = ID1, service: str = GIT, **more: Any) -> ServiceCredential:
    return replace(ServiceCredential(which, service, created=LONG_AGO, user_name=f"{NAME}-at-123456789012"), **more)


def delete(which: str) -> Call:
    return call("DeleteServiceSpecificCredential", UserName=NAME, ServiceSpecificCredentialId=which)


def announced(*replaced: str) -> Call:
    value = " ".join(["pending", NOW_STAMP, *replaced])
    return call("TagUser", UserName=NAME, Tags=tag_list({TAG: value}))


def pending(since: datetime = EARLIER, *replaced: str) -> dict[str, str]:
    return {TAG: receipts.intent(since, replaced)}


def erp(*credentials: ServiceCredential, tags: Mapping[str, str] | None = None) -> User:
    return user(NAME, service_credentials=credentials, tags=tags or {})


def wish(service: str = GIT, handover: HandoverSpec | None = SEALED_FILE, **wanted: Any) -> UserSpec:
    return UserSpec(NAME, service_credentials=(ServiceCredentialSpec(service, **wanted),), handover=handover)


def planned(observed: User, service: str = GIT, handover: HandoverSpec | None = SEALED_FILE, **wanted: Any) -> Plan:
    return plan_user(account(observed), wish(service, handover, **wanted), NOW)


ANNOUNCED = [announced(), CREATE, STORE, RECEIPT]
OFF = one(active=False)
ORPHAN = one(ID2, created=EARLIER)
EXPIRED = one(active=False, expires=EARLIER)

PRESENT = [
    pytest.param(erp(), ANNOUNCED, (NEW,), id="none: announce, make, store, receipt"),
    pytest.param(erp(one(), tags=RECEIPTED), [], None, id="a receipted one serves"),
    pytest.param(erp(one()), [], None, id="one that somebody else made serves too"),
    pytest.param(erp(OFF, one(ID2), tags=RECEIPTED), [], None, id="any active one serves"),
    pytest.param(
        erp(one(service=BEDROCK)), ANNOUNCED, (one(service=BEDROCK), NEW), id="one of another service does not"
    ),
    pytest.param(erp(OFF), ANNOUNCED, (OFF, NEW), id="somebody's inactive one is left and another made"),
    pytest.param(
        erp(one(expires=NOW + timedelta(seconds=1)), tags=RECEIPTED), [], None, id="it serves to its last second"
    ),
    pytest.param(
        erp(one(expires=NOW), tags=RECEIPTED),
        [delete(ID1), *ANNOUNCED],
        (NEW,),
        id="at its expiry it works no more: it goes and one is made",
    ),
    pytest.param(
        erp(EXPIRED, replace(EXPIRED, id=ID2)),
        [delete(ID1), delete(ID2), *ANNOUNCED],
        (NEW,),
        id="two that expired are no reason for want of room",
    ),
    pytest.param(erp(EXPIRED, one(ID2)), [], None, id="an expired one beside one that works is left"),
    pytest.param(
        erp(tags=pending()), [CREATE, STORE, RECEIPT], (NEW,), id="killed after the intent: not announced again"
    ),
    pytest.param(
        erp(ORPHAN, tags=pending()),
        [delete(ID2), CREATE, STORE, RECEIPT],
        (NEW,),
        id="killed after it was made: the orphan goes and one is made again",
    ),
    pytest.param(
        erp(one(), ORPHAN, tags=pending()),
        [delete(ID2), CREATE, STORE, RECEIPT],
        (one(), NEW),
        id="one from before the intent is no orphan",
    ),
    pytest.param(
        erp(one(created=EARLIER - timedelta(seconds=1)), tags=pending()),
        [CREATE, STORE, RECEIPT],
        (one(created=EARLIER - timedelta(seconds=1)), NEW),
        id="nor is one made a second before it",
    ),
    pytest.param(
        erp(one(created=NOW - timedelta(days=29)), tags=pending(NOW - timedelta(days=30))),
        [delete(ID1), *ANNOUNCED],
        (NEW,),
        id="made within a day of an old intent: an orphan",
    ),
    pytest.param(
        erp(one(created=NOW - timedelta(days=29) + timedelta(seconds=1)), tags=pending(NOW - timedelta(days=30))),
        ANNOUNCED,
        (one(created=NOW - timedelta(days=29) + timedelta(seconds=1)), NEW),
        id="made later than any run lasts: by hand, so it stays",
    ),
    pytest.param(
        erp(tags=pending(NOW - timedelta(hours=12))),
        [CREATE, STORE, RECEIPT],
        (NEW,),
        id="an intent of half a day ago still covers a whole run",
    ),
    pytest.param(
        erp(tags=pending(NOW - timedelta(hours=12, seconds=1))), ANNOUNCED, (NEW,), id="an older one is written anew"
    ),
    pytest.param(erp(tags={TAG: "nobody wrote this"}), ANNOUNCED, (NEW,), id="a tag by somebody else"),
    pytest.param(erp(tags=RECEIPTED), ANNOUNCED, (NEW,), id="the receipted one was deleted by hand"),
]


@pytest.mark.parametrize(("observed", "expected", "after"), PRESENT)
def test_one_working_credential(
    observed: User, expected: list[Call], after: tuple[ServiceCredential, ...] | None
) -> None:
    plan = planned(observed)
    assert calls(plan) == expected
    assert told(plan) == []
    changes = {} if after is None else {"service_credentials": after, "tags": NEW_TAG}
    assert simulate(account(observed), plan.steps).user(NAME) == replace(observed, **changes)


REISSUED = [
    pytest.param(
        erp(one(), tags=RECEIPTED),
        [announced(ID1), CREATE, STORE, delete(ID1), RECEIPT],
        (NEW,),
        id="the one that was handed over goes once the new one is stored",
    ),
    pytest.param(
        erp(OFF, tags=RECEIPTED), [announced(ID1), CREATE, STORE, delete(ID1), RECEIPT], (NEW,), id="inactive or not"
    ),
    pytest.param(
        erp(EXPIRED, tags=RECEIPTED), [delete(ID1), *ANNOUNCED], (NEW,), id="an expired one goes first, of no use"
    ),
    pytest.param(erp(one()), ANNOUNCED, (one(), NEW), id="one that is not ours stays"),
    pytest.param(erp(), ANNOUNCED, (NEW,), id="none: one is made"),
    pytest.param(
        erp(one(), ORPHAN, tags=pending(EARLIER, ID1)),
        [delete(ID2), CREATE, STORE, delete(ID1), RECEIPT],
        (NEW,),
        id="killed before the old one went: the intent names it",
    ),
    pytest.param(
        erp(one(), tags=pending(NOW - timedelta(days=2), ID1)),
        [announced(ID1), CREATE, STORE, delete(ID1), RECEIPT],
        (NEW,),
        id="an old intent is written anew with what it replaces",
    ),
]


@pytest.mark.parametrize(("observed", "expected", "after"), REISSUED)
def test_reissue_makes_a_second_one_and_then_ends_the_first(
    observed: User, expected: list[Call], after: tuple[ServiceCredential, ...]
) -> None:
    plan = planned(observed, reissue=True)
    assert calls(plan) == expected
    assert told(plan) == []
    ends = simulate(account(observed), plan.steps).user(NAME)
    assert ends is not None
    assert ends.service_credentials == after


def test_a_killed_reissue_is_finished_by_a_run_without_reissue() -> None:
    observed = erp(one(), ORPHAN, tags=pending(EARLIER, ID1))
    assert calls(planned(observed)) == [delete(ID2), CREATE, STORE, delete(ID1), RECEIPT]


def test_nothing_is_ever_reset() -> None:
    """It would end the old secret before the new one is stored, and a lost answer would lose both."""
    for observed in (erp(one(), tags=RECEIPTED), erp(EXPIRED, tags=RECEIPTED), erp(one(), ORPHAN, tags=pending())):
        steps = planned(observed, reissue=True).steps
        assert steps
        assert "Reset" not in "".join(step.action for step in steps)


def test_one_that_somebody_switched_off_is_left_to_them() -> None:
    plan = planned(erp(OFF, tags=RECEIPTED))
    assert calls(plan) == []
    assert told(plan) == [("inactive_credential", "warn")]
    assert texts(plan) == [
        f"CodeCommit credential {ID1} was handed over and is inactive now; it stays so."
        " Activate it with service_specific_credential state=active, or delete it to get a new one."
    ]


@pytest.mark.parametrize(
    ("observed", "reissue"), [(erp(OFF, one(ID2, active=False)), False), (erp(one(), one(ID2), tags=RECEIPTED), True)]
)
def test_a_third_one_is_refused_and_says_which_two_there_are(observed: User, reissue: bool) -> None:
    plan = planned(observed, reissue=reissue)
    assert calls(plan) == []
    assert told(plan) == [("credential_quota", "refuse")]
    assert texts(plan) == [
        f"it has 2 of 2 CodeCommit credentials ({ID1} and {ID2}) and no room for another. Delete one of them first."
    ]


def test_two_of_another_service_leave_room() -> None:
    observed = erp(one(service=KEYSPACES), one(ID2, KEYSPACES))
    assert calls(planned(observed)) == ANNOUNCED


@pytest.mark.parametrize("service", [BEDROCK, LOGS])
def test_an_api_key_lives_as_long_as_asked_for(service: str) -> None:
    plan = planned(erp(), service, age_days=90)
    assert calls(plan)[1] == call(
        "CreateServiceSpecificCredential", UserName=NAME, ServiceName=service, CredentialAgeDays=90
    )
    assert ", for 90 days, sealed to" in lines(plan)[1]
    assert ", for 1 day, sealed to" in lines(planned(erp(), service, age_days=1))[1]
    assert told(planned(erp(), service, age_days=36600)) == []


REFUSED = [
    pytest.param(
        (ServiceCredentialSpec(GIT, age_days=90),),
        "credential_age",
        "a CodeCommit credential does not expire; leave credential_age_days out. Those of Bedrock and CloudWatch Logs"
        " do.",
        id="an age for a password",
    ),
    pytest.param(
        (ServiceCredentialSpec(BEDROCK, age_days=0),),
        "credential_age",
        "a Bedrock credential cannot live 0 days; give credential_age_days from 1 to 36600.",
        id="no age",
    ),
    pytest.param(
        (ServiceCredentialSpec(LOGS, age_days=36601),),
        "credential_age",
        "a CloudWatch Logs credential cannot live 36601 days; give credential_age_days from 1 to 36600.",
        id="too great an age",
    ),
    pytest.param(
        (ServiceCredentialSpec("s3.amazonaws.com"),),
        "service",
        "s3.amazonaws.com has no service-specific credentials; CodeCommit, Keyspaces, Bedrock and CloudWatch Logs"
        " have.",
        id="a service without",
    ),
    pytest.param(
        (ServiceCredentialSpec(GIT), ServiceCredentialSpec(BEDROCK), ServiceCredentialSpec(GIT, reissue=True)),
        "duplicate",
        "a CodeCommit credential is listed twice; keep one of the two entries.",
        id="one listed twice",
    ),
]


@pytest.mark.parametrize(("wanted", "name", "text"), REFUSED)
def test_what_aws_would_not_make_is_refused(wanted: tuple[ServiceCredentialSpec, ...], name: str, text: str) -> None:
    spec = UserSpec(NAME, service_credentials=wanted, handover=SEALED_FILE)
    for observed in (account(erp()), account(erp(one(), one(ID2, BEDROCK), one(ID3, LOGS))), account()):
        plan = plan_user(observed, spec, NOW)
        assert told(plan) == [(name, "refuse")]
        assert texts(plan) == [text]
        assert "CreateServiceSpecificCredential" not in str(calls(plan))


def test_no_hand_over_is_refused() -> None:
    plan = planned(erp(), handover=None)
    assert told(plan) == [("handover", "refuse")]
    assert texts(plan)[0].startswith("its CodeCommit credential has nowhere to go; give handover")


def test_each_service_has_a_tag_and_a_text_of_its_own() -> None:
    wanted = (ServiceCredentialSpec(GIT), ServiceCredentialSpec(BEDROCK, age_days=30))
    spec = UserSpec(NAME, service_credentials=wanted, handover=SEALED_FILE)
    plan = plan_user(account(erp()), spec, NOW)
    assert [step.secret for step in plan.steps if step.secret] == [
        *("codecommit-credential", "codecommit-credential", "bedrock-credential", "bedrock-credential"),
    ]
    assert [step.place.address for step in plan.steps if step.place] == [
        FILE,
        f"handover/{NAME}.bedrock-credential.csv.age",
    ]
    keys = [tag["Key"] for _action, parameters in calls(plan) for tag in parameters.get("Tags", ())]
    assert keys == [TAG, TAG, BEDROCK_TAG, BEDROCK_TAG]


def test_a_new_users_intents_ride_on_its_creation() -> None:
    wanted = (ServiceCredentialSpec(GIT), ServiceCredentialSpec(BEDROCK))
    spec = UserSpec(NAME, tags={"team": "erp"}, service_credentials=wanted, handover=SEALED_FILE)
    plan = plan_user(account(), spec, NOW)
    stamp = f"pending {NOW_STAMP}"
    first, *rest = calls(plan)
    tags = tag_list({"team": "erp", TAG: stamp, BEDROCK_TAG: stamp})
    assert first == call("CreateUser", UserName=NAME, Path="/", Tags=tags)
    assert rest[:3] == [CREATE, STORE, RECEIPT]
    assert len(rest) == 6
    assert "pending" not in plans.render(plan)
    assert "tag team: erp" in plans.render(plan)


def test_the_user_that_an_earlier_task_makes_gets_an_intent_of_its_own() -> None:
    plan = plan_user(account(), replace(wish(), create=False), NOW)
    assert calls(plan) == ANNOUNCED
    assert told(plan) == [("missing_user", "missing")]


def test_what_was_not_read_is_left_alone() -> None:
    assert calls(planned(user(NAME, service_credentials=UNREAD))) == []


def test_a_secret_that_is_there_gets_a_new_version() -> None:
    places = {Place("secretsmanager", f"iam/{NAME}/codecommit-credential"): PlaceState(exists=True)}
    plan = plan_user(account(erp(), places=places), wish(handover=VAULT), NOW)
    assert calls(plan)[2] == call("secretsmanager:PutSecretValue", SecretId=f"iam/{NAME}/codecommit-credential")


def test_how_it_reads() -> None:
    expired = replace(EXPIRED, id=ID3, created=LONG_AGO - timedelta(days=1))
    observed = erp(one(), expired, one(ID2), tags=pending(LONG_AGO, ID1))
    plan = planned(observed)
    assert [f"{step.line} ({step.why})" if step.why else step.line for step in plan.steps] == [
        f"- CodeCommit credential {ID2} (made by an interrupted run that left no receipt)",
        f"- CodeCommit credential {ID3} (it expired on 2026-11-22)",
        "~ intent to make a CodeCommit credential (an interrupted run has to find it)",
        "+ CodeCommit credential, sealed to ssh-ed25519 jane@home (no working CodeCommit credential)",
        f"+ file {FILE}",
        f"- CodeCommit credential {ID1} (the new one is in its place (reissue))",
        "+ receipt for the CodeCommit credential (says where it went)",
    ]


def test_the_predicted_one_serves_the_next_plan() -> None:
    after: Account = simulate(account(erp()), planned(erp()).steps)
    assert plan_user(after, wish(), NOW) == Plan()


def status(value: str) -> Call:
    parameters = {"UserName": NAME, "ServiceSpecificCredentialId": ID1, "Status": value}
    return call("UpdateServiceSpecificCredential", **parameters)


BY_ID = [
    pytest.param(one(), "present", [], id="present: nothing to do"),
    pytest.param(OFF, "present", [], id="present does not activate"),
    pytest.param(one(), "active", [], id="active already"),
    pytest.param(OFF, "active", [status("Active")], id="switched on"),
    pytest.param(OFF, "inactive", [], id="inactive already"),
    pytest.param(one(), "inactive", [status("Inactive")], id="switched off"),
    pytest.param(EXPIRED, "inactive", [], id="an expired one is inactive"),
    pytest.param(one(), "absent", [delete(ID1)], id="deleted"),
    pytest.param(EXPIRED, "absent", [delete(ID1)], id="an expired one deleted"),
]


@pytest.mark.parametrize("service", ["", GIT])
@pytest.mark.parametrize(("have", "state", "expected"), BY_ID)
def test_one_by_its_id(have: ServiceCredential, state: str, expected: list[Call], service: str) -> None:
    other = one(ID2, BEDROCK)
    plan = planned(erp(have, other), service, None, id=ID1, state=state)
    assert calls(plan) == expected
    assert told(plan) == []
    after = simulate(account(erp(have, other)), plan.steps).user(NAME)
    active = {"active": True, "inactive": False}.get(state, have.active)
    assert after is not None
    assert after.service_credentials == ((other,) if state == "absent" else (replace(have, active=active), other))


FORGOTTEN = [
    pytest.param(RECEIPTED, [TAG], id="its receipt goes"),
    pytest.param({TAG: f"{ID2} file x y"}, [], id="another's stays"),
    pytest.param(pending(), [], id="an intent stays"),
    pytest.param({BEDROCK_TAG: f"{ID1} file x y"}, [BEDROCK_TAG], id="wherever it is written"),
]


@pytest.mark.parametrize(("tags", "gone"), FORGOTTEN)
def test_a_deleted_ones_receipt_goes_with_it(tags: dict[str, str], gone: list[str]) -> None:
    untag = [call("UntagUser", UserName=NAME, TagKeys=gone)] if gone else []
    assert calls(planned(erp(one(), tags=tags), "", None, id=ID1, state="absent")) == [delete(ID1), *untag]
    left = planned(erp(tags=tags), "", None, id=ID1, state="absent")
    assert calls(left) == untag, "killed after the deletion: the next run finishes"
    assert all(line.endswith(f" credential {ID1}") for line in lines(left))


NOT_SO = [
    pytest.param(
        [one(ID2), one(ID3)],
        {"state": "inactive"},
        f"it has no service-specific credential {ID1}; it has {ID2}, {ID3}. Correct the id.",
        id="others",
    ),
    pytest.param(
        [],
        {"state": "present"},
        f"it has no service-specific credential {ID1}; it has none. Correct the id.",
        id="none",
    ),
    pytest.param(
        [EXPIRED],
        {"state": "active"},
        f"credential {ID1} expired on 2026-11-22 and will not work again. Make a new one.",
        id="expired",
    ),
    pytest.param(
        [one()],
        {"state": "absent", "service": BEDROCK},
        f"{ID1} is a credential for {GIT} and not for {BEDROCK}. Correct id or service.",
        id="of another service",
    ),
]


@pytest.mark.parametrize(("have", "wanted", "text"), NOT_SO)
def test_an_id_that_cannot_be_meant_is_refused(
    have: list[ServiceCredential], wanted: dict[str, str], text: str
) -> None:
    plan = planned(erp(*have), **{"service": "", "handover": None, "id": ID1, **wanted})
    assert calls(plan) == []
    assert texts(plan) == [text]
    assert plan.refusals


def test_one_of_a_service_that_is_not_known_here_is_managed_by_its_id() -> None:
    strange = one(service="new.amazonaws.com")
    assert lines(planned(erp(strange), "", None, id=ID1, state="inactive")) == [
        f"~ service-specific credential {ID1}: Active -> Inactive"
    ]
    assert lines(planned(erp(strange), "", None, id=ID1, state="absent")) == [f"- service-specific credential {ID1}"]


@pytest.mark.parametrize("state", ["absent", "inactive"])
def test_where_there_is_no_user_nothing_is_absent_already(state: str) -> None:
    spec = replace(wish("", None, id=ID1, state=state), create=False)
    assert bool(plan_user(account(), spec, NOW).findings) is (state == "inactive")
