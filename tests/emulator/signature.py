# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signature Version 4, verified.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Authorization:
    """What an Authorization header says, not yet believed."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def parse(header: str) -> Authorization | None:
    """The parts of an `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...` header, or None."""
    if not header.startswith(_ALGORITHM):
        return None
    fields = dict(part.strip().split("=", 1) for part in header[len(_ALGORITHM) :].split(",") if "=" in part)
    scope = fields.get("Credential", "").split("/")
    if len(scope) != 5 or "Signature" not in fields or "SignedHeaders" not in fields:
        return None
    key, date, region, service, _ = scope
    return Authorization(key, date, region, service, tuple(fields["SignedHeaders"].split(";")), fields["Signature"])


def verified(auth: Authorization, secret: str, method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the request was signed with the secret. `target` is path and query as they came; header names lower."""
    path, _, query = target.partition("?")
    # S3 alone signs the path as it is sent; every other service signs it encoded once more.
    canonical_path = path if auth.service == "s3" else quote(path, safe="/~")
    signed = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in auth.signed_headers)
    names = ";".join(auth.signed_headers)
    payload = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
    canonical = f"{method}\n{canonical_path}\n{_canonical_query(query)}\n{signed}\n{names}\n{payload}"
    scope = f"{auth.date}/{auth.region}/{auth.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{headers.get('x-amz-date', '')}\n{scope}\n{digest}"
    expected = hmac.digest(_signing_key(secret, auth.date, auth.region, auth.service), to_sign.encode(), "sha256")
    return hmac.compare_digest(expected.hex(), auth.signature)


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(sorted(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs))


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


@lru_cache(maxsize=4096)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
