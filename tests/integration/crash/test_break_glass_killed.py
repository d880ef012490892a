# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role break_glass killed at each write call of its actions, then run again; and an emergency user that works at
each of them.

Between the role's tasks, and where most is at stake within them, it is the playbook that dies, with all its processes.
At every other call of IAM it is the roster, with the very parameters that the role gave it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core import evidence
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import fingerprint
from tests.integration import owners
from tests.integration.ansible_run import Ansible
from tests.integration.break_glass import NAMES, PLAYBOOK, WHO, Glass
from tests.integration.crash import process
from tests.integration.crash.people import last_call, writes
from tests.integration.crash.test_playbook_killed import family
from tests.integration.crash.warm import Warm
from tests.integration.fresh import all_tags, fresh_group, fresh_user
from tests.integration.leaks import files_below, leaks, to_hide

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

BUCKET = "example-evidence"
GRANT, REVOKED = "keysmith-emergency-grant", "keysmith-sessions-revoked"
# More writes than any roster here has; the loops end at the first that is not held.
MOST = 40
S3, SNS = "s3:PutObject", "sns:Publish"
Kill = tuple[str, str, int]


@dataclass(frozen=True)
class Scene:
    """A folder and an account, and playbooks that start warm. ``given`` are variables of every run."""

    glass: Glass
    warm: Warm
    given: Mapping[str, Any]

    @property
    def aws(self) -> Emulator:
        return self.glass.aws

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8")

    @property
    def folder(self) -> Path:
        return self.glass.ansible.folder

    def start(self, action: str, **variables: Any) -> int:
        self.glass.write(action, **{**self.given, **variables})
        (self.folder / "given").unlink(missing_ok=True)
        environment = {"KEYSMITH_RESULTS": os.devnull, "KEYSMITH_GIVEN": str(self.folder / "given")}
        return self.warm.start([PLAYBOOK, "-e", "@variables.yml"], self.folder, self.folder / "output", environment)

    def run(self, action: str, **variables: Any) -> str:
        """Run an action to its end, which is a good one; what it printed."""
        assert self.warm.wait(self.start(action, **variables)) == 0, self.output[-3000:]
        return self.output

    def killed(self, action: str, kill: Kill, **variables: Any) -> None:
        """Kill an action, all its processes, at a call: which one, ``hold`` after or ``hold_before`` it, how many are
        let pass."""
        call, kind, skip = kill
        self.aws.fault(action=call, kind=kind, skip=skip)
        running = self.start(action, **variables)
        self.aws.wait_for_held(timeout=90)
        for pid in family(running):
            os.kill(pid, signal.SIGKILL)
        assert self.warm.wait(running) == -signal.SIGKILL
        self.aws.clear_faults()
        self.aws.release()

    def roster_given(self) -> dict[str, Any]:
        """What the role gave the roster in the last run."""
        calls = map(json.loads, (self.folder / "given").read_text(encoding="utf-8").splitlines())
        (given,) = [arguments for name, arguments in calls if name == "keysmith.iam.roster"]
        return {key: value for key, value in given.items() if not key.startswith("_ansible")}

    def roster(self, params: Mapping[str, Any]) -> None:
        ran = process.run("roster", params, self.aws.environment, self.folder)
        assert ran.rc == 0, ran.printed

    def roster_killed(self, params: Mapping[str, Any], nth: int) -> str | None:
        """Kill the roster at its nth write, from 0; which call that was, None where there is no nth."""
        self.aws.fault(action="write", kind="hold", skip=nth)
        running = process.start("roster", params, self.aws.environment, self.folder)
        while not (held := self.aws.held()):
            if running.ended():
                assert running.wait().rc == 0
                self.aws.clear_faults()
                return None
            time.sleep(0.005)
        running.kill()
        self.aws.release()
        self.aws.clear_faults()
        return str(held[0]["action"])

    def anew(self) -> None:
        """An empty account, an empty bucket, no files."""
        self.aws.clear_faults()
        self.aws.reset()
        self.aws.set_trail_delay(0)
        self.aws.client("s3").create_bucket(Bucket=BUCKET)
        self.aws.client("sns").create_topic(Name="desk")
        shutil.rmtree(self.glass.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def warm(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ansible, Warm]]:
    ansible = Ansible(installed_collection, tmp_path_factory.mktemp("killed"), emulator)
    with Warm(ansible.environment(AWS_REGION="us-east-1")) as parent:
        yield ansible, parent


