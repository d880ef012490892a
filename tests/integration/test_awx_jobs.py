# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Onboarding by jobs of AWX: dry run, run, relaunch, slices, cancel and timeout; and no secret in what AWX keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx.credential import aws as aws_credential
from tests.awx.job import LOCALHOST, Awx, Ended, Job, Running
from tests.emulator.client import Emulator
from tests.integration import owners
from tests.integration.fresh import all_tags
from tests.integration.leaks import files_below, leaks, to_hide

ROOT = Path(__file__).resolve().parents[2]
WORD = "vaulted 'Word', for sam + 1"
VAULT = {"": "opens <the> vault & 1", "people": "opens 'people' 2"}
TO_MANAGER = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}
EVALUATED = "{{ lookup('ansible.builtin.env', 'AWS_SECRET_ACCESS_KEY') }}"
# What people do with a result: keep it as a fact, hand it to the next job of a workflow, show it.
AFTER = [
    {
        "keysmith.iam.login_profile": {"user_name": "sam", "password": "{{ vaulted_word }}"},
        "register": "made",
        "when": "not ansible_check_mode",
    },
    {"ansible.builtin.set_fact": {"kept": {"made": "{{ made }}", "all": "{{ onboard_result }}"}, "cacheable": True}},
    {"ansible.builtin.set_stats": {"data": {"kept": "{{ kept }}"}}},
    {"name": "Show", "ansible.builtin.debug": {"msg": ["{{ kept }}", "{{ note }}", "{{ asked_by }}"]}},
]


def workload(name: str, **more: Any) -> dict[str, Any]:
    common = {"use_case": "workload", "owner": f"{name}@example.com", "justification": "on premises"}
    return {"name": name, **common, "groups": ["Automation"], "access_key": True, "handover": TO_MANAGER, **more}


def human(name: str, **more: Any) -> dict[str, Any]:
    common = {"use_case": "human", "owner": f"{name}@example.com", "groups": ["Developers"], "console": True}
    return {"name": name, **common, "handover": {**TO_MANAGER, "seal_to": [owners.age().public]}, **more}


def roster() -> dict[str, Any]:
    to_result = {"store": "result", "seal_to": [owners.ssh("ed25519").public]}
    erp = workload("erp", handover={**TO_MANAGER, "seal_to": [owners.age().public]})
    sam = {"name": "sam", "use_case": "human", "owner": "sam@example.com", "groups": ["Developers"]}
    groups = [{"name": "Developers", "require_mfa": True}, {"name": "Automation"}]
    return {
        "onboard_groups": groups,
        "onboard_users": [human("jane"), human("ann", handover=to_result), erp, workload("omar"), sam],
        "onboard_guards": {"human_without_credentials": "off"},
        "onboard_sheets_path": "",
    }


def answers(name: str, **more: Any) -> dict[str, Any]:
    """A survey as AWX hands it over: what was left empty is there, and empty."""
    filled = {"name": name, "use_case": "workload", "owner": f"{name}@example.com", "justification": EVALUATED}
    chosen = {"groups": ["Automation"], "credentials": ["access key"], "store": "secretsmanager"}
    empty = dict.fromkeys(("path", "public_keys", "tags"), "")
    return {f"onboard_survey_{question}": answer for question, answer in {**filled, **chosen, **empty, **more}.items()}


