# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH public keys and signing certificates: uploaded once, switched, taken away, by what is in them or by id."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    SigningCertificate,
    SSHPublicKey,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CertificateSpec,
    RosterSpec,
    SSHKeySpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    NOW,
    Call,
    account,
    call,
    calls,
    certificate_body,
    lines,
    ssh_body,
    ssh_key,
    texts,
    told,
    user,
)

JANE = {"UserName": "jane.doe"}
ONE, TWO, THREE = (ssh_key(number) for number in (1, 2, 3))
WISH, OTHER_WISH = (SSHKeySpec(ssh_body(number), ssh_key(number).fingerprint) for number in (1, 2))
BY_ID, BY_FINGERPRINT = SSHKeySpec(id="APKA1"), SSHKeySpec(fingerprint=ONE.fingerprint)
OFF = replace(ONE, active=False)
UPLOAD, OTHER_UPLOAD = (call("UploadSSHPublicKey", **JANE, SSHPublicKeyBody=ssh_body(number)) for number in (1, 2))
DELETE, DELETE_TWO = (call("DeleteSSHPublicKey", **JANE, SSHPublicKeyId=f"APKA{number}") for number in (1, 2))
Key = SSHPublicKey


def switch(status: str, key_id: Any = "APKA1") -> Call:
    return call("UpdateSSHPublicKey", **JANE, SSHPublicKeyId=key_id, Status=status)


def wanted(*wishes: SSHKeySpec, state: str = "present", **more: Any) -> dict[str, Any]:
    return {"ssh_keys": tuple(replace(wish, state=state) for wish in wishes), **more}


def plan(have: tuple[Key, ...], wish: dict[str, Any]) -> Plan:
    return plan_user(account(user(ssh_keys=have)), UserSpec("jane.doe", **wish), NOW)


