# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One-time codes, addresses and pictures of a seed; what is said where the seed or a library is not usable."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._handover import totp
from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError
from ansible_collections.keysmith.iam.plugins.module_utils._handover.formats import text_for

# The seed of RFC 6238, appendix B: the ASCII text 12345678901234567890.
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOT_BASE32 = "not-base-32-DISTINCTIVE!"
REFUSED = "Cannot use the MFA seed: it is not base32, as AWS's are. Run again, which makes another."


# https://www.rfc-editor.org/rfc/rfc6238#appendix-B, the last six digits
@pytest.mark.parametrize(("moment", "shown"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_the_second_code_is_what_a_device_shows_at_that_moment(moment: float, shown: str) -> None:
    assert totp.codes(SEED, moment + 0.9)[1] == shown
    assert totp.codes(SEED, moment + 30.9)[0] == shown


@pytest.mark.parametrize(
    "use",
    [
        lambda seed: totp.codes(seed, 59),
        lambda seed: totp.address(seed, "jane", "123456789012"),
        lambda seed: text_for("mfa-seed", "json", user_name="jane", serial_number="x", seed=seed, account="a"),
    ],
    ids=["codes", "address", "text"],
)
def test_a_seed_that_is_not_base32_is_refused_and_not_shown(use: Callable[[str], Any]) -> None:
    with pytest.raises(HandoverError) as caught:
        use(NOT_BASE32)
    assert caught.value.message == REFUSED
    assert "DISTINCTIVE" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_an_address_keeps_odd_names_apart() -> None:
    """https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    assert totp.address(SEED, "a+b@c,d", "my-alias") == (
        f"otpauth://totp/Amazon%20Web%20Services:a%2Bb%40c%2Cd%40my-alias?secret={SEED}&issuer=Amazon%20Web%20Services"
    )


def test_the_csv_quotes_a_comma() -> None:
    text = text_for("mfa-seed", "csv", user_name="doe,jane", serial_number="s", seed=SEED, account="1")
    head, row = text.decode().splitlines()
    assert head == "User name,MFA serial number,Seed,Address for the app"
    assert row.startswith(f'"doe,jane",s,{SEED},otpauth://totp/')


@pytest.mark.parametrize(("format", "begin"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<?xml version=")])
def test_pictures_begin_as_they_should(format: str, begin: bytes) -> None:
    assert totp.picture("otpauth://totp/x", format).startswith(begin)
    assert totp.picture("otpauth://totp/x", format) != totp.picture("otpauth://totp/y", format)


@pytest.mark.parametrize(
    ("missing", "format", "start"),
    [
        ("pyotp", "csv", "Cannot enrol an MFA device: the Python library pyotp is missing"),
        ("pyotp", None, "Cannot enrol an MFA device: the Python library pyotp is missing"),
        ("segno", "svg", "Cannot draw the QR code: the Python library segno is missing"),
        ("segno", "png", "Cannot draw the QR code: the Python library segno is missing"),
        ("segno", "json", None),
        ("", "png", None),
    ],
)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: str, format: str | None, start: str | None
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    told = totp.missing_library(format)
    assert (told is None) is (start is None)
    assert start is None or (told or "").startswith(start)


def test_awss_time_is_that_of_its_header() -> None:
    ahead = totp.clock_offset({"date": "Thu, 01 Jan 1970 00:01:00 GMT"})
    assert 60 <= ahead + time.monotonic() < 61.5


def test_without_a_header_this_machines_time_has_to_do() -> None:
    assert abs(totp.clock_offset({}) + time.monotonic() - time.time()) < 0.5
