# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MFA devices: what EnableMFADevice and ResyncMFADevice accept, tags, and what each list shows."""

from __future__ import annotations

import base64
import struct
import time
from typing import Any

import pyotp
import pytest
import segno

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

ARN = "arn:aws:iam::123456789012:mfa"
WRONG = ("InvalidAuthenticationCode", 403)
MISSING = ("NoSuchEntity", 404)
HARDWARE = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}


@pytest.fixture
def alice(iam: Any) -> str:
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    return "alice"


@pytest.fixture
def now(aws: Emulator) -> float:
    """The emulator's now in seconds, moved to the middle of a code's 30 seconds, so that none ends within a test."""
    machine = time.time()
    aws.set_clock(15 - machine % 30)
    return machine - machine % 30 + 15


def create(iam: Any, name: str = "alice", **more: Any) -> dict[str, Any]:
    return dict(iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **more)["VirtualMFADevice"])


@pytest.fixture
def serial(iam: Any, alice: str) -> str:
    return str(create(iam)["SerialNumber"])


def test_virtual_device_comes_with_seed_and_picture(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html, RFC 3548."""
    made = create(iam, Path="/eng/", Tags=[{"Key": "Team", "Value": "a"}])
    assert made["SerialNumber"] == f"{ARN}/eng/alice"
    assert made["Tags"] == [{"Key": "Team", "Value": "a"}]
    seed = made["Base32StringSeed"].decode()
    assert len(base64.b32decode(seed)) == 40
    assert aws.secrets() == [{"kind": "mfa_seed", "user": "alice", "id": made["SerialNumber"], "value": seed}]
    picture = made["QRCodePNG"]
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    expected = segno.make_qr(f"otpauth://totp/alice@123456789012?secret={seed}")
    assert struct.unpack(">II", picture[16:24]) == expected.symbol_size(scale=4)
    assert create(iam)["Base32StringSeed"] != made["Base32StringSeed"]


def test_device_names(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html: unique with the path."""
    create(iam)
    create(iam, Path="/eng/")
    made = iam.create_virtual_mfa_device
    assert refused(made, VirtualMFADeviceName="alice") == ("EntityAlreadyExists", 409)
    assert refused(made, VirtualMFADeviceName="two words") == ("ValidationError", 400)
    assert refused(made, VirtualMFADeviceName="bob", Path="eng") == ("ValidationError", 400)
    aws.set_quotas(UsersQuota=2)
    assert refused(made, VirtualMFADeviceName="bob") == ("LimitExceeded", 409)


def test_device_is_enabled_by_two_consecutive_codes(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html, InvalidAuthenticationCode."""
    first, second = (aws.mfa_code(serial, step) for step in (0, 1))
    for pair in ((second, first), (first, first), (first, aws.mfa_code(serial, 2)), ("000000", "000001")):
        codes = {"AuthenticationCode1": pair[0], "AuthenticationCode2": pair[1]}
        assert refused(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, **codes) == WRONG
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    (device,) = iam.list_mfa_devices(UserName="ALICE")["MFADevices"]
    assert (device["UserName"], device["SerialNumber"]) == ("alice", serial)
    assert device["EnableDate"]


def test_codes_are_those_of_any_authenticator(aws: Emulator, iam: Any, alice: str, now: float) -> None:
    """https://www.rfc-editor.org/rfc/rfc6238."""
    made = create(iam)
    shown = [aws.mfa_code(made["SerialNumber"], step) for step in (-1, 0, 1)]
    assert shown == [pyotp.TOTP(made["Base32StringSeed"].decode()).at(int(now) + offset) for offset in (-30, 0, 30)]


@pytest.mark.parametrize(("step", "taken"), [(-2, False), (-1, True), (0, True), (1, False), (60, False)])
@pytest.mark.usefixtures("now")
def test_codes_of_another_time_do_not_enable(
    aws: Emulator, iam: Any, serial: str, refused: Refused, step: int, taken: bool
) -> None:
    """Submit immediately: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html."""
    who = {"UserName": "alice", "SerialNumber": serial, **aws.mfa_codes(serial, step)}
    if taken:
        iam.enable_mfa_device(**who)
    else:
        assert refused(iam.enable_mfa_device, **who) == WRONG


@pytest.mark.usefixtures("now")
def test_resync_takes_codes_of_a_clock_that_is_off_but_each_once(
    aws: Emulator, iam: Any, serial: str, refused: Refused
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html."""
    who, early = {"UserName": "alice", "SerialNumber": serial}, aws.mfa_codes(serial)
    assert refused(iam.resync_mfa_device, **who, **early) == MISSING
    iam.enable_mfa_device(**who, **early)
    assert refused(iam.resync_mfa_device, **who, **early) == WRONG
    iam.resync_mfa_device(**who, **aws.mfa_codes(serial, 60))
    assert refused(iam.resync_mfa_device, **who, **aws.mfa_codes(serial, 60)) == WRONG
    assert refused(iam.resync_mfa_device, **who, **aws.mfa_codes(serial, 200)) == WRONG
    swapped = dict(zip(("AuthenticationCode2", "AuthenticationCode1"), aws.mfa_codes(serial, 70).values(), strict=True))
    assert refused(iam.resync_mfa_device, **who, **swapped) == WRONG
    assert refused(iam.resync_mfa_device, **{**who, "UserName": "bob"}, **early) == MISSING


def test_device_belongs_to_one_user(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html, EntityAlreadyExists."""
    enable = iam.enable_mfa_device
    assert refused(enable, UserName="nobody", SerialNumber=serial, **HARDWARE) == MISSING
    assert refused(enable, UserName="alice", SerialNumber=f"{ARN}/other", **HARDWARE) == MISSING
    enable(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    for name in ("alice", "bob"):
        again = refused(enable, UserName=name, SerialNumber=serial, **aws.mfa_codes(serial, 2))
        assert again == ("EntityAlreadyExists", 409)


def test_hardware_token(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_physical.html."""
    who = {"UserName": alice, "SerialNumber": "GAHT12345678"}
    for pair in (("123456", "123456"), ("000000", "123456")):
        codes = {"AuthenticationCode1": pair[0], "AuthenticationCode2": pair[1]}
        assert refused(iam.enable_mfa_device, **who, **codes) == WRONG
    malformed = {**HARDWARE, "AuthenticationCode1": "12345a"}
    assert refused(iam.enable_mfa_device, **who, **malformed) == ("ValidationError", 400)
    iam.enable_mfa_device(**who, **HARDWARE)
    taken = refused(iam.enable_mfa_device, **{**who, "UserName": "bob"}, **HARDWARE)
    assert taken == ("EntityAlreadyExists", 409)
    iam.resync_mfa_device(**who, **HARDWARE)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert refused(iam.delete_virtual_mfa_device, SerialNumber="GAHT12345678") == MISSING
    iam.deactivate_mfa_device(**who)
    iam.enable_mfa_device(**{**who, "UserName": "bob"}, **HARDWARE)


def test_eight_devices_a_user(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, MFA devices."""
    for number in range(7):
        iam.enable_mfa_device(UserName="alice", SerialNumber=f"GAHT1234567{number}", **HARDWARE)
    aws.plant_fido_device("alice")
    ninth = refused(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    assert ninth == ("LimitExceeded", 409)
    assert iam.get_account_summary()["SummaryMap"]["MFADevicesInUse"] == 8


def test_security_key_is_listed_read_and_taken_away(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html: of FIDO security keys only."""
    key = aws.plant_fido_device("alice")
    assert key.startswith("arn:aws:iam::123456789012:u2f/user/alice/yubikey-")
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    aws.set_dates("alice", mfa_device=key, mfa_enabled="2025-01-01T00:00:00Z")
    listed = iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert [device["SerialNumber"] for device in listed] == [serial, key]
    read = iam.get_mfa_device(UserName="alice", SerialNumber=key)
    assert (read["UserName"], read["EnableDate"].isoformat()) == ("alice", "2025-01-01T00:00:00+00:00")
    assert read["Certifications"] == {"FIDO": "L1"}
    assert refused(iam.get_mfa_device, UserName="alice", SerialNumber=serial) == MISSING
    assert refused(iam.get_mfa_device, UserName="bob", SerialNumber=key) == MISSING
    assert refused(iam.resync_mfa_device, UserName="alice", SerialNumber=key, **HARDWARE) == WRONG
    assert [one["SerialNumber"] for one in iam.list_virtual_mfa_devices()["VirtualMFADevices"]] == [serial]
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=key)
    assert [one["SerialNumber"] for one in iam.list_mfa_devices(UserName="alice")["MFADevices"]] == [serial]
    assert refused(iam.enable_mfa_device, UserName="alice", SerialNumber=key, **HARDWARE) == MISSING


def test_virtual_devices_by_assignment(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html: never the seed."""
    other = create(iam, "spare", Tags=[{"Key": "a", "Value": "b"}])["SerialNumber"]
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    (assigned,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert (assigned["SerialNumber"], assigned["User"]["UserName"]) == (serial, "alice")
    assert assigned.keys() == {"SerialNumber", "EnableDate", "User"}
    unassigned = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert unassigned == [{"SerialNumber": other}]
    iam.update_user(UserName="alice", NewUserName="alicia")
    (renamed,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert (renamed["SerialNumber"], renamed["User"]["UserName"]) == (serial, "alicia")


def test_deactivated_device_can_be_enabled_again(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html."""
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **aws.mfa_codes(serial))
    assert refused(iam.deactivate_mfa_device, UserName="bob", SerialNumber=serial) == MISSING
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial) == ("DeleteConflict", 409)
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    assert refused(iam.deactivate_mfa_device, UserName="alice", SerialNumber=serial) == MISSING
    iam.enable_mfa_device(UserName="bob", SerialNumber=serial, **aws.mfa_codes(serial))
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial) == MISSING


def test_device_tags(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """Sorted: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADeviceTags.html.

    Keys differ by case, unlike users': https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html.
    """
    who = {"SerialNumber": serial}
    iam.tag_mfa_device(**who, Tags=[{"Key": key, "Value": "1"} for key in ("b", "B", "a")])
    iam.tag_mfa_device(**who, Tags=[{"Key": "a", "Value": "2"}])
    tags = iam.list_mfa_device_tags(**who)["Tags"]
    assert [(tag["Key"], tag["Value"]) for tag in tags] == [("B", "1"), ("a", "2"), ("b", "1")]
    aws.set_page_size(2)
    page = iam.list_mfa_device_tags(**who)
    assert page["IsTruncated"]
    assert iam.list_mfa_device_tags(**who, Marker=page["Marker"])["Tags"] == tags[2:]
    iam.untag_mfa_device(**who, TagKeys=["B", "b", "none"])
    assert iam.list_mfa_device_tags(**who)["Tags"] == [{"Key": "a", "Value": "2"}]


def test_device_tags_refused(iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagMFADevice.html, Errors."""
    who = {"SerialNumber": serial}
    tag = {"Key": "a", "Value": ""}
    assert refused(iam.tag_mfa_device, **who, Tags=[tag, tag]) == ("InvalidInput", 400)
    assert refused(iam.tag_mfa_device, **who, Tags=[{"Key": "AWS:x", "Value": ""}]) == ("InvalidInput", 400)
    assert refused(iam.tag_mfa_device, SerialNumber="GAHT12345678", Tags=[tag]) == MISSING
    iam.tag_mfa_device(**who, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    assert refused(iam.tag_mfa_device, **who, Tags=[tag]) == ("LimitExceeded", 409)


def test_temporarily_unmodifiable_comes_by_fault_only(aws: Emulator, iam: Any, serial: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html, EntityTemporarilyUnmodifiable."""
    code = "EntityTemporarilyUnmodifiable"
    aws.fault(action="iam:EnableMFADevice", kind="error", code=code, http=409)
    who = {"UserName": "alice", "SerialNumber": serial, **aws.mfa_codes(serial)}
    assert refused(iam.enable_mfa_device, **who) == (code, 409)
    iam.enable_mfa_device(**who)


def test_log_shows_neither_seed_nor_codes(aws: Emulator, iam: Any, serial: str) -> None:
    codes = aws.mfa_codes(serial)
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes)
    (entry,) = [one for one in aws.log() if one["action"] == "iam:EnableMFADevice"]
    hidden = {"AuthenticationCode1": "***", "AuthenticationCode2": "***"}
    assert entry["parameters"] == {"UserName": "alice", "SerialNumber": serial, **hidden}
    secrets = [one["value"] for one in aws.secrets()] + list(codes.values())
    assert [secret for secret in secrets if secret in str(aws.log())] == []
