# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles say what they take, playbooks only name roles, and the rosters in examples/ are what the role takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.keysmith.iam.plugins.module_utils._shell import arguments

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
ROSTERS = sorted((ROOT / "examples").glob("*.yml"))
PLAYBOOK_LINES = 25
PLAY_KEYS = {"name", "hosts", "connection", "gather_facts", "roles", "vars"}
# A playbook of another entry point than main, or without Ansible's check of arguments, names its role in a task only.
IMPORTS = {"name", "ansible.builtin.import_role"}
# How a play reaches its host is the one thing that it may set; what it does is the role's.
CONNECTION_VARS = {"ansible_pipelining"}
MEANT = ("type", "elements", "choices", "default", "required")
# What these hold is the caller's own: names of tags, of policies and of guards.
FREE_FORM = {"tags", "inline_policies", "onboard_guards", "onboard_survey_places", "onboard_survey_fixed"}
Spec = Mapping[str, Any]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options_of(role: str) -> dict[str, Any]:
    """The options of all entry points."""
    entries = load(ROOT / f"roles/{role}/meta/argument_specs.yml")["argument_specs"].values()
    return {name: option for entry in entries for name, option in entry["options"].items()}


def untyped(options: Spec, path: str = "") -> Iterator[str]:
    """Each option that does not say its type, a list its elements, a dict its options."""
    for name, option in options.items():
        nested = "dict" in (option.get("type"), option.get("elements")) and name not in FREE_FORM
        said = "type" in option and ("elements" in option or option["type"] != "list")
        if not said or (nested and not option.get("options")):
            yield f"{path}{name}"
        yield from untyped(option.get("options", {}), f"{path}{name}.")


def meant(options: Spec) -> dict[str, Any]:
    """What Ansible checks of these options, without descriptions and no_log."""
    told = {}
    for name, option in options.items():
        told[name] = {key: option[key] for key in MEANT if key in option}
        if "options" in option:
            told[name]["options"] = meant(option["options"])
    return told


def misnamed(role: str, tasks: list[Spec], variables: Spec, defaults: Spec) -> Iterator[str]:
    """Variables that could meet somebody else's: without the role's name in front, or for internal ones __ and it. What
    a task registers is internal, but for the result that the role leaves."""
    yield from (name for name in defaults if not name.startswith(f"{role}_"))
    yield from (name for name in variables if not name.startswith(f"__{role}_"))
    for task in tasks:
        registered = task.get("register", f"__{role}_")
        if not registered.startswith(f"__{role}_") and registered != f"{role}_result":
            yield registered
        yield from (name for name in task.get("ansible.builtin.set_fact", {}) if not name.startswith(f"{role}_"))


def programs(text: str) -> Iterator[str]:
    """What a playbook does beyond naming its roles."""
    if len(text.splitlines()) > PLAYBOOK_LINES:
        yield f"{len(text.splitlines())} lines"
    for play in yaml.safe_load(text):
        yield from sorted(set(play) - PLAY_KEYS - {"tasks"})
        yield from sorted(key for task in play.get("tasks", ()) for key in set(task) - IMPORTS)
        yield from sorted(set(play.get("vars", {})) - CONNECTION_VARS)


def named(plays: list[Spec]) -> list[str]:
    """The roles of a playbook, each with its entry point behind it, if that is not main."""
    imports = [task["ansible.builtin.import_role"] for play in plays for task in play.get("tasks", ())]
    roles = [role["role"] for play in plays for role in play.get("roles", ())]
    return roles + ["_".join(filter(None, [entry["name"], entry.get("tasks_from")])) for entry in imports]


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_argument_spec(role: str) -> None:
    said = {name: option["default"] for name, option in options_of(role).items() if "default" in option}
    assert load(ROOT / f"roles/{role}/defaults/main.yml") == said


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_typed_and_described(role: str) -> None:
    assert list(untyped(options_of(role))) == []
    undescribed = [name for name, option in options_of(role).items() if not option.get("description")]
    assert undescribed == []


@pytest.mark.parametrize("role", ROLES)
def test_variables_are_prefixed(role: str) -> None:
    folder = ROOT / f"roles/{role}"
    tasks = [task for path in sorted((folder / "tasks").glob("*.yml")) for task in load(path)]
    assert list(misnamed(role, tasks, load(folder / "vars/main.yml"), load(folder / "defaults/main.yml"))) == []


@pytest.mark.parametrize(
    ("option", "module"),
    [
        ("onboard_groups", arguments.ROSTER_GROUP),
        ("onboard_users", arguments.ROSTER_USER),
        ("onboard_handover", arguments.HANDOVER["options"]),
    ],
)
def test_a_roster_means_the_same_to_role_and_module(option: str, module: Spec) -> None:
    assert meant(options_of("onboard")[option]["options"]) == meant(module)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_playbooks_only_name_roles(path: Path) -> None:
    assert list(programs(path.read_text(encoding="utf-8"))) == []
    assert named(load(path)) == [f"keysmith.iam.{path.stem}"]


@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.stem)
def test_rosters_are_what_the_role_takes(path: Path) -> None:
    roster = json.loads(json.dumps(load(path)))  # an alias in YAML becomes a copy, as it does on the way to a module
    (role,) = {role for role in ROLES for name in roster if name.startswith(f"{role}_")}
    assert ArgumentSpecValidator(options_of(role)).validate(roster).error_messages == []
    assert re.search("PRIVATE KEY|AGE-SECRET-KEY", path.read_text(encoding="utf-8")) is None


def test_the_big_roster_is_big_and_mixed() -> None:
    users = load(ROOT / "examples/roster-30.yml")["onboard_users"]
    assert len(users) >= 30
    assert {user["use_case"] for user in users} == {"human", "workload", "emergency"}
    assert {user.get("handover", {"store": "file"})["store"] for user in users} == {"file", "secretsmanager"}


def test_the_rules_can_fail() -> None:
    assert list(untyped({"a": {"type": "list"}, "b": {"type": "dict", "options": {"c": {}}}})) == ["a", "b.c"]
    assert list(untyped({"a": {"type": "list", "elements": "dict"}})) == ["a"]
    tasks = [{"register": "result"}, {"ansible.builtin.set_fact": {"fact": 1}}]
    assert list(misnamed("onboard", tasks, {"onboard_x": 1}, {"x": 1})) == ["x", "onboard_x", "result", "fact"]
    play = "- {hosts: a, handlers: [], tasks: [{name: x, ansible.builtin.shell: x}]}\n"
    assert list(programs(play + "\n" * PLAYBOOK_LINES)) == ["26 lines", "handlers", "ansible.builtin.shell"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_knows_its_own_variables(role: str) -> None:
    variables = load(ROOT / f"roles/{role}/vars/main.yml")
    assert variables[f"__{role}_known"] + variables.get(f"__{role}_survey_known", []) == list(options_of(role))


def test_what_ansible_does_not_check_the_role_does() -> None:
    shapes = load(ROOT / "roles/onboard/vars/main.yml")["__onboard_shapes"]
    main = load(ROOT / "roles/onboard/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert re.findall(r"\['(onboard_\w+)', '", shapes) == list(main)
    # Of a form's own settings the role checks nothing: an empty one would let the form name any group.
    imports = [task["ansible.builtin.import_role"] for path in PLAYBOOKS for task in load(path)[0].get("tasks", ())]
    unchecked = [(entry["name"], entry.get("tasks_from")) for entry in imports if "rolespec_validate" in entry]
    assert unchecked == [("keysmith.iam.onboard", None)]
