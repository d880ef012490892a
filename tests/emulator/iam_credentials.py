# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MFA devices.

moto keeps the devices; here are their lists with pages, and what moto lacks.
"""

from __future__ import annotations

from tests.emulator.iam_lookup import brief_user, check_quota, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters


@operation("iam:ListMFADevices")
def list_mfa_devices(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, list(user.mfa_devices.values()), lambda one: str(one.serial_number))
    shown = [{"UserName": user.name, "SerialNumber": one.serial_number, "EnableDate": one.enable_date} for one in page]
    return {"MFADevices": shown, **more}


@operation("iam:CreateVirtualMFADevice")
def create_virtual_mfa_device(call: Call) -> Parameters:
    backend = call.account.backend
    name, path = call["VirtualMFADeviceName"], call.get("Path", "/")
    serial = call.account.arn(f"mfa{path}{name}")
    if serial in backend.virtual_mfa_devices:
        raise refusal("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    # Every user may have a device and no more: the quota is that of the users.
    check_quota(call, "UsersQuota", len(backend.virtual_mfa_devices))
    device = backend.create_virtual_mfa_device(name, path)
    call.secrets.note("mfa_seed", name, device.base32_string_seed, device.serial_number)
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.serial_number,
            "Base32StringSeed": device.base32_string_seed,
            "QRCodePNG": device.qr_code_png,
        }
    }


@operation("iam:ListVirtualMFADevices")
def list_virtual_mfa_devices(call: Call) -> Parameters:
    """Never the seed: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html."""
    status = call.get("AssignmentStatus", "Any")
    devices = [
        device
        for device in call.account.backend.virtual_mfa_devices.values()
        if status == "Any" or (status == "Assigned") == (device.user is not None)
    ]
    page, more = paged(call, devices, lambda device: str(device.serial_number))
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
    user, serial = user_named(call), call["SerialNumber"]
    if serial not in user.mfa_devices:
        raise refusal("NoSuchEntity", f"MFA Device {serial} for User {user.name} cannot be found.")
    call.account.backend.deactivate_mfa_device(user.name, serial)
    return {}


@operation("iam:DeleteVirtualMFADevice")
def delete_virtual_mfa_device(call: Call) -> Parameters:
    devices, serial = call.account.backend.virtual_mfa_devices, call["SerialNumber"]
    if serial not in devices:
        raise refusal("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.")
    if devices[serial].user is not None:
        raise refusal("DeleteConflict", "Assigned MFA device cannot be deleted.")
    del devices[serial]
    return {}
