# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emergency kit of two real emergency users: a browser prints it, and its QR codes let somebody in."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
import zxingcpp

from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import fingerprint, parse_recipient
from tests.integration import gpg, owners
from tests.integration.ansible_run import run_module

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

SCRIPT = Path(__file__).parents[2] / "roles/break_glass/files/open_shares.py"
URL = "https://123456789012.signin.aws.amazon.com/console"
DPI = 200


def options(folder: Path, **more: Any) -> list[dict[str, Any]]:
    """Two users: who holds a password holds no seed, and two of three are needed for a password."""
    store = {"store": "file", "path": f"{folder}/"}
    passwords = [owners.age().public, owners.ssh("ed25519").public, gpg.owner("ed25519").public]
    return [
        {
            "name": name,
            "handover": {**store, "seal_to": passwords, "threshold": 2},
            "mfa_handover": {**store, "seal_to": [owners.ssh("rsa").public]},
            **more,
        }
        for name in ("bg-1", "bg-2")
    ]


@pytest.fixture
def provisioned(aws: Emulator, tmp_path: Path) -> dict[str, Any]:
    """What the roster tells of the users; the sealed files are in break-glass/."""
    aws.client("iam")
    asked = [
        {**user, "use_case": "emergency", "owner": f"{user['name']}@example.com", "console": True, "mfa_device": True}
        for user in options(tmp_path / "break-glass")
    ]
    result = run_module(aws, "roster", {"users": asked})
    assert not result.get("failed"), result.get("msg")
    assert len(result["handovers"]) == 4
    aws.clear_log()
    return result


def make(aws: Emulator, folder: Path, check: bool = False, **more: Any) -> dict[str, Any]:
    places = {"path": str(folder / "break-glass/kit.html"), "manifest": str(folder / "break-glass/manifest.json")}
    result = run_module(aws, "emergency_kit", {**places, **more}, check=check)
    assert aws.log() == []
    return result


