# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module break_glass_info on the embedded AWS: emergency users as roster makes them are ready, and each drift is
found."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import fingerprint
from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.leaks import leaks, to_hide
from tests.integration.public_material import certificate, pair

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

NAMES = ["way-in-1", "way-in-2"]
GROUP = "EmergencyAccess"
TAG = "keysmith:break-glass"
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
REGIONS = ["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2", "eu-central-1"]
STACK = "keysmith-break-glass"
TEMPLATE = Path(__file__).resolve().parents[2] / "roles/break_glass/files/alarms.template"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """An account with two emergency users, what was handed over of them, and the evidence."""

    def __init__(self, aws: Emulator, folder: Path) -> None:
        self.aws, self.folder, self.iam = aws, folder, aws.client("iam")
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.password, self.seed = owners.ssh("ed25519"), owners.age()
        safe = {"store": "file", "path": f"{folder}/safe/"}
        self.group: dict[str, Any] = {"name": GROUP, "managed_policies": ["AdministratorAccess"], "demand_mfa": True}
        self.entry: dict[str, Any] = {
            "use_case": "emergency",
            "groups": [GROUP],
            "console": True,
            "mfa_device": True,
            "handover": {**safe, "seal_to": [self.password.public]},
            "mfa_handover": {**safe, "seal_to": [self.seed.public]},
            "purge_credentials": True,
            "revoke_sessions": True,
            "break_glass_state": "sealed",
        }
        self.options: dict[str, Any] = {
            "users": NAMES,
            "password_custodians": {"seal_to": [self.password.public]},
            "mfa_custodians": {"seal_to": [self.seed.public]},
            "manifest": f"{folder}/manifest.json",
            "evidence_path": f"{folder}/evidence.jsonl",
            "region": "us-east-1",
        }

    def day(self, days: int) -> str:
        return stamp(self.now + timedelta(days=days))

    def provision(self, **more: Any) -> dict[str, Any]:
        users = [{"name": name, **self.entry, **more} for name in NAMES]
        run = run_module(self.aws, "roster", {"groups": [self.group], "users": users, "region": "us-east-1"})
        assert not run.get("failed"), run.get("msg")
        kit = {"path": f"{self.folder}/kit.html", "manifest": self.options["manifest"]}
        told = {"handovers": run["handovers"], "sign_in_url": run["sign_in_url"]}
        made = run_module(self.aws, "emergency_kit", {**kit, **told})
        assert not made.get("failed"), made.get("msg")
        return run

    def evidence(self, event: str, **fields: Any) -> None:
        run = run_module(
            self.aws, "evidence", {"event": event, "path": self.options["evidence_path"], "fields": fields}
        )
        assert not run.get("failed"), run.get("msg")

    def check(self, dry: bool = False, **more: Any) -> dict[str, Any]:
        return run_module(self.aws, "break_glass_info", {**self.options, **more}, check=dry)

    def found(self, **more: Any) -> list[tuple[str, str, str]]:
        """Name, level and subject of each finding but those of drills and alarms that a test does not speak of."""
        told = self.check(**more)
        assert not told.get("failed"), told.get("msg")
        return [
            (one["name"], one["level"], one["subject"])
            for one in told["findings"]
            if (one["name"], one["level"]) not in (("drill", "warn"), ("alarms", "warn"))
        ]

    def safe(self, name: str, kind: str = "console-password") -> Path:
        (found,) = (self.folder / "safe").glob(f"{name}.{kind}.*")
        return found


@pytest.fixture
def world(aws: Emulator, tmp_path: Path) -> World:
    made = World(aws, tmp_path)
    made.provision()
    made.evidence("provisioned", users=NAMES)
    return made


