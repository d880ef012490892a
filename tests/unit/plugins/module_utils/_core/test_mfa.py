# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MFA devices: made with a seed to hand over, found again after a kill, reissued, enabled by codes, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import mfa
from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Account, MFADevice, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import HandoverSpec, Hidden, MFASpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    LONG_AGO,
    NOW,
    NOW_STAMP,
    SEALED_FILE,
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

NAME = "jane"
TAG = "keysmith:mfa-seed"
OWN, SECOND, PHONE = (f"arn:aws:iam::{ID}:mfa/{name}" for name in ("jane", "jane-reissued", "phone"))
TOKEN, YUBIKEY = "GAHT12345678", f"arn:aws:iam::{ID}:u2f/user/jane/yubikey-ABC"
CODES = (Hidden("908172"), Hidden("654321"))
FILE = "handover/jane.mfa-seed.csv.age"
RECEIPTED = {TAG: f"mfa/jane file sha256:0123456789abcdef {NOW_STAMP}"}

STORE = call("handover:WriteFile", Path=FILE)


def device(serial: str = OWN) -> MFADevice:
    return MFADevice(serial, LONG_AGO)


def create(serial: str = OWN) -> Call:
    return call("CreateVirtualMFADevice", VirtualMFADeviceName=serial.rpartition("/")[2])


def enable(serial: str = OWN) -> Call:
    return call("EnableMFADevice", UserName=NAME, SerialNumber=serial)


def delete(serial: str = OWN) -> Call:
    return call("DeleteVirtualMFADevice", SerialNumber=serial)


def retire(serial: str = OWN) -> list[Call]:
    virtual = [delete(serial)] if ":mfa/" in serial else []
    return [call("DeactivateMFADevice", UserName=NAME, SerialNumber=serial), *virtual]


def tagged(value: Any) -> Call:
    return call("TagUser", UserName=NAME, Tags=[{"Key": TAG, "Value": value}])


def announced(*resources: str) -> Call:
    return tagged(f"pending {NOW_STAMP} {' '.join(resources or ('mfa/jane',))}")


def receipt(resource: str = "mfa/jane") -> Call:
    return tagged(Later(f"{resource} file {{fingerprint}} {{time}}"))


def pending(*resources: str) -> dict[str, str]:
    return {TAG: " ".join(["pending", "2026-11-22T09:00:00Z", *(resources or ("mfa/jane",))])}


def untagged() -> Call:
    return call("UntagUser", UserName=NAME, TagKeys=[TAG])


def jane(*serials: str, tags: Mapping[str, str] | None = None) -> User:
    return user(NAME, mfa_devices=tuple(map(device, serials)), tags=tags or {})


def seen(observed: User, *unassigned: str, **others: str) -> Account:
    """The account in which jane's virtual devices, those that nobody has enabled and those of others are listed."""
    mine = {one.serial: NAME for one in observed.mfa_devices if one.kind == "virtual"}
    listed: dict[str, str | None] = {**mine, **dict.fromkeys(unassigned)}
    return account(observed, virtual_devices={**listed, **others})


def wish(handover: HandoverSpec | None = SEALED_FILE, **wanted: Any) -> UserSpec:
    return UserSpec(NAME, create=False, mfa=MFASpec(**wanted), handover=handover)


def planned(given: Account, **wanted: Any) -> Plan:
    return plan_user(given, wish(**wanted), NOW)


MADE = [announced(), create(), STORE, enable(), receipt()]
AGAIN = {"reissue": True}
SECOND_FOR_OWN = ("mfa/jane-reissued", "mfa/jane")

