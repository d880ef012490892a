# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No secret gets out: one play with every way to make one, and every way to show what came of it, run so that Ansible
tells all it can (-vvv, --diff, a log, a fact cache, ansible-runner's artifacts); then all of that is searched."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.emulator.client import Emulator
from tests.integration import gpg, owners
from tests.integration.ansible_run import HERE, Ansible
from tests.integration.fresh import all_tags
from tests.integration.leaks import files_below, leaks, to_hide

GIVEN = {
    "first": 'given "by" <hand> & 100 % Sure/1',
    "second": "given by hånd, 2nd + Échoed = 1",
    "weak": "Given-but-weak-1",
}
EVERYONE = [f"user-{number}" for number in range(12)]
MANAGER = {"region": "eu-central-1"}
TO_MANAGER = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}
OPEN_FILE = {"store": "file", "path": "open/", "plaintext": True}
TELLS_ALL = ["-vvv", "--diff"]


def to_file() -> dict[str, Any]:
    return {"store": "file", "path": "out/", "seal_to": [owners.age().public, owners.ssh("rsa").public]}


def _shown(number: int) -> list[dict[str, Any]]:
    """The ways in which a playbook shows a result, and passes it on."""
    return [
        {"ansible.builtin.debug": {"var": "made"}},
        {"ansible.builtin.set_fact": {f"kept_{number}": "{{ made }}", "cacheable": True}},
        {"ansible.builtin.debug": {"msg": "{{ made | to_json | b64encode }} {{ made | to_nice_yaml }}"}},
    ]


def _given_passwords() -> list[dict[str, Any]]:
    given = {name: f"{{{{ given.{name} }}}}" for name in GIVEN}
    profiles = (("user-5", "second"), ("user-6", "second"), ("user-7", "weak"))
    return [
        {"keysmith.iam.user": {"name": "user-0", "password": given["first"], "update_password": "always"}},
        *({"keysmith.iam.login_profile": {"user_name": name, "password": given[word]}} for name, word in profiles),
        {"keysmith.iam.user": {"name": "user-7", "password": given["weak"], "remove_password": True}},
    ]


def _made_in_every_way() -> list[dict[str, Any]]:
    sealed = {**TO_MANAGER, "name": "sealed/{user}/{kind}", "seal_to": [owners.age().public]}
    to_result = {"store": "result", "seal_to": [owners.ssh("ed25519").public]}
    to_parameter = {"store": "ssm_parameter", "name": "/iam/{user}/{kind}"}
    to_gpg = {**to_parameter, "name": "/sealed/{user}/{kind}", "seal_to": [gpg.owner("ed25519").public]}
    ways = [to_file(), to_result, OPEN_FILE, TO_MANAGER, sealed, to_parameter, to_gpg]
    loop = [{"user": name, "way": way} for name, way in zip(EVERYONE, ways, strict=False)]
    each = {"user_name": "{{ item.user }}", "handover": "{{ item.way }}", **MANAGER}
    return [
        {"keysmith.iam.login_profile": each, "loop": loop},
        {"keysmith.iam.access_key": each, "loop": loop},
        {"keysmith.iam.access_key": {**each, "reissue": True}, "loop": [*loop[2:4], loop[5]]},
        {
            "keysmith.iam.roster": _roster(to_file(), OPEN_FILE, TO_MANAGER),
            "environment": {"AWS_REGION": "eu-central-1"},
        },
    ]


def _failing() -> list[dict[str, Any]]:
    """A store that fails, a call that is denied once the secret is there, a private key where a public one belongs."""
    denied = {"user_name": "user-8", "handover": {**TO_MANAGER, "name": "denied"}, **MANAGER}
    late = {"user_name": "user-9", "handover": to_file()}
    wrong = [{**to_file(), "seal_to": [f"{{{{ private.{kind} }}}}"]} for kind in ("age", "ssh")]
    return [
        *(
            {f"keysmith.iam.{module}": options}
            for options in (denied, late)
            for module in ("login_profile", "access_key")
        ),
        *({"keysmith.iam.access_key": {"user_name": "user-10", "handover": handover}} for handover in wrong),
    ]


