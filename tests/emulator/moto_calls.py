# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that moto answers: single-endpoint services directly, the others through moto's own dispatcher."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

from moto import backends
from moto.core.base_backend import BackendDict
from moto.core.request import Request as MotoRequest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from tests.emulator.protocol import AwsError, Reply
from tests.emulator.server import Request

_DIRECT = frozenset({"iam", "sts", "secretsmanager", "ssm", "organizations", "kms", "sns", "events"})
_dispatcher = DomainDispatcherApplication(create_backend_app)
MotoHandler = Callable[[MotoRequest, str, Any], tuple[int, dict[str, Any], str | bytes]]


def answer(request: Request, service: str, action: str, account_id: str) -> Reply:
    """moto's answer. What moto does not implement is InvalidAction, and what it breaks at EmulatorBug: both 400.

    Neither may look like a server error, for the SDK would retry those.
    """
    try:
        if service in _DIRECT:
            return _direct(request, service, account_id)
        return _dispatched(request, account_id)
    except NotImplementedError:
        raise AwsError("InvalidAction", f"Could not find operation {action}", 400) from None
    except AwsError:
        raise
    except Exception as bug:
        traceback.print_exc(file=sys.stderr)
        raise AwsError("EmulatorBug", f"{action}: {type(bug).__name__}: {bug}", 400) from bug


@cache
def _handler(service: str) -> MotoHandler:
    backend = backends.get_backend(service)
    assert isinstance(backend, BackendDict)
    account = backend["123456789012"]
    paths = account["us-east-1" if "us-east-1" in account else "aws"].url_paths
    return next(iter(paths.values()))


def _direct(request: Request, service: str, account_id: str) -> Reply:
    url = f"http://{request.headers.get('host', 'localhost')}{request.target}"
    headers = {**request.headers, "x-moto-account-id": account_id}
    moto_request = MotoRequest.from_primitives(request.method, url, headers, request.body)
    status, reply_headers, body = _handler(service)(moto_request, url, moto_request.headers)
    return _reply(status, {name.lower(): str(value) for name, value in reply_headers.items()}, body)


def _dispatched(request: Request, account_id: str) -> Reply:
    path, _, query = request.target.partition("?")
    headers = {**request.headers, "x-moto-account-id": account_id}
    environ: dict[str, Any] = MotoRequest.from_primitives(
        request.method, f"http://{request.headers.get('host', 'localhost')}{request.target}", headers, request.body
    ).environ
    environ.update({"wsgi.input": io.BytesIO(request.body), "RAW_URI": request.target, "QUERY_STRING": query})
    seen: dict[str, Any] = {}

    def start_response(status: str, reply_headers: list[tuple[str, str]], *_: Any) -> None:
        seen["status"] = int(status.split(" ", 1)[0])
        seen["headers"] = {name.lower(): value for name, value in reply_headers}

    body = b"".join(_dispatcher(environ, start_response))
    # Werkzeug's own pages, not AWS's errors: an exception in moto, or a path that no service of moto has.
    if seen["status"] >= 500 or (seen["status"] == 404 and b"<!doctype html>" in body):
        raise NotImplementedError(path)
    return _reply(seen["status"], seen["headers"], body)


def _reply(status: int, headers: dict[str, str], body: str | bytes) -> Reply:
    content_type = headers.pop("content-type", "text/xml")
    for name in ("content-length", "date", "status", "connection", "server", "x-amzn-requestid"):
        headers.pop(name, None)
    return Reply(status, body.encode() if isinstance(body, str) else body, content_type, headers)