PRESENT = [
    pytest.param(seen(jane()), {}, MADE, id="none: announce, make, store, enable, receipt"),
    pytest.param(seen(jane(OWN, tags=RECEIPTED)), {}, [], id="a receipted one serves"),
    pytest.param(seen(jane(OWN)), {}, [], id="one of that name that the person has enrolled serves"),
    pytest.param(seen(jane(SECOND)), {}, [], id="the reissued one serves"),
    pytest.param(seen(jane(PHONE, TOKEN)), {}, MADE, id="others do not"),
    pytest.param(seen(jane(TOKEN)), {"any_serves": True}, [], id="any serves where that is said"),
    pytest.param(seen(jane()), {"any_serves": True}, MADE, id="but there has to be one"),
    pytest.param(
        seen(jane()),
        {"name": "phone"},
        [announced("mfa/phone"), create(PHONE), STORE, enable(PHONE), receipt("mfa/phone")],
        id="by another name",
    ),
    pytest.param(seen(jane(tags=pending())), {}, MADE[1:], id="announced and not made"),
    pytest.param(
        seen(jane(tags=pending()), OWN), {}, [delete(), *MADE[1:]], id="made and not enabled: made again, one intent"
    ),
    pytest.param(
        seen(jane(OWN, tags=pending())),
        {},
        [tagged(f"mfa/jane adopted - {NOW_STAMP}")],
        id="enabled and not receipted: only the receipt",
    ),
    pytest.param(
        seen(jane(OWN, SECOND, tags=pending(*SECOND_FOR_OWN))),
        {},
        [*retire(OWN), tagged(f"mfa/jane-reissued adopted - {NOW_STAMP}")],
        id="enabled and the old one not yet gone",
    ),
    pytest.param(
        seen(jane(SECOND, tags=pending(*SECOND_FOR_OWN)), OWN),
        {},
        [delete(OWN), tagged(f"mfa/jane-reissued adopted - {NOW_STAMP}")],
        id="enabled and the old one taken away, but not deleted",
    ),
    pytest.param(
        seen(jane(OWN, tags=pending(*SECOND_FOR_OWN)), SECOND),
        {},
        [delete(SECOND), create(SECOND), STORE, enable(SECOND), *retire(OWN), receipt("mfa/jane-reissued")],
        id="a reissue goes on without being asked for again",
    ),
    pytest.param(
        seen(jane(tags=pending("mfa/phone")), PHONE),
        {},
        [delete(PHONE), *MADE],
        id="what was left under another name goes, and the intent is anew",
    ),
    pytest.param(
        seen(jane(tags={TAG: f"pending {NOW_STAMP}"})), {}, MADE, id="an intent that names no device is nobody's"
    ),
    pytest.param(
        seen(jane(OWN, PHONE, YUBIKEY, tags=pending("mfa/jane", "mfa/phone", "u2f/user/jane/yubikey-ABC"))),
        {},
        [tagged(f"mfa/jane adopted - {NOW_STAMP}")],
        id="an intent that somebody else wrote takes away none of the person's own devices",
    ),
    pytest.param(
        seen(jane(OWN, YUBIKEY, tags=pending("u2f/user/jane/yubikey-ABC", "mfa/jane"))),
        {},
        [],
        id="and what no run of ours could have announced is none",
    ),
    pytest.param(
        seen(jane(OWN, tags=pending("mfa/jane", "mfa/joe")), f"arn:aws:iam::{ID}:mfa/joe"),
        {},
        [tagged(f"mfa/jane adopted - {NOW_STAMP}")],
        id="nor does it delete what another user is about to enable",
    ),
    pytest.param(
        seen(jane(OWN, tags=RECEIPTED)),
        AGAIN,
        [
            announced(*SECOND_FOR_OWN),
            create(SECOND),
            STORE,
            enable(SECOND),
            *retire(OWN),
            receipt("mfa/jane-reissued"),
        ],
        id="reissue: the old one goes when the new one is in force",
    ),
    pytest.param(
        seen(jane(SECOND)),
        AGAIN,
        [announced("mfa/jane", "mfa/jane-reissued"), create(), STORE, enable(), *retire(SECOND), receipt()],
        id="reissue of a reissued one",
    ),
    pytest.param(seen(jane(PHONE)), AGAIN, MADE, id="reissue leaves others alone"),
    pytest.param(
        seen(jane(), OWN), AGAIN, [announced(), delete(), *MADE[1:]], id="reissue replaces one that nobody has enabled"
    ),
    pytest.param(seen(jane(*map(str, range(7)))), {}, MADE, id="the eighth"),
    pytest.param(seen(jane(*map(str, range(8)))), {"serial": "7"}, [], id="by serial number, in force"),
    pytest.param(seen(jane()), {"serial": TOKEN, "codes": CODES}, [enable(TOKEN)], id="a hardware token by its codes"),
    pytest.param(seen(jane(), PHONE), {"serial": PHONE, "codes": CODES}, [enable(PHONE)], id="a virtual one by codes"),
    pytest.param(seen(jane(), PHONE), {"name": "phone", "codes": CODES}, [enable(PHONE)], id="by name and codes"),
    pytest.param(seen(jane(TOKEN)), {"serial": TOKEN, "codes": CODES}, [], id="by codes, in force already"),
    pytest.param(
        seen(jane(TOKEN)),
        {"serial": TOKEN, "codes": CODES, "resync": True},
        [call("ResyncMFADevice", UserName=NAME, SerialNumber=TOKEN)],
        id="its clock",
    ),
]


