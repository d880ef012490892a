# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of two emergency users by the role break_glass: provisioned, checked, opened, closed, drilled.

One account and one folder, one run after the other; the tests look at what each run left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import Ansible, Run, run_module
from tests.integration.break_glass import NAMES, NOTHING_LISTENS, WHO, Glass, told, words
from tests.integration.fresh import all_tags, fresh_group, fresh_user
from tests.integration.leaks import files_below, leaks, to_hide

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

LIKE_A_SEED = "JBSWY3DPEHPK3PXP" * 2
DENY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'


@dataclass(frozen=True)
class Step:
    """A run, the calls and the writes in AWS's log, and the records of the evidence after it."""

    run: Run
    calls: int
    writes: list[str]
    records: list[dict[str, Any]]

    @property
    def in_iam(self) -> list[str]:
        return [action for action in self.writes if action.startswith("iam:")]

    @property
    def events(self) -> list[str]:
        return [record["event"] for record in self.records]


@dataclass(frozen=True)
class Story:
    """The steps by their names, in their order, and what was seen between them."""

    glass: Glass
    steps: dict[str, Step]
    seen: dict[str, Any]


class Teller:
    """Runs step after step on one account."""

    def __init__(self, glass: Glass) -> None:
        self.glass, self.aws, self.iam = glass, glass.aws, glass.aws.client("iam")
        self.story = Story(glass, {}, {})
        self.watch = {
            "sign_in_regions": ["us-east-1", "us-east-2"],
            "alarms": True,
            "alarm_queue": "keysmith-break-glass",
            "notify_topic_arn": self.aws.client("sns").create_topic(Name="desk")["TopicArn"],
        }
        self.aws.set_trail_delay(0)

    def step(self, name: str, action: str, *options: str, **variables: Any) -> None:
        environment = NOTHING_LISTENS if variables.get("offline") else None
        who = WHO if action in ("open", "drill") else {}
        run = self.glass.run(action, *options, environment=environment, **(self.watch | who | variables))
        log = self.aws.log()
        writes = [one["action"] for one in log if one["write"]]
        self.story.steps[name] = Step(run, len(log), writes, self.glass.evidence())

    def provision(self) -> None:
        self.step("provision dry", "provision", "--check", "--diff")
        self.story.seen["files of a dry run"] = list(self.glass.folder.glob("*"))
        self.step("provision", "provision", "--diff")
        self.story.seen["first secrets"] = {name: self.glass.secrets_of(name) for name in NAMES}
        self.story.seen["group"] = fresh_group(self.iam, "EmergencyAccess")
        self.step("provision again", "provision")
        self.step("check", "check")

    def open(self) -> None:
        self.step("open dry", "open", "--check")
        # The same ticket as AWX gives it, and as the command line does.
        self.step("open", "open", ticket=4711)
        self.step("open again", "open", ticket="4711")
        self.step("open for another", "open", user=NAMES[0], ticket="INC-1")
        self.step("provision what is open", "provision")
        self.aws.set_clock(5 * 3600)
        self.step("check when overdue", "check")
        self.aws.set_clock(0)
        self.step("open offline", "open", ticket="INC-2", offline=True)
        self.step("open a third", "open", ticket="INC-3")
        self.step("asked for by another", "open", ticket=4711, requester="max.moe@example.com")

    def close(self) -> None:
        first, seen = NAMES[0], self.story.seen
        password, _seed = seen["first secrets"][first]
        seen["signed in"] = self.aws.sign_in(first, password, region="us-east-2")
        left_behind = self.iam.create_access_key(UserName=first)["AccessKey"]
        seen["left behind"] = left_behind["SecretAccessKey"]
        # Both have a name by which evidence would be refused.
        own = {"aws_access_key_id": left_behind["AccessKeyId"], "aws_secret_access_key": seen["left behind"]}
        self.aws.client("sts", **own).get_session_token()
        self.iam.put_user_policy(UserName=first, PolicyName=LIKE_A_SEED, PolicyDocument=DENY)
        self.step("close dry", "close", "--check", "--diff")
        self.step("close", "close", user=first)
        seen["closed"] = fresh_user(self.iam, first)
        seen["signed in by the old"] = self.aws.sign_in(first, password)
        self.step("close the other", "close")
        self.step("close again", "close", user=None)

    def drill(self) -> None:
        self.step("drill", "drill", ticket="DRILL-1")
        self.story.seen["drilled"] = self.glass.secrets_of(NAMES[0])
        self.story.seen["signed in for a drill"] = self.aws.sign_in(NAMES[0], self.story.seen["drilled"][0])
        self.step("drill ends", "drill")
        self.step("drill of the other", "drill", ticket="DRILL-2")
        self.step("drill given up", "close")
        self.step("check at last", "check")
        self.story.seen["states"] = [all_tags(self.iam, name)["keysmith:break-glass"].split()[0] for name in NAMES]


