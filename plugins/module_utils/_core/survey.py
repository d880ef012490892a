# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A form's answers as the users of a roster. What a form has to say is checked here; names, guards and quotas by the
plan, as for every roster.

AWX hands a text over as it was typed, a choice of several as a list (older ones: a text, a choice a line), and what was
not answered as an empty text or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.looks_secret import findings
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import (
    QUESTIONS,
    SWITCHES,
    Line,
    folded,
    lines_of,
)

PEOPLE = '"People" (onboard_survey_people)'
USE_CASES = ("human", "workload")
SERVICES = ("codecommit", "keyspaces", "bedrock", "cloudwatch_logs")
CREDENTIALS = (*SWITCHES, *SERVICES)
# Where a store keeps its place in a hand-over; the store ``result`` has none.
_PLACE = {"secretsmanager": "name", "ssm_parameter": "name", "file": "path"}
_CALLED = {"console_password": "console", "secrets_manager": "secretsmanager", "parameter_store": "ssm_parameter"}
_AS_READ: tuple[str, ...] = ("name", "use_case", "owner", "justification", "path", "groups")
# What a line has to say, or alone can.
_OWN = ("name", "use_case", *SWITCHES)
_SECRET = "it looks like a secret; leave it out, and replace the secret, since it stands in the job's answers"
_YES, _NO = ("yes", "true", "y", "x", "1"), ("no", "false", "n", "0")

# No tag holds a comma, semicolon or bar, and hardly any group's name; public keys hold blanks and commas.
_BETWEEN_NAMES = re.compile(r"[\s,;|]+")
_BETWEEN_TEXTS = re.compile(r"[\n,;|]+")
_ARMOUR = r"-----BEGIN (PGP PUBLIC KEY BLOCK|PUBLIC KEY)-----.*?-----END \1-----"
_KEYS = re.compile(rf"{_ARMOUR}|[^\n|]+", re.DOTALL)
# Their base64 may look like an AWS secret, and a private key never has these beginnings.
_PUBLIC = re.compile(rf"{_ARMOUR}|\bAAAA[A-Za-z0-9+/]+=*|\bage1[02-9ac-hj-np-z]+", re.DOTALL)


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


def secrets(answers: Mapping[str, Any], people: str) -> list[str]:
    """Where something looks like a secret, in no words of its own. To be asked before anything is read."""
    problems = []
    for name in QUESTIONS:
        if _is_secret(answers.get(name)):
            problems.append(f"{_asked(name)}: {_SECRET}")
    # Line by line: a column of short names would pass for the words of a share.
    lines = enumerate(lines_of(_without_public(people)), 1)
    problems += [f"{PEOPLE}, line {number}: {_SECRET}" for number, line in lines if _is_secret(line)]
    return problems


def roster(
    answers: Mapping[str, Any], lines: Sequence[Line] | None, rules: Rules
) -> tuple[list[dict[str, Any]], list[str]]:
    """The users, and what is wrong, a sentence each. ``lines`` None: nobody was pasted, so the answers are one user;
    else they are what counts for each line that does not say otherwise."""
    common = _given(answers)
    if lines is None:
        user, found = _user(common, _asked, rules)
        return [user], found
    if "name" in common:
        return [], [f"{_asked('name')}: people are pasted as well, in {PEOPLE}; answer one of the two"]
    if not lines:
        return [], [f"{PEOPLE}: it names nobody; give at least one user"]
    users, problems = [], []
    for line in lines:
        own = _given(line.fields)
        problems += _unallowed(line.number, own, rules)
        # Yes and no in a line say all of its credentials.
        left_out = {"credentials"} if own.keys() & set(SWITCHES) else set()
        inherited = {name: value for name, value in common.items() if name not in left_out}
        user, found = _user({**inherited, **own}, _placed(line.number, own), rules)
        users.append(user)
        problems += found
    return users, list(dict.fromkeys(problems))


_SECRET = "it looks like a secret; leave it out, and replace the secret, since it stands in the job's answers"


def _unallowed(number: int, own: Mapping[str, Any], rules: Rules) -> list[str]:
    allowed = ("name", *rules.allowed_fields)
    told = f"this form takes no such field; leave it out, and keep to {', '.join(allowed)}"
    return [f"{PEOPLE}, line {number}, {name}: {told}" for name in own if rules.allowed_fields and name not in allowed]


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(findings(value)) or any(map(_is_secret, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_secret, value))
    # A secret behind an equals sign is one as well.
    return bool(findings({"": re.sub("=+", " ", _without_public(str(value)))}))


