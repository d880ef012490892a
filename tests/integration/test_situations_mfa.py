# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules mfa_device and mfa_device_info in every situation, and that what was handed over shows AWS's codes."""

from __future__ import annotations

import csv
import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
import pyrage
import pytest
import segno

from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.fresh import all_tags
from tests.integration.given import Given, both, user
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

ARN = "arn:aws:iam::123456789012:mfa"
OWN, SECOND, PHONE = f"{ARN}/jane", f"{ARN}/jane-reissued", f"{ARN}/phone"
TOKEN = "GAHT12345678"
JANE, NAME = {"UserName": "jane"}, {"user_name": "jane"}
TO_FILE = {"handover": {"store": "file", "seal_to": ["<AGE>"], "path": "<TMP>/out/"}}
TO_RESULT = {"handover": {"store": "result", "seal_to": ["<AGE>"]}}
TO_MANAGER = {"handover": {"store": "secretsmanager", "name": "iam/{user}/{kind}"}, "region": "us-east-1"}
RECEIPT = "mfa/jane file sha256:0123456789abcdef 2026-01-01T00:00:00Z"
HARDWARE = {"AuthenticationCode1": "908172", "AuthenticationCode2": "654321"}
INTENT = RECEIVED = call("TagUser", **JANE)


def device(name: str = "jane", *, enabled: bool = True, tag: str = "", of: str = "jane") -> Given:
    """A virtual device; enabled by a user, or only made. ``<CODE1>`` and ``<CODE2>`` are what it shows now and next,
    which AWS takes for half a minute at least."""

    def given(iam: Any) -> dict[str, str]:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        totp, now = pyotp.TOTP(made["Base32StringSeed"].decode()), time.time()
        first, second = (totp.at(int(now) + 30 * step) for step in (0, 1))
        if enabled:
            pair = {"AuthenticationCode1": first, "AuthenticationCode2": second}
            iam.enable_mfa_device(UserName=of, SerialNumber=made["SerialNumber"], **pair)
        if tag:
            iam.tag_user(UserName="jane", Tags=[{"Key": "keysmith:mfa-seed", "Value": tag}])
        return {"CODE1": first, "CODE2": second}

    return given


def token(iam: Any) -> None:
    iam.enable_mfa_device(UserName="jane", SerialNumber=TOKEN, **HARDWARE)


def made(serial: str = OWN) -> Any:
    return call("CreateVirtualMFADevice", VirtualMFADeviceName=serial.rpartition("/")[2])


def enabled(serial: str = OWN) -> Any:
    return call("EnableMFADevice", SerialNumber=serial, AuthenticationCode1="***", **JANE)


def retired(serial: str = OWN) -> list[Any]:
    virtual = [call("DeleteVirtualMFADevice", SerialNumber=serial)] if serial.startswith("arn:") else []
    return [call("DeactivateMFADevice", SerialNumber=serial, **JANE), *virtual]


