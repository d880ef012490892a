# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""File stores against real file systems and real failures."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._handover import stores
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError

pytestmark = pytest.mark.core_matrix

OLD, NEW = b"the old text\n", b"the new s3cret text\n"
NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def refused(path: Path | str, text: bytes | str = NEW) -> str:
    with pytest.raises(HandoverError) as caught:
        stores.write_file(str(path), text)
    assert caught.value.__context__ is None
    assert "s3cret" not in repr(caught.value)
    return str(caught.value)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Run as a user whom permissions bind: root passes over every mode."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach; pytest's own are closed to all but their owner."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Make the kernel refuse longer files (EFBIG, after a partial write): a real failure, also for root."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def mask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_a_file_and_its_new_folders_are_the_owners_alone(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "a/b/jane.csv.age"
    with mask(umask):
        stores.write_file(str(path), "sealed é")
    assert path.read_bytes() == "sealed é".encode()
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]
    assert names(path.parent) == ["jane.csv.age"]


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    stores.write_file(str(tmp_path / "jane"), NEW)
    assert mode(tmp_path) == 0o750


def test_a_relative_path_is_one_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("jane", "sub/jane"):
        assert stores.probe_file(path, write=False) is None
        stores.write_file(path, NEW)
        assert (tmp_path / path).read_bytes() == NEW


def test_an_open_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "jane"
    stores.write_file(str(path), OLD)
    path.chmod(0o644)
    with path.open("rb") as reader:
        stores.write_file(str(path), NEW)
        assert reader.read() == OLD
    assert path.read_bytes() == NEW
    assert mode(path) == 0o600


@given(text=st.binary(max_size=100) | st.text(st.characters(codec="utf-8"), max_size=100))
def test_any_text_is_kept_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: bytes | str) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    stores.write_file(str(path), text)
    assert path.read_bytes() == (text if isinstance(text, bytes) else text.encode())


def test_text_that_is_no_unicode_is_refused_without_repeating_it(tmp_path: Path) -> None:
    assert "not Unicode" in refused(tmp_path / "jane", "s3cret\ud800")
    assert names(tmp_path) == []


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", "real"])
def test_a_link_at_the_path_is_neither_followed_nor_replaced(tmp_path: Path, target: str) -> None:
    (tmp_path / "real").write_bytes(OLD)
    link = tmp_path / "jane"
    link.symlink_to(target)
    assert "symbolic link" in refused(link)
    assert "symbolic link" in str(stores.probe_file(str(link), write=True))
    assert os.readlink(link) == target
    assert (tmp_path / "real").read_bytes() == OLD
    assert names(tmp_path) == ["jane", "real"]


def cases_that_cannot_be_written(folder: Path) -> dict[str, str]:
    (folder / "file").write_bytes(OLD)
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    return {
        f"{folder}/file/jane": "not a directory",
        f"{folder}/file/sub/jane": "not a directory",
        f"{folder}/dangling/jane": "not a directory",
        f"{folder}/loop/jane": "circle of links",
        f"{folder}/pipe": "device, pipe or socket",
        f"{folder}": "a directory is there",
        f"{folder}/": "does not name a file",
        f"{folder}/..": "does not name a file",
        "": "does not name a file",
        f"{folder}/a\0b": "does not name a file",
        f"{folder}/a\ud800": "does not name a file",
        f"{folder}/{'n' * 192}": "longer than 191 bytes",
        f"{folder}/{'é' * 96}": "longer than 191 bytes",
        f"{folder}/{'deep/' * 1000}jane": "too long",
    }


@pytest.mark.parametrize("write", [False, True])
def test_a_probe_says_what_a_write_would_meet_and_leaves_nothing(tmp_path: Path, write: bool) -> None:
    cases = cases_that_cannot_be_written(tmp_path)
    before = names(tmp_path)
    for path, said in cases.items():
        assert said in str(stores.probe_file(path, write)), path
        assert "Cannot store at" in refused(path)
    assert names(tmp_path) == before


def test_a_dry_probe_touches_nothing_and_a_real_one_makes_the_folders(tmp_path: Path) -> None:
    path = tmp_path / "a/b/jane"
    tmp_path.joinpath("beside").write_bytes(OLD)
    assert stores.probe_file(str(path), write=False) is None
    assert names(tmp_path) == ["beside"]
    assert stores.probe_file(str(path), write=True) is None
    assert [mode(path.parent), mode(path.parent.parent)] == [0o700, 0o700]
    assert names(path.parent) == []


def test_a_probe_leaves_an_existing_text_alone(tmp_path: Path) -> None:
    path = tmp_path / "jane"
    path.write_bytes(OLD)
    assert stores.probe_file(str(path), write=True) is None
    assert path.read_bytes() == OLD


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(("closed", "below"), [(0o555, "jane"), (0o555, "sub/jane"), (0o000, "jane"), (0o666, "jane")])
def test_a_folder_closed_to_the_user_is_told_already_in_the_dry_run(
    open_folder: Path, write: bool, closed: int, below: str
) -> None:
    folder = open_folder / "closed"
    folder.mkdir()
    folder.chmod(closed)
    with ordinary_user():
        said = str(stores.probe_file(str(folder / below), write))
        written = refused(folder / below)
    assert "not writable" in said or "permission is denied" in said
    assert "permission is denied" in written
    assert names(folder) == []


