# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else belongs to a user: service-specific credentials, SSH keys, certificates, MFA devices.

moto keeps the keys, certificates and devices; here are their lists with pages, and what moto lacks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulator.iam_lookup import brief_user, check_quota, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, new_id, new_secret

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
_PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_KEY_SERVICES = ("bedrock.amazonaws.com", "logs.amazonaws.com")
_CREDENTIALS_PER_SERVICE = 2


@operation("iam:CreateServiceSpecificCredential")
def create_service_credential(call: Call) -> Parameters:
    user, service = user_named(call), call["ServiceName"]
    if service not in _PASSWORD_SERVICES + _KEY_SERVICES:
        raise AwsError("NotSupportedService", f"No such service {service}")
    if sum(one["ServiceName"] == service for one in user.service_credentials.values()) >= _CREDENTIALS_PER_SERVICE:
        raise refusal(
            "LimitExceeded", f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {_CREDENTIALS_PER_SERVICE}"
        )
    credential: dict[str, Any] = {
        "UserName": user.name,
        "Status": "Active",
        "ServiceName": service,
        "CreateDate": CLOCK.naive(),
        "ServiceSpecificCredentialId": new_id("ACCA", 21),
    }
    if service in _PASSWORD_SERVICES:
        credential["ServiceUserName"] = f"{user.name}-at-{call.account.account_id}"
        if any(
            one.get("ServiceUserName") == credential["ServiceUserName"] for one in user.service_credentials.values()
        ):
            credential["ServiceUserName"] = f"{user.name}+1-at-{call.account.account_id}"
    else:
        credential["ServiceCredentialAlias"] = f"{user.name}-at-{call.account.account_id}"
        if "CredentialAgeDays" in call.parameters:
            credential["ExpirationDate"] = CLOCK.naive() + timedelta(days=call["CredentialAgeDays"])
    user.service_credentials[credential["ServiceSpecificCredentialId"]] = credential
    return {"ServiceSpecificCredential": _with_new_secret(call, credential)}


@operation("iam:ResetServiceSpecificCredential")
def reset_service_credential(call: Call) -> Parameters:
    return {"ServiceSpecificCredential": _with_new_secret(call, _service_credential(call))}


@operation("iam:UpdateServiceSpecificCredential")
def update_service_credential(call: Call) -> Parameters:
    _service_credential(call)["Status"] = call["Status"]
    return {}


@operation("iam:DeleteServiceSpecificCredential")
def delete_service_credential(call: Call) -> Parameters:
    credential = _service_credential(call)
    del user_named(call).service_credentials[credential["ServiceSpecificCredentialId"]]
    return {}


@operation("iam:ListServiceSpecificCredentials")
def list_service_credentials(call: Call) -> Parameters:
    users = call.account.backend.users.values() if call.get("AllUsers") else [user_named(call)]
    found = [
        {**credential, "UserName": user.name}
        for user in users
        for credential in user.service_credentials.values()
        if call.get("ServiceName") in (None, credential["ServiceName"])
    ]
    page, more = paged(call, found, lambda one: f"{one['UserName'].lower()} {one['ServiceSpecificCredentialId']}")
    return {"ServiceSpecificCredentials": page, **more}


def _with_new_secret(call: Call, credential: dict[str, Any]) -> Parameters:
    secret = new_secret(44) + "="
    member = "ServicePassword" if "ServiceUserName" in credential else "ServiceCredentialSecret"
    identifier = credential["ServiceSpecificCredentialId"]
    call.secrets.note("service_password", credential["UserName"], secret, identifier)
    return {**credential, member: secret}


def _service_credential(call: Call) -> dict[str, Any]:
    identifier = call["ServiceSpecificCredentialId"]
    credential = user_named(call).service_credentials.get(identifier)
    if credential is None:
        raise refusal("NoSuchEntity", f"No such credential {identifier} exists")
    return credential


@operation("iam:ListSSHPublicKeys")
def list_ssh_keys(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, user.ssh_public_keys, lambda key: str(key.ssh_public_key_id))
    shown = [
        {
            "UserName": user.name,
            "SSHPublicKeyId": key.ssh_public_key_id,
            "Status": key.status,
            "UploadDate": key.upload_date,
        }
        for key in page
    ]
    return {"SSHPublicKeys": shown, **more}


@operation("iam:ListSigningCertificates")
def list_certificates(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, list(user.signing_certificates.values()), lambda one: str(one.id))
    shown = [
        {
            "UserName": user.name,
            "CertificateId": one.id,
            "CertificateBody": one.body,
            "Status": one.status,
            "UploadDate": one.upload_date,
        }
        for one in page
    ]
    return {"Certificates": shown, **more}


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
