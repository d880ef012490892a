# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials that nobody asks for go: what stays, what goes, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import is_settled_by_list
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    LoginProfile,
    MFADevice,
    ServiceCredential,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    CertificateSpec,
    ConsoleSpec,
    MFASpec,
    ServiceCredentialSpec,
    SSHKeySpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    EARLIER,
    ID,
    KEY1,
    KEY2,
    LONG_AGO,
    NOW,
    SEALED_FILE,
    account,
    calls,
    certificate,
    certificate_body,
    key,
    lines,
    pending,
    receipted,
    ssh_body,
    ssh_key,
    told,
    user,
)

GIT, LOGS = "codecommit.amazonaws.com", "logs.amazonaws.com"
OWN, SECOND, FOREIGN = (f"arn:aws:iam::{ID}:mfa/{name}" for name in ("jane.doe", "jane.doe-reissued", "phone"))
FIDO = f"arn:aws:iam::{ID}:u2f/user/jane.doe/yubikey-ABC"
SEED = {"keysmith:mfa-seed": "mfa/jane.doe file sha256:0123456789abcdef 2026-11-22T09:00:00Z"}
WHY = "not asked for (purge_credentials)"


def git(name: str, **more: Any) -> ServiceCredential:
    return replace(ServiceCredential(name, GIT, created=LONG_AGO), **more)


def devices(*serials: str) -> tuple[MFADevice, ...]:
    return tuple(MFADevice(serial, enabled=LONG_AGO) for serial in serials)


def gone(have: User, **wish: Any) -> list[str]:
    """The lines of what goes, the account's list of devices being what the user has."""
    spec = UserSpec("jane.doe", purge_credentials=True, handover=SEALED_FILE, **wish)
    listed = {} if have.mfa_devices is UNREAD else {one.serial: "jane.doe" for one in have.mfa_devices}
    seen = account(have, virtual_devices={name: whose for name, whose in listed.items() if ":mfa/" in name})
    plan = plan_user(seen, spec, NOW)
    settled = replace(
        spec,
        access_key=spec.access_key and replace(spec.access_key, reissue=False),
        mfa=spec.mfa and replace(spec.mfa, reissue=False),
    )
    assert lines(plan_user(simulate(seen, plan.steps), settled, NOW)) == []
    return [step.line for step in plan.steps if step.sign == "-"]


FULL = user(
    login_profile=LoginProfile(LONG_AGO),
    tags={"team": "red", **receipted(), **SEED, "Keysmith:CodeCommit-Credential": "ACCA1 file x y"},
    access_keys=(key(KEY1), key(KEY2, active=False)),
    service_credentials=(git("ACCA1"), ServiceCredential("ACCA2", "unknown.amazonaws.com")),
    ssh_keys=(ssh_key(1),),
    certificates=(certificate(1),),
    mfa_devices=devices(OWN, FIDO),
)


def test_what_is_not_asked_for_goes_and_with_it_what_our_tags_say_of_it() -> None:
    assert gone(FULL) == [
        f"- access key {KEY1}",
        f"- access key {KEY2}",
        "- service-specific credential ACCA1",
        "- service-specific credential ACCA2",
        "- SSH public key APKA1",
        "- signing certificate CERT1",
        f"- MFA device {OWN}",
        f"- virtual MFA device {OWN}",
        f"- MFA device {FIDO}",
        f"- tags keysmith:access-key, {KEY1}, keysmith:mfa-seed, Keysmith:CodeCommit-Credential",
    ]


def test_each_says_why_it_goes() -> None:
    plan = plan_user(account(FULL), UserSpec("jane.doe", purge_credentials=True), NOW)
    assert {step.why for step in plan.steps} == {WHY, "it would block a namesake", "what they speak of is gone"}


def test_the_list_of_virtual_devices_does_not_tell_of_all_that_may_have_to_go() -> None:
    seen, spec = account(virtual_devices={OWN: "jane.doe"}), UserSpec("jane.doe", mfa=MFASpec())
    assert is_settled_by_list(seen, spec, user())
    assert not is_settled_by_list(seen, replace(spec, purge_credentials=True), user())


def test_without_the_option_all_of_it_stays() -> None:
    assert calls(plan_user(account(FULL), UserSpec("jane.doe"), NOW)) == []


def test_what_was_not_read_is_not_touched() -> None:
    unread = dict.fromkeys(("access_keys", "service_credentials", "ssh_keys", "certificates", "mfa_devices"), UNREAD)
    assert gone(replace(FULL, tags={}, **unread)) == []


