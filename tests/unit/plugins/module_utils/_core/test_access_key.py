# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One working, handed-over access key: made, announced, found again after a kill, replaced, or managed by its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    UNKNOWN,
    UNREAD,
    AccessKey,
    Place,
    PlaceState,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import AccessKeySpec, HandoverSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    DESCRIPTION,
    EARLIER,
    KEY1,
    KEY2,
    KEY3,
    NOW,
    NOW_STAMP,
    SEALED_FILE,
    VAULT,
    Call,
    account,
    call,
    calls,
    key,
    lines,
    pending,
    receipted,
    tag_list,
    texts,
    told,
    user,
)

NAME = "erp-export"
FILE = f"handover/{NAME}.access-key.csv.age"

INTENT = call("TagUser", UserName=NAME, Tags=tag_list({ACCESS_KEY_TAG: f"pending {NOW_STAMP}"}))
CREATE = call("CreateAccessKey", UserName=NAME)
STORE = call("handover:WriteFile", Path=FILE)
RECEIPT = call(
    "TagUser",
    UserName=NAME,
    Tags=[
        {"Key": ACCESS_KEY_TAG, "Value": Later("{access_key_id} file {fingerprint} {time}")},
        {"Key": Later("{access_key_id}"), "Value": Later("keysmith.iam handed over to file {time}")},
    ],
)
ADOPTED = call(
    "TagUser",
    UserName=NAME,
    Tags=tag_list({ACCESS_KEY_TAG: f"{KEY2} adopted - {NOW_STAMP}", KEY2: f"keysmith.iam adopted {NOW_STAMP}"}),
)
NEW_TAGS = {
    ACCESS_KEY_TAG: f"{UNKNOWN} file {UNKNOWN} {UNKNOWN}",
    UNKNOWN: f"keysmith.iam handed over to file {UNKNOWN}",
}
NEW = AccessKey(UNKNOWN)


def delete(key_id: str) -> Call:
    return call("DeleteAccessKey", UserName=NAME, AccessKeyId=key_id)


def untag(*keys: str) -> Call:
    return call("UntagUser", UserName=NAME, TagKeys=list(keys))


def intent(*replaced: str) -> Call:
    value = " ".join(["pending", NOW_STAMP, *replaced])
    return call("TagUser", UserName=NAME, Tags=tag_list({ACCESS_KEY_TAG: value}))


def planned(observed: User, handover: HandoverSpec | None = SEALED_FILE, **wanted: Any) -> Plan:
    spec = UserSpec(NAME, access_key=AccessKeySpec(**wanted), handover=handover)
    return plan_user(account(observed), spec, NOW)


def erp(*keys: AccessKey, tags: Mapping[str, str] | None = None) -> User:
    return user(NAME, access_keys=keys, tags=tags or {})


ORPHAN = key(KEY2, created=EARLIER, last_used=None)
USED = key(KEY2, created=EARLIER, last_used=NOW)
OFF = key(KEY1, active=False)
OFF_TOO = key(KEY2, active=False)

