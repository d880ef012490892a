# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What onboarding asks before it starts: may the caller do all this, is there a better place for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe, preflight
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Account
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, WARN, Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, RosterSpec, UserSpec

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROSTER = RosterSpec(
    groups=(GroupSpec("Staff"),),
    users=(
        UserSpec("jane", use_case="human", groups=("Staff",)),
        UserSpec("erp", use_case="workload", path="/robots/"),
    ),
    onboarding=True,
)


def planned(gateway: Gateway) -> tuple[Account, Plan]:
    caller = observe.identify(gateway)
    account = observe.observe(gateway, caller, ROSTER, threads=2)
    return account, plan_roster(account, ROSTER, caller.now)


def as_helper(way: Way, iam: Any, *actions: str, more: tuple[dict[str, Any], ...] = ()) -> Gateway:
    """A gateway of a caller who may read everything, do these actions, and what the statements ``more`` say."""
    allowed = ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "sts:*", *actions]
    statements = [{"Effect": "Allow", "Action": allowed, "Resource": "*"}, *more]
    document = {"Version": "2012-10-17", "Statement": statements}
    iam.create_user(UserName="helper")
    iam.put_user_policy(UserName="helper", PolicyName="may", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="helper")["AccessKey"]
    way.aws.clear_log()

    def connect(service: str, config: Any, write: bool) -> Any:
        ids = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return way.aws.client(service, config=config, **ids)

    return Gateway(connect, sleep=way.pauses.append)


def test_each_action_that_is_not_allowed_is_named(way: Way, iam: Any) -> None:
    gateway = as_helper(way, iam, "iam:CreateGroup", "iam:CreateUser", "iam:TagUser")
    found = preflight.check_permissions(gateway, *planned(gateway))
    assert [(finding.level, finding.text) for finding in found] == [
        (
            REFUSE,
            "arn:aws:iam::123456789012:user/helper may not iam:AddUserToGroup; allow it, or let somebody run this who"
            " may.",
        )
    ]


def test_who_may_do_all_is_told_nothing(way: Way, iam: Any) -> None:
    gateway = as_helper(way, iam, "iam:*")
    assert preflight.check_permissions(gateway, *planned(gateway)) == []
    assert len(way.calls("iam:SimulatePrincipalPolicy")) == 3  # a group, and users of two paths


def test_a_condition_that_only_the_call_answers_is_no_refusal(way: Way, iam: Any) -> None:
    boundary = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/Limit"}}
    bounded = {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*", "Condition": boundary}
    gateway = as_helper(way, iam, "iam:CreateGroup", "iam:AddUserToGroup", "iam:TagUser", more=(bounded,))
    found = preflight.check_permissions(gateway, *planned(gateway))
    assert {finding.level for finding in found} == {WARN}
    assert "iam:CreateUser depends on conditions" in found[0].text


@pytest.mark.parametrize(("by_organization", "level"), [(False, WARN), (True, REFUSE)])
def test_a_service_control_policy_may_have_conditions_that_aws_does_not_name(by_organization: bool, level: str) -> None:
    def connect(service: str, config: Any, write: bool) -> Any:
        def simulate_principal_policy(**parameters: Any) -> dict[str, Any]:
            told = {"EvalDecision": "explicitDeny", "MissingContextValues": []}
            told |= {"OrganizationsDecisionDetail": {"AllowedByOrganizations": by_organization}}
            return {"EvaluationResults": [{"EvalActionName": name, **told} for name in parameters["ActionNames"]]}

        return SimpleNamespace(simulate_principal_policy=simulate_principal_policy)

    account = Account("123456789012", caller_arn="arn:aws:iam::123456789012:user/helper")
    plan = plan_roster(account, ROSTER, NOW)
    found = preflight.check_permissions(Gateway(connect), account, plan)
    assert {finding.level for finding in found} == {level}


def test_an_action_is_asked_about_a_user_that_it_is_about(way: Way, iam: Any) -> None:
    """Who may make keys for some users of a path is not refused because of another user, who gets none."""
    keys = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/export"}
    gateway = as_helper(way, iam, "iam:CreateUser", more=(keys,))
    account = Account("123456789012", caller_arn="arn:aws:iam::123456789012:user/helper")
    steps = (
        Step("iam:CreateUser", {"UserName": "ann"}, "user ann", "+ user ann"),
        Step("iam:CreateAccessKey", {"UserName": "export"}, "user export", "+ access key"),
    )
    assert preflight.check_permissions(gateway, account, Plan(steps)) == []


def test_tags_at_creation_take_the_right_to_tag(way: Way, iam: Any) -> None:
    gateway = as_helper(way, iam, "iam:CreateGroup", "iam:CreateUser", "iam:AddUserToGroup")
    found = preflight.check_permissions(gateway, *planned(gateway))
    assert {finding.text.split(" may not ")[1].split(";")[0] for finding in found} == {"iam:TagUser"}


def test_pages_of_a_simulation_are_all_read(way: Way, iam: Any) -> None:
    gateway = as_helper(way, iam)
    way.aws.set_page_size(1)
    found = preflight.check_permissions(gateway, *planned(gateway))
    denied = {finding.text.split(" may not ")[1].split(";")[0] for finding in found}
    assert denied == {"iam:CreateGroup", "iam:AddUserToGroup", "iam:CreateUser", "iam:TagUser"}


@pytest.mark.parametrize("kind", ["denied", "unavailable"])
def test_a_simulation_that_is_not_allowed_says_nothing(way: Way, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_args: 0)
    way.aws.fault(action="iam:SimulatePrincipalPolicy", kind=kind, times=0)
    assert preflight.check_permissions(way.gateway, *planned(way.gateway)) == []


def test_identity_center_shows_by_its_roles(way: Way, iam: Any) -> None:
    account, plan = planned(way.gateway)
    assert preflight.advise(way.gateway, account, ROSTER, plan).identity_center is False
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    path = "/aws-reserved/sso.amazonaws.com/eu-central-1/"
    iam.create_role(RoleName="AWSReservedSSO_x", Path=path, AssumeRolePolicyDocument=json.dumps(trust))
    assert preflight.advise(way.gateway, account, ROSTER, plan).identity_center is True
    way.aws.fault(action="iam:ListRoles", kind="denied")
    assert preflight.advise(way.gateway, account, ROSTER, plan).identity_center is UNREAD


def test_a_virtual_device_is_asked_about_by_its_own_arn(way: Way, iam: Any) -> None:
    actions = ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"]
    devices = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:iam::*:mfa/*"}
    gateway = as_helper(way, iam, "iam:CreateUser", more=(devices,))
    account = Account("123456789012", caller_arn="arn:aws:iam::123456789012:user/helper")
    steps = (
        Step(actions[0], {"VirtualMFADeviceName": "ann"}, "user ann", "+ virtual MFA device"),
        Step(actions[1], {"SerialNumber": "arn:aws:iam::123456789012:mfa/old"}, "user ann", "- virtual MFA device"),
    )
    assert preflight.check_permissions(gateway, account, Plan(steps)) == []
