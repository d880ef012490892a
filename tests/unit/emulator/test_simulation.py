# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SimulatePrincipalPolicy and SimulateCustomPolicy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

Decisions = dict[tuple[str, str], str]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def decisions(answer: dict[str, Any]) -> Decisions:
    return {
        (one["EvalActionName"], one["EvalResourceName"]): one["EvalDecision"] for one in answer["EvaluationResults"]
    }


def custom(iam: Any, policy: str, action: str, resource: str = "*", **more: Any) -> str:
    answer = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=[action], ResourceArns=[resource], **more)
    return str(answer["EvaluationResults"][0]["EvalDecision"])


def test_administrator_may_everything(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html."""
    arn = aws.client("sts").get_caller_identity()["Arn"]
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["iam:CreateUser", "s3:GetObject"])
    assert decisions(answer) == {("iam:CreateUser", "*"): "allowed", ("s3:GetObject", "*"): "allowed"}
    (matched,) = answer["EvaluationResults"][0]["MatchedStatements"]
    assert matched["SourcePolicyId"] == "AdministratorAccess"


def test_inline_attached_and_group_policies_add_up(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html."""
    alice = iam.create_user(UserName="alice", Path="/eng/")["User"]
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=document(allow("iam:Get*")))
    iam.put_group_policy(
        GroupName="Developers", PolicyName="team", PolicyDocument=document(allow("s3:*"), deny("s3:Delete*"))
    )
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess")
    actions = ["iam:GetUser", "iam:CreateUser", "s3:PutObject", "s3:DeleteObject", "ssm:GetParameter"]
    answer = iam.simulate_principal_policy(PolicySourceArn=alice["Arn"], ActionNames=actions)
    expected = ["allowed", "implicitDeny", "allowed", "explicitDeny", "allowed"]
    assert decisions(answer) == {(action, "*"): word for action, word in zip(actions, expected, strict=True)}


def test_boundary_limits(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html."""
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    alice = iam.create_user(UserName="alice", PermissionsBoundary=boundary)["User"]
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=document(allow("*")))
    answer = iam.simulate_principal_policy(PolicySourceArn=alice["Arn"], ActionNames=["s3:GetObject", "iam:GetUser"])
    assert decisions(answer) == {("s3:GetObject", "*"): "allowed", ("iam:GetUser", "*"): "implicitDeny"}
    detail = answer["EvaluationResults"][1]["PermissionsBoundaryDecisionDetail"]
    assert detail == {"AllowedByPermissionsBoundary": False}


@pytest.mark.parametrize(
    ("statement", "action", "resource", "expected"),
    [
        (allow("iam:*User"), "iam:CreateUser", "*", "allowed"),
        (allow("IAM:createuser"), "iam:CreateUser", "*", "allowed"),
        (allow("iam:CreateUse?"), "iam:CreateUser", "*", "allowed"),
        (allow(["iam:GetUser", "iam:GetGroup"]), "iam:CreateUser", "*", "implicitDeny"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "s3:GetObject", "*", "allowed"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam:GetUser", "*", "implicitDeny"),
        (allow("iam:*", "arn:aws:iam::*:user/eng/*"), "iam:GetUser", "arn:aws:iam::1:user/eng/a", "allowed"),
        (allow("iam:*", "arn:aws:iam::*:user/eng/*"), "iam:GetUser", "arn:aws:iam::1:user/a", "implicitDeny"),
        (allow("iam:*", "arn:aws:iam::*:user/eng/*"), "iam:GetUser", "*", "implicitDeny"),
        ({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::a"}, "s3:X", "arn:aws:s3:::b", "explicitDeny"),
    ],
)
def test_elements(iam: Any, statement: dict[str, Any], action: str, resource: str, expected: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html."""
    assert custom(iam, document(statement), action, resource) == expected


def context(key: str, value: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}


@pytest.mark.parametrize(
    ("condition", "entry", "expected"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ("aws:MultiFactorAuthPresent", "true"), "allowed"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ("aws:MultiFactorAuthPresent", "false"), "implicitDeny"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, None, "implicitDeny"),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, None, "allowed"),
        ({"Null": {"iam:PermissionsBoundary": "true"}}, None, "allowed"),
        ({"StringEquals": {"aws:RequestTag/team": ["a", "b"]}}, ("aws:RequestTag/team", "b"), "allowed"),
        ({"StringNotEquals": {"aws:RequestTag/team": ["a", "b"]}}, ("aws:RequestTag/team", "b"), "implicitDeny"),
        ({"StringLike": {"aws:RequestTag/team": "a*"}}, ("aws:RequestTag/team", "abc"), "allowed"),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "900"}}, ("aws:MultiFactorAuthAge", "60"), "allowed"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, ("aws:CurrentTime", "2025-12-31"), "allowed"),
    ],
)
def test_conditions(iam: Any, condition: dict[str, Any], entry: tuple[str, str] | None, expected: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html."""
    entries = [context(*entry)] if entry else []
    policy = document(allow("*", Condition=condition))
    assert custom(iam, policy, "iam:CreateUser", ContextEntries=entries) == expected


def test_missing_context_is_named(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html, MissingContextValues."""
    policy = document(allow("*", Condition={"StringEquals": {"iam:PermissionsBoundary": "x"}}))
    answer = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["iam:CreateUser"])
    assert answer["EvaluationResults"][0]["MissingContextValues"] == ["iam:PermissionsBoundary"]


def test_missing_context_is_named_under_the_resource_that_was_asked_about(iam: Any) -> None:
    """The same page: with ResourceArns, the keys are under ResourceSpecificResults instead."""
    policy = document(allow("*", Condition={"StringEquals": {"iam:PermissionsBoundary": "x"}}))
    (result,) = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=["iam:CreateUser"], ResourceArns=["arn:aws:iam::123456789012:user/a"]
    )["EvaluationResults"]
    assert result["MissingContextValues"] == []
    (of_resource,) = result["ResourceSpecificResults"]
    assert of_resource["EvalResourceDecision"] == "implicitDeny"
    assert of_resource["MissingContextValues"] == ["iam:PermissionsBoundary"]


def test_own_name_in_a_resource(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, aws:username."""
    alice = iam.create_user(UserName="alice")["User"]
    policy = document(allow("iam:ChangePassword", "arn:aws:iam::*:user/${aws:username}"))
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy)
    resources = [alice["Arn"], alice["Arn"].replace("alice", "bob")]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=alice["Arn"], ActionNames=["iam:ChangePassword"], ResourceArns=resources
    )
    assert list(decisions(answer).values()) == ["allowed", "implicitDeny"]


def test_results_come_in_pages_in_the_order_asked(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html, Marker."""
    aws.set_page_size(1)
    arn = iam.get_user()["User"]["Arn"]
    actions = ["s3:ListBucket", "iam:GetUser", "iam:CreateUser"]
    pages = iam.get_paginator("simulate_principal_policy").paginate(PolicySourceArn=arn, ActionNames=actions)
    assert [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]] == actions


def test_unknown_principals(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html#API_SimulatePrincipalPolicy_Errors."""
    call, actions = iam.simulate_principal_policy, ["iam:GetUser"]
    nobody = f"arn:aws:iam::{aws.account_id}:user/nobody"
    session = f"arn:aws:sts::{aws.account_id}:assumed-role/r/s"
    assert refused(call, PolicySourceArn=nobody, ActionNames=actions) == ("NoSuchEntity", 404)
    assert refused(call, PolicySourceArn=session, ActionNames=actions) == ("InvalidInput", 400)
