# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The project in examples/awx-project, run as AWX runs it: who asked and approved, the credential types, the key that
is delivered, and the playbook that configures AWX.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import parse_recipient, seal
from tests.awx import config as awx_config
from tests.awx.api import CONTROLLER, Api
from tests.awx.credential import Credential
from tests.awx.job import LOCALHOST, REVISION, Awx, Ended, Job
from tests.emulator.client import Emulator
from tests.integration import gpg, owners
from tests.integration.ansible_run import Ansible
from tests.integration.leaks import files_below, leaks, to_hide

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
CONFIG = awx_config.load(PROJECT / "config")
TYPES = {one["name"]: one for one in CONFIG["controller_credential_types"]}
TOKEN = "read-only-token-of-awx"
ROLE = "KeysmithOperator"
AGE_IN_THE_EXAMPLE = "age169w36cdqy0ktlu8wk7cl4s75q0jnxk5r93888ewg4h945my9ws5s9205tu"
ANSWERS = {"break_glass_ticket": "INC-4711", "break_glass_reason": "the identity provider is down"}


@dataclass(frozen=True)
class Office:
    """An AWX with a copy of the project, its API, an account, and a laptop beside them."""

    awx: Awx
    api: Api
    laptop: Ansible
    aws: Emulator
    shelf: Path

    @property
    def project(self) -> Path:
        return self.awx.project

    def role(self) -> Credential:
        """A credential of our type: the operator's key pair, by which the role is assumed."""
        environment = self.aws.environment
        given = {"role_arn": f"arn:aws:iam::{self.aws.account_id}:role/{ROLE}", "region": "eu-central-1"}
        given |= {"access_key": environment["AWS_ACCESS_KEY_ID"], "secret_key": environment["AWS_SECRET_ACCESS_KEY"]}
        return Credential(TYPES["AWS role to assume"], {**given, "external_id": "ext-1", "session_name": "awx-iam"})

    def run(self, playbook: str, *others: Credential, **more: Any) -> Ended:
        """A job of the template with this playbook, by our credential of AWS; the log is that of this job alone."""
        self.aws.clear_log()
        return self.awx.run(Job(playbook, credentials=[self.role(), *others], **more))

    def asks(self) -> Credential:
        return Credential(CONTROLLER, {"host": self.api.url, "oauth_token": TOKEN, "verify_ssl": False})

    def signed(self) -> tuple[set[str], set[str]]:
        """The actions that the operator's own key signed, and those that a role's temporary credentials did."""
        own = self.aws.environment["AWS_ACCESS_KEY_ID"]
        by_role = {call["action"] for call in self.aws.log() if call["caller"].startswith("ASIA")}
        return {call["action"] for call in self.aws.log() if call["caller"] == own}, by_role

    def evidence(self) -> list[dict[str, Any]]:
        lines = (self.shelf / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def office(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    emulator.clear_faults()
    emulator.reset()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    iam = emulator.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    for name in ("onboard", "break_glass"):
        policy = (ROOT / f"examples/policies/{name}.json").read_text(encoding="utf-8")
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=policy)
    emulator.client("s3").create_bucket(Bucket="example-break-glass-evidence")
    shelf = tmp_path_factory.mktemp("shelf")
    project = adapted(shutil.copytree(PROJECT, tmp_path_factory.mktemp("git") / "awx-project"), shelf)
    paths = [installed_collection, *map(Path, os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:])]
    collections = [
        path / "ansible_collections" / name for path, name in zip(paths, ("keysmith", "amazon"), strict=True)
    ]
    awx = Awx(project, collections, tmp_path_factory.mktemp("awx"), {"AWS_ENDPOINT_URL": emulator.endpoint})
    with Api(TOKEN) as api:
        yield Office(
            awx, api, Ansible(installed_collection, tmp_path_factory.mktemp("laptop"), emulator), emulator, shelf
        )
    emulator.reset()


