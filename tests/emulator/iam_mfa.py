# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MFA devices: virtual ones with real one-time codes, hardware tokens, FIDO security keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pyotp
import segno

from tests.emulator.entities import User
from tests.emulator.iam_lookup import brief_user, check_quota, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, Account, new_id

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; GetAccountSummary has no key for it.
_DEVICES_PER_USER = 8
_TAGS_PER_DEVICE = 50
_SEED_LENGTH = 64
_STEP_SECONDS = 30
# How far from now a code may be, in steps. AWS gives no figures. Its page of EnableMFADevice says that late codes
# may leave a device enabled and out of sync; here they are refused, so that a caller cannot come to rely on it.
_ENABLE_WINDOW = 1
_RESYNC_WINDOW = 120


@dataclass(eq=False)
class Device:
    """A device of any kind. `seed` is base32 and empty for what is not virtual; `last_step` is the newest code used."""

    serial_number: str
    seed: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    user: User | None = None
    enable_date: datetime | None = None
    last_step: int = 0

    @property
    def is_fido(self) -> bool:
        return ":u2f/" in self.serial_number

    def code(self, step: int) -> str:
        """https://www.rfc-editor.org/rfc/rfc6238: six digits, SHA-1, 30 seconds."""
        return pyotp.TOTP(self.seed, interval=_STEP_SECONDS).at(step * _STEP_SECONDS)