def tasks() -> list[dict[str, Any]]:
    """Passwords given and generated, keys, a roster; sealed and not; well and ill; each shown in every way."""
    told: list[dict[str, Any]] = []
    for number, act in enumerate([*_given_passwords(), *_made_in_every_way(), *_failing()]):
        told += [{**act, "register": "made", "ignore_errors": True, "no_log": False}, *_shown(number)]
    return told


def _roster(*ways: Mapping[str, Any]) -> dict[str, Any]:
    common = {"use_case": "human", "console": True, "access_key": True, "reissue": True}
    users = [
        {"name": f"person-{number}", "owner": f"p{number}@example.com", "handover": way, **common}
        for number, way in enumerate(ways)
    ]
    bad = {**ways[0], "seal_to": ["{{ private.age }}"]}
    return {"users": users, "handover": bad, "sheets": "sheets/"}


def prepare(aws: Emulator) -> None:
    """Users without credentials, a password policy, and AWS failing at the worst moments."""
    aws.clear_faults()
    aws.reset()
    iam = aws.client("iam")
    for name in EVERYONE:
        iam.create_user(UserName=name)
    iam.update_account_password_policy(MinimumPasswordLength=20, RequireSymbols=True)
    aws.fault(action="secretsmanager:CreateSecret", kind="denied", times=0, match={"Name": "denied"})
    aws.fault(action="iam:CreateLoginProfile", kind="denied", match={"UserName": "user-9"})
    aws.fault(action="iam:TagUser", kind="denied", skip=1, times=0, match={"UserName": "user-9"})
    # Some services echo a bad parameter in the error's text.
    text = f"1 validation error detected: Value '{GIVEN['second']}' at 'password' failed to satisfy constraint"
    echo = {"kind": "error", "code": "ValidationError", "message": text, "http": 400}
    aws.fault(action="iam:CreateLoginProfile", match={"UserName": "user-6"}, **echo)


@dataclass(frozen=True)
class Told:
    """All that two runs told, by where it stands; the secrets they made or were given; where those may be."""

    places: Mapping[str, bytes]
    secrets: list[str]
    stdout: str
    statuses: Mapping[str, int]
    plain: Mapping[str, bytes]
    kept: list[str]


def write_inputs(folder: Path) -> list[Path]:
    private = {"age": owners.age().private, "ssh": owners.ssh("ed25519").file.read_text(encoding="utf-8")}
    secret = folder / "secret.yml"
    secret.write_text(yaml.safe_dump({"given": GIVEN, "private": private}, allow_unicode=True), encoding="utf-8")
    return [secret]


def secrets_of(aws: Emulator) -> list[str]:
    private = [owners.age().private, owners.ssh("ed25519").private, owners.ssh("rsa").private]
    return to_hide(aws.secrets(), *private, *GIVEN.values())


def of_account(aws: Emulator) -> dict[str, bytes]:
    """The call log and the tags, which anybody who may read the account sees."""
    iam = aws.client("iam")
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    tags = {name: all_tags(iam, name) for name in names}
    return {"call log": json.dumps(aws.log()).encode(), "tags": json.dumps(tags).encode()}


