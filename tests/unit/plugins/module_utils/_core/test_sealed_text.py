# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a sealed text tells of itself, held against real age texts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pyrage
import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.sealed_text import SealedText, line_of, read

BEGIN, END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm"


def age(*recipients: str) -> str:
    natives: list[Any] = [
        (pyrage.ssh if one.startswith("ssh-") else pyrage.x25519).Recipient.from_str(one) for one in recipients
    ]
    return str(pyrage.encrypt(b"secret", natives, armored=True), "ascii")


def new_age() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


def armoured(data: bytes) -> str:
    return f"{BEGIN}\n{base64.b64encode(data).decode()}\n{END}\n"


def test_the_recipients_of_real_texts() -> None:
    one, two = new_age(), new_age()
    for keys in ((one,), (one, two), (SSH,), (one, SSH)):
        for _again in range(8):  # age adds lines of its own by chance
            told = read(age(*keys), "sha256:mark")
            assert told == SealedText("age", "sha256:mark", tuple(sorted(map(line_of, keys))))
    assert line_of(one) == "X25519"
    assert line_of(SSH).startswith("ssh-ed25519 ")
    assert len(line_of(SSH)) == len("ssh-ed25519 ") + 6
    assert line_of(f"{SSH[:-2]}Z2") != line_of(SSH)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"age-encryption.org/v2\n-> X25519 a\n--- mac\n",
        b"age-encryption.org/v1\n-> X25519 a\nbody\n",
    ],
)
def test_a_damaged_age_text_has_no_recipients(data: bytes) -> None:
    assert read(armoured(data)) == SealedText("age", "")


def test_what_is_no_base64_has_no_recipients() -> None:
    assert read(f"{BEGIN}\n*\n{END}") == SealedText("age", "")
    assert read(f" {BEGIN}\nYQ\n") == SealedText("age", "")


def test_lines_of_other_sorts_are_left_out() -> None:
    data = b"age-encryption.org/v1\n-> ssh-rsa\n-> x-grease a b\nX25519 body\n-> X25519 a\n--- mac\nX\n"
    assert read(armoured(data)).lines == ("X25519", "ssh-rsa ")


def test_openpgp_and_plain_texts() -> None:
    assert read("-----BEGIN PGP MESSAGE-----\n\nhF4D\n") == SealedText("openpgp", "")
    for text in ("", "hunter2", "{}", "[1]", "1", '{"keysmith": "shares/2"}', "[" * 100_000):
        assert read(text, "mark") == SealedText(None, "mark")


def shares(**more: Any) -> str:
    held = [{"to": "jane", "sealed": age(SSH)}, {"to": "john", "sealed": age(new_age())}]
    return json.dumps({"keysmith": "shares/1", "threshold": 2, "sealed": age(new_age()), "shares": held} | more)


def test_shares() -> None:
    told = read(shares(), "mark")
    assert (told.sort, told.fingerprint, told.labels, told.threshold, told.lines) == (
        "shares",
        "mark",
        ("jane", "john"),
        2,
        None,
    )
    assert [share.lines for share in told.shares] == [(line_of(SSH),), ("X25519",)]
    broken: list[dict[str, Any]] = [
        {"sealed": "plain"},
        {"shares": [{"to": "jane", "sealed": "plain"}]},
        {"shares": [{"to": "jane"}]},
        {"shares": None},
        {"threshold": "two"},
    ]
    for more in broken:
        assert read(shares(**more)).sort is None
