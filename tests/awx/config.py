# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWX would refuse of a configuration in the shape of infra.aap_configuration, told without an AWX.

The schemas hold what a JSON Schema can say, the functions here the rest; both are written from AWX 24.6.1, each place
names the source. What is wrong comes back as sentences, none when AWX would take it all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dateutil.rrule
import jinja2
import jinja2.sandbox
import jsonschema
import yaml
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parent / "schemas"
KINDS = {
    "controller_execution_environments": "execution_environment",
    "controller_credential_types": "credential_type",
    "controller_credentials": "credential",
    "controller_projects": "project",
    "controller_inventories": "inventory",
    "controller_inventory_sources": "inventory_source",
    "controller_templates": "job_template",
    "controller_workflows": "workflow_job_template",
    "controller_schedules": "schedule",
    "aap_teams": "team",
    "controller_roles": "role",
}
# Of the types that AWX comes with, those that the example uses (awx_plugins/credentials/plugins.py).
BUILT_IN_TYPES = {"Machine", "Red Hat Ansible Automation Platform", "Amazon Web Services"}
Config = Mapping[str, Sequence[Mapping[str, Any]]]


class _Loader(yaml.SafeLoader):
    """YAML as Ansible reads it: `!unsafe` marks a text that is no template."""


_Loader.add_constructor("!unsafe", lambda loader, node: str(loader.construct_scalar(node)))


