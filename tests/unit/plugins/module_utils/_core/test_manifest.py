# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest: what is handed over anew replaces the older, what it was written as is what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import manifest
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part

URL = "https://123456789012.signin.aws.amazon.com/console"
PASSWORD = Part("bg-1", "console-password", "file", "bg-1.age", ("age1…jane",), "sha256:01")
SEED = Part("bg-1", "mfa-seed", "secretsmanager", "iam/bg-1", ("age1…john", "age1…joan"), None, 2)
OTHER = replace(PASSWORD, user="bg-2", place="bg-2.age")


def test_what_is_written_is_read() -> None:
    known = manifest.updated(None, [OTHER, SEED, PASSWORD], URL, ())
    text = manifest.write(known)
    assert manifest.read(text, "m.json") == known == Manifest(URL, (PASSWORD, SEED, OTHER))
    assert json.loads(text)["handovers"][1] == {
        "user": "bg-1",
        "kind": "mfa-seed",
        "store": "secretsmanager",
        "place": "iam/bg-1",
        "sealed_to": ["age1…john", "age1…joan"],
        "fingerprint": None,
        "threshold": 2,
    }


def test_the_newer_replaces_the_older_and_the_rest_stays() -> None:
    before = Manifest(URL, (PASSWORD, SEED, OTHER))
    newer = replace(PASSWORD, fingerprint="sha256:02")
    assert manifest.updated(before, [newer], None, ()).parts == (newer, SEED, OTHER)
    assert manifest.updated(before, [], "https://x", ()) == replace(before, sign_in_url="https://x")
    assert manifest.updated(before, [newer], None, ["bg-2"]).parts == (OTHER,)
    assert before.find("bg-1", "mfa-seed") is SEED
    assert before.find("bg-2", "mfa-seed") is None


def test_without_a_sign_in_url_it_is_refused() -> None:
    with pytest.raises(KeysmithError, match="Give sign_in_url"):
        manifest.updated(None, [PASSWORD], None, ())


def test_a_receipt_is_a_part() -> None:
    receipt = {
        "user": "bg-1",
        "kind": "mfa-seed",
        "store": "file",
        "place": "x",
        "sealed_to": ["age1…john"],
        "fingerprint": "sha256:03",
        "threshold": 2,
        "access_key_id": None,
    }
    assert manifest.parts_of([receipt]) == [Part("bg-1", "mfa-seed", "file", "x", ("age1…john",), "sha256:03", 2)]


@pytest.mark.parametrize("receipt", [{}, {"user": "bg-1"}, {**manifest.as_told(Manifest(URL))}, "x"])
def test_what_is_no_receipt_is_refused(receipt: Any) -> None:
    with pytest.raises(KeysmithError, match="Give what the module roster returned"):
        manifest.parts_of([receipt])


def test_what_is_not_sealed_is_refused() -> None:
    receipt = {"user": "bg-1", "kind": "mfa-seed", "store": "file", "place": "x", "sealed_to": []}
    with pytest.raises(KeysmithError) as caught:
        manifest.parts_of([receipt])
    assert caught.value.message == (
        "Cannot take the MFA seed of bg-1 into the kit: its text is not sealed. Give its hand-over seal_to, and have it"
        " made anew."
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"keysmith": "shares/1"}'),
        '{"keysmith": "break-glass/1", "handovers": 3, "sign_in_url": ""}',
        '{"keysmith": "break-glass/1", "handovers": [{"user": "x"}], "sign_in_url": ""}',
    ],
)
def test_a_damaged_manifest_is_refused(text: str) -> None:
    with pytest.raises(KeysmithError) as caught:
        manifest.read(text, "a/m.json")
    assert caught.value.message.startswith("Cannot read the manifest 'a/m.json': it is damaged")
