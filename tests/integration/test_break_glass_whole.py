# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role break_glass in its other ways, each from the making to the drill, and the policy that allows it all.

In shares: k of n custodians, roles to assume, a bucket that locks, Secrets Manager, alarms wherever the console signs
in, a drill that waits. By OpenPGP: Parameter Store, a policy of one's own, an attacker who leaves something of each
kind behind, a drill that waits in vain.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import gpg, owners
from tests.integration.ansible_run import Ansible, Run, run_module
from tests.integration.break_glass import WHO, Glass, told, words
from tests.integration.fresh import all_tags, fresh_group, fresh_user
from tests.integration.leaks import files_below, leaks, to_hide
from tests.integration.public_material import certificate, pair

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "roles/break_glass/files/open_shares.py"
POLICY = (ROOT / "examples/policies/break_glass.json").read_text(encoding="utf-8")
FIRST, SECOND = NAMES = ("emergency-1", "emergency-2")
GROUP = "EmergencyAccess"
SIGN_IN = ["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"]
ROLES = ["arn:aws:iam::210987654321:role/Emergency", "arn:aws:iam::321098765432:role/Emergency"]
BUCKET, QUEUE = "break-glass-evidence", "keysmith-break-glass"
PASSWORD, SEED = "console-password", "mfa-seed"
ADMIN, READ_ONLY = (f"arn:aws:iam::aws:policy/{name}" for name in ("AdministratorAccess", "ReadOnlyAccess"))
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
SOON = ("-e", "__break_glass_pause=1")
Secrets = tuple[str, str]


@dataclass
class Story:
    """An account with its folder; the runs by their names in their order, all that AWS was asked, and what was seen."""

    glass: Glass
    given: Mapping[str, Any]
    runs: dict[str, Run] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def aws(self) -> Emulator:
        return self.glass.aws

    @property
    def events(self) -> list[str]:
        return [record["event"] for record in self.records]

    def run(self, name: str, *options: str, **variables: Any) -> None:
        """The action is the name's first word."""
        action = name.split()[0]
        who = WHO if action in ("open", "drill") else {}
        self.runs[name] = self.glass.run(action, *options, **{**self.given, **who, **variables})
        self.calls += [{**call, "run": name} for call in self.aws.log()]
        self.records = self.glass.evidence()

    def sign_in(self, name: str, password: str, *regions: str) -> list[bool]:
        return [self.aws.sign_in(name, password, region)["ok"] for region in regions]

    def close(self) -> None:
        """What is only there until the next story begins."""
        iam = self.aws.client("iam")
        self.seen["states"] = [all_tags(iam, name)["keysmith:break-glass"].split()[0] for name in NAMES]
        self.seen["issued"] = self.aws.secrets()

    def field(self, event: str, name: str) -> Any:
        return next(one["fields"][name] for one in reversed(self.records) if one["event"] == event)


def users() -> list[dict[str, str]]:
    return [{"name": name, "owner": f"{name}@example.com"} for name in NAMES]


def is_of_device(aws: Emulator, name: str, seed: str) -> bool:
    """Whether the user's only device was made of this seed."""
    (device,) = fresh_user(aws.client("iam"), name)["mfa_devices"]
    return seed in [one["value"] for one in aws.secrets() if one["id"] == device["serial_number"]]


# In shares


def password_custodians() -> list[owners.Owner]:
    return [owners.age(), owners.ssh("ed25519"), owners.ssh("rsa")]


def seed_custodians() -> list[owners.Owner]:
    return [owners.age("joan"), owners.age("kim")]


def in_shares(aws: Emulator) -> dict[str, Any]:
    return {
        "users": users(),
        "password_custodians": {"seal_to": [one.public for one in password_custodians()], "threshold": 2},
        "mfa_custodians": {"seal_to": [one.public for one in seed_custodians()], "threshold": 2},
        "assume_roles": ROLES,
        "store": "secretsmanager",
        "evidence_bucket": BUCKET,
        "alarms": True,
        "alarm_email": "security@example.com",
        "alarm_queue": QUEUE,
        "notify_topic_arn": aws.client("sns").create_topic(Name="break-glass")["TopicArn"],
    }