@pytest.fixture
def scene(aws: Emulator, warm: tuple[Ansible, Warm]) -> Scene:
    ansible, parent = warm
    topic = f"arn:aws:sns:us-east-1:{aws.account_id}:desk"
    told = Scene(Glass(ansible), parent, {"evidence_bucket": BUCKET, "notify_topic_arn": topic})
    told.anew()
    return told


@dataclass(frozen=True)
class Witness:
    """Opens what lies sealed with the custodians' keys, and holds it against what AWS has now."""

    scene: Scene

    @property
    def iam(self) -> Any:
        return self.scene.aws.client("iam")

    def works(self) -> list[str]:
        """The users that could sign in now and do all: by the texts at their places, not by any other."""
        group = fresh_group(self.iam, "EmergencyAccess")
        if not group.get("attached_policies"):
            return []
        members = [one["user_name"] for one in group["users"]]
        return [name for name in NAMES if name in members and self.has_password(name) and self.has_device(name)]

    def has_password(self, name: str) -> bool:
        row = self._opened(name, "console-password", pyrage.x25519.Identity.from_str(owners.age().private))
        known = [one["value"] for one in self.scene.aws.secrets() if (one["kind"], one["user"]) == ("password", name)]
        return bool(row) and row["Password"] == known[-1] and bool(fresh_user(self.iam, name)["console"])

    def has_device(self, name: str) -> bool:
        row = self._opened(name, "mfa-seed", pyrage.ssh.Identity.from_buffer(owners.ssh("ed25519").file.read_bytes()))
        on = [one["serial_number"] for one in fresh_user(self.iam, name)["mfa_devices"]]
        seeds = [one["value"] for one in self.scene.aws.secrets() if on and one["id"] == on[0]]
        return bool(row) and len(on) == 1 and row["Seed"] == seeds[-1]

    def _opened(self, name: str, kind: str, identity: Any) -> dict[str, str]:
        file = self.scene.glass.folder / f"{name}.{kind}.csv.age"
        if not file.exists():
            return {}
        (row,) = csv.DictReader(io.StringIO(pyrage.decrypt(file.read_bytes(), [identity]).decode()))
        return row

    def settled(self, where: str) -> None:
        """Each user has one password and one device, as they lie sealed, and nothing is left of what was killed."""
        assert self.works() == list(NAMES), where
        devices = self.iam.list_virtual_mfa_devices(AssignmentStatus="Any")["VirtualMFADevices"]
        assert len(devices) == len(NAMES), where
        for name in NAMES:
            user = fresh_user(self.iam, name)
            assert (user["groups"], user["access_keys"]) == (["EmergencyAccess"], []), where
            assert set(user.get("inline_policies", {})) <= {REVOKED}, where
            assert self.state(name) == "sealed", where
        assert [path.name for path in self.scene.glass.folder.rglob("*") if "~" in path.name] == [], where

    def state(self, name: str) -> str:
        return all_tags(self.iam, name)["keysmith:break-glass"].split()[0]

    def written_down(self, where: str, whole: bool = True) -> None:
        """The evidence is one chain, and so is its copy, the ``whole`` of it or its beginning; the manifest is of the
        texts that are there, and each of them is in the evidence."""
        file = (self.scene.glass.folder / "evidence.jsonl").read_bytes()
        assert evidence.verify(file).problems == (), where
        s3 = self.scene.aws.client("s3")
        names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        copy = b"".join(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names)
        assert copy == file if whole else file.startswith(copy), where
        handovers = json.loads((self.scene.glass.folder / "manifest.json").read_text(encoding="utf-8"))["handovers"]
        marks = {fingerprint((self.scene.glass.folder / one["place"]).read_text(encoding="utf-8")) for one in handovers}
        assert {one["fingerprint"] for one in handovers} == marks, where
        told = [one for record in self.scene.glass.evidence() for one in record["fields"].get("handovers", [])]
        assert marks <= {one["fingerprint"] for one in told}, where
        assert len(marks) == len(handovers) == 2 * len(NAMES), where


