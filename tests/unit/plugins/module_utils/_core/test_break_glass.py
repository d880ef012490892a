# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every check of the emergency users: what is right gives no finding, each drift gives its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import break_glass, evidence
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_alarms import SIGN_IN_REGIONS
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_dates import cases, due, openings
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    Alarms,
    Custodian,
    Custody,
    Facts,
    Policy,
    Rule,
    SeenUser,
    Topic,
    Trail,
    Unreadable,
    Wanted,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Chain, Problem
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    AccessKey,
    Group,
    LoginProfile,
    MFADevice,
    PasswordPolicy,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    DEMAND_MFA_POLICY,
    SESSIONS_REVOKED_POLICY,
    demand_mfa_document,
    sessions_revoked_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.sealed_text import SealedText
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD
from tests.unit.plugins.module_utils._core.builders import ID, NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEALED = NOW - 10 * DAY
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = f"arn:aws:iam::{ID}:policy/Own"
JANE = Custodian("ssh-ed25519 …AAAAAAAA jane", "ssh-ed25519 A", "ssh-ed25519 tagA")
JOHN = Custodian("age1…bbbbbb", "age1b", "X25519")
JACK = Custodian("openpgp 0123456789ABCDEF Jack", "0123456789ABCDEF")
DENIED = Unreadable("cannot get it: no.", "Allow the caller it.")
DENY = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
TOPIC = "arn:aws:sns:us-east-1:123456789012:told"

Found = list[tuple[str, str, str]]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(name: str, **more: Any) -> User:
    tags = {
        "keysmith:break-glass": f"sealed {stamp(SEALED)}",
        "keysmith:use-case": "emergency",
        "keysmith:mfa-seed": f"mfa/{name} file sha256:{name} {stamp(SEALED)}",
    }
    plain = User(
        name,
        arn=f"arn:aws:iam::{ID}:user/{name}",
        created=SEALED,
        tags=tags | more.pop("tags", {}),
        groups=("EmergencyAccess",),
        login_profile=LoginProfile(SEALED, False),
        mfa_devices=(MFADevice(f"arn:aws:iam::{ID}:mfa/{name}", SEALED),),
        inline_policies={SESSIONS_REVOKED_POLICY: sessions_revoked_document(stamp(SEALED))},
    )
    return replace(plain, **more)


def chain(*events: tuple[str, datetime, Mapping[str, Any]]) -> Chain:
    made = Chain()
    for event, time, fields in events:
        record = evidence.append(made, event, fields, time)
        made = replace(made, records=(*made.records, record))
    return made


def drilled(time: datetime = SEALED) -> Chain:
    return chain(*(("drill_closed", time, {"user": name}) for name in ("em-1", "em-2")))


WANTED = Wanted(("em-1", "em-2"), {PASSWORD: Custody((JANE,)), MFA_SEED: Custody((JOHN,))}, regions=SIGN_IN_REGIONS)
GROUP = Group("EmergencyAccess", managed_policies=(ADMIN,), members=("em-1", "EM-2"))
GROUP = replace(GROUP, inline_policies={DEMAND_MFA_POLICY: demand_mfa_document()})
PARTS = tuple(
    Part(name, kind, "file", f"{name}.{kind}", (whom.label,), f"sha256:{name}")
    for name in ("em-1", "em-2")
    for kind, whom in ((PASSWORD, JANE), (MFA_SEED, JOHN))
)
TEXTS: dict[tuple[str, str], Any] = {
    (part.user, part.kind): SealedText(
        "age", f"sha256:{part.user}", ("X25519",) if part.kind == MFA_SEED else ("ssh-ed25519 tagA",)
    )
    for part in PARTS
}
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
PATTERN = json.dumps(
    {"name": [{"equals-ignore-case": name} for name in ("EM-1", "em-2", "emergencyaccess")], "rule": 1}
)
RULES = {
    f"keysmith-break-glass-{kind}": Rule(ALL_EVENTS, PATTERN, (TOPIC,))
    for kind in ("sign-in", "sts", "access-key", "users", "by-user", "group", "account", "alarms")
}
ALARMS = Alarms(RULES, {TOPIC: Topic(1, 0)})
TRAIL = Trail("arn:aws:cloudtrail:us-east-1:123456789012:trail/all", True, ({},))
FACTS = Facts(
    now=NOW,
    users={name: SeenUser(user(name), changed=SEALED, reported=NOW) for name in ("em-1", "em-2")},
    group=GROUP,
    policies={"AdministratorAccess": Policy(ADMIN)},
    password_policy=PasswordPolicy(),
    manifest=Manifest("https://example", PARTS),
    evidence=drilled(),
    texts=TEXTS,
    sign_in_urls=("https://example.number", "https://example"),
    alarms=dict.fromkeys(SIGN_IN_REGIONS, ALARMS),
    trails=dict.fromkeys(SIGN_IN_REGIONS, (TRAIL,)),
)


