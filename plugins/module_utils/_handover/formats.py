# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The texts that are handed over: the CSVs of the AWS console and of ``aws configure import``, and JSON for stores.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from ansible_collections.keysmith.iam.plugins.module_utils._handover import totp
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError


def password_csv(user_name: str, password: str, sign_in_url: str) -> bytes:
    """Give the console's ``<user>_credentials.csv``, UTF-8, lines ending in LF, fields quoted where RFC 4180 asks.

    LF and not CRLF, so that a shell that cuts out the last column gets no stray carriage return.
    """
    row = ",".join(_quoted(value) for value in (user_name, password, sign_in_url))
    return utf8(f"User name,Password,Console sign-in URL\n{row}\n")


def access_key_csv(user_name: str, access_key_id: str, secret_access_key: str) -> bytes:
    """Give an access-key CSV that ``aws configure import --csv`` reads; it makes a profile named after the user.

    The importer (aws-cli v2, ``awscli/customizations/configure/importer.py``) splits at every comma, knows no quotes
    and strips each value, so whatever it would read otherwise raises HandoverError.
    """
    if not all(map(_survives_import, (user_name, access_key_id, secret_access_key))):
        # The plan has refused names with a comma; whatever else comes is not told, since it may be the secret.
        raise HandoverError(
            "Cannot write the access key as CSV: 'aws configure import' would misread it. Use the format json."
        ) from None
    return utf8(f"User name,Access key ID,Secret access key\n{user_name},{access_key_id},{secret_access_key}\n")


def password_json(user_name: str, password: str, sign_in_url: str) -> bytes:
    """Give ``{"user_name", "password", "sign_in_url"}`` as JSON, in ASCII."""
    return _json({"user_name": user_name, "password": password, "sign_in_url": sign_in_url})


def access_key_json(user_name: str, access_key_id: str, secret_access_key: str) -> bytes:
    """Give ``{"user_name", "access_key_id", "secret_access_key"}`` as JSON, in ASCII."""
    return _json({"user_name": user_name, "access_key_id": access_key_id, "secret_access_key": secret_access_key})


def mfa_seed_csv(user_name: str, serial_number: str, seed: str, account: str) -> bytes:
    """Give the seed of a virtual MFA device and its ``otpauth://`` address as CSV, quoted where RFC 4180 asks."""
    row = (user_name, serial_number, seed, totp.address(seed, user_name, account))
    return utf8(f"User name,MFA serial number,Seed,Address for the app\n{','.join(map(_quoted, row))}\n")


def mfa_seed_json(user_name: str, serial_number: str, seed: str, account: str) -> bytes:
    """Give ``{"user_name", "serial_number", "seed", "otpauth_uri"}`` as JSON, in ASCII."""
    uri = totp.address(seed, user_name, account)
    return _json({"user_name": user_name, "serial_number": serial_number, "seed": seed, "otpauth_uri": uri})


def mfa_seed_png(user_name: str, serial_number: str, seed: str, account: str) -> bytes:
    """Give the QR code that an authenticator app scans, as PNG."""
    return totp.picture(totp.address(seed, user_name, account), "png")


def mfa_seed_svg(user_name: str, serial_number: str, seed: str, account: str) -> bytes:
    """Give the QR code that an authenticator app scans, as SVG."""
    return totp.picture(totp.address(seed, user_name, account), "svg")


def service_password_csv(service_user_name: str, secret: str, **_told: str) -> bytes:
    """Give the console's ``<user>_codecommit_credentials.csv``, in the same way for Keyspaces."""
    return utf8(f"User Name,Password\n{_quoted(service_user_name)},{_quoted(secret)}\n")


def api_key_csv(
    user_name: str, service_specific_credential_id: str, secret: str, expiration_date: str, **_told: str
) -> bytes:
    """Give an API key with its expiry, empty for none; AWS documents no CSV of its own for these."""
    row = ",".join(_quoted(value) for value in (user_name, service_specific_credential_id, secret, expiration_date))
    return utf8(f"User name,API key ID,API key,Expiration date\n{row}\n")


def service_password_json(service_user_name: str, secret: str, expiration_date: str, **told: str) -> bytes:
    """Give ``told`` (``user_name``, ``service_name``, ``service_specific_credential_id``), then ``service_user_name``
    and ``service_password``, as JSON in ASCII. These do not expire."""
    return _json({**told, "service_user_name": service_user_name, "service_password": secret})


def api_key_json(service_user_name: str, secret: str, expiration_date: str, **told: str) -> bytes:
    """Give ``told`` as above, then ``service_credential_alias``, ``service_credential_secret`` and, unless it lasts for
    ever, ``expiration_date`` (ISO 8601), as JSON in ASCII."""
    expiry = {"expiration_date": expiration_date} if expiration_date else {}
    return _json({**told, "service_credential_alias": service_user_name, "service_credential_secret": secret, **expiry})


_WRITERS: dict[tuple[str, str], Callable[..., bytes]] = {
    ("console-password", "csv"): password_csv,
    ("console-password", "json"): password_json,
    ("access-key", "csv"): access_key_csv,
    ("access-key", "json"): access_key_json,
    ("codecommit-credential", "csv"): service_password_csv,
    ("codecommit-credential", "json"): service_password_json,
    ("keyspaces-credential", "csv"): service_password_csv,
    ("keyspaces-credential", "json"): service_password_json,
    ("bedrock-credential", "csv"): api_key_csv,
    ("bedrock-credential", "json"): api_key_json,
    ("cloudwatch-logs-credential", "csv"): api_key_csv,
    ("cloudwatch-logs-credential", "json"): api_key_json,
    ("mfa-seed", "csv"): mfa_seed_csv,
    ("mfa-seed", "json"): mfa_seed_json,
    ("mfa-seed", "png"): mfa_seed_png,
    ("mfa-seed", "svg"): mfa_seed_svg,
}


def text_for(kind: str, format: str, **fields: str) -> bytes:
    """Give the text of a ``console-password`` or an ``access-key`` as ``csv`` or ``json``; fields as the writer's own.

    Raises HandoverError for a kind or format that is not there.
    """
    writer = _WRITERS.get((kind, format))
    if writer is None:
        raise HandoverError(
            "Cannot write the secret: this kind and format are not known. "
            "Give console-password or access-key, and csv or json."
        ) from None
    return writer(**fields)


def utf8(text: str) -> bytes:
    """Encode ``text``; raises HandoverError for lone surrogates, since a UnicodeEncodeError carries the whole text."""
    data = text.encode("utf-8", "replace")
    if data.decode("utf-8") != text:
        raise HandoverError("Cannot hand over the secret: it is not Unicode text. Use the format json.") from None
    return data


def _quoted(value: str) -> str:
    # The csv module left a lone CR unquoted before Python 3.13 where lines end in LF.
    if not any(letter in value for letter in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'


def _survives_import(value: str) -> bool:
    return value.splitlines() == [value] and value == value.strip() and "," not in value and '"' not in value


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields).encode("ascii")
