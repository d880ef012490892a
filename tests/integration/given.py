# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a situation starts from: users and groups with all that can hang on them, made by plain boto3."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyotp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AWS = "arn:aws:iam::aws:policy/"
OWN = "arn:aws:iam::123456789012:policy/"
OPEN = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
)
OLD_PASSWORD = "the old One, 1 of many!"
Given = Callable[[Any], "dict[str, str] | None"]


def user(
    *,
    path: str = "/",
    tags: dict[str, str] | None = None,
    boundary: str = "",
    policies: Sequence[str] = (),
    groups: Sequence[str] = (),
    password: str = "",
    name: str = "jane",
) -> Given:
    """The user jane. `groups` and a customer managed policy that is named as boundary are made for her."""

    def given(iam: Any) -> None:
        more = {"PermissionsBoundary": boundary} if boundary else {}
        pairs = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        iam.create_user(UserName=name, Path=path, Tags=pairs, **more)
        for arn in policies:
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        for group in groups:
            iam.add_user_to_group(UserName=name, GroupName=group)
        if password:
            iam.create_login_profile(UserName=name, Password=password)

    return given


def inline(name: str, document: str = OPEN, of: str = "jane") -> Given:
    """An inline policy of a user's."""

    def given(iam: Any) -> None:
        iam.put_user_policy(UserName=of, PolicyName=name, PolicyDocument=document)

    return given


def groups(*names: str) -> Given:
    def given(iam: Any) -> None:
        for name in names:
            iam.create_group(GroupName=name)

    return given


def policies(*names: str) -> Given:
    def given(iam: Any) -> None:
        for name in names:
            iam.create_policy(PolicyName=name, PolicyDocument=OPEN)

    return given


def both(*givens: Given) -> Given:
    """One after the other; their values together."""

    def given(iam: Any) -> dict[str, str]:
        return {name: value for one in givens for name, value in (one(iam) or {}).items()}

    return given


def key(active: bool = True, tag: str = "", placeholder: str = "KEY") -> Given:
    """An access key of jane's, `<KEY>`; `tag` is the receipt that the collection would have kept of it."""

    def given(iam: Any) -> dict[str, str]:
        made = iam.create_access_key(UserName="jane")["AccessKey"]["AccessKeyId"]
        if not active:
            iam.update_access_key(UserName="jane", AccessKeyId=made, Status="Inactive")
        if tag:
            told = {"keysmith:access-key": f"{made} {tag}", made: "keysmith.iam handed over to file"}
            iam.tag_user(UserName="jane", Tags=[{"Key": name, "Value": value} for name, value in told.items()])
        return {placeholder: made}

    return given


def credential(
    service: str = "codecommit", active: bool = True, tag: str = "", placeholder: str = "CREDENTIAL", **more: Any
) -> Given:
    """A service-specific credential of jane's, `<CREDENTIAL>`; `tag` is the receipt that the collection keeps."""

    def given(iam: Any) -> dict[str, str]:
        made = iam.create_service_specific_credential(UserName="jane", ServiceName=f"{service}.amazonaws.com", **more)[
            "ServiceSpecificCredential"
        ]["ServiceSpecificCredentialId"]
        if not active:
            iam.update_service_specific_credential(UserName="jane", ServiceSpecificCredentialId=made, Status="Inactive")
        if tag:
            told = {"Key": f"keysmith:{service}-credential", "Value": f"{made} {tag}"}
            iam.tag_user(UserName="jane", Tags=[told])
        return {placeholder: made}

    return given


def everything(iam: Any) -> dict[str, str]:
    """All that DeleteUser refuses to delete a user for, on jane."""
    policies("Limit")(iam)
    groups("Devs", "Ops")(iam)
    user(
        boundary=f"{OWN}Limit",
        policies=[f"{AWS}ReadOnlyAccess"],
        groups=["Devs", "Ops"],
        password=OLD_PASSWORD,
        tags={"team": "a"},
    )(iam)
    iam.put_user_policy(UserName="jane", PolicyName="extra", PolicyDocument=OPEN)
    service = iam.create_service_specific_credential(UserName="jane", ServiceName="codecommit.amazonaws.com")
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    ssh = iam.upload_ssh_public_key(UserName="jane", SSHPublicKeyBody=public.decode())
    return {
        **(key()(iam) or {}),
        "SERVICE": service["ServiceSpecificCredential"]["ServiceSpecificCredentialId"],
        "SSH": ssh["SSHPublicKey"]["SSHPublicKeyId"],
        "CERT": _certificate(iam),
        "MFA": _mfa(iam),
    }


def _certificate(iam: Any) -> str:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jane")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    built = x509.CertificateBuilder(name, name, private.public_key(), 1, start, start + datetime.timedelta(days=3650))
    body = built.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    made = iam.upload_signing_certificate(UserName="jane", CertificateBody=body)
    return str(made["Certificate"]["CertificateId"])


def _mfa(iam: Any) -> str:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="jane")["VirtualMFADevice"]
    seed = device["Base32StringSeed"]
    codes = pyotp.TOTP(seed.decode() if isinstance(seed, bytes) else seed)
    now = datetime.datetime.now()
    pair = {"AuthenticationCode1": codes.at(now), "AuthenticationCode2": codes.at(now + datetime.timedelta(seconds=30))}
    iam.enable_mfa_device(UserName="jane", SerialNumber=device["SerialNumber"], **pair)
    return str(device["SerialNumber"])
