# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests hold the emulator by: log, faults, held calls, secrets, dates, reset; and the stores beside IAM."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

ROOT = Path(__file__).resolve().parents[3]
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
)


def names(iam: Any) -> set[str]:
    return {user["UserName"] for user in iam.list_users()["Users"]} - {"operator"}


def test_log_holds_parameters_as_boto3_takes_them(aws: Emulator, iam: Any, refused: Refused) -> None:
    parameters = {
        "UserName": "alice",
        "Path": "/eng/",
        "PermissionsBoundary": READ_ONLY,
        "Tags": [{"Key": "team", "Value": "a=b +/@"}, {"Key": "empty", "Value": ""}],
    }
    iam.create_user(**parameters)
    iam.untag_user(UserName="alice", TagKeys=["team", "empty"])
    iam.update_account_password_policy(MinimumPasswordLength=9, RequireNumbers=True, HardExpiry=False)
    refused(iam.get_user, UserName="bob")
    log = aws.log()
    assert [(entry["action"], entry["outcome"], entry["http"]) for entry in log] == [
        ("iam:CreateUser", "ok", 200),
        ("iam:UntagUser", "ok", 200),
        ("iam:UpdateAccountPasswordPolicy", "ok", 200),
        ("iam:GetUser", "NoSuchEntity", 404),
    ]
    assert log[0]["parameters"] == parameters
    assert log[1]["parameters"]["TagKeys"] == ["team", "empty"]
    assert log[2]["parameters"] == {"MinimumPasswordLength": 9, "RequireNumbers": True, "HardExpiry": False}
    assert {entry["caller"] for entry in log} == {aws.environment["AWS_ACCESS_KEY_ID"]}
    assert [entry["n"] for entry in aws.log(writes_only=True, since=log[0]["n"])] == [log[1]["n"], log[2]["n"]]


def test_log_knows_reads_from_writes(aws: Emulator, iam: Any) -> None:
    iam.list_users()
    iam.generate_credential_report()
    iam.simulate_custom_policy(PolicyInputList=[], ActionNames=["iam:GetUser"])
    aws.client("sts").get_caller_identity()
    aws.client("ssm").describe_parameters()
    assert aws.log(writes_only=True) == []
    assert len(aws.log()) == 5


