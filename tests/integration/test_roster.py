# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules roster and account_info, where the role onboard does not show them: concurrency, failures, plans only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from tests.integration.ansible_run import run_module
from tests.integration.fresh import fresh_group, fresh_user
from tests.integration.given import policies
from tests.integration.leaks import files_below, leaks, to_hide
from tests.integration.rosters import mixed
from tests.integration.situations import by_id, foretells, made

if TYPE_CHECKING:
    from tests.emulator.client import Emulator


def arguments(folder: Path, **more: Any) -> dict[str, Any]:
    roster = mixed(humans=6, workloads=3)
    told = {"users": roster["onboard_users"], "groups": roster["onboard_groups"], "directory": str(folder)}
    return {**told, "region": "us-east-1", **more}


@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_a_roster_at_any_concurrency(concurrency: int, aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    policies("Limit")(iam)
    aws.clear_log()
    asked = arguments(tmp_path, concurrency=concurrency)
    dry = run_module(aws, "roster", asked, check=True)
    assert aws.log(writes_only=True) == []
    assert list(tmp_path.iterdir()) == []
    run = run_module(aws, "roster", asked)
    writes = aws.log(writes_only=True)
    assert dry["actions"] == run["actions"] == made(writes)
    assert (dry["plan"], dry["summary"], dry["unchanged"]) == (run["plan"], run["summary"], run["unchanged"])
    assert len(run["users"]) == len(asked["users"])
    for predicted, told in zip(dry["users"] + dry["groups"], run["users"] + run["groups"], strict=True):
        fresh = (
            fresh_user(iam, told["user_name"]) if "user_name" in told else fresh_group(iam, told["group"]["group_name"])
        )
        assert foretells(predicted, told)
        wanted = {key: value for key, value in by_id(fresh).items() if key in told}
        assert ordered(by_id(told)) == ordered(wanted)

    aws.clear_log()
    again = run_module(aws, "roster", asked)
    assert (again["changed"], again["actions"], again["users"], again["groups"]) == (False, {}, [], [])
    assert aws.log(writes_only=True) == []
    results = {"dry": json.dumps(dry), "run": json.dumps(run), "again": json.dumps(again)}
    assert leaks({**results, **files_below(tmp_path)}, to_hide(aws.secrets())) == []


def ordered(told: dict[str, Any]) -> dict[str, Any]:
    """A group's members in the order of their names: users are made in parallel."""
    members = told.get("users")
    return told if members is None else {**told, "users": sorted(members, key=lambda user: str(user["user_name"]))}


def test_one_users_failure_does_not_stop_the_others(aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    policies("Limit")(iam)
    aws.clear_log()
    asked = arguments(tmp_path)
    # The permission check sees the operator's policies, not this fault: it stands for what only the call shows.
    aws.fault(action="iam:CreateLoginProfile", kind="denied", times=0, match={"UserName": "human-02"})
    aws.fault(action="iam:AddUserToGroup", kind="denied", times=0, match={"UserName": "workload-01"})
    run = run_module(aws, "roster", asked)
    failures = {failure["subject"]: failure for failure in run["failures"]}
    assert run["failed"]
    assert run["changed"]
    assert sorted(failures) == ["user human-02", "user workload-01"]
    assert all(subject in run["msg"] for subject in failures)
    assert failures["user workload-01"]["done"] == ["user workload-01: + user workload-01"]
    assert [line for line in failures["user workload-01"]["not_started"] if "access key" in line]
    assert run["actions"] == made([entry for entry in aws.log(writes_only=True) if entry["outcome"] == "ok"])
    for entry in asked["users"]:
        fresh = fresh_user(iam, entry["name"])
        wanted = (entry.get("console", False), bool(entry.get("access_key")))
        well = (fresh["console"], bool(fresh["access_keys"])) == wanted
        assert well is (f"user {entry['name']}" not in failures), entry["name"]

    aws.clear_faults()
    mended = run_module(aws, "roster", asked)
    assert not mended.get("failed")
    assert sorted(user["user_name"] for user in mended["users"]) == ["human-02", "workload-01"]
    assert run_module(aws, "roster", asked)["changed"] is False
    results = {"run": json.dumps(run), "mended": json.dumps(mended)}
    assert leaks({**results, **files_below(tmp_path)}, to_hide(aws.secrets())) == []


def test_plan_only_is_a_dry_run_outside_of_check_mode(aws: Emulator, tmp_path: Path) -> None:
    policies("Limit")(aws.client("iam"))
    aws.clear_log()
    dry = run_module(aws, "roster", arguments(tmp_path), check=True)
    plan = run_module(aws, "roster", arguments(tmp_path, plan_only=True))
    assert {**plan, "changed": True, "invocation": 0} == {**dry, "invocation": 0}
    assert plan["changed"] is False
    assert aws.log(writes_only=True) == []
    assert list(tmp_path.iterdir()) == []


def test_account_info(aws: Emulator) -> None:
    iam = aws.client("iam")
    iam.create_account_alias(AccountAlias="acme")
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)
    aws.set_quotas(UsersQuota=7)
    aws.clear_log()
    dry, run = run_module(aws, "account_info", {}, check=True), run_module(aws, "account_info", {})
    assert dry == run
    assert run["changed"] is False
    assert run["account"] == {
        "id": "123456789012",
        "alias": "acme",
        "partition": "aws",
        "sign_in_url": "https://acme.signin.aws.amazon.com/console",
        "caller_arn": "arn:aws:iam::123456789012:user/operator",
    }
    users = len(iam.list_users()["Users"])
    assert run["quotas"]["Users"] == {"used": users, "quota": 7, "free": 7 - users}
    policy = camel_dict_to_snake_dict(iam.get_account_password_policy()["PasswordPolicy"])
    assert policy.items() <= run["password_policy"].items()
    assert run["password_policy"] == run_module(aws, "password_policy", {})["policy"]
    assert aws.log(writes_only=True) == []


def test_a_sheet_never_replaces_a_secret(aws: Emulator, tmp_path: Path) -> None:
    """What stands at handover.path was told once; a sheet for the same file is left unwritten, with a warning."""
    handover = {"store": "file", "path": "out/{user}.md", "plaintext": True}
    users = [{"name": "erp", "use_case": "workload", "justification": "old", "access_key": True, "handover": handover}]
    run = run_module(aws, "roster", {"users": users, "directory": str(tmp_path), "sheets": "./out"})
    (issued,) = {secret["value"] for secret in aws.secrets()}
    assert issued in (tmp_path / "out/erp.md").read_text(encoding="utf-8")
    assert run["sheets"] == []
    assert "No sheets: a secret was handed over in " in json.dumps(run["warnings"])
