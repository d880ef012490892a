# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is taken for a secret, and what is not, though it looks a bit like one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.looks_secret import findings, masked

ACCESS_KEY_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
AGE_KEY = "AGE-SECRET-KEY-" + "1QZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQ"
SHARE = "academic acid acrobat romp client decision extra agree advance cradle adapt adult earth guitar hybrid ivory"
SHARE += " junk kernel lamp mansion"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

SECRETS: list[tuple[dict[str, Any], str]] = [
    ({"password": "rotated"}, "password has a secret's name"),
    ({"consolePassword": "x"}, "consolePassword has a secret's name"),
    ({"Secret Access Key": "x"}, "Secret Access Key has a secret's name"),
    ({"backup": {"mfa-seed": ""}}, "backup.mfa-seed has a secret's name"),
    ({"tokens": []}, "tokens has a secret's name"),
    ({"note": f"key: {AGE_KEY}"}, "note looks like an age private key"),
    ({"note": AGE_KEY.lower()}, "note looks like an age private key"),
    ({"note": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "note looks like a private key"),
    ({"note": "-----BEGIN PGP PRIVATE KEY BLOCK-----"}, "note looks like a private key"),
    ({"note": "otpauth://totp/x?secret=y"}, "note looks like an MFA seed"),
    ({"note": SEED}, "note looks like an MFA seed"),
    ({"note": f"certificate {SEED[:32]}"}, "note looks like an MFA seed"),
    (
        {"note": ["", {"deep": f"AKIA1/{ACCESS_KEY_SECRET[1:]}", "x": f"is {ACCESS_KEY_SECRET}!"}]},
        "note.x looks like a secret access key",
    ),
    ({"note": "IQoJb3JpZ2luX2VjEJr//////////wEaCXVz"}, "note looks like a session token"),
    ({"note": "ABSKQmVkcm9ja0FQSUtleS1hYmNk"}, "note looks like an API key"),
    ({"note": SHARE}, "note looks like a share of a secret"),
    ({ACCESS_KEY_SECRET: 1}, "a name of a field looks like a secret access key"),
    ({"a": {ACCESS_KEY_SECRET: 1}}, "a name in a looks like a secret access key"),
]


@pytest.mark.parametrize(("fields", "told"), SECRETS)
def test_a_secret_is_found_and_not_told(fields: dict[str, Any], told: str) -> None:
    assert findings(fields) == [told]


def test_all_are_told_each_once() -> None:
    fields = {"a": [AGE_KEY, AGE_KEY], "pin": 1234}
    assert findings(fields) == ["a looks like an age private key", "pin has a secret's name"]


def test_masked_it_is_left_out_and_all_else_stays() -> None:
    fields = {"devices": [f"mfa/{SEED}", "mfa/jane"], "count": 2, AGE_KEY: {"x": None}}
    left_out = "(left out, it looks like {})"
    assert masked(fields) == {
        "devices": [left_out.format("an MFA seed"), "mfa/jane"],
        "count": 2,
        left_out.format("an age private key"): {"x": None},
    }


HARMLESS: list[Any] = [
    "the identity provider is down since this morning and nobody of the team can sign in to the console any more today",
    "AKIAIOSFODNN7EXAMPLE",
    "arn:aws:iam::123456789012:user/break-glass/emergency-1",
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp",
    "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",  # a commit
    "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "/home/jane/handover/break/glass/emergency",
    "user jane: - signing certificate K3JMFHPMFCTQY5OIVZULXE6JBSWY3DPE",
    "2026-11-22T04:00:00Z",
    None,
    True,
    4,
    4.5,
]


@pytest.mark.parametrize("value", HARMLESS)
def test_what_is_harmless_passes(value: Any) -> None:
    names = ("password_store", "password_custodians", "seed_sealed_to", "secrets_at", "key_id", "user", "pinned")
    assert findings({name: [value] for name in names}) == []
