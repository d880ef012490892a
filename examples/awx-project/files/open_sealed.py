# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens one hand-over of keysmith.iam in an AWX job and writes it to a file with mode 0600; prints no secret.

    python3 open_sealed.py --store=secretsmanager --name=iam/erp-export/access-key --to=/tmp/x/opened

The private key is in the file that KEYSMITH_AGE_KEY_FILE names (age or SSH), or KEYSMITH_OPENPGP_KEY_FILE with its
passphrase in KEYSMITH_OPENPGP_PASSPHRASE_FILE: the credential types of config/credential_types.yml. A text that is not
sealed is written as it is. Without --to it only tells whether the text would open. Needs boto3, and pyrage or
pysequoia.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

AGE_KEY, PGP_KEY = "KEYSMITH_AGE_KEY_FILE", "KEYSMITH_OPENPGP_KEY_FILE"
PASSPHRASE = "KEYSMITH_OPENPGP_PASSPHRASE_FILE"


class CannotOpen(Exception):
    """Says what is missing and what to do, and never quotes a text or a key."""


def fetched(store: str, name: str) -> str:
    """The text that ``store`` keeps under ``name``. What AWS says may quote nothing but its own error code here."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if store == "secretsmanager":
            return str(boto3.client(store).get_secret_value(SecretId=name)["SecretString"])
        answer = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise CannotOpen(
            f"Cannot read {name} from {store}: {code}. Correct the name, the region or the rights."
        ) from None
    except BotoCoreError as error:
        said = type(error).__name__
        raise CannotOpen(
            f"Cannot read {name} from {store}: {said}. Give the job an AWS credential and region."
        ) from None


def key_file(variable: str, credential: str) -> Path:
    path = Path(os.environ.get(variable, ""))
    if not path.is_file():
        raise CannotOpen(
            f"The text is sealed, and no private key is here. Give the job a credential of type {credential}."
        )
    return path


def opened_by_age(text: str) -> bytes:
    import pyrage

    key = key_file(AGE_KEY, "age identity").read_text(encoding="utf-8")
    lines = [line.strip() for line in key.splitlines() if line.strip().startswith("AGE-SECRET-KEY-")]
    try:
        identities = [pyrage.x25519.Identity.from_str(line) for line in lines]
        return bytes(pyrage.decrypt(text.encode(), identities or [pyrage.ssh.Identity.from_buffer(key.encode())]))
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise CannotOpen(
            "The private key of the credential does not open this text. It is sealed to another."
        ) from None


def opened_by_openpgp(text: str) -> bytes:
    import pysequoia

    key = key_file(PGP_KEY, "OpenPGP key").read_bytes()
    passphrase = Path(os.environ.get(PASSPHRASE, os.devnull)).read_text(encoding="utf-8").strip("\n")
    try:
        secrets = pysequoia.Cert.from_bytes(key).secrets
        return bytes(pysequoia.decrypt(text.encode(), decryptor=secrets.decryptor(passphrase or None)).bytes)
    except Exception:  # pysequoia raises RuntimeError and TypeError alike, and their texts are not ours
        raise CannotOpen(
            "The private key of the credential does not open this text, or not with that passphrase."
        ) from None


def opened(text: str) -> tuple[bytes, str]:
    """The text and how it was kept."""
    if text.startswith("-----BEGIN AGE ENCRYPTED FILE-----"):
        return opened_by_age(text), "sealed by age"
    if text.startswith("-----BEGIN PGP MESSAGE-----"):
        return opened_by_openpgp(text), "sealed by OpenPGP"
    if '"keysmith": "shares/' in text[:200]:
        raise CannotOpen("The text is sealed so that several people open it together, so no job can.")
    return text.encode(), "not sealed"


def written(path: str, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=["secretsmanager", "ssm_parameter"], required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--to", default="")
    given = parser.parse_args()
    try:
        content, how = opened(fetched(given.store, given.name))
    except CannotOpen as error:
        sys.exit(str(error))
    if given.to:
        written(given.to, content)
    sys.stdout.write(f"{given.name} of {given.store} opens, {how}.\n")


if __name__ == "__main__":
    main()
