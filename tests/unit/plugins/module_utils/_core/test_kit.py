# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kit's pages: what a custodian reads follows from what they hold, and nothing in it can be more than text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.kit import Holding, Text, html
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Part

URL = "https://123456789012.signin.aws.amazon.com/console"
AGE, SSH, PGP = "age1…jane00", "ssh-ed25519 …john john@desk", "openpgp …0123 Joan"
PASSWORD = Part("bg-1", "console-password", "file", "bg-1.age", (AGE, SSH), "sha256:01")
SEED = Part("bg-1", "mfa-seed", "file", "bg-1.asc", (PGP,), "sha256:02")
TEXT = Text("The sealed text", "bg-1.console-password.age", "sha256:01", "-----BEGIN AGE", "<svg></svg>")


def pages(*holdings: Holding, contacts: tuple[str, ...] = ()) -> list[str]:
    """Each section as plain text."""
    sections = html(URL, holdings, contacts).split('<section class="page">')[1:]
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", section)).split()) for section in sections]


def test_each_custodian_has_one_page_with_all_that_they_hold() -> None:
    second = replace(PASSWORD, user="bg-2")
    held = [Holding(part, custodian, None, (TEXT,)) for part in (PASSWORD, second) for custodian in (AGE, SSH)]
    first, other = pages(*held)
    assert f"Custodian {AGE} Sign in at {URL}" in first
    assert f"bg-1: console password User name bg-1 Opens with your private key ({AGE}) alone, or that of {SSH}" in first
    assert f"bg-2: console password User name bg-2 Opens with your private key ({AGE}) alone" in first
    assert f"Custodian {SSH}" in other
    assert "Kept in bg-1.age Fingerprint sha256:01 The sealed text Save as bg-1.console-password.age" in first


@pytest.mark.parametrize(
    ("holding", "has", "lacks"),
    [
        (Holding(PASSWORD, AGE), "Open it with your private key: age -d -i PRIVATE_KEY FILE", "gpg"),
        (Holding(SEED, PGP), "Open it with your private key: gpg --decrypt FILE", "age -d"),
        (Holding(PASSWORD, AGE), "somebody else has the code that AWS then asks for", "authenticator app"),
        (Holding(SEED, PGP), "Give the seed to an authenticator app", "somebody else has the code"),
        (Holding(SEED, PGP), f"Opens with your private key ({PGP}) alone Kept in", "or that of"),
        (Holding(PASSWORD, AGE), "When it is over", "open_shares.py"),
        (
            Holding(replace(PASSWORD, threshold=2), SSH, 2),
            "bg-1: share 2 of its console password User name bg-1 Opens with any 2 of 2 shares;"
            f" this one has {SSH}, the others have {AGE}",
            "your private key (",
        ),
        (Holding(replace(PASSWORD, threshold=2), SSH, 2), "python3 open_shares.py open TEXT", "your private key ("),
        (
            Holding(replace(PASSWORD, store="secretsmanager", place="iam/bg-1", fingerprint=None), AGE),
            "Kept in the secret iam/bg-1 in AWS Secrets Manager",
            "Fingerprint",
        ),
        (Holding(replace(PASSWORD, store="ssm_parameter", place="/bg"), AGE), "the parameter /bg in AWS SSM", "Save"),
        (Holding(PASSWORD, AGE, None, (replace(TEXT, svg=""),)), "Too long for a QR code: take the file.", "svg"),
    ],
)
def test_what_to_do_follows_from_what_is_held(holding: Holding, has: str, lacks: str) -> None:
    (page,) = pages(holding)
    assert has in page
    assert lacks not in page


def test_whom_to_call_stands_on_every_page() -> None:
    called = pages(Holding(PASSWORD, AGE), Holding(SEED, PGP), contacts=("Desk, +49 30 1", "Jane"))
    assert len(called) == 2
    assert all("Call Desk, +49 30 1 Call Jane" in page for page in called)


def test_a_name_can_not_be_more_than_text() -> None:
    evil = "<script>alert(1)</script>\"'&"
    part = Part(evil, "mfa-seed", "file", evil, (evil, evil + "2"), evil)
    text = html(evil, [Holding(part, evil, None, (Text(evil, evil, evil, evil, "<svg></svg>"),))], (evil,))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 9
    assert "default-src 'none'" in text