def write_project(folder: Path) -> Path:
    """The project to copy, with a roster of ours, two vaults and a play more after onboarding."""
    shutil.copytree(ROOT / "examples/awx-project", folder, dirs_exist_ok=True)
    after = {"hosts": "localhost", "gather_facts": False, "tasks": AFTER}
    plays = {"story.yml": [{"import_playbook": "onboard.yml"}, after]}
    settings = {"hosts": "localhost", "gather_facts": False}
    settings |= {"tasks": [{"ansible.builtin.include_vars": "settings/break_glass.yml"}]}
    asked = {"break_glass_ticket": "INC-1", "break_glass_reason": "a test", "break_glass_hours": 1}
    asked |= {"break_glass_requester": "jane", "break_glass_approver": "john", "break_glass_user": "emergency-1"}
    acts = ({"break_glass_action": "provision"}, {"break_glass_action": "open", **asked})
    emergency = [{"import_playbook": "keysmith.iam.break_glass", "vars": act} for act in acts]
    plays["emergency.yml"] = [settings, *emergency, {"import_playbook": "break_glass_close.yml"}]
    plays["slices.yml"] = [{"import_playbook": "keysmith.iam.onboard", "vars": {"onboard_hosts": "all"}}]
    for name, content in plays.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "group_vars").mkdir()
    for path, vault, variables in (
        ("group_vars/all", "", {"vaulted_word": WORD}),
        ("rosters/people", "people", roster()),
    ):
        (folder / f"{path}.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
        lock(folder / f"{path}.yml", vault)
    return folder


def lock(file: Path, vault: str) -> None:
    """By the program: its library would make a controller of this process, in which modules return no warnings."""
    command = [sys.executable, "-m", "ansible", "vault", "encrypt", str(file)]
    secret = file.with_suffix(".vault")
    secret.write_text(VAULT[vault], encoding="utf-8")
    named = (
        ["--vault-id", f"{vault}@{secret}", "--encrypt-vault-id", vault] if vault else ["--vault-password-file", secret]
    )
    subprocess.run([*command, *map(str, named)], check=True, capture_output=True)
    secret.unlink()


def installed(collections: Path) -> list[Path]:
    """The namespaces as `ansible-galaxy collection install -r collections/requirements.yml` leaves them."""
    paths = [collections, *map(Path, os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:])]
    return [path / "ansible_collections" / name for path, name in zip(paths, ("keysmith", "amazon"), strict=True)]


@dataclass
class Office:
    """AWX with the project, and the account it works in. `ended` are the jobs so far."""

    awx: Awx
    aws: Emulator
    ended: list[Ended] = field(default_factory=list)

    def job(self, playbook: str, **more: Any) -> Job:
        """A job of a template that has both vaults, the AWS credential and variables of its own."""
        template = {"note": "a note", "asked_by": "{{ awx_user_name }}"}
        given = {"credentials": [aws_credential(self.aws.environment)], "vault": VAULT, "variables": template}
        return Job(playbook, **{**given, "diff": True, **more})

    def run(self, playbook: str, **more: Any) -> Ended:
        return self.end(self.awx.launch(self.job(playbook, **more)))

    def end(self, running: Running) -> Ended:
        """Wait for a job, which may hang on a call; let that go when the job is dead."""
        self.ended.append(running.wait())
        self.aws.clear_faults()
        self.aws.release()
        return self.ended[-1]

    def made(self) -> list[str]:
        return to_hide(self.aws.secrets(), WORD)

    def leaks(self) -> list[str]:
        """Every place that tells a secret which the jobs made, or one that they were given in files of their own."""
        private = [owners.age().private, owners.ssh("ed25519").private]
        given = [*VAULT.values(), *private, self.aws.environment["AWS_SECRET_ACCESS_KEY"]]
        iam = self.aws.client("iam")
        tags = {user["UserName"]: all_tags(iam, user["UserName"]) for user in iam.list_users()["Users"]}
        places: dict[str, str | bytes] = {"tags": str(tags), "call log": str(self.aws.log())}
        by_right = {}
        for job in self.ended:
            places |= job.kept() | files_below(job.folder, job.given())
            by_right |= {str(path): path.read_bytes() for path in job.given()}
        return leaks(places, [*self.made(), *given]) + leaks(by_right, self.made())