def test_users_as_roster_makes_them_are_ready_and_nothing_is_written(world: World) -> None:
    run_module(world.aws, "user_info", {"names": NAMES, "gather": ["credential_report"], "region": "us-east-1"})
    world.aws.clear_log()
    before = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    dry, told = world.check(dry=True, require_ready=True), world.check(require_ready=True)
    assert world.aws.log(writes_only=True) == []
    assert {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()} == before
    assert not told.get("failed"), told.get("msg")
    assert (told["ready"], told["changed"], told["opened"]) == (True, False, [])
    assert [(one["name"], one["level"], one["subject"]) for one in told["findings"]] == [
        *(("drill", "warn", f"user {name}") for name in NAMES),
        ("alarms", "warn", "alarms"),
    ]
    assert [user["user_name"] for user in told["users"]] == NAMES
    assert [due["user_name"] for due in told["next_due"]] == NAMES
    for due in told["next_due"]:
        assert abs(datetime.fromisoformat(due["drill"]) - world.now - timedelta(days=90)) < timedelta(minutes=5)
        assert abs(datetime.fromisoformat(due["rotation"]) - world.now - timedelta(days=180)) < timedelta(minutes=5)
        assert due["password_expiry"] is None
    assert dry == told
    hidden = to_hide(world.aws.secrets(), owners.age().private)
    assert leaks({"told": json.dumps(told), "dry": json.dumps(dry)}, hidden) == []


def attach(name: str, policy: str) -> Callable[[World], Any]:
    def work(world: World) -> None:
        path = f"arn:aws:iam::{world.aws.account_id}:policy/{policy}"
        world.iam.create_policy(PolicyName=policy, PolicyDocument=json.dumps(DENY))
        world.iam.attach_user_policy(UserName=name, PolicyArn=path)

    return work


def boundary(world: World) -> None:
    arn = world.iam.create_policy(PolicyName="Limit", PolicyDocument=json.dumps(DENY))["Policy"]["Arn"]
    world.iam.put_user_permissions_boundary(UserName=NAMES[0], PermissionsBoundary=arn)


def foreign_device(world: World) -> None:
    phone = world.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    world.iam.enable_mfa_device(UserName=NAMES[0], SerialNumber=phone, **world.aws.mfa_codes(phone))


def no_device(world: World) -> None:
    (device,) = world.iam.list_mfa_devices(UserName=NAMES[0])["MFADevices"]
    world.iam.deactivate_mfa_device(UserName=NAMES[0], SerialNumber=device["SerialNumber"])


def new_password(world: World) -> None:
    world.iam.delete_login_profile(UserName=NAMES[0])
    world.iam.create_login_profile(UserName=NAMES[0], Password="Another-Horse-7")
    world.aws.set_dates(NAMES[0], password_created=world.day(1))


