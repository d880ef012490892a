# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role onboard by its playbook, as the processes that an operator starts: onboard, again, mend drift, take away.

Each act is a dry run with --diff, the run, and the run again; the tests look at what they left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import REQUIRE_MFA_POLICY
from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, Run
from tests.integration.fresh import fresh_group, fresh_user
from tests.integration.given import OPEN, policies
from tests.integration.rosters import mixed, new_group, new_user, seed
from tests.integration.situations import by_id, foretells, made

PLAYBOOK = "keysmith.iam.onboard"
Log = list[dict[str, Any]]
Subject = tuple[str, str]


@dataclass(frozen=True)
class Act:
    """What one act left: runs, the writes of each by AWS's log, the roster's users and groups as they were after it."""

    roster: Mapping[str, Any]
    dry: Run
    dry_writes: Log
    run: Run
    writes: Log
    again: Run
    again_writes: Log
    users: Mapping[str, dict[str, Any]]
    groups: Mapping[str, dict[str, Any]]
    files_after_dry: set[str] = field(default_factory=set)


def plan_of(run: Run) -> dict[str, Any]:
    """The result of the roster that planned the whole."""
    return next(result for result in run.results() if "actions" in result)


def batches_of(run: Run) -> list[dict[str, Any]]:
    """The results of the rosters that were brought about, batch by batch."""
    return [item for result in run.results() for item in result.get("results", ()) if "actions" in item]


def by_subject(log: Log) -> dict[Subject, list[str]]:
    """The log's actions for each user and group, in their order; of a secret the user is in its name."""
    found: dict[Subject, list[str]] = {}
    for entry in log:
        told = entry["parameters"]
        secret = told.get("Name") or told.get("SecretId") or "//"
        subject = ("user", told.get("UserName") or secret.split("/")[1])
        subject = ("group", told["GroupName"]) if "UserName" not in told and "GroupName" in told else subject
        found.setdefault(subject, []).append(entry["action"])
    return found


def play_act(ansible: Ansible, roster: Mapping[str, Any], *options: str) -> Act:
    aws, iam = ansible.aws, ansible.aws.client("iam")
    (ansible.folder / "people.yml").write_text(yaml.safe_dump(dict(roster), sort_keys=False), encoding="utf-8")
    arguments = ("-e", "@people.yml", "-e", "onboard_batch_size=7", *options)
    environment = {"AWS_REGION": "eu-central-1"}

    def step(*more: str) -> tuple[Run, Log]:
        aws.clear_log()
        run = ansible.playbook(PLAYBOOK, *arguments, *more, environment=environment)
        return run, aws.log(writes_only=True)

    dry, dry_writes = step("--check", "--diff")
    files = {str(path.relative_to(ansible.folder)) for path in ansible.folder.glob("handover/**/*")}
    run, writes = step()
    again, again_writes = step()
    return Act(
        roster=roster,
        dry=dry,
        dry_writes=dry_writes,
        run=run,
        writes=writes,
        again=again,
        again_writes=again_writes,
        users={user["name"]: fresh_user(iam, user["name"]) for user in roster["onboard_users"]},
        groups={group["name"]: fresh_group(iam, group["name"]) for group in roster["onboard_groups"]},
        files_after_dry=files,
    )


