# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at users and groups while they change, and with an SDK that is too old."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.keysmith.iam.plugins.module_utils._aws import credential_report, gather
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Unread

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way

GONE = {"code": "NoSuchEntity", "http": 404, "message": "It cannot be found."}
STATEMENT = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


def ssh_key() -> str:
    public = rsa.generate_private_key(65537, 2048).public_key()
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.public_bytes(*form).decode()


@pytest.fixture
def jane(way: Way, iam: Any) -> Way:
    iam.create_user(UserName="jane")
    iam.put_user_policy(UserName="jane", PolicyName="own", PolicyDocument=POLICY)
    iam.upload_ssh_public_key(UserName="jane", SSHPublicKeyBody=ssh_key())
    return way


@pytest.mark.parametrize("action", ["iam:GetUserPolicy", "iam:GetSSHPublicKey"])
def test_one_thing_that_goes_while_it_is_read_is_listed_again(jane: Way, action: str) -> None:
    jane.aws.fault(action=action, kind="error", times=gather.TRIES - 1, **GONE)
    (seen,) = gather.named_users(jane.gateway, ["jane"], ["policies", "ssh_public_keys"], threads=1).users
    assert seen.user.inline_policies == {"own": json.loads(POLICY)}
    assert [key.active for key in seen.user.ssh_keys if not isinstance(seen.user.ssh_keys, Unread)] == [True]


def test_what_is_listed_and_never_there_is_an_error_and_not_a_user_less(jane: Way) -> None:
    jane.aws.fault(action="iam:GetSSHPublicKey", kind="error", times=0, **GONE)
    with pytest.raises(AwsError) as caught:
        gather.named_users(jane.gateway, ["jane"], ["ssh_public_keys"], threads=1)
    assert (caught.value.kind, caught.value.action) == (Kind.MISSING, "iam:GetSSHPublicKey")
    assert len(jane.calls("iam:ListSSHPublicKeys")) == gather.TRIES


def test_a_group_that_goes_while_it_is_read_is_left_out(way: Way, iam: Any) -> None:
    for name in ("Ops", "Devs"):
        iam.create_group(GroupName=name)
    way.aws.fault(action="iam:ListGroupPolicies", kind="error", match={"GroupName": "Ops"}, **GONE)
    found = gather.named_groups(way.gateway, ["Ops", "Devs"], threads=1)
    assert [group.name for group in found] == ["Devs"]


def test_a_key_deleted_while_it_is_read_is_left_out_though_aws_says_denied(
    jane: Way, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS answers AccessDenied for an access key id that it does not know."""
    gone, left = (iam.create_access_key(UserName="jane")["AccessKey"]["AccessKeyId"] for _number in range(2))
    before = jane.gateway.read

    def read(action: str, **parameters: Any) -> dict[str, Any]:
        there = {key["AccessKeyId"] for key in iam.list_access_keys(UserName="jane")["AccessKeyMetadata"]}
        if action == "iam:GetAccessKeyLastUsed" and gone in there:
            iam.delete_access_key(UserName="jane", AccessKeyId=gone)
        return before(action, **parameters)

    monkeypatch.setattr(jane.gateway, "read", read)
    (seen,) = gather.access_keys(jane.gateway, "jane", threads=1)
    assert [key.id for key in seen.user.access_keys if not isinstance(seen.user.access_keys, Unread)] == [left]
    assert seen.key_uses == {left: gather.KeyUse()}
    assert seen.denied == {}


def test_an_sdk_that_cannot_ask_for_all_users_credentials_asks_for_each(
    jane: Way, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AllUsers is in botocore since July 2025; an older one refuses the parameter itself."""
    iam.create_service_specific_credential(UserName="jane", ServiceName="codecommit.amazonaws.com")
    kinds = ["service_specific_credentials"]
    by_list = gather.all_users(jane.gateway, kinds, threads=2)
    before = jane.gateway.read

    def read(action: str, **parameters: Any) -> dict[str, Any]:
        return before(action, **{"Unknown" if name == "AllUsers" else name: it for name, it in parameters.items()})

    monkeypatch.setattr(jane.gateway, "read", read)
    jane.aws.clear_log()
    by_user = gather.all_users(jane.gateway, kinds, threads=2)
    assert [seen.user.service_credentials for seen in by_user.users] == [
        seen.user.service_credentials for seen in by_list.users
    ]
    assert any(seen.user.service_credentials for seen in by_user.users)
    asked = [entry["parameters"]["UserName"] for entry in jane.calls("iam:ListServiceSpecificCredentials")]
    assert sorted(asked) == ["jane", "operator"]


def test_what_was_not_asked_for_is_unread(jane: Way) -> None:
    (seen,) = gather.named_users(jane.gateway, ["jane"], ["mfa_devices"], threads=1).users
    assert seen.user.mfa_devices == ()
    assert (seen.user.access_keys, seen.user.groups, seen.key_uses, seen.report) == (UNREAD,) * 4


@pytest.mark.parametrize("kind", ["throttle", "unavailable_after"])
def test_a_report_is_waited_for_and_no_other_error_is_swallowed(jane: Way, kind: str) -> None:
    jane.aws.fault(action="iam:GetCredentialReport", kind="denied")
    with pytest.raises(AwsError) as caught:
        credential_report.read_newest(jane.gateway)
    assert caught.value.kind is Kind.DENIED
    jane.aws.fault(action="iam:GenerateCredentialReport", kind=kind)
    _made, rows = credential_report.read_newest(jane.gateway)
    assert [row["user"] for row in rows.values()] == ["<root_account>", "jane", "operator"]


def test_a_report_that_is_never_ready_says_so(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    before = way.gateway.read

    def read(action: str, **parameters: Any) -> dict[str, Any]:
        return {"State": "INPROGRESS"} if action == "iam:GenerateCredentialReport" else before(action, **parameters)

    monkeypatch.setattr(way.gateway, "read", read)
    with pytest.raises(AwsError) as caught:
        credential_report.read_newest(way.gateway)
    assert caught.value.message == "AWS is still making the report"
    assert caught.value.advice() == "Wait a minute and run again."
    assert len(way.pauses) == credential_report.PATIENT_POLLS
