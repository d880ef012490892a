# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH public keys of users, which CodeCommit takes. moto takes any text for one.

The words of refusals, and that a Get drops the comment, are as AWS answered the probes that
https://github.com/radkawar/stackd keeps in internal/services/iam/testdata.
"""

from __future__ import annotations

import base64
import hashlib

import moto.iam.models as moto_iam
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from tests.emulator.entities import User
from tests.emulator.iam_lookup import settable_status, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import CLOCK, new_id

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; GetAccountSummary does not tell it.
_KEYS_PER_USER = 5
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html
_SMALLEST_BITS = 2048
_PEM_STARTS = (b"-----BEGIN PUBLIC KEY-----", b"-----BEGIN RSA PUBLIC KEY-----")


class SshKey(moto_iam.SshPublicKey):
    """A key in moto's list of the user. `fingerprint` is that of `ssh-keygen -l -E md5`, without its prefix."""

    def __init__(self, user: User, body: str) -> None:
        self.user_name = user.name
        self.ssh_public_key_body = body
        self.ssh_public_key_id = new_id("APKA", 20)
        self.status = "Active"
        self.upload_date = CLOCK.naive()
        self.key = _parsed(body)
        blob = base64.b64decode(self.in_ssh().split()[1])
        self.fingerprint = hashlib.md5(blob, usedforsecurity=False).digest().hex(":")

    def in_ssh(self) -> str:
        return self.key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def in_pem(self) -> str:
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@operation("iam:UploadSSHPublicKey")
def upload_ssh_key(call: Call) -> Parameters:
    user = user_named(call)
    key = SshKey(user, call["SSHPublicKeyBody"])
    if any(other.fingerprint == key.fingerprint for other in user.ssh_public_keys):
        raise refusal("DuplicateSSHPublicKey", "Duplicate SSH public key uploaded.")
    if len(user.ssh_public_keys) >= _KEYS_PER_USER:
        raise refusal("LimitExceeded", f"Cannot exceed quota for SSHPublicKeysPerUser: {_KEYS_PER_USER}")
    user.ssh_public_keys.append(key)
    return {"SSHPublicKey": _whole(key, key.ssh_public_key_body)}


@operation("iam:GetSSHPublicKey")
def get_ssh_key(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSSHPublicKey.html."""
    _, key = _key_named(call)
    return {"SSHPublicKey": _whole(key, key.in_pem() if call["Encoding"] == "PEM" else key.in_ssh())}


@operation("iam:UpdateSSHPublicKey")
def update_ssh_key(call: Call) -> Parameters:
    _, key = _key_named(call)
    key.status = settable_status(call)
    return {}


@operation("iam:DeleteSSHPublicKey")
def delete_ssh_key(call: Call) -> Parameters:
    user, key = _key_named(call)
    user.ssh_public_keys.remove(key)
    return {}


@operation("iam:ListSSHPublicKeys")
def list_ssh_keys(call: Call) -> Parameters:
    page, more = paged(call, user_named(call).ssh_public_keys, lambda key: str(key.ssh_public_key_id))
    return {"SSHPublicKeys": [_brief(key) for key in page], **more}


def _parsed(body: str) -> RSAPublicKey:
    text = body.strip().encode()
    try:
        if text.startswith(b"ssh-rsa "):
            key = load_ssh_public_key(text)
        elif text.startswith(_PEM_STARTS):
            key = load_pem_public_key(text)
        else:
            raise refusal("UnrecognizedPublicKeyEncoding", "Invalid public key uploaded.")
    except (ValueError, UnsupportedAlgorithm):
        raise refusal("InvalidPublicKey", "Invalid body for public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_BITS:
        raise refusal("InvalidPublicKey", "Invalid body for public key")
    return key


def _key_named(call: Call) -> tuple[User, SshKey]:
    user, identifier = user_named(call), call["SSHPublicKeyId"]
    for owner in call.account.backend.users.values():
        for key in owner.ssh_public_keys:
            if key.ssh_public_key_id == identifier and owner is not user:
                raise refusal("NoSuchEntity", f"User has no Public Key with id {identifier}.")
            if key.ssh_public_key_id == identifier:
                return user, key
    raise refusal("NoSuchEntity", f"The Public Key with id {identifier} cannot be found.")


def _brief(key: SshKey) -> Parameters:
    return {
        "UserName": key.user_name,
        "SSHPublicKeyId": key.ssh_public_key_id,
        "Status": key.status,
        "UploadDate": key.upload_date,
    }


def _whole(key: SshKey, body: str) -> Parameters:
    return {**_brief(key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}