def drift(aws: Emulator) -> None:
    """What people do to an account between two runs."""
    iam = aws.client("iam")
    iam.tag_user(UserName="human-04", Tags=[{"Key": "team", "Value": "a stranger"}, {"Key": "own", "Value": "1"}])
    iam.untag_user(UserName="human-08", TagKeys=["Cost Center", "keysmith:owner"])
    iam.remove_user_from_group(UserName="human-01", GroupName="Humans")
    iam.delete_login_profile(UserName="human-02")
    iam.delete_user_permissions_boundary(UserName="human-12")
    iam.update_user(UserName="human-16", NewPath="/elsewhere/")
    for name, change in (("workload-01", "delete"), ("workload-02", "deactivate"), ("workload-04", "delete")):
        key = iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
        if change == "delete":
            iam.delete_access_key(UserName=name, AccessKeyId=key)
        else:
            iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    iam.detach_group_policy(GroupName="Developers", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    iam.put_group_policy(GroupName="Humans", PolicyName=REQUIRE_MFA_POLICY, PolicyDocument=OPEN)


MENDED: dict[Subject, list[str]] = {
    ("group", "Humans"): ["iam:PutGroupPolicy"],
    ("group", "Developers"): ["iam:AttachGroupPolicy"],
    ("user", "human-01"): ["iam:AddUserToGroup"],
    ("user", "human-02"): ["iam:CreateLoginProfile"],
    ("user", "human-04"): ["iam:UntagUser", "iam:TagUser"],
    ("user", "human-08"): ["iam:TagUser"],
    ("user", "human-12"): ["iam:PutUserPermissionsBoundary"],
    ("user", "human-16"): ["iam:UpdateUser"],
    ("user", "workload-01"): ["iam:TagUser", "iam:CreateAccessKey", "iam:UntagUser", "iam:TagUser"],
    ("user", "workload-04"): [
        "iam:TagUser",
        "iam:CreateAccessKey",
        "secretsmanager:PutSecretValue",
        "iam:UntagUser",
        "iam:TagUser",
    ],
}


def without_some(roster: Mapping[str, Any]) -> dict[str, Any]:
    """The roster with memberships purged, a boundary removed, MFA no longer demanded, tags and policies purged."""
    changes: dict[str, dict[str, Any]] = {
        "human-03": {"groups": ["Humans"], "purge_groups": True},
        "human-05": {"groups": [], "purge_groups": True},
        "human-00": {"boundary": ""},
        "human-04": {"tags": {}},
        "break-glass": {"managed_policies": [], "purge_policies": True},
    }
    users = [{**user, **changes.get(user["name"], {})} for user in roster["onboard_users"]]
    groups = [
        {**group, **({"require_mfa": False} if group["name"] == "Humans" else {})} for group in roster["onboard_groups"]
    ]
    return {"onboard_groups": groups, "onboard_users": users}


TAKEN: dict[Subject, list[str]] = {
    ("group", "Humans"): ["iam:DeleteGroupPolicy"],
    ("user", "human-00"): ["iam:DeleteUserPermissionsBoundary"],
    ("user", "human-03"): ["iam:RemoveUserFromGroup"],
    ("user", "human-04"): ["iam:UntagUser"],
    ("user", "human-05"): ["iam:RemoveUserFromGroup", "iam:RemoveUserFromGroup"],
    ("user", "break-glass"): ["iam:DetachUserPolicy"],
}


@pytest.fixture(scope="module")
def acts(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Act]]:
    """The three acts, one after the other on one account."""
    emulator.clear_faults()
    emulator.reset()
    policies("Limit")(emulator.client("iam"))
    ansible = Ansible(installed_collection, tmp_path_factory.mktemp("onboard"), emulator)
    roster = mixed()
    acts = {"empty account": play_act(ansible, roster)}
    drift(emulator)
    acts["drift"] = play_act(ansible, roster)
    acts["taken away"] = play_act(ansible, without_some(roster))
    yield acts
    emulator.reset()


ACTS = ["empty account", "drift", "taken away"]


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest, acts: dict[str, Act]) -> Act:
    return acts[request.param]


def test_all_runs_end_well(act: Act) -> None:
    for run in (act.dry, act.run, act.again):
        assert run.rc == 0, run.stdout[-3000:] + run.stderr


def test_the_dry_run_writes_nothing(acts: dict[str, Act], act: Act) -> None:
    assert act.dry_writes == []
    if act is acts["empty account"]:
        assert act.files_after_dry == set()


def test_the_plan_lists_exactly_the_calls_of_the_run(act: Act) -> None:
    planned = plan_of(act.dry)
    assert planned["changed"] is True
    assert planned["actions"] == made(act.writes)
    told = [line for batch in batches_of(act.run) for line in batch["plan"]]
    assert sorted(told) == sorted(planned["plan"])
    assert all(line in act.dry.stdout for line in {line.partition(": ")[2] for line in planned["plan"]})


def test_the_run_counts_the_calls_it_made(act: Act) -> None:
    counted: dict[str, int] = {}
    for batch in batches_of(act.run):
        for action, times in batch["actions"].items():
            counted[action] = counted.get(action, 0) + times
    assert counted == made(act.writes)


def test_each_subject_gets_its_calls_in_order(acts: dict[str, Act]) -> None:
    roster = acts["empty account"].roster
    wanted: dict[Subject, list[str]] = {
        ("group", group["name"]): new_group(group) for group in roster["onboard_groups"]
    }
    wanted |= {("user", user["name"]): new_user(user) for user in roster["onboard_users"]}
    assert by_subject(acts["empty account"].writes) == wanted
    assert by_subject(acts["drift"].writes) == MENDED
    assert by_subject(acts["taken away"].writes) == TAKEN


def test_the_predicted_users_and_groups_are_those_of_a_fresh_read(act: Act) -> None:
    planned = plan_of(act.dry)
    assert planned["users"]
    for user in planned["users"]:
        fresh = by_id(act.users[user["user_name"]])
        assert foretells(by_id(user), {key: value for key, value in fresh.items() if key in user}), user
    for group in planned["groups"]:
        fresh = act.groups[group["group"]["group_name"]]
        assert foretells(group, {key: value for key, value in fresh.items() if key in group}), group


