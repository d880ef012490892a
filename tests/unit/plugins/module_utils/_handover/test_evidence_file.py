# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of the evidence: written at its end, by one at a time, and left as it was where writing fails."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._handover import evidence_file
from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError


def add(path: Path, data: bytes) -> bytes:
    """Write behind what is there; give what was there."""
    with evidence_file.locked(str(path)) as (before, write):
        write(data)
        return before


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(HandoverError) as caught:
        call()
    return caught.value.message


def test_a_file_is_made_for_its_owner_alone_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "evidence.jsonl"
    assert evidence_file.read(str(path)) is None
    assert add(path, b"one\n") == b""
    assert add(path, b"two\n") == b"one\n"
    assert evidence_file.read(str(path)) == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:2]] == [0o700, 0o700]


def test_the_mode_that_somebody_gave_stays(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    add(path, b"one\n")
    path.chmod(0o640)
    add(path, b"two\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_path_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    add(Path("evidence.jsonl"), b"one\n")
    assert (tmp_path / "evidence.jsonl").read_bytes() == b"one\n"


def test_more_than_one_chunk_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_file, "_CHUNK", 3)
    add(tmp_path / "evidence", b"0123456789")
    assert evidence_file.read(str(tmp_path / "evidence")) == b"0123456789"


def test_many_at_a_time_lose_nothing_and_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"

    def work() -> None:
        for _number in range(10):
            with evidence_file.locked(str(path)) as (before, write):
                write(b"%d\n" % len(before.splitlines()))

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes().splitlines() == [b"%d" % number for number in range(80)]


def test_a_reader_waits_for_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    seen: list[bytes | None] = []
    reader = threading.Thread(target=lambda: seen.append(evidence_file.read(str(path))))
    with evidence_file.locked(str(path)) as (_before, write):
        write(b"one")
        reader.start()
        reader.join(0.2)
        assert seen == []
        write(b" whole\n")
    reader.join(10)
    assert seen == [b"one whole\n"]


def test_a_disk_that_fills_up_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "evidence.jsonl"
    add(path, b"one\n")
    write = os.write

    def half_then_full(handle: int, data: bytes) -> int:
        if bytes(data) == b"two\n":
            return write(handle, data[:2])
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(os, "write", half_then_full)
    told = refused(lambda: add(path, b"two\n"))
    assert told == f"Cannot store at {str(path)!r}: the disk is full. Mend that or give another path."
    assert path.read_bytes() == b"one\n"


def test_a_short_write_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:1]))
    add(tmp_path / "evidence.jsonl", b"one\n")
    assert (tmp_path / "evidence.jsonl").read_bytes() == b"one\n"


def test_it_is_on_the_disk_before_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")) or fsync(handle)
    )
    add(tmp_path / "evidence.jsonl", b"one\n")
    assert synced == [str(tmp_path), str(tmp_path / "evidence.jsonl")]


def test_what_is_no_file_is_refused_before_and_while_writing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    told = {
        "link": "Cannot store at '{}': a symbolic link is there. Remove it or give another path.",
        "folder": "Cannot store at '{}': a directory is there. Remove it or give another path.",
    }
    for name in ("link", "folder"):
        path = str(tmp_path / name)
        assert refused(lambda path=path: evidence_file.refuse_unwritable(path)) == told[name].format(path)
        assert refused(lambda path=path: add(Path(path), b"x")) == told[name].format(path)
    assert "a part of the path is not a directory" in refused(lambda: add(tmp_path / "file/below", b"x"))
    assert (tmp_path / "file").read_bytes() == b""
    assert "Cannot read the evidence at" in refused(lambda: evidence_file.read(str(tmp_path / "folder")))


def test_what_may_not_be_read_is_no_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "evidence.jsonl")
    add(Path(path), b"one\n")

    def denied(*arguments: object) -> int:
        raise PermissionError(errno.EACCES, "")

    monkeypatch.setattr(os, "open", denied)
    told = refused(lambda: evidence_file.read(path))
    assert told == f"Cannot read the evidence at {path!r}: permission is denied. Mend that or give another path."
    assert "permission is denied" in refused(lambda: add(Path(path), b"x"))
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    told = refused(lambda: evidence_file.refuse_unwritable(path))
    assert told == f"Cannot store at {path!r}: permission is denied. Mend that or give another path."


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path / "evidence.jsonl", b"one\n")

    def no_locks(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, "")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    told = "the system answers ENOLCK"
    assert told in refused(lambda: add(tmp_path / "evidence.jsonl", b"two\n"))
    assert told in refused(lambda: evidence_file.read(str(tmp_path / "evidence.jsonl")))