def found(facts: Facts = FACTS, **wanted: Any) -> Found:
    findings = break_glass.examine(replace(WANTED, **wanted), facts)
    for one in findings:
        assert one.text.endswith(".")
        assert one.remedy.endswith((".", ")."))
    assert break_glass.is_ready(findings) == all(one.level == "warn" for one in findings)
    return [(one.name, one.level, one.subject) for one in findings]


def texts_of(facts: Facts, **wanted: Any) -> list[str]:
    return [one.text for one in break_glass.examine(replace(WANTED, **wanted), facts)]


def seen(more: Mapping[str, Any] | None = None, **of_user: Any) -> Facts:
    """The first of the users as changed."""
    one = SeenUser(user("em-1", **of_user), **{"changed": SEALED, "reported": NOW, **(more or {})})
    return replace(FACTS, users={**FACTS.users, "em-1": one})


def test_what_is_right_gives_no_finding() -> None:
    assert found() == []


def tagged(name: str, value: str) -> dict[str, Any]:
    return {"tags": {f"keysmith:{name}": value}}


def keyed(field: str, *items: Any) -> dict[str, Any]:
    return {field: items}


REVOKED = SESSIONS_REVOKED_POLICY
OF_USER: dict[str, tuple[dict[str, Any], str]] = {
    "no state": (tagged("break-glass", ""), "state"),
    "a state of nobody's": (tagged("break-glass", "happy 1"), "state"),
    "closing": (tagged("break-glass", f"closing {stamp(NOW)}"), "state"),
    "opened, and no evidence of it": (tagged("break-glass", f"opened {stamp(NOW)}"), "state"),
    "sealed at no time": (tagged("break-glass", "sealed yesterday"), "state"),
    "another use case": (tagged("use-case", "human"), "use_case"),
    "no use case": (tagged("use-case", ""), "use_case"),
    "no group": ({"groups": ()}, "groups"),
    "another group": ({"groups": ("EmergencyAccess", "Devs")}, "groups"),
    "a policy": ({"managed_policies": (ADMIN,)}, "foreign_policy"),
    "a quarantine": (
        {"managed_policies": ("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",)},
        "quarantine",
    ),
    "a deny of all": ({"managed_policies": ("arn:aws:iam::aws:policy/AWSDenyAll",)}, "quarantine"),
    "an inline policy": ({"inline_policies": {"stop": DENY}}, "foreign_policy"),
    "a grant outside of an opening": ({"inline_policies": {"keysmith-emergency-grant": DENY}}, "foreign_policy"),
    "an altered end of sessions": ({"inline_policies": {REVOKED: DENY}}, "sessions"),
    "an end of sessions with more in it": (
        {"inline_policies": {REVOKED: {**sessions_revoked_document(stamp(SEALED)), "Id": "more"}}},
        "sessions",
    ),
    "an end of sessions at no time": (
        {"inline_policies": {REVOKED: sessions_revoked_document("2026-99-22T10:00:00Z")}},
        "sessions",
    ),
    "an end of sessions to come": (
        {"inline_policies": {REVOKED: sessions_revoked_document(stamp(NOW + HOUR))}},
        "sessions",
    ),
    "a boundary": ({"boundary": OWN}, "boundary"),
    "no password": ({"login_profile": None}, "password"),
    "a reset": ({"login_profile": LoginProfile(SEALED, True)}, "password"),
    "a password made since": ({"login_profile": LoginProfile(SEALED + HOUR, False)}, "password"),
    "no MFA device": ({"mfa_devices": ()}, "mfa"),
    "an MFA device that was enabled since": (
        {"mfa_devices": (MFADevice(f"arn:aws:iam::{ID}:mfa/em-1", SEALED + HOUR),)},
        "mfa",
    ),
    "an access key": (keyed("access_keys", AccessKey("AKIA")), "foreign_credential"),
    "an SSH key": (keyed("ssh_keys", SSHPublicKey("APKA")), "foreign_credential"),
    "a certificate": (keyed("certificates", SigningCertificate("C")), "foreign_credential"),
    "a service credential": (keyed("service_credentials", ServiceCredential("ACCA", "s")), "foreign_credential"),
}