@pytest.fixture(scope="module")
def story(installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    emulator.clear_faults()
    emulator.reset()
    teller = Teller(Glass(Ansible(installed_collection, tmp_path_factory.mktemp("story"), emulator)))
    for act in (teller.provision, teller.open, teller.close, teller.drill):
        act()
    yield teller.story
    emulator.reset()


REFUSED = {
    "open for another": "Nothing was opened, since way-in-1 is open for 4711, by jane.doe@example.com.",
    "open a third": "Nothing was opened, since each of way-in-1, way-in-2 is open or being closed.",
    "provision what is open": "Nothing was changed, since these are open, or being closed: way-in-1.",
    "check when overdue": "was to end at",
}
RENEWED = ["CreateVirtualMFADevice", "EnableMFADevice", "DeactivateMFADevice", "DeleteVirtualMFADevice"]


def test_each_step_ends_as_it_should(story: Story) -> None:
    refused = {name: told(step.run) for name, step in story.steps.items() if step.run.rc != 0}
    assert list(refused) == [name for name in story.steps if name in REFUSED], refused
    assert [name for name, sentence in REFUSED.items() if sentence not in refused[name]] == [], refused
    assert [step.writes for name, step in story.steps.items() if name in REFUSED] == [[]] * len(REFUSED)


def test_dry_runs_write_nothing(story: Story) -> None:
    dry = {name: story.steps[name] for name in story.steps if name.endswith(" dry")}
    assert {name: (step.writes, step.events) for name, step in dry.items()} == {
        "provision dry": ([], []),
        "open dry": ([], ["provisioned"]),
        "close dry": ([], ["provisioned", "opened", "notified", "opened", "asked_again"]),
    }
    assert story.seen["files of a dry run"] == []


def test_provisioned_once_and_ready(story: Story) -> None:
    group = story.seen["group"]
    assert [one["policy_name"] for one in group["attached_policies"]] == ["AdministratorAccess"]
    assert list(group["inline_policies"]) == ["keysmith-demand-mfa"]
    assert [one["user_name"] for one in group["users"]] == list(NAMES)
    assert story.seen["signed in"] == {"ok": True, "password_reset_required": False, "mfa_required": True}
    issued = {secret["value"] for secret in story.glass.aws.secrets()}
    for _password, seed in [*story.seen["first secrets"].values(), story.seen["drilled"]]:
        assert any(value in seed for value in issued)
    again = story.steps["provision again"]
    assert (again.writes, again.events) == ([], ["provisioned"])
    assert not any(result.get("changed") for result in again.run.results())
    assert told(story.steps["check"].run).startswith("Ready: way-in-1, way-in-2.")


def test_opening_makes_no_write_call_of_iam_and_offline_no_call_at_all(story: Story) -> None:
    opened, again, offline = (story.steps[name] for name in ("open", "open again", "open offline"))
    assert (opened.writes, opened.events) == (["sns:Publish"], ["provisioned", "opened", "notified"])
    assert (again.writes, again.events) == ([], opened.events)
    said = told(opened.run)
    assert said.rpartition(" Evidence")[0] == told(again.run).rpartition(" Evidence")[0]
    for part in ("https://123456789012.signin.aws.amazon.com/console", "way-in-1.mfa-seed.csv.age", "jane@ed25519"):
        assert part in said
    assert (offline.calls, offline.events[-1]) == (0, "opened")
    assert "way-in-2.console-password.csv.age" in told(offline.run)
    another = story.steps["asked for by another"].records[-1]
    assert (another["event"], another["fields"]["requester"]) == ("asked_again", "max.moe@example.com")
    fields = opened.records[1]["fields"]
    assert {name: fields[name] for name in WHO} == {**WHO, "ticket": "4711"}
    assert fields["user"] == NAMES[0]


def test_closing_renews_and_says_what_was_done(story: Story) -> None:
    closed, seen = story.steps["close"], story.seen
    assert (closed.in_iam[0], closed.in_iam[-1]) == ("iam:TagUser", "iam:TagUser")
    assert {"iam:DeleteAccessKey", "iam:UpdateLoginProfile", "iam:PutUserPolicy"} < set(closed.in_iam)
    assert [action for action in closed.in_iam if action[4:] in RENEWED] == [f"iam:{name}" for name in RENEWED]
    assert not seen["signed in by the old"]["ok"]
    assert seen["signed in for a drill"]["ok"]
    assert (seen["closed"]["access_keys"], len(seen["closed"]["mfa_devices"])) == ([], 1)
    assert list(seen["closed"]["inline_policies"]) == ["keysmith-sessions-revoked"]
    record = next(one for one in closed.records if one["event"] == "closed")
    did = [(one["event_name"], one["region"]) for one in record["fields"]["events"]]
    assert sorted(did) == [("ConsoleLogin", "us-east-2"), ("GetSessionToken", "us-east-1")]
    assert {"event_name": "GetSessionToken", "count": 1} in record["fields"]["activity"]
    assert "(left out, it looks like an MFA seed)" in record["fields"]["plan"]
    again = story.steps["close again"]
    assert (again.writes, again.events) == ([], story.steps["close the other"].events)
    assert told(again.run).startswith("Nothing is open, so nothing is closed.")


def test_a_drill_waits_for_a_sign_of_life_and_only_with_one_it_counts(story: Story) -> None:
    before = story.steps["close again"].events
    assert story.steps["drill"].events == [*before, "drill_opened", "notified"]
    assert "When it is over: break_glass_action=close" not in words(story.steps["drill"].run)
    ended = story.steps["drill ends"].events
    assert ended[len(before) + 2 :] == ["sign_of_life", "closing", "notified", "drill_closed"]
    given_up = story.steps["drill given up"]
    assert given_up.events[len(ended) :] == ["drill_opened", "notified", "closing", "notified", "closed"]
    assert given_up.records[-5]["fields"]["user"] == NAMES[1]
    checked = told(story.steps["check at last"].run)
    assert checked.startswith("Ready: way-in-1, way-in-2. user way-in-2: it was never drilled")
    assert story.seen["states"] == ["sealed", "sealed"]


def test_the_evidence_is_one_chain(story: Story) -> None:
    found = run_module(story.glass.aws, "evidence_info", {"path": str(story.glass.folder / "evidence.jsonl")})
    assert (found["intact"], found["problems"]) == (True, [])


def test_no_secret_is_anywhere(story: Story) -> None:
    places = {name: words(step.run) + json.dumps(list(step.run.tasks)) for name, step in story.steps.items()}
    private = [owners.age().private, owners.ssh("ed25519").private]
    hidden = to_hide(story.glass.aws.secrets(), *private, story.seen["left behind"])
    assert leaks({**places, **files_below(story.glass.ansible.folder)}, hidden) == []
