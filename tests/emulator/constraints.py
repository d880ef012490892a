# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Required parameters, lengths, ranges, patterns and enumerations, as botocore's service models state them.

AWS's answer to a violation is ValidationError, HTTP 400, see
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from tests.emulator.protocol import AwsError, Parameters

_ANY_SPACE = " \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"


def check(model: OperationModel, parameters: Parameters) -> None:
    """Raise ValidationError with every violation, as AWS words it."""
    if model.input_shape is None:
        return
    found = _structure(model.input_shape, parameters, "")
    if found:
        plural = "s" if len(found) > 1 else ""
        raise AwsError("ValidationError", f"{len(found)} validation error{plural} detected: {'; '.join(found)}", 400)


def _structure(shape: StructureShape, value: Parameters, prefix: str) -> list[str]:
    found = []
    for name in shape.required_members:
        if name not in value:
            found.append(f"Value null at '{_path(prefix, name)}' failed to satisfy constraint: Member must not be null")
    for name, item in value.items():
        if name in shape.members:
            found += _value(shape.members[name], item, _path(prefix, name))
    return found


def _path(prefix: str, name: str) -> str:
    return f"{prefix}{name[:1].lower()}{name[1:]}"


def _value(shape: Shape, value: Any, path: str) -> list[str]:
    if isinstance(shape, StructureShape):
        return _structure(shape, value, path + ".")
    broken = [f"Member must {rule}" for rule in _rules_broken(shape, value)]
    # AWS leaves the value of a sensitive member out of its message.
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{value}'"
    found = [f"{shown} at '{path}' failed to satisfy constraint: {rule}" for rule in broken]
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            found += _value(shape.member, item, f"{path}.{number}.member")
    return found


def _rules_broken(shape: Shape, value: Any) -> list[str]:
    limits = shape.metadata
    if shape.type_name in ("integer", "long"):
        return _range_broken(limits, value)
    if shape.type_name not in ("string", "list"):
        return []
    broken = []
    size = len(value)
    if size < limits.get("min", 0):
        broken.append(f"have length greater than or equal to {limits['min']}")
    if size > limits.get("max", size):
        broken.append(f"have length less than or equal to {limits['max']}")
    if shape.type_name == "string":
        if limits.get("enum") and value not in limits["enum"]:
            broken.append(f"satisfy enum value set: [{', '.join(limits['enum'])}]")
        if limits.get("pattern") and not _compiled(limits["pattern"]).fullmatch(value):
            broken.append(f"satisfy regular expression pattern: {limits['pattern']}")
    return broken


def _range_broken(limits: dict[str, Any], value: Any) -> list[str]:
    if not isinstance(value, int):
        return ["be a number"]
    if value < limits.get("min", value):
        return [f"have value greater than or equal to {limits['min']}"]
    if value > limits.get("max", value):
        return [f"have value less than or equal to {limits['max']}"]
    return []


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # The models' patterns are Java's: there \w is ASCII, and \p{..} names what Python's re spells otherwise.
    if "\\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    for java, python in (("\\p{L}", "\\w"), ("\\p{N}", ""), ("\\p{Z}", _ANY_SPACE)):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
