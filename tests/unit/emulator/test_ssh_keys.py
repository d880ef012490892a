# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH public keys: what is a key, which encoding comes back, duplicates and the limit.

The pages that the tests cite are below https://docs.aws.amazon.com/IAM/latest/APIReference/.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

SSH, PEM = (Encoding.OpenSSH, PublicFormat.OpenSSH), (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PRIVATE = rsa.generate_private_key(65537, 2048)


def written(key: Any, form: tuple[Encoding, PublicFormat] = SSH) -> str:
    return str(key.public_key().public_bytes(*form).decode())


def ssh_public_key() -> str:
    """Another RSA key of 2048 bits at every call."""
    return written(rsa.generate_private_key(65537, 2048))


@pytest.fixture
def alice(iam: Any) -> str:
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    return "alice"


def upload(iam: Any, body: str, user: str = "alice") -> Any:
    return iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body)["SSHPublicKey"]


def test_upload_keeps_the_text_and_get_converts_it(iam: Any, alice: str) -> None:
    """API_GetSSHPublicKey.html: Encoding SSH for ssh-rsa, PEM for PEM. The comment is gone."""
    body = f"{written(PRIVATE)} alice@example.com"
    made = upload(iam, body)
    assert made["SSHPublicKeyBody"] == body
    assert (made["UserName"], made["Status"]) == (alice, "Active")
    assert (made["SSHPublicKeyId"][:4], len(made["SSHPublicKeyId"])) == ("APKA", 20)
    which = {"UserName": alice, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**which, Encoding="SSH")["SSHPublicKey"] == {
        **made,
        "SSHPublicKeyBody": written(PRIVATE),
    }
    in_pem = iam.get_ssh_public_key(**which, Encoding="PEM")["SSHPublicKey"]
    assert in_pem == {**made, "SSHPublicKeyBody": written(PRIVATE, PEM)}


def test_pem_is_taken_too(iam: Any, alice: str, refused: Refused) -> None:
    """API_UploadSSHPublicKey.html: "encoded in ssh-rsa format or PEM format"."""
    for form in (PEM, (Encoding.PEM, PublicFormat.PKCS1)):
        made = upload(iam, written(PRIVATE, form))
        which = {"UserName": alice, "SSHPublicKeyId": made["SSHPublicKeyId"]}
        got = iam.get_ssh_public_key(**which, Encoding="SSH")["SSHPublicKey"]
        assert got["SSHPublicKeyBody"] == written(PRIVATE)
        assert refused(iam.get_ssh_public_key, **which, Encoding="ssh") == ("ValidationError", 400)
        iam.delete_ssh_public_key(**which)


def test_fingerprint_is_that_of_ssh_keygen(iam: Any, alice: str, tmp_path: Path) -> None:
    """API_SSHPublicKey.html: "The MD5 message digest of the SSH public key", 47 characters with colons."""
    file = tmp_path / "key.pub"
    file.write_text(written(PRIVATE))
    told = subprocess.run(["ssh-keygen", "-l", "-E", "md5", "-f", file], capture_output=True, text=True, check=True)
    assert f" MD5:{upload(iam, written(PRIVATE, PEM))['Fingerprint']} " in told.stdout


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not a key", "UnrecognizedPublicKeyEncoding"),
        (written(ed25519.Ed25519PrivateKey.generate()), "UnrecognizedPublicKeyEncoding"),
        (written(ec.generate_private_key(ec.SECP256R1())), "UnrecognizedPublicKeyEncoding"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 alice", "InvalidPublicKey"),
        (written(ec.generate_private_key(ec.SECP256R1()), PEM), "InvalidPublicKey"),
        (written(rsa.generate_private_key(65537, 1024)), "InvalidPublicKey"),
        (written(rsa.generate_private_key(65537, 1024), PEM), "InvalidPublicKey"),
    ],
    ids=["text", "ed25519", "ecdsa", "cut off", "ec in PEM", "1024 bits", "1024 bits in PEM"],
)
def test_no_usable_key(iam: Any, alice: str, refused: Refused, body: str, code: str) -> None:
    """API_UploadSSHPublicKey.html, InvalidPublicKey and UnrecognizedPublicKeyEncoding; RSA of 2048 bits or more."""
    assert refused(iam.upload_ssh_public_key, UserName=alice, SSHPublicKeyBody=body) == (code, 400)
    assert iam.list_ssh_public_keys(UserName=alice)["SSHPublicKeys"] == []