@pytest.fixture(scope="module")
def processes(
    installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """A dry run and a run by ansible-playbook, with a log, a fact cache and everything said."""
    prepare(emulator)
    folder = tmp_path_factory.mktemp("told")
    inputs = write_inputs(folder)
    ansible = Ansible(installed_collection, folder, emulator)
    environment = {
        # Temporary files are searched too. A short path: ansible-core puts a socket there.
        "TMPDIR": str(folder / "home"),
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
    }
    options = ("-e", "@secret.yml", *TELLS_ALL)
    # A dry run makes no secret; the ones that it is given stand in a few tasks.
    given = [task for task in tasks() if "{{ given" in str(task) or "{{ private" in str(task)]
    dry = ansible.play(given, *options, "--check", environment=environment)
    run = ansible.play(tasks(), *options, environment=environment)
    places = {"dry stdout": dry.stdout, "dry stderr": dry.stderr, "stdout": run.stdout, "stderr": run.stderr}
    statuses: dict[str, int] = {}
    for entry in run.tasks:
        statuses[entry["status"]] = statuses.get(entry["status"], 0) + 1
    plain = list((folder / "open").iterdir())
    yield Told(
        places={
            **{place: text.encode() for place, text in places.items()},
            **files_below(folder, [*inputs, *plain]),
            **of_account(emulator),
        },
        secrets=secrets_of(emulator),
        stdout=run.stdout,
        statuses=statuses,
        plain={path.name: path.read_bytes() for path in plain},
        kept=[entry["value"] for entry in emulator.secrets() if entry["kind"] == "secret_string"],
    )
    emulator.clear_faults()


@pytest.fixture(scope="module")
def runner(installed_collection: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The same by ansible-runner, as AWX runs it: with its artifacts and job events."""
    # Not at the top: the environments of the ansible-core matrix collect this file and have no ansible-runner.
    import ansible_runner

    prepare(emulator)
    folder = tmp_path_factory.mktemp("runner")
    inputs = write_inputs(folder)
    (folder / "project").mkdir()
    play = [{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks()}]
    (folder / "project/play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    ended = ansible_runner.run(
        private_data_dir=str(folder),
        playbook="play.yml",
        envvars=Ansible(installed_collection, folder, emulator).environment(KEYSMITH_RESULTS=str(folder / "results")),
        cmdline=f"-e @{inputs[0]} --diff",
        verbosity=3,
        quiet=True,
    )
    stdout = (Path(ended.config.artifact_dir) / "stdout").read_text(encoding="utf-8")
    plain = list((folder / "project/open").iterdir())
    yield Told(
        places={**files_below(folder, [*inputs, *plain]), **of_account(emulator)},
        secrets=secrets_of(emulator),
        stdout=stdout,
        statuses={status: len(hosts) for status, hosts in ended.stats.items()},
        plain={path.name: path.read_bytes() for path in plain},
        kept=[],
    )
    emulator.clear_faults()


def test_the_play_went_as_meant(processes: Told) -> None:
    """Otherwise the search below would find nothing, and mean nothing."""
    refused = processes.stdout.count("...ignoring")
    assert processes.statuses.get("failed", 0) == refused >= 8, processes.stdout[-5000:]
    assert len(processes.secrets) > 20
    assert sorted(processes.plain) == sorted(
        f"{name}.{kind}.csv" for name in ("person-1", "user-2") for kind in ("access-key", "console-password")
    )


def test_no_secret_is_told_by_ansible_playbook(processes: Told) -> None:
    assert leaks(processes.places, processes.secrets) == []


def test_no_secret_is_told_by_ansible_runner(runner: Told) -> None:
    assert [place for place in runner.places if "job_events" in place]
    assert len(runner.secrets) > 20
    assert leaks(runner.places, runner.secrets) == []


def test_the_stores_do_hold_them(processes: Told) -> None:
    """What makes the search worth something: the same secrets are found where they belong."""
    held = {**processes.plain, **{f"secret {number}": text.encode() for number, text in enumerate(processes.kept)}}
    for name in processes.plain:
        assert leaks({name: processes.plain[name]}, processes.secrets), name
    assert leaks(held, processes.secrets)


@pytest.mark.parametrize("secret", [*GIVEN.values(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"])
def test_the_search_knows_a_secret_in_disguise(secret: str) -> None:
    inside = f"ab{secret}c"
    disguises = [
        *(base64.b64encode(b"x" * offset + inside.encode()).decode() for offset in range(3)),
        base64.urlsafe_b64encode(inside.encode()).decode(),
        quote(inside, safe=""),
        json.dumps({"a": inside}),
        json.dumps(json.dumps({"a": inside})),
        repr([inside]),
        inside.encode().hex(),
    ]
    for disguise in disguises:
        assert leaks({"text": disguise}, [secret]), disguise
    assert leaks({"text": inside[:-2]}, [secret]) == []


def test_the_results_file_is_among_what_is_searched(processes: Told) -> None:
    assert (HERE / "callback_plugins/results_to_file.py").exists()
    assert [place for place in processes.places if place.endswith("results.jsonl")]
    assert [place for place in processes.places if "/facts/" in place]
    assert [place for place in processes.places if place.endswith("ansible.log")]
