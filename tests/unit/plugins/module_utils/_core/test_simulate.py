# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the account looks like after a step, for every action that a plan can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import simulate as simulation
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNKNOWN,
    UNREAD,
    AccessKey,
    Account,
    Group,
    LoginProfile,
    MFADevice,
    Place,
    PlaceState,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Later, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    KEY1,
    KEY2,
    OURS,
    READ_ONLY,
    account,
    certificate,
    certificate_body,
    group,
    key,
    ssh_body,
    ssh_key,
    tags,
    user,
)

OTHER_KEY, OFF_KEY = SSHPublicKey("APKA2"), SSHPublicKey("APKA1", active=False)
JANE = user(
    tags={"Team": "blue", "cost": "7"},
    groups=("Developers",),
    managed_policies=(READ_ONLY,),
    boundary=OURS,
    login_profile=LoginProfile(),
    access_keys=(key(KEY1), key(KEY2)),
    ssh_keys=(SSHPublicKey("APKA1"), OTHER_KEY),
    certificates=(SigningCertificate("CERT"),),
    service_credentials=(ServiceCredential("ACCA", "codecommit.amazonaws.com"),),
    mfa_devices=(MFADevice("GAHT1"),),
    inline_policies={"extra": {"a": 1}},
)
DEVELOPERS = group(managed_policies=(READ_ONLY,), inline_policies={"extra": {"a": 1}}, members=("jane.doe",))
AUDITORS = group("Auditors", members=())
BEFORE = account(JANE, DEVELOPERS, AUDITORS)
OF_JANE, OF_DEVELOPERS = {"UserName": "jane.doe"}, {"GroupName": "Developers"}


def step(action: str, **parameters: Any) -> Step:
    return Step(f"iam:{action}", parameters, "user jane.doe", "+ x")


ON_USERS = [
    ("UpdateUser", {"NewPath": "/a/"}, {"path": "/a/", "arn": f"arn:aws:iam::{ID}:user/a/jane.doe"}),
    ("TagUser", {"Tags": tags(team="red", floor="3")}, {"tags": {"Team": "red", "cost": "7", "floor": "3"}}),
    ("UntagUser", {"TagKeys": ["TEAM", "nothing"]}, {"tags": {"cost": "7"}}),
    ("PutUserPermissionsBoundary", {"PermissionsBoundary": READ_ONLY}, {"boundary": READ_ONLY}),
    ("DeleteUserPermissionsBoundary", {}, {"boundary": None}),
    ("AttachUserPolicy", {"PolicyArn": OURS}, {"managed_policies": (READ_ONLY, OURS)}),
    ("AttachUserPolicy", {"PolicyArn": READ_ONLY}, {}),
    ("DetachUserPolicy", {"PolicyArn": READ_ONLY}, {"managed_policies": ()}),
    ("CreateLoginProfile", {"PasswordResetRequired": True}, {"login_profile": LoginProfile(reset_required=True)}),
    ("UpdateLoginProfile", {"PasswordResetRequired": False}, {"login_profile": LoginProfile(reset_required=False)}),
    ("DeleteLoginProfile", {}, {"login_profile": None}),
    ("CreateAccessKey", {}, {"access_keys": (key(KEY1), key(KEY2), AccessKey(UNKNOWN))}),
    (
        "UpdateAccessKey",
        {"AccessKeyId": KEY1, "Status": "Inactive"},
        {"access_keys": (key(KEY1, active=False), key(KEY2))},
    ),
    ("UpdateAccessKey", {"AccessKeyId": KEY1, "Status": "Active"}, {}),
    ("DeleteAccessKey", {"AccessKeyId": KEY1}, {"access_keys": (key(KEY2),)}),
    (
        "UploadSSHPublicKey",
        {"SSHPublicKeyBody": ssh_body(3)},
        {"ssh_keys": (SSHPublicKey("APKA1"), OTHER_KEY, ssh_key(3, id=UNKNOWN))},
    ),
    (
        "UploadSigningCertificate",
        {"CertificateBody": certificate_body(3)},
        {"certificates": (SigningCertificate("CERT"), certificate(3, id=UNKNOWN))},
    ),
    ("UpdateSSHPublicKey", {"SSHPublicKeyId": "APKA1", "Status": "Inactive"}, {"ssh_keys": (OFF_KEY, OTHER_KEY)}),
    ("DeleteSSHPublicKey", {"SSHPublicKeyId": "APKA1"}, {"ssh_keys": (OTHER_KEY,)}),
    (
        "UpdateSigningCertificate",
        {"CertificateId": "CERT", "Status": "Inactive"},
        {"certificates": (SigningCertificate("CERT", active=False),)},
    ),
    ("DeleteSigningCertificate", {"CertificateId": "CERT"}, {"certificates": ()}),
    (
        "CreateServiceSpecificCredential",
        {"ServiceName": "logs.amazonaws.com", "CredentialAgeDays": 30},
        {
            "service_credentials": (
                ServiceCredential("ACCA", "codecommit.amazonaws.com"),
                ServiceCredential(UNKNOWN, "logs.amazonaws.com"),
            )
        },
    ),
    (
        "UpdateServiceSpecificCredential",
        {"ServiceSpecificCredentialId": "ACCA", "Status": "Inactive"},
        {"service_credentials": (ServiceCredential("ACCA", "codecommit.amazonaws.com", active=False),)},
    ),
    ("DeleteServiceSpecificCredential", {"ServiceSpecificCredentialId": "ACCA"}, {"service_credentials": ()}),
    ("EnableMFADevice", {"SerialNumber": "GAHT2"}, {"mfa_devices": (MFADevice("GAHT1"), MFADevice("GAHT2"))}),
    ("DeactivateMFADevice", {"SerialNumber": "GAHT1"}, {"mfa_devices": ()}),
    (
        "PutUserPolicy",
        {"PolicyName": "new", "PolicyDocument": json.dumps({"b": [2]})},
        {"inline_policies": {"extra": {"a": 1}, "new": {"b": [2]}}},
    ),
    ("DeleteUserPolicy", {"PolicyName": "extra"}, {"inline_policies": {}}),
]