def _without_public(text: str) -> str:
    """Its lines keep their numbers."""
    return _PUBLIC.sub(lambda found: "\n" * len(re.findall(r"\r\n?|\n", found[0])), text)


def _asked(name: str) -> str:
    return f'"{QUESTIONS[name]}" (onboard_survey_{name})'


def _placed(number: int, own: Mapping[str, Any]) -> Callable[[str], str]:
    """Where a field of a pasted user was said: in its line, or in the form for all."""
    return lambda name: f"{PEOPLE}, line {number}, {name}" if name in own or name in _OWN else _asked(name)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something, texts without blanks around and with plain line breaks."""
    cleaned = {name: _clean(value) for name, value in fields.items()}
    return {name: value for name, value in cleaned.items() if value not in (None, "", [], {})}


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key).strip(): _clean(item) or "" for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [item for item in map(_clean, value) if item not in (None, "")]
    return None if value is None else "\n".join(lines_of(str(value))).strip()


def _user(given: Mapping[str, Any], where: Callable[[str], str], rules: Rules) -> tuple[dict[str, Any], list[str]]:
    """One user of the roster, and the sentences about it."""
    read: dict[str, Any] = {}
    problems = []
    required = [name for name in _REQUIRED if name not in rules.fixed]
    for name in dict.fromkeys([*required, *given]):
        try:
            if name not in given:
                raise Refused(_REQUIRED[name])
            read[name] = _READERS[name](given[name], rules)
        except Refused as error:
            problems.append(f"{where(name)}: {error}")
    if problems:
        return {}, problems
    user = {name: read[name] for name in _AS_READ if name in read}
    user |= _credentials_of(read)
    if "tags" in read:
        user |= {"tags": read["tags"], "purge_tags": False}
    try:
        if handover := _handover(read, rules):
            user["handover"] = handover
    except Refused as error:
        return {}, [f"{where('public_keys')}: {error}"]
    return _with_fixed(user, where, rules)


def _credentials_of(read: Mapping[str, Any]) -> dict[str, Any]:
    wanted = [*read.get("credentials", ()), *(name for name in SWITCHES if read.get(name))]
    services = [{"service": name} for name in SERVICES if name in wanted]
    return {
        **{name: True for name in SWITCHES if name in wanted},
        **({"service_specific_credentials": services} if services else {}),
    }


def _handover(read: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Nothing where the form says nothing of it: then what the role is given for all counts."""
    store, keys = read.get("store"), read.get("public_keys")
    if store is None and keys is None:
        return {}
    if store is None and not rules.handover:
        raise Refused(f"nothing says where the sealed text goes; answer {_asked('store')} as well")
    if store in (None, rules.handover.get("store")):
        found = dict(rules.handover)
    else:
        sealing = {name: rules.handover[name] for name in ("seal_to", "threshold") if name in rules.handover}
        place = {_PLACE[store]: rules.places[store]} if store in _PLACE else {}
        found = {"store": store, **place, **sealing}
    return {**found, "seal_to": keys} if keys else found


def _with_fixed(user: dict[str, Any], where: Callable[[str], str], rules: Rules) -> tuple[dict[str, Any], list[str]]:
    """Groups and tags are added to those of the form. What both say otherwise is a problem, since one would be lost."""
    fixed = dict(rules.fixed)
    tags, groups = fixed.pop("tags", None) or {}, fixed.pop("groups", None) or []
    clashing = [name for name in fixed if name in user]
    clashing += ["tags"] if user.get("tags", {}).keys() & tags.keys() else []
    problems = [
        f"{where(name) if name in QUESTIONS else 'the form'}: {name} is fixed by the form's owner"
        " (onboard_survey_fixed); leave it unanswered"
        for name in clashing
    ]
    if groups:
        user["groups"] = list(dict.fromkeys([*user.get("groups", ()), *groups]))
    if tags:
        user |= {"tags": {**user.get("tags", {}), **tags}, "purge_tags": False}
    return {**user, **fixed}, problems


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


_REQUIRED = {
    "name": "it is not answered; give the user's name",
    "use_case": "it is not answered; choose human or workload",
}
_READERS: dict[str, Callable[[Any, Rules], Any]] = {
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