PRESENT = [
    pytest.param(
        erp(),
        [INTENT, CREATE, STORE, RECEIPT],
        {"access_keys": (NEW,), "tags": NEW_TAGS},
        id="no key: announce, make, store, receipt",
    ),
    pytest.param(erp(key(), tags=receipted()), [], {}, id="a receipted key serves"),
    pytest.param(erp(key()), [], {}, id="a key that somebody else made serves too"),
    pytest.param(erp(OFF, key(KEY2), tags=receipted()), [], {}, id="any active key serves"),
    pytest.param(
        erp(OFF),
        [INTENT, CREATE, STORE, RECEIPT],
        {"access_keys": (OFF, NEW), "tags": NEW_TAGS},
        id="somebody's inactive key is left alone and a new one made",
    ),
    pytest.param(
        erp(tags=pending()),
        [CREATE, STORE, RECEIPT],
        {"access_keys": (NEW,), "tags": NEW_TAGS},
        id="killed after the intent: it is not announced again",
    ),
    pytest.param(
        erp(ORPHAN, tags=pending()),
        [delete(KEY2), CREATE, STORE, RECEIPT],
        {"access_keys": (NEW,), "tags": NEW_TAGS},
        id="killed after the key was made: the orphan goes and one is made again",
    ),
    pytest.param(
        erp(key(KEY2, created=NOW - timedelta(hours=1), last_used=None), tags=pending(EARLIER)),
        [delete(KEY2), CREATE, STORE, RECEIPT],
        {"access_keys": (NEW,), "tags": NEW_TAGS},
        id="a key made in the very second of the intent is an orphan",
    ),
    pytest.param(
        erp(key(KEY1, created=EARLIER - timedelta(seconds=1)), tags=pending(EARLIER)),
        [CREATE, STORE, RECEIPT],
        {"access_keys": (key(KEY1, created=EARLIER - timedelta(seconds=1)), NEW), "tags": NEW_TAGS},
        id="a key made a second before the intent is not",
    ),
    pytest.param(
        erp(USED, tags=pending()),
        [ADOPTED],
        {"tags": {ACCESS_KEY_TAG: f"{KEY2} adopted - {NOW_STAMP}", KEY2: f"keysmith.iam adopted {NOW_STAMP}"}},
        id="killed before the receipt and the key is in use: it is adopted",
    ),
    pytest.param(
        erp(USED, tags={**pending(), KEY2: "my own words"}),
        [call("TagUser", UserName=NAME, Tags=tag_list({ACCESS_KEY_TAG: f"{KEY2} adopted - {NOW_STAMP}"}))],
        {"tags": {ACCESS_KEY_TAG: f"{KEY2} adopted - {NOW_STAMP}", KEY2: "my own words"}},
        id="an adopted key keeps the description that its owner gave it",
    ),
    pytest.param(
        erp(ORPHAN, tags={**pending(), KEY2: "made by hand while the run was broken"}),
        [CREATE, STORE, RECEIPT],
        {
            "access_keys": (ORPHAN, NEW),
            "tags": {**NEW_TAGS, KEY2: "made by hand while the run was broken"},
        },
        id="a key that somebody described was made by hand, and stays",
    ),
    pytest.param(
        erp(ORPHAN, replace(USED, id=KEY3), tags=pending()),
        [
            delete(KEY2),
            call(
                "TagUser",
                UserName=NAME,
                Tags=tag_list(
                    {ACCESS_KEY_TAG: f"{KEY3} adopted - {NOW_STAMP}", KEY3: f"keysmith.iam adopted {NOW_STAMP}"}
                ),
            ),
        ],
        {
            "access_keys": (replace(USED, id=KEY3),),
            "tags": {ACCESS_KEY_TAG: f"{KEY3} adopted - {NOW_STAMP}", KEY3: f"keysmith.iam adopted {NOW_STAMP}"},
        },
        id="of two keys made since the intent the used one is adopted and the other goes",
    ),
    pytest.param(
        erp(tags={**receipted(), "team": "blue"}),
        [INTENT, CREATE, STORE, untag(KEY1), RECEIPT],
        {"access_keys": (NEW,), "tags": {"team": "blue", **NEW_TAGS}},
        id="the receipted key was deleted by hand: a new one, and what was said of the old goes",
    ),
    pytest.param(
        erp(tags={"keysmith:ACCESS-key": "nobody wrote this"}),
        [INTENT, CREATE, STORE, RECEIPT],
        {
            "access_keys": (NEW,),
            "tags": {"keysmith:ACCESS-key": NEW_TAGS[ACCESS_KEY_TAG], UNKNOWN: NEW_TAGS[UNKNOWN]},
        },
        id="a receipt tag in another case is the same tag",
    ),
    pytest.param(
        erp(ORPHAN, tags={"Keysmith:Access-Key": pending()[ACCESS_KEY_TAG]}),
        [delete(KEY2), CREATE, STORE, RECEIPT],
        {
            "access_keys": (NEW,),
            "tags": {"Keysmith:Access-Key": NEW_TAGS[ACCESS_KEY_TAG], UNKNOWN: NEW_TAGS[UNKNOWN]},
        },
        id="an intent in another case is an intent",
    ),
]


