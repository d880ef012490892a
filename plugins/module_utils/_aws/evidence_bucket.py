# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence in an S3 bucket: an object a record, written once and never over another, locked where the bucket locks."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.observe import in_parallel
from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Record, object_name

DEFAULT_DAYS = 365
_NAME = re.compile(r"\d{8,}-[0-9a-f]{64}\.json")


@dataclass(frozen=True)
class Bucket:
    """Where the objects are, ``<prefix>/<number>-<hash>.json``, and how long each is to stay. ``mode`` (governance or
    compliance) and ``days`` None leave that to the bucket's own rule, where it has one."""

    name: str
    prefix: str = ""
    mode: str | None = None
    days: int | None = None

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name


def read(gateway: Gateway, bucket: Bucket, known: Mapping[str, bytes], threads: int) -> dict[str, bytes]:
    """What each object holds, by its name, in the order of the records. What is ``known`` by its name is not read
    again; objects with other names are none of ours. Raises AwsError."""
    names = sorted(name for name in _names(gateway, bucket) if _NAME.fullmatch(name))
    calls = [lambda name=name: known[name] if name in known else _content(gateway, bucket, name) for name in names]
    return dict(zip(names, in_parallel(threads, calls), strict=True))


def _names(gateway: Gateway, bucket: Bucket) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    start = bucket.key("")
    page: dict[str, Any] = {}
    more: dict[str, str] = {}
    while more or not page:
        page = gateway.read("s3:ListObjectsV2", Bucket=bucket.name, Prefix=start, **more)
        yield from (found["Key"].removeprefix(start) for found in page.get("Contents", ()))
        more = {"ContinuationToken": page["NextContinuationToken"]} if page.get("IsTruncated") else {}


def _content(gateway: Gateway, bucket: Bucket, name: str) -> bytes:
    action = "s3:GetObject"
    body = gateway.read(action, Bucket=bucket.name, Key=bucket.key(name))["Body"]
    try:
        data: bytes = body.read()
    except Exception as error:  # urllib3's own exceptions and botocore's come through here
        failure = AwsError(action, Kind.UNREACHABLE, "AWS's answer broke off", type(error).__name__)
    else:
        return data
    raise failure


def retention(gateway: Gateway, bucket: Bucket, now: datetime) -> dict[str, Any]:
    """The parameters by which PutObject locks a record; none where the bucket has no lock, or locks by its own rule.
    Raises AwsError (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html)."""
    answer = gateway.find("s3:GetObjectLockConfiguration", Bucket=bucket.name) or {}
    found = answer.get("ObjectLockConfiguration", {})
    own_rule = found.get("Rule", {}).get("DefaultRetention")
    if found.get("ObjectLockEnabled") != "Enabled" or (own_rule and not (bucket.mode or bucket.days)):
        return {}
    return {
        "ObjectLockMode": (bucket.mode or "governance").upper(),
        "ObjectLockRetainUntilDate": now + timedelta(days=bucket.days or DEFAULT_DAYS),
    }


def put(gateway: Gateway, bucket: Bucket, record: Record, lock: Mapping[str, Any]) -> None:
    """Write the record's object; one of its name that is there already is the same record and stays. Raises AwsError.

    A locked object needs a checksum in its request
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html).
    """
    data = record.line + b"\n"
    parameters = {
        "Bucket": bucket.name,
        "Key": bucket.key(object_name(record)),
        "Body": data,
        "ContentType": "application/json",
        "IfNoneMatch": "*",
        "ChecksumAlgorithm": "SHA256",
        "ChecksumSHA256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        **lock,
    }
    try:
        gateway.write("s3:PutObject", parameters)
    except AwsError as error:
        if error.kind is not Kind.EXISTS:
            raise