SWITCHED_AT_ONCE = switch("Inactive", Later("{ssh_public_key_id}"))
PURGE = {"purge_ssh_keys": True}
FULL = tuple(ssh_key(number) for number in range(2, 7))
CASES: dict[str, tuple[tuple[Key, ...], dict[str, Any], list[Call]]] = {
    "a new one": ((), wanted(WISH), [UPLOAD]),
    "beside others": ((TWO,), wanted(WISH), [UPLOAD]),
    "there already": ((TWO, ONE), wanted(WISH), []),
    "there and switched off by somebody": ((OFF,), wanted(WISH), []),
    "given twice": ((), wanted(WISH, WISH), [UPLOAD]),
    "two new ones": ((), wanted(WISH, OTHER_WISH), [UPLOAD, OTHER_UPLOAD]),
    "a new one that is to be active": ((), wanted(WISH, state="active"), [UPLOAD]),
    "a new one that is to be inactive": ((), wanted(WISH, state="inactive"), [UPLOAD, SWITCHED_AT_ONCE]),
    "to be active": ((OFF,), wanted(WISH, state="active"), [switch("Active")]),
    "active already": ((ONE,), wanted(BY_ID, state="active"), []),
    "to be inactive": ((ONE, TWO), wanted(BY_ID, state="inactive"), [switch("Inactive")]),
    "inactive already": ((OFF,), wanted(BY_FINGERPRINT, state="inactive"), []),
    "there, by id": ((OFF,), wanted(BY_ID), []),
    "away, by what it is": ((ONE, TWO), wanted(WISH, state="absent"), [DELETE]),
    "away, by id": ((ONE, TWO), wanted(BY_ID, state="absent"), [DELETE]),
    "away, by fingerprint": ((TWO, ONE), wanted(BY_FINGERPRINT, state="absent"), [DELETE]),
    "away, named twice": ((ONE,), wanted(BY_FINGERPRINT, BY_ID, state="absent"), [DELETE]),
    "away already": ((TWO,), wanted(WISH, state="absent"), []),
    "purged, others go after": ((TWO,), wanted(WISH, **PURGE), [UPLOAD, DELETE_TWO]),
    "purged, none wanted": ((ONE, TWO), wanted(**PURGE), [DELETE, DELETE_TWO]),
    "purged, all named": ((ONE,), wanted(WISH, **PURGE), []),
    "none named, no purge": ((ONE,), wanted(), []),
    "purged, no room for both": (
        FULL,
        wanted(WISH, **PURGE),
        [*(call("DeleteSSHPublicKey", **JANE, SSHPublicKeyId=key.id) for key in FULL), UPLOAD],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_ssh_keys(case: str) -> None:
    have, wish, steps = CASES[case]
    planned = plan(have, wish)
    assert calls(planned) == steps
    assert planned.findings == ()
    after = simulate(account(user(ssh_keys=have)), planned.steps)
    assert plan_user(after, UserSpec("jane.doe", **wish), NOW).steps == ()


REFUSED: dict[str, tuple[tuple[Key, ...], dict[str, Any], str, str]] = {
    "a sixth": (
        FULL,
        wanted(WISH),
        "quota",
        "it would have 6 SSH public keys, and AWS takes 5 of a user; it has APKA2, APKA3, APKA4, APKA5, APKA6."
        " Delete one of them first, or leave some out.",
    ),
    "six at once, others purged": (
        (TWO,),
        wanted(*(SSHKeySpec(ssh_body(number), f"{number}") for number in range(11, 17)), **PURGE),
        "quota",
        "it would have 6 SSH public keys, and AWS takes 5 of a user; it has none. Delete one of them first, or leave"
        " some out.",
    ),
    "an id that is not there": (
        (TWO,),
        wanted(BY_ID, state="inactive"),
        "missing_key",
        f"it has no SSH public key APKA1; it has APKA2 ({TWO.fingerprint}). Correct it, or give the SSH public key"
        " itself.",
    ),
    "a fingerprint that is not there": (
        (),
        wanted(BY_FINGERPRINT),
        "missing_key",
        f"it has no SSH public key {ONE.fingerprint}; it has none. Correct it, or give the SSH public key itself.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_aws_would_refuse(case: str) -> None:
    have, wish, name, text = REFUSED[case]
    refused = plan(have, wish)
    assert told(refused) == [(name, "refuse")]
    assert texts(refused) == [text]


def test_what_was_not_read_or_asked_for_is_left_alone() -> None:
    whole = user(ssh_keys=(ONE,), certificates=(SigningCertificate("CERT"),))
    unread = replace(whole, ssh_keys=UNREAD, certificates=UNREAD)
    nothing = UserSpec("jane.doe", purge_ssh_keys=True, purge_certificates=True)
    all_purged = replace(nothing, ssh_keys=(), certificates=())
    assert plan_user(account(whole), nothing, NOW).steps == ()
    assert plan_user(account(unread), all_purged, NOW).steps == ()


def test_a_user_that_is_gone_needs_nothing_taken_away() -> None:
    spec = UserSpec("jane.doe", create=False, ssh_keys=(replace(WISH, state="absent"),))
    assert plan_user(account(), spec, NOW) == Plan()


CERT, OTHER_CERT = (SigningCertificate(f"CERT{number}", fingerprint=f"sha256:{number}") for number in (1, 2))
BODY = certificate_body(1)
VALID = CertificateSpec(
    BODY, "sha256:1", subject="CN=jane", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=1)
)
UPLOAD_CERT = call("UploadSigningCertificate", **JANE, CertificateBody=BODY)
CERTIFICATES: dict[str, tuple[tuple[SigningCertificate, ...], UserSpec, list[Call], list[str]]] = {
    "a new one": ((OTHER_CERT,), UserSpec("jane.doe", certificates=(VALID,)), [UPLOAD_CERT], []),
    "there": ((CERT,), UserSpec("jane.doe", certificates=(replace(VALID, not_after=NOW),)), [], []),
    "purged, no room for both": (
        (OTHER_CERT, replace(OTHER_CERT, id="CERT3", fingerprint="sha256:3")),
        UserSpec("jane.doe", certificates=(VALID,), purge_certificates=True),
        [
            call("DeleteSigningCertificate", **JANE, CertificateId="CERT2"),
            call("DeleteSigningCertificate", **JANE, CertificateId="CERT3"),
            UPLOAD_CERT,
        ],
        [],
    ),
    "switched off at once": (
        (),
        UserSpec("jane.doe", certificates=(replace(VALID, state="inactive"),)),
        [
            UPLOAD_CERT,
            call("UpdateSigningCertificate", **JANE, CertificateId=Later("{certificate_id}"), Status="Inactive"),
        ],
        [],
    ),
    "expired, away": (
        (CERT,),
        UserSpec("jane.doe", certificates=(replace(VALID, not_after=NOW, state="absent"),)),
        [call("DeleteSigningCertificate", **JANE, CertificateId="CERT1")],
        [],
    ),
    "expired": (
        (),
        UserSpec("jane.doe", certificates=(replace(VALID, not_after=NOW),)),
        [UPLOAD_CERT],
        ["the certificate of CN=jane expired at 2026-11-22 10:00 UTC; give one that is valid."],
    ),
    "not valid yet": (
        (),
        UserSpec("jane.doe", certificates=(replace(VALID, not_before=NOW + timedelta(minutes=1)),)),
        [UPLOAD_CERT],
        ["the certificate of CN=jane is not valid before 2026-11-22 10:01 UTC; upload it then."],
    ),
    "a third": (
        (OTHER_CERT, replace(OTHER_CERT, id="CERT3", fingerprint="sha256:3")),
        UserSpec("jane.doe", certificates=(VALID,)),
        [UPLOAD_CERT],
        [
            "it would have 3 signing certificates, and AWS takes 2 of a user; it has CERT2, CERT3. Delete one of them"
            " first, or leave some out."
        ],
    ),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_certificates(case: str) -> None:
    have, spec, steps, refusals = CERTIFICATES[case]
    planned = plan_user(account(user(certificates=have)), spec, NOW)
    assert calls(planned) == steps
    assert texts(planned) == refusals
    assert {level for _name, level in told(planned)} <= {"refuse"}


def test_the_accounts_own_quota_of_certificates_counts() -> None:
    spec = UserSpec("jane.doe", certificates=(VALID,))
    roomy = account(user(certificates=(OTHER_CERT, OTHER_CERT)), quotas={"SigningCertificatesPerUserQuota": 3})
    assert plan_user(roomy, spec, NOW).findings == ()


def test_the_lines_name_the_key() -> None:
    shown = lines(plan((TWO,), wanted(WISH, state="inactive", **PURGE)))
    fingerprint = ONE.fingerprint
    assert shown == [
        f"+ SSH public key {fingerprint}",
        f"~ SSH public key {fingerprint}: Active -> Inactive",
        "- SSH public key APKA2",
    ]
    assert lines(plan((OFF,), wanted(BY_ID, state="active"))) == ["~ SSH public key APKA1: Inactive -> Active"]


def test_a_certificate_is_one_users_only() -> None:
    first, second = (UserSpec(name, certificates=(VALID,)) for name in ("jane.doe", "john"))
    text = (
        "its signing certificate sha256:1 is that of user jane.doe, and AWS takes one for one user only; give each a"
        " certificate of its own."
    )
    people = account(user(certificates=()), user("john", certificates=()), user("ann", certificates=UNREAD))
    owned = account(user(certificates=(CERT,)), user("john", certificates=()))
    for there, users in ((people, (first, second)), (owned, (second,))):
        refused = plan_roster(there, RosterSpec(users=users), NOW)
        assert [(finding.subject, finding.text) for finding in refused.refusals] == [("user john", text)]
    own = replace(second, certificates=(CertificateSpec(id="CERT9"), replace(VALID, state="absent")), state="absent")
    again = replace(first, certificates=(VALID, VALID))
    assert plan_roster(people, RosterSpec(users=(again, own)), NOW).refusals == ()


def test_a_renamed_users_certificate_is_its_own() -> None:
    spec = UserSpec("jane.doe", new_name="jane.roe", certificates=(VALID,))
    for name in ("jane.doe", "jane.roe"):
        assert plan_roster(account(user(name, certificates=(CERT,))), RosterSpec(users=(spec,)), NOW).refusals == ()