@pytest.mark.parametrize(("observed", "expected", "change"), PRESENT)
def test_one_working_handed_over_key(observed: User, expected: list[Call], change: dict[str, Any]) -> None:
    plan = planned(observed)
    assert calls(plan) == expected
    assert told(plan) == []
    assert simulate(account(observed), plan.steps).user(NAME) == replace(observed, **change)


REISSUED = [
    pytest.param(
        erp(key(), tags=receipted()),
        [intent(KEY1), CREATE, STORE, delete(KEY1), untag(KEY1), RECEIPT],
        (NEW,),
        id="the handed-over key goes once the new one is stored, before the receipt",
    ),
    pytest.param(
        erp(OFF, tags=receipted()),
        [intent(KEY1), CREATE, STORE, delete(KEY1), untag(KEY1), RECEIPT],
        (NEW,),
        id="an inactive one as well",
    ),
    pytest.param(
        erp(key(), tags={ACCESS_KEY_TAG: f"{KEY1} file unsealed {NOW_STAMP}"}),
        [intent(KEY1), CREATE, STORE, delete(KEY1), RECEIPT],
        (NEW,),
        id="no description, nothing to untag",
    ),
    pytest.param(erp(key()), [INTENT, CREATE, STORE, RECEIPT], (key(), NEW), id="a key that is not ours stays"),
    pytest.param(erp(), [INTENT, CREATE, STORE, RECEIPT], (NEW,), id="no key: one is made"),
    pytest.param(
        erp(key(), ORPHAN, tags={**pending(EARLIER, KEY1), KEY1: DESCRIPTION}),
        [delete(KEY2), CREATE, STORE, delete(KEY1), untag(KEY1), RECEIPT],
        (NEW,),
        id="killed before the old key went: the intent names it",
    ),
    pytest.param(
        erp(key(), tags={**pending(EARLIER), KEY1: DESCRIPTION}),
        [intent(KEY1), CREATE, STORE, delete(KEY1), untag(KEY1), RECEIPT],
        (NEW,),
        id="killed in another run, the intent does not name the key: announced anew",
    ),
    pytest.param(
        erp(USED, tags={**pending(EARLIER, KEY1), KEY1: DESCRIPTION}),
        [untag(KEY1), ADOPTED],
        (USED,),
        id="killed before the receipt, the new key in use: adopted, the old description goes",
    ),
    pytest.param(
        erp(key(), USED, tags={**pending(EARLIER, KEY1), KEY1: DESCRIPTION}),
        [delete(KEY1), untag(KEY1), ADOPTED],
        (USED,),
        id="killed before the old key went, the new one in use: the old key goes and the new one is adopted",
    ),
]


@pytest.mark.parametrize(("observed", "expected", "keys"), REISSUED)
def test_reissue_replaces_what_was_handed_over(observed: User, expected: list[Call], keys: tuple[AccessKey]) -> None:
    plan = planned(observed, reissue=True)
    assert calls(plan) == expected
    assert told(plan) == []
    after = simulate(account(observed), plan.steps).user(NAME)
    assert after is not None
    assert after.access_keys == keys
    assert [tag for tag in after.tags if tag.startswith("AKIA")] == [k.id for k in keys if k == USED]


def test_a_killed_reissue_is_finished_by_a_run_without_reissue() -> None:
    observed = erp(key(), ORPHAN, tags={**pending(EARLIER, KEY1), KEY1: DESCRIPTION})
    assert calls(planned(observed)) == [delete(KEY2), CREATE, STORE, delete(KEY1), untag(KEY1), RECEIPT]


