# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role break_glass where it refuses, where it is killed and run again, and in its hardened mode."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import Ansible
from tests.integration.break_glass import NAMES, WHO, Glass, told, words
from tests.integration.fresh import all_tags, fresh_group, fresh_user

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

ONE = [{"name": NAMES[0]}]
TWO = [{"name": name} for name in NAMES]


def refused_users() -> dict[str, tuple[dict[str, Any], str]]:
    """Users and custodians that are asked for, and a part of the sentence that they are answered with."""
    same = {"seal_to": [" ".join(owners.ssh("ed25519").public.split()[:2])]}
    return {
        "one user": (
            {"action": "provision", "users": ONE},
            "break_glass_users names 1 of at least two users: if the only one fails, nobody gets in.",
        ),
        "one user twice": (
            {"action": "provision", "users": ONE * 2},
            "break_glass_users names 1 of at least two users",
        ),
        "nobody": (
            {"action": "close", "user": "way-in-3"},
            "way-in-3 is none of break_glass_users (way-in-1, way-in-2).",
        ),
        "one custodian of both": (
            {"action": "provision", "password_custodians": same, "mfa_custodians": same},
            "opens both its password and its MFA seed, so that one person could sign in alone",
        ),
        "no custodian": ({"action": "provision", "mfa_custodians": {}}, "seal_to"),
    }


def refused_openings() -> dict[str, tuple[dict[str, Any], str]]:
    """The same of openings, and of what else is refused."""
    return {
        "a misspelt variable": ({"action": "open", "aprover": "jane"}, "has no variable break_glass_aprover."),
        "no reason": (
            {"action": "open", **WHO, "ticket": "", "reason": ""},
            "Nothing was opened, since break_glass_ticket, break_glass_reason is not given.",
        ),
        "a blank approver": (
            {"action": "open", **WHO, "approver": " ", "reason": "-"},
            "Nothing was opened, since break_glass_approver, break_glass_reason is not given.",
        ),
        "one's own approver": (
            {"action": "open", **WHO, "approver": " Jane.Doe@example.com "},
            "Nothing was opened, since jane.doe@example.com asks and approves. Somebody else has to approve.",
        ),
        # Numbers and truths as `-e name=value` gives them: texts.
        "too long": ({"action": "open", **WHO, "hours": "13"}, "since 13 hours were asked for. Give break_glass_hours"),
        "not at all": ({"action": "drill", **WHO, "hours": 0}, "since 0 hours were asked for."),
        "granted by whom": (
            {"action": "open", **WHO, "hardened": "true", "offline": "true"},
            "since the hardened mode grants the right by IAM's control plane",
        ),
        "granted more": (
            {"action": "provision", "hardened": True, "policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
            "grants AdministratorAccess, or roles to assume, and cannot grant ReadOnlyAccess.",
        ),
        "evidence that nobody can read": (
            {"action": "open", **WHO, "evidence_bucket": "not-there"},
            "or the bucket not-there cannot be read. Cannot list objects v2: The specified bucket does not exist"
            " (NoSuchBucket). See that it is there and run again. In an emergency wait for nothing: open with"
            " break_glass_offline=true.",
        ),
        "no manifest": (
            {"action": "open", **WHO, "hours": "8", "hardened": "false", "offline": "true"},
            "break-glass/manifest.json, which says where the sealed secrets are.",
        ),
    }


def case(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    """A task that runs the role and tells why it was refused."""
    given = {
        "users": TWO,
        "password_custodians": {"seal_to": [owners.age().public]},
        "mfa_custodians": {"seal_to": [owners.ssh("ed25519").public]},
        "alarms": False,
        **variables,
    }
    role = {"name": "keysmith.iam.break_glass"}
    return {
        "name": f"Case of {name}",
        "block": [
            {
                "ansible.builtin.include_role": role,
                "vars": {f"break_glass_{key}": value for key, value in given.items()},
            }
        ],
        "rescue": [{"name": name, "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
    }


def test_refused_in_one_sentence_before_anything_is_written(
    installed_collection: Path, aws: Emulator, tmp_path: Path
) -> None:
    ansible = Ansible(installed_collection, tmp_path, aws)
    refused = refused_users() | refused_openings()
    cases = [case(name, variables) for name, (variables, _sentence) in refused.items()]
    run = ansible.play(cases, environment={"AWS_REGION": "us-east-1"})
    assert run.rc == 0, words(run)
    said = {name: " ".join(run.result(name)["msg"].split()) for name in refused}
    assert [name for name, (_given, sentence) in refused.items() if sentence not in said[name]] == [], said
    assert aws.log(writes_only=True) == []
    assert not (tmp_path / "break-glass").exists()


@pytest.fixture
def glass(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Glass:
    return Glass(Ansible(installed_collection, tmp_path, aws))


def test_the_hardened_mode_grants_for_a_time_and_takes_back(glass: Glass) -> None:
    iam, first = glass.aws.client("iam"), NAMES[0]
    assert glass.run("provision", hardened=True).rc == 0
    assert fresh_group(iam, "EmergencyAccess")["attached_policies"] == []
    opened = glass.run("open", hardened="true", **WHO, hours="2")
    assert opened.rc == 0, words(opened)
    assert "No notice went out: call the operators yourself. Sign in at" in told(opened)
    assert "The right was granted by IAM's control plane" in told(opened)
    (statement,) = fresh_user(iam, first)["inline_policies"]["keysmith-emergency-grant"]["Statement"]
    record = glass.evidence()[-1]
    assert statement["Condition"]["DateLessThan"]["aws:CurrentTime"] == record["fields"]["until"]
    lasts = datetime.fromisoformat(record["fields"]["until"]) - datetime.fromisoformat(record["time"])
    assert timedelta(hours=1, minutes=59) < lasts <= timedelta(hours=2)
    assert all_tags(iam, first)["keysmith:break-glass"].startswith("opened ")
    closed = glass.run("close", hardened="true", rotate="false")
    assert (closed.rc, f"Closed: {first}." in told(closed)) == (0, True), words(closed)
    assert list(fresh_user(iam, first)["inline_policies"]) == ["keysmith-sessions-revoked"]
    checked = glass.run("check", hardened=True)
    assert (checked.rc, "group EmergencyAccess: it gives no right by itself" in told(checked)) == (0, True), words(
        checked
    )
