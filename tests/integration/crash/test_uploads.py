# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uploads that are hurt: an answer is lost, AWS lags, the run is killed between two writes. Nothing is there twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.ansible_run import run_module
from tests.integration.bad_input.table import jane
from tests.integration.fresh import fresh_user
from tests.integration.public_material import certificate, pair
from tests.integration.situations import by_id

UPLOADS: dict[str, tuple[str, dict[str, str]]] = {
    "ssh_public_key": ("iam:UploadSSHPublicKey", {"public_key": pair(1).public}),
    "signing_certificate": ("iam:UploadSigningCertificate", {"certificate": certificate(1)}),
}
NAME = {"user_name": "jane"}


@pytest.mark.parametrize("state", ["present", "inactive"])
@pytest.mark.parametrize("module", UPLOADS)
def test_an_upload_whose_answer_is_lost_is_found_again(aws: Emulator, module: str, state: str) -> None:
    upload, params = UPLOADS[module]
    iam = aws.client("iam")
    iam.create_user(UserName="jane")
    aws.clear_log()
    aws.fault(action=upload, kind="lost_reply")
    result = run_module(aws, module, {**NAME, **params, "state": state})
    assert "msg" not in result, result["msg"]
    assert [entry["action"] for entry in aws.log(writes_only=True)].count(upload) == 1
    fresh = fresh_user(iam, "jane")
    assert {key: fresh[key] for key in result["user"]} == result["user"]
    assert result[module]["status"] == ("Active" if state == "present" else "Inactive")
    assert not run_module(aws, module, {**NAME, **params, "state": state})["changed"]


@pytest.mark.parametrize("module", UPLOADS)
def test_a_run_that_stops_between_upload_and_switch_is_ended_by_the_next(aws: Emulator, module: str) -> None:
    upload, params = UPLOADS[module]
    wanted = {**NAME, **params, "state": "inactive"}
    switch = upload.replace("Upload", "Update")
    aws.client("iam").create_user(UserName="jane")
    aws.fault(action=switch, kind="error", code="AccessDenied", http=403)
    stopped = run_module(aws, module, wanted)
    assert stopped["failed"]
    assert [line.split(": ")[1][0] for line in stopped["failures"][0]["done"]] == ["+"]
    aws.clear_log()
    aws.clear_faults()
    assert run_module(aws, module, wanted)["actions"] == {switch: 1}


def test_a_roster_uploads_many_and_tells_each_apart(aws: Emulator, tmp_path: Path) -> None:
    """Three uploads of one user, the middle one's answer lost: each id stands beside its own fingerprint."""
    iam = aws.client("iam")
    entry: dict[str, Any] = jane(
        "jane",
        console=None,
        handover=None,
        ssh_public_keys=[pair(number).public for number in (1, 2, 3)],
        signing_certificates=[certificate(1), certificate(2)],
    )
    roster = {"users": [entry], "guards": {"human_without_credentials": "off"}}
    predicted = run_module(aws, "roster", roster, check=True)
    aws.fault(action="iam:UploadSSHPublicKey", kind="lost_reply", skip=1)
    result = run_module(aws, "roster", roster)
    assert "msg" not in result, result["msg"]
    assert predicted["actions"] == result["actions"]
    fresh, told = by_id(fresh_user(iam, "jane")), by_id(result["users"][0])
    assert {kind: told[kind] for kind in ("ssh_public_keys", "signing_certificates")} == {
        kind: fresh[kind] for kind in ("ssh_public_keys", "signing_certificates")
    }
    purged = {**entry, "ssh_public_keys": [pair(2).public], "purge_ssh_public_keys": True, "signing_certificates": []}
    after = run_module(aws, "roster", {**roster, "users": [purged]})
    assert after["actions"] == {"iam:DeleteSSHPublicKey": 2}
    (left,) = fresh_user(iam, "jane")["ssh_public_keys"]
    assert left["fingerprint"] == pair(2).fingerprint
    assert not run_module(aws, "roster", {**roster, "users": [purged]})["changed"]