def joined(aws: Emulator, folder: Path, place: str, custodians: Mapping[int, owners.Owner]) -> str:
    """What these custodians, by the numbers of their shares, open together: each by the real age, then the script."""

    def script(*arguments: str) -> str:
        command = [sys.executable, "-I", str(SCRIPT), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout or done.stderr

    text = folder / "text.json"
    text.write_text(aws.client("secretsmanager").get_secret_value(SecretId=place)["SecretString"], encoding="utf-8")
    files = []
    for number, custodian in custodians.items():
        files.append(folder / f"share-{number}")
        files[-1].write_text(custodian.open(script("share", str(text), str(number))), encoding="utf-8")
    return script("open", str(text), *map(str, files))


def secrets_in_shares(aws: Emulator, folder: Path, name: str) -> Secrets:
    """The password by two of its three custodians, the seed by both of its own."""
    first, _second, third = password_custodians()
    password = joined(aws, folder, f"break-glass/{name}/{PASSWORD}", {1: first, 3: third})
    seed = joined(aws, folder, f"break-glass/{name}/{SEED}", dict(enumerate(seed_custodians(), 1)))
    return json.loads(password)["password"], json.loads(seed)["seed"]


def rung(aws: Emulator) -> set[tuple[str, str]]:
    """The alarms in the queue since the last look, each with its region."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    found = set()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for one in messages:
            body = json.loads(one["Body"])
            found.add((body["alarm"], body["event"]["region"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def in_bucket(aws: Emulator) -> list[tuple[bytes, str, bool]]:
    """Each object of the evidence: its text, how it is locked, and whether until a date."""
    s3 = aws.client("s3")
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    found = [s3.get_object(Bucket=BUCKET, Key=name) for name in sorted(names)]
    return [(one["Body"].read(), one["ObjectLockMode"], "ObjectLockRetainUntilDate" in one) for one in found]


def signing_in_when_looked_for(story: Story, name: str, password: str) -> threading.Thread:
    """Somebody who signs in once the drill has looked in vain."""

    def wait() -> None:
        while not any(one["action"] == "iam:GetUser" and one["outcome"] == "ok" for one in story.aws.log()):
            time.sleep(0.3)
        story.seen["signed in for the drill"] = story.sign_in(name, password, "eu-north-1")

    story.aws.clear_log()
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def tell_shares(story: Story, folder: Path) -> None:
    aws, seen = story.aws, story.seen
    story.run("provision")
    seen["group"] = fresh_group(aws.client("iam"), GROUP)
    seen["confirmed"] = aws.confirm_subscriptions("security@example.com")
    story.run("check")
    story.run("open")
    old, _seed = secrets_in_shares(aws, folder, FIRST)
    rung(aws)
    seen["signed in"] = story.sign_in(FIRST, old, *SIGN_IN)
    seen["rung"] = rung(aws)
    story.run("close")
    seen["signed in by the old"] = story.sign_in(FIRST, old, SIGN_IN[0])
    story.run("check again")
    password, _seed = secrets_in_shares(aws, folder, SECOND)
    signing_in = signing_in_when_looked_for(story, SECOND, password)
    story.run("drill", *SOON, user=SECOND, drill_wait_minutes=20)
    signing_in.join(60)
    tell_end_of_shares(story, folder, (old, password))


def tell_end_of_shares(story: Story, folder: Path, old: Secrets) -> None:
    aws, seen = story.aws, story.seen
    last = [secrets_in_shares(aws, folder, name) for name in NAMES]
    seen["renewed"] = {password for password, _seed in last}.isdisjoint(old)
    seen["in force"] = [
        story.sign_in(name, password, "us-east-1") for name, (password, _) in zip(NAMES, last, strict=True)
    ]
    seen["of the device"] = [is_of_device(aws, name, seed) for name, (_, seed) in zip(NAMES, last, strict=True)]
    seen["one share"] = joined(aws, folder, f"break-glass/{FIRST}/{PASSWORD}", {2: password_custodians()[1]})
    place = {"path": str(story.glass.folder / "evidence.jsonl"), "bucket": BUCKET, "region": "us-east-1"}
    seen["evidence"] = run_module(aws, "evidence_info", place)
    seen["bucket"] = in_bucket(aws)


# By OpenPGP


def by_openpgp() -> dict[str, Any]:
    return {
        "users": users(),
        "password_custodians": {"seal_to": [gpg.owner("ed25519").public]},
        "mfa_custodians": {"seal_to": [gpg.owner("rsa").public]},
        "policies": ["AdministratorAccess", "Own"],
        "store": "ssm_parameter",
    }


def secrets_by_gpg(aws: Emulator, name: str) -> Secrets:
    ssm = aws.client("ssm")
    texts = [
        ssm.get_parameter(Name=f"/break-glass/{name}/{kind}", WithDecryption=True)["Parameter"]["Value"]
        for kind in (PASSWORD, SEED)
    ]
    password, seed = (
        json.loads(gpg.owner(key).open(text)) for key, text in zip(("ed25519", "rsa"), texts, strict=True)
    )
    return password["password"], seed["seed"]


def leave_behind(aws: Emulator, name: str) -> str:
    """Something of each kind that neither the user nor the group is to have; a new access key's secret."""
    iam = aws.client("iam")
    key = iam.create_access_key(UserName=name)["AccessKey"]
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=pair(1).public)
    iam.upload_signing_certificate(UserName=name, CertificateBody=certificate(1))
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    aws.plant_fido_device(name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=DENY)
    iam.attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=READ_ONLY)
    iam.create_group(GroupName="developers")
    iam.add_user_to_group(UserName=name, GroupName="developers")
    iam.put_group_policy(GroupName=GROUP, PolicyName="own", PolicyDocument=DENY)
    iam.attach_group_policy(GroupName=GROUP, PolicyArn=READ_ONLY)
    return str(key["SecretAccessKey"])


