# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module survey_roster: a form's answers as the users of a roster. It calls no AWS and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._core import survey
from ansible_collections.keysmith.iam.plugins.module_utils._core.answers import Rules
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import (
    QUESTIONS,
    Line,
    field_of,
    lines_of,
    looks_like_yaml,
    read_table,
    unknown_field,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.survey import PEOPLE
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import guarded

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True

ANSWERS = (*QUESTIONS, "people")
_TOLD = 20
_ROSTER = ("onboard_users", "users")
# A roster, its users, a user, a field.
_DEPTH = 4
_NESTED = "it is nested too deep; a field takes a text, a list or key: value"
_NOTHING = "tag:yaml.org,2002:null"


def survey_roster(module: AnsibleAWSModule) -> NoReturn:
    """End the module with the roster's users."""
    params = dict(module.params)
    # A result echoes its arguments, and those that are refused may hold a secret.
    module.params.update(dict.fromkeys(ANSWERS))
    module.exit_json(changed=False, users=guarded(module, lambda: _users(params)))


def _users(params: dict[str, Any]) -> list[dict[str, Any]]:
    answers = {name: params[name] for name in QUESTIONS}
    people = "" if params["people"] is None else params["people"]
    if not isinstance(people, str):
        raise KeysmithError(f"Cannot read {PEOPLE}: it is no text. Give the CSV or YAML as one text.")
    problems = survey.secrets(answers, people)
    users: list[dict[str, Any]] = []
    if not problems:
        lines, problems = _lines(people)
        # What could be read beside what could not is judged too, so that all is told at once.
        if lines or not problems:
            users, more = survey.roster(answers, lines, _rules(params))
            problems += more
    if problems:
        told = [f"{problem}." for problem in problems[:_TOLD]]
        told += [f"and {len(problems) - _TOLD} more."] if len(problems) > _TOLD else []
        raise KeysmithError(
            "\n".join(["Nothing was changed, since the form cannot be used. To be mended in it:", *told])
        )
    return users


def _rules(params: dict[str, Any]) -> Rules:
    places = {str(store): str(place or "") for store, place in (params["places"] or {}).items()}
    return Rules(
        handover=params["handover"] or {},
        places=places,
        allowed_groups=tuple(params["allowed_groups"] or ()),
        allowed_fields=tuple(params["allowed_fields"] or ()),
        fixed=params["fixed"] or {},
    )


def _lines(people: str) -> tuple[list[Line] | None, list[str]]:
    if not people.strip():
        return None, []
    lines, problems = read_yaml(people) if looks_like_yaml(people) else read_table(people)
    return lines, [f"{PEOPLE}, {problem}" for problem in problems]


class _Unreadable(Exception):
    pass


def read_yaml(text: str) -> tuple[list[Line], list[str]]:
    """The users of a YAML list, their texts as they stand there (a user 007 stays that), and what is wrong."""
    if not HAS_YAML:
        raise KeysmithError(f"Cannot read the people of the form: {missing_required_lib('PyYAML')}")
    plain = "\n".join(lines_of(text))
    try:
        _refuse_endless(yaml.parse(plain, yaml.SafeLoader))
        return _users_of(yaml.compose(plain, yaml.SafeLoader))
    except _Unreadable as error:
        return [], [str(error)]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [], [f"line {line}: it is no YAML that can be read; look at the indentation and quotation marks there"]
    except yaml.YAMLError:
        return [], ["line 1: it is no YAML that can be read; write a list, and begin each user with a dash"]


def _refuse_endless(events: Iterable[Any]) -> None:
    """An alias could make a short text a huge roster, and brackets in brackets take the parser for ever."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise _Unreadable(f"line {_number(event)}: {_NESTED}")
        if isinstance(event, yaml.AliasEvent):
            raise _Unreadable(f"line {_number(event)}: it holds a YAML alias; write out what it stands for")


def _users_of(node: Any) -> tuple[list[Line], list[str]]:
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _item in node.value if isinstance(key, yaml.ScalarNode)]
        if len(node.value) != 1 or names[0:1] not in ([name] for name in _ROSTER):
            raise _Unreadable("line 1: it is no list of users; begin each user with a dash, and paste no groups")
        node = node.value[0][1]
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == _NOTHING):
        return [], []
    if not isinstance(node, yaml.SequenceNode):
        raise _Unreadable(f"line {_number(node)}: it is no list of users; begin each user with a dash")
    lines, problems = [], []
    for item in node.value:
        if not isinstance(item, yaml.MappingNode):
            problems.append(f"line {_number(item)}: it is no user; write - name: and its other fields below")
            continue
        fields, found = _fields(item)
        lines.append(Line(_number(item), fields))
        problems += found
    return lines, problems


def _number(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _fields(item: Any) -> tuple[dict[str, Any], list[str]]:
    """One user's fields, and what is wrong with their names."""
    fields: dict[str, Any] = {}
    problems = []
    for key, value in item.value:
        name = field_of(_scalar(key))
        if name is None:
            problems.append(f"line {_number(key)}: {unknown_field('this field', _scalar(key))}")
        elif name in fields:
            problems.append(f"line {_number(key)}: the user has {name} twice; keep one")
        else:
            fields[name] = _plain(value)
    return fields, problems


def _plain(node: Any) -> Any:
    """A text, a list of texts or texts by name."""
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        found = {_scalar(key): _scalar(value) for key, value in node.value}
        if len(found) < len(node.value):
            raise _Unreadable(f"line {_number(node)}: two names in it are the same; keep one")
        return found
    return _scalar(node)


def _scalar(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Unreadable(f"line {_number(node)}: {_NESTED}")
    return "" if node.tag == _NOTHING else str(node.value)