BY_CODES = {"codes": ["<CODE1>", "<CODE2>"]}
SITUATIONS = [
    Situation("new, to a file", {**NAME, **TO_FILE}, [INTENT, made(), enabled(), RECEIVED], user()),
    Situation("new, to the result", {**NAME, **TO_RESULT}, [INTENT, made(), enabled(), RECEIVED], user()),
    Situation(
        "new, to Secrets Manager",
        {**NAME, **TO_MANAGER},
        [INTENT, made(), call("secretsmanager:CreateSecret", Name="iam/jane/mfa-seed"), enabled(), RECEIVED],
        user(),
    ),
    Situation(
        "another, by its name",
        {**NAME, **TO_FILE, "name": "phone"},
        [INTENT, made(PHONE), enabled(PHONE), RECEIVED],
        both(user(), device()),
    ),
    Situation("has one of somebody else's making", {**NAME, **TO_FILE}, [], both(user(), device())),
    Situation("has a handed-over one", {**NAME, **TO_FILE}, [], both(user(), device(tag=RECEIPT))),
    Situation(
        "reissued",
        {**NAME, **TO_FILE, "reissue": True},
        [INTENT, made(SECOND), enabled(SECOND), *retired(), RECEIVED],
        both(user(), device(tag=RECEIPT)),
    ),
    Situation(
        "left by a killed run",
        {**NAME, **TO_FILE},
        [call("DeleteVirtualMFADevice", SerialNumber=OWN), made(), enabled(), RECEIVED],
        both(user(), device(enabled=False, tag="pending 2026-01-01T00:00:00Z mfa/jane")),
    ),
    Situation(
        "enabled by a killed run",
        {**NAME, **TO_FILE},
        [RECEIVED],
        both(user(), device(tag="pending 2026-01-01T00:00:00Z mfa/jane")),
    ),
    Situation(
        "by the person's codes",
        {**NAME, "serial_number": PHONE, **BY_CODES},
        [enabled(PHONE)],
        both(user(), device("phone", enabled=False)),
    ),
    Situation(
        "a hardware token", {**NAME, "serial_number": TOKEN, "codes": ["908172", "654321"]}, [enabled(TOKEN)], user()
    ),
    Situation("a token that is in force", {**NAME, "serial_number": TOKEN}, [], both(user(), token)),
    Situation("absent", {**NAME, "state": "absent"}, retired(), both(user(), device(), token)),
    Situation(
        "absent, with its receipt",
        {**NAME, "state": "absent"},
        [*retired(), call("UntagUser", TagKeys=["keysmith:mfa-seed"], **JANE)],
        both(user(), device(tag=RECEIPT)),
    ),
    Situation(
        "absent, a hardware token",
        {**NAME, "serial_number": TOKEN, "state": "absent"},
        retired(TOKEN),
        both(user(), device(), token),
    ),
    Situation("absent already", {**NAME, "state": "absent"}, [], both(user(), token)),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_mfa_device(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    if situation.name == "reissued":
        # Each run makes another device, under the other of the two names.
        run = reissued(situation, aws, tmp_path)
    else:
        run = hold(aws, tmp_path, "mfa_device", situation)
    left = {one["SerialNumber"] for one in aws.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]}
    mine = {one["serial_number"] for one in run["user"].get("mfa_devices", ()) if one["type"] == "virtual"}
    assert left == mine
    tag = all_tags(aws.client("iam"), "jane").get("keysmith:mfa-seed", "")
    assert not tag.startswith("pending")


def reissued(situation: Situation, aws: Emulator, tmp_path: Path) -> dict[str, Any]:
    run = hold(aws, tmp_path, "mfa_device", Situation(**{**vars(situation), "again": True}))
    assert run["deleted_serial_number"] == OWN
    assert run["serial_number"] == SECOND
    arguments = {"user_name": "jane", "handover": {"store": "file", "path": "x"}}
    return run_module(aws, "mfa_device", arguments)


def opened(path: Path) -> bytes:
    return pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(owners.age().private)])


def handed_over(aws: Emulator, folder: Path, format: str) -> bytes:
    aws.client("iam").create_user(UserName="jane")
    handover = {"store": "file", "seal_to": [owners.age().public], "path": f"{folder}/", "format": format}
    ran = run_module(aws, "mfa_device", {"user_name": "jane", "handover": handover})
    assert not ran.get("failed"), ran.get("msg")
    return opened(folder / f"jane.mfa-seed.{format}.age")


def address(aws: Emulator) -> str:
    (seed,) = [one["value"] for one in aws.secrets() if one["kind"] == "mfa_seed"]
    issuer = "Amazon%20Web%20Services"
    return f"otpauth://totp/{issuer}:jane%40123456789012?secret={seed}&issuer={issuer}"