ROTATED = [
    pytest.param(erp(), [INTENT, CREATE, STORE, RECEIPT], (NEW,), id="no key: one is made"),
    pytest.param(
        erp(key(), tags=receipted()),
        [INTENT, CREATE, STORE, RECEIPT],
        (key(), NEW),
        id="the key in use stays, with its description",
    ),
    pytest.param(
        erp(key(), OFF_TOO, tags=receipted()),
        [delete(KEY2), INTENT, CREATE, STORE, RECEIPT],
        (key(), NEW),
        id="where there is no room the inactive one goes, though the active one is the older",
    ),
    pytest.param(
        erp(OFF, key(KEY2), tags={**receipted(KEY2), KEY1: "mine"}),
        [delete(KEY1), untag(KEY1), INTENT, CREATE, STORE, RECEIPT],
        (key(KEY2), NEW),
        id="with its description",
    ),
    pytest.param(
        erp(key(KEY3, active=False, created=EARLIER), OFF),
        [delete(KEY1), INTENT, CREATE, STORE, RECEIPT],
        (key(KEY3, active=False, created=EARLIER), NEW),
        id="of two inactive ones the older",
    ),
    pytest.param(
        erp(key(), ORPHAN, tags={**receipted(), **pending()}),
        [delete(KEY2), CREATE, STORE, RECEIPT],
        (key(), NEW),
        id="killed after the key was made: the orphan goes, the key in use stays",
    ),
    pytest.param(
        erp(OFF, key(KEY2), tags=pending(NOW, KEY1)),
        [delete(KEY1), CREATE, STORE, RECEIPT],
        (key(KEY2), NEW),
        id="one that a killed reissue was about to replace goes once",
    ),
    pytest.param(erp(OFF, USED, tags=pending()), [ADOPTED], (OFF, USED), id="an adopted key needs no room"),
]


@pytest.mark.parametrize(("observed", "expected", "keys"), ROTATED)
def test_rotate_makes_another_key_and_takes_none_that_may_be_in_use(
    observed: User, expected: list[Call], keys: tuple[AccessKey]
) -> None:
    plan = planned(observed, rotate=True)
    assert calls(plan) == expected
    assert told(plan) == []
    after = simulate(account(observed), plan.steps).user(NAME)
    assert after is not None
    assert after.access_keys == keys


def test_rotate_between_two_active_keys_is_refused() -> None:
    plan = planned(erp(key(), key(KEY2), tags=receipted()), rotate=True)
    assert calls(plan) == []
    assert texts(plan) == [
        f"it has 2 of 2 access keys ({KEY1}, {KEY2}) and no room for another."
        " Set the one that nobody uses any more to inactive (id and state=inactive), and run again."
    ]


def test_a_key_that_somebody_switched_off_is_left_to_them() -> None:
    plan = planned(erp(OFF, tags=receipted()))
    assert calls(plan) == []
    assert told(plan) == [("inactive_key", "warn")]
    assert texts(plan) == [
        f"access key {KEY1} was handed over and is inactive now; it stays so."
        " Activate it with access_key state=active, or delete it to get a new one."
    ]


def test_a_third_key_is_refused_and_says_which_two_there_are() -> None:
    plan = planned(erp(OFF, key(KEY2, active=False)))
    assert calls(plan) == []
    assert told(plan) == [("key_quota", "refuse")]
    assert texts(plan) == [
        f"it has 2 of 2 access keys ({KEY1}, {KEY2}) and no room for another. Delete one of them first."
    ]


def test_the_tags_count_at_every_moment_and_not_only_at_the_end() -> None:
    stale = {f"AKIAGONE{number:012}": "keysmith.iam handed over to file" for number in range(2)}
    crowded = user(NAME, tags={**{f"tag-{number}": "x" for number in range(48)}, **stale})
    plan = plan_user(account(crowded), UserSpec(NAME, access_key=AccessKeySpec(), handover=SEALED_FILE), NOW)
    assert texts(plan) == ["it would have 51 tags, our own included; AWS takes 50. Leave some out."]


def test_the_accounts_own_quota_counts() -> None:
    spec = UserSpec(NAME, access_key=AccessKeySpec(), handover=SEALED_FILE)
    observed = account(erp(OFF), quotas={"AccessKeysPerUserQuota": 1})
    assert told(plan_user(observed, spec, NOW)) == [("key_quota", "refuse")]


