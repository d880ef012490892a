# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input through the role: the module's sentences, Ansible's for what does not fit, and never a private key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import HANDOVER, MISFITS, PRIVATE_WORDS, REFUSED, given, jane, sealed_to
from tests.integration.crash.people import Owner, writes

SENTENCES = ("unknown group", "a third access key", "a store below a file")
TYPO = "Tippfehler-4711"
# Of each variable what the playbook is given, and what it says that it must be; it quotes nothing.
SHAPES: dict[str, tuple[Any, str]] = {
    "onboard_groups": ({"name": TYPO}, "a list of groups, each a mapping with a name"),
    "onboard_users": ([{"name": "jane.doe"}, TYPO], "a list of users, each a mapping with a name"),
    "onboard_handover": (TYPO, "a mapping of options, as {store: file, path: handover/}"),
    "onboard_guards": ([TYPO], "a mapping of guards to levels, as {one_owner: warn}"),
    "onboard_batch_size": (2.5, "a whole number, not negative"),
    "onboard_concurrency": ("9" * 10, "a whole number, not negative"),
    "onboard_directory": ([TYPO], "the path of a folder"),
    "onboard_sheets_path": ([TYPO], "the path of a folder, or empty"),
}
MISFIT_OF = {
    "a roster that is one user": ({"users": jane()}, "onboard_users must be a list of users"),
    "a roster that is a text": ({"users": "jane.doe"}, "onboard_users must be a list of users"),
    "an empty roster": ({"users": None}, "onboard_users must be a list of users"),
    "a number that is none": (given(jane(), batch_size=True), "onboard_batch_size must be a whole number"),
    "a hand-over that is undefined": (given(jane(), handover="{{ nope }}"), "'nope' is undefined"),
    "a misspelt field": (
        given(jane(gruops=[])),
        "Unsupported parameters for (keysmith.iam.roster) module: users.gruops.",
    ),
    "a use case that is none": (given(jane(use_case="robot")), "human, workload, emergency, got: robot"),
    "a user without a name": (given({"use_case": "human"}), "missing required arguments: name found in users"),
}