@pytest.mark.parametrize("offset", [0, 3600, -86400])
def test_the_seed_shows_awss_codes_whatever_the_clock_here_says(aws: Emulator, tmp_path: Path, offset: int) -> None:
    """Enabled by the clock of AWS, which is off from this machine's by ``offset`` seconds."""
    aws.set_clock(offset)
    told = json.loads(handed_over(aws, tmp_path, "json"))
    assert told["serial_number"] == OWN
    assert told["otpauth_uri"] == address(aws)
    assert pyotp.parse_uri(told["otpauth_uri"]).at(int(time.time()) + offset) in aws.mfa_codes(OWN).values()


def test_the_csv_has_seed_and_address(aws: Emulator, tmp_path: Path) -> None:
    (row,) = csv.DictReader(handed_over(aws, tmp_path, "csv").decode().splitlines())
    assert (row["User name"], row["MFA serial number"], row["Address for the app"]) == ("jane", OWN, address(aws))


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_picture_is_the_qr_code_of_the_address(aws: Emulator, tmp_path: Path, format: str) -> None:
    picture = handed_over(aws, tmp_path, format)
    expected = tmp_path / f"expected.{format}"
    segno.make_qr(address(aws)).save(str(expected), scale=6)
    assert picture == expected.read_bytes()
    begin = b"\x89PNG\r\n\x1a\n" if format == "png" else b"<?xml"
    assert picture.startswith(begin)


def test_a_picture_in_the_clear_is_a_picture(aws: Emulator, tmp_path: Path) -> None:
    aws.client("iam").create_user(UserName="jane")
    handover = {"store": "file", "path": f"{tmp_path}/qr.png", "format": "png", "plaintext": True}
    ran = run_module(aws, "mfa_device", {"user_name": "jane", "handover": handover})
    assert not ran.get("failed"), ran.get("msg")
    picture = tmp_path / "qr.png"
    assert picture.stat().st_mode & 0o777 == 0o600
    assert "PNG image data" in subprocess.run(["file", picture], capture_output=True, text=True, check=True).stdout


def test_a_clock_is_set_by_two_later_codes(aws: Emulator) -> None:
    iam = aws.client("iam")
    both(user(), device())(iam)
    # The device is five minutes ahead.
    later = list(aws.mfa_codes(OWN, 10).values())
    arguments = {"user_name": "jane", "codes": later, "resync": True}
    dry = run_module(aws, "mfa_device", arguments, check=True)
    ran = run_module(aws, "mfa_device", arguments)
    assert not ran.get("failed"), ran.get("msg")
    assert dry["plan"] == ran["plan"] == [f"user jane: ~ MFA device {OWN}: its clock"]
    assert dry["actions"] == ran["actions"] == {"iam:ResyncMFADevice": 1}
    assert ran["changed"] is True
    assert later[0] not in json.dumps([dry, ran])


def test_info_tells_of_every_type(aws: Emulator) -> None:
    iam = aws.client("iam")
    both(user(), device())(iam)
    token(iam)
    key = aws.plant_fido_device("jane")
    iam.tag_mfa_device(SerialNumber=OWN, Tags=[{"Key": "Team", "Value": "a"}])
    aws.set_page_size(1)
    told = run_module(aws, "mfa_device_info", {"user_name": "jane"})["mfa_devices"]
    assert {(one["serial_number"], one["type"], json.dumps(one["tags"])) for one in told} == {
        (OWN, "virtual", '{"Team": "a"}'),
        (TOKEN, "hardware", "{}"),
        (key, "fido", "{}"),
    }
    assert {one["user_name"] for one in told} == {"jane"}
    assert all(one["enable_date"] for one in told)


def test_info_of_somebody_who_is_not_there(aws: Emulator) -> None:
    told = run_module(aws, "mfa_device_info", {"user_name": "nobody"})
    assert told["failed"]
    assert told["error"]["code"] == "NoSuchEntity"
    assert "mfa_devices" not in told