@pytest.mark.parametrize(("given", "wanted", "expected"), PRESENT)
def test_a_device_that_is_wanted(given: Account, wanted: dict[str, Any], expected: list[Call]) -> None:
    plan = planned(given, **wanted)
    assert calls(plan) == expected
    assert told(plan) == []
    assert "908172" not in repr((plan, wanted))


DOUBTFUL = [
    pytest.param(
        seen(jane(OWN, SECOND, tags=pending(*SECOND_FOR_OWN))),
        [*retire(SECOND), create(SECOND), STORE, enable(SECOND), *retire(OWN), receipt("mfa/jane-reissued")],
        id="beside the one that it was to replace",
    ),
    pytest.param(
        seen(jane(SECOND, tags=pending(*SECOND_FOR_OWN))),
        [announced("mfa/jane", "mfa/jane-reissued"), create(), STORE, enable(), *retire(SECOND), receipt()],
        id="alone",
    ),
]


@pytest.mark.parametrize(("given", "expected"), DOUBTFUL)
def test_an_emergency_users_device_without_a_receipt_is_replaced(given: Account, expected: list[Call]) -> None:
    """Whoever had the user open could have written the intent, and enabled a device of theirs."""
    spec = replace(wish(reissue=True), use_case="emergency")
    plan = plan_user(given, spec, NOW)
    assert [one for one in calls(plan) if "use-case" not in repr(one)] == expected
    after = simulate(given, plan.steps)
    assert calls(plan_user(after, wish(), NOW)) == []


@pytest.mark.parametrize(("given", "wanted", "expected"), PRESENT)
def test_then_there_is_nothing_left_to_do(given: Account, wanted: dict[str, Any], expected: list[Call]) -> None:
    after = simulate(given, planned(given, **wanted).steps)
    calm = {**wanted, "reissue": False, "resync": False}
    assert calls(planned(after, **calm)) == []
    assert expected == [] or not after.users[NAME].tags.get(TAG, "").startswith("pending")
    made = {call[1]["SerialNumber"] for call in expected if call[0] == "iam:EnableMFADevice"}
    assert made <= {one.serial for one in after.users[NAME].mfa_devices}


