# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One AWS call from request to reply: authenticate, parse, log, hurt it as a fault says, perform it."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.emulator import (
    cloudformation,
    cloudtrail,
    constraints,
    iam_access_keys,
    iam_account,
    iam_certificates,
    iam_groups,
    iam_mfa,
    iam_passwords,
    iam_report,
    iam_service_credentials,
    iam_simulate,
    iam_ssh_keys,
    iam_users,
    moto_calls,
    protocol,
    s3,
    secretsmanager,
    signature,
    sns,
    ssm,
    sts,
    trail,
    trail_settings,
)
from tests.emulator.credentials import identify, note_use
from tests.emulator.faults import Fault, Faults, Holding
from tests.emulator.journal import Journal, Secrets
from tests.emulator.operations import CHECKS, OPERATIONS, Call
from tests.emulator.protocol import AwsError, Reply
from tests.emulator.server import Request, Reset
from tests.emulator.state import CLOCK, Caller, World

_REMEMBERED_READS = 2048
# Importing these registers their operations.
_OPERATION_MODULES = (
    *(iam_users, iam_groups, iam_passwords, iam_access_keys, iam_mfa),
    *(iam_service_credentials, iam_ssh_keys, iam_certificates),
    *(iam_account, iam_report, iam_simulate, sts, secretsmanager, ssm, sns, cloudformation, cloudtrail),
    trail_settings,
)
# Signing names that differ from the name of botocore's model.
_MODEL_OF = {"sso": "sso-admin", "monitoring": "cloudwatch"}


@dataclass(frozen=True)
class _Target:
    """What a request asks for. `operation` is empty when the request names none that botocore knows."""

    service: str
    operation: str
    protocol: str
    namespace: str
    form: dict[str, str]

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class _Work:
    request: Request
    target: _Target
    parameters: dict[str, Any]
    caller: Caller
    entry: dict[str, Any]
    request_id: str


