# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans how a secret is handed over: is the hand-over usable, which step stores the text, how does it read."""

from __future__ import annotations

import re

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, PlaceState
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    HandoverSpec,
    UserSpec,
    secret_words,
)

_PLACEHOLDER = re.compile(r"{\w*}")
_KNOWN_PLACEHOLDERS = ("{account}", "{user}", "{kind}")


def usable_handover(draft: Draft, spec: UserSpec, kind: str) -> HandoverSpec | None:
    """The hand-over of a secret that is to be made, or a refusal that says what is missing."""
    problem = _handover_problem(spec, kind)
    if problem is not None:
        draft.refuse("handover", problem)
        return None
    return spec.handover


def _handover_problem(spec: UserSpec, kind: str) -> str | None:
    handover, what = spec.handover, secret_words(kind)
    if handover is None:
        return f"its {what} has nowhere to go; give handover with seal_to (the owner's public keys) and store."
    if kind == ACCESS_KEY and handover.format == "csv" and "," in spec.name:
        return "'aws configure import' splits a CSV at every comma, also the name's; give handover.format=json."
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
    if handover.store == "result" and not handover.seal_to:
        # A module cannot mask its own result, and job events are kept.
        return f"its {what} would stand readable in job events; give handover.seal_to (the owner's public keys)."
    if handover.store == "file" and not handover.seal_to and not handover.plaintext:
        return (
            f"its {what} would lie readable in a file; give handover.seal_to (the owner's public keys),"
            " or handover.plaintext=true if that is what you want."
        )
    return None


def custody(handover: HandoverSpec) -> str:
    if handover.labels:
        return f"sealed to {' and '.join(handover.labels)}"
    if handover.seal_to:  # refused below it: none of the keys can be used
        return "sealed to nobody yet"
    return "not sealed, kept by Secrets Manager" if handover.store == "secretsmanager" else "in the clear"


def store(draft: Draft, account: Account, handover: HandoverSpec, user: str, kind: str, pending: bool = False) -> None:
    """The step that hands the text over; what the probe found there decides between a new one and a new version."""
    place = handover.place(account.id, user, kind)
    state = account.places.get(place, PlaceState())
    if state.problem:
        draft.refuse("store", state.problem)
    sign, why = ("~", "a text is there already") if state.exists else ("+", "")
    if handover.store == "result":
        draft.find(
            "result_store",
            WARN,
            f"the {secret_words(kind)} is only in this run's result; if the run is lost, run again with reissue=true.",
        )
        draft.step("handover:Return", {"Kind": kind}, f"+ {secret_words(kind)} in the result", secret=kind, place=place)
    elif handover.store == "file":
        action = "handover:WritePending" if pending else "handover:WriteFile"
        draft.step(action, {"Path": place.address}, f"{sign} file {place.address}", why, secret=kind, place=place)
    elif state.exists:
        stages = {"VersionStages": ["AWSPENDING"]} if pending else {}
        parameters = {"SecretId": place.address, **stages}
        draft.step(
            "secretsmanager:PutSecretValue", parameters, f"~ secret {place.address}", why, secret=kind, place=place
        )
    else:
        parameters = {
            "Name": place.address,
            "Description": f"{secret_words(kind)} of the IAM user {user}, by keysmith.iam",
        }
        if handover.kms_key_id:
            parameters["KmsKeyId"] = handover.kms_key_id
        tags = [{"Key": key, "Value": value} for key, value in handover.tags.items()]
        more = {"Tags": tags} if tags else {}
        draft.step(
            "secretsmanager:CreateSecret", {**parameters, **more}, f"+ secret {place.address}", secret=kind, place=place
        )


def promote(draft: Draft, account: Account, handover: HandoverSpec, user: str, kind: str) -> None:
    """Puts a pending text in force, once the password it holds is."""
    place = handover.place(account.id, user, kind)
    if handover.store == "file":
        draft.step(
            "handover:Promote",
            {"Path": place.address},
            f"~ file {place.address}: the new text in force",
            secret=kind,
            place=place,
        )
    elif handover.store == "secretsmanager":
        parameters = {
            "SecretId": place.address,
            "VersionStage": "AWSCURRENT",
            "MoveToVersionId": Later("{version_id}"),
        }
        draft.step(
            "secretsmanager:UpdateSecretVersionStage",
            parameters,
            f"~ secret {place.address}: the new version in force",
            secret=kind,
            place=place,
        )