REFUSED = [
    pytest.param(
        seen(jane(), OWN),
        {},
        "mfa_unassigned",
        f"there is a virtual MFA device {OWN} that nobody has enabled; enable it with codes, give another name, or"
        " replace it with reissue=true.",
        id="one that nobody has enabled and no run of ours has announced",
    ),
    pytest.param(
        seen(jane(), **{OWN: "joe"}),
        {},
        "mfa_in_use",
        f"virtual MFA device {OWN} belongs to user joe; give its own another name.",
        id="another user's of that name",
    ),
    pytest.param(
        seen(jane(tags=pending()), **{OWN: "joe"}),
        AGAIN,
        "mfa_in_use",
        f"virtual MFA device {OWN} belongs to user joe; give its own another name.",
        id="announced, and taken by another user since",
    ),
    pytest.param(
        seen(jane(OWN, SECOND)),
        AGAIN,
        "mfa_name",
        f"{OWN} and {SECOND} are both in force; remove one of them first.",
        id="no name is free for a reissue",
    ),
    pytest.param(
        seen(jane(*map(str, range(8)))),
        {},
        "mfa_quota",
        "it has 8 MFA devices, and AWS takes 8; remove one of them first.",
        id="a ninth",
    ),
    pytest.param(
        seen(jane(*map(str, range(8)))),
        {"serial": TOKEN, "codes": CODES},
        "mfa_quota",
        "it has 8 MFA devices, and AWS takes 8; remove one of them first.",
        id="a ninth by codes",
    ),
    pytest.param(
        seen(jane()),
        {"handover": None},
        "handover",
        "its MFA seed has nowhere to go; give handover with seal_to (the owner's public keys) and store.",
        id="no hand-over",
    ),
    pytest.param(
        seen(jane()),
        {"name": "two words"},
        "mfa_name",
        "its MFA device's name is not usable; give 1 to 64 letters, digits and + = . @ _ -",
        id="a name that AWS does not take",
    ),
    pytest.param(
        seen(jane()),
        {"serial": TOKEN},
        "mfa_codes",
        f"MFA device {TOKEN} is not in force for it; give codes, two that the device shows one after the other.",
        id="a serial number without codes",
    ),
    pytest.param(
        seen(jane()),
        {"serial": YUBIKEY, "codes": CODES},
        "mfa_fido",
        f"{YUBIKEY} is a security key or passkey, which only its owner can enrol, in the console.",
        id="a security key",
    ),
    pytest.param(
        seen(jane()),
        {"serial": PHONE, "codes": CODES},
        "missing_mfa_device",
        f"there is no virtual MFA device {PHONE}; correct it, or give neither codes nor serial_number to get one.",
        id="codes of a virtual device that is not there",
    ),
    pytest.param(
        seen(jane(), **{PHONE: "joe"}),
        {"serial": PHONE, "codes": CODES},
        "mfa_in_use",
        f"virtual MFA device {PHONE} belongs to user joe; choose another.",
        id="codes of another user's device",
    ),
    pytest.param(
        seen(jane(OWN)),
        {"serial": TOKEN, "codes": CODES, "resync": True},
        "missing_mfa_device",
        f"MFA device {TOKEN} is not in force for it; it has {OWN}. Correct serial_number or name.",
        id="the clock of a device that is not in force",
    ),
    pytest.param(
        seen(jane()),
        {"codes": CODES, "resync": True},
        "missing_mfa_device",
        f"MFA device {OWN} is not in force for it; it has none. Correct serial_number or name.",
        id="the clock of no device",
    ),
]


@pytest.mark.parametrize(("given", "wanted", "name", "text"), REFUSED)
def test_a_device_that_is_refused(given: Account, wanted: dict[str, Any], name: str, text: str) -> None:
    plan = planned(given, **wanted)
    assert told(plan) == [(name, "refuse")]
    assert texts(plan) == [text]
    assert not any(action in ("iam:CreateVirtualMFADevice", "iam:EnableMFADevice") for action, _more in calls(plan))


