# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The AWX configuration in examples/ is one that AWX takes and keeps what it promises; each rule of AWX's can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx import config as awx

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
CONFIG = awx.load(PROJECT / "config")
Change = Callable[[Any], object]


def entry(config: Any, name: str) -> Any:
    """The one entry of this name; workflows and job templates may share one, and then it is the job template."""
    order = [variable for variable in awx.KINDS if variable != "controller_workflows"] + ["controller_workflows"]
    return next(one for variable in order for one in config[variable] if one.get("name") == name)


def workflow(config: Any, name: str) -> Any:
    return next(one for one in config["controller_workflows"] if one["name"] == name)


def node(config: Any, name: str, identifier: str) -> Any:
    return next(one for one in workflow(config, name)["workflow_nodes"] if one["identifier"] == identifier)


def question(config: Any, variable: str) -> Any:
    return next(
        asked
        for one in [*config["controller_templates"], *config["controller_workflows"]]
        for asked in one.get("survey_spec", {}).get("spec", ())
        if asked["variable"] == variable
    )


def type_of(config: Any) -> Any:
    return entry(config, "age identity")


def question_set(variable: str, /, **values: Any) -> Change:
    return lambda config: question(config, variable).update(values)


def question_without(variable: str, key: str) -> Change:
    return lambda config: question(config, variable).pop(key)


def entry_set(name: str, /, **values: Any) -> Change:
    return lambda config: entry(config, name).update(values)


def entry_without(name: str, key: str) -> Change:
    return lambda config: entry(config, name).pop(key)


def field_set(**values: Any) -> Change:
    return lambda config: type_of(config)["inputs"]["fields"][0].update(values)


def injectors(**values: Any) -> Change:
    return lambda config: type_of(config)["injectors"].update(values)


def rrule(rule: str) -> Change:
    return entry_set("IAM drift, every Monday", rrule=rule)


