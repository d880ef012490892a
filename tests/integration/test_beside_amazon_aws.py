# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Beside amazon.aws: the same task gives the same keys, and one module_defaults serves both collections."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration import owners
from tests.integration.ansible_run import Ansible
from tests.integration.given import OWN, everything, policies, user
from tests.integration.public_material import certificate, pair

ROOT = Path(__file__).resolve().parents[2]
USER = {
    "path": "/staff/",
    "tags": {"team": "core"},
    "boundary": f"{OWN}Limit",
    "managed_policies": ["ReadOnlyAccess"],
    "password": "given for parity, 1 Time",
    "update_password": "on_create",
}
GROUP = {"managed_policies": ["ReadOnlyAccess"], "users": ["joe"]}


def shape(value: Any) -> Any:
    """Keys and types; of a list its first item's."""
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value[:1]] if isinstance(value, list) else type(value).__name__


def shared(theirs: Any, ours: Any) -> tuple[Any, Any]:
    """Both reduced to the keys that they have in common, at every depth."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        pairs = {key: shared(theirs[key], ours[key]) for key in theirs.keys() & ours.keys()}
        return {key: pair[0] for key, pair in pairs.items()}, {key: pair[1] for key, pair in pairs.items()}
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        one = shared(theirs[0], ours[0])
        return [one[0]], [one[1]]
    return theirs, ours


def test_the_same_task_gives_the_same_keys_and_types(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    policies("Limit")(iam)
    user(name="joe")(iam)
    tasks: list[dict[str, Any]] = []
    for collection, suffix in (("amazon.aws.iam_", "theirs"), ("keysmith.iam.", "ours")):
        name, present = {"name": f"x-{suffix}"}, {"state": "present"}
        tasks += [
            {"name": f"made {suffix}", f"{collection}user": {**name, **present, **USER}},
            {"name": f"again {suffix}", f"{collection}user": {**name, **present, **USER}},
            {"name": f"group {suffix}", f"{collection}group": {**name, **present, **GROUP}},
            {"name": f"gone {suffix}", f"{collection}user": {**name, "state": "absent"}},
            {
                "name": f"error {suffix}",
                f"{collection}user": {"name": "a b", "state": "present"},
                "ignore_errors": True,
            },
        ]
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment={"AWS_REGION": "us-east-1"})
    assert run.rc == 0, run.stdout[-3000:]
    for phase in ("made", "again", "group", "gone"):
        theirs, ours = run.result(f"{phase} theirs"), run.result(f"{phase} ours")
        assert theirs.keys() <= ours.keys(), phase
        assert theirs["changed"] is ours["changed"], phase
        for noun in {"user", "iam_group"} & theirs.keys():
            one, other = shared(theirs[noun], ours[noun])
            assert shape(one) == shape(other), phase
            assert theirs[noun].keys() <= ours[noun].keys(), phase


def test_the_accounts_rules_and_mfa_devices_have_the_same_keys(
    installed_collection: Path, aws: Emulator, tmp_path: Path
) -> None:
    everything(aws.client("iam"))
    rules = {"state": "present", "min_pw_length": 12, "require_symbols": True, "pw_max_age": 90, "prevent_reuse": 5}
    tasks = [
        {"name": f"{module} {whose}", f"{prefix}{module}": arguments}
        for module, arguments in (("password_policy", rules), ("mfa_device_info", JANE))
        for whose, prefix in (("theirs", "amazon.aws.iam_"), ("ours", "keysmith.iam."))
    ]
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment={"AWS_REGION": "us-east-1"})
    assert run.rc == 0, run.stdout[-3000:]
    theirs, ours = run.result("password_policy theirs"), run.result("password_policy ours")
    assert theirs["policy"].items() <= ours["policy"].items()
    assert theirs["task_status"].keys() == ours["task_status"].keys()
    assert (theirs["changed"], ours["changed"]) == (True, False), "ours finds what theirs has set"
    theirs, ours = run.result("mfa_device_info theirs"), run.result("mfa_device_info ours")
    (one,), (other,) = theirs["mfa_devices"], ours["mfa_devices"]
    assert one.items() <= other.items()


def test_an_error_of_aws_has_amazon_aws_shape(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    aws.fault(action="iam:CreateUser", kind="denied", times=0)
    tasks = [
        {"name": "theirs", "amazon.aws.iam_user": {"name": "jane", "state": "present"}, "ignore_errors": True},
        {"name": "ours", "keysmith.iam.user": {"name": "jane"}, "ignore_errors": True},
    ]
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment={"AWS_REGION": "us-east-1"})
    theirs, ours = run.result("theirs"), run.result("ours")
    assert (run.failed("theirs"), run.failed("ours")) == (True, True)
    for key in ("error", "response_metadata", "boto3_version", "botocore_version"):
        assert type(theirs[key]) is type(ours[key]), key
    assert theirs["error"]["code"] == ours["error"]["code"] == "AccessDenied"
    assert ours["msg"].startswith("Cannot create user for user jane: ")


JANE, IN_RESULT = {"user_name": "jane"}, {"store": "result", "seal_to": [owners.age().public]}
MINIMAL: dict[str, dict[str, Any]] = {
    "access_key": {"user_name": "jane", "handover": {"store": "secretsmanager", "name": "iam/{user}"}},
    "access_key_info": JANE,
    "account_alias": {"name": "example-corp"},
    "account_info": {},
    "break_glass_info": {
        "users": ["jane", "john"],
        "password_custodians": {"seal_to": [owners.age().public]},
        "mfa_custodians": {"seal_to": [pair(2).public]},
        "manifest": "manifest.json",
        "evidence_bucket": "example-evidence",
    },
    "emergency_kit": {
        "path": "kit.html",
        "manifest": "manifest.json",
        "sign_in_url": "https://123456789012.signin.aws.amazon.com/console",
        "handovers": [
            {
                "user": "jane",
                "kind": "console-password",
                "store": "secretsmanager",
                "place": "iam/jane",
                "sealed_to": ["age1 jane"],
                "fingerprint": "sha256:0123456789abcdef",
            }
        ],
    },
    "evidence": {"event": "checked", "bucket": "example-evidence"},
    "evidence_info": {"bucket": "example-evidence", "require_intact": True},
    "group": {"name": "Devs"},
    "group_info": {"name": "Devs"},
    "group_membership": {**JANE, "groups": ["Devs"]},
    "login_profile": {**JANE, "handover": IN_RESULT},
    "mfa_device": {**JANE, "handover": IN_RESULT},
    "mfa_device_info": JANE,
    "password_policy": {"min_pw_length": 14},
    "roster": {"groups": [{"name": "Devs"}], "concurrency": 1},
    "service_specific_credential": {**JANE, "service": "codecommit", "handover": IN_RESULT},
    "signing_certificate": {**JANE, "certificate": certificate(1)},
    "sns_publish": {"topic_arn": "arn:aws:sns:us-east-1:123456789012:security", "text": "opened"},
    "ssh_public_key": {**JANE, "public_key": pair(1).public},
    "survey_roster": {"name": "joe", "use_case": "human"},
    "user": {"name": "jane"},
    "user_activity_info": {"user_names": ["jane"], "since": "2026-01-01", "regions": ["us-east-1"]},
    "user_info": {"name": "jane"},
}
ORDER = [
    "group",
    "user",
    "group_membership",
    "login_profile",
    "access_key",
    "ssh_public_key",
    "signing_certificate",
    "service_specific_credential",
    "mfa_device",
    "roster",
    "password_policy",
    "account_alias",
    "account_info",
    "evidence",
    "evidence_info",
    "emergency_kit",
    "break_glass_info",
    "access_key_info",
    "group_info",
    "mfa_device_info",
    "user_info",
    "user_activity_info",
    "sns_publish",
    "survey_roster",
]


@pytest.fixture
def nothing_in_the_environment(aws: Emulator) -> dict[str, str]:
    """The emulator's variables, emptied: who signs, where, and which region has to come from module_defaults."""
    assert "AWS_PROFILE" not in os.environ
    return dict.fromkeys(aws.environment, "")


