# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""examples/policies/onboard.json allows what onboarding calls, by the emulator's log, and nothing beyond that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.public_material import certificate, pair

POLICY = (Path(__file__).resolve().parents[2] / "examples/policies/onboard.json").read_text(encoding="utf-8")
# None is a call of its own in the log: AWS asks for the first two with the tags of CreateSecret and PutParameter
# (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html,
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html), and the last is for callers
# that are a role's session, which the emulator's operator is not.
UNLOGGED = {"secretsmanager:TagResource", "ssm:AddTagsToResource", "iam:GetRole"}
# Nobody needs a permission for it (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
FREE = {"sts:GetCallerIdentity"}
READ_ONLY, POWER = "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/PowerUserAccess"
STATEMENT = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
INLINE = {"Version": "2012-10-17", "Statement": STATEMENT}
IN_MANAGER = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}
IN_PARAMETERS = {"store": "ssm_parameter", "name": "/iam/{user}/{kind}"}


def person(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "use_case": "human", "console": True, "handover": IN_MANAGER, **more}


def onboard(aws: Emulator, **arguments: Any) -> None:
    result = run_module(aws, "roster", {"region": "eu-central-1", **arguments})
    assert "msg" not in result, result["msg"]


def everything(aws: Emulator, folder: Path) -> None:
    """Runs that between them make every kind of call that a roster can lead to."""
    iam = aws.client("iam")
    iam.create_policy(PolicyName="Own", Path="/deep/", PolicyDocument=POLICY)
    first = {"path": "/a/", "boundary": POWER, "tags": {"a": "1"}, "groups": ["G"], "managed_policies": [READ_ONLY]}
    first |= {"service_specific_credentials": [{"service": "codecommit"}]}
    first |= {"inline_policies": {"own": INLINE}}
    first |= {"ssh_public_keys": [pair(1).public], "signing_certificates": [certificate(1)]}
    onboard(
        aws,
        groups=[{"name": "G", "managed_policies": [READ_ONLY, "Own"], "require_mfa": True}],
        users=[person("jane", access_key=True, mfa_device=True, **first)],
    )
    second = {"path": "/b/", "boundary": "", "tags": {"b": "1"}, "groups": [], "managed_policies": [POWER]}
    second |= {"inline_policies": {}}
    purge = {"purge_groups": True, "purge_policies": True, "purge_inline_policies": True}
    purge |= {f"purge_{kind}": True for kind in ("ssh_public_keys", "signing_certificates")}
    second |= {"service_specific_credentials": [{"service": "codecommit"}]}
    second |= {"ssh_public_keys": [pair(2).public], "signing_certificates": []}
    again = dict.fromkeys(("access_key", "mfa_device", "reissue"), True)
    group = {
        "name": "G",
        "path": "/g/",
        "managed_policies": [POWER, "Own"],
        "purge_policies": True,
        "require_mfa": False,
    }
    onboard(aws, groups=[group], users=[person("jane", **again, **second, **purge)])
    onboard(aws, users=[person("jane", boundary=READ_ONLY), person("john", groups=["G"])])
    for reissue in (False, True):
        onboard(aws, users=[person("joan", handover=IN_PARAMETERS, reissue=reissue)])
    lost_replies(aws, folder)
    many = [person(f"jill-{number}") for number in range(22)]
    onboard(aws, users=many)
    onboard(aws, users=many)


def lost_replies(aws: Emulator, folder: Path) -> None:
    """After each, the subject is read anew, by itself; a key whose secret is lost goes."""
    handover = {"store": "file", "path": f"{folder}/", "seal_to": [owners.age().public]}
    for action in ("iam:CreateUser", "iam:CreateAccessKey", "iam:PutGroupPolicy", "iam:PutUserPolicy"):
        aws.fault(action=action, kind="lost_reply")
    key_user = person("program", use_case="workload", console=False, access_key=True, groups=["H"], handover=handover)
    key_user |= {"inline_policies": {"own": INLINE}}
    onboard(aws, groups=[{"name": "H", "managed_policies": [POWER], "require_mfa": True}], users=[key_user])


@pytest.fixture(scope="module")
def calls(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    emulator.clear_faults()
    emulator.reset()
    emulator.clear_log()
    everything(emulator, tmp_path_factory.mktemp("handover"))
    caller = emulator.environment["AWS_ACCESS_KEY_ID"]
    log = emulator.log()
    emulator.clear_faults()
    return [entry for entry in log if entry["caller"] == caller and entry["action"] not in FREE | {"iam:CreatePolicy"}]


def test_policy_names_what_is_called(calls: list[dict[str, Any]]) -> None:
    allowed = {action for statement in json.loads(POLICY)["Statement"] for action in statement["Action"]}
    called = {entry["action"] for entry in calls}
    assert called - allowed == set()
    assert allowed - called == UNLOGGED


def resource(aws: Emulator, entry: dict[str, Any]) -> str:
    """The ARN that AWS judges the call by, without the path: the policy's resources are open in it."""
    told, account = entry["parameters"], aws.account_id
    if entry["action"].startswith("secretsmanager:"):
        return f"arn:aws:secretsmanager:eu-central-1:{account}:secret:{told.get('Name') or told['SecretId']}-a1b2c3"
    if entry["action"] in ("ssm:PutParameter", "ssm:DeleteParameters"):
        return f"arn:aws:ssm:eu-central-1:{account}:parameter{told.get('Name') or told['Names'][0]}"
    if "GroupName" in told:
        return f"arn:aws:iam::{account}:group/{told['GroupName']}"
    if entry["action"] in ("iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"):
        name = told.get("VirtualMFADeviceName") or told["SerialNumber"].rpartition("/")[2]
        return f"arn:aws:iam::{account}:mfa/{name}"
    if "UserName" in told:
        return f"arn:aws:iam::{account}:user/{told['UserName']}"
    return told.get("PolicySourceArn", f"arn:aws:iam::{account}:user/of-the-key" if "AccessKeyId" in told else "*")


def test_policy_allows_each_call_on_its_resource(emulator: Emulator, calls: list[dict[str, Any]]) -> None:
    iam = emulator.client("iam")
    wanted = {(entry["action"], resource(emulator, entry)) for entry in calls}
    for action, arn in sorted(wanted):
        answer = iam.simulate_custom_policy(PolicyInputList=[POLICY], ActionNames=[action], ResourceArns=[arn])
        assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed", (action, arn)