def own_policy(world: World) -> None:
    document = {**DENY, "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    world.iam.put_group_policy(GroupName=GROUP, PolicyName="keysmith-demand-mfa", PolicyDocument=json.dumps(document))


def other_member(world: World) -> None:
    world.iam.create_user(UserName="mallory")
    world.iam.add_user_to_group(UserName="mallory", GroupName=GROUP)


def future_end(world: World) -> None:
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}
    condition = {"DateLessThan": {"aws:TokenIssueTime": world.day(9)}}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    name = "keysmith-sessions-revoked"
    world.iam.put_user_policy(UserName=NAMES[0], PolicyName=name, PolicyDocument=json.dumps(document))


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
FIRST = f"user {NAMES[0]}"
DRIFTS: dict[str, tuple[Callable[[World], Any], list[tuple[str, str, str]]]] = {
    "an altered policy of the group": (own_policy, [("group_policy", "fail", f"group {GROUP}")]),
    "a policy less": (
        lambda world: world.iam.detach_group_policy(GroupName=GROUP, PolicyArn=ADMIN),
        [("group_policy", "fail", f"group {GROUP}")],
    ),
    "a policy more": (
        lambda world: world.iam.attach_group_policy(GroupName=GROUP, PolicyArn=READ),
        [("group_policy", "fail", f"group {GROUP}")],
    ),
    "a foreign member": (other_member, [("members", "fail", f"group {GROUP}")]),
    "out of the group": (
        lambda world: world.iam.remove_user_from_group(UserName=NAMES[0], GroupName=GROUP),
        [("groups", "fail", FIRST)],
    ),
    "an access key": (
        lambda world: world.iam.create_access_key(UserName=NAMES[0]),
        [("foreign_credential", "fail", FIRST)],
    ),
    "an SSH key": (
        lambda world: world.iam.upload_ssh_public_key(UserName=NAMES[0], SSHPublicKeyBody=pair(1).public),
        [("foreign_credential", "fail", FIRST)],
    ),
    "a certificate": (
        lambda world: world.iam.upload_signing_certificate(UserName=NAMES[0], CertificateBody=certificate(1)),
        [("foreign_credential", "fail", FIRST)],
    ),
    "a service-specific credential": (
        lambda world: world.iam.create_service_specific_credential(
            UserName=NAMES[0], ServiceName="codecommit.amazonaws.com"
        ),
        [("foreign_credential", "fail", FIRST)],
    ),
    "a foreign deny": (attach(NAMES[0], "Stop"), [("foreign_policy", "fail", FIRST)]),
    "a foreign inline policy": (
        lambda world: world.iam.put_user_policy(UserName=NAMES[0], PolicyName="stop", PolicyDocument=json.dumps(DENY)),
        [("foreign_policy", "fail", FIRST)],
    ),
    "AWS's quarantine": (attach(NAMES[0], "AWSCompromisedKeyQuarantineV3"), [("quarantine", "fail", FIRST)]),
    "a boundary": (boundary, [("boundary", "fail", FIRST)]),
    "sessions revoked for days to come": (future_end, [("sessions", "fail", FIRST)]),
    "no MFA device": (no_device, [("mfa", "fail", FIRST)]),
    "a foreign MFA device": (foreign_device, [("mfa", "fail", FIRST)]),
    "no password": (
        lambda world: world.iam.delete_login_profile(UserName=NAMES[0]),
        [("password", "fail", FIRST)],
    ),
    "a password that has to be changed": (
        lambda world: world.iam.update_login_profile(UserName=NAMES[0], PasswordResetRequired=True),
        [("password", "fail", FIRST)],
    ),
    "a password that nobody sealed": (new_password, [("password", "fail", FIRST)]),
    "a use that nobody announced": (
        lambda world: world.aws.set_dates(NAMES[0], password_last_used=stamp(world.now + timedelta(hours=1))),
        [("used", "fail", FIRST)],
    ),
    "a close that was interrupted": (
        lambda world: world.iam.tag_user(
            UserName=NAMES[0], Tags=[{"Key": TAG, "Value": f"closing {stamp(world.now)}"}]
        ),
        [("state", "fail", FIRST)],
    ),
    "no sealed text": (lambda world: world.safe(NAMES[0]).unlink(), [("sealed_text", "fail", FIRST)]),
    "another's sealed text": (
        lambda world: world.safe(NAMES[0]).write_text(world.safe(NAMES[1]).read_text()),
        [("sealed_text", "fail", FIRST)],
    ),
    "another's sealed seed": (
        lambda world: world.safe(NAMES[0], "mfa-seed").write_text(world.safe(NAMES[1], "mfa-seed").read_text()),
        [("sealed_text", "fail", FIRST)] * 2,
    ),
    "a text in the clear": (lambda world: world.safe(NAMES[0]).write_text("hunter2"), [("sealed_text", "fail", FIRST)]),
    "no manifest": (
        lambda world: Path(world.options["manifest"]).unlink(),
        [("manifest", "fail", "manifest")],
    ),
    "a damaged manifest": (
        lambda world: Path(world.options["manifest"]).write_text("{"),
        [("unreadable", "unknown", "manifest")],
    ),
    "no evidence": (lambda world: Path(world.options["evidence_path"]).unlink(), [("evidence", "fail", "evidence")]),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_each_drift_is_found_with_its_remedy(drift: str, world: World) -> None:
    alter, expected = DRIFTS[drift]
    alter(world)
    assert [one for one in world.found() if one[0] != "rotation"] == expected
    told = world.check(require_ready=True)
    assert (told["failed"], told["ready"]) == (True, False)
    lines = told["msg"].splitlines()
    for one in told["findings"]:
        assert one["text"].endswith(".")
        assert one["remedy"].endswith(".")
        assert (f"{one['subject']}: {one['text']} {one['remedy']}" in lines) == (one["level"] != "warn")
    assert leaks({"told": json.dumps(told)}, ["hunter2", *to_hide(world.aws.secrets(), owners.age().private)]) == []


def test_a_password_that_expires_before_the_next_drill_is_found(world: World) -> None:
    for days, hard, expected in ((200, False, ""), (80, False, " expires on "), (80, True, " expires on ")):
        world.iam.update_account_password_policy(MaxPasswordAge=days, HardExpiry=hard)
        told = [one["text"] for one in world.check()["findings"] if one["name"] == "password_expiry"]
        assert [expected in text for text in told] == ([True] * 2 if expected else [])
    world.iam.delete_account_password_policy()
    assert world.found() == []
    for name in NAMES:
        world.iam.tag_user(UserName=name, Tags=[{"Key": TAG, "Value": f"sealed {world.day(-50)}"}])
        world.aws.set_dates(name, password_created=world.day(-50))
    world.aws.set_clock(5 * 3600)  # by then AWS makes a new report
    for hard, expected in ((False, "AWS asks for a new one"), (True, "nobody can sign in with it (hard expiry)")):
        world.iam.update_account_password_policy(MaxPasswordAge=40, HardExpiry=hard)
        told = [one["text"] for one in world.check()["findings"] if one["name"] == "password_expiry"]
        assert [expected in text for text in told] == [True, True], told


def test_openings_drills_and_rotations_that_are_overdue(world: World) -> None:
    who = {"user": NAMES[0], "requester": "jane", "approver": "john", "ticket": "INC-1", "reason": "no SSO"}
    world.evidence("opened", **who, until=stamp(world.now + timedelta(hours=4)))
    assert world.found() == [("opening", "warn", FIRST)]
    (told,) = world.check()["opened"]
    assert (told["user_name"], told["record"], told["drill"], told["overdue"]) == (NAMES[0], 2, False, False)
    assert (told["requester"], told["ticket"], told["until"]) == (
        "jane",
        "INC-1",
        (world.now + timedelta(hours=4)).isoformat(),
    )
    opened = datetime.fromisoformat(told["since"])
    world.aws.set_dates(NAMES[0], password_last_used=stamp(opened + timedelta(minutes=1)))
    world.aws.set_clock(120)
    assert world.found() == [("opening", "warn", FIRST)], "an announced use"
    world.iam.tag_user(UserName=NAMES[0], Tags=[{"Key": TAG, "Value": f"opened {stamp(world.now)}"}])
    world.iam.put_user_policy(UserName=NAMES[0], PolicyName="keysmith-emergency-grant", PolicyDocument=json.dumps(DENY))
    assert [one for one in world.found() if one[0] != "rotation"] == [("opening", "warn", FIRST)], "granted for a time"
    world.iam.tag_user(UserName=NAMES[0], Tags=[{"Key": TAG, "Value": f"sealed {stamp(world.now)}"}])
    world.iam.delete_user_policy(UserName=NAMES[0], PolicyName="keysmith-emergency-grant")
    world.aws.set_clock(5 * 3600)
    assert world.found() == [("opening", "fail", FIRST)]
    assert world.check()["opened"][0]["overdue"] is True
    world.evidence("closed", user=NAMES[0])
    assert [one for one in world.found() if one[0] == "opening"] == []
    assert world.check()["opened"] == []

    world.aws.set_clock(91 * 86400)
    assert [one for one in world.found() if one[0] == "drill"] == [("drill", "fail", f"user {name}") for name in NAMES]
    assert [one for one in world.found(drill_days=100) if one[0] == "drill"] == []
    world.evidence("drill_opened", user=NAMES[0])
    world.evidence("drill_closed", user=NAMES[0])
    text = [one["text"] for one in world.check()["findings"] if one["name"] == "drill"]
    assert text[0].startswith("its last drill was on ")
    world.aws.set_clock(181 * 86400)
    rotations = [one for one in world.found() if one[0] == "rotation"]
    assert rotations == [("rotation", "fail", f"user {name}") for name in NAMES]


def test_a_text_sealed_to_others_than_the_custodians_is_found(world: World) -> None:
    other, rsa = pair(2).public, owners.ssh("rsa").public
    told = world.check(password_custodians={"seal_to": [rsa]})
    custody = [one["text"] for one in told["findings"] if one["name"] == "custody"]
    assert len(custody) == 6
    assert "by the manifest its console password is not sealed to ssh-rsa …" in custody[0]
    assert any("its header has ssh-ed25519 " in text for text in custody)
    more = {"seal_to": [world.seed.public, other]}
    assert {one[0] for one in world.found(mfa_custodians=more)} == {"custody"}
    both = {"seal_to": [f"{world.password.public.rsplit(' ', 1)[0]} elsewhere"]}
    split = [one for one in world.check(mfa_custodians=both)["findings"] if one["subject"] == "account"]
    assert "opens both the password and the MFA seed" in split[0]["text"]
    renamed = {"seal_to": [f"{world.password.public.rsplit(' ', 1)[0]} elsewhere"]}
    assert world.found(password_custodians=renamed) == [], "a key's comment is not the key"

    # Somebody who may write text and manifest seals to a key of their own.
    path, manifest = world.safe(NAMES[0]), Path(world.options["manifest"])
    recipient = pyrage.ssh.Recipient.from_str(rsa)
    text = str(pyrage.encrypt(b"x", [recipient], armored=True), "ascii")
    path.write_text(text)
    listed = json.loads(manifest.read_text())
    for secret in listed["handovers"]:
        if (secret["user"], secret["kind"]) == (NAMES[0], "console-password"):
            secret["fingerprint"] = fingerprint(text)
    manifest.write_text(json.dumps(listed))
    assert world.found() == [("custody", "fail", FIRST)]


def test_shares_are_held_by_all_custodians(aws: Emulator, tmp_path: Path) -> None:
    world = World(aws, tmp_path)
    keys = [world.password.public, owners.ssh("rsa").public, pair(3).public]
    seal = {"seal_to": keys, "threshold": 2}
    world.provision(handover={**world.entry["handover"], **seal})
    world.evidence("provisioned", users=NAMES)
    assert world.found(password_custodians=seal) == []
    assert {one[0] for one in world.found(password_custodians={**seal, "threshold": 3})} == {"custody"}
    path = world.safe(NAMES[0])
    document = json.loads(path.read_text())
    document["shares"][0]["sealed"] = document["shares"][1]["sealed"]
    path.write_text(json.dumps(document))
    told = [one["text"] for one in world.check(password_custodians=seal)["findings"] if one["subject"] == FIRST]
    assert any("the share of ssh-ed25519 " in text and "its header has ssh-rsa " in text for text in told)


@pytest.mark.parametrize("store", ["secretsmanager", "ssm_parameter"])
def test_texts_in_stores_of_aws(store: str, aws: Emulator, tmp_path: Path) -> None:
    world = World(aws, tmp_path)
    place = {"store": store, "name": "/break-glass/{user}/{kind}", "seal_to": [world.password.public]}
    world.provision(handover=place)
    world.evidence("provisioned", users=NAMES)
    assert world.found() == []
    action = "secretsmanager:GetSecretValue" if store == "secretsmanager" else "ssm:GetParameter"
    aws.fault(action=action, kind="denied", times=0)
    assert world.found() == [("unreadable", "unknown", f"user {name}") for name in NAMES]
    aws.clear_faults()
    name = f"/break-glass/{NAMES[0]}/console-password"
    if store == "secretsmanager":
        aws.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    else:
        aws.client("ssm").delete_parameter(Name=name)
    assert world.found() == [("sealed_text", "fail", FIRST)]


DENIED = {
    "iam:GetUser": ("unreadable", "unknown", FIRST),
    "iam:GetLoginProfile": ("unreadable", "unknown", FIRST),
    "iam:ListMFADevices": ("unreadable", "unknown", FIRST),
    "iam:ListAccessKeys": ("unreadable", "unknown", FIRST),
    "iam:ListSSHPublicKeys": ("unreadable", "unknown", FIRST),
    "iam:ListSigningCertificates": ("unreadable", "unknown", FIRST),
    "iam:ListServiceSpecificCredentials": ("unreadable", "unknown", FIRST),
    "iam:ListGroupsForUser": ("unreadable", "unknown", FIRST),
    "iam:ListUserPolicies": ("unreadable", "unknown", FIRST),
    "iam:GetGroup": ("unreadable", "unknown", f"group {GROUP}"),
    "iam:GetGroupPolicy": ("unreadable", "unknown", f"group {GROUP}"),
    "iam:GetAccountPasswordPolicy": ("unreadable", "unknown", "account"),
    "iam:GetCredentialReport": ("unreadable", "unknown", "account"),
}


def test_what_is_denied_is_unknown_and_never_all_right(world: World) -> None:
    assert world.check()["ready"]
    for action, expected in DENIED.items():
        world.aws.fault(action=action, kind="denied", times=0)
        told = world.check()
        assert not told.get("failed"), told.get("msg")
        unknown = [one for one in told["findings"] if one["level"] == "unknown"]
        assert expected in [(one["name"], one["level"], one["subject"]) for one in unknown], action
        assert not told["ready"]
        assert any(f"Allow the caller {action}." == one["remedy"] for one in unknown), unknown
        assert [one for one in told["findings"] if one["level"] == "fail"] == [], action
        world.aws.clear_faults()


def test_evidence_that_was_changed_and_a_bucket_that_lacks_some(world: World) -> None:
    world.aws.client("s3").create_bucket(Bucket="example-evidence", ObjectLockEnabledForBucket=True)
    assert world.found(evidence_bucket="example-evidence") == [("evidence", "warn", "evidence")]
    world.aws.fault(action="s3:ListObjectsV2", kind="denied", times=0)
    assert world.found(evidence_bucket="example-evidence") == [("unreadable", "unknown", "evidence")]
    world.aws.clear_faults()
    path = Path(world.options["evidence_path"])
    path.write_text(path.read_text().replace("provisioned", "prov1sioned"))
    assert world.found() == [("evidence", "fail", "evidence")]
    gone = world.found(expected_last_hash=["0" * 63 + "1"])
    assert gone == [("evidence", "fail", "evidence")] * 2


def test_evidence_in_a_bucket_alone(world: World) -> None:
    world.aws.client("s3").create_bucket(Bucket="example-evidence", ObjectLockEnabledForBucket=True)
    both = {"bucket": "example-evidence", "path": world.options["evidence_path"], "event": "checked"}
    assert not run_module(world.aws, "evidence", both).get("failed")
    del world.options["evidence_path"]
    assert world.found(evidence_bucket="example-evidence") == []


def test_a_policy_of_the_accounts_own_that_was_changed(aws: Emulator, tmp_path: Path) -> None:
    world = World(aws, tmp_path)
    allow = {**DENY, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = world.iam.create_policy(PolicyName="Own", PolicyDocument=json.dumps(allow))["Policy"]["Arn"]
    roles = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::210987654321:role/Emergency"}
    inline = {"roles": {"Version": "2012-10-17", "Statement": [roles]}}
    world.group |= {"managed_policies": ["Own"], "inline_policies": inline}
    aws.set_clock(60)  # the embedded AWS dates new policies by the machine's own clock
    world.provision()
    world.evidence("provisioned", users=NAMES)
    want = {"managed_policies": ["Own"], "inline_policies": inline}
    assert world.found(**want) == []
    altered = deepcopy(inline)
    altered["roles"]["Statement"][0]["Resource"] = "*"
    assert world.found(**{**want, "inline_policies": altered}) == [("group_policy", "fail", f"group {GROUP}")]
    assert world.found(**{**want, "managed_policies": ["Own", "None"]}) == [("group_policy", "fail", f"group {GROUP}")]
    aws.set_clock(3600)
    world.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(DENY), SetAsDefault=True)
    assert world.found(**want) == [("policy_changed", "fail", f"group {GROUP}")]


def deploy(aws: Emulator, **more: str) -> None:
    given = {"UserNames": ",".join(NAMES), "GroupName": GROUP, "Email": "sec@example.com", **more}
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    body = TEMPLATE.read_text(encoding="utf-8")
    for region in REGIONS:
        client = aws.client("cloudformation", region_name=region)
        client.create_stack(StackName=STACK, TemplateBody=body, Parameters=parameters)
    aws.confirm_subscriptions("sec@example.com")


def alarms(world: World, **more: Any) -> list[tuple[str, str, str]]:
    return [one for one in world.found(regions=REGIONS, **more) if one[2].startswith("alarms in ")]


def test_alarms_that_are_there_and_told(world: World) -> None:
    assert alarms(world) == [("alarms", "fail", f"alarms in {region}") for region in REGIONS]
    deploy(world.aws)
    told = world.check(regions=REGIONS)
    assert [one for one in told["findings"] if one["name"] != "drill"] == []
    told = world.check(regions=REGIONS[1:])
    assert [one["text"] for one in told["findings"] if one["name"] == "alarms"] == [
        "a sign-in may be recorded in us-east-1 too, and the alarms there were not looked at."
    ]
    assert (
        alarms(world, group="Other", users=[*NAMES, "way-in-3"])[:2] == [("alarms", "fail", "alarms in us-east-1")] * 2
    )


def test_alarms_that_were_taken_away(world: World) -> None:
    deploy(world.aws)
    events = world.aws.client("events", region_name="us-east-2")
    events.disable_rule(Name=f"{STACK}-sign-in")
    events.remove_targets(Rule=f"{STACK}-sts", Ids=["topic"])
    rule = events.describe_rule(Name=f"{STACK}-access-key")
    events.put_rule(Name=rule["Name"], EventPattern=rule["EventPattern"], State="ENABLED")
    findings = world.check(regions=REGIONS)["findings"]
    assert sorted(one["text"].split(";")[0] for one in findings if one["subject"] == "alarms in us-east-2") == [
        f"the rule {STACK}-access-key does not see read-only events, such as AssumeRole: its state is ENABLED.",
        f"the rule {STACK}-sign-in is off.",
        f"the rule {STACK}-sts tells nobody: it has no target.",
    ]
    sns = world.aws.client("sns", region_name="eu-north-1")
    (topic,) = [one["TopicArn"] for one in sns.list_topics()["Topics"]]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="more@example.com")
    assert ("alarms", "fail", "alarms in eu-north-1") not in alarms(world)
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        if one["SubscriptionArn"].startswith("arn:"):
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    assert ("alarms", "fail", "alarms in eu-north-1") in alarms(world)
    sns.delete_topic(TopicArn=topic)
    assert ("alarms", "fail", "alarms in eu-north-1") in alarms(world)
    for action in ("events:ListRules", "sns:ListSubscriptionsByTopic"):
        world.aws.fault(action=action, kind="denied", times=0)
        assert ("unreadable", "unknown", "alarms in ap-southeast-2") in alarms(world), action
        world.aws.clear_faults()


