# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed policies, and policies on users and groups, attached and inline."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from moto.iam.exceptions import IAMException
from moto.iam.models import AWSManagedPolicy

from tests.emulator.iam_lookup import below_path, by_name, check_quota, group_named, policy_at, user_named
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.state import CLOCK, Account, new_id


@operation("iam:CreatePolicy")
def create_policy(call: Call) -> Parameters:
    local = [policy for policy in call.account.backend.managed_policies.values() if not is_aws(policy)]
    if any(policy.name.lower() == call["PolicyName"].lower() for policy in local):
        raise refusal(
            "EntityAlreadyExists",
            f"A policy called {call['PolicyName']} already exists. Duplicate names are not allowed.",
        )
    check_quota(call, "PoliciesQuota", len(local))
    _check_size(call, "PolicySizeQuota", call["PolicyDocument"])
    try:
        policy = call.account.backend.create_policy(
            call.get("Description", ""),
            call.get("Path", "/"),
            call["PolicyDocument"],
            call["PolicyName"],
            call.get("Tags", []),
        )
    except IAMException as refused:
        raise AwsError(refused.code, refused.message) from None
    policy.id = new_id("ANPA", 21)
    return {"Policy": {**shown_policy(call.account, policy), "Tags": policy.get_tags() or None}}


@operation("iam:GetPolicy")
def get_policy(call: Call) -> Parameters:
    policy = policy_at(call.account, call["PolicyArn"])
    shown = shown_policy(call.account, policy)
    return {"Policy": {**shown, "Description": policy.description or None, "Tags": policy.get_tags() or None}}


@operation("iam:ListPolicies")
def list_policies(call: Call) -> Parameters:
    """Without tags and description: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html."""
    policies = below_path(call, call.account.backend.managed_policies.values())
    if call.get("Scope") in ("AWS", "Local"):
        policies = [policy for policy in policies if is_aws(policy) == (call["Scope"] == "AWS")]
    bounding = boundary_uses(call.account)
    usage = call.get("PolicyUsageFilter")
    if call.get("OnlyAttached") or usage == "PermissionsPolicy":
        policies = [policy for policy in policies if policy.attachment_count]
    elif usage == "PermissionsBoundary":
        policies = [policy for policy in policies if policy.arn in bounding]
    page, more = paged(call, policies, by_name)
    return {"Policies": [shown_policy(call.account, policy) for policy in page], **more}


@operation("iam:DeletePolicy")
def delete_policy(call: Call) -> Parameters:
    policy = policy_at(call.account, call["PolicyArn"])
    if is_aws(policy):
        # That it cannot be done is documented, the code is not.
        raise AwsError("AccessDenied", "The policy belongs to AWS.", 403)
    if policy.attachment_count or policy.arn in boundary_uses(call.account):
        raise refusal("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise refusal(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy.",
        )
    del call.account.backend.managed_policies[policy.arn]
    return {}


@operation("iam:ListPolicyVersions")
def list_policy_versions(call: Call) -> Parameters:
    versions = policy_at(call.account, call["PolicyArn"]).versions
    page, more = paged(call, versions, lambda version: f"{int(version.version_id[1:]):09d}")
    shown = [
        {"VersionId": one.version_id, "IsDefaultVersion": one.is_default, "CreateDate": one.create_date} for one in page
    ]
    return {"Versions": shown, **more}


@operation("iam:CreatePolicyVersion")
def create_policy_version(call: Call) -> Parameters:
    """moto leaves the policy's UpdateDate as it was, which is the date of the newest version:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html."""
    policy = policy_at(call.account, call["PolicyArn"])
    if is_aws(policy):
        raise AwsError("AccessDenied", "The policy belongs to AWS.", 403)
    _check_size(call, "PolicySizeQuota", call["PolicyDocument"])
    try:
        version = call.account.backend.create_policy_version(
            policy.arn, call["PolicyDocument"], bool(call.get("SetAsDefault"))
        )
    except IAMException as refused:
        raise AwsError(refused.code, refused.message) from None
    version.create_date = policy.update_date = CLOCK.naive()
    shown = {"VersionId": version.version_id, "IsDefaultVersion": version.is_default}
    return {"PolicyVersion": {**shown, "CreateDate": version.create_date}}


@operation("iam:ListEntitiesForPolicy")
def list_entities_for_policy(call: Call) -> Parameters:
    policy, backend = policy_at(call.account, call["PolicyArn"]), call.account.backend
    wanted = call.get("EntityFilter")
    found: list[tuple[str, Any]] = []
    for kind, entities in (("User", backend.users), ("Group", backend.groups), ("Role", backend.roles)):
        if wanted in (None, kind):
            found += [(kind, entity) for entity in entities.values() if _uses(call, entity, policy.arn)]
    page, more = paged(call, found, lambda pair: f"{pair[0]} {by_name(pair[1])}")
    shown: dict[str, list[Parameters]] = {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": []}
    for kind, entity in page:
        shown[f"Policy{kind}s"].append({f"{kind}Name": entity.name, f"{kind}Id": entity.id})
    return {**shown, **more}


def _uses(call: Call, entity: Any, arn: str) -> bool:
    attached = arn in entity.managed_policies
    bounding = _boundary(entity) == arn
    usage = call.get("PolicyUsageFilter")
    return (attached and usage != "PermissionsBoundary") or (bounding and usage != "PermissionsPolicy")


def _boundary(entity: Any) -> str | None:
    # Users are ours; moto's roles keep the ARN under its own name.
    return getattr(entity, "boundary", None) or getattr(entity, "permissions_boundary_arn", None)


def boundary_uses(account: Account) -> dict[str, int]:
    """ARN -> how many users and roles it bounds."""
    uses: dict[str, int] = {}
    for entity in (*account.backend.users.values(), *account.backend.roles.values()):
        arn = _boundary(entity)
        if arn:
            uses[arn] = uses.get(arn, 0) + 1
    return uses


def is_aws(policy: Any) -> bool:
    return isinstance(policy, AWSManagedPolicy)


def shown_policy(account: Account, policy: Any) -> Parameters:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": 0 if is_aws(policy) else boundary_uses(account).get(policy.arn, 0),
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
    }