def test_a_working_folder_closed_to_the_user_is_told_too(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder / "closed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.chmod(0o000)
    with ordinary_user():
        assert stores.probe_file("sub/jane", write=False) is not None
        assert "permission is denied" in refused("sub/jane")


def test_a_write_that_fails_half_way_leaves_the_old_text_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "jane"
    stores.write_file(str(path), OLD)
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with files_of_at_most(5):
        said = refused(path)
        probed = stores.probe_file(str(path), write=True)
    assert "larger than is allowed" in said
    assert probed is not None
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["jane"]
    assert not handles or len(os.listdir("/proc/self/fd")) == handles


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_disk_that_fails_late_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "jane"
    stores.write_file(str(path), OLD)

    def fail(*_anything: object, **_options: object) -> None:
        raise OSError(28, "No space left on device: the new s3cret text")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        assert "the disk is full" in refused(path)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["jane"]


def test_the_text_is_on_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noting_fsync(handle: int) -> None:
        done.append("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync text")
        fsync(handle)

    def noting_rename(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        done.append("rename")
        rename(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "rename", noting_rename)
    stores.write_file(str(tmp_path / "new/jane"), NEW)
    assert done == ["fsync folder", "fsync text", "rename", "fsync folder"]


KILLED_BEFORE_RENAME = """
import os, signal, sys
sys.path.insert(0, {root!r})
import tests.conftest
from ansible_collections.keysmith.iam.plugins.module_utils._handover import stores
os.rename = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
stores.write_file({path!r}, b"killed s3cret")
"""


@pytest.mark.parametrize("pending", [False, True])
def test_what_a_killed_run_left_goes_with_the_next_probe(tmp_path: Path, pending: bool) -> None:
    path = tmp_path / "jane"
    stores.write_file(str(path), OLD)
    target = stores.pending_path(str(path), "t1") if pending else str(path)
    root = str(Path(__file__).parents[5])
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_RENAME.format(root=root, path=target)])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == OLD
    assert len(names(tmp_path)) == 2
    other = tmp_path / ".jane~notes"
    other.write_bytes(OLD)
    assert stores.try_folders([str(path)]) == {str(path): None}
    assert names(tmp_path) == [".jane~notes", "jane"]
    assert path.read_bytes() == OLD


def test_many_threads_share_one_new_folder(tmp_path: Path) -> None:
    paths = [str(tmp_path / f"a/b/c/user{number}") for number in range(64)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda path: stores.write_file(path, path), paths))
    assert all(Path(path).read_text() == path for path in paths)
    assert len(names(tmp_path / "a/b/c")) == 64


def test_the_old_text_stays_until_the_new_one_is_promoted(tmp_path: Path) -> None:
    path = str(tmp_path / "jane.csv")
    stores.write_file(path, OLD)
    stores.write_file(stores.pending_path(path, "early"), b"never in force")
    stores.write_file(stores.pending_path(path, "20260101T000000-x_1"), NEW)
    assert Path(path).read_bytes() == OLD
    assert stores.pending_tokens(path) == ["20260101T000000-x_1", "early"]
    stores.promote_file(path, "20260101T000000-x_1")
    assert Path(path).read_bytes() == NEW
    assert mode(Path(path)) == 0o600
    assert names(tmp_path) == ["jane.csv"]


def test_promoting_touches_no_other_users_files(tmp_path: Path) -> None:
    mine = str(tmp_path / "jane")
    # Names that IAM allows and that begin like ours.
    others = [str(tmp_path / name) for name in ("jane.pending", "jane.pending-t1", "janet", "jane.pending=x", "ajane")]
    for path in others:
        stores.write_file(path, OLD)
        stores.write_file(stores.pending_path(path, "t2"), OLD)
    stores.write_file(stores.pending_path(mine, "t1"), NEW)
    stores.promote_file(mine, "t1")
    assert len(names(tmp_path)) == 1 + 2 * len(others)
    assert all(stores.pending_tokens(path) == ["t2"] for path in others)


def test_promoting_what_is_not_pending_fails_and_keeps_the_old_text(tmp_path: Path) -> None:
    path = str(tmp_path / "jane")
    stores.write_file(path, OLD)
    with pytest.raises(HandoverError, match="missing"):
        stores.promote_file(path, "t1")
    with pytest.raises(HandoverError, match="missing"):
        stores.promote_file(str(tmp_path / "nowhere/jane"), "t1")
    assert Path(path).read_bytes() == OLD
    assert names(tmp_path) == ["jane"]


def test_promoting_follows_no_link_on_either_side(tmp_path: Path) -> None:
    path = tmp_path / "jane"
    (tmp_path / "elsewhere").write_bytes(OLD)
    Path(stores.pending_path(str(path), "t1")).symlink_to("elsewhere")
    with pytest.raises(HandoverError, match="symbolic link"):
        stores.promote_file(str(path), "t1")
    path.symlink_to("elsewhere")
    stores.write_file(stores.pending_path(str(path), "t2"), NEW)
    with pytest.raises(HandoverError, match="symbolic link"):
        stores.promote_file(str(path), "t2")
    assert (tmp_path / "elsewhere").read_bytes() == OLD
    assert stores.pending_tokens(str(path)) == ["t1", "t2"]


@pytest.mark.parametrize("token", ["", "a/b", "..", "a~b", "t\n", "x" * 33, "é"])
def test_a_token_that_could_name_another_file_is_refused(token: str) -> None:
    with pytest.raises(HandoverError, match="token"):
        stores.pending_path("jane", token)


def test_the_longest_name_that_a_probe_allows_can_be_pending_and_promoted(tmp_path: Path) -> None:
    path = str(tmp_path / ("n" * 191))
    assert stores.probe_file(path, write=True) is None
    stores.write_file(stores.pending_path(path, "x" * 32), NEW)
    stores.promote_file(path, "x" * 32)
    assert Path(path).read_bytes() == NEW
