# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mistakes of amazon.aws that no other test is about, the two side by side where that is cheap (docs: peers_mistakes).

What is said of amazon.aws is held too: when it mends one, the migration guide's row is out of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, Run, run_module
from tests.integration.crash import process
from tests.integration.given import both, everything, key, user

VAULT = {"handover": {"store": "secretsmanager", "name": "iam/{user}"}, "region": "us-east-1"}
REGION = {"AWS_REGION": "us-east-1"}
FIRST, OWN = "the First one, 1 of many!", "what she chose 4 Herself!"


def pair(name: str, module: str, arguments: Mapping[str, Any], **ours: Any) -> list[dict[str, Any]]:
    """The same task of both collections, each on a user of its own: `<WHO>` becomes theirs or ours."""
    tasks = []
    for who, prefix in (("theirs", "amazon.aws.iam_"), ("ours", "keysmith.iam.")):
        told = {**arguments, **(ours if who == "ours" else {})}
        filled = {key: who if value == "<WHO>" else value for key, value in told.items()}
        tasks.append({"name": f"{name} {who}", f"{prefix}{module}": filled, "ignore_errors": True})
    return tasks


def made(aws: Emulator, action: str) -> list[str]:
    """Whose calls of this action AWS has seen, in order."""
    return [entry["parameters"].get("UserName", "") for entry in aws.log(writes_only=True) if entry["action"] == action]


@pytest.fixture
def dry(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Run:
    """A dry run of both: a key for whoever has two of no use, a key for nobody, a new user, a shorter password."""
    iam = aws.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14)
    for name in ("theirs", "ours"):
        user(name=name)(iam)
        for _number in range(2):
            made_key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            iam.update_access_key(UserName=name, AccessKeyId=made_key, Status="Inactive")
    aws.clear_log()
    tasks = [
        *pair("third key", "access_key", {"user_name": "<WHO>"}, **VAULT),
        *pair("key of nobody", "access_key", {"user_name": "nobody"}, **VAULT),
        *pair("new user", "user", {"name": "new", "state": "present"}),
        *pair("shorter", "password_policy", {"state": "present", "min_pw_length": 8}, allow_weaker=True),
    ]
    return Ansible(installed_collection, tmp_path, aws).play(tasks, "--check", environment=REGION)


def test_b1_b6_b9_a_dry_run_that_can_be_believed(dry: Run, aws: Emulator) -> None:
    assert (dry.failed("third key theirs"), dry.failed("third key ours")) == (False, True)
    assert "no room for another" in dry.result("third key ours")["msg"]
    assert dry.result("key of nobody theirs")["changed"] is True
    assert "there is no user nobody" in str(dry.result("key of nobody ours")["findings"])
    assert "user" not in dry.result("new user theirs")
    assert dry.result("new user ours")["user"]["arn"] == "arn:aws:iam::123456789012:user/new"
    assert dry.result("shorter ours")["policy"]["minimum_password_length"] == 8
    assert [entry["action"] for entry in aws.log(writes_only=True)] == ["iam:UpdateAccountPasswordPolicy"], "theirs"


