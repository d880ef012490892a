# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who calls: access keys and sessions, checked as AWS checks them.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from moto.iam.models import AccessKeyLastUsed
from moto.utilities.utils import get_partition

from tests.emulator import signature
from tests.emulator.protocol import AwsError
from tests.emulator.server import Request
from tests.emulator.signature import Authorization
from tests.emulator.state import CLOCK, Caller, World


def identify(world: World, request: Request, auth: Authorization | None) -> Caller:
    """The caller, or the refusal that AWS would answer."""
    is_json = "x-amz-target" in request.headers
    if auth is None:
        code = "MissingAuthenticationTokenException" if is_json else "MissingAuthenticationToken"
        raise AwsError(code, "Request is missing Authentication Token", 400 if is_json else 403)
    partition = get_partition(auth.region)
    secret, caller = _by_session(world, request, auth, partition) or _by_key(world, auth, partition) or ("", None)
    if caller is None:
        raise _unknown_token(is_json)
    if not signature.verified(auth, secret, request.method, request.target, request.headers, request.body):
        code = "InvalidSignatureException" if is_json else "SignatureDoesNotMatch"
        raise AwsError(
            code,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
            400 if is_json else 403,
        )
    return caller


def _unknown_token(is_json: bool) -> AwsError:
    message = "The security token included in the request is invalid."
    if is_json:
        return AwsError("UnrecognizedClientException", message, 400)
    return AwsError("InvalidClientTokenId", message, 403)


def _by_key(world: World, auth: Authorization, partition: str) -> tuple[str, Caller] | None:
    found = world.find_key(auth.access_key_id, partition)
    if found is None or found[1].status != "Active" or auth.access_key_id.startswith("ASIA"):
        return None
    account, key = found
    user = account.backend.users[key.user_name]
    return key.secret_access_key, Caller(account, key.access_key_id, user.arn, user.id, auth.region, user)


def _by_session(world: World, request: Request, auth: Authorization, partition: str) -> tuple[str, Caller] | None:
    session = world.sessions.get(auth.access_key_id)
    if session is None or request.headers.get("x-amz-security-token") != session.token:
        return None
    if session.expires < CLOCK.now():
        raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
    account = world.account(session.account_id, partition)
    user = account.backend.users.get(session.user_name) if session.user_name else None
    return session.secret, Caller(account, session.access_key_id, session.arn, session.user_id, auth.region, user)


def note_use(caller: Caller, service: str) -> None:
    """Keep when, for what service and in which region a key was last used."""
    key = caller.account.backend.access_keys.get(caller.access_key_id)
    if key is None:
        return
    key.last_used = AccessKeyLastUsed(CLOCK.naive(), service, caller.region)
