# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One answer of a form each: what it means, or half a sentence on what is wrong with it, which quotes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import SWITCHES, folded

USE_CASES = ("human", "workload")
SERVICES = ("codecommit", "keyspaces", "bedrock", "cloudwatch_logs")
CREDENTIALS = (*SWITCHES, *SERVICES)
ARMOUR = r"-----BEGIN (PGP PUBLIC KEY BLOCK|PUBLIC KEY)-----.*?-----END \1-----"
_CALLED = {"console_password": "console", "secrets_manager": "secretsmanager", "parameter_store": "ssm_parameter"}
_YES, _NO = ("yes", "true", "y", "x", "1"), ("no", "false", "n", "0")

# No tag holds a comma, semicolon or bar, and hardly any group's name; public keys hold blanks and commas.
_BETWEEN_NAMES = re.compile(r"[\s,;|]+")
_BETWEEN_TEXTS = re.compile(r"[\n,;|]+")
_KEYS = re.compile(rf"{ARMOUR}|[^\n|]+", re.DOTALL)


@dataclass(frozen=True)
class Rules:
    """What the form's owner says: the hand-over that counts where the form is silent, the stores that the form may name
    with the place in each, the groups that it may name and the fields that pasted people may have beside a name (none:
    all), and fields of a user that no answer can change."""

    handover: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    allowed_groups: Sequence[str] = ()
    allowed_fields: Sequence[str] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """What is wrong with one answer and what to do, as half a sentence that quotes nothing."""


def _one(value: Any, rules: Rules) -> str:
    if not isinstance(value, str):
        raise Refused("it takes one text; give one")
    return value


def _short(value: Any, rules: Rules) -> str:
    text = _one(value, rules)
    if "\n" in text:
        raise Refused("it has several lines; give one")
    return text


def _paragraph(value: Any, rules: Rules) -> str:
    return " ".join(_one(value, rules).split())


def _use_case(value: Any, rules: Rules) -> str:
    chosen = _chosen(_one(value, rules))
    if chosen == "emergency":
        raise Refused("no form makes an emergency user; the role break_glass does")
    if chosen not in USE_CASES:
        raise Refused("it is neither human nor workload; choose one of the two")
    return chosen


def _list(value: Any, between: re.Pattern[str]) -> list[str]:
    """The items of a list, or of a text with something between them; each once."""
    if isinstance(value, Mapping) or (isinstance(value, list) and not all(isinstance(item, str) for item in value)):
        raise Refused("it takes a list of texts; give one")
    items = value if isinstance(value, list) else [item.strip() for item in between.split(value)]
    return list(dict.fromkeys(item for item in items if item))


def _groups(value: Any, rules: Rules) -> list[str]:
    names = _list(value, _BETWEEN_NAMES)
    allowed = rules.allowed_groups
    if allowed and not set(names) <= set(allowed):
        raise Refused(f"a group is none of those that this form gives; choose from {', '.join(allowed)}")
    return names


def _credentials(value: Any, rules: Rules) -> list[str]:
    chosen = [_chosen(item) for item in _list(value, _BETWEEN_TEXTS)]
    if not set(chosen) <= set(CREDENTIALS):
        raise Refused(
            "a credential is none of console password, access key, MFA device, CodeCommit, Keyspaces, Bedrock and"
            " CloudWatch Logs; choose from these"
        )
    return chosen


def _public_keys(value: Any, rules: Rules) -> list[str]:
    if isinstance(value, str):
        value = [found[0].strip() for found in _KEYS.finditer(value)]
    return _list(value, _BETWEEN_TEXTS)


def _store(value: Any, rules: Rules) -> str:
    chosen = _chosen(_one(value, rules))
    allowed = [*dict.fromkeys([*rules.places, *([rules.handover["store"]] if "store" in rules.handover else [])])]
    if chosen not in allowed:
        raise Refused(f"it is no store that this form gives; choose from {', '.join(allowed)}")
    return chosen


def _tags(value: Any, rules: Rules) -> dict[str, str]:
    if isinstance(value, Mapping):
        if not all(isinstance(item, str) for item in value.values()):
            raise Refused("a tag's value is no text; give one")
        return dict(value)
    found: dict[str, str] = {}
    for item in _list(value, _BETWEEN_TEXTS):
        key, sign, text = (part.strip() for part in item.partition("="))
        if not sign or not key:
            raise Refused("a tag has no key or no equals sign; write key=value, one a line")
        if key in found:
            raise Refused("two tags have the same key; keep one")
        found[key] = text
    return found


def _switch(value: Any, rules: Rules) -> bool:
    chosen = _chosen(_one(value, rules))
    if chosen not in (*_YES, *_NO):
        raise Refused("it is neither yes nor no; write one of the two")
    return chosen in _YES


def _chosen(text: str) -> str:
    name = folded(text)
    return _CALLED.get(name, name)


# What has to be answered, and the sentence where it is not.
REQUIRED = {
    "name": "it is not answered; give the user's name",
    "use_case": "it is not answered; choose human or workload",
}
READERS: dict[str, Callable[[Any, Rules], Any]] = {
    "name": _short,
    "use_case": _use_case,
    "owner": _short,
    "justification": _paragraph,
    "path": _short,
    "groups": _groups,
    "credentials": _credentials,
    "public_keys": _public_keys,
    "store": _store,
    "tags": _tags,
    **dict.fromkeys(SWITCHES, _switch),
}