def adapted(project: Path, shelf: Path) -> Path:
    """What the README has people put in: keys whose private half is here, and a folder that is exposed to jobs."""
    for name in ("rosters/people.yml", "settings/break_glass.yml"):
        text = (project / name).read_text(encoding="utf-8").replace(AGE_IN_THE_EXAMPLE, owners.age().public)
        (project / name).write_text(text.replace("/var/lib/keysmith/break-glass/", f"{shelf}/"), encoding="utf-8")
    with (project / "settings/break_glass.yml").open("a", encoding="utf-8") as settings:
        settings.write("break_glass_alarms: false\n")
    return project


def message(ended: Ended, task: str) -> str:
    (result,) = ended.results(task, "runner_on_failed")
    return " ".join(str(result["msg"]).split())


# job number: who launched, the approval before it, how it is linked; and what is told, or requester and approver
BY = {"by": "john"}
ASKED: dict[str, tuple[Any, ...]] = {
    "approved": ("jane", BY, "success_nodes", "jane john"),
    "by the requester": ("jane", {"by": "Jane"}, "success_nodes", "jane asked for it and approved it as well"),
    "denied": ("jane", {**BY, "status": "failed"}, "success_nodes", "AWX knows of no approver of this job"),
    "approved and linked always": ("jane", BY, "always_nodes", "AWX knows of no approver of this job"),
    "a job and no approval": ("jane", {**BY, "type": "job"}, "success_nodes", "AWX knows of no approver of this job"),
    "approver was deleted": ("jane", {}, "success_nodes", "AWX knows of no approver of this job"),
    "launched by a schedule": (None, BY, "success_nodes", "AWX knows of no requester of this job"),
}