@pytest.mark.parametrize(("action", "parameters", "change"), ON_USERS)
def test_what_a_step_does_to_a_user(action: str, parameters: dict[str, Any], change: dict[str, Any]) -> None:
    after = simulate(BEFORE, [step(action, **OF_JANE, **parameters)])
    assert after.users == {"jane.doe": replace(JANE, **change)}
    assert (after.groups, after.places) == (BEFORE.groups, BEFORE.places)


PUT = {"PolicyName": "new", "PolicyDocument": json.dumps({"b": [2]})}
ON_GROUPS = [
    ("UpdateGroup", {"NewPath": "/a/"}, {"path": "/a/", "arn": f"arn:aws:iam::{ID}:group/a/Developers"}),
    ("AttachGroupPolicy", {"PolicyArn": OURS}, {"managed_policies": (READ_ONLY, OURS)}),
    ("DetachGroupPolicy", {"PolicyArn": READ_ONLY}, {"managed_policies": ()}),
    ("PutGroupPolicy", PUT, {"inline_policies": {"extra": {"a": 1}, "new": {"b": [2]}}}),
    ("DeleteGroupPolicy", {"PolicyName": "extra"}, {"inline_policies": {}}),
]


@pytest.mark.parametrize(("action", "parameters", "change"), ON_GROUPS)
def test_what_a_step_does_to_a_group(action: str, parameters: dict[str, Any], change: dict[str, Any]) -> None:
    after = simulate(BEFORE, [step(action, **OF_DEVELOPERS, **parameters)])
    assert after.groups == {"developers": replace(DEVELOPERS, **change), "auditors": AUDITORS}
    assert after.users == BEFORE.users


def test_a_member_is_seen_from_both_sides() -> None:
    joined = simulate(BEFORE, [step("AddUserToGroup", UserName="jane.doe", GroupName="Auditors")])
    assert joined.users["jane.doe"].groups == ("Developers", "Auditors")
    assert joined.groups["auditors"].members == ("jane.doe",)
    left = simulate(joined, [step("RemoveUserFromGroup", UserName="jane.doe", GroupName="Developers")])
    assert left.users["jane.doe"].groups == ("Auditors",)
    assert left.groups["developers"].members == ()