def test_private_key_is_refused_and_not_logged(aws: Emulator, iam: Any, alice: str, refused: Refused) -> None:
    """API_UploadSSHPublicKey.html: the body is "the SSH public key"."""
    body = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    answer = refused(iam.upload_ssh_public_key, UserName=alice, SSHPublicKeyBody=body)
    assert answer == ("UnrecognizedPublicKeyEncoding", 400)
    assert aws.log()[-1]["parameters"] == {"UserName": alice, "SSHPublicKeyBody": "***"}


def test_duplicate_is_the_key_not_the_text(iam: Any, alice: str, refused: Refused) -> None:
    """API_UploadSSHPublicKey.html: "already associated with the specified IAM user"; with another is no matter."""
    upload(iam, written(PRIVATE))
    for body in (written(PRIVATE), f"{written(PRIVATE)} other comment", written(PRIVATE, PEM)):
        answer = refused(iam.upload_ssh_public_key, UserName=alice, SSHPublicKeyBody=body)
        assert answer == ("DuplicateSSHPublicKey", 400)
    upload(iam, written(PRIVATE), "bob")


def test_five_keys_of_a_user(iam: Any, alice: str, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: five, inactive ones too."""
    made = [upload(iam, ssh_public_key()) for _ in range(5)]
    which = {"UserName": alice, "SSHPublicKeyId": made[0]["SSHPublicKeyId"]}
    iam.update_ssh_public_key(**which, Status="Inactive")
    sixth = ssh_public_key()
    assert refused(iam.upload_ssh_public_key, UserName=alice, SSHPublicKeyBody=sixth) == ("LimitExceeded", 409)
    iam.delete_ssh_public_key(**which)
    upload(iam, sixth)


def test_status(iam: Any, alice: str, refused: Refused) -> None:
    """API_UpdateSSHPublicKey.html, with InvalidInput for a value that is none to set."""
    made = upload(iam, written(PRIVATE))
    which = {"UserName": alice, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert refused(iam.update_ssh_public_key, **which, Status="Expired") == ("InvalidInput", 400)
    for status in ("Inactive", "Active"):
        iam.update_ssh_public_key(**which, Status=status)
        assert iam.list_ssh_public_keys(UserName=alice)["SSHPublicKeys"] == [
            {"UserName": alice, **which, "Status": status, "UploadDate": made["UploadDate"]}
        ]


def test_id_belongs_to_its_user(iam: Any, alice: str, refused: Refused) -> None:
    """API_DeleteSSHPublicKey.html, NoSuchEntity."""
    identifier = upload(iam, written(PRIVATE))["SSHPublicKeyId"]
    methods: tuple[tuple[Any, dict[str, str]], ...] = (
        (iam.get_ssh_public_key, {"Encoding": "SSH"}),
        (iam.update_ssh_public_key, {"Status": "Inactive"}),
        (iam.delete_ssh_public_key, {}),
    )
    for method, more in methods:
        for user, key in (("bob", identifier), ("nobody", identifier), (alice, "APKAEXAMPLE123456789")):
            assert refused(method, UserName=user, SSHPublicKeyId=key, **more) == ("NoSuchEntity", 404)
    assert len(iam.list_ssh_public_keys(UserName=alice)["SSHPublicKeys"]) == 1


def test_key_follows_a_rename_and_dates_can_be_set(aws: Emulator, iam: Any, alice: str) -> None:
    """UserName and UploadDate of API_SSHPublicKeyMetadata.html."""
    identifier = upload(iam, written(PRIVATE))["SSHPublicKeyId"]
    iam.update_user(UserName=alice, NewUserName="alicia")
    aws.set_dates("alicia", ssh_key=identifier, ssh_key_created="2025-01-02T03:04:05Z")
    (key,) = iam.list_ssh_public_keys(UserName="alicia")["SSHPublicKeys"]
    assert (key["UserName"], key["UploadDate"].isoformat()) == ("alicia", "2025-01-02T03:04:05+00:00")