@pytest.fixture(scope="module")
def office(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    emulator.clear_faults()
    emulator.reset()
    project = write_project(tmp_path_factory.mktemp("project"))
    environment = {"AWS_ENDPOINT_URL": emulator.endpoint, "AWS_REGION": "eu-central-1"}
    yield Office(Awx(project, installed(installed_collection), tmp_path_factory.mktemp("awx"), environment), emulator)
    emulator.clear_faults()
    emulator.release()


@dataclass(frozen=True)
class Story:
    """A dry run; a run in which one store fails; that job again, once the store is mended."""

    check: Ended
    check_writes: list[dict[str, Any]]
    failed: Ended
    again: Ended


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    check = office.run("story.yml", answers={"note": EVALUATED}, check=True)
    writes = office.aws.log(writes_only=True)
    office.aws.fault(
        action="secretsmanager:CreateSecret", kind="denied", times=0, match={"Name": "iam/omar/access-key"}
    )
    failed = office.run("story.yml", answers={"note": EVALUATED})
    return Story(check, writes, failed, office.run("story.yml", answers={"note": EVALUATED}))


@pytest.fixture(scope="module")
def cancelled(office: Office, story: Story) -> Ended:
    """A job that somebody cancels when an access key is made and not yet stored."""
    office.aws.fault(action="secretsmanager:CreateSecret", kind="hold", match={"Name": "iam/late/access-key"})
    running = office.awx.launch(office.job("onboard_survey.yml", answers=answers("late")))
    try:
        office.aws.wait_for_held(timeout=60)
    finally:
        running.cancel()
        ended = office.end(running)
    return ended


@pytest.fixture(scope="module")
def timed_out(office: Office, story: Story) -> Ended:
    """A job that hangs and comes to the end of the template's timeout."""
    office.aws.fault(action="iam:CreateAccessKey", kind="hold", match={"UserName": "slow"})
    return office.run("onboard_survey.yml", answers=answers("slow"), timeout=6)


@pytest.fixture(scope="module")
def refused(office: Office) -> Ended:
    """A form with a private key where the public one belongs."""
    return office.run("onboard_survey.yml", answers=answers("eve", public_keys=f"{owners.age().private}\r\n"))


@pytest.fixture(scope="module")
def emergency(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Emergency users are provisioned, one is opened and closed: passwords and MFA seeds are made, and made anew."""
    office.aws.client("s3").create_bucket(Bucket="example-break-glass-evidence")
    fixed = {"break_glass_path": f"{tmp_path_factory.mktemp('shelf')}/", "break_glass_alarms": False}
    return office.run("emergency.yml", variables=fixed)


@pytest.fixture(scope="module")
def slices(office: Office) -> list[Ended]:
    """Three hosts, each a team with its roster, in two slices at once."""
    local = LOCALHOST["localhost"]
    teams = {f"team-{name}": {**local, "onboard_users": [workload(f"job-{name}")]} for name in "abc"}
    shared = {"onboard_groups": [{"name": "Automation"}, {"name": "Teams"}]}
    more = {"inventory": teams, "inventory_variables": shared}
    jobs = [office.job("slices.yml", slice=(number, 2), **more) for number in (1, 2)]
    return [office.end(running) for running in [office.awx.launch(job) for job in jobs]]


def roster_of(job: Ended) -> Mapping[str, Any]:
    (result,) = job.results("Plan the whole roster, and onboard it if it is one batch")
    return result


def only_key_is_stored(aws: Emulator, user: str) -> bool:
    """Whether the one access key of the user is the one in the store: no orphan, no lost secret."""
    keys = aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    manager = aws.client("secretsmanager", region_name="eu-central-1")
    stored = manager.get_secret_value(SecretId=f"iam/{user}/access-key")["SecretString"]
    return len(keys) == 1 and keys[0]["AccessKeyId"] in stored


@pytest.mark.core_matrix
def test_the_dry_run_tells_the_run(story: Story) -> None:
    assert (story.check.status, story.check_writes) == ("successful", [])
    assert "--check" in story.check.shown["job_args"]
    (told,) = [event["event_data"] for event in story.check.events if event["event"] == "runner_on_file_diff"]
    assert "user omar" in told["diff"]["prepared"]
    made = Counter(roster_of(story.failed)["actions"]) + Counter(roster_of(story.again)["actions"])
    assert made - Counter(roster_of(story.check)["actions"]) == {"iam:CreateAccessKey": 1, "iam:DeleteAccessKey": 1}


@pytest.mark.core_matrix
def test_a_failure_names_who_and_the_relaunch_does_what_is_left(story: Story, office: Office) -> None:
    assert (story.failed.status, story.again.status) == ("failed", "successful")
    (told,) = story.failed.results("Fail if anything was refused or could not be brought about", "runner_on_failed")
    assert "Cannot finish user omar" in told["msg"]
    assert {line.partition(":")[0] for line in roster_of(story.again)["plan"]} == {"user omar"}
    assert only_key_is_stored(office.aws, "omar")


@pytest.mark.core_matrix
def test_answers_are_never_templates_and_the_templates_own_variables_may_be(story: Story) -> None:
    (shown,) = story.again.results("Show")
    assert shown["msg"][1:] == [EVALUATED, "ada"]
    (user,) = story.again.stats["artifact_data"]["kept"]["all"]["users"]
    assert user["user_name"] == "omar"


@pytest.mark.core_matrix
def test_a_cancelled_job_ends_at_once(cancelled: Ended, office: Office) -> None:
    assert cancelled.status == "canceled"
    assert cancelled.stats == {}
    assert office.aws.client("iam").list_access_keys(UserName="late")["AccessKeyMetadata"]


def test_after_a_cancel_and_a_timeout_the_next_jobs_finish(cancelled: Ended, timed_out: Ended, office: Office) -> None:
    assert timed_out.status == "failed"
    assert timed_out.shown["job_explanation"] == "Job terminated due to timeout"
    pasted = {"people": "name,owner\r\nlate,late@example.com\r\nslow,slow@example.com\r\n", "name": "", "owner": ""}
    again = office.run("onboard_survey.yml", answers=answers(**pasted))
    assert again.status == "successful", again.stdout[-2000:]
    assert only_key_is_stored(office.aws, "late")
    assert only_key_is_stored(office.aws, "slow")


def test_a_private_key_in_the_form_is_refused(refused: Ended, office: Office) -> None:
    assert refused.status == "failed"
    (told,) = refused.results("Read the form", "runner_on_failed")
    assert '"Public keys of the owner" (onboard_survey_public_keys): it looks like a secret' in told["msg"]
    assert "eve" not in [entry["parameters"].get("UserName") for entry in office.aws.log(writes_only=True)]


def test_emergency_users_are_closed_by_a_job(emergency: Ended, office: Office) -> None:
    assert emergency.status == "successful", emergency.stdout[-2000:]
    made = Counter(entry["kind"] for entry in office.aws.secrets() if "emergency" in str(entry))
    assert made == {"password": 3, "mfa_seed": 3}


def test_slices_share_the_work(slices: list[Ended], office: Office) -> None:
    assert [job.status for job in slices] == ["successful", "successful"]
    assert [sorted(job.stats["processed"]) for job in slices] == [["team-a", "team-c"], ["team-b"]]
    assert all(only_key_is_stored(office.aws, f"job-{name}") for name in "abc")


def test_no_play_gathers_facts() -> None:
    """Facts hold the environment, in a job the AWS key with it, and AWX keeps them in events and with the host."""
    files = [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "examples/awx-project").glob("*.yml")]
    plays = [(path.name, play) for path in files for play in yaml.safe_load(path.read_bytes()) if "hosts" in play]
    assert len(plays) > 10
    assert [name for name, play in plays if play.get("gather_facts") is not False] == []


@pytest.mark.core_matrix
def test_no_secret_is_left_anywhere(story: Story, cancelled: Ended, office: Office) -> None:
    """And the search is worth something: what the jobs were given is found where it is by right."""
    assert len(office.made()) > 8
    assert office.leaks() == []
    for job in office.ended:
        given = {str(path): path.read_bytes() for path in job.given()}
        assert leaks(given, [office.aws.environment["AWS_SECRET_ACCESS_KEY"]]), job
