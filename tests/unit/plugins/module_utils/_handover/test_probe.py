# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The look at every place before the first IAM call, against the embedded AWS and real folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Place, PlaceState
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._handover import probe
from tests.emulator.client import Emulator


@pytest.fixture
def gateway(aws: Emulator) -> Gateway:
    return Gateway(lambda service, config, write: aws.client(service, config=config), sleep=lambda _seconds: None)


def plan_for(*places: Place) -> Plan:
    return Plan(tuple(Step("handover:WriteFile", {}, "user jane", "+ file", place=place) for place in places))


SECRET = Place("secretsmanager", "iam/jane")


def test_a_secret_is_there_is_not_or_waits_for_its_deletion(aws: Emulator, gateway: Gateway) -> None:
    assert probe.look(gateway, plan_for(SECRET), 4) == {SECRET: PlaceState()}
    manager = aws.client("secretsmanager")
    manager.create_secret(Name="iam/jane", SecretString="s3cret")
    there = PlaceState(exists=True, kms_key="alias/aws/secretsmanager")
    assert probe.look(gateway, plan_for(SECRET), 4) == {SECRET: there}
    manager.delete_secret(SecretId="iam/jane", RecoveryWindowInDays=7)
    problem = probe.look(gateway, plan_for(SECRET), 4)[SECRET].problem
    assert problem == "Cannot store in the secret iam/jane: it is to be deleted. Restore it or choose another name."


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "denied"}, "Allow the caller secretsmanager:DescribeSecret."),
        ({"kind": "error", "code": "DecryptionFailure", "message": "no key", "http": 400}, "(DecryptionFailure)"),
    ],
)
def test_an_error_is_never_read_as_a_missing_secret(
    aws: Emulator, gateway: Gateway, fault: dict[str, Any], told: str
) -> None:
    aws.fault(action="secretsmanager:DescribeSecret", times=0, **fault)
    state = probe.look(gateway, plan_for(SECRET), 4)[SECRET]
    assert not state.exists
    assert told in (state.problem or "")


def parameters(count: int) -> list[Place]:
    return [Place("ssm_parameter", f"/iam/{number}") for number in range(count)]


def test_parameters_are_looked_at_by_fifty_and_no_value_is_read(aws: Emulator, gateway: Gateway) -> None:
    store = aws.client("ssm")
    places = parameters(120)
    for number in (0, 7, 60, 119):
        store.put_parameter(Name=f"/iam/{number}", Value="s3cret", Type="SecureString", KeyId="alias/aws/ssm")
    store.put_parameter(Name="/iam/5", Value="open", Type="String")
    aws.clear_log()
    found = probe.look(gateway, plan_for(*places), 4)
    assert [entry["action"] for entry in aws.log() if "Describe" not in entry["action"]] == []
    there = {place for place, state in found.items() if state.exists}
    assert there == {places[number] for number in (0, 5, 7, 60, 119)}
    assert found[places[7]] == PlaceState(exists=True, kms_key="alias/aws/ssm")
    assert found[places[8]] == PlaceState()
    assert found[places[5]].problem == (
        "Cannot store in the parameter /iam/5: its type is String, which is not encrypted and cannot be changed."
        " Delete it or choose another name."
    )


def test_an_error_is_never_read_as_a_missing_parameter(aws: Emulator, gateway: Gateway) -> None:
    aws.fault(action="ssm:DescribeParameters", times=0, kind="denied")
    for state in probe.look(gateway, plan_for(*parameters(2)), 4).values():
        assert not state.exists
        assert "Allow the caller ssm:DescribeParameters." in (state.problem or "")


def test_looking_leaves_no_trace_and_trying_makes_the_folder(gateway: Gateway, tmp_path: Path) -> None:
    place = Place("file", str(tmp_path / "new/jane.csv"))
    looked = probe.look(gateway, plan_for(place), 4)
    assert looked == {place: PlaceState()}
    assert list(tmp_path.iterdir()) == []
    assert probe.try_to_write(looked) == looked
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "new/jane.csv").touch()
    assert probe.look(gateway, plan_for(place), 4) == {place: PlaceState(exists=True)}


def test_a_file_in_a_jobs_container_goes_with_it_and_one_on_a_volume_stays(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By this machine's own mounts: /sys is always one, a name below / never is."""
    (tmp_path / "linked").symlink_to("/sys/fs")
    paths = ("/keysmith-nowhere/key", "/sys/fs/key", str(tmp_path / "linked/key"))
    places = [Place("file", path) for path in paths]
    assert not any(state.fleeting for state in probe.look(gateway, plan_for(*places), 4).values())
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/tmp/awx_42_x1y2z3")
    fleeting = [state.fleeting for state in probe.look(gateway, plan_for(*places, SECRET), 4).values()]
    assert fleeting == [True, False, False, False]


@pytest.mark.parametrize("second", ["out//key", "./out/key", "out/../out/key", "link/key"])
def test_one_file_by_two_names_is_not_taken_for_two(
    gateway: Gateway, tmp_path: Path, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    places = [Place("file", path) for path in ("out/key", second, "out/other")]
    problems = [state.problem for state in probe.look(gateway, plan_for(*places), 4).values()]
    told = f"Cannot store at {second!r}: it is the same file as 'out/key'. Give each text its own."
    assert problems == [None, told, None]


def test_a_folder_that_takes_no_file_speaks_for_all_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "wall").touch()
    good = [Place("file", str(tmp_path / f"good/{number}")) for number in range(3)]
    bad = [Place("file", str(tmp_path / f"wall/{number}")) for number in range(2)]
    tried = probe.try_to_write(dict.fromkeys([*good, *bad], PlaceState()))
    assert [bool(tried[place].problem) for place in [*good, *bad]] == [False, False, False, True, True]
