# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user that goes: what lets it in goes first, DeleteUser comes last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNREAD,
    LoginProfile,
    MFADevice,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import AccessKeySpec, ConsoleSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user
from tests.unit.plugins.module_utils._core.builders import (
    ID,
    KEY1,
    KEY2,
    NOW,
    OURS,
    Call,
    account,
    call,
    calls,
    group,
    key,
    lines,
    texts,
    told,
    user,
)

NAME = "jane.doe"
VIRTUAL = f"arn:aws:iam::{ID}:mfa/phone"
FULL = user(
    login_profile=LoginProfile(),
    access_keys=(key(KEY1), key(KEY2, active=False)),
    groups=("Developers",),
    managed_policies=(OURS,),
    boundary=OURS,
    tags={"team": "blue"},
    inline_policies={"extra": {}},
    mfa_devices=(MFADevice(VIRTUAL), MFADevice("GAHT12345678")),
    certificates=(SigningCertificate("CERT"),),
    ssh_keys=(SSHPublicKey("APKA"),),
    service_credentials=(ServiceCredential("ACCA", "codecommit.amazonaws.com"),),
)
COLLECTIONS = ("groups", "managed_policies", "inline_policies", "login_profile", "access_keys", "service_credentials")
COLLECTIONS += ("ssh_keys", "certificates", "mfa_devices")
DEVELOPERS = group("Developers", members=(NAME,))


def of_user(action: str, **more: str) -> Call:
    return call(action, UserName=NAME, **more)


def removal(observed: User, **more: object) -> Plan:
    return plan_user(account(observed, DEVELOPERS, **more), UserSpec(NAME, state="absent"), NOW)


def test_everything_goes_in_the_order_that_locks_out_first() -> None:
    plan = removal(FULL)
    assert calls(plan) == [
        of_user("DeleteLoginProfile"),
        of_user("DeleteAccessKey", AccessKeyId=KEY1),
        of_user("DeleteAccessKey", AccessKeyId=KEY2),
        of_user("DeleteServiceSpecificCredential", ServiceSpecificCredentialId="ACCA"),
        of_user("DeleteSSHPublicKey", SSHPublicKeyId="APKA"),
        of_user("DeleteSigningCertificate", CertificateId="CERT"),
        of_user("DeactivateMFADevice", SerialNumber=VIRTUAL),
        call("DeleteVirtualMFADevice", SerialNumber=VIRTUAL),
        of_user("DeactivateMFADevice", SerialNumber="GAHT12345678"),
        of_user("DeleteUserPolicy", PolicyName="extra"),
        of_user("DetachUserPolicy", PolicyArn=OURS),
        of_user("RemoveUserFromGroup", GroupName="Developers"),
        of_user("DeleteUser"),
    ]
    assert told(plan) == []


def test_it_is_gone_from_the_prediction_and_from_its_groups() -> None:
    after = simulate(account(FULL, DEVELOPERS), removal(FULL).steps)
    assert after.user(NAME) is None
    assert after.groups["developers"] == replace(DEVELOPERS, members=())


def test_how_it_reads() -> None:
    assert lines(removal(FULL)) == [
        "- console password",
        f"- access key {KEY1}",
        f"- access key {KEY2}",
        "- service-specific credential ACCA",
        "- SSH public key APKA",
        "- signing certificate CERT",
        f"- MFA device {VIRTUAL}",
        f"- virtual MFA device {VIRTUAL}",
        "- MFA device GAHT12345678",
        "- inline policy extra",
        f"- managed policy {OURS}",
        "- member of Developers",
        "- user jane.doe",
    ]


def test_a_user_with_nothing_on_it_takes_one_call() -> None:
    assert calls(removal(user())) == [of_user("DeleteUser")]
    unread = user(**dict.fromkeys(COLLECTIONS, UNREAD))
    assert calls(removal(unread)) == [of_user("DeleteUser")]


def test_a_user_that_is_not_there_takes_none() -> None:
    wish = UserSpec("nobody", state="absent", console=ConsoleSpec(), access_key=AccessKeySpec(), groups=("Developers",))
    assert plan_user(account(DEVELOPERS), wish, NOW) == Plan()


def test_whoever_runs_this_does_not_remove_themselves() -> None:
    plan = removal(FULL, caller_arn=FULL.arn)
    assert told(plan) == [("caller", "refuse")]
    assert texts(plan) == ["it is the user who runs this; let somebody else remove it."]


@pytest.mark.parametrize("value", ["true", "yes", "until 2030", "TRUE "])
def test_a_protected_user_stays(value: str) -> None:
    plan = removal(user(tags={"Keysmith:Protected": value}))
    assert told(plan) == [("protected", "refuse")]
    assert texts(plan) == [
        "its tag keysmith:protected protects it; if it is to go, take that off first: aws iam untag-user --user-name"
        " jane.doe --tag-keys keysmith:protected"
    ]


@pytest.mark.parametrize("value", ["false", "No", " ", ""])
def test_a_tag_that_says_no_protects_nobody(value: str) -> None:
    assert told(removal(user(tags={"keysmith:protected": value}))) == []