# The approver himself, what the answers of AWX are kept in, and what the role reckons with.
BY_HAND = ("break_glass_approver", "keysmith_approvals", "__break_glass_same_person", "ansible_lookup_url_unix_socket")


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, str]:
    """All these jobs in one process: each is a host with the number that AWX gave its job."""
    for number, (by, approved, link, _told) in enumerate(ASKED.values(), 100):
        office.api.workflow(number, by, approved, link)
    office.api.alone(200, "jane")
    numbers = dict(zip(ASKED, range(100, 200), strict=False)) | {"no workflow": 200, "unknown to AWX": 404}
    ask = {"include_tasks": {"file": str(office.project / "tasks/ask_awx.yml")}}
    tell = {"name": "tell", "debug": {"msg": ["{{ awx_job_id }}", "{{ ansible_failed_result.msg | default(names) }}"]}}
    tell["vars"] = {"names": "{{ keysmith_requester | default('') }} {{ keysmith_approver | default('') }}"}
    hosts = {
        f"job{number}": {"awx_job_id": number, "ansible_connection": "local", "ansible_pipelining": True}
        for number in numbers.values()
    }
    office.api.workflow(300, "jane", BY)
    hosts["job300"] = {**hosts["job100"], "awx_job_id": 300, **ANSWERS, **dict.fromkeys(BY_HAND, "ceo")}
    numbers["given by hand"] = 300
    (office.laptop.folder / "jobs.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{"block": [ask, tell], "rescue": [tell]}]}]
    (office.laptop.folder / "ask.yml").write_text(yaml.safe_dump(play, sort_keys=False), encoding="utf-8")
    environment = {"CONTROLLER_HOST": office.api.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}
    run = office.laptop.playbook("ask.yml", "-i", "jobs.yml", "-f", "3", "-vvvv", environment=environment)
    assert leaks({"output": run.stdout + run.stderr}, [TOKEN]) == []
    said = {int(number): " ".join(text.split()) for number, text in (one["msg"] for one in run.results("tell"))}
    return {name: said[number] for name, number in numbers.items()}


@pytest.mark.parametrize("how", ASKED)
def test_only_a_workflow_that_somebody_else_approved_may_open(how: str, told: dict[str, str]) -> None:
    assert ASKED[how][-1] in told[how]


def test_no_variable_takes_the_place_of_what_awx_says(told: dict[str, str]) -> None:
    assert (
        f"these cannot be given by hand: {', '.join(sorted(BY_HAND))}. Requester and approver" in told["given by hand"]
    )


def test_a_job_by_itself_and_one_that_awx_does_not_show_are_refused(told: dict[str, str]) -> None:
    assert "AWX knows of no approver of this job. Launch the workflow" in told["no workflow"]
    assert "AWX did not say who approved (HTTP Error 404). Look whether" in told["unknown to AWX"]


def manifest(shelf: Path) -> dict[str, Any]:
    """What provisioning leaves on the shelf and opening reads, for one of the users."""
    sealed = {
        "user": "emergency-1",
        "store": "file",
        "sealed_to": ["age1..."],
        "threshold": None,
        "fingerprint": "f00d",
    }
    kinds = ("console-password", "mfa-seed")
    handovers = [{**sealed, "kind": kind, "place": f"{shelf}/emergency-1.{kind}.csv.age"} for kind in kinds]
    return {"sign_in_url": "https://example.signin.aws.amazon.com/console", "handovers": handovers}


def test_break_glass_is_opened_by_whom_awx_knows(office: Office) -> None:
    (office.shelf / "manifest.json").write_text(json.dumps(manifest(office.shelf)), encoding="utf-8")
    office.api.workflow(301, "jane", BY)
    launch = {"awx_job_id": 301, "awx_user_name": "jane"}
    answers = {**ANSWERS, "break_glass_hours": 2}
    opened = office.run("break_glass_open.yml", office.asks(), answers=answers, launch=launch)
    assert opened.status == "successful", opened.stdout[-3000:]
    (record,) = [one for one in office.evidence() if one["event"] == "opened"]
    assert (record["fields"]["requester"], record["fields"]["approver"]) == ("jane", "john")
    assert record["fields"]["ticket"] == "INC-4711"
    own, by_role = office.signed()
    assert own == {"sts:AssumeRole"}
    assert by_role
    assert not any(action.startswith("iam:") for action in by_role), by_role
    given = opened.given()
    hidden = [TOKEN, office.aws.environment["AWS_SECRET_ACCESS_KEY"]]
    assert leaks(opened.kept() | files_below(opened.folder, given), hidden) == []


@dataclass(frozen=True)
class Delivery:
    drift: Ended
    onboarded: Ended
    signed: tuple[set[str], set[str]]
    assumed: list[dict[str, Any]]
    dry: Ended
    run: Ended
    secret: dict[str, Any]
    at: Path


@pytest.fixture(scope="module")
def delivery(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    drift = office.run("onboard_drift.yml", check=True, diff=True)
    onboarded = office.run("onboard.yml", diff=True, answers=drift.stats["artifact_data"])
    signed = office.signed()
    assumed = [call["parameters"] for call in office.aws.log() if call["action"] == "sts:AssumeRole"]
    at = tmp_path_factory.mktemp("host") / "erp.json"
    key = Credential(TYPES["age identity"], {"identity": owners.age().private})
    answers = {"deliver_user": "erp-export", "deliver_store": "secretsmanager", "deliver_path": str(at)}
    given = {"answers": {**answers, "deliver_owner": ""}, "diff": True, "inventory": LOCALHOST}
    given["variables"] = {"deliver_hosts": "localhost"}
    dry = office.run("deliver_key.yml", key, check=True, **given)
    assert not at.exists()
    run = office.run("deliver_key.yml", key, **given)
    secret = json.loads(at.read_text("utf-8")) if at.exists() else {}
    return Delivery(drift, onboarded, signed, assumed, dry, run, secret, at)


def test_calls_are_signed_by_the_role_alone(office: Office, delivery: Delivery) -> None:
    assert delivery.onboarded.status == "successful", delivery.onboarded.stdout[-3000:]
    own, by_role = delivery.signed
    assert own == {"sts:AssumeRole"}
    assert {"iam:CreateUser", "iam:CreateAccessKey", "secretsmanager:CreateSecret"} <= by_role
    for given in delivery.assumed:
        assert given["RoleArn"] == f"arn:aws:iam::{office.aws.account_id}:role/{ROLE}"
        assert (given["ExternalId"], given["RoleSessionName"]) == ("ext-1", "awx-iam")


def test_a_drift_is_a_failure_that_says_what_it_is(delivery: Delivery) -> None:
    said = message(delivery.drift, "Fail where the account is not what the roster says")
    assert "The account is not what rosters/people.yml says:" in said
    assert "(Automation, Developers, erp-export, jane.doe)" in said or "(Developers, Automation, jane.doe" in said


@pytest.mark.parametrize("playbook", ["onboard.yml", "onboard_survey.yml"])
def test_a_run_refuses_another_revision_than_the_dry_run_showed(
    playbook: str, office: Office, delivery: Delivery
) -> None:
    shown = delivery.drift.stats["artifact_data"]
    assert shown == {"keysmith_shown_revision": REVISION}
    merged = office.run(playbook, answers=shown, launch={"awx_project_revision": "decade34" * 5})
    said = message(merged, "Refuse another project than the dry run showed")
    assert f"the dry run was of revision {REVISION} of the project, and this job is of decade34" in said
    assert office.aws.log() == []


def test_the_answers_of_a_workflows_form_make_a_dry_run(office: Office) -> None:
    """A form filled in as far as it must be; AWX gives the other questions' defaults, empty ones too."""
    (form,) = [one["survey_spec"] for one in CONFIG["controller_workflows"] if one["name"] == "IAM onboard one"]
    answers = {question["variable"]: question["default"] for question in form["spec"] if "default" in question}
    answers |= {"onboard_survey_credentials": [answers["onboard_survey_credentials"]]}
    answers |= {"onboard_survey_name": "mary.major", "onboard_survey_owner": "mary.major@example.com"}
    dry = office.run("onboard_survey.yml", answers=answers, check=True, diff=True)
    assert dry.status == "successful", dry.stdout[-3000:]
    assert dry.stats["artifact_data"] == {"keysmith_shown_revision": REVISION}
    plan = " ".join(dry.stdout.split())
    assert "+ user mary.major" in plan
    assert "secret iam/mary.major/console-password" in plan


def test_a_key_is_opened_in_the_job_and_laid_on_the_host(office: Office, delivery: Delivery) -> None:
    assert delivery.run.status == "successful", delivery.run.stdout[-3000:]
    (active,) = office.aws.client("iam").list_access_keys(UserName="erp-export")["AccessKeyMetadata"]
    assert delivery.secret["access_key_id"] == active["AccessKeyId"]
    known = {one["value"] for one in office.aws.secrets()}
    assert delivery.secret["secret_access_key"] in known
    assert delivery.at.stat().st_mode & 0o777 == 0o600


def test_a_dry_run_tells_whether_it_would_open(delivery: Delivery) -> None:
    assert delivery.dry.status == "successful", delivery.dry.stdout[-3000:]
    assert "opens, sealed by age. It would be laid at" in " ".join(delivery.dry.stdout.split())


UNDELIVERED = {
    "name": ({"deliver_user": "../other"}, '"User name" has to be the name of an IAM user'),
    "store": ({"deliver_store": "file"}, '"Store" has to be one of secretsmanager, ssm_parameter'),
    "path": ({"deliver_path": "/srv/../etc/shadow"}, '"Path on the host" has to be the absolute path of a file'),
    "everywhere": ({}, "without a limit it would be laid on everywhere, name, path, store"),
}


def test_a_key_goes_to_no_host_that_was_not_chosen_and_to_no_odd_place(office: Office) -> None:
    """A host for each bad answer; the last one's are good, but nobody has chosen between it and the others."""
    good = {"ansible_connection": "local", "deliver_user": "erp-export", "deliver_path": "/nowhere/erp.json"}
    hosts = {name: {**good, **bad} for name, (bad, _said) in UNDELIVERED.items()}
    inventory = office.laptop.folder / "workloads.yml"
    inventory.write_text(yaml.safe_dump({"workloads": {"hosts": dict(sorted(hosts.items()))}}), encoding="utf-8")
    run = office.laptop.playbook(str(PROJECT / "deliver_key.yml"), "-i", str(inventory))
    said = " ".join(run.stdout.split())
    for _bad, told in UNDELIVERED.values():
        assert f"Nothing was delivered, since {told}. Correct the answer" in said.replace('\\"', '"')
    assert "Make a folder" not in said


def test_neither_key_is_in_what_awx_keeps(office: Office, delivery: Delivery) -> None:
    secrets = [*to_hide(office.aws.secrets(), owners.age().private), office.aws.environment["AWS_SECRET_ACCESS_KEY"]]
    for ended in (delivery.onboarded, delivery.dry, delivery.run):
        assert leaks(ended.kept() | files_below(ended.folder, ended.given()), secrets) == []
        assert not list(ended.folder.rglob("opened"))


# Which key, what is kept, and what the program says.
SEALED_TO = {"age": owners.age, "ssh": lambda: owners.ssh("ed25519"), "openpgp": lambda: gpg.owner("ed25519")}
CASES = {
    "its own age key": ("age", "age", "opens, sealed by age"),
    "its own SSH key": ("ssh", "ssh", "opens, sealed by age"),
    "its own OpenPGP key": ("openpgp", "openpgp", "opens, sealed by OpenPGP"),
    "another age key": ("age", "other", "does not open this text. It is sealed to another."),
    "another OpenPGP key": ("openpgp", "other openpgp", "does not open this text, or not with that passphrase."),
    "no key": ("age", "", "no private key is here. Give the job a credential of type age identity."),
    "no OpenPGP key": ("openpgp", "", "no private key is here. Give the job a credential of type OpenPGP key."),
    "a key that is none": ("age", "garbage", "does not open this text."),
}
TEXT = '{"secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzzzz"}\n'


def key_of(which: str) -> tuple[str, str]:
    """The variable by which a job gets the private key, and the key."""
    variable = "KEYSMITH_OPENPGP_KEY_FILE" if "openpgp" in which else "KEYSMITH_AGE_KEY_FILE"
    others = {"other": owners.age("other").private, "garbage": "no key", "": ""}
    if which == "other openpgp":
        return variable, gpg.owner("rsa").private
    if which == "ssh":
        return variable, owners.ssh("ed25519").file.read_text("utf-8").strip()
    return variable, others[which] if which in others else SEALED_TO[which]().private


@dataclass(frozen=True)
class Opening:
    said: str
    file: Path

    @property
    def text(self) -> str | None:
        return self.file.read_text("utf-8") if self.file.exists() else None


def opening(office: Office, folder: Path, kept: str, key: str = "", passphrase: str = "", store: str = "") -> Opening:
    """What files/open_sealed.py does of a text in AWS's store, with this key."""
    store, name = store or "secretsmanager", f"iam/{folder.name}"
    if kept and store == "secretsmanager":
        office.aws.client(store).create_secret(Name=name, SecretString=kept)
    elif kept:
        office.aws.client("ssm").put_parameter(Name=f"/{name}", Value=kept, Type="SecureString")
    variable, private = key_of(key)
    (folder / "key").write_text(private, encoding="utf-8")
    (folder / "passphrase").write_text(passphrase, encoding="utf-8")
    files = {variable: str(folder / "key")} if private else {}
    place = name if store == "secretsmanager" else f"/{name}"
    command = [sys.executable, str(PROJECT / "files/open_sealed.py"), f"--store={store}", f"--name={place}"]
    environment = {**os.environ, **office.aws.environment, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [*command, f"--to={folder / 'opened'}"],
        env={**environment, **files, "KEYSMITH_OPENPGP_PASSPHRASE_FILE": str(folder / "passphrase")},
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"{done.stdout}{done.stderr}"
    assert (done.returncode == 0) == (folder / "opened").exists(), said
    assert "Traceback" not in said
    assert leaks({"said": said}, ["wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzzzz", *([private] if private else [])]) == []
    return Opening(said, folder / "opened")


@pytest.mark.parametrize("case", CASES)
def test_what_is_sealed_opens_with_its_own_key_alone(case: str, office: Office, tmp_path: Path) -> None:
    to, key, said = CASES[case]
    opened = opening(office, tmp_path, sealed_to(to), key)
    assert said in opened.said
    assert opened.text == (TEXT if "opens, sealed" in said else None)


def sealed_to(which: str) -> str:
    return seal(TEXT.encode(), [parse_recipient(SEALED_TO[which]().public)])


def test_a_text_that_is_not_sealed_is_laid_out_as_it_is(office: Office, tmp_path: Path) -> None:
    opened = opening(office, tmp_path, TEXT, store="ssm_parameter")
    assert "opens, not sealed" in opened.said
    assert opened.text == TEXT
    assert opened.file.stat().st_mode & 0o777 == 0o600


def test_what_is_nowhere_is_told_by_its_code(office: Office, tmp_path: Path) -> None:
    assert "from secretsmanager: ResourceNotFoundException. Correct the name" in opening(office, tmp_path, "").said


def test_shares_are_for_people(office: Office, tmp_path: Path) -> None:
    shares = json.dumps({"keysmith": "shares/1", "threshold": 2, "sealed": "", "shares": []}, indent=1)
    assert "several people open it together, so no job can" in opening(office, tmp_path, shares).said


# An action plugin that stands in for a module of awx.awx: it knows the options that the schema knows, and writes down
# what it was given.
STAND_IN = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        args = dict(self._task.args)
        unknown = sorted(set(args) - set({options!r}))
        if unknown:
            return {{"failed": True, "msg": f"unknown: {{unknown}}"}}
        with open({calls!r}, "a") as file:
            file.write(json.dumps([{kind!r}, args]) + "\\n")
        return {{"changed": True}}
"""
# Options of the modules that are about this run and not about what AWX is to be.
OF_THE_RUN = {"project": {"update_project": True, "wait": True}}


def stand_ins(folder: Path, calls: Path) -> Path:
    plugins = folder / "ansible_collections/awx/awx/plugins/action"
    plugins.mkdir(parents=True)
    known = {
        kind: [*awx_config.schema(kind)["properties"], *OF_THE_RUN.get(kind, {})] for kind in awx_config.KINDS.values()
    }
    known["inventory_source_update"] = ["name", "inventory", "organization", "wait", "interval", "timeout"]
    for kind, options in known.items():
        text = STAND_IN.format(options=options, calls=str(calls), kind=kind)
        (plugins / f"{kind}.py").write_text(text, encoding="utf-8")
    return folder


def test_the_playbook_gives_awx_exactly_what_the_data_say(office: Office, tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    path = os.pathsep.join([str(stand_ins(tmp_path, calls)), os.environ["ANSIBLE_COLLECTIONS_PATH"]])
    run = office.laptop.playbook(str(PROJECT / "configure_awx.yml"), environment={"ANSIBLE_COLLECTIONS_PATH": path})
    assert run.rc == 0, run.stdout[-3000:]
    given = [tuple(json.loads(line)) for line in calls.read_text("utf-8").splitlines()]
    for variable, kind in awx_config.KINDS.items():
        expected = [{**one, **OF_THE_RUN.get(kind, {})} for one in CONFIG[variable]]
        assert [arguments for name, arguments in given if name == kind] == expected
    order = list(dict.fromkeys(kind for kind, _arguments in given))
    needs = [
        "execution_environment",
        "project",
        "inventory",
        "inventory_source",
        "job_template",
        "workflow_job_template",
    ]
    assert [kind for kind in order if kind in needs] == needs
    assert (
        order.index("credential_type") < order.index("credential") < order.index("job_template") < order.index("role")
    )
