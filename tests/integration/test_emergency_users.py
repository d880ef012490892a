# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Emergency users by the module roster: two custodians, nothing beside the two secrets, sessions that end, a state."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.fresh import all_tags, fresh_group, fresh_user
from tests.integration.leaks import files_below, leaks, to_hide
from tests.integration.public_material import pair
from tests.integration.situations import by_id, foretells, made

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

NAMES = ("way-in-1", "way-in-2")
REVOKED = "keysmith-sessions-revoked"
TAG = "keysmith:break-glass"
MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def entry(name: str, **more: Any) -> dict[str, Any]:
    file = {"store": "file", "path": "safe/"}
    told = {
        "name": name,
        "use_case": "emergency",
        "groups": ["EmergencyAccess"],
        "console": True,
        "mfa_device": True,
        "handover": {**file, "seal_to": [owners.age().public]},
        "mfa_handover": {**file, "path": "seeds/", "format": "json", "seal_to": [owners.ssh("ed25519").public]},
        "purge_credentials": True,
        "revoke_sessions": True,
        "break_glass_state": "sealed",
    }
    return {**told, **more}


def asked(folder: Path, *users: dict[str, Any]) -> dict[str, Any]:
    group = {"name": "EmergencyAccess", "managed_policies": ["AdministratorAccess"], "demand_mfa": True}
    return {"groups": [group], "users": list(users), "directory": str(folder), "region": "us-east-1"}


def state(iam: Any, name: str) -> str:
    return all_tags(iam, name)[TAG].split()[0]


def opened(folder: Path, name: str) -> tuple[str, str]:
    """The password and the seed, each opened by its own custodian with the real age."""
    password = owners.age().open((folder / f"safe/{name}.console-password.csv.age").read_text(encoding="utf-8"))
    (row,) = csv.DictReader(io.StringIO(password))
    seed = owners.ssh("ed25519").open((folder / f"seeds/{name}.mfa-seed.json.age").read_text(encoding="utf-8"))
    return row["Password"], json.loads(seed)["seed"]


@pytest.fixture
def provisioned(aws: Emulator, tmp_path: Path) -> dict[str, Any]:
    run = run_module(aws, "roster", asked(tmp_path, *map(entry, NAMES)))
    assert not run.get("failed"), run.get("msg")
    return run


def test_two_are_made_and_sealed_to_two_custodians(aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    want = asked(tmp_path, *map(entry, NAMES))
    dry = run_module(aws, "roster", want, check=True)
    assert aws.log(writes_only=True) == []
    assert list(tmp_path.iterdir()) == []
    run = run_module(aws, "roster", want)
    assert not run.get("failed"), run.get("msg")
    assert dry["actions"] == run["actions"] == made(aws.log(writes_only=True))
    assert dry["plan"] == run["plan"]
    for predicted, told in zip(dry["users"], run["users"], strict=True):
        assert foretells(predicted, told)
        name = told["user_name"]
        fresh = by_id(fresh_user(iam, name))
        told["mfa_devices"][0]["enable_date"] = fresh["mfa_devices"][0]["enable_date"]
        assert by_id(told) == {key: value for key, value in fresh.items() if key in told}
        last = [one for one in aws.log(writes_only=True) if one["parameters"].get("UserName") == name][-1]
        assert (last["action"], last["parameters"]["Tags"][0]["Key"]) == ("iam:TagUser", TAG)
        assert state(iam, name) == "sealed"
        password, seed = opened(tmp_path, name)
        assert aws.sign_in(name, password) == {"ok": True, "password_reset_required": False, "mfa_required": True}
        assert seed in {secret["value"] for secret in aws.secrets() if name in secret["id"]}
    documents = fresh_group(iam, "EmergencyAccess")["inline_policies"]
    assert [one["Condition"] for one in documents["keysmith-demand-mfa"]["Statement"]] == [MFA]
    assert {(one["user"], one["kind"], *one["sealed_to"]) for one in run["handovers"]} == {
        (name, kind, label)
        for name in NAMES
        for kind, label in {one["kind"]: one["sealed_to"][0] for one in run["handovers"]}.items()
    }
    aws.clear_log()
    again = run_module(aws, "roster", want)
    assert (again["changed"], again["actions"]) == (False, {})
    assert aws.log(writes_only=True) == []
    told = {"dry": json.dumps(dry), "run": json.dumps(run), "again": json.dumps(again)}
    assert leaks({**told, **files_below(tmp_path)}, to_hide(aws.secrets(), owners.age().private)) == []


def foreign_doors(aws: Emulator, name: str) -> None:
    """What somebody leaves behind who was let in."""
    iam = aws.client("iam")
    iam.create_access_key(UserName=name)
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=pair(1).public)
    phone = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName=name, SerialNumber=phone, **aws.mfa_codes(phone))


