# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is made of a virtual MFA device's seed: one-time codes (RFC 6238) by pyotp, QR codes by segno.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError, or_none

# As the authenticator app heads the entry; AWS's own console writes the same.
ISSUER = "Amazon Web Services"
STEP_SECONDS = 30
PICTURES = ("png", "svg")


def codes(seed: str, moment: float) -> tuple[str, str]:
    """The code before the one that a device shows at ``moment`` (seconds since 1970), and that one: two that AWS takes.

    Raises HandoverError for a seed that is not base32, and without pyotp.
    """
    totp = _totp(seed)
    return totp.at(int(moment) - STEP_SECONDS), totp.at(int(moment))


def address(seed: str, user_name: str, account: str) -> str:
    """The ``otpauth://`` address that authenticator apps read
    (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). ``account`` is the account's id or alias."""
    return str(_totp(seed).provisioning_uri(name=f"{user_name}@{account}", issuer_name=ISSUER))


def picture(text: str, format: str) -> bytes:
    """``text`` as a QR code, ``png`` or ``svg`` (UTF-8). Raises HandoverError without segno."""
    out = io.BytesIO()
    _library("segno", "draw the QR code").make_qr(text).save(out, kind=format, scale=6)
    return out.getvalue()


def inline_svg(text: str) -> str:
    """``text`` as a QR code to stand in HTML, at the lowest error correction: a long text's code stays as coarse as it
    can be. Raises HandoverError without segno."""
    code = _library("segno", "draw the QR code").make_qr(text, error="l", boost_error=False)
    return str(code.svg_inline(border=4, omitsize=True))


def missing_library(format: str | None) -> str | None:
    """Why no device could be enrolled on this machine, if its seed is to be handed over in ``format``."""
    try:
        _library("pyotp", "enrol an MFA device")
        if format in PICTURES:
            _library("segno", "draw the QR code")
    except HandoverError as error:
        return error.message
    return None


def clock_offset(headers: Mapping[str, str]) -> float:
    """How far AWS's time, by the Date header of an answer that has just come, is ahead of ``time.monotonic()``. This
    machine's own clock counts only where the header is missing."""
    date = headers.get("date")
    # The header has whole seconds, so that half of one is the best guess at the rest.
    told = parsedate_to_datetime(date).timestamp() + 0.5 if date else time.time()
    return told - time.monotonic()


def _totp(seed: str) -> Any:
    pyotp = _library("pyotp", "enrol an MFA device")
    totp = or_none(lambda: pyotp.TOTP(seed, interval=STEP_SECONDS))
    # Some versions look at the seed only when a code is made.
    if totp is None or or_none(lambda: totp.at(0)) is None:
        raise HandoverError("Cannot use the MFA seed: it is not base32, as AWS's are. Run again, which makes another.")
    return totp


def _library(name: str, purpose: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        pass
    raise HandoverError(
        f"Cannot {purpose}: the Python library {name} is missing for the interpreter that runs this task. "
        f"Install it there with '{sys.executable} -m pip install {name}'."
    )
