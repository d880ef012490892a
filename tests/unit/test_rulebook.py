# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rulebook is one to ansible-rulebook, and knows every alarm that the CloudFormation template can ring."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.emulator import template

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = ROOT / "extensions/eda/rulebooks/break_glass.yml"
ALARMS = ROOT / "roles/break_glass/files/alarms.template"
TEXT = RULEBOOK.read_text(encoding="utf-8")


@pytest.fixture
def rulebook() -> Any:
    return yaml.safe_load(TEXT)


@pytest.fixture
def validate() -> Callable[[Any], None]:
    # Imported here because the environments of the ansible-core matrix do not have it.
    from ansible_rulebook.validators import Validate

    return Validate.rulebook


def test_it_is_a_rulebook(rulebook: Any, validate: Callable[[Any], None]) -> None:
    validate(rulebook)
    broken = copy.deepcopy(rulebook)
    del broken[0]["rules"][0]["action"]["run_job_template"]["organization"]
    with pytest.raises(jsonschema.ValidationError):
        validate(broken)


def test_its_conditions_are_conditions(rulebook: Any) -> None:
    from ansible_rulebook.condition_parser import parse_condition
    from ansible_rulebook.exception import ConditionParsingException

    for rule in rulebook[0]["rules"]:
        parse_condition(rule["condition"])
    with pytest.raises(ConditionParsingException):
        parse_condition(rulebook[0]["rules"][0]["condition"].replace("[", "("))


def test_every_alarm_starts_one_job(rulebook: Any) -> None:
    resources = template.parse(ALARMS.read_text(encoding="utf-8"))["Resources"].values()
    inputs = [
        target["InputTransformer"]["InputTemplate"]
        for resource in resources
        for target in resource["Properties"].get("Targets", [])
    ]
    rung = sorted(re.findall(r'"alarm": "([a-z-]+)"', " ".join(inputs)))
    with_a_job = [rule for rule in rulebook[0]["rules"] if "run_job_template" in rule["action"]]
    known = sorted(re.findall(r'"([a-z-]+)"', " ".join(rule["condition"] for rule in with_a_job)))
    assert known == rung
    assert len(rung) == len(inputs) == 9


def test_every_variable_is_said_in_its_head(rulebook: Any) -> None:
    used = set(re.findall(r"{{ (break_glass_\w+)", TEXT))
    head = TEXT.partition("# Variables:")[2].partition("- name:")[0]
    assert used == set(re.findall(r"break_glass_\w+", head))


def test_the_role_knows_what_it_is_given(rulebook: Any) -> None:
    known = yaml.safe_load((ROOT / "roles/break_glass/vars/main.yml").read_text(encoding="utf-8"))
    for rule in rulebook[0]["rules"][:2]:
        given = rule["action"]["run_job_template"]["job_args"]["extra_vars"]
        assert {name for name in given if name.startswith("break_glass_")} <= set(known["__break_glass_known"])


def test_what_was_changed_is_never_closed_by_itself(rulebook: Any) -> None:
    changed = rulebook[0]["rules"][1]["action"]["run_job_template"]["job_args"]["extra_vars"]
    assert changed["break_glass_action"] == "check"
