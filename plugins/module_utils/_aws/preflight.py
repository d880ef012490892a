# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What onboarding asks before it starts: is there a better place for people, and may the caller do all this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Account, Unread
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, WARN, Finding, Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import RosterSpec

# IAM Identity Center makes its roles here in every account that people reach through it
# (https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html).
_IDENTITY_CENTER_PATH = "/aws-reserved/sso.amazonaws.com/"
_PERMISSIONS = "permissions"


def advise(gateway: Gateway, account: Account, roster: RosterSpec, plan: Plan) -> Account:
    """Adds what the guards look at and no change needs: Identity Center, and the documents of the customer policies
    that the people's groups will have. What may not be read is left unread: guards warn, they do not guess."""
    people = [spec for spec in roster.users if spec.use_case == "human" and spec.state == "present"]
    if not people:
        return account
    try:
        roles = gateway.read("iam:ListRoles", PathPrefix=_IDENTITY_CENTER_PATH, MaxItems=1)
        account = replace(account, identity_center=bool(roles["Roles"]))
    except AwsError:
        account = replace(account, identity_center=UNREAD)
    after = simulate(account, plan.steps)
    attached = dict.fromkeys(arn for spec in people for arn in _customer_policies(after, spec.name))
    documents = {arn: found for arn in attached if (found := _document(gateway, arn)) is not None}
    return replace(account, policy_documents={**account.policy_documents, **documents})


def _customer_policies(account: Account, user: str) -> Iterator[str]:
    """The ARNs of the customer policies of the groups that the user is in."""
    found = account.user(user)
    names = () if found is None or isinstance(found.groups, Unread) else found.groups
    for group in filter(None, map(account.group, names)):
        policies = () if isinstance(group.managed_policies, Unread) else group.managed_policies
        yield from (arn for arn in policies if ":iam::aws:" not in arn)


def _document(gateway: Gateway, arn: str) -> Mapping[str, object] | None:
    try:
        version = gateway.read("iam:GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = gateway.read("iam:GetPolicyVersion", PolicyArn=arn, VersionId=version)
    except AwsError:
        return None
    document: Mapping[str, object] = answer["PolicyVersion"]["Document"]
    return document


def check_permissions(gateway: Gateway, account: Account, plan: Plan) -> list[Finding]:
    """What the caller may not do of this plan, by SimulatePrincipalPolicy on one resource of each kind and path. Where
    the simulation is not allowed, or the caller is root, nothing is said; the run will tell."""
    try:
        principal = _principal(gateway, account.caller_arn)
        wanted = _wanted(account, plan)
        if principal is None:
            return []
        return [
            finding
            for resource, actions in wanted.items()
            for page in gateway.pages(
                "iam:SimulatePrincipalPolicy",
                PolicySourceArn=principal,
                ActionNames=sorted(actions),
                ResourceArns=[resource],
            )
            for finding in _denied(principal, page["EvaluationResults"])
        ]
    except AwsError:
        return []


def _principal(gateway: Gateway, arn: str) -> str | None:
    """The IAM user or role behind the caller's ARN. A session's ARN lacks its role's path, so the role is asked for."""
    resource = arn.split(":", 5)[5]
    if resource.startswith("user/"):
        return arn
    if not resource.startswith("assumed-role/"):
        return None
    role: str = gateway.read("iam:GetRole", RoleName=resource.split("/")[1])["Role"]["Arn"]
    return role


def _wanted(account: Account, plan: Plan) -> dict[str, set[str]]:
    """The plan's IAM actions by a resource that stands for its kind and path: for each action the first that it is
    about, since the caller may be allowed it for some names only."""
    first: dict[tuple[str, str, str], str] = {}
    for step in plan.steps:
        if step.service != "iam":
            continue
        kind, path, name = _resource(account, step)
        for action in _needed(step):
            first.setdefault((action, kind, path), account.arn(kind, path, name))
    wanted: dict[str, set[str]] = {}
    for (action, _kind, _path), arn in first.items():
        wanted.setdefault(arn, set()).add(action)
    return wanted


def _needed(step: Step) -> tuple[str, ...]:
    """What the caller has to be allowed for a step. Tags at creation take the right to tag as well
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html)."""
    tags_too = step.action == "iam:CreateUser" and "Tags" in step.parameters
    return (step.action, "iam:TagUser") if tags_too else (step.action,)


def _resource(account: Account, step: Step) -> tuple[str, str, str]:
    """The kind, path and name of what an IAM action is about. Membership is a matter of the group
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)."""
    if "GroupName" in step.parameters:
        name = step.parameters["GroupName"]
        group = account.group(name)
        return "group", step.parameters.get("Path") or (group.path if group else "/"), name
    if "VirtualMFADeviceName" in step.parameters:
        return "mfa", "/", step.parameters["VirtualMFADeviceName"]
    if step.action == "iam:DeleteVirtualMFADevice":
        return "mfa", "/", step.parameters["SerialNumber"].rpartition("/")[2]
    name = step.parameters.get("UserName", "*")
    user = account.user(name)
    return "user", step.parameters.get("Path") or (user.path if user else "/"), name


def _denied(principal: str, results: list[Mapping[str, Any]]) -> Iterator[Finding]:
    for result in results:
        if result["EvalDecision"] == "allowed":
            continue
        action = result["EvalActionName"]
        if _hangs_on_the_call(result):
            text = f"whether {principal} may {action} depends on conditions that only the call itself shows."
            yield Finding(_PERMISSIONS, WARN, "caller", text)
        else:
            text = f"{principal} may not {action}; allow it, or let somebody run this who may."
            yield Finding(_PERMISSIONS, REFUSE, "caller", text)


def _hangs_on_the_call(result: Mapping[str, Any]) -> bool:
    """Whether a condition may decide otherwise once the call is made. Asked about a resource, AWS names the keys that
    it misses under that resource; those of service control policies it names nowhere
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html)."""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return True
    return any(part.get("MissingContextValues") for part in (result, *result.get("ResourceSpecificResults", ())))