class Gateway:
    """Everything between the socket and the operations. The lock is held only while an operation runs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.journal = Journal()
        self.secrets = Secrets()
        self.faults = Faults()
        self.holding = Holding()
        self.lock = threading.RLock()
        self._last_reads: OrderedDict[tuple[str, str, str], Reply] = OrderedDict()

    def reset(self) -> None:
        with self.lock:
            self.world.reset()
            self.journal.clear()
            self.secrets.clear()
            self.faults.clear()
            self._last_reads.clear()
        self.holding.release()

    def __call__(self, request: Request) -> Reply:
        request_id = str(uuid.uuid4())
        auth = signature.parse(request.headers.get("authorization", ""))
        target = _target_of(request, auth.service if auth else "")
        parameters = _parameters_of(request, target)
        entry = self.journal.open(
            protocol.iso(CLOCK.now()), target.action, parameters, auth.access_key_id if auth else ""
        )
        caller: Caller | None = None
        try:
            with self.lock:
                caller = identify(self.world, request, auth)
            work = _Work(request, target, parameters, caller, entry, request_id)
            reply = self._performed_with_faults(work)
            entry["outcome"] = "ok" if reply.status < 400 else _code_in(reply)
        except AwsError as error:
            # A call that was performed and then answered 503 stays "ok": the outcome tells what became of the call.
            entry["outcome"] = error.code if entry["outcome"] in ("running", "held") else entry["outcome"]
            reply = protocol.error_reply(target.protocol, target.namespace, error, request_id)
        except Reset:
            if entry["outcome"] in ("running", "held"):
                entry["outcome"] = "no reply"
            raise
        finally:
            if caller is not None:
                with self.lock:
                    trail.note_call(self.world, caller, entry, request_id)
        entry["http"] = reply.status
        reply.headers["x-amzn-RequestId"] = request_id
        return reply

    def _performed_with_faults(self, work: _Work) -> Reply:
        fault = self.faults.next_for(work.target.action, work.entry["write"], work.parameters)
        if fault is None:
            return self._perform(work)
        work.entry["fault"] = fault.kind
        return self._hurt_before(work, fault) or self._hurt_after(work, fault, self._perform(work))

    def _hurt_before(self, work: _Work, fault: Fault) -> Reply | None:
        """Faults instead of the call, or in front of it; None when the call is to be performed."""
        if fault.kind == "latency":
            time.sleep(fault.seconds)
        elif fault.kind == "reset":
            raise Reset
        elif fault.kind == "stale":
            return self._last_reads.get(_read_key(work))
        elif fault.kind == "hold_before":
            work.entry["outcome"] = "held"
            if not self.holding.wait(work.entry, fault.kind, work.request.client_gone):
                raise Reset
        elif (error := _error_of(fault, work)) is not None:
            raise error
        return None

    def _hurt_after(self, work: _Work, fault: Fault, reply: Reply) -> Reply:
        work.entry["outcome"] = "ok" if reply.status < 400 else _code_in(reply)
        work.entry["http"] = reply.status
        if fault.kind == "unavailable_after":
            raise _unavailable()
        if fault.kind == "lost_reply":
            raise Reset
        if fault.kind == "hold" and not self.holding.wait(work.entry, fault.kind, work.request.client_gone):
            raise Reset
        return reply

    def _perform(self, work: _Work) -> Reply:
        with self.lock:
            self._note_received(work)
            note_use(work.caller, work.target.service)
            reply = self._performed(work)
            if not work.entry["write"]:
                self._last_reads[_read_key(work)] = reply
                if len(self._last_reads) > _REMEMBERED_READS:
                    self._last_reads.popitem(last=False)
        return reply

    def _note_received(self, work: _Work) -> None:
        given, action = work.parameters, work.target.action
        for name in ("Password", "NewPassword"):
            if name in given:
                self.secrets.note("password", given.get("UserName") or work.caller.arn.rpartition("/")[2], given[name])
        if "SecretString" in given:
            self.secrets.note("secret_string", given.get("Name") or given.get("SecretId", ""), given["SecretString"])
        if action == "ssm:PutParameter":
            self.secrets.note("ssm_value", given.get("Name", ""), given.get("Value", ""))

    def _performed(self, work: _Work) -> Reply:
        target = work.target
        model = protocol.operation_model(_MODEL_OF.get(target.service, target.service), target.operation)
        if model is None and target.protocol in ("query", "json"):
            raise AwsError("InvalidAction", f"Could not find operation {target.operation} for {target.service}", 400)
        if model is not None and target.protocol == "query":
            constraints.check(model, work.parameters)
        own = OPERATIONS.get(target.action)
        call = Call(self.world, work.caller.account, work.caller, work.parameters, self.secrets, work.caller.region)
        try:
            if target.action in CHECKS:
                CHECKS[target.action](call)
            if own is None or model is None:
                return moto_calls.answer(work.request, target.service, target.action, work.caller.account.account_id)
            result = own(call)
        except AwsError as error:
            error.service = target.service
            raise
        except Exception as bug:
            traceback.print_exc(file=sys.stderr)
            raise AwsError("EmulatorBug", f"{target.action}: {type(bug).__name__}: {bug}", 400) from bug
        if target.protocol == "json":
            return protocol.json_result(result)
        return protocol.query_result(model, result, work.request_id)


def _target_of(request: Request, signed_service: str) -> _Target:
    amz_target = request.headers.get("x-amz-target", "")
    if amz_target:
        service = signed_service or amz_target.partition(".")[0].lower()
        return _Target(service, amz_target.rpartition(".")[2], "json", "", {})
    form: dict[str, str] = {}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    elif "Action=" in request.target:
        form = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    service = signed_service or ("sts" if form.get("Version") == "2011-06-15" else "iam")
    model = protocol.service_model(_MODEL_OF.get(service, service))
    if "Action" in form:
        namespace = model.metadata.get("xmlNamespace", "") if model else ""
        return _Target(service, form["Action"], "query", namespace, form)
    kind = model.metadata["protocol"] if model else "rest-xml"
    if service == "s3":
        return _Target(service, s3.operation(request), kind, "", {})
    return _Target(service, f"{request.method} {request.target.partition('?')[0]}", kind, "", {})


def _parameters_of(request: Request, target: _Target) -> dict[str, Any]:
    if target.protocol == "json":
        try:
            parsed = json.loads(request.body or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}
    if target.service == "s3":
        return s3.parameters(request)
    model = protocol.operation_model(target.service, target.operation)
    return protocol.parse_query(model, target.form) if model and target.protocol == "query" else {}


def _read_key(work: _Work) -> tuple[str, str, str]:
    return work.caller.access_key_id, work.target.action, json.dumps(work.parameters, sort_keys=True)


def _code_in(reply: Reply) -> str:
    """The error code in a body that moto wrote."""
    text = reply.body.decode(errors="replace")
    if "<Code>" in text:
        return text.partition("<Code>")[2].partition("</Code>")[0]
    try:
        return str(json.loads(text).get("__type", reply.status)).rpartition("#")[2]
    except (ValueError, AttributeError):
        return str(reply.status)


def _unavailable() -> AwsError:
    return AwsError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503)


def _error_of(fault: Fault, work: _Work) -> AwsError | None:
    """The error that is answered instead of performing the call, if the fault is of that kind."""
    is_json = work.target.protocol == "json"
    if fault.kind == "throttle":
        return AwsError("ThrottlingException" if is_json else "Throttling", "Rate exceeded", 400)
    if fault.kind == "unavailable":
        return _unavailable()
    if fault.kind == "error":
        return AwsError(fault.code, fault.message, fault.http)
    if fault.kind == "denied":
        return _denied(work, is_json)
    if fault.kind == "not_visible":
        return _not_visible(work.parameters, is_json)
    return None


def _denied(work: _Work, is_json: bool) -> AwsError:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    action, parameters, account = work.target.action, work.parameters, work.caller.account
    resource = "*"
    if "UserName" in parameters:
        resource = account.arn(f"user/{parameters['UserName']}")
    elif "GroupName" in parameters:
        resource = account.arn(f"group/{parameters['GroupName']}")
    message = (
        f"User: {work.caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError("AccessDeniedException", message, 400) if is_json else AwsError("AccessDenied", message, 403)


def _not_visible(parameters: dict[str, Any], is_json: bool) -> AwsError:
    if is_json:
        return AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    for name, kind in (("UserName", "user"), ("GroupName", "group"), ("RoleName", "role")):
        if name in parameters:
            return AwsError("NoSuchEntity", f"The {kind} with name {parameters[name]} cannot be found.", 404)
    return AwsError("NoSuchEntity", f"Policy {parameters.get('PolicyArn')} was not found.", 404)
