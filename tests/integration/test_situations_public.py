# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules ssh_public_key and signing_certificate in every situation: by what is in them, by id, there, away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.given import Given, both, user
from tests.integration.public_material import certificate, pair
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

JANE = {"UserName": "jane"}
NAME = {"user_name": "jane"}
ONE, TWO = pair(1), pair(2)


def ssh(number: int = 1, active: bool = True) -> Given:
    """An SSH key of jane's, ``<KEY1>`` and so on."""

    def given(iam: Any) -> dict[str, str]:
        made = iam.upload_ssh_public_key(**JANE, SSHPublicKeyBody=pair(number).public)["SSHPublicKey"]
        if not active:
            iam.update_ssh_public_key(**JANE, SSHPublicKeyId=made["SSHPublicKeyId"], Status="Inactive")
        return {f"KEY{number}": made["SSHPublicKeyId"]}

    return given


def cert(number: int = 1, active: bool = True) -> Given:
    """A certificate of jane's, ``<CERT1>`` and so on."""

    def given(iam: Any) -> dict[str, str]:
        made = iam.upload_signing_certificate(**JANE, CertificateBody=certificate(number))["Certificate"]
        if not active:
            iam.update_signing_certificate(**JANE, CertificateId=made["CertificateId"], Status="Inactive")
        return {f"CERT{number}": made["CertificateId"]}

    return given


SSH_UPLOAD = call("UploadSSHPublicKey", SSHPublicKeyBody=ONE.public, **JANE)


def ssh_switch(status: str, **more: str) -> Any:
    return call("UpdateSSHPublicKey", Status=status, **more, **JANE)


SSH_DELETE = call("DeleteSSHPublicKey", SSHPublicKeyId="<KEY1>", **JANE)
SSH_PUBLIC_KEY = [
    Situation("new", {**NAME, "public_key": f"{ONE.public} jane@laptop"}, [SSH_UPLOAD], user()),
    Situation("new, in PEM", {**NAME, "public_key": ONE.pem}, [SSH_UPLOAD], both(user(), ssh(2))),
    Situation("there", {**NAME, "public_key": ONE.public}, [], both(user(), ssh())),
    Situation("there, in PEM", {**NAME, "public_key": ONE.pem, "state": "active"}, [], both(user(), ssh())),
    Situation("switched off by somebody", {**NAME, "public_key": ONE.public}, [], both(user(), ssh(active=False))),
    Situation(
        "to be active",
        {**NAME, "public_key": ONE.public, "state": "active"},
        [ssh_switch("Active", SSHPublicKeyId="<KEY1>")],
        both(user(), ssh(active=False)),
    ),
    Situation(
        "new and inactive",
        {**NAME, "public_key": ONE.public, "state": "inactive"},
        [SSH_UPLOAD, ssh_switch("Inactive")],
        user(),
    ),
    Situation(
        "by fingerprint, off",
        {**NAME, "fingerprint": f"MD5:{ONE.fingerprint}", "state": "inactive"},
        [ssh_switch("Inactive", SSHPublicKeyId="<KEY1>")],
        both(user(), ssh(2), ssh()),
    ),
    Situation(
        "by id, on",
        {**NAME, "id": "<KEY1>", "state": "active"},
        [ssh_switch("Active", SSHPublicKeyId="<KEY1>")],
        both(user(), ssh(active=False), ssh(2)),
    ),
    Situation("by id, there", {**NAME, "id": "<KEY1>"}, [], both(user(), ssh())),
    Situation("away", {**NAME, "public_key": ONE.pem, "state": "absent"}, [SSH_DELETE], both(user(), ssh(), ssh(2))),
    Situation("by id, away", {**NAME, "id": "<KEY1>", "state": "absent"}, [SSH_DELETE], both(user(), ssh())),
    Situation(
        "by fingerprint, away",
        {**NAME, "fingerprint": ONE.fingerprint.upper(), "state": "absent"},
        [SSH_DELETE],
        both(user(), ssh(2), ssh()),
    ),
    Situation("away already", {**NAME, "public_key": ONE.public, "state": "absent"}, [], both(user(), ssh(2))),
    Situation("of nobody, away", {"user_name": "nobody", "id": "APKAGONEGONEGONEGONE", "state": "absent"}),
]

CERT_UPLOAD = call("UploadSigningCertificate", CertificateBody=certificate(1), **JANE)
CERT_DELETE = call("DeleteSigningCertificate", CertificateId="<CERT1>", **JANE)


def cert_switch(status: str, **more: str) -> Any:
    return call("UpdateSigningCertificate", Status=status, **more, **JANE)


SIGNING_CERTIFICATE = [
    Situation("new", {**NAME, "certificate": certificate(1)}, [CERT_UPLOAD], user()),
    Situation(
        "new, with line breaks lost",
        {**NAME, "certificate": certificate(1).replace("\n", " ")},
        [CERT_UPLOAD],
        both(user(), cert(2)),
    ),
    Situation("there", {**NAME, "certificate": certificate(1)}, [], both(user(), cert())),
    Situation(
        "to be active",
        {**NAME, "certificate": certificate(1), "state": "active"},
        [cert_switch("Active", CertificateId="<CERT1>")],
        both(user(), cert(active=False)),
    ),
    Situation(
        "new and inactive",
        {**NAME, "certificate": certificate(1), "state": "inactive"},
        [CERT_UPLOAD, cert_switch("Inactive")],
        user(),
    ),
    Situation(
        "by id, off",
        {**NAME, "id": "<CERT1>", "state": "inactive"},
        [cert_switch("Inactive", CertificateId="<CERT1>")],
        both(user(), cert(), cert(2)),
    ),
    Situation("away", {**NAME, "certificate": certificate(1), "state": "absent"}, [CERT_DELETE], both(user(), cert())),
    Situation("by id, away", {**NAME, "id": "<CERT1>", "state": "absent"}, [CERT_DELETE], both(user(), cert())),
    Situation("away already", {**NAME, "certificate": certificate(1), "state": "absent"}, [], user()),
]


def about(result: dict[str, Any], noun: str, its_id: str) -> None:
    """The result tells the one that it is about, or which one has gone."""
    if result["actions"].keys() & {"iam:DeleteSSHPublicKey", "iam:DeleteSigningCertificate"}:
        assert result[f"deleted_{its_id}"] not in str(result["user"])
        assert noun not in result
    elif its_id in result:
        assert result[noun] in result["user"][f"{noun}s"]
        assert result[noun][its_id] == result[its_id]


@pytest.mark.parametrize("situation", SSH_PUBLIC_KEY, ids=lambda situation: situation.name)
def test_ssh_public_key(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    result = hold(aws, tmp_path, "ssh_public_key", situation)
    about(result, "ssh_public_key", "ssh_public_key_id")
    wanted = situation.arguments.get("state", "present") != "absent"
    assert ("ssh_public_key" in result) is wanted
    assert not wanted or result["ssh_public_key"]["fingerprint"] == ONE.fingerprint


@pytest.mark.parametrize("situation", SIGNING_CERTIFICATE, ids=lambda situation: situation.name)
def test_signing_certificate(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    result = hold(aws, tmp_path, "signing_certificate", situation)
    about(result, "signing_certificate", "certificate_id")
    assert ("signing_certificate" in result) is (situation.arguments.get("state") != "absent")