def test_a_new_users_intent_rides_on_its_creation() -> None:
    spec = UserSpec(NAME, tags={"team": "erp"}, access_key=AccessKeySpec(), handover=SEALED_FILE)
    first, *rest = calls(plan_user(account(), spec, NOW))
    tags = tag_list({"team": "erp", ACCESS_KEY_TAG: f"pending {NOW_STAMP}"})
    assert first == call("CreateUser", UserName=NAME, Path="/", Tags=tags)
    assert rest == [CREATE, STORE, RECEIPT]


def test_the_user_that_an_earlier_task_makes_gets_an_intent_of_its_own() -> None:
    spec = UserSpec(NAME, create=False, access_key=AccessKeySpec(), handover=SEALED_FILE)
    plan = plan_user(account(), spec, NOW)
    assert calls(plan) == [INTENT, CREATE, STORE, RECEIPT]
    assert told(plan) == [("missing_user", "missing")]


def test_keys_that_were_not_read_are_left_alone() -> None:
    assert calls(planned(user(NAME, access_keys=UNREAD))) == []


def test_how_it_reads() -> None:
    plan = planned(erp(key(), ORPHAN, tags={**pending(EARLIER), KEY1: DESCRIPTION}), reissue=True)
    assert [f"{step.line} ({step.why})" if step.why else step.line for step in plan.steps] == [
        f"- access key {KEY2} (made by an interrupted run, never handed over and never used)",
        "~ intent to make an access key (an interrupted run has to find it)",
        "+ access key, sealed to ssh-ed25519 jane@home (no working access key)",
        f"+ file {FILE}",
        f"- access key {KEY1} (its secret was said to be lost (reissue))",
        f"- receipt for access key {KEY1} (the key is gone)",
        "+ receipt for the access key (says where it went)",
    ]
    assert [step.line for step in planned(erp(USED, tags=pending())).steps] == [f"~ receipt for access key {KEY2}"]


def test_a_secret_in_secrets_manager() -> None:
    plan = planned(erp(), handover=VAULT)
    assert calls(plan)[2] == call(
        "secretsmanager:CreateSecret",
        Name=f"iam/{NAME}/access-key",
        Description=f"access key of the IAM user {NAME}, by keysmith.iam",
    )
    assert lines(plan)[1:3] == [
        "+ access key, not sealed, kept by Secrets Manager",
        f"+ secret iam/{NAME}/access-key",
    ]


def test_a_secret_that_is_there_gets_a_new_version() -> None:
    spec = UserSpec(NAME, access_key=AccessKeySpec(), handover=VAULT)
    places = {Place("secretsmanager", f"iam/{NAME}/access-key"): PlaceState(exists=True)}
    plan = plan_user(account(erp(), places=places), spec, NOW)
    assert calls(plan)[2] == call("secretsmanager:PutSecretValue", SecretId=f"iam/{NAME}/access-key")


BY_ID = [
    pytest.param(key(), "present", [], id="present: nothing to do"),
    pytest.param(key(), "active", [], id="active already"),
    pytest.param(OFF, "inactive", [], id="inactive already"),
    pytest.param(OFF, "present", [], id="present does not activate"),
    pytest.param(
        key(),
        "inactive",
        [call("UpdateAccessKey", UserName=NAME, AccessKeyId=KEY1, Status="Inactive")],
        id="switched off",
    ),
    pytest.param(
        OFF,
        "active",
        [call("UpdateAccessKey", UserName=NAME, AccessKeyId=KEY1, Status="Active")],
        id="switched on",
    ),
    pytest.param(key(), "absent", [delete(KEY1)], id="deleted"),
]


@pytest.mark.parametrize(("have", "state", "expected"), BY_ID)
def test_one_key_by_its_id(have: AccessKey, state: str, expected: list[Call]) -> None:
    other = key(KEY2)
    plan = planned(erp(have, other), handover=None, id=KEY1, state=state)
    assert calls(plan) == expected
    assert told(plan) == []
    after = simulate(account(erp(have, other)), plan.steps).user(NAME)
    active = {"active": True, "inactive": False}.get(state, have.active)
    kept = () if state == "absent" else (replace(have, active=active),)
    assert after is not None
    assert after.access_keys == (*kept, other)