def encoded(document: str) -> str:
    """RFC 3986 percent-encoding, in which IAM returns every policy document."""
    return quote(document, safe="-_.~")


def _check_size(call: Call, quota: str, *documents: str) -> None:
    """IAM does not count white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    limit = call.account.quotas[quota]
    if sum(len("".join(document.split())) for document in documents) > limit:
        raise refusal("LimitExceeded", f"Maximum policy size of {limit} bytes exceeded")


def _check_document(document: str) -> None:
    """What moto's validator would refuse of an inline policy, as AWS refuses it."""
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    try:
        IAMPolicyDocumentValidator(document).validate()
    except IAMException as refused:
        raise AwsError(refused.code, refused.message) from None


def _attach(call: Call, holder: Any, quota: str) -> Parameters:
    policy = policy_at(call.account, call["PolicyArn"], "Policy {arn} does not exist or is not attachable.")
    if policy.arn not in holder.managed_policies:
        check_quota(call, quota, len(holder.managed_policies))
        policy.attach_to(holder)
    return {}


def _detach(call: Call, holder: Any) -> Parameters:
    if call["PolicyArn"] not in holder.managed_policies:
        raise refusal("NoSuchEntity", f"Policy {call['PolicyArn']} was not found.")
    holder.managed_policies[call["PolicyArn"]].detach_from(holder)
    return {}


def _list_attached(call: Call, holder: Any) -> Parameters:
    page, more = paged(call, below_path(call, holder.managed_policies.values()), by_name)
    return {"AttachedPolicies": [{"PolicyName": one.name, "PolicyArn": one.arn} for one in page], **more}


def _put_inline(call: Call, holder: Any, quota: str) -> Parameters:
    _check_document(call["PolicyDocument"])
    others = [text for name, text in holder.policies.items() if name != call["PolicyName"]]
    _check_size(call, quota, call["PolicyDocument"], *others)
    holder.policies[call["PolicyName"]] = call["PolicyDocument"]
    return {}


def _inline(call: Call, holder: Any, kind: str) -> str:
    if call["PolicyName"] not in holder.policies:
        raise refusal("NoSuchEntity", f"The {kind} policy with name {call['PolicyName']} cannot be found.")
    return str(holder.policies[call["PolicyName"]])


def _list_inline(call: Call, holder: Any) -> Parameters:
    page, more = paged(call, list(holder.policies), str.lower)
    return {"PolicyNames": page, **more}


def _register(kind: str, find: Any) -> None:
    """The eight operations that users and groups share."""
    attached_quota, size_quota = f"AttachedPoliciesPer{kind}Quota", f"{kind}PolicySizeQuota"
    holder_name = f"{kind}Name"

    def get_inline(call: Call) -> Parameters:
        holder = find(call)
        document = encoded(_inline(call, holder, kind.lower()))
        return {holder_name: holder.name, "PolicyName": call["PolicyName"], "PolicyDocument": document}

    def delete_inline(call: Call) -> Parameters:
        holder = find(call)
        _inline(call, holder, kind.lower())
        del holder.policies[call["PolicyName"]]
        return {}

    operation(f"iam:Attach{kind}Policy")(lambda call: _attach(call, find(call), attached_quota))
    operation(f"iam:Detach{kind}Policy")(lambda call: _detach(call, find(call)))
    operation(f"iam:ListAttached{kind}Policies")(lambda call: _list_attached(call, find(call)))
    operation(f"iam:Put{kind}Policy")(lambda call: _put_inline(call, find(call), size_quota))
    operation(f"iam:Get{kind}Policy")(get_inline)
    operation(f"iam:Delete{kind}Policy")(delete_inline)
    operation(f"iam:List{kind}Policies")(lambda call: _list_inline(call, find(call)))


_register("User", user_named)
_register("Group", group_named)


def documents_of(holder: Any) -> list[tuple[str, str, Any]]:
    """(policy id, kind, parsed document) of everything attached to or inline in a user, group or role."""
    inline = [(name, "user" if hasattr(holder, "login") else "group", text) for name, text in holder.policies.items()]
    attached = [
        (policy.name, "aws-managed" if is_aws(policy) else "user-managed", default_document(policy))
        for policy in holder.managed_policies.values()
    ]
    return [(name, kind, json.loads(text)) for name, kind, text in inline + attached]


def default_document(policy: Any) -> str:
    """The text of the version in force."""
    return next(str(one.document) for one in policy.versions if one.version_id == policy.default_version_id)