LAST = [("last_mfa_device", "warn")]
ABSENT = [
    pytest.param(seen(jane(OWN, TOKEN)), {}, retire(), [], id="named after the user"),
    pytest.param(seen(jane(OWN)), {}, retire(), LAST, id="the last one"),
    pytest.param(seen(jane(OWN, tags=RECEIPTED)), {}, [*retire(), untagged()], LAST, id="with its receipt"),
    pytest.param(seen(jane(tags=RECEIPTED)), {}, [untagged()], [], id="the receipt of one that is gone"),
    pytest.param(seen(jane(PHONE, SECOND)), {}, retire(SECOND), [], id="the reissued one"),
    pytest.param(seen(jane(PHONE, tags=RECEIPTED)), {"name": "phone"}, retire(PHONE), LAST, id="by name"),
    pytest.param(seen(jane(TOKEN, OWN)), {"serial": TOKEN}, retire(TOKEN), [], id="a hardware token"),
    pytest.param(seen(jane(YUBIKEY, OWN)), {"serial": YUBIKEY}, retire(YUBIKEY), [], id="a security key"),
    pytest.param(seen(jane()), {}, [], [], id="none"),
    pytest.param(seen(jane(TOKEN)), {}, [], [], id="another one stays"),
    pytest.param(seen(jane(), OWN), {}, [delete()], [], id="one that nobody has enabled"),
    pytest.param(seen(jane(tags=pending()), OWN), {}, [delete(), untagged()], [], id="what an interrupted run left"),
    pytest.param(
        seen(jane(tags=pending("mfa/phone")), PHONE), {}, [delete(PHONE), untagged()], [], id="left under another name"
    ),
    pytest.param(
        seen(jane(TOKEN, tags=pending("mfa/phone-reissued", "mfa/phone")), PHONE),
        {},
        [delete(PHONE), untagged()],
        [],
        id="a replaced one that was not deleted",
    ),
    pytest.param(seen(jane(), **{OWN: "joe"}), {}, [], [], id="another user's of that name stays"),
    pytest.param(seen(jane(tags=pending("mfa/phone"))), {"serial": TOKEN}, [], [], id="an intent for another stays"),
]


@pytest.mark.parametrize(("given", "wanted", "expected", "findings"), ABSENT)
def test_a_device_that_is_to_be_absent(
    given: Account, wanted: dict[str, Any], expected: list[Call], findings: list[tuple[str, str]]
) -> None:
    plan = planned(given, state="absent", **wanted)
    assert calls(plan) == expected
    assert told(plan) == findings
    assert calls(planned(simulate(given, plan.steps), state="absent", **wanted)) == []


def test_the_last_device_of_whoever_runs_this_stays() -> None:
    given = replace(seen(jane(OWN)), caller_arn=f"arn:aws:iam::{ID}:user/jane")
    plan = planned(given, state="absent")
    assert (calls(plan), told(plan)) == ([], [("caller", "refuse")])
    assert texts(plan) == ["it is the last MFA device of the user who runs this; let somebody else remove it."]
    two = replace(seen(jane(OWN, TOKEN)), caller_arn=given.caller_arn)
    assert calls(planned(two, state="absent")) == retire()


def test_nothing_is_said_of_devices_that_were_not_read() -> None:
    unread = account(user(NAME, mfa_devices=UNREAD))
    assert planned(unread, codes=CODES) == Plan()
    assert plan_user(account(user(NAME, mfa_devices=UNREAD)), UserSpec(NAME), NOW) == Plan()


def test_without_the_accounts_list_no_name_is_known_to_be_taken() -> None:
    given = account(jane(tags=pending()))
    assert calls(planned(given)) == MADE[1:]


def test_a_new_user_has_the_intent_from_the_start() -> None:
    spec = UserSpec("doe,jane", mfa=MFASpec(any_serves=True), handover=SEALED_FILE)
    plan = plan_user(account(virtual_devices={}), spec, NOW)
    made, *rest = calls(plan)
    assert made[1]["Tags"] == tag_list({TAG: f"pending {NOW_STAMP} mfa/doe_jane"})
    assert [action for action, _more in rest] == [
        "iam:CreateVirtualMFADevice",
        "handover:WriteFile",
        "iam:EnableMFADevice",
        "iam:TagUser",
    ]
    assert rest[0][1] == {"VirtualMFADeviceName": "doe_jane"}
    after = simulate(account(virtual_devices={}), plan.steps)
    assert plan_user(after, spec, NOW) == Plan()


