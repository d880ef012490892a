# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS and its SDK raise, told apart by what there is to do about it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

try:
    import botocore.exceptions as sdk
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule says what is missing, in the words that Ansible uses for it

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError


class Kind(Enum):
    """What a failed call means. ``UNCLEAR``: it may have run or not, so observe again before it is repeated."""

    THROTTLED = "AWS has had too many calls"
    BUSY = "AWS is still busy with an earlier change"
    UNCLEAR = "AWS's answer did not arrive"
    DENIED = "the caller may not do that"
    MISSING = "it does not exist"
    EXISTS = "it exists already"
    CREDENTIALS = "AWS does not accept the credentials"
    UNREACHABLE = "AWS cannot be reached"
    REFUSED = "AWS refused it"


# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the errors of each call in IAM's model
_KINDS = {
    Kind.THROTTLED: "Throttling ThrottlingException ThrottledException RequestLimitExceeded TooManyRequestsException"
    " RequestThrottled RequestThrottledException SlowDown",
    Kind.BUSY: "ConcurrentModification ConcurrentModificationException EntityTemporarilyUnmodifiable TooManyUpdates"
    " ConditionalRequestConflict OperationAborted",
    Kind.UNCLEAR: "ServiceFailure ServiceUnavailable ServiceUnavailableException InternalFailure InternalError"
    " InternalServiceError InternalServerError RequestTimeout RequestTimeoutException",
    Kind.DENIED: "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized",
    Kind.MISSING: "NoSuchEntity ResourceNotFoundException NoSuchEntityException ParameterNotFound NoSuchBucket"
    " NoSuchKey ObjectLockConfigurationNotFoundError",
    Kind.EXISTS: "EntityAlreadyExists DuplicateSSHPublicKey ResourceExistsException ParameterAlreadyExists"
    " PreconditionFailed",
    Kind.CREDENTIALS: "InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch ExpiredToken"
    " ExpiredTokenException InvalidSignatureException MissingAuthenticationToken IncompleteSignature OptInRequired"
    " AuthFailure InvalidAccessKeyId",
}
_KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}

_ADVICE = {
    Kind.THROTTLED: "Run again later, or with a lower concurrency.",
    Kind.BUSY: "Wait a minute and run again.",
    Kind.UNCLEAR: "Run again; it goes on from where it stopped.",
    Kind.DENIED: "Allow the caller {action}.",
    Kind.MISSING: "See that it is there and run again.",
    Kind.EXISTS: "Run again, so that it is read anew.",
    Kind.CREDENTIALS: (
        "Check access_key and secret_key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), the session token or the profile."
    ),
    Kind.UNREACHABLE: "Check the region, endpoint_url, the network and the proxy.",
    Kind.REFUSED: "Mend what AWS says and run again.",
}

# Of calls that carry a secret AWS's own words are not passed on, so that these have to say what there is to do.
_PASSWORD = "The account's password policy does not take the password, or it was in use before: choose another."
_WITHHELD = "What {code} means is in AWS's documentation of {action}; its own words could repeat the secret."
_NOT_SENT = "Check what was given; the SDK's own words could repeat the secret."

# Where the permission is not called as the call is
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
_PERMISSION = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
}


class AwsError(KeysmithError):
    """One call that failed. ``action`` is its IAM action name, ``response`` what AWS answered, without a body;
    ``remedy`` is what to do where the kind's usual advice does not fit."""

    def __init__(
        self,
        action: str,
        kind: Kind,
        cause: str,
        code: str = "",
        response: dict[str, Any] | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(cause, code)
        self.action = action
        self.kind = kind
        self.response = response or {}
        self.remedy = remedy

    def advice(self) -> str:
        return self.remedy or _ADVICE[self.kind].format(action=_PERMISSION.get(self.action, self.action))


def words(action: str) -> str:
    """``iam:CreateLoginProfile`` as words: create login profile."""
    name = action.partition(":")[2]
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).lower().replace("sshpublic", "ssh public")


def translate(action: str, error: Exception, secret: bool, write: bool = True) -> AwsError:
    """The SDK's exception as ours. Of a call that carries a secret only the error's code is kept: the SDK and some
    services echo parameters in their texts. A read without an answer is no riddle, only a matter of the way there."""
    if isinstance(error, sdk.ClientError):
        return _from_answer(action, error, secret)
    name = type(error).__name__
    kind = _kind_of_sdk_error(error)
    if kind is Kind.CREDENTIALS:
        return AwsError(action, kind, "no usable AWS credentials were found", name)
    if kind is Kind.UNREACHABLE:
        return AwsError(action, kind, f"{kind.value}{_endpoint(error)}", name)
    if kind is Kind.UNCLEAR and write:
        return AwsError(action, kind, kind.value, name)
    if kind is Kind.UNCLEAR:
        what = "what answers is not AWS" if isinstance(error, ResponseParserError) else "AWS did not answer"
        return AwsError(action, Kind.UNREACHABLE, f"{what}{_endpoint(error)}", name)
    if isinstance(error, sdk.NoRegionError):
        return AwsError(action, Kind.REFUSED, "this service needs a region and none is set", name)
    cause = "the AWS SDK refused the call" if secret else f"the AWS SDK refused the call ({_one_line(error)})"
    return AwsError(action, Kind.REFUSED, cause, name, remedy=_NOT_SENT if secret else "")


def _kind_of_sdk_error(error: Exception) -> Kind:
    """What it means when the SDK got no answer at all (https://botocore.amazonaws.com/v1/documentation, exceptions)."""
    credentials = (
        sdk.NoCredentialsError,
        sdk.PartialCredentialsError,
        sdk.CredentialRetrievalError,
        sdk.ProfileNotFound,
        sdk.TokenRetrievalError,
        sdk.SSOTokenLoadError,
    )
    if isinstance(error, credentials):
        return Kind.CREDENTIALS
    if isinstance(
        error, (sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError, sdk.SSLError)
    ):
        return Kind.UNREACHABLE
    if isinstance(error, (sdk.HTTPClientError, ResponseParserError)):
        return Kind.UNCLEAR
    return Kind.REFUSED


def _from_answer(action: str, error: sdk.ClientError, secret: bool) -> AwsError:
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _KIND_OF.get(code) or (Kind.UNCLEAR if status >= 500 else Kind.REFUSED)
    text = "" if secret else str(told.get("Message") or "").strip().rstrip(".")
    cause = f"{text} ({code})" if text else f"{kind.value} ({code})"
    response = {"error": {"code": code, "message": text}, "response_metadata": _metadata(error)}
    return AwsError(action, kind, cause, code, response, _remedy(action, code, kind) if secret else "")


def _remedy(action: str, code: str, kind: Kind) -> str:
    """What to do about an answer whose words are left out; empty where the kind says it."""
    if code == "PasswordPolicyViolation":
        return _PASSWORD
    return _WITHHELD.format(code=code, action=action) if kind is Kind.REFUSED else ""


def _metadata(error: sdk.ClientError) -> dict[str, Any]:
    found = error.response.get("ResponseMetadata", {})
    return {"http_status_code": found.get("HTTPStatusCode"), "request_id": found.get("RequestId")}


def _endpoint(error: Exception) -> str:
    where = getattr(error, "kwargs", {}).get("endpoint_url")
    return f" at {where}" if where else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")
