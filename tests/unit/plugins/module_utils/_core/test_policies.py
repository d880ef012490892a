# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy by which people look after their own credentials: what it opens, what it denies, and that it is found."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    allows,
    demands_mfa,
    require_mfa_document,
)

ID = "123456789012"
# IAM holds a group's inline policies to 5,120 characters in all, blanks not counted
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
INLINE_LIMIT = 5120
OWN = [f"arn:aws:iam::{ID}:user/jane.doe", f"arn:aws:iam::{ID}:user/staff/berlin/jane.doe"]


def is_met(condition: dict[str, dict[str, str]], mfa: bool | None) -> bool:
    """Bool, BoolIfExists and Null on aws:MultiFactorAuthPresent; None is the request of an access key, which lacks it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent)."""
    ((operator, keys),) = condition.items()
    assert list(keys) == ["aws:MultiFactorAuthPresent"]
    if operator == "Null":
        return (mfa is None) == (list(keys.values()) == ["true"])
    return operator == "BoolIfExists" if mfa is None else list(keys.values()) == [str(mfa).lower()]


def is_allowed(action: str, resource: str, mfa: bool | None, partition: str = "aws") -> bool:
    """What IAM decides for jane.doe by this document alone: an allow, and no deny."""
    allowed = denied = False
    for statement in require_mfa_document(partition, ID)["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        named = action in statement.get("Action", ()) or (
            "NotAction" in statement and action not in statement["NotAction"]
        )
        reached = any(fnmatch.fnmatchcase(resource, text.replace("${aws:username}", "jane.doe")) for text in resources)
        if not named or not reached:
            continue
        if statement["Effect"] == "Allow":
            allowed = True
        elif is_met(statement["Condition"], mfa):
            denied = True
    return allowed and not denied


DECISIONS = [
    pytest.param("iam:ChangePassword", False, True, id="the first password change, before there is a device"),
    pytest.param("iam:GetUser", False, True, id="to see oneself"),
    pytest.param("iam:EnableMFADevice", False, True, id="to enrol a device"),
    pytest.param("iam:EnableMFADevice", None, False, id="a stolen access key enrols no device"),
    pytest.param("iam:CreateAccessKey", False, False, id="no access key without MFA"),
    pytest.param("iam:CreateAccessKey", None, False, id="no access key by an access key"),
    pytest.param("iam:CreateAccessKey", True, True, id="an access key with MFA"),
    pytest.param("iam:DeactivateMFADevice", False, False, id="no device goes without MFA"),
    pytest.param("iam:DeactivateMFADevice", True, True, id="a device goes with MFA"),
    pytest.param("iam:AttachUserPolicy", True, False, id="no rights for oneself"),
    pytest.param("iam:UpdateLoginProfile", True, False, id="no way around the old password"),
]


@pytest.mark.parametrize("arn", OWN, ids=["without a path", "with a path"])
@pytest.mark.parametrize(("action", "mfa", "allowed"), DECISIONS)
def test_what_a_member_may_do_with_its_own_user(arn: str, action: str, mfa: bool | None, allowed: bool) -> None:
    assert is_allowed(action, arn, mfa) is allowed


def test_what_a_member_may_do_beside() -> None:
    assert not is_allowed("iam:CreateAccessKey", f"arn:aws:iam::{ID}:user/joe.bloggs", True)
    assert is_allowed("iam:CreateVirtualMFADevice", f"arn:aws:iam::{ID}:mfa/phone", False)
    assert is_allowed("iam:GetAccountPasswordPolicy", "*", False)
    assert not is_allowed("sts:AssumeRole", "*", False)


def test_it_holds_in_every_partition() -> None:
    gov = f"arn:aws-us-gov:iam::{ID}:user/staff/jane.doe"
    assert is_allowed("iam:CreateAccessKey", gov, True, "aws-us-gov")
    assert not is_allowed("iam:CreateAccessKey", gov, True, "aws")


def test_it_fits_into_a_group() -> None:
    text = str(require_mfa_document("aws-us-gov", ID))
    assert len("".join(text.split())) < INLINE_LIMIT


DENY: dict[str, Any] = {
    "Effect": "Deny",
    "NotAction": "iam:*",
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}
DOCUMENTS = [
    pytest.param([require_mfa_document("aws", ID)], True, id="ours"),
    pytest.param([{"Statement": DENY}], True, id="a lone statement"),
    pytest.param([{"Statement": [{"Effect": "Allow"}, DENY]}], True, id="among others"),
    pytest.param([{"Statement": []}, {"Statement": [DENY]}], True, id="in the second document"),
    pytest.param(
        [{"Statement": {**DENY, "Condition": {"NumericGreaterThan": {"AWS:MultiFactorAuthAge": "3600"}}}}],
        True,
        id="by the age of the MFA, in any case",
    ),
    pytest.param([], False, id="no document"),
    pytest.param([{}], False, id="an empty document"),
    pytest.param([{"Statement": ["nonsense"]}], False, id="a statement that is none"),
    pytest.param([{"Statement": {**DENY, "Effect": "Allow"}}], False, id="an allow"),
    pytest.param([{"Statement": {**DENY, "Condition": "x"}}], False, id="a condition that is none"),
    pytest.param([{"Statement": {"Effect": "Deny", "Action": "*"}}], False, id="a deny without condition"),
    pytest.param(
        [{"Statement": {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}], False, id="about TLS"
    ),
]


@pytest.mark.parametrize(("documents", "demanded"), DOCUMENTS)
def test_whether_mfa_is_demanded(documents: list[dict[str, Any]], demanded: bool) -> None:
    assert demands_mfa(documents) is demanded


def statement(effect: str, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Resource": "*", **more}


ALLOWS = [
    pytest.param([statement("Allow", Action="iam:ChangePassword")], True, id="by its name"),
    pytest.param([statement("Allow", Action=["s3:*", "IAM:change*"])], True, id="by a pattern in any case"),
    pytest.param([statement("Allow", NotAction="iam:Create*")], True, id="by what is not left out"),
    pytest.param([statement("Allow", NotAction="iam:*")], False, id="left out"),
    pytest.param([statement("Allow", Action="s3:*")], False, id="something else"),
    pytest.param([statement("Allow", Action="*"), statement("Deny", Action="iam:*")], False, id="denied"),
    pytest.param(
        [
            statement("Deny", Action="*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            statement("Allow", Action="*"),
        ],
        True,
        id="denied on a condition only",
    ),
]


@pytest.mark.parametrize(("statements", "expected"), ALLOWS)
def test_whether_a_policy_allows_an_action(statements: list[dict[str, Any]], expected: bool) -> None:
    assert allows({"Statement": statements}, "iam:ChangePassword") is expected
