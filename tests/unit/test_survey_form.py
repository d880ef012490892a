# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Forms and their reader say the same: questions as refusals quote them, choices that are taken, variables by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._core.answers import Rules
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import QUESTIONS, read_table
from ansible_collections.keysmith.iam.plugins.module_utils._core.survey import roster

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "onboard_survey_"
SETTINGS = ("places", "allowed_groups", "allowed_fields", "fixed")
STORES = {"secretsmanager": "a", "ssm_parameter": "a", "file": "a", "result": ""}


class Reader(yaml.SafeLoader):
    """Takes Ansible's mark of a text that is no template."""


Reader.add_constructor("!unsafe", lambda reader, node: str(reader.construct_scalar(node)))


def load(name: str) -> Any:
    return yaml.load((ROOT / name).read_text(encoding="utf-8"), Reader)


def questions(value: Any) -> Iterator[dict[str, Any]]:
    """Every question of a survey, wherever it stands."""
    if isinstance(value, dict) and "question_name" in value:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from questions(item)


CONFIG = [load(str(path.relative_to(ROOT))) for path in sorted((ROOT / "examples/awx-project/config").glob("*.yml"))]
ASKED = [question for question in questions(CONFIG) if question["variable"].startswith(PREFIX)]


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question["variable"])
def test_a_question_is_called_as_refusals_call_it_and_its_choices_are_taken(question: dict[str, Any]) -> None:
    name = question["variable"].removeprefix(PREFIX)
    assert question["question_name"] == {**QUESTIONS, "people": "People"}[name]
    for choice in question.get("choices", ()):
        answers = {"name": "jane", "use_case": "human", name: choice}
        assert roster(answers, None, Rules(places=STORES))[1] == []


def test_every_question_is_asked_somewhere() -> None:
    assert {question["variable"] for question in ASKED} == {f"{PREFIX}{name}" for name in (*QUESTIONS, "people")}


def test_the_roles_entry_point_has_a_variable_for_each_question_and_setting() -> None:
    options = load("roles/onboard/meta/argument_specs.yml")["argument_specs"]["survey"]["options"]
    assert list(options) == [f"{PREFIX}{name}" for name in (*QUESTIONS, "people", *SETTINGS)]
    (task,) = [task for task in load("roles/onboard/tasks/survey.yml") if "keysmith.iam.survey_roster" in task]
    read = {name: text for name, text in task["keysmith.iam.survey_roster"].items() if name != "handover"}
    assert {name: f"{PREFIX}{name}" in text for name, text in read.items()} == dict.fromkeys(
        [*QUESTIONS, "people", *SETTINGS], True
    )


def test_the_form_to_copy_is_one_that_is_taken() -> None:
    form = load("examples/form.yml")
    given = {name.removeprefix(PREFIX): value for name, value in form.items() if name.startswith(PREFIX)}
    rules = Rules(form["onboard_handover"], {}, given["allowed_groups"], given["allowed_fields"], given["fixed"])
    lines, problems = read_table(given["people"])
    assert problems == []
    users, problems = roster({name: given.get(name) for name in QUESTIONS}, lines, rules)
    assert problems == []
    wanted = [("jane.doe", "human", True), ("john.roe", "human", True), ("erp-export", "workload", None)]
    assert [(user["name"], user["use_case"], user.get("console")) for user in users] == wanted
    assert [user["path"] for user in users] == ["/staff/"] * 3
