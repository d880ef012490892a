# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is handed over opens with its owner's real key, in the promised format, and lets its owner in."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import gpg, owners
from tests.integration.ansible_run import run_module
from tests.integration.given import user

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

# Each with another of its sort, to whom the same text is sealed.
OWNERS = {"age": "rsa", "ed25519": "age", "rsa": "ed25519", "gpg-ed25519": "gpg-rsa", "gpg-rsa": "gpg-ed25519"}
STORES = {"file": "csv", "secretsmanager": "json", "ssm_parameter": "csv", "result": "json"}
KINDS = {"login_profile": "console-password", "access_key": "access-key"}


def owner_of(kind: str) -> owners.Owner | gpg.Key:
    if kind.startswith("gpg-"):
        return gpg.owner(kind.removeprefix("gpg-"))
    return owners.age() if kind == "age" else owners.ssh(kind)


def hand_over(aws: Emulator, module: str, folder: Path, **handover: Any) -> tuple[dict[str, Any], str]:
    """Run the module for jane; give its result and the text that its store holds."""
    places = {
        "file": {"path": f"{folder}/{{user}}.{{kind}}"},
        "secretsmanager": {"name": "iam/{user}"},
        "ssm_parameter": {"name": "/iam/{user}"},
    }
    options = {**places.get(handover["store"], {}), **handover}
    result = run_module(aws, module, {"user_name": "jane", "handover": options, "region": "us-east-1"})
    assert not result.get("failed"), result.get("msg")
    if handover["store"] == "file":
        return result, (folder / f"jane.{KINDS[module]}").read_text(encoding="utf-8")
    if handover["store"] == "secretsmanager":
        return result, str(aws.client("secretsmanager").get_secret_value(SecretId="iam/jane")["SecretString"])
    if handover["store"] == "ssm_parameter":
        found = aws.client("ssm").get_parameter(Name="/iam/jane", WithDecryption=True)["Parameter"]
        assert found["Type"] == "SecureString"
        return result, str(found["Value"])
    (returned,) = result["handed_over"]
    assert (returned["user"], returned["kind"]) == ("jane", KINDS[module])
    return result, str(returned["text"])


def fields(text: str, form: str) -> list[str]:
    """The values of a CSV's only row, or of a JSON object."""
    if form == "json":
        return list(json.loads(text).values())
    _header, row = csv.reader(io.StringIO(text))
    return row


def lets_in(aws: Emulator, module: str, values: list[str]) -> bool:
    if module == "login_profile":
        name, password, url = values
        assert url == "https://123456789012.signin.aws.amazon.com/console"
        return aws.sign_in(name, password) == {"ok": True, "password_reset_required": True, "mfa_required": False}
    _name, key_id, secret = values
    sts = aws.client("sts", aws_access_key_id=key_id, aws_secret_access_key=secret)
    return str(sts.get_caller_identity()["Arn"]).endswith(":user/jane")


@pytest.mark.parametrize(("store", "form"), STORES.items())
@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("module", KINDS)
def test_a_sealed_text_opens_with_its_owners_key(
    module: str, owner: str, store: str, form: str, aws: Emulator, tmp_path: Path
) -> None:
    user()(aws.client("iam"))
    other = owner_of(OWNERS[owner])
    options = {"store": store, "format": form, "seal_to": [other.public, owner_of(owner).public]}
    result, text = hand_over(aws, module, tmp_path, **options)
    opened = owner_of(owner).open(text)
    assert other.open(text) == opened
    assert lets_in(aws, module, fields(opened, form))
    (receipt,) = result["handovers"]
    assert (receipt["kind"], receipt["store"], len(receipt["sealed_to"])) == (KINDS[module], store, 2)


SCRIPT = Path(__file__).parents[2] / "roles/break_glass/files/open_shares.py"


@pytest.mark.parametrize(("store", "form"), STORES.items())
@pytest.mark.parametrize("module", KINDS)
def test_two_of_three_open_what_is_sealed_in_shares(
    module: str, store: str, form: str, aws: Emulator, tmp_path: Path
) -> None:
    """A key of each sort among them; the first of the three is not there."""
    user()(aws.client("iam"))
    custodians = [owner_of(kind) for kind in ("age", "ed25519", "gpg-ed25519")]
    options = {"store": store, "format": form, "seal_to": [one.public for one in custodians], "threshold": 2}
    result, text = hand_over(aws, module, tmp_path, **options)
    shares = [share["sealed"] for share in json.loads(text)["shares"]]
    opened = "".join(one.open(share) for one, share in zip(custodians[1:], shares[1:], strict=True))
    (tmp_path / "text").write_text(text, encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "open", str(tmp_path / "text")]
    done = subprocess.run(command, input=opened, capture_output=True, text=True, check=True)
    assert lets_in(aws, module, fields(done.stdout, form))
    (receipt,) = result["handovers"]
    assert (len(receipt["sealed_to"]), receipt["threshold"]) == (3, 2)
    assert any("sealed so that any 2 open it together, to age1" in line for line in result["plan"])


@pytest.mark.parametrize(
    ("store", "form", "plaintext"),
    [("file", "csv", True), ("secretsmanager", "json", False), ("ssm_parameter", "json", False)],
)
@pytest.mark.parametrize("module", KINDS)
def test_an_unsealed_text_is_readable_in_its_store(
    module: str, store: str, form: str, plaintext: bool, aws: Emulator, tmp_path: Path
) -> None:
    user()(aws.client("iam"))
    result, text = hand_over(aws, module, tmp_path, store=store, plaintext=plaintext)
    assert lets_in(aws, module, fields(text, form))
    (receipt,) = result["handovers"]
    assert (receipt["sealed_to"], receipt["fingerprint"]) == ([], "unsealed")


@pytest.mark.parametrize("module", KINDS)
@pytest.mark.parametrize("handover", [{"store": "result"}, {"store": "file", "path": "/tmp/x/"}])
def test_no_secret_is_left_readable_by_default(module: str, handover: dict[str, Any], aws: Emulator) -> None:
    user()(aws.client("iam"))
    aws.clear_log()
    for check in (True, False):
        result = run_module(aws, module, {"user_name": "jane", "handover": handover}, check=check)
        assert result["failed"]
        assert "readable" in result["msg"]
    assert aws.log(writes_only=True) == []


def test_a_reissued_secret_lets_in_and_the_old_one_does_not(aws: Emulator, tmp_path: Path) -> None:
    user()(aws.client("iam"))
    seen = {
        module: [fields(hand_over(aws, module, tmp_path, store="file", plaintext=True)[1], "csv")] for module in KINDS
    }
    for module, kind in KINDS.items():
        handover = {"store": "file", "plaintext": True, "path": f"{tmp_path}/{{user}}.{{kind}}"}
        result = run_module(aws, module, {"user_name": "jane", "reissue": True, "handover": handover})
        assert not result.get("failed"), result.get("msg")
        seen[module].append(fields((tmp_path / f"jane.{kind}").read_text(encoding="utf-8"), "csv"))
    for module, (old, new) in seen.items():
        assert lets_in(aws, module, new)
        if module == "login_profile":
            assert not aws.sign_in("jane", old[1])["ok"]
        else:
            with pytest.raises(Exception, match="InvalidClientTokenId"):
                lets_in(aws, module, old)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jane.access-key", "jane.console-password"]