@pytest.mark.parametrize("case", OF_USER)
def test_a_users_drift(case: str) -> None:
    more, name = OF_USER[case]
    assert found(seen(**more)) == [(name, "fail", "user em-1")]


def test_a_foreign_device_beside_ours_instead_of_it_and_before_any_receipt() -> None:
    phone, own = MFADevice(f"arn:aws:iam::{ID}:mfa/phone", SEALED), user("em-1").mfa_devices
    assert not isinstance(own, type(UNREAD))
    assert found(seen(mfa_devices=(*own, phone))) == [("mfa", "fail", "user em-1")]
    assert found(seen(mfa_devices=(phone,))) == [("mfa", "fail", "user em-1")] * 2
    pending = seen(**tagged("mfa-seed", f"pending {stamp(SEALED)}"))
    assert found(pending) == [("mfa", "fail", "user em-1")] * 2
    assert found(seen(**tagged("mfa-seed", ""))) == [("mfa", "fail", "user em-1")] * 2
    unknown_date = seen(mfa_devices=(replace(own[0], enabled=None),))
    assert found(unknown_date) == []


def test_what_was_not_read_is_no_drift_and_why_is_unknown() -> None:
    fields = ("groups", "managed_policies", "inline_policies", "login_profile", "access_keys", "ssh_keys")
    unread = dict.fromkeys((*fields, "certificates", "service_credentials", "mfa_devices"), UNREAD)
    denied = {"denied": {"mfa_devices": DENIED, "access_keys": DENIED}}
    assert found(seen(denied, **unread)) == [("unreadable", "unknown", "user em-1")] * 2
    group = replace(GROUP, managed_policies=(ADMIN,), inline_policies=UNREAD, members=UNREAD)
    assert found(replace(FACTS, group=group)) == [("group_policy", "fail", "group EmergencyAccess")]
    assert found(replace(FACTS, group=replace(GROUP, managed_policies=UNREAD)))[0][0] == "group_policy"


def test_a_user_that_is_not_there_and_one_that_cannot_be_read() -> None:
    gone = replace(FACTS, users={**FACTS.users, "em-2": None})
    assert found(gone) == [("pair", "fail", "account"), ("missing_user", "fail", "user em-2")]
    assert found(replace(FACTS, users={**FACTS.users, "em-2": DENIED})) == [("unreadable", "unknown", "user em-2")]


OF_GROUP: dict[str, tuple[dict[str, Any], str, int]] = {
    "gone": ({"group": None}, "group", 1),
    "a policy less": ({"group": replace(GROUP, managed_policies=())}, "group_policy", 1),
    "a policy more": ({"group": replace(GROUP, managed_policies=(ADMIN, OWN))}, "group_policy", 1),
    "another policy": ({"group": replace(GROUP, managed_policies=(OWN,))}, "group_policy", 2),
    "no such policy": ({"policies": {}}, "group_policy", 2),
    "no demand of MFA": ({"group": replace(GROUP, inline_policies={})}, "group_policy", 1),
    "an altered one": ({"group": replace(GROUP, inline_policies={DEMAND_MFA_POLICY: DENY})}, "group_policy", 1),
    "an inline policy more": (
        {"group": replace(GROUP, inline_policies={**dict(GROUP.inline_policies), "stop": DENY})},
        "group_policy",
        1,
    ),
    "a member more": ({"group": replace(GROUP, members=("em-1", "em-2", "mallory"))}, "members", 1),
}