def look(story: Story) -> str:
    """What the check says, without a playbook."""
    folder, given = story.glass.folder, story.given
    place = {"manifest": str(folder / "manifest.json"), "evidence_path": str(folder / "evidence.jsonl")}
    custodians = {name: given[name] for name in ("password_custodians", "mfa_custodians")}
    wanted = {"users": list(NAMES), "group": GROUP, "managed_policies": given["policies"], "region": "us-east-1"}
    story.aws.clear_log()
    found = run_module(story.aws, "break_glass_info", {**wanted, **custodians, **place, "require_ready": True})
    story.calls += [{**call, "run": "check"} for call in story.aws.log()]
    assert found["failed"]
    return str(found["msg"])


def tell_openpgp(story: Story) -> None:
    aws, iam, seen = story.aws, story.aws.client("iam"), story.seen
    iam.create_policy(PolicyName="Own", Path="/own/", PolicyDocument=DENY.replace("Deny", "Allow"))
    for action in ("iam:CreateUser", "iam:CreateGroup", "iam:PutGroupPolicy"):
        aws.fault(action=action, kind="lost_reply")
    story.run("provision")
    story.run("open")
    seen["told"] = told(story.runs["open"])
    old, _seed = secrets_by_gpg(aws, FIRST)
    seen["signed in"] = story.sign_in(FIRST, old, "us-east-2")
    seen["left behind"] = leave_behind(aws, FIRST)
    seen["amiss"] = look(story)
    story.run("close")
    seen["closed"], seen["group"] = fresh_user(iam, FIRST), fresh_group(iam, GROUP)
    seen["signed in by the old"] = story.sign_in(FIRST, old, "us-east-1")
    story.run("drill in vain", *SOON, drill_wait_minutes=1)
    seen["signed in for the drill"] = story.sign_in(FIRST, secrets_by_gpg(aws, FIRST)[0], "eu-north-1")
    story.run("drill")
    story.run("check again")
    last = [secrets_by_gpg(aws, name) for name in NAMES]
    seen["in force"] = [
        story.sign_in(name, password, "us-east-1") for name, (password, _) in zip(NAMES, last, strict=True)
    ]
    seen["of the device"] = [is_of_device(aws, name, seed) for name, (_, seed) in zip(NAMES, last, strict=True)]


