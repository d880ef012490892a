# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans how a secret is handed over: is the hand-over usable, which step stores the text, how does it read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Place, PlaceState
from ansible_collections.keysmith.iam.plugins.module_utils._core.names import (
    parameter_name_problem,
    secret_name_problem,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    MFA_SEED,
    HandoverSpec,
    UserSpec,
    secret_words,
)

_PLACEHOLDER = re.compile(r"{\w*}")
_PICTURES = ("png", "svg")
_KNOWN_PLACEHOLDERS = ("{account}", "{user}", "{kind}")
_NAME_PROBLEMS = {"secretsmanager": secret_name_problem, "ssm_parameter": parameter_name_problem}
_KEEPERS = {
    "secretsmanager": "not sealed, kept by Secrets Manager",
    "ssm_parameter": "not sealed, kept by Parameter Store",
}
# Parameter Store has no stages: a version that is written is in force. So a new text waits in a parameter beside it.
_PENDING = ".pending"


def usable_handover(draft: Draft, spec: UserSpec, kind: str) -> HandoverSpec | None:
    """The hand-over of a secret that is to be made, or a refusal that says what is missing."""
    problem = _handover_problem(spec, kind)
    if problem is not None:
        draft.refuse("handover", problem)
        return None
    return spec.handover_for(kind)


def _handover_problem(spec: UserSpec, kind: str) -> str | None:
    handover, what = spec.handover_for(kind), secret_words(kind)
    if handover is None:
        return f"its {what} has nowhere to go; give handover with seal_to (the owner's public keys) and store."
    problem = _format_problem(spec, handover, kind)
    if problem is not None:
        return problem
    if handover.store == "file" and spec.name in (".", ".."):
        return f"its {what} would leave the folder, by a name that files have a meaning for; choose another store."
    if not handover.address and handover.store != "result":
        option = "path" if handover.store == "file" else "name"
        return f"its {what} has no place in the store {handover.store}; give handover.{option}."
    unknown = [name for name in _PLACEHOLDER.findall(handover.address) if name not in _KNOWN_PLACEHOLDERS]
    if unknown:
        # Left as it stands it would be one place for everybody, where each run overwrites the one before.
        known = ", ".join(_KNOWN_PLACEHOLDERS)
        return f"its place {handover.address} has {unknown[0]}, which stands for nothing; use {known}."
    if handover.store in _NAME_PROBLEMS:
        # An account's id is always 12 digits.
        problem = _NAME_PROBLEMS[handover.store](handover.place("0" * 12, spec.name, kind).address)
        if problem is not None:
            return f"its {what} cannot be stored: {problem}."
    return None if handover.seal_to or handover.plaintext else _readable_problem(handover, what)


def _format_problem(spec: UserSpec, handover: HandoverSpec, kind: str) -> str | None:
    if kind == ACCESS_KEY and handover.format == "csv" and "," in spec.name:
        return "'aws configure import' splits a CSV at every comma, also the name's; give handover.format=json."
    if handover.format in _PICTURES and kind != MFA_SEED:
        return f"a picture holds an MFA seed only; give handover.format csv or json for its {secret_words(kind)}."
    if handover.format == "svg" and handover.store == "ssm_parameter":
        return "an SVG is too large for Parameter Store; give handover.format png (sealed), csv or json."
    if handover.format == "png" and handover.store != "file" and not handover.seal_to:
        return "a PNG is no text that this store takes; give handover.format=svg, or handover.seal_to."
    return None


def _readable_problem(handover: HandoverSpec, what: str) -> str | None:
    where = {"file": "lie readable in a file", "result": "stand readable in the result"}.get(handover.store)
    if where is None:
        return None
    return (
        f"its {what} would {where}; give handover.seal_to (the owner's public keys),"
        " or handover.plaintext=true if that is what you want."
    )


def together(threshold: int | None) -> str:
    """How whom a text is sealed to is told of."""
    return "sealed to " if threshold is None else f"sealed so that any {threshold} open it together, to "


def custody(handover: HandoverSpec) -> str:
    if handover.labels:
        return f"{together(handover.threshold)}{' and '.join(handover.labels)}"
    if handover.seal_to:  # refused below it: none of the keys can be used
        return "sealed to nobody yet"
    return _KEEPERS.get(handover.store, "in the clear")


