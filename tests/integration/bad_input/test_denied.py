# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AccessDenied on each one action that a run calls: a read fails before anything changes, a write for its subject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.bad_input.table import SECRET, erp, jane, prepare, sealed_to
from tests.integration.crash import process
from tests.integration.crash.people import Owner, writes
from tests.integration.crash.process import Ran

# What is only advice, or only a quicker way to what is read otherwise, may be denied.
OPTIONAL = {
    "iam:ListRoles",
    "iam:SimulatePrincipalPolicy",
    "iam:GetPolicyVersion",
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
}


def roster(owner: Owner, folder: Path) -> dict[str, Any]:
    """One that calls every action which onboarding knows: two.keys gets a key in place of one that was interrupted."""
    sealed = sealed_to(owner.public)
    return {
        "groups": [{"name": "Staff", "managed_policies": ["Mine"], "require_mfa": True}],
        "users": [
            jane(groups=["Staff"], managed_policies=["ReadOnlyAccess"], boundary="Mine", handover=sealed),
            erp(groups=["Staff"], handover=SECRET),
            erp("interrupted", handover=sealed, owner="two", path="/robots/", tags={"team": "a"}, purge_groups=True),
        ],
        "directory": str(folder),
        "region": "us-east-1",
    }


def prepared(aws: Emulator, folder: Path) -> None:
    aws.reset()
    for path in folder.glob("handover/*"):
        path.unlink()
    prepare(aws, folder)
    iam = aws.client("iam")
    tags = {"keysmith:access-key": "pending 2026-01-01T00:00:00Z", "old": "1"}
    iam.create_user(UserName="interrupted", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    iam.create_access_key(UserName="interrupted")
    aws.clear_log()


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Owner:
    return Owner.made_in(tmp_path_factory.mktemp("owner"))


def denied(aws: Emulator, owner: Owner, folder: Path, action: str, check: bool) -> Ran:
    prepared(aws, folder)
    aws.fault(action=action, kind="denied", times=0)
    ran = process.run("roster", roster(owner, folder), aws.environment, folder, check=check)
    assert "Traceback" not in ran.printed
    assert [secret for secret in aws.secrets() if secret["value"] in ran.printed] == []
    return ran


def test_any_one_action_denied(aws: Emulator, owner: Owner, tmp_path: Path) -> None:
    prepared(aws, tmp_path)
    assert process.run("roster", roster(owner, tmp_path), aws.environment, tmp_path).rc == 0
    calls = {entry["action"]: bool(entry["write"]) for entry in aws.log()}
    assert len(calls) > 20
    for action, is_write in calls.items():
        if is_write:
            assert_write_fails_for_its_subject(denied(aws, owner, tmp_path, action, check=False), action)
            continue
        for check in (True, False):
            ran = denied(aws, owner, tmp_path, action, check)
            if action in OPTIONAL:
                assert ran.rc == 0, action
                continue
            assert ran.rc == 1, action
            assert writes(aws) == [], action
            assert list(tmp_path.glob("handover/*")) == [], action
            assert ran.result["changed"] is False
            assert ran.msg.startswith("Cannot "), ran.msg
            assert ran.msg.endswith(f"Allow the caller {action}."), ran.msg
            assert "\n" not in ran.msg


def assert_write_fails_for_its_subject(ran: Ran, action: str) -> None:
    assert ran.rc == 1, action
    assert ran.result["changed"] is True, f"{action}: the others went on"
    first, *others = ran.msg.splitlines()
    assert f"Allow the caller {action}." in first
    for line in others:
        assert line.startswith("Cannot ")
        of_the_group = line.endswith(
            "The group with name Staff cannot be found (NoSuchEntity). See that it is there and run again."
        )
        assert f"Allow the caller {action}." in line or (action == "iam:CreateGroup" and of_the_group), line
    for failure in ran.result["failures"]:
        assert failure["subject"] in failure["msg"]
        assert failure["failed"]
        named = {*failure["done"], *failure["not_started"], f"{failure['subject']}: {failure['failed']}"}
        wanted = {line for line in ran.result["plan"] if line.startswith(f"{failure['subject']}: ")}
        assert {line for line in wanted if "which could not be stored" not in line} <= named