def test_a_virtual_device_is_seen_in_the_accounts_list_too() -> None:
    serial = f"arn:aws:iam::{ID}:mfa/phone"
    of_device = {"SerialNumber": serial}
    steps = [
        step("CreateVirtualMFADevice", VirtualMFADeviceName="phone"),
        step("EnableMFADevice", **OF_JANE, **of_device),
        step("DeactivateMFADevice", **OF_JANE, **of_device),
        step("DeleteVirtualMFADevice", **of_device),
    ]
    others = {f"arn:aws:iam::{ID}:mfa/other": "joe"}
    after = [simulate(account(JANE, virtual_devices=others), steps[: number + 1]) for number in range(4)]
    listed = [None, "jane.doe", None]
    assert [one.virtual_devices for one in after] == [*({**others, serial: whose} for whose in listed), others]
    assert [MFADevice(serial) in one.users["jane.doe"].mfa_devices for one in after] == [False, True, False, False]
    unread = simulate(account(user(mfa_devices=UNREAD)), steps[:2])
    assert (unread.virtual_devices, unread.users["jane.doe"].mfa_devices) == (UNREAD, (MFADevice(serial),))


def test_what_is_made_is_as_aws_makes_it() -> None:
    made = simulate(
        account(),
        [
            step("CreateUser", UserName="Joe", Path="/a/", Tags=tags(team="red"), PermissionsBoundary=OURS),
            step("CreateUser", UserName="ann", Path="/"),
            step("CreateGroup", GroupName="Ops", Path="/b/"),
        ],
    )
    arn = f"arn:aws:iam::{ID}:user/a/Joe"
    assert made.users == {
        "joe": User("Joe", "/a/", arn, boundary=OURS, tags={"team": "red"}),
        "ann": User("ann", arn=f"arn:aws:iam::{ID}:user/ann"),
    }
    assert made.groups == {"ops": Group("Ops", "/b/", f"arn:aws:iam::{ID}:group/b/Ops", members=())}


def test_what_goes_is_gone_in_any_case() -> None:
    gone = simulate(BEFORE, [step("DeleteUser", UserName="JANE.DOE"), step("DeleteGroup", GroupName="DEVELOPERS")])
    assert gone.users == {}
    assert list(gone.groups) == ["auditors"]
    assert simulate(gone, [step("DeleteUser", UserName="jane.doe"), step("DeleteGroup", GroupName="x")]) == gone


def test_what_was_not_read_stays_unread() -> None:
    unread = account(
        user(groups=UNREAD, managed_policies=UNREAD, access_keys=UNREAD, ssh_keys=UNREAD),
        group(managed_policies=UNREAD, inline_policies=UNREAD, members=UNREAD),
    )
    both = {**OF_JANE, **OF_DEVELOPERS}
    steps = [
        step("AddUserToGroup", **both),
        step("RemoveUserFromGroup", **both),
        step("AttachUserPolicy", **OF_JANE, PolicyArn=OURS),
        step("DetachGroupPolicy", **OF_DEVELOPERS, PolicyArn=OURS),
        step("DeleteAccessKey", **OF_JANE, AccessKeyId=KEY1),
        step("UpdateSSHPublicKey", **OF_JANE, SSHPublicKeyId="APKA1", Status="Inactive"),
    ]
    assert simulate(unread, steps) == unread


def test_a_write_makes_an_unread_map_known_as_far_as_it_goes() -> None:
    unread = account(
        user(
            access_keys=UNREAD,
            inline_policies=UNREAD,
            ssh_keys=UNREAD,
            certificates=UNREAD,
            service_credentials=UNREAD,
        ),
        group(inline_policies=UNREAD),
    )
    puts = [step("PutUserPolicy", **OF_JANE, **PUT), step("PutGroupPolicy", **OF_DEVELOPERS, **PUT)]
    uploads = [
        step("UploadSSHPublicKey", **OF_JANE, SSHPublicKeyBody=ssh_body(3)),
        step("UploadSigningCertificate", **OF_JANE, CertificateBody=certificate_body(3)),
    ]
    made = step("CreateServiceSpecificCredential", **OF_JANE, ServiceName="logs.amazonaws.com")
    after = simulate(unread, [step("CreateAccessKey", **OF_JANE), made, *puts, *uploads])
    assert after.users["jane.doe"].service_credentials == (ServiceCredential(UNKNOWN, "logs.amazonaws.com"),)
    assert after.users["jane.doe"].ssh_keys == (ssh_key(3, id=UNKNOWN),)
    assert after.users["jane.doe"].certificates == (certificate(3, id=UNKNOWN),)
    assert after.users["jane.doe"].inline_policies == {"new": {"b": [2]}}
    assert after.users["jane.doe"].access_keys == (AccessKey(UNKNOWN),)
    assert after.groups["developers"].inline_policies == {"new": {"b": [2]}}


