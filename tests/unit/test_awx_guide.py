# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the guide about AWX and its pictures name is there, and its table of rights is what config/ grants."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.awx import config as awx
from tests.unit.tables import rows

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
CONFIG = awx.load(PROJECT / "config")
FOLDER = ROOT / "docs/docsite/rst"
GUIDE = FOLDER / "awx_guide.rst"
TEXT = GUIDE.read_text(encoding="utf-8")
PICTURES = [FOLDER / name for name in re.findall(r"^\.\. image:: (\S+)$", TEXT, re.MULTILINE)]
SAID = {path.name: path.read_text(encoding="utf-8") for path in (GUIDE, *PICTURES)}
# Files that a run makes, or that the runbook has somebody write.
MADE = {"evidence.jsonl", "manifest.json", "kit.html", "who.yml"}
RIGHTS = {"execute": "Execute", "approval": "Approve", "read": "Read"}
TEAMS = ["IAM requesters", "IAM approvers", "IAM operators"]


def names(value: Any) -> Iterator[str]:
    """Every name that AWX shows: of an object, a node, a question of a form."""
    if isinstance(value, dict):
        yield from (value[key] for key in ("name", "question_name") if isinstance(value.get(key), str))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from names(item)


def prose(text: str) -> str:
    """Without blocks of code, literals and the tags of a picture."""
    text = re.sub(r"^( *)\.\. code-block::.*\n(?:\n|\1 +.*\n)*", "", text, flags=re.MULTILINE)
    return re.sub(r"<style>.*?</style>|<[^>]*>|``[^`]*``", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", SAID)
def test_what_stands_in_quotes_is_a_name_in_the_configuration(name: str) -> None:
    quoted = {" ".join(found.split()) for found in re.findall(r'"([^"]+)"', prose(SAID[name]))}
    assert quoted - {*names(list(CONFIG.values())), *awx.BUILT_IN_TYPES, "result"} == set()


@pytest.mark.parametrize("name", SAID)
def test_files_are_there(name: str) -> None:
    found = set(re.findall(r"[\w./-]*\w\.(?:ya?ml|py|jsonl?|html)\b", SAID[name])) - MADE
    beside = [PROJECT, ROOT, ROOT / "roles/break_glass/files"]
    assert [path for path in found if not any((folder / path).is_file() for folder in beside)] == []


@pytest.mark.parametrize("name", SAID)
def test_variables_and_fields_are_known(name: str) -> None:
    """As words: options of the roles, of AWX (by the schemas) and of the project."""
    sources = [
        *(ROOT / "roles").glob("*/meta/argument_specs.yml"),
        *awx.SCHEMAS.glob("*.json"),
        *PROJECT.rglob("*.yml"),
        *(ROOT / "playbooks").glob("*.yml"),
        ROOT / "plugins/module_utils/_core/guards.py",
    ]
    known = set(re.findall(r"\w+", " ".join(path.read_text(encoding="utf-8") for path in sources)))
    words = {word.rstrip("_") for word in re.findall(r"(?<![\w./-])[a-z]+_[a-z_]+(?![\w/-]|\.[a-z])", SAID[name])}
    # The label of the guide, a collection that AWX is configured by, a variable that AWX has and nobody here uses.
    assert words - known - {"awx_guide", "aap_configuration", "awx_user_name"} == set()


def granted() -> dict[str, list[str]]:
    """By the name in the table, the rights of each team; Execute holds Read."""
    table = {one["name"]: [""] * len(TEAMS) for one in CONFIG["controller_templates"]}
    doubled = [one["name"] for one in CONFIG["controller_workflows"] if one["name"] in table]
    shown = {name: f'"{name}"' for name in table}
    cells = {f'"{name}"': rights for name, rights in table.items()}
    cells |= {_workflow(one["name"], doubled): [""] * len(TEAMS) for one in CONFIG["controller_workflows"]}
    for role in sorted(CONFIG["controller_roles"], key=lambda role: role["role"], reverse=True):
        on = [shown[name] for name in role.get("job_templates", ())]
        on += [_workflow(name, doubled) for name in role.get("workflows", ())]
        for name in on:
            for team in role["teams"]:
                cells[name][TEAMS.index(team)] = RIGHTS[role["role"]]
    return cells


def _workflow(name: str, doubled: list[str]) -> str:
    return f'"{name}", the workflow' if name in doubled else f'"{name}"'


def test_the_table_of_rights_is_what_the_configuration_grants() -> None:
    told = {row[0]: row[1:] for row in rows(GUIDE, "Who may do what")}
    assert told == {name: [*rights, "Read", "all"] for name, rights in granted().items()}


def test_approvals_end_by_themselves_when_the_guide_says() -> None:
    ends = {
        one["name"]: [node["unified_job_template"].get("timeout") for node in one["workflow_nodes"]]
        for one in CONFIG["controller_workflows"]
    }
    day = 24 * 3600
    assert {name: [each for each in several if each] for name, several in ends.items()} == {
        "IAM onboard": [7 * day],
        "IAM onboard one": [7 * day],
        "IAM onboard many": [7 * day],
        "Break-glass open": [3600],
        "Break-glass drill": [day],
    }


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_described_and_stands_alone(picture: Path) -> None:
    tree = ET.fromstring(picture.read_text(encoding="utf-8"))
    assert all((tree.findtext(f"{{http://www.w3.org/2000/svg}}{tag}") or "").strip() for tag in ("title", "desc"))
    assert "prefers-color-scheme: dark" in SAID[picture.name]
    assert (
        re.findall(r"https?://(?!www\.w3\.org/2000/svg|www\.gnu\.org)|@import|@font-face|href=", SAID[picture.name])
        == []
    )


def test_each_image_has_an_alternative_text() -> None:
    assert len(PICTURES) == len(re.findall(r"^\.\. image:: \S+\n   :alt: \S", TEXT, re.MULTILINE)) == 3