def test_one_module_defaults_reaches_every_module_of_both_collections(
    installed_collection: Path, aws: Emulator, tmp_path: Path, nothing_in_the_environment: dict[str, str]
) -> None:
    assert sorted(MINIMAL) == sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
    defaults = {
        "endpoint_url": aws.endpoint,
        "access_key": aws.environment["AWS_ACCESS_KEY_ID"],
        "secret_key": aws.environment["AWS_SECRET_ACCESS_KEY"],
        "region": "eu-central-1",
    }
    aws.client("s3").create_bucket(Bucket=MINIMAL["evidence"]["bucket"])
    aws.client("sns").create_topic(Name="security")
    tasks = [{"name": name, f"keysmith.iam.{name}": MINIMAL[name]} for name in ORDER]
    tasks.append({"name": "theirs", "amazon.aws.iam_user_info": {"name": "jane"}})
    ansible = Ansible(installed_collection, tmp_path, aws)
    play = {"module_defaults": {"group/keysmith.iam.aws": defaults}}
    run = ansible.play(tasks, "-vvv", environment=nothing_in_the_environment, **play)
    assert run.rc == 0, run.stdout[-3000:]
    assert run.result("theirs")["iam_users"][0]["user_name"] == "jane"
    assert run.result("account_info")["account"]["id"] == aws.account_id
    assert aws.environment["AWS_SECRET_ACCESS_KEY"] not in run.stdout + run.stderr


def test_no_region_is_needed(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    """AWX's credential sets none. Secrets Manager alone needs one, and says so."""
    aws.client("s3").create_bucket(Bucket=MINIMAL["evidence"]["bucket"])
    aws.client("sns").create_topic(Name="security")
    tasks = [{"name": name, f"keysmith.iam.{name}": MINIMAL[name]} for name in ORDER if name != "access_key"]
    tasks.append({"name": "asks", "keysmith.iam.access_key": MINIMAL["access_key"], "ignore_errors": True})
    ansible = Ansible(installed_collection, tmp_path, aws)
    assert not {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} & ansible.environment().keys()
    run = ansible.play(tasks)
    assert run.rc == 0, run.stdout[-3000:]
    asks = run.result("asks")
    assert run.failed("asks")
    assert "region" in asks["msg"]