def test_a_new_users_intent_is_no_proof_that_a_device_of_that_name_is_ours() -> None:
    spec = UserSpec(NAME, mfa=MFASpec(), handover=SEALED_FILE)
    given = account(virtual_devices={OWN: None})
    assert told(plan_user(given, spec, NOW)) == [("mfa_unassigned", "refuse")]
    again = plan_user(given, replace(spec, mfa=MFASpec(reissue=True)), NOW)
    assert calls(again)[1:] == [delete(), *MADE[1:]]


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        MFASpec("absent"),
        MFASpec(serial=TOKEN, codes=CODES),
        MFASpec(codes=CODES),
        MFASpec(name="two words"),
    ],
)
def test_a_new_user_for_whom_no_device_is_made_has_no_intent(wanted: MFASpec | None) -> None:
    assert mfa.first_intent(UserSpec(NAME, mfa=wanted), NOW) == {}


BY_LIST = [
    (jane(OWN), {}, True),
    (jane(SECOND), {}, True),
    (jane(PHONE), {}, False),
    (jane(PHONE), {"any_serves": True}, True),
    (jane(), {"any_serves": True}, False),
    (jane(OWN), {"reissue": True}, False),
    (jane(OWN), {"state": "absent"}, False),
    (jane(OWN), {"codes": CODES}, False),
    (jane(OWN, tags=pending()), {}, False),
    (jane(OWN, tags=RECEIPTED), {}, True),
]


@pytest.mark.parametrize(("observed", "wanted", "expected"), BY_LIST)
def test_what_the_accounts_list_settles_by_itself(observed: User, wanted: dict[str, Any], expected: bool) -> None:
    assert mfa.is_settled_by_list(seen(observed), wish(**wanted), observed) is expected
    assert mfa.is_settled_by_list(account(observed), wish(**wanted), observed) is False
    assert mfa.is_settled_by_list(seen(observed), UserSpec(NAME), observed) is False


def test_devices_of_the_list_are_told_from_those_that_were_read() -> None:
    assert mfa.is_from_list(user(NAME, mfa_devices=(MFADevice(OWN),)))
    assert not mfa.is_from_list(jane(OWN))
    assert not mfa.is_from_list(user(NAME, mfa_devices=UNREAD))


def test_what_an_interrupted_run_left_goes_with_the_user() -> None:
    left = seen(jane(TOKEN, tags=pending()), OWN)
    plan = plan_user(left, UserSpec(NAME, state="absent"), NOW)
    assert calls(plan) == [*retire(TOKEN), delete(), call("DeleteUser", UserName=NAME)]
    assert lines(plan)[1] == f"- virtual MFA device {OWN}"
    assert "DeleteVirtualMFADevice" not in str(
        plan_user(account(left.users[NAME]), UserSpec(NAME, state="absent"), NOW)
    )


def test_how_a_device_reads_in_a_plan() -> None:
    assert plans.lines(planned(seen(jane())).steps) == [
        "user jane: ~ intent to make an MFA device",
        f"user jane: + virtual MFA device {OWN}, seed sealed to ssh-ed25519 jane@home",
        f"user jane: + file {FILE}",
        f"user jane: + MFA device {OWN}, by two codes of its seed",
        "user jane: + receipt for the MFA seed",
    ]


PICTURES = [
    (HandoverSpec("secretsmanager", "iam/{user}", format="png"), "a PNG is no text that this store takes;"),
    (HandoverSpec("ssm_parameter", "iam/{user}", format="svg"), "an SVG is too large for Parameter Store;"),
    (HandoverSpec("file", "out/", format="png", plaintext=True), None),
    (HandoverSpec("secretsmanager", "iam/{user}", ("age1x",), ("age1x",), format="png"), None),
    (HandoverSpec("secretsmanager", "iam/{user}", format="svg"), None),
]


@pytest.mark.parametrize(("handover", "refusal"), PICTURES)
def test_where_a_picture_may_go(handover: HandoverSpec, refusal: str | None) -> None:
    found = texts(planned(seen(jane()), handover=handover))
    assert [text.startswith(refusal or "-") for text in found] == ([] if refusal is None else [True])
