# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A form's answers through module, role and playbook, as AWX hands them over: who is onboarded, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, run_module

SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"
AGE = "age169w36cdqy0ktlu8wk7cl4s75q0jnxk5r93888ewg4h945my9ws5s9205tu"
PRIVATE = "AGE-SECRET-KEY-" + "1QZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQ"
PASSWORD = "Tr0ub4dor&3-in-the-wrong-column"
VAULT = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}
GROUPS = [{"name": "Developers", "require_mfa": True}, {"name": "Automation"}]
# What AWX gives for a form with every question: empty texts for those that were left out, a browser's line breaks.
ONE = {
    "name": "jane.doe",
    "people": "",
    "use_case": "human",
    "owner": "jane.doe@example.com",
    "justification": "",
    "path": "",
    "groups": ["Developers"],
    "credentials": ["console password"],
    "public_keys": f"{SSH}\r\n{AGE}\r\n",
    "store": "",
    "tags": "team=core\r\ncost-centre=4711",
}
CSV = (
    "User name;Owner;Use case;Groups;Credentials;Public keys\r\n"
    f'jane.doe;jane.doe@example.com;;;;"{SSH}\r\n{AGE}"\r\n'
    "erp;erp@example.com;workload;Automation;access key;\r\n"
)
YAML = f"- name: jane.doe\n  owner: jane.doe@example.com\n  public_keys: [{SSH}, {AGE}]\n"

# What the role alone can know.
MISFITS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a misspelt variable": ({"nmae": "jane"}, ["has no variable onboard_survey_nmae.", "onboard_survey_name"]),
    "a misspelt setting": ({"name": "x", "/onboard_concurency": 2}, ["has no variable onboard_concurency."]),
    "a roster beside it": (
        {**ONE, "/onboard_users": [{"name": "x", "use_case": "human"}]},
        ["onboard_users is given beside"],
    ),
    "a field of the roster that is wrong": ({**ONE, "fixed": {"pathh": "/x/"}}, ["onboard_users.pathh"]),
}
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no answer": (
        {},
        ['"User name" (onboard_survey_name): it is not answered', '"Use case" (onboard_survey_use_case)'],
    ),
    "a private key": (
        {**ONE, "public_keys": PRIVATE},
        ['"Public keys of the owner" (onboard_survey_public_keys): it looks'],
    ),
    "a private key in a line": (
        {"people": f"name,public_keys\r\njane,{AGE}\r\njoe,{PRIVATE}"},
        ['"People" (onboard_survey_people), line 3: it looks like a secret'],
    ),
    "a password in the wrong column": (
        {"people": f"name,use_case,console\r\njane,{PASSWORD},yes\r\njoe,human,{PASSWORD}"},
        ["line 2, use_case: it is neither human nor workload", "line 3, console: it is neither yes nor no"],
    ),
    "a column of passwords": (
        {"people": f"name,password\r\njane,{PASSWORD}"},
        ["line 1: column 2 has a secret's name"],
    ),
    "broken YAML": ({"people": f"- name: jane\n owner: {PASSWORD}"}, ["line 2: it is no YAML that can be read"]),
    "people that are no text": ({"people": [{"name": "jane"}]}, ["it is no text. Give the CSV or YAML as one text."]),
    "a group that is not given": (
        {**ONE, "groups": ["Admins"], "allowed_groups": ["Developers"]},
        ["choose from Developers."],
    ),
    "a short line and others": (
        {"people": "name,use_case\njane\njoe,robot"},
        ["line 2: it has 1 cells", "line 3, use_case: it is neither human nor workload"],
    ),
    "many": ({"people": "name,groups\n" + "jane,x\n" * 15}, ["line 11, use_case: it is not answered"]),
}


class Unsafe(yaml.SafeDumper):
    """Writes every text, names too, as AWX writes what a person gave."""


Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def variables(answers: dict[str, Any]) -> dict[str, Any]:
    """Of the role; a name that begins with a slash is one already."""
    return {name[1:] if name[0] == "/" else f"onboard_survey_{name}": value for name, value in answers.items()}


def included(answers: dict[str, Any]) -> dict[str, Any]:
    given = {"onboard_groups": GROUPS, "onboard_handover": VAULT, "onboard_sheets_path": "", **variables(answers)}
    return {"ansible.builtin.include_role": {"name": "keysmith.iam.onboard", "tasks_from": "survey"}, "vars": given}