@pytest.fixture(scope="module")
def begin(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Glass]]:
    """An empty account, and a folder, in which a story begins."""

    def new() -> Glass:
        emulator.clear_faults()
        emulator.reset()
        emulator.set_trail_delay(0)
        return Glass(Ansible(installed_collection, tmp_path_factory.mktemp("story"), emulator))

    yield new
    emulator.clear_faults()
    emulator.reset()


@pytest.fixture(scope="module")
def shares(begin: Callable[[], Glass], tmp_path_factory: pytest.TempPathFactory) -> Story:
    glass = begin()
    glass.aws.client("s3").create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    story = Story(glass, in_shares(glass.aws))
    tell_shares(story, tmp_path_factory.mktemp("custodians"))
    story.close()
    return story


@pytest.fixture(scope="module")
def openpgp(begin: Callable[[], Glass]) -> Story:
    story = Story(begin(), by_openpgp())
    tell_openpgp(story)
    story.close()
    return story


@pytest.fixture(params=["shares", "openpgp"])
def story(request: pytest.FixtureRequest) -> Story:
    found: Story = request.getfixturevalue(request.param)
    return found


def test_each_run_ends_as_it_should_and_both_users_work_at_last(story: Story) -> None:
    failed = {name: told(run) for name, run in story.runs.items() if run.rc != 0}
    assert failed == {}
    assert set(story.seen["signed in"] + story.seen["signed in for the drill"]) == {True}
    assert story.seen["signed in by the old"] == [False]
    assert story.seen["in force"] == [[True], [True]]
    assert story.seen["of the device"] == [True, True]
    assert story.seen["states"] == ["sealed", "sealed"]
    assert "Ready: emergency-1, emergency-2." in told(story.runs["check again"])


def test_no_secret_is_anywhere(story: Story) -> None:
    places = {name: words(run) + json.dumps(list(run.tasks)) for name, run in story.runs.items()}
    keys = [*password_custodians(), *seed_custodians(), gpg.owner("ed25519"), gpg.owner("rsa")]
    sealed = [one for one in story.seen["issued"] if one["kind"] not in ("secret_string", "ssm_value")]
    assert {one["kind"] for one in sealed} >= {"password", "mfa_seed"}
    hidden = to_hide(sealed, *(key.private for key in keys), *filter(None, [story.seen.get("left behind")]))
    assert leaks({**places, **files_below(story.glass.ansible.folder)}, hidden) == []


def test_so_many_custodians_as_were_asked_for_open_it_and_not_one_less(shares: Story) -> None:
    assert told(shares.runs["open"]).count("; 2 of them open it together, with open_shares.py.") == 2
    assert "aws secretsmanager get-secret-value" in told(shares.runs["open"])
    assert shares.seen["one share"] == "open_shares: 2 different shares are needed, and there are 1.\n"
    assert shares.seen["renewed"]


def test_the_users_may_assume_roles_and_nothing_else(shares: Story) -> None:
    group = shares.seen["group"]
    assert (group["attached_policies"], sorted(group["inline_policies"])) == (
        [],
        ["keysmith-assume-roles", "keysmith-demand-mfa"],
    )
    (statement,) = group["inline_policies"]["keysmith-assume-roles"]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLES}


def test_a_sign_in_rings_and_is_in_the_evidence_wherever_the_console_does_it(shares: Story) -> None:
    assert shares.seen["confirmed"] == len(SIGN_IN)
    assert {("sign-in", region) for region in SIGN_IN} <= shares.seen["rung"]
    done = {(one["event_name"], one["region"]) for one in shares.field("closed", "events")}
    assert done == {("ConsoleLogin", region) for region in SIGN_IN}
    assert [one["region"] for one in shares.field("drill_closed", "events")] == ["eu-north-1"]


def test_a_drill_waits_for_the_sign_in(shares: Story) -> None:
    look = "keysmith.iam.break_glass : See whether somebody has signed in with the emergency password"
    assert shares.runs["drill"].result(look)["attempts"] > 1
    events = [event for event in shares.events if event != "notified"]
    assert events[-4:] == ["drill_opened", "sign_of_life", "closing", "drill_closed"]
    assert (shares.events.count("notified"), len(events)) == (4, 8)