@pytest.mark.parametrize("case", OF_GROUP)
def test_the_groups_drift(case: str) -> None:
    more, name, count = OF_GROUP[case]
    assert found(replace(FACTS, **more)) == [(name, "fail", "group EmergencyAccess")] * count


def test_a_group_that_cannot_be_read_gives_roles_or_nothing() -> None:
    subject = "group EmergencyAccess"
    assert found(replace(FACTS, group=DENIED)) == [("unreadable", "unknown", subject)]
    bare = replace(FACTS, group=replace(GROUP, managed_policies=()), policies={})
    assert found(bare, managed_policies=()) == [("standing_right", "warn", subject)]
    roles = {"roles": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn"}]}}
    inline = {**roles, DEMAND_MFA_POLICY: demand_mfa_document()}
    given = replace(FACTS, group=replace(GROUP, managed_policies=(), inline_policies=inline))
    assert found(given, managed_policies=(), inline_policies=roles) == []


def test_a_policy_of_the_accounts_own_that_was_changed_since() -> None:
    group = replace(GROUP, managed_policies=(OWN,))
    for changed, expected in (
        (SEALED - DAY, []),
        (SEALED + DAY, [("policy_changed", "fail", "group EmergencyAccess")]),
    ):
        facts = replace(FACTS, group=group, policies={"Own": Policy(OWN, changed)})
        assert found(facts, managed_policies=("Own",)) == expected
    later = {"em-2": SeenUser(user("em-2", **tagged("break-glass", f"sealed {stamp(NOW)}")), reported=NOW)}
    again = replace(facts, users={**FACTS.users, **later})
    assert ("policy_changed", "fail", "group EmergencyAccess") in found(again, managed_policies=("Own",))
    unsealed = {name: SeenUser(user(name, tags={"keysmith:break-glass": ""})) for name in ("em-1", "em-2")}
    facts = replace(facts, users=unsealed)
    assert "policy_changed" not in [name for name, _level, _subject in found(facts, managed_policies=("Own",))]


# Openings and dates


def test_an_opening_is_told_while_it_lasts_and_fails_when_it_is_over() -> None:
    told = {"user": "EM-1", "requester": "jane", "ticket": "INC-1"}
    begun = ("opened", NOW - HOUR, {**told, "until": stamp(NOW + HOUR)})
    old = drilled().records
    events = [(one.event, SEALED, one.fields) for one in old]
    assert found(replace(FACTS, evidence=chain(*events, begun))) == [("opening", "warn", "user EM-1")]
    late = replace(FACTS, evidence=chain(*events, begun), now=NOW + 2 * HOUR)
    assert found(late) == [("opening", "fail", "user EM-1")]
    assert "by jane (INC-1), was to end at 2026-11-22T11:00:00Z" in texts_of(late)[0]
    for end in ("closed", "drill_closed"):
        closed = chain(*events, begun, (end, NOW, {"user": "em-1"}))
        assert found(replace(late, evidence=closed)) == []
    other = chain(*events, begun, ("closed", NOW, {"user": "em-2"}))
    assert found(replace(late, evidence=other)) == [("opening", "fail", "user EM-1")]
    drill = chain(*events, ("drill_opened", NOW, {"user": "em-1"}))
    assert texts_of(replace(FACTS, evidence=drill)) == [
        "the drill of record 3, by nobody named, is going on until 2026-11-22T22:00:00Z."
    ]


@pytest.mark.parametrize(
    ("until", "hours"),
    [
        ({}, 12),
        ({"until": stamp(NOW + 4 * HOUR)}, 4),
        ({"until": stamp(NOW + 99 * HOUR)}, 12),
        ({"until": "2026-11-22T10:30:00"}, 12),
        ({"until": "tomorrow"}, 12),
        ({"until": None}, 12),
    ],
)
def test_until_when_an_opening_lasts(until: dict[str, Any], hours: int) -> None:
    made = chain(("opened", NOW, {"user": "em-1", **until}))
    assert [one.until for one in openings(made, 12 * HOUR)] == [NOW + hours * HOUR]


def test_a_record_without_a_time_is_none_of_an_opening() -> None:
    made = chain(("opened", NOW, {"user": "em-1"}), ("drill_closed", NOW, {"user": "em-1"}))
    broken = replace(made, records=tuple(replace(one, time="soon") for one in made.records))
    assert openings(broken, HOUR) == ()
    assert found(replace(FACTS, evidence=broken)) == [("drill", "warn", f"user {name}") for name in ("em-1", "em-2")]


def test_an_open_user_has_its_grant_and_its_state() -> None:
    made = chain(*((one.event, SEALED, one.fields) for one in drilled().records), ("opened", NOW, {"user": "em-1"}))
    grant = {"inline_policies": {"keysmith-emergency-grant": DENY}}
    for state in ("opened", "drill"):
        facts = replace(seen(**grant, **tagged("break-glass", f"{state} {stamp(NOW)}")), evidence=made)
        assert found(facts) == [("opening", "warn", "user em-1")]
        over = found(replace(facts, now=NOW + DAY))
        assert [name for name, _level, _subject in over] == ["opening", "state", "foreign_policy"]
    closing = replace(seen(**tagged("break-glass", f"closing {stamp(NOW)}")), evidence=made)
    assert ("state", "fail", "user em-1") in found(closing)


def test_a_use_that_nobody_announced() -> None:
    events = [(one.event, SEALED - DAY, one.fields) for one in drilled().records]
    opened = [("opened", NOW - 5 * HOUR, {"user": "em-1"}), ("closed", NOW - 3 * HOUR, {"user": "em-1"})]
    made = chain(*events, *opened, ("opened", NOW - HOUR, {"user": "em-1"}), ("opened", NOW - DAY, {"user": "em-2"}))
    for hours, announced in ((0, True), (1, True), (2, False), (3, True), (4, True), (6, False)):
        facts = replace(seen({"used": NOW - hours * HOUR}), evidence=made)
        assert (("used", "fail", "user em-1") in found(facts)) != announced, hours
    assert found(seen({"used": SEALED})) == [], "before it was sealed"
    assert ("used", "fail", "user em-1") not in found(replace(facts, evidence=DENIED))
    assert ("used", "fail", "user em-1") not in found(
        replace(seen({"used": NOW}, **tagged("break-glass", "")), evidence=drilled())
    )


def test_a_drill_is_due_from_the_last_one_on_or_from_the_users_making() -> None:
    never = replace(FACTS, evidence=chain(("provisioned", SEALED, {"users": ["em-1", "em-2"]})))
    both = [("drill", "warn", "user em-1"), ("drill", "warn", "user em-2")]
    assert found(never) == both
    assert found(never, drill_days=9) == [(name, "fail", subject) for name, _level, subject in both]
    assert "it was never drilled" in texts_of(never, drill_days=9)[0]
    assert found(drill_days=9) == [(name, "fail", subject) for name, _level, subject in both]
    assert texts_of(FACTS, drill_days=9)[0].startswith("its last drill was on 2026-11-12")
    later = chain(*(("drill_closed", SEALED + days * DAY, {"user": name}) for name, days in (("em-1", 5), ("EM-2", 9))))
    assert found(replace(FACTS, evidence=later), drill_days=4) == [("drill", "fail", "user em-1")]
    again = chain(*((one.event, SEALED, one.fields) for one in drilled().records), ("drill_closed", NOW, {}))
    assert found(replace(FACTS, evidence=again)) == []
    unknown = replace(seen(created=None), evidence=never.evidence)
    assert found(unknown, drill_days=9)[0] == ("drill", "warn", "user em-1")


def test_a_rotation_is_due_from_the_older_of_the_two_secrets_on() -> None:
    assert found(rotation_days=10) == []
    assert found(rotation_days=9) == [("rotation", "fail", "user em-1"), ("rotation", "fail", "user em-2")]
    old = MFADevice(f"arn:aws:iam::{ID}:mfa/em-1", SEALED - 100 * DAY)
    assert found(seen(mfa_devices=(old,)), rotation_days=100) == [("rotation", "fail", "user em-1")]
    assert found(seen({"changed": SEALED - 100 * DAY}), rotation_days=100) == [("rotation", "fail", "user em-1")]
    stale = {"changed": SEALED - 100 * DAY, "reported": SEALED - HOUR}
    assert found(seen(stale), rotation_days=100) == [], "a report older than the seal"
    assert found(seen({"changed": SEALED - 100 * DAY, "reported": None}), rotation_days=100) == []
    unsealed = seen({"changed": SEALED, "reported": None}, **tagged("break-glass", ""))
    assert found(unsealed) == [("state", "fail", "user em-1")]
    nothing = seen({"changed": None}, **tagged("break-glass", ""))
    assert found(nothing) == [("state", "fail", "user em-1"), ("rotation", "fail", "user em-1")]
    assert found(seen({"changed": None}, mfa_devices=UNREAD)) == []


def test_a_password_set_since_by_the_report() -> None:
    assert found(seen({"changed": SEALED + HOUR})) == [("password", "fail", "user em-1")]
    assert found(seen({"changed": SEALED + timedelta(minutes=5)})) == [], "of the same run"


@pytest.mark.parametrize(
    ("days", "hard", "told"),
    [
        (None, True, None),
        (100, False, None),
        (
            90,
            False,
            "its password expires on 2027-02-10, by the account's max_pw_age of 90 days, before the next drill",
        ),
        (10, False, "its password expired on 2026-11-22, by the account's max_pw_age of 10 days: AWS asks"),
        (5, True, "its password expired on 2026-11-17, by the account's max_pw_age of 5 days, and nobody can sign in"),
    ],
)
def test_a_password_that_expires(days: int | None, hard: bool, told: str | None) -> None:
    facts = replace(FACTS, password_policy=PasswordPolicy(max_age_days=days, hard_expiry=hard))
    expected = [] if told is None else [("password_expiry", "fail", f"user {name}") for name in ("em-1", "em-2")]
    assert found(facts) == expected
    assert all(text.startswith(told or "?") for text in texts_of(facts))
    # An overdue drill does not make a password that still holds look expired.
    overdue = {"drill_days": 1}
    if days == 100:
        assert {name for name, _level, _subject in found(facts, **overdue)} == {"drill"}


def test_when_things_are_due() -> None:
    facts = replace(FACTS, password_policy=PasswordPolicy(max_age_days=30))
    (one, _other) = cases(WANTED, facts)
    assert due(one).drill == SEALED + 90 * DAY
    assert due(one).rotation == SEALED + 180 * DAY
    assert due(one).expiry == SEALED + 30 * DAY
    (blank, _other) = cases(WANTED, seen({"changed": None}, created=None, **tagged("break-glass", "")))
    blank = replace(blank, facts=replace(facts, evidence=Chain(), password_policy=DENIED))
    assert (due(blank).drill, due(blank).rotation, due(blank).expiry) == (None, None, None)


def test_evidence_rules_and_report_that_are_broken_or_cannot_be_read() -> None:
    assert found(replace(FACTS, evidence=DENIED)) == [("unreadable", "unknown", "evidence")]
    broken = replace(drilled(), problems=(Problem("cut", 1, "line 1: record 1 is missing."),))
    assert found(replace(FACTS, evidence=broken)) == [("evidence", "fail", "evidence")]
    empty = [one for one in found(replace(FACTS, evidence=Chain())) if one[0] != "drill"]
    assert empty == [("evidence", "fail", "evidence")]
    lost = replace(Chain(), problems=broken.problems)
    assert [one for one in found(replace(FACTS, evidence=lost)) if one[0] != "drill"] == empty
    assert found(replace(FACTS, unsaved=2)) == [("evidence", "warn", "evidence")]
    assert found(replace(FACTS, password_policy=DENIED, report=DENIED)) == [("unreadable", "unknown", "account")] * 2


# Custody


def parts(**more: Any) -> Facts:
    """The manifest with its first part, em-1's password, as changed."""
    first, *rest = PARTS
    return replace(FACTS, manifest=Manifest("https://example", (replace(first, **more), *rest)))


def text(**more: Any) -> Facts:
    """The text of em-1's password as changed."""
    key = ("em-1", PASSWORD)
    return replace(FACTS, texts={**TEXTS, key: replace(TEXTS[key], **more)})


OF_CUSTODY: dict[str, tuple[Facts, list[str]]] = {
    "a part that is not told of": (replace(FACTS, manifest=Manifest("https://example", PARTS[1:])), ["manifest"]),
    "told to another": (parts(sealed_to=(JOHN.label,)), ["custody", "custody"]),
    "told to one more": (parts(sealed_to=(JANE.label, JOHN.label)), ["custody"]),
    "told to the same with another comment": (parts(sealed_to=("ssh-ed25519 …AAAAAAAA safe",)), []),
    "told to two together": (parts(threshold=2), ["custody"]),
    "no fingerprint": (parts(fingerprint=None), ["sealed_text"]),
    "another fingerprint": (parts(fingerprint="sha256:other"), ["sealed_text"]),
    "no text": (replace(FACTS, texts={**TEXTS, ("em-1", PASSWORD): None}), ["sealed_text"]),
    "in the clear": (text(sort=None, lines=None), ["sealed_text"]),
    "another line": (text(lines=("ssh-ed25519 tagX",)), ["custody"]),
    "one line more": (text(lines=("X25519", "ssh-ed25519 tagA")), ["custody"]),
    "its line twice": (text(lines=("ssh-ed25519 tagA",) * 2), ["custody"]),
    "no line": (text(lines=()), ["custody"]),
    "damaged": (text(lines=None), ["custody"]),
    "of another sort": (text(sort="openpgp", lines=None), ["custody"]),
    "for two together": (text(sort="shares", lines=None, threshold=2), ["custody"]),
}


@pytest.mark.parametrize("case", OF_CUSTODY)
def test_a_sealed_texts_drift(case: str) -> None:
    facts, names = OF_CUSTODY[case]
    assert found(facts) == [(name, "fail", "user em-1") for name in names]


def test_what_of_custody_cannot_be_read() -> None:
    assert found(replace(FACTS, manifest=None)) == [("manifest", "fail", "manifest")]
    assert found(replace(FACTS, manifest=DENIED)) == [("unreadable", "unknown", "manifest")]


def test_people_are_sent_to_the_accounts_own_page() -> None:
    assert found(replace(FACTS, manifest=Manifest("https://example.number", PARTS))) == []
    facts = replace(FACTS, manifest=Manifest("https://evil.example", PARTS))
    assert found(facts) == [("manifest", "fail", "manifest")]
    assert texts_of(facts) == [
        "it has people sign in at https://evil.example, and the account's users do at https://example."
    ]
    assert found(replace(FACTS, sign_in_urls=DENIED)) == [("unreadable", "unknown", "manifest")]
    denied = replace(FACTS, texts={**TEXTS, ("em-1", PASSWORD): DENIED})
    assert found(denied) == [("unreadable", "unknown", "user em-1")]


def test_a_seed_belongs_to_the_device_by_the_users_own_tag() -> None:
    other = f"mfa/em-1 file sha256:other {stamp(SEALED)}"
    assert found(seen(**tagged("mfa-seed", other))) == [("sealed_text", "fail", "user em-1")]
    adopted = f"mfa/em-1 adopted - {stamp(SEALED)}"
    assert found(seen(**tagged("mfa-seed", adopted))) == []
    assert found(replace(FACTS, users={**FACTS.users, "em-1": DENIED})) == [("unreadable", "unknown", "user em-1")]


def test_nobody_opens_both() -> None:
    custody = {PASSWORD: Custody((JANE, JOHN)), MFA_SEED: Custody((replace(JANE, label="x"), JOHN))}
    findings = break_glass.examine(replace(WANTED, custody=custody), FACTS)
    told = [one.text for one in findings if one.subject == "account"]
    assert told == [
        "x and age1…bbbbbb opens both the password and the MFA seed, so that one person could sign in alone."
    ]


def test_shares_and_openpgp() -> None:
    jane, jack = SealedText("age", "", ("ssh-ed25519 tagA",)), SealedText("openpgp", "")
    shares = {"sort": "shares", "lines": None, "threshold": 2}
    labels = (JANE.label, JACK.label)
    custody = {PASSWORD: Custody((JANE, JACK), 2), MFA_SEED: Custody((JOHN,))}
    told = [replace(part, sealed_to=labels, threshold=2) if part.kind == PASSWORD else part for part in PARTS]
    whole = {
        key: replace(one, **shares, labels=labels, shares=(jane, jack)) if key[1] == PASSWORD else one
        for key, one in TEXTS.items()
    }
    facts = replace(FACTS, manifest=Manifest("https://example", tuple(told)), texts=whole)
    assert found(facts, custody=custody) == []
    first = whole[("em-1", PASSWORD)]
    for more, count in (
        ({"shares": (jack, jack)}, 1),
        ({"shares": (jane, jane)}, 1),
        ({"labels": (JANE.label, "age1…cccccc")}, 2),
        ({"threshold": None}, 1),
    ):
        broken = replace(facts, texts={**whole, ("em-1", PASSWORD): replace(first, **more)})
        assert found(broken, custody=custody) == [("custody", "fail", "user em-1")] * count, more


# Alarms


def region(**more: Any) -> Facts:
    return replace(FACTS, alarms={**FACTS.alarms, "us-east-2": replace(ALARMS, **more)})


def ruled(kind: str, **more: Any) -> Facts:
    name = f"keysmith-break-glass-{kind}"
    return region(rules={**RULES, name: replace(RULES[name], **more)})


OF_ALARMS: dict[str, tuple[Facts, Found]] = {
    "none": (region(rules={}), [("alarms", "fail", "alarms in us-east-2")]),
    "one less": (
        region(rules={name: rule for name, rule in RULES.items() if not name.endswith("sts")}),
        [("alarms", "fail", "alarms in us-east-2")],
    ),
    "off": (ruled("sts", state="DISABLED"), [("alarms", "fail", "alarms in us-east-2")]),
    "no read-only events": (ruled("sts", state="ENABLED"), [("alarms", "fail", "alarms in us-east-2")]),
    "no read-only events where there are none": (ruled("users", state="ENABLED"), []),
    "a user less": (ruled("users", pattern='["em-1"]'), [("alarms", "fail", "alarms in us-east-2")]),
    "another group": (ruled("group", pattern='["em-1"]'), [("alarms", "fail", "alarms in us-east-2")]),
    "no names where there are none": (ruled("account", pattern="{}"), []),
    "all but them": (
        ruled("sign-in", pattern='{"source": [{"anything-but": ["em-1", "em-2"]}]}'),
        [("alarms", "fail", "alarms in us-east-2")],
    ),
    "from one address alone": (
        ruled("sign-in", pattern='{"name": ["em-1", "em-2"], "detail": {"sourceIPAddress": ["192.0.2.1"]}}'),
        [("alarms", "fail", "alarms in us-east-2")],
    ),
    "no target": (ruled("alarms", targets=()), [("alarms", "fail", "alarms in us-east-2")]),
    "another target": (ruled("alarms", targets=("arn:aws:sqs:us-east-2:1:queue",)), []),
    "no topic": (region(topics={TOPIC: None}), [("alarms", "fail", "alarms in us-east-2")]),
    "nobody told": (region(topics={TOPIC: Topic(0, 1)}), [("alarms", "fail", "alarms in us-east-2")]),
    "somebody not told": (region(topics={TOPIC: Topic(1, 1)}), [("alarms", "warn", "alarms in us-east-2")]),
    "a topic that cannot be read": (
        region(topics={TOPIC: DENIED}),
        [("unreadable", "unknown", "alarms in us-east-2")],
    ),
    "a region that cannot be read": (
        replace(FACTS, alarms={**FACTS.alarms, "us-east-2": DENIED}),
        [("unreadable", "unknown", "alarms in us-east-2")],
    ),
}


@pytest.mark.parametrize("case", OF_ALARMS)
def test_a_regions_drift(case: str) -> None:
    facts, expected = OF_ALARMS[case]
    assert found(facts) == expected


def test_regions_that_are_not_looked_at() -> None:
    assert found(regions=None) == [("alarms", "warn", "alarms")]
    assert found(regions=("us-east-1",)) == [("alarms", "warn", "alarms")]
    china = replace(FACTS, partition="aws-cn", alarms={"cn-north-1": ALARMS}, trails={"cn-north-1": (TRAIL,)})
    assert found(china, regions=("cn-north-1",)) == []
