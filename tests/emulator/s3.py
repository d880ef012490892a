# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an S3 request asks for: it names no action, only a method, a path and a subresource. moto answers it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.emulator.operations import Call, check_before
from tests.emulator.protocol import AwsError
from tests.emulator.server import Request

# By subresource: the noun of its bucket calls and of its object calls.
_NOUNS = {
    "object-lock": ("ObjectLockConfiguration", ""),
    "versioning": ("BucketVersioning", ""),
    "policy": ("BucketPolicy", ""),
    "location": ("BucketLocation", ""),
    "encryption": ("BucketEncryption", ""),
    "publicAccessBlock": ("PublicAccessBlock", ""),
    "ownershipControls": ("BucketOwnershipControls", ""),
    "retention": ("", "ObjectRetention"),
    "legal-hold": ("", "ObjectLegalHold"),
    "acl": ("BucketAcl", "ObjectAcl"),
    "tagging": ("BucketTagging", "ObjectTagging"),
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}


def operation(request: Request) -> str:
    """The operation by its name in botocore's model, such as PutObject."""
    bucket, key, query = _asked(request)
    for subresource, nouns in _NOUNS.items():
        if subresource in query and nouns[bool(key)]:
            return _VERBS[request.method] + nouns[bool(key)]
    if not bucket:
        return "ListBuckets"
    if key:
        return _VERBS[request.method] + "Object"
    if request.method == "GET":
        return (
            "ListObjectVersions" if "versions" in query else "ListObjectsV2" if "list-type" in query else "ListObjects"
        )
    if request.method == "POST":
        return "DeleteObjects"
    return "CreateBucket" if request.method == "PUT" else _VERBS[request.method] + "Bucket"


def parameters(request: Request) -> dict[str, Any]:
    """What tests ask of a call: where it went, under which condition, and how it is locked."""
    bucket, key, query = _asked(request)
    headers = {
        "IfNoneMatch": request.headers.get("if-none-match"),
        "ObjectLockMode": request.headers.get("x-amz-object-lock-mode"),
        "ObjectLockRetainUntilDate": request.headers.get("x-amz-object-lock-retain-until-date"),
        "ContinuationToken": query.get("continuation-token"),
        "VersionId": query.get("versionId"),
        "Prefix": query.get("prefix"),
    }
    named = {"Bucket": bucket, "Key": key, **headers}
    return {name: value for name, value in named.items() if value}


@check_before("s3:GetObjectRetention", "s3:GetObjectLegalHold")
def refuse(call: Call) -> None:
    """moto would answer with the object itself."""
    raise AwsError("InvalidAction", "HeadObject tells how an object is locked.", 400)


def _asked(request: Request) -> tuple[str, str, dict[str, str]]:
    """Bucket, key and query: a loopback address has its buckets in the path."""
    path, _, query = request.target.partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key, dict(parse_qsl(query, keep_blank_values=True))