STAYS = [
    pytest.param(
        {"access_keys": (key(KEY1), key(KEY2)), "tags": receipted()},
        {"access_key": AccessKeySpec()},
        [f"- access key {KEY2}"],
        id="the key that was handed over stays",
    ),
    pytest.param(
        {"access_keys": (key(KEY1),), "tags": receipted()},
        {"access_key": AccessKeySpec(reissue=True)},
        [f"- access key {KEY1}", f"- receipt for access key {KEY1}"],
        id="a new key stays",
    ),
    pytest.param(
        {"access_keys": (key(KEY1), key(KEY2))},
        {"access_key": AccessKeySpec()},
        [],
        id="of keys that no receipt tells apart each may be the one",
    ),
    pytest.param(
        {"access_keys": (key(KEY1), key(KEY2)), "tags": receipted("AKIAEXAMPLE999999999")},
        {"access_key": AccessKeySpec()},
        [],
        id="nor does the receipt of a key that is gone",
    ),
    pytest.param(
        {"access_keys": (key(KEY1), key(KEY2))},
        {"access_key": AccessKeySpec(id=KEY2)},
        [f"- access key {KEY1}"],
        id="a key that is named stays",
    ),
    pytest.param(
        {"access_keys": (key(KEY1, created=NOW),), "tags": pending(EARLIER)},
        {},
        [f"- access key {KEY1}", "- tags keysmith:access-key"],
        id="a key of a killed run, once none is asked for",
    ),
    pytest.param(
        {
            "service_credentials": (git("ACCA1"), git("ACCA2"), ServiceCredential("ACCA3", LOGS)),
            "tags": {"keysmith:codecommit-credential": "ACCA2 file x y", "keysmith:cloudwatch-logs-credential": "x"},
        },
        {"service_credentials": (ServiceCredentialSpec(GIT),)},
        [
            "- service-specific credential ACCA1",
            "- service-specific credential ACCA3",
            "- tags keysmith:cloudwatch-logs-credential",
        ],
        id="the credential that was handed over for a service that is asked for",
    ),
    pytest.param(
        {"service_credentials": (git("ACCA1"), git("ACCA2")), "tags": {"keysmith:codecommit-credential": "ACCA2 x y"}},
        {"service_credentials": (ServiceCredentialSpec("", id="ACCA2"),)},
        ["- service-specific credential ACCA1"],
        id="a credential that is named, with its receipt",
    ),
    pytest.param(
        {"ssh_keys": (ssh_key(1), ssh_key(2), ssh_key(3))},
        {"ssh_keys": (SSHKeySpec(ssh_body(1), ssh_key(1).fingerprint), SSHKeySpec(id="APKA3"))},
        ["- SSH public key APKA2"],
        id="SSH public keys that are given",
    ),
    pytest.param(
        {"certificates": (certificate(1), certificate(2))},
        {"certificates": (CertificateSpec(certificate_body(2), certificate(2).fingerprint),)},
        ["- signing certificate CERT1"],
        id="a certificate that is given",
    ),
    pytest.param(
        {"mfa_devices": devices(OWN, FIDO), "tags": SEED},
        {"mfa": MFASpec()},
        [f"- MFA device {FIDO}"],
        id="the device whose seed was handed over",
    ),
    pytest.param(
        {"mfa_devices": devices(OWN, SECOND, FIDO), "tags": SEED},
        {"mfa": MFASpec()},
        [f"- MFA device {SECOND}", f"- virtual MFA device {SECOND}", f"- MFA device {FIDO}"],
        id="and not another of our names",
    ),
    pytest.param(
        {"mfa_devices": devices(SECOND, FIDO)},
        {"mfa": MFASpec()},
        [f"- MFA device {FIDO}"],
        id="without a receipt, a device of our names",
    ),
    pytest.param(
        {"mfa_devices": devices(FOREIGN, FIDO)},
        {"mfa": MFASpec(any_serves=True)},
        [],
        id="where any device serves and none is ours, each may be the one",
    ),
    pytest.param(
        {"mfa_devices": devices(OWN, FOREIGN), "tags": SEED},
        {"mfa": MFASpec(serial=FOREIGN)},
        [f"- MFA device {OWN}", f"- virtual MFA device {OWN}"],
        id="the device that is named",
    ),
    pytest.param(
        {"mfa_devices": devices(OWN, FIDO)},
        {"mfa": MFASpec(state="absent")},
        [f"- MFA device {OWN}", f"- virtual MFA device {OWN}", f"- MFA device {FIDO}"],
        id="none, where none is to be",
    ),
]


@pytest.mark.parametrize(("have", "wish", "lines_of_loss"), STAYS)
def test_what_is_asked_for_stays(have: dict[str, Any], wish: dict[str, Any], lines_of_loss: list[str]) -> None:
    assert gone(user(**have), **wish) == lines_of_loss


def test_other_doors_are_shut_before_new_secrets_are_made_and_devices_go_after() -> None:
    """Killed anywhere, the user has an MFA device that works."""
    have = user(login_profile=LoginProfile(LONG_AGO), access_keys=(key(),), mfa_devices=devices(FOREIGN))
    console, device = ConsoleSpec(reissue=True, reset_required=False), MFASpec(reissue=True)
    spec = UserSpec("jane.doe", console=console, mfa=device, handover=SEALED_FILE, purge_credentials=True)
    plan = plan_user(account(have, virtual_devices={FOREIGN: "jane.doe"}), spec, NOW)
    order = [step.action for step in plan.steps]
    assert order[0] == "iam:DeleteAccessKey"
    assert order.index("iam:UpdateLoginProfile") < order.index("iam:EnableMFADevice")
    assert order[-3:] == ["iam:TagUser", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"]


def test_nobody_is_there_to_lose_anything() -> None:
    assert [step.action for step in plan_user(account(), UserSpec("jane.doe", purge_credentials=True), NOW).steps] == [
        "iam:CreateUser"
    ]
    part = UserSpec("jane.doe", purge_credentials=True, create=False)
    assert calls(plan_user(account(), part, NOW)) == []


def test_a_renamed_user_loses_what_it_had_under_its_new_name() -> None:
    spec = UserSpec("jane.doe", new_name="jane.roe", purge_credentials=True)
    plan = plan_user(account(user(access_keys=(key(),))), spec, NOW)
    assert [step.parameters.get("UserName") for step in plan.steps] == ["jane.doe", "jane.roe"]


def test_the_key_by_which_this_runs_does_not_go() -> None:
    have = user(access_keys=(key(),))
    spec = UserSpec("jane.doe", purge_credentials=True)
    assert told(plan_user(account(have, caller_arn=have.arn), spec, NOW)) == [("caller", "refuse")]
    bare = replace(have, access_keys=())
    assert told(plan_user(account(bare, caller_arn=bare.arn), spec, NOW)) == []