def store(draft: Draft, account: Account, handover: HandoverSpec, user: str, kind: str, pending: bool = False) -> None:
    """The step that hands the text over; what the probe found there decides between a new one and a new version."""
    place = handover.place(account.id, user, kind)
    state = account.places.get(place, PlaceState())
    if state.problem:
        draft.refuse("store", state.problem)
    sign, why = ("~", "a text is there already") if state.exists else ("+", "")
    what, carried = secret_words(kind), _carried(kind, place)
    if handover.store == "result":
        lost = f"the {what} is only in this run's result; if the run is lost, run again with reissue=true."
        draft.find("result_store", WARN, lost)
        draft.step("handover:Return", {"Kind": kind}, f"+ {what} in the result", **carried)
    elif handover.store == "file":
        action = "handover:WritePending" if pending else "handover:WriteFile"
        draft.step(action, {"Path": place.address}, f"{sign} file {place.address}", why, **carried)
    elif handover.store == "ssm_parameter":
        name = place.address
        if pending and state.exists:
            name, sign, why = name + _PENDING, "+", "the text before stays until this one is in force"
        described = {} if state.exists else _described(handover, user, what)
        parameters = {**_parameter(handover, state, name), **described}
        draft.step("ssm:PutParameter", parameters, f"{sign} parameter {name}", why, **carried)
    elif state.exists:
        _warn_of_another_key(draft, handover, place, state)
        stages = {"VersionStages": ["AWSPENDING"]} if pending else {}
        parameters = {"SecretId": place.address, **stages}
        draft.step("secretsmanager:PutSecretValue", parameters, f"~ secret {place.address}", why, **carried)
    else:
        key = {"KmsKeyId": handover.kms_key_id} if handover.kms_key_id else {}
        parameters = {"Name": place.address, **key, **_described(handover, user, what)}
        draft.step("secretsmanager:CreateSecret", parameters, f"+ secret {place.address}", **carried)


def _carried(kind: str, place: Place) -> dict[str, Any]:
    return {"secret": kind, "place": place}


def _described(handover: HandoverSpec, user: str, what: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in handover.tags.items()]
    described = {"Description": f"{what} of the IAM user {user}, by keysmith.iam"}
    return {**described, "Tags": tags} if tags else described


def _parameter(handover: HandoverSpec, state: PlaceState, name: str) -> dict[str, Any]:
    """A version without KeyId would be encrypted by the account's default key, whatever the one before was
    (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html)."""
    key = handover.kms_key_id or state.kms_key
    parameters = {"Name": name, "Type": "SecureString", "Overwrite": state.exists}
    return {**parameters, "KeyId": key} if key else parameters


def _warn_of_another_key(draft: Draft, handover: HandoverSpec, place: Place, state: PlaceState) -> None:
    wanted, found = handover.kms_key_id, state.kms_key
    if wanted and found and _bare_key(wanted) != _bare_key(found):
        text = f"the secret {place.address} keeps its KMS key {found}; kms_key_id {wanted} is for a new secret only."
        draft.find("kms_key", WARN, text)


def _bare_key(key: str) -> str:
    """A key's id or its alias, also out of an ARN."""
    return key.rpartition(":")[2].removeprefix("key/")


def promote(draft: Draft, account: Account, handover: HandoverSpec, user: str, kind: str) -> None:
    """Puts a pending text in force, once the password it holds is."""
    place = handover.place(account.id, user, kind)
    state = account.places.get(place, PlaceState())
    carried = _carried(kind, place)
    if handover.store == "file":
        line = f"~ file {place.address}: the new text in force"
        draft.step("handover:Promote", {"Path": place.address}, line, **carried)
    elif handover.store == "secretsmanager":
        stage: Mapping[str, Any] = {"VersionStage": "AWSCURRENT", "MoveToVersionId": Later("{version_id}")}
        line = f"~ secret {place.address}: the new version in force"
        draft.step("secretsmanager:UpdateSecretVersionStage", {"SecretId": place.address, **stage}, line, **carried)
    elif handover.store == "ssm_parameter" and state.exists:
        line = f"~ parameter {place.address}: the new text in force"
        draft.step("ssm:PutParameter", _parameter(handover, state, place.address), line, **carried)
        pending = place.address + _PENDING
        # DeleteParameters does not mind one that is gone, so it can be repeated after a lost answer.
        draft.step("ssm:DeleteParameters", {"Names": [pending]}, f"- parameter {pending}", "its text is in force")