@pytest.fixture
def run(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Run:
    """Each task twice: a key, and a password that its owner has changed before; and a new user, not waited for."""
    iam = aws.client("iam")
    for name in ("theirs", "ours"):
        user(name=name, password=OWN)(iam)
    tasks = [
        *pair("key", "access_key", {"user_name": "<WHO>"}, **VAULT),
        *pair("key again", "access_key", {"user_name": "<WHO>"}, **VAULT),
        *pair("password", "user", {"name": "<WHO>", "state": "present", "password": FIRST}),
        *pair("no wait", "user", {"name": "new", "state": "present", "wait_timeout": 0}),
        *pair("no wait again", "user", {"name": "newer", "state": "present"}, wait_timeout=0),
    ]
    return Ansible(installed_collection, tmp_path, aws).play(tasks, environment=REGION)


def test_b5_b7_b8_b11_a_second_run_takes_nothing_from_anybody(run: Run, aws: Emulator) -> None:
    assert sorted(made(aws, "iam:CreateAccessKey")) == ["ours", "theirs", "theirs"]
    assert run.result("key again ours")["changed"] is False
    assert "secret_access_key" in run.result("key theirs")
    assert "secret_access_key" not in run.result("key ours")
    assert run.result("password ours")["changed"] is False
    assert (aws.sign_in("theirs", OWN)["ok"], aws.sign_in("ours", OWN)["ok"]) == (False, True)
    assert (run.failed("no wait theirs"), run.failed("no wait again ours")) == (True, False)
    assert run.result("no wait again ours")["user"]["user_id"]


def test_b4_whoever_is_hired_again_enrols_mfa_under_the_old_name(aws: Emulator) -> None:
    iam = aws.client("iam")
    before = everything(iam)
    assert run_module(aws, "user", {"name": "jane", "state": "absent"}).get("failed") is None
    user()(iam)
    again = iam.create_virtual_mfa_device(VirtualMFADeviceName="jane")["VirtualMFADevice"]
    assert again["SerialNumber"] == before["MFA"]


def keys(iam: Any) -> dict[str, str]:
    """Jane's keys and their states."""
    return {one["AccessKeyId"]: one["Status"] for one in iam.list_access_keys(UserName="jane")["AccessKeyMetadata"]}


def test_b5_rotation_deletes_no_key_that_may_be_in_use(aws: Emulator) -> None:
    iam = aws.client("iam")
    old = both(user(), key())(iam) or {}
    rotate = {"user_name": "jane", "rotate_keys": True, **VAULT}

    dry, first = (run_module(aws, "access_key", rotate, check) for check in (True, False))
    assert dry["actions"] == first["actions"]
    assert keys(iam) == {old["KEY"]: "Active", first["access_key_id"]: "Active"}

    aws.clear_log()
    for check in (True, False):
        refused = run_module(aws, "access_key", rotate, check)
        assert refused["msg"].startswith("Cannot manage user jane: it has 2 of 2 access keys (")
        assert refused["msg"].endswith(
            "Set the one that nobody uses any more to inactive (id and state=inactive), and run again."
        )
    assert aws.log(writes_only=True) == []

    run_module(aws, "access_key", {"user_name": "jane", "id": old["KEY"], "state": "inactive"})
    dry, second = (run_module(aws, "access_key", rotate, check) for check in (True, False))
    assert dry["actions"] == second["actions"]
    assert second["deleted_access_key_id"] == old["KEY"]
    assert keys(iam) == {first["access_key_id"]: "Active", second["access_key_id"]: "Active"}


def test_b5_an_inactive_key_is_not_made(aws: Emulator) -> None:
    user()(aws.client("iam"))
    aws.clear_log()
    for check in (True, False):
        refused = run_module(aws, "access_key", {"user_name": "jane", "active": False, **VAULT}, check)
        assert refused["msg"] == (
            "Cannot manage user jane: active=false says nothing of a new access key, which is made to be used; give the"
            " id of a key."
        )
    assert aws.log(writes_only=True) == []
    assert run_module(aws, "access_key", {"user_name": "jane", "active": True, **VAULT})["changed"] is True


# The module, its arguments, the read that is denied. Its first words are the error's, and there is one sentence.
DENIED: dict[str, tuple[str, dict[str, Any], str]] = {
    "keys": ("access_key", {"user_name": "jane", **VAULT}, "iam:ListAccessKeys"),
    "keys by id": ("access_key", {"user_name": "jane", "id": "AKIA1EXAMPLE1EXAMPLE"}, "iam:ListAccessKeys"),
    "keys that are looked at": ("access_key_info", {"user_name": "jane"}, "iam:ListAccessKeys"),
    "devices that are looked at": ("mfa_device_info", {"user_name": "jane"}, "iam:ListMFADevices"),
    "policies": ("user", {"name": "jane", "managed_policies": []}, "iam:ListAttachedUserPolicies"),
    "inline policies": ("user", {"name": "jane", "inline_policies": {}}, "iam:ListUserPolicies"),
    "a group": ("group", {"name": "Devs"}, "iam:GetGroup"),
    "the rules": ("password_policy", {"min_pw_length": 14}, "iam:GetAccountPasswordPolicy"),
}


@pytest.mark.parametrize("case", DENIED)
def test_b16_b17_what_is_denied_is_an_error_in_one_sentence(case: str, aws: Emulator, tmp_path: Path) -> None:
    module, arguments, action = DENIED[case]
    user()(aws.client("iam"))
    aws.clear_log()
    aws.fault(action=action, kind="denied", times=0)
    for check in (True, False):
        ran = process.run(module, arguments, aws.environment, tmp_path, check=check)
        assert ran.rc == 1
        assert "Traceback" not in ran.printed
        assert ran.result["error"]["code"] == "AccessDenied"
        assert ran.result["response_metadata"]["http_status_code"] == 403
        assert {"boto3_version", "botocore_version"} <= ran.result.keys()
        assert ran.msg.count("Cannot ") == 1
        assert ran.msg.endswith(f"Allow the caller {action}."), ran.msg
    assert aws.log(writes_only=True) == []


# What the plan foresees has the code that AWS would have answered.
FORESEEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "a third key": ("access_key", {"user_name": "jane", "reissue": True, **VAULT}, "LimitExceeded"),
    "a key of nobody": ("access_key", {"user_name": "nobody", **VAULT}, "NoSuchEntity"),
    "a key that is not there": ("access_key", {"user_name": "jane", "id": "AKIAGONE", "active": True}, "NoSuchEntity"),
    "a weak password": ("user", {"name": "jane", "password": "weak"}, "PasswordPolicyViolation"),
    "a member that is not there": ("group", {"name": "Devs", "users": ["nobody"]}, "NoSuchEntity"),
    "a policy that is not there": ("user", {"name": "jane", "managed_policies": ["Nope"]}, "NoSuchEntity"),
}


@pytest.mark.parametrize("case", FORESEEN)
def test_what_is_foreseen_has_awss_error_code(case: str, aws: Emulator) -> None:
    module, arguments, code = FORESEEN[case]
    both(user(), key(), key(placeholder="OTHER"))(aws.client("iam"))
    result = run_module(aws, module, arguments)
    assert result["failed"] is True
    assert result["error"]["code"] == code
    assert result["msg"].endswith(result["error"]["message"])
    assert {"boto3_version", "botocore_version"} <= result.keys()
    own = run_module(aws, "user", {"name": "a b"})
    assert own["failed"] is True
    assert "error" not in own, "what AWS has no one code for"