def doors(iam: Any, name: str) -> dict[str, Any]:
    fresh = fresh_user(iam, name)
    kinds = ("access_keys", "ssh_public_keys", "signing_certificates", "service_specific_credentials", "mfa_devices")
    return {kind: fresh[kind] for kind in kinds if fresh.get(kind)}


@pytest.mark.usefixtures("provisioned")
def test_closing_renews_both_secrets_shuts_other_doors_and_ends_sessions(aws: Emulator, tmp_path: Path) -> None:
    iam, name = aws.client("iam"), NAMES[0]
    old_password, old_seed = opened(tmp_path, name)
    (old_device,) = doors(iam, name)["mfa_devices"]
    foreign_doors(aws, name)
    aws.set_clock(3600)
    aws.clear_log()
    closing = asked(tmp_path, entry(name, reissue=True, break_glass_state="closing"), entry(NAMES[1]))
    dry = run_module(aws, "roster", closing, check=True)
    run = run_module(aws, "roster", closing)
    writes = aws.log(writes_only=True)
    assert not run.get("failed"), run.get("msg")
    assert dry["plan"] == run["plan"]
    assert dry["actions"] == run["actions"] == made(writes)
    assert [one["user_name"] for one in run["users"]] == [name]
    in_order(writes)
    password, seed = opened(tmp_path, name)
    assert [aws.sign_in(name, old_password)["ok"], aws.sign_in(name, password)["ok"]] == [False, True]
    assert seed != old_seed
    (device,) = doors(iam, name).pop("mfa_devices")
    assert device["serial_number"] != old_device["serial_number"]
    assert list(doors(iam, name)) == ["mfa_devices"]
    over(iam, run, writes)
    sealed = sealed_again(aws, tmp_path)
    told = {"dry": json.dumps(dry), "run": json.dumps(run), "sealed": json.dumps(sealed)}
    assert leaks({**told, **files_below(tmp_path)}, to_hide(aws.secrets(), owners.age().private)) == []


def in_order(writes: list[dict[str, Any]]) -> None:
    """The state first, then other doors, then new secrets, and the end of the sessions last."""
    order = [one["action"] for one in writes]
    assert (order[0], writes[0]["parameters"]["Tags"][0]["Value"].split()[0]) == ("iam:TagUser", "closing")
    assert order.index("iam:DeleteAccessKey") < order.index("iam:UpdateLoginProfile") < order.index("iam:PutUserPolicy")
    assert order[-1] == "iam:PutUserPolicy"