def test_the_runs_users_are_those_of_a_fresh_read(act: Act) -> None:
    told = [user for batch in batches_of(act.run) for user in batch["users"]]
    assert [user["user_name"] for user in told] == [user["user_name"] for user in plan_of(act.dry)["users"]]
    for user in told:
        fresh = by_id(act.users[user["user_name"]])
        assert by_id(user) == {key: value for key, value in fresh.items() if key in user}


def test_the_second_run_changes_nothing(act: Act) -> None:
    assert act.again_writes == []
    assert "changed=0" in act.again.stdout
    assert plan_of(act.again)["changed"] is False
    assert plan_of(act.again)["unchanged"] == len(act.users) + len(act.groups)


def test_whoever_is_switched_off_is_told_of_and_left(acts: dict[str, Act]) -> None:
    act: Act = acts["drift"]
    (finding,) = [found for found in plan_of(act.dry)["findings"] if found["name"] == "inactive_key"]
    assert (finding["subject"], finding["level"]) == ("user workload-02", "warn")
    (key,) = act.users["workload-02"]["access_keys"]
    assert key["status"] == "Inactive"
    assert key["access_key_id"] in act.dry.stdout + act.dry.stderr


def test_a_batch_at_a_time(acts: dict[str, Act]) -> None:
    act = acts["empty account"]
    sizes = [len(batch["users"]) for batch in batches_of(act.run)]
    assert sizes == [7, 7, 7, 7, 4]


def test_what_comes_after_the_role_finds_the_batches_as_one_result(acts: dict[str, Act]) -> None:
    """In the shape in which a roster of one batch leaves it."""
    act = acts["empty account"]
    (kept,) = [told["ansible_facts"]["onboard_result"] for told in act.run.results() if "ansible_facts" in told]
    batches = batches_of(act.run)
    for part in ("users", "handovers", "sheets", "failures", "plan"):
        assert kept[part] == [one for batch in batches for one in batch[part]], part
    assert kept["changed"] is True
    assert kept["actions"] == made(act.writes)
    assert sorted(kept["plan"]) == sorted(plan_of(act.dry)["plan"])
    # Groups are made with the first batch, which knows its own members only.
    assert [group["group"]["group_name"] for group in kept["groups"]] == list(act.groups)
    assert [group for group in kept["groups"] if "users" in group] == []
    told = {(row["kind"], row["store"], row["sealed"]): row["count"] for row in kept["handover_counts"]}
    assert len(told) == len(kept["handover_counts"])
    receipts = Counter((one["kind"], one["store"], bool(one["sealed_to"])) for one in kept["handovers"])
    assert told == receipts
    assert sum(told.values()) > len(batches)
    assert set(plan_of(act.again)) - {"diff"} <= set(kept)


def test_a_sheet_for_each_that_got_something(acts: dict[str, Act]) -> None:
    act = acts["empty account"]
    sheets = [sheet for batch in batches_of(act.run) for sheet in batch["sheets"]]
    assert sorted(Path(sheet).stem for sheet in sheets) == sorted(act.users)
    for sheet in sheets:
        text = Path(sheet).read_text(encoding="utf-8")
        assert ("signin.aws.amazon.com" in text) is act.users[Path(sheet).stem]["console"]
        assert text.count("- Console password") + text.count("- Access key") == _credentials(act, Path(sheet).stem)


def _credentials(act: Act, name: str) -> int:
    (entry,) = [user for user in act.roster["onboard_users"] if user["name"] == name]
    return int(entry.get("console", False)) + int(entry.get("access_key", False))


READS_OF_A_SECOND_RUN = 16


def test_a_second_run_of_200_users_reads_the_account_and_not_each_user(
    installed_collection: Path, aws: Emulator, tmp_path: Path
) -> None:
    roster = mixed(humans=100, workloads=99)
    iam = aws.client("iam")
    policies("Limit")(iam)
    seed(iam, roster)
    (tmp_path / "people.yml").write_text(yaml.safe_dump(roster), encoding="utf-8")
    aws.clear_log()
    run = Ansible(installed_collection, tmp_path, aws).playbook(PLAYBOOK, "-e", "@people.yml")
    assert run.rc == 0, run.stdout[-3000:]
    assert "changed=0" in run.stdout
    assert aws.log(writes_only=True) == []
    reads = made(aws.log())
    assert sum(reads.values()) <= READS_OF_A_SECOND_RUN, reads
    assert reads["iam:GetAccountAuthorizationDetails"] <= 3
