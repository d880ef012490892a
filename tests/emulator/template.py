# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A CloudFormation template: its text, its parameters and its intrinsic functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from tests.emulator.protocol import AwsError

_NO_VALUE = object()
_HOLE = re.compile(r"\$\{([^!}][^}]*)\}")
# Of a resource: what Ref gives, or with an attribute's name what GetAtt gives.
Look = Callable[[str, str], Any]


class _Loader(yaml.SafeLoader):
    """YAML with the short forms of the functions, such as `!Sub`."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def parse(body: str) -> dict[str, Any]:
    """The template as a dict; CloudFormation's YAML has no aliases."""
    try:
        template = yaml.load(body, _Loader)
        aliased = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(body))
    except yaml.YAMLError as wrong:
        raise invalid(f"Template format error: YAML not well-formed. {wrong}") from None
    if aliased:
        raise invalid("Template error: YAML aliases are not allowed in CloudFormation templates")
    if not isinstance(template, dict) or not template.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    return template


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message, 400)


def parameters_of(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's text. Refuses what is missing, unknown, or against its AllowedPattern."""
    declared: Mapping[str, Any] = template.get("Parameters", {})
    if unknown := sorted(given.keys() - declared.keys()):
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: given.get(name, spec.get("Default")) for name, spec in declared.items()}
    if missing := [name for name, value in values.items() if value is None]:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for name, spec in declared.items():
        pattern = spec.get("AllowedPattern")
        parts = values[name].split(",") if spec["Type"] == "CommaDelimitedList" else [values[name]]
        if pattern and not all(re.fullmatch(pattern, part) for part in parts):
            raise invalid(f"Parameter {name} failed to satisfy constraint: Member must satisfy regular expression")
    return values


class Evaluation:
    """The template with its parameters filled in. `look` finds resources, so that they can be made while resolving."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, str], pseudo: Mapping[str, str], look: Look
    ) -> None:
        self.template = template
        self._look = look
        lists = {name for name, spec in template.get("Parameters", {}).items() if "List" in spec["Type"]}
        self._known: dict[str, Any] = dict(pseudo)
        for name, text in parameters.items():
            self._known[name] = [part.strip() for part in text.split(",")] if name in lists else text

    def condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def value(self, node: Any) -> Any:
        """What stands there once every function in it is computed."""
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref" or name.startswith("Fn::") or (name == "Condition" and isinstance(argument, str)):
                return self._function(name, argument)
        pairs = ((key, self.value(item)) for key, item in node.items())
        return {key: item for key, item in pairs if item is not _NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._reference(argument)
        if name == "Fn::GetAtt":
            return self._look(*argument)
        if name == "Condition":
            return self.condition(argument)
        if name == "Fn::If":
            return self.value(argument[1] if self.condition(argument[0]) else argument[2])
        if name == "Fn::Sub":
            return self._substituted(argument)
        parts = self.value(argument)
        if name == "Fn::Join":
            return parts[0].join(parts[1])
        if name in _LOGIC:
            return _LOGIC[name](parts)
        raise invalid(f"Template error: {name} is not known")

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self._known[name] if name in self._known else self._look(name, "")

    def _substituted(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.value(argument[1]))

        def filled(hole: re.Match[str]) -> str:
            name, _, attribute = hole[1].partition(".")
            if hole[1] in own:
                return str(own[hole[1]])
            return str(self._look(name, attribute) if attribute else self._reference(name))

        return _HOLE.sub(filled, text)


_LOGIC: dict[str, Callable[[list[Any]], bool]] = {
    "Fn::Equals": lambda parts: parts[0] == parts[1],
    "Fn::Not": lambda parts: not parts[0],
    "Fn::And": all,
    "Fn::Or": any,
}