@pytest.fixture
def ansible(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Ansible:
    return Ansible(installed_collection, tmp_path, aws)


@pytest.mark.parametrize("case", WRONG)
def test_a_bad_answer_is_refused_by_the_module_and_not_quoted(case: str, aws: Emulator) -> None:
    answers, texts = WRONG[case]
    result = run_module(aws, "survey_roster", answers)
    assert result["failed"]
    assert [text for text in texts if text not in result["msg"]] == []
    assert [secret for secret in (PRIVATE, PASSWORD) if secret in json.dumps(result)] == []


def test_a_bad_form_stops_the_role_and_nothing_is_quoted(ansible: Ansible, tmp_path: Path) -> None:
    wrong = {**MISFITS, **{name: WRONG[name] for name in ("a private key in a line", "a password in the wrong column")}}
    told = {"content": "{{ ansible_failed_result.msg }}", "mode": "0600"}
    tasks = [
        {
            "block": [included(answers)],
            "rescue": [{"ansible.builtin.copy": {**told, "dest": str(tmp_path / f"told-{number}")}}],
        }
        for number, (answers, _texts) in enumerate(wrong.values())
    ]
    run = ansible.play(tasks, "-vvv")
    assert run.rc == 0, run.stdout[-2000:] + run.stderr
    for number, (name, (_answers, texts)) in enumerate(wrong.items()):
        sentences = (tmp_path / f"told-{number}").read_text(encoding="utf-8")
        assert [text for text in texts if text not in sentences] == [], name
    assert "Traceback" not in run.stdout + run.stderr
    everything = run.stdout + run.stderr + json.dumps(run.tasks)
    assert [secret for secret in (PRIVATE, PASSWORD) if secret in everything] == []
    assert ansible.aws.log(writes_only=True) == []


def test_people_are_onboarded_and_again_nothing_is_to_do(ansible: Ansible) -> None:
    """As a table, and again as AWX asks for one of them; what the form says of all counts where a line is silent."""
    common = {"use_case": "human", "groups": ["Developers"], "credentials": ["console password"], "people": CSV}
    environment = {"AWS_REGION": "eu-central-1"}
    run = ansible.play([included(common), included(ONE)], environment=environment)
    assert run.rc == 0, run.stdout + run.stderr
    client = ansible.aws.client("iam")
    assert {user["UserName"] for user in client.list_users()["Users"]} >= {"jane.doe", "erp"}
    groups = [group["GroupName"] for group in client.list_groups_for_user(UserName="jane.doe")["Groups"]]
    assert groups == ["Developers"]
    tags = {tag["Key"]: tag["Value"] for tag in client.list_user_tags(UserName="jane.doe")["Tags"]}
    assert (tags["team"], tags["cost-centre"], tags["keysmith:use-case"]) == ("core", "4711", "human")
    made = {entry["action"] for entry in ansible.aws.log(writes_only=True)}
    assert {"iam:CreateLoginProfile", "iam:CreateAccessKey", "secretsmanager:CreateSecret"} <= made
    (first, second) = [result for result in run.results() if "sign_in_url" in result]
    places = {receipt["place"]: len(receipt["sealed_to"]) for receipt in first["handovers"]}
    assert places == {"iam/jane.doe/console-password": 2, "iam/erp/access-key": 0}
    assert [user["user_name"] for user in second["users"]] == ["jane.doe"]  # the tags, which the table does not say
    assert second["handovers"] == []


def test_a_form_gets_no_credential_of_a_user_that_is_there(ansible: Ansible) -> None:
    """It may name an administrator."""
    ansible.aws.client("iam").create_user(UserName="jane.doe")
    ansible.aws.clear_log()
    run = ansible.play([included(ONE)], environment={"AWS_REGION": "eu-central-1"})
    assert run.rc != 0
    assert "Cannot manage user jane.doe: it is there already" in run.stdout
    assert ansible.aws.log(writes_only=True) == []


@pytest.mark.core_matrix
def test_the_playbook_takes_answers_as_extra_variables_as_awx_writes_them(ansible: Ansible, tmp_path: Path) -> None:
    """AWX marks them !unsafe, so that no answer is a template (awx/main/utils/safe_yaml.py)."""
    answers = {**ONE, "name": "", "public_keys": "", "justification": "{{ lookup('pipe', 'id') }}", "people": YAML}
    del answers["owner"]
    settings = {"onboard_groups": GROUPS, "onboard_handover": VAULT, "onboard_survey_fixed": {"path": "/people/"}}
    text = yaml.safe_dump(settings) + yaml.dump(variables(answers), Dumper=Unsafe)
    (tmp_path / "answers.yml").write_text(text, encoding="utf-8")
    ansible.aws.clear_log()
    run = ansible.playbook(
        "keysmith.iam.onboard_survey",
        "-e",
        "@answers.yml",
        "--check",
        "--diff",
        environment={"AWS_REGION": "us-east-1"},
    )
    assert run.rc == 0, run.stdout + run.stderr
    shown = run.stdout.replace("\\n", "\n")
    for line in (
        "+ user jane.doe, path /people/",
        "tag team: core",
        "keysmith:justification: lookup pipe id",
        "+ member of Developers",
        "+ console password, sealed to",
    ):
        assert line in shown
    assert "uid=" not in shown
    assert ansible.aws.log(writes_only=True) == []


def test_the_modules_result_is_the_same_in_check_mode_and_does_not_echo_answers(aws: Emulator) -> None:
    settings = {"handover": VAULT, "places": {"result": ""}, "allowed_groups": ["Developers"]}
    run, dry = (run_module(aws, "survey_roster", {**ONE, **settings}, check=check) for check in (False, True))
    assert run == dry
    assert run["changed"] is False
    assert run["users"][0]["handover"] == {**VAULT, "seal_to": [SSH, AGE]}
    assert (
        set(ONE.keys()) & {name for name, value in run["invocation"]["module_args"].items() if value is not None}
        == set()
    )


def test_the_first_twenty_problems_are_told(aws: Emulator) -> None:
    result = run_module(aws, "survey_roster", {"people": "name\n" + "jane\n" * 25})
    assert result["failed"]
    assert result["msg"].count("it is not answered; choose human or workload.\n") == 20
    assert result["msg"].endswith("\nand 5 more.")
    assert aws.log() == []
