# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SimulatePrincipalPolicy and SimulateCustomPolicy.

The decision follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html for
identity policies and the boundary of one account: explicit deny, then allow, else implicit deny.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.emulator.conditions import Context, holds
from tests.emulator.iam_policies import default_document, documents_of
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters

Policy = tuple[str, str, Any]


@dataclass
class Decision:
    """What the policies say of one action on one resource. `matched` are (policy id, kind) of deciding statements."""

    word: str = "implicitDeny"
    matched: list[tuple[str, str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


@operation("iam:SimulatePrincipalPolicy")
def simulate_principal_policy(call: Call) -> Parameters:
    principal = _principal(call, call["PolicySourceArn"])
    policies = documents_of(principal) + _given(call, "PolicyInputList")
    for group in getattr(principal, "groups", []):
        policies += documents_of(group)
    boundaries = _given(call, "PermissionsBoundaryPolicyInputList")
    boundary = getattr(principal, "boundary", None)
    if boundary and not boundaries:
        policy = call.account.backend.managed_policies[boundary]
        boundaries = [(policy.name, "user-managed", json.loads(default_document(policy)))]
    return _simulated(call, policies, boundaries, _context(call, principal))


@operation("iam:SimulateCustomPolicy")
def simulate_custom_policy(call: Call) -> Parameters:
    boundaries = _given(call, "PermissionsBoundaryPolicyInputList")
    return _simulated(call, _given(call, "PolicyInputList"), boundaries, _context(call, None))


def _principal(call: Call, arn: str) -> Any:
    backend = call.account.backend
    kind = arn.rpartition(":")[2].partition("/")[0]
    holders: Any = {"user": backend.users, "group": backend.groups, "role": backend.roles}.get(kind)
    if holders is None:
        raise refusal("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    for holder in holders.values():
        if holder.arn == arn:
            return holder
    raise refusal("NoSuchEntity", f"The {kind} with ARN {arn} cannot be found.")


def _given(call: Call, parameter: str) -> list[Policy]:
    found = []
    for number, text in enumerate(call.get(parameter, []), start=1):
        try:
            found.append((f"{parameter}.{number}", "none", json.loads(text)))
        except ValueError:
            raise refusal("InvalidInput", f"Policy {number} of {parameter} is not valid JSON") from None
    return found


def _context(call: Call, principal: Any) -> Context:
    context: Context = {
        entry["ContextKeyName"].lower(): entry.get("ContextKeyValues", []) for entry in call.get("ContextEntries", [])
    }
    if hasattr(principal, "login"):
        context.setdefault("aws:username", [principal.name])
    return context


def _simulated(call: Call, policies: list[Policy], boundaries: list[Policy], context: Context) -> Parameters:
    pairs = [(action, arn) for action in call["ActionNames"] for arn in call.get("ResourceArns") or ["*"]]
    numbered = [(f"{number:06d}", pair) for number, pair in enumerate(pairs)]
    page, more = paged(call, numbered, lambda item: item[0])
    results = []
    for _, (action, arn) in page:
        decision = decide(policies, action, arn, context)
        result: Parameters = {"EvalActionName": action, "EvalResourceName": arn}
        if boundaries:
            bounded = decide(boundaries, action, arn, context)
            allowed = bounded.word == "allowed"
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
            if not allowed and decision.word != "explicitDeny":
                decision = bounded
        matched = [{"SourcePolicyId": name, "SourcePolicyType": kind} for name, kind in decision.matched]
        result |= {"EvalDecision": decision.word, "MatchedStatements": matched}
        missing: Parameters = {"MissingContextValues": sorted(decision.missing)}
        if call.get("ResourceArns"):
            of_resource = {"EvalResourceName": arn, "EvalResourceDecision": decision.word, **missing}
            result |= {"MissingContextValues": [], "ResourceSpecificResults": [of_resource]}
        results.append(missing | result)
    return {"EvaluationResults": results, **more}


def decide(policies: list[Policy], action: str, resource: str, context: Context) -> Decision:
    """The decision of a set of policies together, with the keys their conditions lack."""
    decision = Decision()
    allows: list[tuple[str, str]] = []
    denies: list[tuple[str, str]] = []
    for name, kind, document in policies:
        for statement in _listed(document["Statement"]):
            if not _covers(statement, action, resource, context):
                continue
            if not holds(statement.get("Condition", {}), context, decision.missing):
                continue
            (allows if statement["Effect"] == "Allow" else denies).append((name, kind))
    if denies:
        decision.word, decision.matched = "explicitDeny", denies
    elif allows:
        decision.word, decision.matched = "allowed", allows
    return decision


def _covers(statement: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    if "Action" in statement:
        if not any(_like(pattern, action) for pattern in _listed(statement["Action"])):
            return False
    elif any(_like(pattern, action) for pattern in _listed(statement["NotAction"])):
        return False
    if "Resource" in statement:
        return any(_matches(pattern, resource, context) for pattern in _listed(statement["Resource"]))
    return not any(_matches(pattern, resource, context) for pattern in _listed(statement["NotResource"]))


def _matches(pattern: str, resource: str, context: Context) -> bool:
    def value(variable: re.Match[str]) -> str:
        values = context.get(variable.group(1).lower())
        return values[0] if values else variable.group(0)

    return bool(_glob(re.sub(r"\$\{([^}]+)\}", value, pattern)).fullmatch(resource))


def _like(pattern: str, action: str) -> bool:
    return bool(_glob(pattern.lower()).fullmatch(action.lower()))


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
