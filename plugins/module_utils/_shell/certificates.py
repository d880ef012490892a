# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a signing certificate by the library cryptography. No sentence quotes what was given: it may be a secret."""

from __future__ import annotations

import ssl
import sys
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import (
    certificate_fingerprint,
    certificates_in,
    refuse_private,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import CertificateSpec

_KINDS = "Give the user's own X.509 certificate alone, in PEM."


def read_certificate(text: str, what: str) -> CertificateSpec:
    """One certificate with its dates, from PEM with line breaks or without; whether it is valid now, the plan decides.
    Raises KeysmithError for anything else; ``what`` names the option."""
    refuse_private(text, what, _KINDS)
    found = _found(text)
    if not found:
        raise KeysmithError(f"{what} is no certificate, or a damaged one. {_KINDS}")
    if len(found) > 1:
        raise KeysmithError(f"{what} holds {len(found)} certificates. {_KINDS}")
    certificate = _parsed(found[0])
    if certificate is None:
        raise KeysmithError(f"{what} is no certificate, or a damaged one. {_KINDS}")
    body = ssl.DER_cert_to_PEM_cert(found[0])
    return CertificateSpec(
        body,
        certificate_fingerprint(body),
        subject=certificate.subject.rfc4514_string() or "no subject",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _found(text: str) -> list[bytes]:
    try:
        return certificates_in(text)
    except ValueError:
        return []


def _parsed(der: bytes) -> Any:
    """The certificate, None for what is none; raises KeysmithError where the library is missing."""
    try:
        from cryptography import x509  # a tenth of a second, which those without certificates need not wait
    except ImportError:
        x509 = None
    if x509 is None or not hasattr(x509.Certificate, "not_valid_after_utc"):
        raise KeysmithError(
            "a signing certificate is read by the Python library cryptography, 42 or later, which is missing for the"
            f" interpreter that runs this task. Install it there with '{sys.executable} -m pip install cryptography'."
        )
    try:
        certificate = x509.load_der_x509_certificate(der)
        # These are parsed only when they are asked for.
        _parts = (certificate.subject, certificate.not_valid_before_utc, certificate.public_key())
    except Exception:  # what the library raises of bad input has many types, and its text may quote what was given
        return None
    return certificate