def load(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All files of `config/`. A variable that two of them set is an error, since only one would count."""
    config: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        assert not config.keys() & content.keys(), f"{path.name} sets what another file sets"
        config |= content
    return config


def wrong(config: Config, project: Path) -> list[str]:
    """What AWX, or the first launch, would refuse; `project` is the folder that the project's playbooks are in."""
    unknown = [
        f"{name} is no variable of infra.aap_configuration that is known here" for name in config.keys() - KINDS.keys()
    ]
    broken = [sentence for name in KINDS.keys() & config for sentence in _broken(name, config[name])]
    if unknown or broken:
        return unknown + broken
    own = [
        *(sentence for entry in config.get("controller_credential_types", ()) for sentence in _type_wrong(entry)),
        *(sentence for entry in config.get("controller_schedules", ()) for sentence in rrule_wrong(entry["rrule"])),
        *(sentence for entry in config.get("controller_workflows", ()) for sentence in _links_wrong(entry)),
        *(sentence for entry in _with_survey(config) for sentence in survey_wrong(entry["survey_spec"])),
    ]
    return [*own, *_missing(config, project), *_unused(config), *_doubled(config)]


@cache
def schema(kind: str) -> Any:
    return json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    known = Registry().with_resources([("survey.schema.json", Resource.from_contents(schema("survey")))])
    return jsonschema.Draft202012Validator(schema(kind), registry=known)


def _broken(name: str, entries: Any) -> Iterator[str]:
    for entry in entries:
        for error in validator(KINDS[name]).iter_errors(entry):
            yield f"{name}: {entry.get('name', entry.get('role'))}: {error.json_path}: {error.message}"


def _with_survey(config: Config) -> Iterator[Mapping[str, Any]]:
    launched = [*config.get("controller_templates", ()), *config.get("controller_workflows", ())]
    return (entry for entry in launched if "survey_spec" in entry)


def survey_wrong(survey: Mapping[str, Any]) -> Iterator[str]:
    """`JobTemplateSurveySpec._validate_spec_data` in awx/api/views/__init__.py.

    `SurveyJobTemplateMixin._survey_element_validation` in awx/main/models/mixins.py drops a default without a word that
    an answer could not be.
    """
    names = [question["variable"] for question in survey["spec"]]
    yield from (f"the variable {name} is asked for twice" for name in sorted({n for n in names if names.count(n) > 1}))
    for question in survey["spec"]:
        defaults = question.get("default", "")
        told = f"the default of {question['variable']}"
        if question["type"] in ("multiplechoice", "multiselect"):
            chosen = [line for line in str(defaults).splitlines() if line.strip()]
            choices = question["choices"]
            offered = choices.splitlines() if isinstance(choices, str) else choices
            if set(chosen) - set(offered):
                yield f"{told} is none of its choices"
            if question["type"] == "multiplechoice" and len(chosen) > 1:
                yield f"{told} is more than one choice"
        elif defaults != "":
            size = len(defaults) if isinstance(defaults, str) else defaults
            if not _within(size, question):
                yield f"{told} is not within its limits"


def _within(size: float, question: Mapping[str, Any]) -> bool:
    least, most = question.get("min"), question.get("max")
    return (least is None or size >= least) and (most is None or size <= most)


class _Files:
    """`tower.filename`, in a text the one file, and with an attribute one of several."""

    def __init__(self, names: Sequence[str]) -> None:
        self._alone = "template" in names
        self.__dict__ |= {name.partition(".")[2]: "EXAMPLE" for name in names if "." in name}

    def __str__(self) -> str:
        if not self._alone:
            raise jinja2.UndefinedError("there is no unnamed file")
        return "EXAMPLE"


def _type_wrong(entry: Mapping[str, Any]) -> Iterator[str]:
    """`CredentialTypeInputField.validate` and `CredentialTypeInjectorField.validate` in awx/main/fields.py."""
    ids = [one["id"] for one in entry["inputs"]["fields"]]
    yield from (
        f"{entry['name']}: the field {one} is there twice" for one in sorted({i for i in ids if ids.count(i) > 1})
    )
    for one in entry["inputs"].get("required", []):
        if one not in ids:
            yield f"{entry['name']}: the field {one} is required and not there"
    known = {**dict.fromkeys(ids, "EXAMPLE"), "tower": {"filename": _Files(list(entry["injectors"].get("file", {})))}}
    engine = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for kind, templates in entry["injectors"].items():
        for name, template in templates.items():
            try:
                engine.from_string(template).render(known)
            except jinja2.TemplateError as error:
                yield f"{entry['name']}: {kind} {name}: {error}"


def rrule_wrong(rule: str) -> Iterator[str]:
    """`SchedulePreviewSerializer.validate_rrule` in awx/api/serializers.py, what the schema does not say."""
    found = list(_rule_wrong(rule))
    try:
        if not found:
            dateutil.rrule.rrulestr(rule.replace(" ", "\n"))
    except ValueError as error:
        found.append(f"{rule} is no rule: {error}")
    yield from found


def _rule_wrong(rule: str) -> Iterator[str]:
    for one in re.findall(r"RULE:(\S+)", rule):
        parts = dict(part.partition("=")[::2] for part in one.split(";"))
        if "INTERVAL" not in parts:
            yield f"{one} has no INTERVAL"
        if parts.get("FREQ") == "SECONDLY":
            yield f"{one} is by the second"
        if re.search(r"\d", parts.get("BYDAY", "")):
            yield f"{one} has a number before a weekday"
        if {"COUNT", "UNTIL"} <= parts.keys():
            yield f"{one} has both COUNT and UNTIL"
        if int(parts.get("COUNT", 0)) > 999:
            yield f"{one} has a COUNT above 999"


def _links_wrong(workflow: Mapping[str, Any]) -> Iterator[str]:
    """Links lead to nodes of the workflow, never in a circle (`WorkflowDAG` in awx/main/scheduler/dag_workflow.py)."""
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    if len(nodes) < len(workflow["workflow_nodes"]):
        yield f"{workflow['name']}: two nodes have one identifier"
    after = {
        name: [one["identifier"] for links in node.get("related", {}).values() for one in links]
        for name, node in nodes.items()
    }
    lost = sorted({name for names in after.values() for name in names} - nodes.keys())
    yield from (f"{workflow['name']}: a link leads to {name}, which is no node" for name in lost)
    while ended := [name for name, names in after.items() if not set(names) & after.keys()]:
        after = {name: names for name, names in after.items() if name not in ended}
    if after:
        yield f"{workflow['name']}: {', '.join(sorted(after))} lead to themselves"


def _names(config: Config, *variables: str) -> set[str]:
    return {entry["name"] for variable in variables for entry in config.get(variable, ())}


def _missing(config: Config, project: Path) -> Iterator[str]:
    """What an entry names, and what is nowhere."""
    targets = {
        "project": _names(config, "controller_projects"),
        "source_project": _names(config, "controller_projects"),
        "inventory": _names(config, "controller_inventories"),
        "execution_environment": _names(config, "controller_execution_environments"),
        "default_environment": _names(config, "controller_execution_environments"),
        "credential_type": _names(config, "controller_credential_types") | BUILT_IN_TYPES,
        "credentials": _names(config, "controller_credentials"),
        "teams": _names(config, "aap_teams"),
        "job_templates": _names(config, "controller_templates"),
        "workflows": _names(config, "controller_workflows"),
        "unified_job_template": _names(config, "controller_templates", "controller_workflows", "controller_projects"),
    }
    for entries in config.values():
        for entry in entries:
            for key in targets.keys() & entry:
                named = [entry[key]] if isinstance(entry[key], str) else entry[key]
                yield from (f"there is no {key} {one}" for one in named if one not in targets[key])
    for workflow in config.get("controller_workflows", ()):
        for node in workflow["workflow_nodes"]:
            target = node["unified_job_template"]
            if target["type"] == "job_template" and target["name"] not in targets["job_templates"]:
                yield f"there is no job template {target['name']}, which {workflow['name']} would run"
    for key, variable in (("playbook", "controller_templates"), ("source_path", "controller_inventory_sources")):
        for entry in config.get(variable, ()):
            if key in entry and not (project / entry[key]).is_file():
                yield f"the project has no {entry[key]}"


def _unused(config: Config) -> Iterator[str]:
    used = {name for template in config.get("controller_templates", ()) for name in template.get("credentials", ())}
    for credential in config.get("controller_credentials", ()):
        if credential["name"] not in used:
            yield f"no job template uses the credential {credential['name']}"
    of_types = {credential["credential_type"] for credential in config.get("controller_credentials", ())}
    for name in sorted(_names(config, "controller_credential_types") - of_types):
        yield f"no credential is of the type {name}"


def _doubled(config: Config) -> Iterator[str]:
    """AWX tells entries of a kind apart by their names, and takes one credential of a type for a job."""
    for variable, entries in config.items():
        names = [entry["name"] for entry in entries if "name" in entry]
        yield from (f"{variable} has {name} twice" for name in sorted({one for one in names if names.count(one) > 1}))
    types = {
        credential["name"]: credential["credential_type"] for credential in config.get("controller_credentials", ())
    }
    for template in config.get("controller_templates", ()):
        kinds = [types.get(name, name) for name in template.get("credentials", ())]
        if len(set(kinds)) < len(kinds):
            yield f"{template['name']} has two credentials of one type"
