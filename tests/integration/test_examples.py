# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of every module's documentation, run as they stand."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, Run
from tests.integration.fresh import fresh_group, fresh_user
from tests.integration.given import groups, policies, user
from tests.integration.public_material import certificate, pair

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
# In the order in which their examples go well together: the user's last one takes jane.doe away.
ORDER = [*(name for name in MODULES if name != "user"), "user"]
# What these change, others notice, and they say so.
TELL = ("account_alias", "password_policy", "roster", "survey_roster")
KEY_IN_THE_EXAMPLE = "AKIA1EXAMPLE1EXAMPLE"


def examples(module: str) -> list[dict[str, Any]]:
    documented = importlib.import_module(f"ansible_collections.keysmith.iam.plugins.modules.{module}")
    return list(yaml.safe_load(documented.EXAMPLES))


@dataclass(frozen=True)
class Shown:
    run: Run
    tasks: dict[str, list[dict[str, Any]]]
    account: dict[str, Any]
    files: set[str]


@pytest.fixture(scope="module")
def shown(installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """All examples in one process, with what they take for granted in the account."""
    emulator.clear_faults()
    emulator.reset()
    iam = emulator.client("iam")
    groups("Billing", "Developers", "Humans")(iam)
    policies("StaffBoundary")(iam)
    user(name="jane.doe", groups=["Billing"])(iam)
    user(name="erp-export")(iam)
    key = iam.create_access_key(UserName="erp-export")["AccessKey"]["AccessKeyId"]
    emulator.client("s3").create_bucket(Bucket="example-evidence")
    emulator.client("sns").create_topic(Name="security")
    tasks = {
        module: yaml.safe_load(yaml.safe_dump(examples(module)).replace(KEY_IN_THE_EXAMPLE, key)) for module in ORDER
    }
    folder = tmp_path_factory.mktemp("examples")
    (folder / "jane.pub").write_text(pair(1).public, encoding="utf-8")
    (folder / "erp-export.pem").write_text(certificate(1), encoding="utf-8")
    before_the_end = {"name": "look", "amazon.aws.iam_user_info": {"name": "erp-export", "region": "us-east-1"}}
    run = Ansible(installed_collection, folder, emulator).play(
        [*(task for module in ORDER for task in tasks[module]), before_the_end]
    )
    account = {
        "jane.doe": fresh_user(iam, "jane.doe"),
        "erp-export": fresh_user(iam, "erp-export"),
        **{name: fresh_group(iam, name) for name in ("Automation", "Developers", "Humans")},
        "key": key,
    }
    files = {str(path.relative_to(folder)) for path in folder.glob("handover/**/*")}
    yield Shown(run, tasks, account, files)
    emulator.reset()


@pytest.mark.parametrize("module", MODULES)
def test_a_modules_examples_run_as_they_stand(module: str, shown: Shown) -> None:
    assert examples(module)
    for task in shown.tasks[module]:
        (ended,) = [entry for entry in shown.run.tasks if entry["task"] == task["name"]]
        assert ended["status"] == "ok", ended["result"].get("msg")
        uses = [key for key in task if key.startswith("keysmith.iam.")]
        told = ended["result"].get("warnings", [])
        expected = module in TELL or any("new_name" in (task[use] or {}) for use in uses)
        assert not uses or not told or expected, told


def test_the_examples_do_what_they_say(shown: Shown) -> None:
    assert shown.run.rc == 0, shown.run.stdout[-3000:]
    assert shown.account["jane.doe"] == {}
    status = {key["access_key_id"]: key["status"] for key in shown.account["erp-export"]["access_keys"]}
    assert status.pop(shown.account["key"]) == "Inactive"
    assert list(status.values()) == ["Active"]
    assert list(shown.account["Humans"]["inline_policies"]) == ["keysmith-self-manage-and-require-mfa"]
    assert shown.account["Automation"]["users"] == [{"user_name": "erp-export"}]
    sealed = ("codecommit-credential.csv", "console-password.csv", "mfa-seed.svg")
    assert shown.files == {f"handover/jane.doe.{text}.age" for text in sealed}