@pytest.fixture
def witness(scene: Scene) -> Witness:
    return Witness(scene)


def events(scene: Scene, since: int = 0) -> list[str]:
    return [record["event"] for record in scene.glass.evidence()[since:]]


def test_alarms_that_a_killed_run_began_are_there_after_the_next(scene: Scene) -> None:
    given = {"alarms": True, "alarm_email": "desk@example.com", "sign_in_regions": ["us-east-1"]}
    for kind in ("hold_before", "hold"):
        scene.anew()
        scene.killed("provision", ("cloudformation:CreateStack", kind, 0), **given)
        scene.run("provision", **given)
        (stack,) = scene.aws.client("cloudformation").describe_stacks()["Stacks"]
        assert (stack["StackStatus"], stack["EnableTerminationProtection"]) == ("CREATE_COMPLETE", True), kind
        since = last_call(scene.aws)
        scene.run("provision", **given)
        assert writes(scene.aws, since) == [], kind


def test_provisioning_killed_between_its_tasks(scene: Scene, witness: Witness) -> None:
    for kill in ((S3, "hold_before", 0), (S3, "hold", 0), ("iam:EnableMFADevice", "hold", 1)):
        scene.anew()
        scene.killed("provision", kill)
        scene.run("provision")
        witness.settled(str(kill))
        witness.written_down(str(kill), whole=kill[1] != "hold_before")
        assert events(scene) == ["provisioned"], kill
    since = last_call(scene.aws)
    scene.run("provision")
    assert writes(scene.aws, since) == []


def test_provisioning_killed_at_each_call_of_iam(scene: Scene, witness: Witness) -> None:
    scene.run("provision")
    params, calls = scene.roster_given(), []
    for nth in range(MOST):
        scene.anew()
        call = scene.roster_killed(params, nth)
        if call is None:
            break
        calls.append(call)
        scene.roster(params)
        witness.settled(f"write {nth + 1}, {call}")
    assert (len(calls), calls[0], calls[-1]) == (17, "iam:CreateGroup", "iam:TagUser")


CLOSING: list[Kill] = [
    (S3, "hold_before", 0),
    (S3, "hold", 0),
    ("iam:EnableMFADevice", "hold_before", 0),
    (SNS, "hold", 0),
    (S3, "hold", 1),
    (S3, "hold_before", 2),
    (S3, "hold", 2),
]


def test_closing_killed_between_its_tasks(scene: Scene, witness: Witness) -> None:
    scene.run("provision")
    outputs = {}
    for number, kill in enumerate(CLOSING):
        since, target = len(events(scene)), NAMES[number % 2]
        scene.killed("close", kill, rotate=True, user=target)
        outputs[str(kill)] = scene.output
        assert NAMES[(number + 1) % 2] in witness.works(), kill
        scene.run("close")
        witness.settled(str(kill))
        witness.written_down(str(kill), whole=kill != (S3, "hold_before", 2))
        assert events(scene, since) == ["closing", "notified", "closed"], kill
        outputs[f"{kill} again"] = scene.output
    assert "Nothing is open" in scene.output
    hidden = to_hide(scene.aws.secrets(), owners.age().private, owners.ssh("ed25519").private)
    assert leaks({**outputs, **files_below(scene.folder)}, hidden) == []