def test_secrets_are_collected_and_kept_out_of_the_log(aws: Emulator, iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7")
    iam.update_login_profile(UserName="alice", Password="Correct-horse-8")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    service = iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
    seed = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["Base32StringSeed"].decode()
    aws.client("secretsmanager").create_secret(Name="iam/alice", SecretString="kept")
    aws.client("ssm").put_parameter(Name="iam-alice", Value="hidden", Type="SecureString")
    found = {(one["kind"], one["value"]) for one in aws.secrets()}
    assert found == {
        ("password", "Correct-horse-7"),
        ("password", "Correct-horse-8"),
        ("access_key", key["SecretAccessKey"]),
        ("service_password", service["ServiceSpecificCredential"]["ServicePassword"]),
        ("mfa_seed", seed),
        ("secret_string", "kept"),
        ("ssm_value", "hidden"),
    }
    log = str(aws.log())
    assert [value for _, value in found if value in log] == []


@pytest.mark.parametrize(
    ("kind", "code", "executed"),
    [
        ("throttle", ("Throttling", 400), False),
        ("unavailable", ("ServiceUnavailable", 503), False),
        ("unavailable_after", ("ServiceUnavailable", 503), True),
        ("denied", ("AccessDenied", 403), False),
    ],
)
def test_faults_that_answer(
    aws: Emulator, iam: Any, refused: Refused, kind: str, code: tuple[str, int], executed: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html."""
    aws.fault(action="iam:CreateUser", kind=kind)
    assert refused(iam.create_user, UserName="alice") == code
    assert names(iam) == ({"alice"} if executed else set())
    iam.create_user(UserName="bob")
    assert aws.log()[0]["fault"] == kind
    assert aws.log()[0]["outcome"] == ("ok" if executed else code[0])


@pytest.mark.parametrize(("kind", "executed"), [("lost_reply", True), ("reset", False)])
def test_faults_that_break_the_connection(aws: Emulator, iam: Any, kind: str, executed: bool) -> None:
    aws.fault(action="write", kind=kind)
    iam.list_users()
    with pytest.raises(ConnectionClosedError) as caught:
        iam.create_user(UserName="alice")
    # A RST, not a mere end: the latter would be RemoteDisconnected, which has no errno.
    assert caught.value.kwargs["error"].args[1].errno == errno.ECONNRESET
    assert names(iam) == ({"alice"} if executed else set())
    assert aws.log(writes_only=True)[0]["fault"] == kind


def test_lost_reply_and_the_retry_of_the_sdk_make_two_keys(aws: Emulator, iam: Any) -> None:
    """The trap that DESIGN 4 names; the SDK retries a broken connection."""
    iam.create_user(UserName="alice")
    aws.fault(action="iam:CreateAccessKey", kind="lost_reply")
    retrying = aws.client("iam", config=Config(retries={"total_max_attempts": 2, "mode": "standard"}))
    retrying.create_access_key(UserName="alice")
    assert len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 2


def test_denied_has_aws_sentence(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    aws.fault(action="iam:TagUser", kind="denied", times=0)
    with pytest.raises(iam.exceptions.ClientError) as caught:
        iam.tag_user(UserName="alice", Tags=[])
    assert caught.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::123456789012:user/operator is not authorized to perform: iam:TagUser on resource: "
        "arn:aws:iam::123456789012:user/alice because no identity-based policy allows the iam:TagUser action"
    )
    aws.fault(action="ssm:*", kind="denied")
    ssm = aws.client("ssm")
    assert refused(ssm.get_parameter, Name="x") == ("AccessDeniedException", 400)


def test_times_skip_and_match(aws: Emulator, iam: Any, refused: Refused) -> None:
    aws.fault(
        action="iam:CreateUser", kind="error", code="EntityTemporarilyUnmodifiable", message="m", http=409, skip=1
    )
    aws.fault(action="iam:CreateUser", kind="throttle", times=0, match={"UserName": "bob"})
    iam.create_user(UserName="alice")
    assert refused(iam.create_user, UserName="carol") == ("EntityTemporarilyUnmodifiable", 409)
    iam.create_user(UserName="carol")
    for _ in range(3):
        assert refused(iam.create_user, UserName="bob") == ("Throttling", 400)
    assert [rule["kind"] for rule in aws.faults()] == ["throttle"]
    aws.clear_faults()
    iam.create_user(UserName="bob")


def test_not_visible_yet(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency."""
    aws.fault(action="iam:*", kind="not_visible", times=2)
    iam.create_user(UserName="alice")
    assert refused(iam.get_user, UserName="alice") == ("NoSuchEntity", 404)
    assert refused(iam.create_access_key, UserName="alice") == ("NoSuchEntity", 404)
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"


def test_stale_read(aws: Emulator, iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency."""
    iam.create_user(UserName="alice")
    iam.list_user_tags(UserName="alice")
    iam.tag_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])
    aws.fault(action="iam:ListUserTags", kind="stale")
    assert iam.list_user_tags(UserName="alice")["Tags"] == []
    assert iam.list_user_tags(UserName="alice")["Tags"] == [{"Key": "a", "Value": "b"}]


def test_latency_does_not_hold_up_others(aws: Emulator, iam: Any) -> None:
    aws.fault(action="iam:CreateUser", kind="latency", seconds=1.5)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(aws.client("iam").create_user, UserName="alice")
        deadline = time.monotonic() + 10
        while not aws.log():
            assert time.monotonic() < deadline
        assert names(iam) == set()
        assert not slow.done()
        slow.result()
    assert names(iam) == {"alice"}


@pytest.mark.parametrize(("kind", "executed"), [("hold", True), ("hold_before", False)])
def test_held_call_waits_for_its_release(aws: Emulator, iam: Any, kind: str, executed: bool) -> None:
    aws.fault(action="write", kind=kind, skip=1)
    iam.create_user(UserName="first")
    with ThreadPoolExecutor() as pool:
        held = pool.submit(aws.client("iam").create_user, UserName="alice")
        (entry,) = aws.wait_for_held()
        assert (entry["action"], entry["parameters"]["UserName"]) == ("iam:CreateUser", "alice")
        assert ("alice" in names(iam)) is executed
        assert not held.done()
        aws.release()
        assert held.result()["User"]["UserName"] == "alice"
    assert aws.held() == []
    assert aws.log(writes_only=True)[-1]["outcome"] == "ok"


def test_held_call_ends_when_its_client_is_gone(aws: Emulator, iam: Any, refused: Refused) -> None:
    aws.fault(action="iam:CreateUser", kind="hold_before")
    impatient = aws.client("iam", config=Config(read_timeout=0.5, retries={"total_max_attempts": 1}))
    with pytest.raises(Exception, match="Read timeout"):
        impatient.create_user(UserName="alice")
    deadline = time.monotonic() + 10
    while aws.held():
        assert time.monotonic() < deadline
    assert names(iam) == set()


def test_unknown_operations_are_refused_at_once(aws: Emulator, iam: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, InvalidAction: 400, never retried."""
    context_keys = iam.get_context_keys_for_custom_policy
    assert refused(context_keys, PolicyInputList=["{}"]) == ("InvalidAction", 400)
    assert refused(aws.client("ssm").list_nodes) == ("InvalidAction", 400)
    assert refused(aws.client("account").list_regions) == ("InvalidAction", 400)


def test_answers_tell_the_time_and_their_id(aws: Emulator) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonParameters.html."""
    aws.set_clock(86400)
    metadata = aws.client("sts").get_caller_identity()["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    assert 86390 < parsedate_to_datetime(headers["date"]).timestamp() - time.time() < 86410
    assert headers["x-amzn-requestid"]
    role = aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    assert 86390 < role["CreateDate"].timestamp() - time.time() < 86410


def test_dates_can_be_set(aws: Emulator, iam: Any) -> None:
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    aws.set_dates("alice", created="2024-01-02T03:04:05Z", access_key=key, access_key_created="2024-02-03T04:05:06Z")
    assert iam.get_user(UserName="alice")["User"]["CreateDate"].isoformat() == "2024-01-02T03:04:05+00:00"
    listed = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]
    assert listed["CreateDate"].isoformat() == "2024-02-03T04:05:06+00:00"
    with pytest.raises(ValueError, match="nobody"):
        aws.set_dates("nobody", created="2024-01-02T03:04:05Z")


def test_reset_starts_again(aws: Emulator, iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    aws.client("secretsmanager").create_secret(Name="s", SecretString="x")
    aws.set_quotas(UsersQuota=1)
    aws.set_page_size(1)
    iam.attach_user_policy(UserName="alice", PolicyArn=READ_ONLY)
    aws.fault(action="*", kind="throttle", times=0)
    started = time.monotonic()
    aws.reset()
    assert time.monotonic() - started < 0.5
    assert (aws.log(), aws.secrets(), aws.faults()) == ([], [], [])
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["operator"]
    assert iam.list_groups()["Groups"] == []
    assert iam.get_account_summary()["SummaryMap"]["UsersQuota"] == 5000
    assert iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["AttachmentCount"] == 0
    aws.client("secretsmanager").create_secret(Name="s", SecretString="x")


def test_sixteen_clients_at_once(aws: Emulator, iam: Any) -> None:
    iam.create_group(GroupName="g")
    clients = [aws.client("iam") for _ in range(16)]

    def onboard(number: int) -> None:
        name = f"user{number}"
        clients[number % 16].create_user(UserName=name)
        clients[number % 16].add_user_to_group(GroupName="g", UserName=name)
        clients[number % 16].create_access_key(UserName=name)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(onboard, range(160)))
    assert len(iam.get_group(GroupName="g", MaxItems=1000)["Users"]) == 160
    assert len(aws.log(writes_only=True)) == 1 + 3 * 160
    assert len({entry["n"] for entry in aws.log()}) == len(aws.log())


def test_wrong_control_calls_are_told(aws: Emulator) -> None:
    with pytest.raises(ValueError, match="no such route"):
        aws._ask("GET", "nothing")
    with pytest.raises(ValueError, match="kind 'nonsense' is none of"):
        aws.fault(action="*", kind="nonsense")
    with pytest.raises(ValueError, match="no such quota: Users"):
        aws.set_quotas(Users=3)


@pytest.mark.parametrize("how", ["stdin", "signal"])
def test_process_ends_and_frees_its_port(tmp_path: Path, how: str) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.emulator", "--ready-file", str(ready), "--until-stdin-closes"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline()
    assert ready.read_text() == line
    endpoint = json.loads(line)["endpoint"]
    assert endpoint.startswith("http://127.0.0.1:")
    process.stdin.close() if how == "stdin" else process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(endpoint, timeout=5)


def test_bugs_of_the_emulator_are_loud_and_not_retried(aws: Emulator, iam: Any, refused: Refused) -> None:
    condition = {"BinaryEquals": {"aws:x": "QUI="}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    entry = {"ContextKeyName": "aws:x", "ContextKeyValues": ["QUI="], "ContextKeyType": "binary"}
    asked = {"PolicyInputList": [policy], "ActionNames": ["iam:GetUser"], "ContextEntries": [entry]}
    assert refused(iam.simulate_custom_policy, **asked) == ("EmulatorBug", 400)


def test_secrets_manager_versions(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html."""
    manager = aws.client("secretsmanager")
    first = manager.create_secret(Name="iam/alice", SecretString="one", Tags=[{"Key": "a", "Value": "b"}])["VersionId"]
    second = manager.put_secret_value(SecretId="iam/alice", SecretString="two", VersionStages=["AWSPENDING"])[
        "VersionId"
    ]
    assert manager.get_secret_value(SecretId="iam/alice")["SecretString"] == "one"
    stages = manager.describe_secret(SecretId="iam/alice")["VersionIdsToStages"]
    assert stages == {first: ["AWSCURRENT"], second: ["AWSPENDING"]}
    token = {"SecretId": "iam/alice", "ClientRequestToken": second, "VersionStages": ["AWSPENDING"]}
    manager.put_secret_value(**token, SecretString="two")
    other = refused(manager.put_secret_value, **token, SecretString="other")
    assert other == ("ResourceExistsException", 400)
    move = {"SecretId": "iam/alice", "VersionStage": "AWSCURRENT", "MoveToVersionId": second}
    assert refused(manager.update_secret_version_stage, **move) == ("InvalidParameterException", 400)
    manager.update_secret_version_stage(
        SecretId="iam/alice", VersionStage="AWSCURRENT", RemoveFromVersionId=first, MoveToVersionId=second
    )
    assert manager.get_secret_value(SecretId="iam/alice")["SecretString"] == "two"
    assert manager.get_secret_value(SecretId="iam/alice", VersionStage="AWSPREVIOUS")["SecretString"] == "one"


def test_secret_scheduled_for_deletion(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, InvalidRequestException."""
    manager = aws.client("secretsmanager")
    arn = manager.create_secret(Name="s", SecretString="x")["ARN"]
    manager.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    invalid = ("InvalidRequestException", 400)
    assert refused(manager.create_secret, Name="s", SecretString="x") == invalid
    for identifier in ("s", arn):
        assert refused(manager.put_secret_value, SecretId=identifier, SecretString="x") == invalid
    assert refused(manager.get_secret_value, SecretId="s") == invalid
    manager.restore_secret(SecretId="s")
    manager.put_secret_value(SecretId="s", SecretString="y")


def test_parameter_store(aws: Emulator, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html."""
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/iam/alice", Value="one", Type="SecureString")
    again = refused(ssm.put_parameter, Name="/iam/alice", Value="two", Type="SecureString")
    assert again == ("ParameterAlreadyExists", 400)
    assert ssm.get_parameter(Name="/iam/alice")["Parameter"]["Value"] != "one"
    assert ssm.get_parameter(Name="/iam/alice", WithDecryption=True)["Parameter"]["Value"] == "one"


def test_organization_with_a_member(aws: Emulator) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html."""
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="dev", Email="dev@example.com")
    assert {account["Name"] for account in organizations.list_accounts()["Accounts"]} == {"master", "dev"}