FORGOTTEN = [
    pytest.param(receipted(KEY1), [delete(KEY1), untag(ACCESS_KEY_TAG, KEY1)], id="its receipt and description go"),
    pytest.param(
        {KEY1: "mine"}, [delete(KEY1), untag(KEY1)], id="a description of any wording goes, as by the console"
    ),
    pytest.param(
        {ACCESS_KEY_TAG: f"{KEY1} file x y"}, [delete(KEY1), untag(ACCESS_KEY_TAG)], id="a receipt without description"
    ),
    pytest.param(receipted(KEY2), [delete(KEY1)], id="another key's receipt stays"),
    pytest.param(pending(), [delete(KEY1)], id="an intent stays"),
]


@pytest.mark.parametrize(("tags", "expected"), FORGOTTEN)
def test_a_deleted_keys_tags_go_with_it(tags: dict[str, str], expected: list[Call]) -> None:
    observed = erp(key(), tags=tags)
    assert calls(planned(observed, handover=None, id=KEY1, state="absent")) == expected
    gone = planned(erp(tags=tags), handover=None, id=KEY1, state="absent")
    assert calls(gone) == expected[1:], "killed after the deletion: the next run finishes"
    assert all(line == f"- receipt for access key {KEY1}" for line in lines(gone))


@pytest.mark.parametrize("state", ["inactive", "absent"])
def test_the_callers_only_key_is_left(state: str) -> None:
    me = erp(key(), OFF_TOO, tags=receipted())
    spec = UserSpec(NAME, create=False, access_key=AccessKeySpec(state, KEY1))
    assert told(plan_user(account(me, caller_arn=me.arn), spec, NOW)) == [("caller", "refuse")]
    other = erp(key(), key(KEY2), tags=receipted())
    assert told(plan_user(account(other, caller_arn=other.arn), spec, NOW)) == []
    assert told(plan_user(account(me), spec, NOW)) == []


def test_no_key_of_the_caller_is_replaced_under_way() -> None:
    me = erp(key(), tags=receipted())
    spec = UserSpec(NAME, create=False, access_key=AccessKeySpec(reissue=True), handover=SEALED_FILE)
    assert ("caller", "refuse") in told(plan_user(account(me, caller_arn=me.arn), spec, NOW))


@pytest.mark.parametrize(("state", "level"), [("inactive", ["refuse"]), ("absent", ["refuse"]), ("active", [])])
def test_the_key_that_the_run_signs_with_is_left(state: str, level: list[str]) -> None:
    me = erp(key(active=state != "active"), key(KEY2), tags=receipted())
    spec = UserSpec(NAME, create=False, access_key=AccessKeySpec(state, KEY1))
    found = told(plan_user(account(me, caller_arn=me.arn, caller_key=KEY1), spec, NOW))
    assert [how for _name, how in found] == level
    assert told(plan_user(account(me, caller_arn=me.arn, caller_key=KEY2), spec, NOW)) == []


@pytest.mark.parametrize("state", ["present", "active", "inactive"])
def test_a_key_that_is_not_there_is_refused(state: str) -> None:
    plan = planned(erp(key(KEY2), key(KEY3)), handover=None, id=KEY1, state=state)
    assert calls(plan) == []
    assert texts(plan) == [f"it has no access key {KEY1}; it has {KEY2}, {KEY3}. Correct the id."]
    plan = planned(erp(), handover=None, id=KEY1, state=state)
    assert told(plan) == [("missing_key", "refuse")]
    assert texts(plan) == [f"it has no access key {KEY1}; it has none. Correct the id."]


def test_the_predicted_key_serves_the_next_plan() -> None:
    after = simulate(account(erp()), planned(erp()).steps)
    spec = UserSpec(NAME, access_key=AccessKeySpec(), handover=SEALED_FILE)
    assert plan_user(after, spec, NOW) == Plan()