START = "DTSTART:20260105T060000Z"
# What is broken: how, and a part of what is told.
BROKEN: dict[str, tuple[Change, str]] = {
    # Surveys
    "a survey without a description": (
        lambda c: c["controller_templates"][5]["survey_spec"].pop("description"),
        "'des",
    ),
    "a survey without questions": (lambda c: c["controller_templates"][5]["survey_spec"].update(spec=[]), "spec"),
    "no type": (question_without("deliver_user", "type"), "'type' is a required property"),
    "no question": (question_without("deliver_user", "question_name"), "'question_name' is a required property"),
    "no variable": (
        lambda c: c["controller_templates"][5]["survey_spec"]["spec"][0].pop("variable"),
        "'variable' is a",
    ),
    "no required": (question_without("deliver_user", "required"), "'required' is a required property"),
    "required as a text": (question_set("deliver_user", required="yes"), "is not of type 'boolean'"),
    "an unknown type": (question_set("deliver_user", type="date"), "'date' is not one of"),
    "a key that no form has": (question_set("deliver_user", hint="x"), "'hint' was unexpected"),
    "a variable that is no name": (question_set("deliver_user", variable="a-b"), "'a-b' does not match"),
    "a variable asked for twice": (question_set("deliver_path", variable="deliver_user"), "asked for twice"),
    "choices missing": (question_without("deliver_store", "choices"), "'choices' is a required property"),
    "no choice": (question_set("deliver_store", choices=[]), "[] is not valid under any"),
    "a choice twice": (question_set("deliver_store", choices=["a", "a"]), "is not valid under any"),
    "a default that is no choice": (question_set("deliver_store", default="file"), "is none of its choices"),
    "a default that is a part of a choice": (question_set("deliver_store", default="ssm"), "is none of its choices"),
    "two defaults of one choice": (
        question_set("deliver_store", default="secretsmanager\nssm_parameter"),
        "more than one choice",
    ),
    "one of several defaults is no choice": (
        question_set("onboard_survey_credentials", default="access key\nroot"),
        "is none of its choices",
    ),
    "a list as default": (question_set("onboard_survey_groups", default=["Billing"]), "is not of type 'string'"),
    "a number as default of a text": (question_set("deliver_owner", default=5), "is not of type 'string'"),
    "a text as default of a number": (question_set("break_glass_hours", default="four"), "is not valid under any"),
    "half an integer": (question_set("break_glass_hours", default=1.5), "is not valid under any"),
    "a default above the most": (question_set("break_glass_hours", default=13), "is not within its limits"),
    "a default too long": (question_set("deliver_owner", default="x" * 33), "is not within its limits"),
    "a limit as a text": (question_set("break_glass_hours", max="12"), "is not of type 'integer', 'null'"),
    "a default that is reserved": (question_set("deliver_owner", default="$encrypted$"), "should not be valid under"),
    "a survey that is off": (entry_set("IAM deliver key", survey_enabled=False), "should not be valid under"),
    "a survey that is not there": (entry_without("IAM deliver key", "survey_spec"), "'survey_spec' is a required"),
    # Credential types
    "a key that no input has": (field_set(choice=["a"]), "'choice' was unexpected"),
    "inputs with dependencies": (lambda c: type_of(c)["inputs"].update(dependencies={}), "'dependencies' was unexp"),
    "an id that is no name": (field_set(id="1st"), "'1st' does not match"),
    "the reserved id": (field_set(id="tower"), "should not be valid under {'const': 'tower'}"),
    "a field without a label": (lambda c: type_of(c)["inputs"]["fields"][0].pop("label"), "'label' is a required"),
    "a field of an unknown type": (field_set(type="file"), "'file' is not one of"),
    "a field of an unknown format": (field_set(format="age"), "'age' is not one of"),
    "a secret switch": (field_set(type="boolean"), "should not be valid under"),
    "a default of another type": (field_set(default=True), "is not of type 'string'"),
    "a field twice": (lambda c: type_of(c)["inputs"]["fields"].append({"id": "identity", "label": "x"}), "there twice"),
    "a required field that is not there": (
        lambda c: type_of(c)["inputs"]["required"].append("key"),
        "required and not",
    ),
    "a kind that is AWX's own": (entry_set("age identity", kind="vault"), "'vault' is not one of"),
    "Ansible's own settings": (injectors(env={"ANSIBLE_CONFIG": "x"}), "'ANSIBLE_CONFIG' should not be valid"),
    "a forbidden variable": (injectors(env={"PYTHONPATH": "x"}), "'PYTHONPATH' should not be valid"),
    "a variable with a dash": (injectors(env={"AGE-KEY": "x"}), "'AGE-KEY' does not match"),
    "a variable that is not ASCII": (injectors(env={"AGE": "schlüssel"}), "does not match"),
    "a field that is not there": (injectors(env={"AGE_KEY": "{{ key }}"}), "'key' is undefined"),
    "a template that is none": (injectors(env={"AGE_KEY": "{{ identity"}), "unexpected end of template"),
    "a file that is not there": (injectors(file={}), "there is no unnamed file"),
    "a named file that is not there": (injectors(env={"A": "{{ tower.filename.key }}"}), "has no attribute 'key'"),
    "both kinds of files": (injectors(file={"template": "x", "template.key": "x"}), "is not valid under any"),
    "a file of another name": (injectors(file={"config": "x"}), "is not valid under any"),
    "unsafe code": (injectors(env={"A": "{{ identity.__class__.__mro__ }}"}), "unsafe"),
    "an unknown injector": (injectors(stdin={}), "'stdin' was unexpected"),
    # Schedules
    "no start": (rrule("RRULE:FREQ=DAILY;INTERVAL=1"), "does not match"),
    "a start of no time zone": (rrule("DTSTART:20260105T060000 RRULE:FREQ=DAILY;INTERVAL=1"), "does not match"),
    "two starts": (rrule(f"{START} {START} RRULE:FREQ=DAILY;INTERVAL=1"), "should not be valid under"),
    "no rule": (rrule(f"{START} "), "does not match"),
    "days left out": (
        rrule(f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20260106T060000Z"),
        "should not be valid under",
    ),
    "no interval": (rrule(f"{START} RRULE:FREQ=DAILY"), "has no INTERVAL"),
    "every second": (rrule(f"{START} RRULE:FREQ=SECONDLY;INTERVAL=9"), "is by the second"),
    "the second Monday": (rrule(f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO"), "a number before a weekday"),
    "both ends": (rrule(f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2;UNTIL=20270101T000000Z"), "both COUNT and"),
    "a count that is too high": (rrule(f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000"), "a COUNT above 999"),
    "a rule that is none": (rrule(f"{START} RRULE:FREQ=OFTEN;INTERVAL=1"), "is no rule"),
    "a schedule of nothing": (
        entry_set("IAM drift, every Monday", unified_job_template="x"),
        "no unified_job_template",
    ),
    # Job templates
    "a misspelt option": (entry_set("IAM drift", dif_mode=True), "'dif_mode' was unexpected"),
    "an unknown kind of job": (entry_set("IAM drift", job_type="scan"), "'scan' is not one of"),
    "a template without a project": (entry_without("IAM drift", "project"), "'project' is a required property"),
    "a playbook by its collection": (entry_set("IAM drift", playbook="keysmith.iam.onboard"), "does not match"),
    "a playbook that is nowhere": (entry_set("IAM drift", playbook="drift.yml"), "the project has no drift.yml"),
    "a credential that is nowhere": (entry_set("IAM drift", credentials=["x"]), "there is no credentials x"),
    "two credentials of a type": (
        entry_set("IAM drift", credentials=["AWS for IAM", "AWS for break-glass"]),
        "two credentials of one type",
    ),
    "an inventory that is nowhere": (entry_set("IAM drift", inventory="x"), "there is no inventory x"),
    "a project that is nowhere": (entry_set("IAM drift", project="x"), "there is no project x"),
    "an environment that is nowhere": (entry_set("IAM drift", execution_environment="x"), "no execution_environment x"),
    "two templates of a name": (entry_set("IAM drift", name="IAM onboard"), "has IAM onboard twice"),
    # Workflows
    "a node of nothing": (
        lambda c: node(c, "IAM onboard", "run")["unified_job_template"].update(name="x"),
        "template x",
    ),
    "a link to nowhere": (
        lambda c: node(c, "IAM onboard", "run").update(related={"success_nodes": [{"identifier": "x"}]}),
        "leads to x, which is no node",
    ),
    "a link in a circle": (
        lambda c: node(c, "IAM onboard", "run").update(related={"success_nodes": [{"identifier": "dry-run"}]}),
        "lead to themselves",
    ),
    "two nodes of a name": (lambda c: node(c, "IAM onboard", "run").update(identifier="approval"), "one identifier"),
    "a link of another sort": (
        lambda c: node(c, "IAM onboard", "run").update(related={"next_nodes": []}),
        "'next_nodes' was unexpected",
    ),
    "an approval of an organization": (
        lambda c: node(c, "IAM onboard", "approval")["unified_job_template"].update(organization={"name": "x"}),
        "should not be valid under",
    ),
    "no nodes": (lambda c: workflow(c, "IAM onboard").update(workflow_nodes=[]), "non-empty"),
    # The rest
    "a secret in git": (entry_set("AWS for IAM", inputs={"secret_key": "x"}), "'inputs' was unexpected"),
    "a type that is nowhere": (entry_set("AWS for IAM", credential_type="AWS"), "there is no credential_type AWS"),
    "a credential that nobody uses": (
        lambda c: c["controller_templates"].__delitem__(6),
        "no job template uses the credential Key of the workloads, OpenPGP",
    ),
    "a type that nobody uses": (
        entry_set("Key of the workloads, OpenPGP", credential_type="Machine"),
        "no credential is of the type OpenPGP key",
    ),
    "an image that is none": (entry_set("keysmith", image="keysmith ee"), "does not match"),
    "a project that is by hand": (entry_set("IAM", scm_type="manual"), "'manual' is not one of"),
    "an inventory of no file": (entry_without("production", "source_path"), "'source_path' is a required property"),
    "an inventory file that is nowhere": (entry_set("production", source_path="x.yml"), "the project has no x.yml"),
    "an unknown role": (lambda c: c["controller_roles"][0].update(role="launch"), "'launch' is not one of"),
    "a role on nothing": (lambda c: c["controller_roles"][0].pop("workflows"), "is not valid under any"),
    "a role of nobody": (lambda c: c["controller_roles"][0].pop("teams"), "is not valid under any"),
    "a role on what is nowhere": (
        lambda c: c["controller_roles"][0].update(workflows=["x"]),
        "there is no workflows x",
    ),
    "an unknown variable": (lambda c: c.update(controller_teams=[]), "controller_teams is no variable"),
}


def test_the_example_is_one_that_awx_takes() -> None:
    assert set(CONFIG) == set(awx.KINDS)
    assert awx.wrong(CONFIG, PROJECT) == []


@pytest.mark.parametrize("what", BROKEN)
def test_what_awx_refuses_is_refused_here(what: str) -> None:
    change, told = BROKEN[what]
    # Each entry by itself, since YAML's anchors have some of them share their questions.
    broken = {name: [copy.deepcopy(one) for one in entries] for name, entries in CONFIG.items()}
    change(broken)
    assert told in "\n".join(awx.wrong(broken, PROJECT))


def test_each_schema_is_a_schema_and_used() -> None:
    files = {path.name.partition(".")[0] for path in awx.SCHEMAS.glob("*.json")}
    assert files == {*awx.KINDS.values(), "survey"}
    for kind in files:
        awx.validator(kind).check_schema(awx.schema(kind))


def test_the_playbook_hands_on_whatever_the_data_may_hold() -> None:
    """What it left out would be lost without a word."""
    tasks = yaml.safe_load((PROJECT / "tasks/configure_awx.yml").read_text("utf-8"))
    given = {name: set(options) for task in tasks for name, options in task.items() if name.startswith("awx.awx.")}
    for kind in awx.KINDS.values():
        assert awx.schema(kind)["properties"].keys() - given[f"awx.awx.{kind}"] == set(), kind


def launched() -> Iterator[Any]:
    yield from CONFIG["controller_templates"]
    yield from CONFIG["controller_workflows"]


def asked(one: Any) -> set[str]:
    return {question["variable"] for question in one.get("survey_spec", {}).get("spec", ())}


def test_nobody_can_give_a_variable_that_no_form_has() -> None:
    assert [one["name"] for one in launched() if one["ask_variables_on_launch"]] == []
    assert [one["name"] for one in launched() if one.get("extra_vars")] == []


def test_requester_and_approver_are_never_an_answer() -> None:
    forbidden = {"break_glass_requester", "break_glass_approver", "break_glass_action"}
    for one in launched():
        assert not asked(one) & forbidden
        assert not {name for name in asked(one) if name.startswith(("awx_", "tower_", "keysmith_", "_", "ansible_"))}


def test_every_answer_is_to_a_question_of_the_roles() -> None:
    specs = {
        "onboard": yaml.safe_load((ROOT / "roles/onboard/meta/argument_specs.yml").read_text("utf-8"))[
            "argument_specs"
        ],
        "break_glass": yaml.safe_load((ROOT / "roles/break_glass/meta/argument_specs.yml").read_text("utf-8"))[
            "argument_specs"
        ],
    }
    known = set(specs["onboard"]["survey"]["options"]) | set(specs["break_glass"]["main"]["options"])
    delivered = set((PROJECT / "deliver_key.yml").read_text("utf-8").replace("}}", " ").split())
    for one in launched():
        assert {name for name in asked(one) if not name.startswith("deliver_")} <= known
        assert {name for name in asked(one) if name.startswith("deliver_")} <= delivered


def test_the_forms_offer_what_the_settings_know() -> None:
    form = yaml.safe_load((PROJECT / "settings/form.yml").read_text("utf-8"))
    users = yaml.safe_load((PROJECT / "settings/break_glass.yml").read_text("utf-8"))["break_glass_users"]
    choices = {
        question["variable"]: question["choices"]
        for one in launched()
        for question in one.get("survey_spec", {}).get("spec", ())
        if "choices" in question
    }
    assert choices["onboard_survey_groups"] == form["onboard_survey_allowed_groups"]
    assert set(choices["onboard_survey_store"]) == set(form["onboard_survey_places"])
    assert choices["break_glass_user"] == [user["name"] for user in users]


def before(workflow: Any, identifier: str) -> set[str]:
    return {
        one["identifier"]
        for one in workflow["workflow_nodes"]
        for link in one.get("related", {}).get("success_nodes", ())
        if link["identifier"] == identifier
    }


def test_what_writes_stands_right_behind_an_approval() -> None:
    """Of the jobs that a workflow starts, those in check mode and the check need none."""
    templates = {one["name"]: one for one in CONFIG["controller_templates"]}
    writing = 0
    for one in CONFIG["controller_workflows"]:
        kinds = {n["identifier"]: n["unified_job_template"]["type"] for n in one["workflow_nodes"]}
        for each in one["workflow_nodes"]:
            run = templates.get(each["unified_job_template"]["name"], {})
            if (
                kinds[each["identifier"]] == "job_template"
                and run["job_type"] == "run"
                and "check" not in run["playbook"]
            ):
                writing += 1
                assert {kinds[name] for name in before(one, each["identifier"])} == {"workflow_approval"}
                others = [n for n in one["workflow_nodes"] if n.get("related", {}).keys() - {"success_nodes"}]
                assert all(
                    link["identifier"] != each["identifier"]
                    for n in others
                    for sort in ("always_nodes", "failure_nodes")
                    for link in n["related"].get(sort, ())
                )
    assert writing == 5


def test_nobody_may_start_alone_what_needs_an_approval() -> None:
    granted = {
        name for role in CONFIG["controller_roles"] if role["role"] != "read" for name in role.get("job_templates", ())
    }
    by_workflow = {"IAM onboard", "IAM onboard from a form", "Break-glass open", "Break-glass drill"}
    by_workflow |= {"IAM onboard from a form, dry run"}
    assert granted == {one["name"] for one in CONFIG["controller_templates"]} - by_workflow
    assert not any(role.keys() & {"organizations", "projects"} for role in CONFIG["controller_roles"])


def test_who_asks_and_who_approves_are_not_the_same_team() -> None:
    teams = {role["role"]: set(role["teams"]) for role in CONFIG["controller_roles"] if "workflows" in role}
    assert set(teams) == {"execute", "approval"}
    assert not teams["execute"] & teams["approval"]


def test_only_what_asks_awx_has_its_token() -> None:
    for one in CONFIG["controller_templates"]:
        asks = "tasks/ask_awx.yml" in (PROJECT / one["playbook"]).read_text("utf-8")
        assert ("AWX, to read approvals" in one["credentials"]) == asks, one["name"]


def test_dry_runs_are_dry_and_shown() -> None:
    dry = [one for one in CONFIG["controller_templates"] if "dry run" in one["name"] or "drift" in one["name"]]
    assert len(dry) == 3
    for one in dry:
        assert (one["job_type"], one["diff_mode"]) == ("check", True)


def test_schedules_watch_what_nobody_looks_at() -> None:
    """A check a day and a dry run a week."""
    rules = {one["unified_job_template"]: one["rrule"] for one in CONFIG["controller_schedules"]}
    assert "FREQ=DAILY" in rules["Break-glass check"]
    assert "FREQ=WEEKLY" in rules["IAM drift"]


def test_names_of_variables_with_a_key_are_such_that_awx_hides_them() -> None:
    for one in CONFIG["controller_credential_types"]:
        for name in one["injectors"]["env"]:
            assert not name.startswith("KEYSMITH_") or "KEY" in name


def test_every_playbook_of_the_project_is_for_a_job() -> None:
    used = {one["playbook"] for one in CONFIG["controller_templates"]}
    files = {path.name for path in PROJECT.glob("*.yml")} - {"execution-environment.yml", "configure_awx.yml"}
    assert files == used
