# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the inline policies of a user or group: read from JSON or YAML, compared by meaning, measured as AWS does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.keysmith.iam.plugins.module_utils._core import names
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Draft

Document = Mapping[str, object]

NAMED = "named in inline_policies"
PURGED = "not in inline_policies (purge_inline_policies)"
# AWS keeps policies of 2008-10-17, which is also what no Version means, and takes no more of them
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
_VERSION = "2012-10-17"
# Exactly one of each pair stands in a statement
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"))


@dataclass(frozen=True)
class Inline:
    """The inline policies as wanted: each document by its name, with why, and the names of those that go, with why.
    ``notes`` end the line of the plan for some: ``, copied from joe``."""

    wanted: Mapping[str, tuple[Document, str]]
    gone: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def plan_inline(
    draft: Draft, account: Account, entity: Mapping[str, str], have: Mapping[str, Document], wish: Inline
) -> None:
    """``entity`` is the parameter that names whose they are: ``{"UserName": "jane"}``. A policy is replaced whole."""
    kind = "User" if "UserName" in entity else "Group"
    _check_cases(draft, have, wish.wanted)
    put = {
        name: _ordered(document)
        for name, (document, _why) in wish.wanted.items()
        if name not in have or meaning(document) != meaning(have[name])
    }
    _check_versions(draft, put)
    sizes = {name: size(document) for name, document in have.items()}
    then = {**sizes, **{name: size(document) for name, document in put.items()}}
    growth = {name: then[name] - sizes.get(name, 0) for name in put}

    def add() -> None:
        # What shrinks goes first, so that no moment has more than the start or the end has.
        for name in sorted(put, key=lambda name: growth[name] > 0):
            parameters = {**entity, "PolicyName": name, "PolicyDocument": json.dumps(put[name])}
            sign, why = ("~", _why_changed(wish, name)) if name in have else ("+", wish.wanted[name][1])
            line = f"{sign} inline policy {name}{wish.notes.get(name, '')}"
            draft.step(f"iam:Put{kind}Policy", parameters, line, why)

    def remove() -> None:
        for name, why in wish.gone.items():
            draft.step(f"iam:Delete{kind}Policy", {**entity, "PolicyName": name}, f"- inline policy {name}", why)

    quota = f"{kind}PolicySizeQuota"
    draft.exchange(add, remove, sum(then.values()), account.quota(quota))
    left = {name: length for name, length in then.items() if name not in wish.gone}
    _check_size(draft, left, growth, account.quota(quota), quota)


def _why_changed(wish: Inline, name: str) -> str:
    return "it was altered" if wish.wanted[name][1] != NAMED else "the document differs"


def read_documents(draft: Draft, given: Mapping[str, object]) -> dict[str, tuple[Document, str]]:
    """The documents, each an object or a JSON text of one; a finding for each that AWS would not take."""
    found: dict[str, tuple[Document, str]] = {}
    for name, value in given.items():
        problem, document = names.policy_name_problem(name), _document(value)
        if isinstance(document, str):
            draft.refuse("inline_policy", f"inline policy {name}: {problem or document}.")
        elif problem := problem or document_problem(document):
            draft.refuse("inline_policy", f"inline policy {name}: {problem}.")
        else:
            found[name] = (document, NAMED)
    return found


def _document(value: object) -> Document | str:
    """The document, or what is wrong with it. YAML reads an unquoted 2012-10-17 as a date, which str() undoes."""
    if isinstance(value, Mapping):
        return dict(json.loads(json.dumps(value, default=str)))
    try:
        document = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return f"it is not JSON, by {where}; give a policy document as JSON or as YAML"
    except RecursionError:
        return "it is nested too deep; give a policy document as JSON or as YAML"
    if not isinstance(document, dict):
        return "it is not a JSON object; give a policy document with Version and Statement"
    return document


def document_problem(document: Document) -> str | None:
    """What AWS would answer MalformedPolicyDocument to
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)."""
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    if not statements or not all(isinstance(statement, Mapping) for statement in statements):
        return "it has no Statement; give at least one"
    return next(filter(None, map(_statement_problem, statements)), None)


def _statement_problem(statement: Document) -> str | None:
    if statement.get("Effect") not in ("Allow", "Deny"):
        return "a statement has no Effect; give Allow or Deny"
    for one, other in _PAIRS:
        if (one in statement) == (other in statement):
            return f"a statement has to have one of {one} and {other}"
    if "Principal" in statement or "NotPrincipal" in statement:
        return "a statement has a Principal, and who it is for is whom it hangs on; leave that out"
    return None


def meaning(value: object) -> object:
    """A document's canonical form, equal for what means the same: the order of lists, a list of one or just the one,
    true or "true". So does AWS's own grammar say it; lists in a policy are sets."""
    if isinstance(value, Mapping):
        return frozenset((str(key), meaning(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        items = frozenset(map(meaning, value))
        return next(iter(items)) if len(items) == 1 else items
    return str(value).lower() if isinstance(value, bool) else str(value)


def size(document: Document) -> int:
    """The document's length as AWS counts it, without white space
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
    return len("".join(json.dumps(document).split()))


def _ordered(document: Document) -> Document:
    """The same with its Version in front, where AWS's parser wants it."""
    return {"Version": document["Version"], **document} if "Version" in document else document


def _check_versions(draft: Draft, put: Mapping[str, Document]) -> None:
    for name, document in put.items():
        if (version := document.get("Version")) != _VERSION:
            what = "it has no Version" if version is None else f"its Version is {version}"
            draft.refuse("inline_policy", f"inline policy {name}: {what}; AWS takes a policy of {_VERSION} only.")


def _check_cases(draft: Draft, have: Mapping[str, object], wanted: Iterable[str]) -> None:
    seen = {fold(name): name for name in have}
    for name in wanted:
        first = seen.setdefault(fold(name), name)
        if first != name and name not in have:
            text = f"inline policy {name}: there is {first}, and AWS takes the two names for one; write it as {first}."
            draft.refuse("name_case", text)


def _check_size(
    draft: Draft, sizes: Mapping[str, int], growth: Mapping[str, int], allowed: int | None, quota: str
) -> None:
    """The quota is for all inline policies of a user or group together; what only shrinks is let through."""
    total = sum(sizes.values())
    if allowed is None or total <= allowed or max(growth.values(), default=0) <= 0:
        return
    largest = max(growth, key=lambda name: sizes[name])
    together = "" if sizes[largest] == total else f", and all inline policies together {total}"
    text = (
        f"inline policy {largest}: it has {sizes[largest]} characters{together}, white space not counted;"
        f" AWS takes {allowed} ({quota})."
        " Shorten it, or make it a managed policy."
    )
    draft.refuse("quota", text)