def trails(world: World) -> list[tuple[str, str, str, str]]:
    """What is found of the trails, with whom the remedy allows something."""
    told = world.check(regions=REGIONS)
    assert not told.get("failed"), told.get("msg")
    found = [one for one in told["findings"] if one["subject"].startswith("trail in ")]
    return [(one["name"], one["level"], one["subject"], one["text"]) for one in found]


def test_alarms_that_no_trail_feeds(aws: Emulator, tmp_path: Path) -> None:
    """A trail of all regions, of one region, of the organization; stopped, narrowed, and not to be read."""
    world, cloudtrail = World(aws, tmp_path), aws.client("cloudtrail")
    everywhere, silent = f"trail in {', '.join(REGIONS)}", "so that EventBridge gets none of them and no alarm rings."
    aws.clear_log()
    assert trails(world) == []
    called = [one["action"] for one in aws.log() if one["action"].startswith("cloudtrail:")]
    assert called == ["cloudtrail:DescribeTrails"] * 5 + ["cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"]

    own = "arn:aws:cloudtrail:us-east-1:123456789012:trail/management-events"
    for action in called[-3:]:
        aws.fault(action=action, kind="denied", times=0)
        ((name, level, subject, _text),) = trails(world)
        assert (name, level, subject) == ("unreadable", "unknown", everywhere), action
        aws.clear_faults()
    cloudtrail.stop_logging(Name="management-events")
    assert trails(world) == [("trail", "fail", everywhere, f"the trail {own} is stopped, {silent}")]

    kms = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
    writes = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}, kms]
    cloudtrail.put_event_selectors(TrailName=own, AdvancedEventSelectors=[{"FieldSelectors": writes}])
    cloudtrail.start_logging(Name="management-events")
    aws.client("s3").create_bucket(Bucket="logs")
    there = aws.client("cloudtrail", region_name="eu-central-1")
    there.create_trail(Name="reads", S3BucketName="logs")
    there.put_event_selectors(TrailName="reads", EventSelectors=[{"ReadWriteType": "ReadOnly"}])
    there.start_logging(Name="reads")
    lacking = f"trail in {', '.join(REGIONS[:-1])}"
    assert trails(world) == [("trail", "fail", lacking, f"no trail logs reading management events, {silent}")]

    cloudtrail.delete_trail(Name="management-events")
    arn = aws.set_up_organization_trail(selectors=[{"ReadWriteType": "All"}])
    ((name, level, subject, text),) = trails(world)
    assert (name, level, subject) == ("trail", "warn", everywhere)
    assert text == f"the organization's trail {arn} logs, and only its own account sees which events."
    aws.set_up_organization_trail()
    assert trails(world) == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no key": (
        {"mfa_custodians": {"seal_to": ["nobody"]}},
        "Cannot seal to entry 1 of mfa_custodians.seal_to: it is not a public key that is known here.",
    ),
    "a threshold": (
        {"mfa_custodians": {"seal_to": [owners.age().public], "threshold": 2}},
        "Cannot check mfa_custodians: mfa_custodians.threshold is 2 and seal_to has 1 different key(s);"
        " give at least two keys.",
    ),
    "days": ({"drill_days": 0}, "Cannot check the emergency users: drill_days is 0; give 1 or more."),
    "a user": ({"users": ["a b", "c"]}, "Cannot check user 'a b': "),
    "a group": ({"group": "a b"}, "Cannot check group 'a b': "),
    "a document": (
        {"inline_policies": {"x": "y"}},
        "Cannot check the group's inline policy x: it is not an object.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_asked_is_said_in_one_sentence(case: str, aws: Emulator, tmp_path: Path) -> None:
    more, expected = BAD[case]
    told = World(aws, tmp_path).check(**more)
    assert told["failed"]
    assert told["msg"].startswith(expected)
    assert aws.log() == []