def test_closing_killed_at_each_call_of_iam(scene: Scene, witness: Witness) -> None:
    scene.run("provision")
    scene.run("close", rotate=True, user=NAMES[0])
    params, calls = scene.roster_given(), []
    for nth in range(MOST):
        call = scene.roster_killed(params, nth)
        if call is None:
            break
        calls.append(call)
        assert NAMES[1] in witness.works(), call
        if nth:  # the first of them is the state
            assert witness.state(NAMES[0]) == ("sealed" if len(calls) == 10 else "closing"), call
        scene.roster(params)
        witness.settled(f"write {nth + 1}, {call}")
    assert (len(calls), calls[0], calls[-1]) == (10, "iam:TagUser", "iam:TagUser")


DRILLS: list[tuple[Kill, Kill, str]] = [
    ((S3, "hold", 0), (S3, "hold", 0), "drill"),
    ((SNS, "hold", 0), (S3, "hold", 3), "close"),
]


def test_a_drill_killed_at_what_it_writes_down(scene: Scene, witness: Witness) -> None:
    """Its opening, the sign of life, the end. Its closing is that of close."""
    scene.run("provision")
    for name, (at_opening, at_end, finish) in zip(NAMES, DRILLS, strict=True):
        since = len(events(scene))
        scene.killed("drill", at_opening, **WHO)
        scene.run("drill", **WHO)
        assert events(scene, since) == ["drill_opened", "notified"], at_opening
        assert witness.works() == list(NAMES)
        assert scene.aws.sign_in(name, scene.glass.secrets_of(name)[0])["ok"]
        scene.killed("drill", at_end, **WHO)
        scene.run(finish, **WHO)
        assert events(scene, since + 2) == ["sign_of_life", "closing", "notified", "drill_closed"], at_end
        witness.settled(str(at_end))
        witness.written_down(str(at_end))


def test_a_grant_for_a_time_killed_at_each_write(scene: Scene, witness: Witness) -> None:
    scene.run("provision", hardened=True)
    sealed = scene.roster_given()
    scene.killed("open", (S3, "hold", 0), hardened=True, **WHO)
    scene.run("open", hardened=True, **WHO)
    assert events(scene) == ["provisioned", "opened", "notified"]
    granted, until = scene.roster_given(), scene.glass.evidence()[1]["fields"]["until"]
    calls = []
    for nth in range(MOST):
        scene.roster(sealed)
        call = scene.roster_killed(granted, nth)
        if call is None:
            break
        calls.append(call)
        scene.roster(granted)
        (statement,) = fresh_user(witness.iam, NAMES[0])["inline_policies"][GRANT]["Statement"]
        assert statement["Condition"]["DateLessThan"]["aws:CurrentTime"] == until
        assert witness.state(NAMES[0]) == "opened"
    assert calls == ["iam:TagUser", "iam:PutUserPolicy"]
    scene.killed("close", ("iam:DeleteUserPolicy", "hold", 0), hardened=True)
    assert witness.state(NAMES[0]) == "closing"
    scene.run("close", hardened=True)
    scene.run("provision")
    witness.settled("closed again")
    witness.written_down("closed again")


def ended(pid: int) -> bool:
    """Whether the process waits for nothing but to be asked how it ended."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def test_at_each_write_call_of_a_rotation_an_emergency_user_works(scene: Scene, witness: Witness) -> None:
    """Both get new secrets in one run, which stops at each of its writes until all was looked at."""
    scene.run("provision")
    scene.aws.clear_log()
    scene.aws.fault(action="write", kind="hold", times=0)
    running = scene.start("close", rotate=True)
    held: dict[int, tuple[str, list[str]]] = {}
    while not ended(running):
        for call in scene.aws.held():
            held.setdefault(call["n"], (call["action"], witness.works()))
            scene.aws.release(call["n"])
        time.sleep(0.005)
    seen = list(held.values())
    assert scene.warm.wait(running) == 0, scene.output[-3000:]
    scene.aws.clear_faults()
    assert [call for call, _works in seen] == writes(scene.aws)
    assert [call for call, works in seen if not works] == []
    assert {tuple(works) for _call, works in seen} == {NAMES, NAMES[:1], NAMES[1:]}
    witness.settled("rotated")