def test_each_record_is_locked_in_the_bucket(shares: Story) -> None:
    told_of = shares.seen["evidence"]
    assert (told_of["intact"], told_of["problems"], told_of["pending_uploads"]) == (True, [], 0)
    lines = (shares.glass.folder / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    assert shares.seen["bucket"] == [(line, "GOVERNANCE", True) for line in lines]


def test_a_closing_takes_away_what_was_left_behind(openpgp: Story) -> None:
    amiss = openpgp.seen["amiss"]
    doors = ("access key", "SSH key", "signing certificate", "service-specific credential")
    assert [door for door in doors if f"user {FIRST}: it has the {door} " not in amiss] == [], amiss
    user, group = openpgp.seen["closed"], openpgp.seen["group"]
    kinds = ("ssh_public_keys", "signing_certificates", "service_specific_credentials", "permissions_boundary")
    assert (user["access_keys"], user["attached_policies"], user["groups"]) == ([], [], [GROUP])
    assert [kind for kind in kinds if kind in user] == []
    assert (len(user["mfa_devices"]), list(user["inline_policies"])) == (1, ["keysmith-sessions-revoked"])
    assert {one["policy_name"] for one in group["attached_policies"]} == {"AdministratorAccess", "Own"}
    assert list(group["inline_policies"]) == ["keysmith-demand-mfa"]
    plan = " ".join(openpgp.field("closed", "plan"))
    assert "- signing certificate " in plan


def test_a_drill_that_waited_in_vain_says_what_to_do(openpgp: Story) -> None:
    assert told(openpgp.runs["drill in vain"]).startswith("The drill of emergency-1 is open: let the custodians")
    assert openpgp.events[-4:] == ["drill_opened", "sign_of_life", "closing", "drill_closed"]


def test_where_a_text_is_in_a_store_the_opening_says_how_to_get_it(openpgp: Story) -> None:
    place = f"/break-glass/{FIRST}/{PASSWORD}"
    command = "aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name"
    assert f"{command} {place}" in openpgp.seen["told"]


# The policy

# S3's actions that are not named as the calls are, and what a PutObject asks for that locks
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
OF_S3 = {
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:GetObjectLockConfiguration": ["s3:GetBucketObjectLockConfiguration"],
    "s3:PutObject": ["s3:PutObject", "s3:PutObjectRetention"],
}
# Nobody needs a permission for it (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
FREE = {"sts:GetCallerIdentity"}
# Of alarms that are there already, which test_break_glass_alarms has.
OLD_ALARMS = {
    f"cloudformation:{name}" for name in ("DeleteStack", "GetTemplate", "UpdateStack", "UpdateTerminationProtection")
}
# CloudFormation makes the calls of its resources by the caller's rights, and the emulator's makes none. What each
# resource type asks for stands in its schema, "handlers" (aws cloudformation describe-type).
BY_CLOUDFORMATION = ("events:", "sns:", "sqs:")
# For callers that are a role's session, which the emulator's operator is not.
OF_SESSIONS = {"iam:GetRole"}


def asked(call: Mapping[str, Any]) -> list[str]:
    return OF_S3.get(call["action"], [call["action"]])


@pytest.fixture(scope="module")
def calls(shares: Story, openpgp: Story) -> list[dict[str, Any]]:
    return [call for call in [*shares.calls, *openpgp.calls] if call["action"] not in FREE]


def statements() -> Iterator[tuple[str, list[str]]]:
    for statement in json.loads(POLICY)["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            yield action, [resources] if isinstance(resources, str) else resources


def test_the_policy_names_what_is_called_and_nothing_else(calls: list[dict[str, Any]]) -> None:
    allowed = {action for action, _resources in statements()}
    called = {action for call in calls for action in asked(call)}
    assert called - allowed == set()
    unused = {action for action in allowed - called if not action.startswith(BY_CLOUDFORMATION)}
    assert unused == OLD_ALARMS | OF_SESSIONS


def test_a_check_reads_only_and_an_opening_needs_next_to_nothing(calls: list[dict[str, Any]]) -> None:
    """The permissions guide tells so."""
    checked = {action for call in calls if call["run"].startswith("check") for action in asked(call)}
    reads = ("Get", "List", "Describe", "Generate")
    assert {action for action in checked if not action.partition(":")[2].startswith(reads)} == set()
    opened = {action for call in calls if call["run"] == "open" for action in asked(call)}
    assert {action for action in opened if not action.startswith("s3:")} == {"sns:Publish"}


# These know no resource, so that a statement with another than "*" allows nothing
# (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
WHOLE_ACCOUNT = {
    *("cloudtrail:DescribeTrails", "cloudtrail:LookupEvents", "events:ListRules", "ssm:DescribeParameters"),
    *("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"),
    *(f"iam:{name}" for name in ("GenerateCredentialReport", "GetCredentialReport", "GetAccountSummary")),
    *(f"iam:{name}" for name in ("GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "ListAccountAliases")),
    *(f"iam:{name}" for name in ("ListPolicies", "ListVirtualMFADevices")),
}
# Reads of things whose names are not this playbook's: any trail, any policy.
OF_OTHERS = {"cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "iam:GetPolicy"}


def test_what_knows_no_resource_is_allowed_on_all_and_nothing_else_is() -> None:
    assert {action for action, resources in statements() if resources == ["*"]} == WHOLE_ACCOUNT | OF_OTHERS


def resource(account: str, call: Mapping[str, Any], action: str) -> str:
    """The ARN that AWS judges the call by."""
    given, service = call["parameters"], action.partition(":")[0]
    if action in WHOLE_ACCOUNT | OF_OTHERS:
        return "*"
    if service == "iam":
        return of_iam(account, given, action)
    if service == "s3":
        return f"arn:aws:s3:::{given['Bucket']}" + (f"/{given['Key']}" if "Key" in given else "")
    name = {
        "secretsmanager": lambda: f"secret:{given.get('Name') or given['SecretId']}-a1b2c3",
        "ssm": lambda: f"parameter{given.get('Name') or given['Names'][0]}",
        "sns": lambda: given["TopicArn"].rpartition(":")[2],
        "events": lambda: f"rule/{given['Rule']}",
        "cloudformation": lambda: f"stack/{given['StackName'].rpartition(':stack/')[2].partition('/')[0]}/0f0f",
    }[service]()
    return f"arn:aws:{service}:us-east-1:{account}:{name}"


def of_iam(account: str, given: Mapping[str, Any], action: str) -> str:
    if "GroupName" in given:
        return f"arn:aws:iam::{account}:group/{given['GroupName']}"
    if action in ("iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"):
        name = given.get("VirtualMFADeviceName") or given["SerialNumber"].rpartition("/")[2]
        return f"arn:aws:iam::{account}:mfa/{name}"
    if action == "iam:GetAccessKeyLastUsed":
        return f"arn:aws:iam::{account}:user/{FIRST}"
    return str(given.get("PolicySourceArn") or f"arn:aws:iam::{account}:user/{given['UserName']}")


def test_the_policy_allows_each_call_on_its_resource(emulator: Emulator, calls: list[dict[str, Any]]) -> None:
    iam, account = emulator.client("iam"), emulator.account_id
    wanted = {(action, resource(account, call, action)) for call in calls for action in asked(call)}

    def decided(action: str, arn: str) -> str:
        answer = iam.simulate_custom_policy(PolicyInputList=[POLICY], ActionNames=[action], ResourceArns=[arn])
        return str(answer["EvaluationResults"][0]["EvalDecision"])

    assert [one for one in sorted(wanted) if decided(*one) != "allowed"] == []
    foreign = [("iam:CreateAccessKey", f"user/{FIRST}"), ("iam:UpdateLoginProfile", "user/jane")]
    foreign += [("iam:AttachGroupPolicy", "group/Administrators"), ("iam:DeleteVirtualMFADevice", "mfa/jane")]
    assert {decided(action, f"arn:aws:iam::{account}:{name}") for action, name in foreign} == {"implicitDeny"}
