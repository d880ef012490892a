# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role onboard says at its end counts every kind of secret that was handed over."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.emulator.client import Emulator
from tests.integration import owners
from tests.integration.ansible_run import Ansible

TASK = "keysmith.iam.onboard : Say what was done and what comes next"


def test_every_kind_that_was_handed_over_is_counted(aws: Emulator, installed_collection: Path, tmp_path: Path) -> None:
    handover = {"store": "file", "path": "handover/", "seal_to": [owners.age().public]}
    jane = {"name": "jane.doe", "use_case": "human", "console": True, "mfa_device": True}
    john = {"name": "john.roe", "use_case": "workload", "access_key": True}
    john |= {"service_specific_credentials": [{"service": "codecommit"}, {"service": "bedrock"}]}
    (tmp_path / "people.yml").write_text(
        yaml.safe_dump({"onboard_users": [jane, john], "onboard_handover": handover}), encoding="utf-8"
    )
    run = Ansible(installed_collection, tmp_path, aws).playbook("keysmith.iam.onboard", "-e", "@people.yml")
    assert run.rc == 0, run.stdout
    assert run.result(TASK)["msg"][1:5] == [
        "Console passwords handed over: 1. Access keys handed over: 1.",
        "MFA seeds handed over: 1.",
        "Credentials for services handed over: 2.",
        f"In files: 5, under {tmp_path}/handover.",
    ]
