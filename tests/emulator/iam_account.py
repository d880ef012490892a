# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account as a whole: summary, alias, roles' list, GetAccountAuthorizationDetails."""

from __future__ import annotations

from typing import Any

from tests.emulator.iam_lookup import below_path, boundary_of, by_name
from tests.emulator.iam_policies import boundary_uses, encoded, is_aws, shown_policy
from tests.emulator.operations import Call, operation, paged, refusal
from tests.emulator.protocol import Parameters
from tests.emulator.state import Account


@operation("iam:GetAccountSummary")
def get_account_summary(call: Call) -> Parameters:
    account, backend = call.account, call.account.backend
    local = [policy for policy in backend.managed_policies.values() if not is_aws(policy)]
    in_use = [policy for policy in backend.managed_policies.values() if policy.attachment_count]
    counts = {
        "Users": len(backend.users),
        "Groups": len(backend.groups),
        "Roles": len(backend.roles),
        "Policies": len(local),
        "PolicyVersionsInUse": len(in_use),
        "InstanceProfiles": len(backend.instance_profiles),
        "ServerCertificates": len(backend.certificates),
        "Providers": len(backend.saml_providers) + len(backend.open_id_providers),
        "MFADevices": len(backend.virtual_mfa_devices),
        "MFADevicesInUse": sum(len(user.mfa_devices) for user in backend.users.values()),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 0,
        "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": 0,
        "GlobalEndpointTokenVersion": 1,
    }
    return {"SummaryMap": account.quotas | counts}


@operation("iam:CreateAccountAlias")
def create_account_alias(call: Call) -> Parameters:
    """A second alias overwrites the first, and nobody else in the partition has it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/console-account-alias.html
    """
    alias = call["AccountAlias"]
    same_partition = [one for one in call.world.accounts() if one.partition == call.account.partition]
    if any(alias in account.backend.account_aliases for account in same_partition):
        raise refusal("EntityAlreadyExists", f"The account alias {alias} already exists.")
    call.account.backend.account_aliases = [alias]
    return {}


@operation("iam:DeleteAccountAlias")
def delete_account_alias(call: Call) -> Parameters:
    if call["AccountAlias"] not in call.account.backend.account_aliases:
        raise refusal("NoSuchEntity", f"The account alias with name {call['AccountAlias']} cannot be found.")
    call.account.backend.account_aliases = []
    return {}


@operation("iam:ListAccountAliases")
def list_account_aliases(call: Call) -> Parameters:
    page, more = paged(call, call.account.backend.account_aliases, str)
    return {"AccountAliases": page, **more}


@operation("iam:ListRoles")
def list_roles(call: Call) -> Parameters:
    page, more = paged(call, below_path(call, call.account.backend.roles.values()), by_name)
    shown = [
        {
            **_named(role, "Role"),
            "AssumeRolePolicyDocument": encoded(role.assume_role_policy_document),
            "Description": role.description or None,
            "MaxSessionDuration": role.max_session_duration,
        }
        for role in page
    ]
    return {"Roles": shown, **more}


@operation("iam:GetAccountAuthorizationDetails")
def get_account_authorization_details(call: Call) -> Parameters:
    """Users, groups, roles and policies, in pages that may end anywhere among them.

    Of AWS's own policies only those in use are shown.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    page, more = paged(call, _entities(call), _entity_key)
    uses = boundary_uses(call.account) if any(kind.endswith("Policy") for kind, _ in page) else {}
    lists: dict[str, list[Parameters]] = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
    }
    for kind, entity in page:
        if kind.endswith("Policy"):
            lists["Policies"].append(_policy_detail(call.account, entity, uses))
        else:
            lists[f"{kind}DetailList"].append(_DETAILS[kind](entity))
    return {**lists, **more}


_ORDER = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")


def _entity_key(pair: tuple[str, Any]) -> str:
    return f"{_ORDER.index(pair[0])}{by_name(pair[1])}"


def _entities(call: Call) -> list[tuple[str, Any]]:
    backend = call.account.backend
    wanted = call.get("Filter") or _ORDER
    found: list[tuple[str, Any]] = []
    for kind, entities in (("User", backend.users), ("Group", backend.groups), ("Role", backend.roles)):
        if kind in wanted:
            found += [(kind, entity) for entity in entities.values()]
    if "LocalManagedPolicy" in wanted or "AWSManagedPolicy" in wanted:
        for policy in backend.managed_policies.values():
            kind = "AWSManagedPolicy" if is_aws(policy) else "LocalManagedPolicy"
            if kind in wanted and (kind == "LocalManagedPolicy" or policy.attachment_count):
                found.append((kind, policy))
    return found


def _named(entity: Any, kind: str) -> Parameters:
    return {
        "Path": entity.path,
        f"{kind}Name": entity.name,
        f"{kind}Id": entity.id,
        "Arn": entity.arn,
        "CreateDate": entity.create_date,
    }


def _policies_of(entity: Any, kind: str) -> Parameters:
    inline = [{"PolicyName": name, "PolicyDocument": encoded(text)} for name, text in entity.policies.items()]
    attached = [{"PolicyName": one.name, "PolicyArn": one.arn} for one in entity.managed_policies.values()]
    return {f"{kind}PolicyList": inline or None, "AttachedManagedPolicies": attached}


def _user_detail(user: Any) -> Parameters:
    return {
        **_named(user, "User"),
        **_policies_of(user, "User"),
        "GroupList": user.group_list,
        "PermissionsBoundary": boundary_of(user),
        "Tags": user.tags,
    }


def _group_detail(group: Any) -> Parameters:
    return {**_named(group, "Group"), **_policies_of(group, "Group")}


def _role_detail(role: Any) -> Parameters:
    return {
        **_named(role, "Role"),
        **_policies_of(role, "Role"),
        "AssumeRolePolicyDocument": encoded(role.assume_role_policy_document),
        "InstanceProfileList": [],
        "PermissionsBoundary": role.permissions_boundary,
        "Tags": [],
        "RoleLastUsed": {},
    }


_DETAILS = {"User": _user_detail, "Group": _group_detail, "Role": _role_detail}


def _policy_detail(account: Account, policy: Any, uses: dict[str, int]) -> Parameters:
    versions = [
        {
            "Document": encoded(one.document),
            "VersionId": one.version_id,
            "IsDefaultVersion": one.is_default,
            "CreateDate": one.create_date,
        }
        for one in policy.versions
    ]
    shown = shown_policy(account, policy)
    return {**shown, "PermissionsBoundaryUsageCount": uses.get(policy.arn, 0), "PolicyVersionList": versions}
