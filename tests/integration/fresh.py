# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS says of users and groups now, by plain boto3 calls of our own, in the shape of the modules' results.

Written apart from the collection's readers on purpose: it calls other IAM actions where there is a choice.
"""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes


def _all(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for item in page[key]]


def _login_profile(iam: Any, name: str) -> dict[str, bool]:
    try:
        profile = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        return {"console": False}
    return {"console": True, "password_reset_required": profile["PasswordResetRequired"]}


def _policies(attached: list[dict[str, str]]) -> list[dict[str, str]]:
    found = [{"policy_name": one["PolicyName"], "policy_arn": one["PolicyArn"]} for one in attached]
    return sorted(found, key=lambda policy: policy["policy_arn"])


def _is_ours(key: str) -> bool:
    return key.lower().startswith("keysmith:") or key.startswith("AKIA")


def _mfa_devices(iam: Any, name: str) -> list[dict[str, Any]]:
    kinds = {"mfa": "virtual", "u2f": "fido"}
    return [
        {
            "enable_date": one["EnableDate"].isoformat(),
            "serial_number": one["SerialNumber"],
            "type": kinds.get(one["SerialNumber"].partition("/")[0].rpartition(":")[2], "hardware"),
            "user_name": one["UserName"],
        }
        for one in _all(iam, "list_mfa_devices", "MFADevices", UserName=name)
    ]


def all_tags(iam: Any, name: str) -> dict[str, str]:
    """A user's tags, the collection's own too."""
    return {tag["Key"]: tag["Value"] for tag in _all(iam, "list_user_tags", "Tags", UserName=name)}


def _ssh_keys(iam: Any, name: str) -> list[dict[str, str]]:
    """Each key as its module documents it; in PEM, since the collection asks for the other form."""
    found = _all(iam, "list_ssh_public_keys", "SSHPublicKeys", UserName=name)
    ids = [key["SSHPublicKeyId"] for key in found]
    keys = [iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=one, Encoding="PEM")["SSHPublicKey"] for one in ids]
    return [
        {
            "fingerprint": key["Fingerprint"],
            "ssh_public_key_id": key["SSHPublicKeyId"],
            "status": key["Status"],
            "upload_date": key["UploadDate"].isoformat(),
            "user_name": key["UserName"],
        }
        for key in keys
    ]


def _certificates(iam: Any, name: str) -> list[dict[str, str]]:
    found = _all(iam, "list_signing_certificates", "Certificates", UserName=name)
    parsed = [x509.load_pem_x509_certificate(one["CertificateBody"].encode()) for one in found]
    return [
        {
            "certificate_id": one["CertificateId"],
            "fingerprint": f"sha256:{certificate.fingerprint(hashes.SHA256()).hex()}",
            "status": one["Status"],
            "upload_date": one["UploadDate"].isoformat(),
            "user_name": one["UserName"],
        }
        for one, certificate in zip(found, parsed, strict=True)
    ]


def _uploaded(iam: Any, name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, Any] = {"ssh_public_keys": _ssh_keys(iam, name), "signing_certificates": _certificates(iam, name)}
    found["service_specific_credentials"] = _service_credentials(iam, name)
    found["mfa_devices"] = _mfa_devices(iam, name)
    return {kind: items for kind, items in found.items() if items}


def _service_credentials(iam: Any, name: str) -> list[dict[str, Any]]:
    found = iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
    return [
        {
            "create_date": one["CreateDate"].isoformat(),
            "expiration_date": one["ExpirationDate"].isoformat() if "ExpirationDate" in one else None,
            "service_name": one["ServiceName"],
            "service_specific_credential_id": one["ServiceSpecificCredentialId"],
            "service_user_name": one.get("ServiceUserName", one.get("ServiceCredentialAlias")),
            "status": "Active" if one["Status"] == "Active" else "Inactive",
            "user_name": one["UserName"],
        }
        for one in found
    ]


def fresh_user(iam: Any, name: str) -> dict[str, Any]:
    """The user as keysmith.iam.user documents it, with every field read; {} when there is none."""
    try:
        user = iam.get_user(UserName=name)["User"]
    except iam.exceptions.NoSuchEntityException:
        return {}
    tags = all_tags(iam, name)
    keys = sorted(_all(iam, "list_access_keys", "AccessKeyMetadata", UserName=name), key=lambda key: key["CreateDate"])
    told: dict[str, Any] = {
        "arn": user["Arn"],
        "create_date": user["CreateDate"].isoformat(),
        "path": user["Path"],
        "user_id": user["UserId"],
        "user_name": user["UserName"],
        "tags": {key: value for key, value in tags.items() if not _is_ours(key)},
        "groups": sorted(one["GroupName"] for one in _all(iam, "list_groups_for_user", "Groups", UserName=name)),
        "attached_policies": _policies(_all(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name)),
        **_login_profile(iam, name),
        "access_keys": [
            {
                "access_key_id": key["AccessKeyId"],
                "create_date": key["CreateDate"].isoformat(),
                "status": key["Status"],
                "user_name": key["UserName"],
            }
            for key in keys
        ],
    }
    if "PermissionsBoundary" in user:
        told["permissions_boundary"] = {
            "permissions_boundary_arn": user["PermissionsBoundary"]["PermissionsBoundaryArn"],
            "permissions_boundary_type": user["PermissionsBoundary"]["PermissionsBoundaryType"],
        }
    told |= _uploaded(iam, name)
    inline = _all(iam, "list_user_policies", "PolicyNames", UserName=name)
    if inline:
        told["inline_policies"] = {
            policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"] for policy in sorted(inline)
        }
    remembered = {"owner": tags.get("keysmith:owner"), "use_case": tags.get("keysmith:use-case")}
    return {**told, **{key: value for key, value in remembered.items() if value}}


def fresh_group(iam: Any, name: str) -> dict[str, Any]:
    """The group as keysmith.iam.group documents it; {} when there is none."""
    try:
        group = iam.get_group(GroupName=name)["Group"]
    except iam.exceptions.NoSuchEntityException:
        return {}
    inline = _all(iam, "list_group_policies", "PolicyNames", GroupName=name)
    documents = {
        policy: iam.get_group_policy(GroupName=name, PolicyName=policy)["PolicyDocument"] for policy in sorted(inline)
    }
    members = sorted(one["UserName"] for one in _all(iam, "get_group", "Users", GroupName=name))
    return {
        "group": {
            "arn": group["Arn"],
            "create_date": group["CreateDate"].isoformat(),
            "group_id": group["GroupId"],
            "group_name": group["GroupName"],
            "path": group["Path"],
        },
        "attached_policies": _policies(_all(iam, "list_attached_group_policies", "AttachedPolicies", GroupName=name)),
        "inline_policies": documents,
        "users": [{"user_name": member} for member in members],
    }