def told(provisioned: dict[str, Any]) -> dict[str, Any]:
    return {"handovers": provisioned["handovers"], "sign_in_url": provisioned["sign_in_url"]}


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def printed(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each page that the browser prints, with its text and what a scanner reads in its QR codes."""
    page, pdf = folder / "break-glass/kit.html", folder / "kit.pdf"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={folder}/browser", f"--print-to-pdf={pdf}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shutil.rmtree(folder / "browser", ignore_errors=True)
    for sheet in pypdfium2.PdfDocument(pdf):
        picture = sheet.render(scale=DPI / 72, grayscale=True).to_pil()
        codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
        yield sheet.get_textpage().get_text_bounded(), [code.text for code in sorted(codes, key=reading_order)]


def reading_order(code: zxingcpp.Barcode) -> tuple[int, int]:
    """Those of one row, an inch high, from left to right."""
    corner = code.position.top_left
    return round(corner.y / DPI), corner.x


def test_what_a_browser_prints_is_scanned_opened_and_lets_in(
    aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]
) -> None:
    result = make(aws, tmp_path, **told(provisioned), contacts=["Security desk, +49 30 1234567"])
    assert result["changed"], result.get("msg")
    custodians = [owners.age(), owners.ssh("ed25519"), gpg.owner("ed25519"), owners.ssh("rsa")]
    labels = [parse_recipient(one.public).label for one in custodians]
    codes: dict[str, list[str]] = {label: [] for label in labels}
    whose = ""
    for text, scanned in printed(tmp_path):
        words = " ".join(text.split())
        if "Emergency access to AWS" in words:  # the first of a custodian's sheets
            assert URL in words.replace(" ", "") or URL in words
            assert "+49 30 1234567" in words
            (whose,) = [label for label in labels if f"Custodian {label} Sign" in words]
        codes[whose] += scanned
    sealed = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "break-glass").glob("bg-*")}
    shares = {name: json.loads(text) for name, text in sealed.items() if name.endswith(".shares.json")}
    assert len(shares) == 2
    for number, label in enumerate(labels[:3]):
        asked = [(one["shares"][number]["sealed"], one["sealed"]) for _name, one in sorted(shares.items())]
        assert codes[label] == [text for pair in asked for text in pair]
    assert codes[labels[3]] == [sealed["bg-1.mfa-seed.csv.age"], sealed["bg-2.mfa-seed.csv.age"]]

    # What was scanned on the sheets of the second and third custodian alone opens bg-1's password.
    typed = tmp_path / "typed.age"
    typed.write_text(codes[labels[1]][1], encoding="utf-8")
    opened = "".join(custodians[at].open(codes[labels[at]][0]) for at in (1, 2))
    command = [sys.executable, str(SCRIPT), "open", str(typed)]
    done = subprocess.run(command, input=opened, capture_output=True, text=True, check=True)
    name, password, _url = list(csv.reader(io.StringIO(done.stdout)))[1]
    assert aws.sign_in(name, password)["ok"]
    assert custodians[3].open(codes[labels[3]][0]).startswith("User name,MFA serial number,Seed,")
    for part in (password, opened.splitlines()[1], custodians[0].private):
        assert part not in (tmp_path / "break-glass/kit.html").read_text(encoding="utf-8")


def test_the_dry_run_writes_nothing_and_the_second_run_neither(
    aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]
) -> None:
    before = written(tmp_path)
    predicted = make(aws, tmp_path, check=True, **told(provisioned))
    assert written(tmp_path) == before
    done = make(aws, tmp_path, **told(provisioned))
    same = ("changed", "plan", "manifest", "diff")
    assert [predicted[key] for key in same] == [done[key] for key in same]
    assert [line.partition(" ")[0] for line in done["plan"]] == ["+", "+"]
    assert written(tmp_path).keys() - before.keys() == {"kit.html", "manifest.json"}
    assert (tmp_path / "break-glass/kit.html").stat().st_mode & 0o777 == 0o600
    after = written(tmp_path)
    again = make(aws, tmp_path)
    assert (again["changed"], again["plan"], again["manifest"]) == (False, [], done["manifest"])
    assert written(tmp_path) == after


def test_nothing_is_known_before_anything_was_handed_over(aws: Emulator, tmp_path: Path) -> None:
    assert make(aws, tmp_path, check=True, sign_in_url=URL)["changed"]
    result = make(aws, tmp_path, sign_in_url=URL)
    assert result["msg"] == ("Cannot make the kit: nothing was handed over. Give handovers, or users with a handover.")
    assert written(tmp_path) == {}


def test_a_kit_in_a_jobs_container_is_warned_of(aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = "ansible_collections.keysmith.iam.plugins.module_utils._shell.kit"
    warned: list[str] = []
    monkeypatch.setattr(f"{shell}.warn", warned.append)
    monkeypatch.setattr(f"{shell}.goes_with_job", lambda path: path.endswith("kit.html"))
    make(aws, tmp_path, check=True, sign_in_url=URL)
    lost = "is gone with this job's container. Give a path on a volume that is mounted into the container."
    assert warned[1:] == [f"{tmp_path}/break-glass/kit.html {lost}"]


def test_the_folder_can_be_carried_to_another_machine(
    aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]
) -> None:
    make(aws, tmp_path, **told(provisioned))
    carried = tmp_path / "stick"
    carried.mkdir()
    (tmp_path / "break-glass").rename(carried / "break-glass")
    assert make(aws, carried)["changed"] is False


def test_after_a_run_that_was_killed_the_options_tell_what_there_is(
    aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]
) -> None:
    folder = tmp_path / "break-glass"
    wanted = make(aws, tmp_path, **told(provisioned))["manifest"]
    (folder / "manifest.json").unlink()
    found = make(aws, tmp_path, users=options(folder), sign_in_url=URL)
    assert found["manifest"] == wanted
    # A reissue whose receipts were lost: the manifest has the mark of the text before.
    (folder / "bg-1.mfa-seed.csv.age").write_bytes((folder / "bg-2.mfa-seed.csv.age").read_bytes())
    assert "is not the text that was handed over" in make(aws, tmp_path)["msg"]
    found = make(aws, tmp_path, users=options(folder))
    marks = {one["fingerprint"] for one in found["manifest"]["handovers"] if one["kind"] == "mfa-seed"}
    assert len(marks) == 1
    assert make(aws, tmp_path, users=options(folder))["changed"] is False


def test_who_is_no_emergency_user_any_more_leaves(aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]) -> None:
    make(aws, tmp_path, **told(provisioned))
    result = make(aws, tmp_path, users=[{"name": "bg-2"}])
    assert {one["user"] for one in result["manifest"]["handovers"]} == {"bg-2"}
    assert "bg-1" not in (tmp_path / "break-glass/kit.html").read_text(encoding="utf-8")


def test_a_text_that_is_only_in_aws_is_warned_of_unless_it_is_given(aws: Emulator, tmp_path: Path) -> None:
    sealed = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"
    receipt = {
        "user": "bg-1",
        "kind": "mfa-seed",
        "store": "secretsmanager",
        "place": "iam/bg-1",
        "sealed_to": ["age1…jane00"],
        "fingerprint": fingerprint(sealed),
    }
    make(aws, tmp_path, handovers=[receipt], sign_in_url=URL)
    page = tmp_path / "break-glass/kit.html"
    assert "the secret iam/bg-1 in AWS Secrets Manager" in page.read_text(encoding="utf-8")
    assert "<svg" not in page.read_text(encoding="utf-8")
    make(aws, tmp_path, handed_over=[{"user": "bg-1", "kind": "mfa-seed", "text": sealed}])
    (text,) = re.findall("<pre>(.*?)</pre>", page.read_text(encoding="utf-8"), re.DOTALL)
    assert unescape(text) == sealed


SECRET = "hunter2-in-the-clear"


@pytest.mark.parametrize("change", ["gone", "readable", "other shares", "unsealed receipt", "readable text", "damaged"])
def test_bad_input_gets_one_sentence_and_changes_nothing(
    change: str, aws: Emulator, tmp_path: Path, provisioned: dict[str, Any]
) -> None:
    folder, given = tmp_path / "break-glass", told(provisioned)
    shares, seed = folder / "bg-1.console-password.csv.shares.json", folder / "bg-1.mfa-seed.csv.age"
    if change == "gone":
        seed.unlink()
        said = f"Cannot find the MFA seed of bg-1: there is no file '{seed}'."
    elif change == "readable":
        seed.write_text(SECRET)
        said = "Cannot take the MFA seed of bg-1 into the kit: what is in 'bg-1.mfa-seed.csv.age' is not sealed."
    elif change == "other shares":
        receipt = next(one for one in given["handovers"] if one["place"] == str(shares))
        given["handovers"] = [one if one is not receipt else {**one, "threshold": 3} for one in given["handovers"]]
        said = "Cannot take the console password of bg-1 into the kit: its shares are not those that the manifest has."
    elif change == "unsealed receipt":
        given["handovers"] = [{**given["handovers"][0], "sealed_to": []}]
        said = "into the kit: its text is not sealed."
    elif change == "readable text":
        given["handed_over"] = [{"user": "bg-1", "kind": "mfa-seed", "text": SECRET}]
        said = "Cannot take the MFA seed of bg-1 into the kit:"
    else:
        (folder / "manifest.json").write_text(f"{{{SECRET}")
        said = f"Cannot read the manifest '{folder / 'manifest.json'}': it is damaged"
    before = written(tmp_path)
    for check in (True, False):
        result = make(aws, tmp_path, check=check, **given)
        assert result["failed"]
        assert said in result["msg"]
        assert SECRET not in json.dumps(result)
    assert written(tmp_path) == before