def play(counter: Counter, name: str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **counter.aws.environment, "AWS_REGION": "us-east-1", "PWD": str(counter.folder)}
    environment |= settings
    command = [sys.executable, "-m", "ansible", "playbook", name, *options]
    return subprocess.run(
        command, cwd=counter.folder, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


def cases(private: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Each case's role variables, and a text that its message must hold."""
    named = {name: REFUSED[name] for name in SENTENCES}
    named["a roster that is one user"] = (MISFITS["a roster that is one user"][0], "we were unable to convert to list")
    named["a misspelt variable"] = ({"concurency": 3}, "has no variable onboard_concurency.")
    named["a private key"] = (given(jane(handover=sealed_to(private))), PRIVATE_WORDS)
    named["a private key and a misfit"] = (given(jane(handover=sealed_to(private), gruops=[])), "onboard_users.gruops.")
    return {
        name: ({f"onboard_{key}": value for key, value in params.items()}, text)
        for name, (params, text) in named.items()
    }


def rescued(number: int, variables: dict[str, Any]) -> dict[str, Any]:
    told = {
        "content": "{{ ansible_failed_result.msg }}",
        "dest": f"{{{{ playbook_dir }}}}/told-{number}",
        "mode": "0600",
    }
    return {
        "block": [{"ansible.builtin.include_role": {"name": "keysmith.iam.onboard"}, "vars": variables}],
        "rescue": [{"ansible.builtin.copy": told, "check_mode": False}],
    }


@pytest.mark.parametrize("options", [["--check", "--diff"], ["-vvv"]])
def test_the_roles_sentences(counter: Counter, options: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    private = Owner.made_in(tmp_path_factory.mktemp("owner")).private.read_text(encoding="utf-8")
    wanted = cases(private)
    tasks = [rescued(number, variables) for number, (variables, _text) in enumerate(wanted.values())]
    variables = {"onboard_directory": str(counter.folder)}
    content = [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}]
    (counter.folder / "play.yml").write_text(json.dumps(content), encoding="utf-8")
    counter.aws.clear_log()
    ended = play(counter, "play.yml", *options)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr
    for number, (name, (_variables, text)) in enumerate(wanted.items()):
        assert counter.filled(text) in (counter.folder / f"told-{number}").read_text(encoding="utf-8"), name
    assert writes(counter.aws) == []
    assert not (counter.folder / "handover").exists()
    lines = [line for line in private.splitlines() if not line.startswith("-")]
    assert [line for line in lines if line in ended.stdout + ended.stderr] == []
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_playbook_ends_with_2_and_all_the_sentences(counter: Counter) -> None:
    names = ("unknown group", "a user who exists in another case", "a tag of our own")
    users = [{**REFUSED[name][0]["users"][0], "owner": name} for name in names]
    users[2]["name"] = "john"
    people = counter.folder / "people.yml"
    people.write_text(json.dumps({"onboard_users": users, "onboard_directory": str(counter.folder)}), encoding="utf-8")
    counter.aws.clear_log()
    ended = play(counter, "keysmith.iam.onboard", "-e", f"@{people}", "--check")
    assert ended.returncode == 2
    for name in names:
        sentence = REFUSED[name][1].replace(
            "jane.doe" if name == names[2] else "-", "john" if name == names[2] else "-"
        )
        assert sentence in ended.stdout.replace("\\n", "\n")
    assert writes(counter.aws) == []


@pytest.mark.parametrize("options", [["--check", "--diff"], []])
def test_the_playbook_says_of_every_variable_what_it_must_be(counter: Counter, options: list[str]) -> None:
    people = counter.folder / "people.yml"
    people.write_text(json.dumps({name: value for name, (value, _kind) in SHAPES.items()}), encoding="utf-8")
    counter.aws.clear_log()
    ended = play(counter, "keysmith.iam.onboard", "-e", f"@{people}", *options)
    assert ended.returncode == 2
    (message,) = (line for line in ended.stdout.splitlines() if line.startswith("fatal:"))
    assert json.loads(message.partition("=> ")[2])["msg"].splitlines() == [
        f"Nothing was changed, since {name} must be {kind}. Correct it." for name, (_value, kind) in SHAPES.items()
    ]
    assert TYPO not in ended.stdout + ended.stderr
    assert counter.aws.log() == []


@pytest.mark.parametrize(
    "user", [jane(pasword=TYPO), jane(tags=TYPO), jane(handover={**HANDOVER, "seal_too": [TYPO]}), {"note": TYPO}]
)
def test_a_misfit_shows_nothing_of_the_roster(counter: Counter, user: dict[str, Any]) -> None:
    people = counter.folder / "people.yml"
    people.write_text(json.dumps({"onboard_users": [user]}), encoding="utf-8")
    options = ("-e", f"@{people}", "-vvvv", "--diff")
    ended = play(counter, "keysmith.iam.onboard", *options, ANSIBLE_INJECT_INVOCATION="true")
    assert ended.returncode == 2
    assert " users" in ended.stdout  # what does not fit was told
    assert TYPO not in ended.stdout + ended.stderr


@pytest.mark.parametrize("case", MISFIT_OF)
def test_the_playbook_says_a_misfit_in_a_sentence(counter: Counter, case: str) -> None:
    params, sentence = MISFIT_OF[case]
    people = counter.folder / "people.yml"
    people.write_text(json.dumps({f"onboard_{name}": value for name, value in params.items()}), encoding="utf-8")
    counter.aws.clear_log()
    ended = play(counter, "keysmith.iam.onboard", "-e", f"@{people}")
    assert ended.returncode == 2
    (message,) = (line for line in ended.stdout.splitlines() if line.startswith("fatal:"))
    told = json.loads(message.partition("=> ")[2])
    assert sentence in told["msg"]
    assert "\n" not in told["msg"]
    assert set(told) == {"changed", "msg"}  # and not the role's whole specification
    assert "argument_spec" not in ended.stdout + ended.stderr
    assert writes(counter.aws) == []


def test_the_playbook_takes_what_is_of_another_type_and_means_the_same(counter: Counter) -> None:
    odd = {"handover": "{{ team_handover | default(omit) }}", "batch_size": "{{ 100 / 2 }}", "concurrency": " 4 "}
    given_oddly = given(jane(), **odd, directory=str(counter.folder), sheets_path=2026)
    people = counter.folder / "people.yml"
    people.write_text(json.dumps({f"onboard_{name}": value for name, value in given_oddly.items()}), encoding="utf-8")
    ended = play(counter, "keysmith.iam.onboard", "-e", f"@{people}", "--check")
    assert ended.returncode == 0, ended.stdout
    assert "Planned: 3 to add" in ended.stdout