def over(iam: Any, run: dict[str, Any], writes: list[dict[str, Any]]) -> None:
    """A session that began by an old secret is older by AWS's clock, which is an hour ahead of this machine's, also
    where the time of its issue is cut off to the second."""
    document = iam.get_user_policy(UserName=NAMES[0], PolicyName=REVOKED)["PolicyDocument"]
    (statement,) = document["Statement"]
    moment = datetime.fromisoformat(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    replaced = [datetime.fromisoformat(one["time"]) for one in writes if one["action"] != "iam:PutUserPolicy"]
    assert timedelta(seconds=1) <= moment - max(replaced).replace(microsecond=0) <= timedelta(seconds=3)
    assert run["users"][0]["inline_policies"] == {REVOKED: document}


def sealed_again(aws: Emulator, tmp_path: Path) -> dict[str, Any]:
    """The run after the closing, without reissue: it seals, and once more finds nothing to do."""
    aws.clear_log()
    done = asked(tmp_path, *map(entry, NAMES))
    sealed = run_module(aws, "roster", done)
    assert made(aws.log(writes_only=True)) == {"iam:PutUserPolicy": 1, "iam:TagUser": 1}
    assert state(aws.client("iam"), NAMES[0]) == "sealed"
    assert not sealed.get("failed")
    assert run_module(aws, "roster", done)["changed"] is False
    return sealed


@pytest.mark.usefixtures("provisioned")
@pytest.mark.parametrize(
    "action", ["iam:PutUserPolicy", "iam:TagUser", "iam:DeleteAccessKey", "iam:DeactivateMFADevice"]
)
def test_a_lost_answer_is_made_good(action: str, aws: Emulator, tmp_path: Path) -> None:
    iam, name = aws.client("iam"), NAMES[0]
    foreign_doors(aws, name)
    iam.tag_user(UserName=name, Tags=[{"Key": TAG, "Value": "closing 2026-11-22T10:00:00Z"}])
    want = asked(tmp_path, entry(name, reissue=True), entry(NAMES[1]))
    aws.fault(action=action, kind="lost_reply", times=1)
    run = run_module(aws, "roster", want)
    assert not run.get("failed"), run.get("msg")
    assert aws.faults() == []
    password, seed = opened(tmp_path, name)
    assert aws.sign_in(name, password)["ok"]
    (device,) = doors(iam, name)["mfa_devices"]
    assert [one["value"] for one in aws.secrets() if one["id"] == device["serial_number"]][-1] == seed
    assert list(doors(iam, name)) == ["mfa_devices"]
    assert state(iam, name) == "sealed"
    assert list(fresh_user(iam, name)["inline_policies"]) == [REVOKED]
    aws.clear_log()
    assert run_module(aws, "roster", asked(tmp_path, *map(entry, NAMES)))["changed"] is False


@pytest.mark.usefixtures("provisioned")
def test_a_run_that_fails_midway_leaves_nobody_sealed_and_the_next_one_does(aws: Emulator, tmp_path: Path) -> None:
    iam, name = aws.client("iam"), NAMES[0]
    aws.fault(action="iam:EnableMFADevice", kind="denied", times=1)
    want = asked(tmp_path, entry(name, reissue=True), entry(NAMES[1]))
    assert run_module(aws, "roster", want)["failed"]
    assert state(iam, name) == "closing"
    assert state(iam, NAMES[1]) == "sealed"
    mended = run_module(aws, "roster", asked(tmp_path, *map(entry, NAMES)))
    assert not mended.get("failed"), mended.get("msg")
    assert state(iam, name) == "sealed"
    password, seed = opened(tmp_path, name)
    assert aws.sign_in(name, password)["ok"]
    (device,) = doors(iam, name)["mfa_devices"]
    assert [one["value"] for one in aws.secrets() if one["id"] == device["serial_number"]][-1] == seed


def test_one_custodian_of_both_is_refused_whatever_the_key_is_called(aws: Emulator, tmp_path: Path) -> None:
    key = owners.ssh("ed25519").public
    bare = " ".join(key.split()[:2])
    both = {"store": "file", "path": "safe/", "seal_to": [f"{bare} safe@elsewhere"]}
    run = run_module(aws, "roster", asked(tmp_path, entry(NAMES[0], handover=both), entry(NAMES[1])))
    label = f"ssh-ed25519 …{bare[-8:]} jane@ed25519"
    assert run["failed"]
    assert run["msg"] == (
        f"Cannot manage user way-in-1: {label} opens both its password and its MFA seed, so that one person could sign"
        " in alone; seal the seed to others, by mfa_handover."
    )
    assert aws.log(writes_only=True) == []


def test_a_seed_sealed_to_what_is_no_key_is_refused_by_the_name_of_its_option(aws: Emulator, tmp_path: Path) -> None:
    seeds = {"store": "file", "path": "seeds/", "seal_to": ["nobody"]}
    run = run_module(aws, "roster", asked(tmp_path, entry(NAMES[0], mfa_handover=seeds), entry(NAMES[1])))
    assert "user way-in-1: cannot seal to entry 1 of mfa_handover.seal_to: it is not a public key" in run["msg"]
    assert aws.log(writes_only=True) == []
