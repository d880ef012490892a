# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies of our own: people look after their credentials and can do nothing else without MFA; emergency users can do
nothing at all without it; sessions that have begun are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

REQUIRE_MFA_POLICY = "keysmith-self-manage-and-require-mfa"
DEMAND_MFA_POLICY = "keysmith-demand-mfa"
SESSIONS_REVOKED_POLICY = "keysmith-sessions-revoked"

# What is open without MFA: enrolling a device, and the first password change, which AWS demands before there is one
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html).
_WITHOUT_MFA = (
    "iam:ChangePassword",
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetAccountPasswordPolicy",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
)

_OWN_CREDENTIALS = (
    "iam:ChangePassword",
    "iam:GetUser",
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
    "iam:DeleteSSHPublicKey",
    "iam:GetSSHPublicKey",
    "iam:ListSSHPublicKeys",
    "iam:UpdateSSHPublicKey",
    "iam:UploadSSHPublicKey",
    "iam:DeactivateMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
)


def require_mfa_document(partition: str, account_id: str) -> dict[str, object]:
    """The policy document for this account. Its resources name the user with and without a path, in this partition."""
    own = [f"arn:{partition}:iam::{account_id}:user/{path}${{aws:username}}" for path in ("", "*/")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ViewAccountRules",
                "Effect": "Allow",
                "Action": ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"],
                "Resource": "*",
            },
            {"Sid": "ManageOwnCredentials", "Effect": "Allow", "Action": list(_OWN_CREDENTIALS), "Resource": own},
            {
                "Sid": "CreateOwnVirtualMFADevice",
                "Effect": "Allow",
                "Action": ["iam:CreateVirtualMFADevice"],
                "Resource": f"arn:{partition}:iam::{account_id}:mfa/*",
            },
            {
                "Sid": "DenyTheRestWithoutMFA",
                "Effect": "Deny",
                "NotAction": list(_WITHOUT_MFA),
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
            {
                # A request by a long-term access key has no such context key at all, one from the console always has:
                # whoever steals a key must not be able to enrol a device of their own by it.
                "Sid": "DenyEnrolmentByAccessKey",
                "Effect": "Deny",
                "Action": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice"],
                "Resource": "*",
                "Condition": {"Null": {"aws:MultiFactorAuthPresent": "true"}},
            },
        ],
    }


def demand_mfa_document() -> dict[str, object]:
    """The policy by which an emergency user can do nothing without MFA. Its device is enrolled for it and its password
    needs no change, so nothing has to be open; a request by an access key is denied as well."""
    deny = {"Sid": "DenyAllWithoutMFA", "Effect": "Deny", "Action": "*", "Resource": "*"}
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    return {"Version": "2012-10-17", "Statement": [{**deny, "Condition": condition}]}


def sessions_revoked_document(moment: str) -> dict[str, object]:
    """The policy by which temporary credentials issued before ``moment`` (ISO 8601, UTC) are good for nothing, as the
    console's button for roles writes it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html)."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": moment}}
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allows(document: Mapping[str, object], action: str) -> bool:
    """Whether a policy allows this action on something and denies it nowhere without a condition."""
    allowed = False
    for statement in _statements(document):
        if _names_action(statement, action):
            if statement.get("Effect") == "Deny" and not statement.get("Condition"):
                return False
            allowed = allowed or statement.get("Effect") == "Allow"
    return allowed


def _names_action(statement: Mapping[str, object], action: str) -> bool:
    """Actions match without regard to case, with * and ?
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html)."""
    key = "Action" if "Action" in statement else "NotAction"
    patterns = statement.get(key, [])
    named = any(
        fnmatchcase(action.casefold(), str(pattern).casefold())
        for pattern in (patterns if isinstance(patterns, list) else [patterns])
    )
    return named if key == "Action" else not named


def demands_mfa(documents: Iterable[Mapping[str, object]]) -> bool:
    """Whether one of these policies denies something to who signed in without MFA."""
    return any(_denies_without_mfa(statement) for document in documents for statement in _statements(document))


def _statements(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = document.get("Statement", [])
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, Mapping)]


def _denies_without_mfa(statement: Mapping[str, object]) -> bool:
    condition = statement.get("Condition")
    if statement.get("Effect") != "Deny" or not isinstance(condition, Mapping):
        return False
    return "aws:multifactorauth" in str(condition).casefold()
