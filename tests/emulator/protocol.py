# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's wire formats, both ways, driven by botocore's service models.

The query protocol (IAM, STS) is read and written here. For the JSON protocol only errors are written here: moto does
the rest. See https://smithy.io/2.0/aws/protocols/aws-query-protocol.html.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

Parameters = dict[str, Any]

_HTTP_STATUS = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "SignatureDoesNotMatch": 403,
    "ServiceUnavailable": 503,
    "ServiceFailure": 500,
}


@dataclass(eq=False)
class AwsError(Exception):
    """What AWS answers instead of a result. `http` 0 means: as botocore's model says for the code, else 400."""

    code: str
    message: str
    http: int = 0
    service: str = "iam"

    def status(self) -> int:
        return self.http or _HTTP_STATUS.get(self.code) or modelled_statuses(self.service).get(self.code, 400)


@dataclass
class Reply:
    """An HTTP answer. Content-Length, Date and the request id are added by the server."""

    status: int
    body: bytes
    content_type: str = "text/xml"
    headers: dict[str, str] = field(default_factory=dict)


@cache
def service_model(service: str) -> ServiceModel | None:
    """The newest botocore model of a service by its signing or endpoint name; None when botocore has none."""
    loader = botocore.session.get_session()
    if service not in loader.get_available_services():
        return None
    return loader.get_service_model(service)


@cache
def operation_model(service: str, operation: str) -> OperationModel | None:
    model = service_model(service)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)


@cache
def modelled_statuses(service: str) -> dict[str, int]:
    """Error code -> HTTP status, as the service's own model declares them."""
    model = service_model(service)
    if model is None or model.metadata["protocol"] != "query":
        return {}
    metadata = [shape.metadata.get("error", {}) for shape in model.error_shapes]
    return {entry["code"]: entry["httpStatusCode"] for entry in metadata if "httpStatusCode" in entry}


def parse_query(model: OperationModel, form: dict[str, str]) -> Parameters:
    """Form-encoded parameters as boto3 would take them. Parameters that the model does not know are left out."""
    if model.input_shape is None:
        return {}
    parsed = _parse_structure(model.input_shape, form, "")
    return parsed if isinstance(parsed, dict) else {}


def _parse(shape: Shape, form: dict[str, str], prefix: str) -> Any:
    if isinstance(shape, StructureShape):
        return _parse_structure(shape, form, prefix + ".")
    if isinstance(shape, ListShape):
        return _parse_list(shape, form, prefix)
    text = form.get(prefix)
    if text is None:
        return None
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            return text
    return text


def _parse_structure(shape: StructureShape, form: dict[str, str], prefix: str) -> Parameters | None:
    found: Parameters = {}
    for name, member in shape.members.items():
        wire_name = prefix + member.serialization.get("name", name)
        if member.type_name in ("list", "structure", "map"):
            if not any(key.startswith(wire_name) for key in form):
                continue
        elif wire_name not in form:
            continue
        value = _parse(member, form, wire_name)
        if value is not None:
            found[name] = value
    return found if found or not prefix else None


def _parse_list(shape: ListShape, form: dict[str, str], prefix: str) -> list[Any] | None:
    # botocore writes an empty list as "Tags=" with nothing after it.
    if form.get(prefix) == "":
        return []
    items: list[Any] = []
    while (value := _parse(shape.member, form, f"{prefix}.member.{len(items) + 1}")) is not None:
        items.append(value)
    return items or None


def query_result(model: OperationModel, result: Parameters, request_id: str) -> Reply:
    """A result as XML. A member that is None or absent is left out, as AWS does."""
    name = model.name
    namespace = model.service_model.metadata.get("xmlNamespace", "")
    parts = [f'<{name}Response xmlns="{namespace}">']
    if model.output_shape is not None:
        wrapper = model.output_shape.serialization.get("resultWrapper", f"{name}Result")
        parts.append(f"<{wrapper}>")
        _write_structure(model.output_shape, result, parts)
        parts.append(f"</{wrapper}>")
    parts.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>")
    return Reply(200, "".join(parts).encode())


def json_result(result: Parameters) -> Reply:
    """A result of the JSON protocol, whose timestamps are seconds since 1970."""
    return Reply(200, json.dumps(result).encode(), "application/x-amz-json-1.1")


def _write(shape: Shape, tag: str, value: Any, parts: list[str]) -> None:
    if isinstance(shape, StructureShape):
        parts.append(f"<{tag}>")
        _write_structure(shape, value, parts)
        parts.append(f"</{tag}>")
    elif isinstance(shape, ListShape):
        parts.append(f"<{tag}>")
        for item in value:
            _write(shape.member, shape.member.serialization.get("name", "member"), item, parts)
        parts.append(f"</{tag}>")
    elif isinstance(shape, MapShape):
        parts.append(f"<{tag}>")
        for key, item in value.items():
            parts.append("<entry>")
            _write(shape.key, "key", key, parts)
            _write(shape.value, "value", item, parts)
            parts.append("</entry>")
        parts.append(f"</{tag}>")
    else:
        text = _base64(value) if shape.type_name == "blob" else _scalar(value)
        parts.append(f"<{tag}>{text}</{tag}>")


def _write_structure(shape: StructureShape, value: Parameters, parts: list[str]) -> None:
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None:
            _write(member, member.serialization.get("name", name), item, parts)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    return escape(str(value))


def _base64(value: bytes | str) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def iso(moment: datetime) -> str:
    """`2026-01-31T09:00:00Z`: the form of every IAM timestamp. A naive moment is UTC, as in moto."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%SZ")


def error_reply(protocol: str, namespace: str, error: AwsError, request_id: str) -> Reply:
    """An error in the shape of the service's protocol ("query", "json", "rest-json", "rest-xml", ...)."""
    status = error.status()
    if "json" in protocol:
        body = json.dumps({"__type": error.code, "message": error.message}).encode()
        return Reply(status, body, "application/x-amz-json-1.1", {"x-amzn-ErrorType": error.code})
    sender = "Sender" if status < 500 else "Receiver"
    inner = f"<Type>{sender}</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "rest-xml":
        text = f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    else:
        text = f"<Error>{inner}</Error><RequestId>{request_id}</RequestId>"
        text = f'<ErrorResponse xmlns="{namespace}">{text}</ErrorResponse>'
    return Reply(status, text.encode())