@operation("iam:CreateVirtualMFADevice")
def create_virtual_mfa_device(call: Call) -> Parameters:
    devices, name = call.account.backend.virtual_mfa_devices, call["VirtualMFADeviceName"]
    serial = call.account.arn(f"mfa{call.get('Path', '/')}{name}")
    if serial in devices:
        raise refusal("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    # Every user may have a device and no more: the quota is that of the users.
    check_quota(call, "UsersQuota", len(devices))
    device = Device(serial, pyotp.random_base32(_SEED_LENGTH))
    _put_tags(device, call.get("Tags", []))
    devices[serial] = device
    call.secrets.note("mfa_seed", name, device.seed, serial)
    made = {"SerialNumber": serial, "Base32StringSeed": device.seed, "Tags": _shown_tags(device) or None}
    return {"VirtualMFADevice": {**made, "QRCodePNG": _picture(name, call.account, device.seed)}}


def _picture(name: str, account: Account, seed: str) -> bytes:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html, QRCodePNG."""
    address = f"otpauth://totp/{quote(name)}@{account.account_id}?secret={seed}"
    png = io.BytesIO()
    segno.make_qr(address).save(png, kind="png", scale=4)
    return png.getvalue()


@operation("iam:EnableMFADevice")
def enable_mfa_device(call: Call) -> Parameters:
    """Any serial that is no ARN is a hardware token, whose codes nobody but AWS can check: two different ones do."""
    user, device = user_named(call), _to_be_enabled(call)
    if device.user is not None:
        raise refusal("EntityAlreadyExists", "MFA Device is already in use.")
    if len(user.mfa_devices) >= _DEVICES_PER_USER:
        raise refusal("LimitExceeded", f"Cannot exceed quota for MfaDevicesPerUser: {_DEVICES_PER_USER}")
    _check_codes(call, device, _ENABLE_WINDOW)
    _assign(device, user)
    return {}


def _to_be_enabled(call: Call) -> Device:
    serial = call["SerialNumber"]
    if serial.startswith("arn:"):
        return _virtual(call)
    for user in call.account.backend.users.values():
        if serial in user.mfa_devices:
            return user.mfa_devices[serial]
    return Device(serial)


def _assign(device: Device, user: User) -> None:
    device.user, device.enable_date = user, CLOCK.naive()
    user.mfa_devices[device.serial_number] = device


def plant_fido_device(account: Account, user: User, name: str) -> str:
    """The serial of a new FIDO security key, which only the console can enrol.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
    """
    device = Device(account.arn(f"u2f/user/{user.name}/{new_id(f'{name}-', len(name) + 27)}"))
    _assign(device, user)
    return device.serial_number


@operation("iam:ResyncMFADevice")
def resync_mfa_device(call: Call) -> Parameters:
    """For a device whose clock is off: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html."""
    _check_codes(call, _enabled(call), _RESYNC_WINDOW)
    return {}


def _check_codes(call: Call, device: Device, window: int) -> None:
    first, second = call["AuthenticationCode1"], call["AuthenticationCode2"]
    now = _step_now()
    if not device.seed:
        if first == second or "000000" in (first, second) or device.is_fido:
            raise _wrong_code()
        return
    for step in range(max(now - window, device.last_step + 1), now + window):
        if (device.code(step), device.code(step + 1)) == (first, second):
            device.last_step = step + 1
            return
    raise _wrong_code()


def _wrong_code() -> AwsError:
    return refusal("InvalidAuthenticationCode", "Authentication code for device is not valid.")


def codes_shown(account: Account, serial: str, offset: int) -> list[str]:
    """What a virtual device would show now, or `offset` steps later, and the code after that."""
    device: Device = account.backend.virtual_mfa_devices[serial]
    step = _step_now() + offset
    return [device.code(step), device.code(step + 1)]


def _step_now() -> int:
    return int(CLOCK.seconds()) // _STEP_SECONDS


@operation("iam:ListMFADevices")
def list_mfa_devices(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, list(user.mfa_devices.values()), _serial)
    return {"MFADevices": [_shown(user, device) for device in page], **more}


@operation("iam:GetMFADevice")
def get_mfa_device(call: Call) -> Parameters:
    """Of FIDO security keys only: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html."""
    device = _enabled(call)
    if not device.is_fido:
        raise refusal("NoSuchEntity", f"MFA Device {device.serial_number} is no FIDO security key.")
    return {**_shown(user_named(call), device), "Certifications": {"FIDO": "L1"}}


@operation("iam:ListVirtualMFADevices")
def list_virtual_mfa_devices(call: Call) -> Parameters:
    """Never seed, picture or tags: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html."""
    status = call.get("AssignmentStatus", "Any")
    devices = [
        device
        for device in call.account.backend.virtual_mfa_devices.values()
        if status == "Any" or (status == "Assigned") == (device.user is not None)
    ]
    page, more = paged(call, devices, _serial)
    shown = [
        {
            "SerialNumber": device.serial_number,
            "EnableDate": device.enable_date,
            "User": brief_user(device.user) if device.user is not None else None,
        }
        for device in page
    ]
    return {"VirtualMFADevices": shown, **more}


@operation("iam:DeactivateMFADevice")
def deactivate_mfa_device(call: Call) -> Parameters:
    """A virtual device stays, unassigned; a token or a security key is not known any more."""
    device = _enabled(call)
    del user_named(call).mfa_devices[device.serial_number]
    device.user = device.enable_date = None
    device.last_step = 0
    return {}


@operation("iam:DeleteVirtualMFADevice")
def delete_virtual_mfa_device(call: Call) -> Parameters:
    device = _virtual(call)
    if device.user is not None:
        raise refusal("DeleteConflict", "Assigned MFA device cannot be deleted.")
    del call.account.backend.virtual_mfa_devices[device.serial_number]
    return {}


@operation("iam:TagMFADevice")
def tag_mfa_device(call: Call) -> Parameters:
    _put_tags(_virtual(call), call["Tags"])
    return {}


@operation("iam:UntagMFADevice")
def untag_mfa_device(call: Call) -> Parameters:
    device = _virtual(call)
    for key in call["TagKeys"]:
        device.tags.pop(key, None)
    return {}


@operation("iam:ListMFADeviceTags")
def list_mfa_device_tags(call: Call) -> Parameters:
    page, more = paged(call, _shown_tags(_virtual(call)), lambda tag: str(tag["Key"]))
    return {"Tags": page, **more}


def _put_tags(device: Device, tags: list[dict[str, str]]) -> None:
    """Keys differ by case, unlike those of users: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html."""
    keys = {tag["Key"] for tag in tags}
    if len(keys) < len(tags):
        raise refusal("InvalidInput", "Duplicate tag keys found.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise refusal("InvalidInput", "Tag keys starting with aws: are reserved for system use.")
    if len(device.tags.keys() | keys) > _TAGS_PER_DEVICE:
        raise refusal("LimitExceeded", "The number of tags has reached the maximum limit.")
    device.tags.update({tag["Key"]: tag["Value"] for tag in tags})


def _shown_tags(device: Device) -> list[Parameters]:
    return [{"Key": key, "Value": value} for key, value in device.tags.items()]


def _virtual(call: Call) -> Device:
    device = call.account.backend.virtual_mfa_devices.get(call["SerialNumber"])
    if device is None:
        raise refusal("NoSuchEntity", f"VirtualMFADevice with serial number {call['SerialNumber']} doesn't exist.")
    return device


def _enabled(call: Call) -> Device:
    user, serial = user_named(call), call["SerialNumber"]
    if serial not in user.mfa_devices:
        raise refusal("NoSuchEntity", f"MFA Device {serial} for User {user.name} cannot be found.")
    return user.mfa_devices[serial]


def _shown(user: User, device: Any) -> Parameters:
    return {"UserName": user.name, "SerialNumber": device.serial_number, "EnableDate": device.enable_date}


def _serial(device: Device) -> str:
    return device.serial_number
