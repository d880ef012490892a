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
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.answers import (
    ARMOUR,
    READERS,
    REQUIRED,
    SERVICES,
    Refused,
    Rules,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.looks_secret import findings
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import (
    QUESTIONS,
    SWITCHES,
    Line,
    lines_of,
)

PEOPLE = '"People" (onboard_survey_people)'
# Where a store keeps its place in a hand-over; the store ``result`` has none.
_PLACE = {"secretsmanager": "name", "ssm_parameter": "name", "file": "path"}
_AS_READ: tuple[str, ...] = ("name", "use_case", "owner", "justification", "path", "groups")
# What a line has to say, or alone can.
_OWN = ("name", "use_case", *SWITCHES)
_SECRET = "it looks like a secret; leave it out, and replace the secret, since it stands in the job's answers"
# From ansible-core 2.19 on, `!unsafe '0042'`, which AWX writes, is read as YAML would without the tag and the quotes.
_RETYPED = (
    "it came as a number or as yes or no, perhaps not as it was typed (0042 comes as 34);"
    f" put it into {PEOPLE}, which keeps what is typed, or into quotation marks in a file"
)
# Their base64 may look like an AWS secret, and a private key never has these beginnings.
_PUBLIC = re.compile(rf"{ARMOUR}|\bAAAA[A-Za-z0-9+/]+=*|\bage1[02-9ac-hj-np-z]+", re.DOTALL)


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
    if retyped := [name for name, value in answers.items() if isinstance(value, (bool, int, float))]:
        return [], [f"{_asked(name)}: {_RETYPED}" for name in retyped]
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
    required = [name for name in REQUIRED if name not in rules.fixed]
    for name in dict.fromkeys([*required, *given]):
        try:
            if name not in given:
                raise Refused(REQUIRED[name])
            read[name] = READERS[name](given[name], rules)
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