def test_what_an_earlier_task_may_make_is_taken_to_be_there() -> None:
    after = simulate(account(), [step("AddUserToGroup", UserName="joe", GroupName="Ops")])
    assert after.users["joe"].groups == ("Ops",)
    assert "ops" in after.groups


def test_what_aws_has_said_takes_the_place_of_what_was_unknown() -> None:
    tag = [{"Key": Later("{access_key_id}"), "Value": Later("{time}")}]
    steps = [step("CreateAccessKey", **OF_JANE), step("TagUser", **OF_JANE, Tags=tag)]
    predicted, made = (
        simulate(account(user()), steps, known).users["jane.doe"] for known in (None, {"access_key_id": KEY1})
    )
    assert (predicted.access_keys, predicted.tags) == ((AccessKey(UNKNOWN),), {UNKNOWN: UNKNOWN})
    assert (made.access_keys, made.tags) == ((AccessKey(KEY1),), {KEY1: UNKNOWN})


def test_what_was_uploaded_is_switched_off_whether_its_id_is_known_or_not() -> None:
    upload = step("UploadSSHPublicKey", **OF_JANE, SSHPublicKeyBody=ssh_body(3))
    later = step("UpdateSSHPublicKey", **OF_JANE, SSHPublicKeyId=Later("{ssh_public_key_id}"), Status="Inactive")
    lost = replace(later, parameters={**later.parameters, "SSHPublicKeyId": "APKA3"})
    off = ssh_key(3, active=False)
    predicted = simulate(account(user()), [upload, later]).users["jane.doe"]
    made = simulate(account(user()), [upload, later], {"ssh_public_key_id": "APKA3"}).users["jane.doe"]
    found_again = simulate(account(user()), [upload, lost]).users["jane.doe"]
    assert (predicted.ssh_keys, made.ssh_keys) == ((replace(off, id=UNKNOWN),), (off,))
    assert found_again.ssh_keys == (replace(off, id=UNKNOWN),)


def test_a_creation_whose_answer_was_lost_does_not_stand_beside_the_one_made_in_its_place() -> None:
    key_made, key_gone = step("CreateAccessKey", **OF_JANE), step("DeleteAccessKey", **OF_JANE, AccessKeyId="AKIALOST")
    made = step("CreateServiceSpecificCredential", **OF_JANE, ServiceName="logs.amazonaws.com")
    gone = step("DeleteServiceSpecificCredential", **OF_JANE, ServiceSpecificCredentialId="ACCALOST")
    known = {"access_key_id": KEY1, "cloudwatch-logs-credential": "ACCA1"}
    steps = [key_made, key_gone, key_made, made, gone, made]
    after = simulate(account(user()), steps, known).users["jane.doe"]
    assert after.access_keys == (AccessKey(KEY1),)
    assert after.service_credentials == (ServiceCredential("ACCA1", "logs.amazonaws.com"),)


def test_a_place_that_was_written_holds_a_text() -> None:
    place = Place("file", "x")
    store = Step("handover:WriteFile", {"Path": "x"}, "user jane.doe", "+ file x", place=place)
    assert simulate(BEFORE, [store]).places == {place: PlaceState(exists=True)}


def test_the_account_that_was_observed_is_not_touched() -> None:
    parts: Mapping[str, Any] = {field.name: getattr(BEFORE, field.name) for field in fields(Account)}
    copies = {name: dict(part) if isinstance(part, Mapping) else part for name, part in parts.items()}
    everything = [step(action, **OF_JANE, **OF_DEVELOPERS, **more) for action, more, _change in [*ON_USERS, *ON_GROUPS]]
    simulate(BEFORE, [*everything, step("DeleteUser", **OF_JANE), step("DeleteGroup", **OF_DEVELOPERS)])
    assert parts == copies


def test_every_effect_stands_in_a_case() -> None:
    cases = {action for action, *_more in [*ON_USERS, *ON_GROUPS]}
    elsewhere = {
        "CreateUser",
        "DeleteUser",
        "CreateGroup",
        "DeleteGroup",
        "AddUserToGroup",
        "RemoveUserFromGroup",
        "CreateVirtualMFADevice",
        "DeleteVirtualMFADevice",
        # The account's own, in test_account.py.
        "UpdateAccountPasswordPolicy",
        "DeleteAccountPasswordPolicy",
        "CreateAccountAlias",
        "DeleteAccountAlias",
    }
    assert set(simulation._EFFECTS) - cases == elsewhere
