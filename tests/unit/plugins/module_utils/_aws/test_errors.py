# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS and the SDK raise, told apart by what there is to do about it."""

from __future__ import annotations

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import Kind, translate, words

URL = "https://iam.amazonaws.com/"


def answer(code: str, status: int = 400, message: str = "AWS says so.") -> sdk.ClientError:
    told = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(told, "CreateUser")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, Kind.THROTTLED),
        ("ThrottlingException", 400, Kind.THROTTLED),
        ("ConcurrentModification", 409, Kind.BUSY),
        ("EntityTemporarilyUnmodifiable", 409, Kind.BUSY),
        ("ServiceFailure", 500, Kind.UNCLEAR),
        ("NobodyKnowsThis", 503, Kind.UNCLEAR),
        ("NobodyKnowsThis", 400, Kind.REFUSED),
        ("AccessDenied", 403, Kind.DENIED),
        ("AccessDeniedException", 400, Kind.DENIED),
        ("NoSuchEntity", 404, Kind.MISSING),
        ("ResourceNotFoundException", 400, Kind.MISSING),
        ("EntityAlreadyExists", 409, Kind.EXISTS),
        ("InvalidClientTokenId", 403, Kind.CREDENTIALS),
        ("ExpiredToken", 403, Kind.CREDENTIALS),
        ("LimitExceeded", 409, Kind.REFUSED),
        ("DeleteConflict", 409, Kind.REFUSED),
    ],
)
def test_an_answer(code: str, status: int, kind: Kind) -> None:
    error = translate("iam:CreateUser", answer(code, status), secret=False)
    assert (error.kind, error.code) == (kind, code)
    assert error.message == f"AWS says so ({code})"
    assert error.response["error"] == {"code": code, "message": "AWS says so"}


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (sdk.NoCredentialsError(), Kind.CREDENTIALS, "no usable AWS credentials were found"),
        (sdk.EndpointConnectionError(endpoint_url=URL), Kind.UNREACHABLE, f"AWS cannot be reached at {URL}"),
        (sdk.ConnectTimeoutError(endpoint_url=URL), Kind.UNREACHABLE, f"AWS cannot be reached at {URL}"),
        (sdk.NoRegionError(), Kind.REFUSED, "this service needs a region and none is set"),
    ],
)
@pytest.mark.parametrize("write", [True, False])
def test_no_answer(error: Exception, kind: Kind, text: str, write: bool) -> None:
    told = translate("iam:CreateUser", error, secret=True, write=write)
    assert (told.kind, told.message) == (kind, text)


@pytest.mark.parametrize(
    "error",
    [
        sdk.ReadTimeoutError(endpoint_url=URL),
        sdk.ConnectionClosedError(endpoint_url=URL),
        ResponseParserError("<html>"),
    ],
)
def test_an_answer_that_is_lost_is_a_riddle_for_a_write_alone(error: Exception) -> None:
    assert translate("iam:CreateUser", error, secret=False).kind is Kind.UNCLEAR
    read = translate("iam:GetUser", error, secret=False, write=False)
    assert read.kind is Kind.UNREACHABLE
    assert "<html>" not in read.message


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (answer("PasswordPolicyViolation"), "does not take the password, or it was in use before: choose another."),
        (answer("KeyPairMismatch"), "What KeyPairMismatch means is in AWS's documentation of iam:CreateLoginProfile;"),
        (answer("AccessDenied", 403), "Allow the caller iam:CreateLoginProfile."),
        (sdk.ParamValidationError(report="Secret-pass"), "Check what was given; the SDK's own words could repeat"),
    ],
)
def test_who_is_not_told_what_aws_says_is_not_sent_to_mend_it(error: Exception, advice: str) -> None:
    told = translate("iam:CreateLoginProfile", error, secret=True)
    assert advice in told.advice()
    assert "AWS says" not in told.message + told.advice()


def test_advice_names_the_action() -> None:
    error = translate("iam:TagUser", answer("AccessDenied", 403), secret=False)
    assert error.advice() == "Allow the caller iam:TagUser."


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("iam:CreateLoginProfile", "create login profile"),
        ("iam:DeleteSSHPublicKey", "delete ssh public key"),
        ("iam:DeactivateMFADevice", "deactivate mfa device"),
        ("sts:GetCallerIdentity", "get caller identity"),
    ],
)
def test_an_action_in_words(action: str, text: str) -> None:
    assert words(action) == text
