# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that append evidence, killed on their way: no record is lost, written twice or overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.crash.process import run, start

BUCKET = "example-evidence"


def opened(folder: Path, **more: Any) -> dict[str, Any]:
    return {"event": "opened", "path": str(folder / "e.jsonl"), "bucket": BUCKET, "once_key": "INC-1", **more}


def objects(s3: Any) -> bytes:
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return b"".join(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names)


@pytest.mark.parametrize("kind", ["hold_before", "hold"])
@pytest.mark.parametrize("skip", [0, 1])
def test_killed_at_each_write(aws: Emulator, tmp_path: Path, kind: str, skip: int) -> None:
    """Two records go to the bucket, and the run dies before or after either is there."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    run("evidence", opened(tmp_path, event="provisioned", offline=True), aws.environment, tmp_path)
    aws.fault(action="s3:PutObject", kind=kind, skip=skip)
    process = start("evidence", opened(tmp_path), aws.environment, tmp_path)
    aws.wait_for_held()
    process.kill()
    aws.release()
    aws.clear_faults()
    file = (tmp_path / "e.jsonl").read_bytes()
    assert [json.loads(line)["event"] for line in file.splitlines()] == ["provisioned", "opened"]

    resumed = run("evidence", opened(tmp_path), aws.environment, tmp_path).result
    assert (resumed["appended"], resumed["pending_uploads"], resumed["problems"]) == (False, 0, [])
    assert (tmp_path / "e.jsonl").read_bytes() == objects(s3) == file
    checked = run(
        "evidence_info",
        {"path": str(tmp_path / "e.jsonl"), "bucket": BUCKET, "require_intact": True},
        aws.environment,
        tmp_path,
    )
    assert checked.rc == 0, checked.msg


def test_many_at_once_write_one_chain(aws: Emulator, tmp_path: Path) -> None:
    """Each has a working directory of its own and the file in common."""
    processes = []
    for number in range(6):
        (tmp_path / str(number)).mkdir()
        wanted = opened(tmp_path, once_key=str(number), offline=True)
        processes.append(start("evidence", wanted, aws.environment, tmp_path / str(number)))
    numbers = [process.wait().result["record"]["n"] for process in processes]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    wanted = {"path": str(tmp_path / "e.jsonl"), "require_intact": True}
    assert len(run("evidence_info", wanted, aws.environment, tmp_path).result["records"]) == 6
