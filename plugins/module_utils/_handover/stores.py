# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a sealed or plain text is kept on our side: files that survive a crash.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ansible_collections.keysmith.iam.plugins.module_utils._core import job_container
from ansible_collections.keysmith.iam.plugins.module_utils._handover.formats import utf8
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError

_REASONS = {
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.EIO: "the disk reports an error",
    errno.ENOENT: "it, or its directory, is missing",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.EEXIST: "a part of the path is not a directory",
    errno.ELOOP: "the path runs in a circle of links, or through one that is not followed",
    errno.ENAMETOOLONG: "the path is too long",
}
# A file name may have 255 bytes, and the names of pending and temporary files are longer by at most 64.
_LONGEST_NAME = 191
# No IAM name holds a "~", so that no user's file is ever taken for another file's pending or temporary one.
_PENDING = ".pending~"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,32}")
_LEFTOVER = re.compile(r"\.(?P<name>.+)~[0-9a-f]{16}")
_PROBE_BYTES = 4096
# Of a standard parameter. An advanced one takes more, costs money and can never be made a standard one again
# (https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html).
PARAMETER_BYTES = 4096


def probe_file(path: str, write: bool) -> str | None:
    """Say in a sentence why a text could not be written to ``path``, or give None where it could.

    With ``write`` the directories are made (0700) and a file is written and removed; without, nothing is touched.
    """
    refusal = _standing_refusal(path) or _directory_refusal(path)
    return refusal if refusal is not None or not write else _try_to_write(path)


def try_folders(paths: Iterable[str]) -> dict[str, str | None]:
    """``probe_file`` with ``write`` for many paths, a file a folder; removes what a killed run left for these paths.

    Gives for each path the sentence that says why it could not be written, or None.
    """
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(_parent(path), []).append(path)
    found: dict[str, str | None] = {}
    for beside in folders.values():
        refusal = _try_to_write(beside[0])
        found.update(dict.fromkeys(beside, refusal))
        if refusal is None:
            _remove_leftovers(beside)
    return found


def _try_to_write(path: str) -> str | None:
    try:
        make_directory(_parent(path))
        with _directory_of(path) as directory:
            temporary = _write_temporary(directory, os.path.basename(path), bytes(_PROBE_BYTES))
            os.unlink(temporary, dir_fd=directory)
    except OSError as error:
        return sentence(path, error)
    return None


def file_address(path: str | None, directory: str) -> str:
    """The option ``path`` from ``directory`` on, ``~`` replaced. A folder ends in ``/``. Empty for none."""
    if not path:
        return ""
    whole = os.path.join(os.path.expanduser(directory), os.path.expanduser(path))
    return whole + "/" if os.path.isdir(whole) and not whole.endswith("/") else whole


def file_exists(path: str) -> bool:
    """Whether something stands at ``path`` already."""
    return os.path.lexists(path)


def goes_with_job(path: str) -> bool:
    """Whether a file at ``path`` is gone once the container that this job runs in is."""
    if not job_container.is_in_job(os.environ):
        return False
    mounts = ""
    with suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = file.read()
    return job_container.goes_with_job(os.path.realpath(path), os.environ, mounts)


def write_file(path: str, text: bytes | str, durable: bool = True) -> None:
    """Put ``text`` (str as UTF-8) at ``path``: mode 0600, all or nothing, on the disk when this returns if ``durable``.

    Missing directories are made with mode 0700. What stood there is replaced only by the whole new text. Raises
    HandoverError, and leaves things as they were, where that fails or ``path`` is a link or no regular file.
    """
    refusal = _standing_refusal(path) or _write(path, text if isinstance(text, bytes) else utf8(text), durable)
    if refusal is not None:
        raise HandoverError(refusal) from None


def parameter_refusal(size: int) -> str | None:
    """Say why a text of ``size`` bytes cannot be a parameter in Parameter Store, or give None where it can."""
    if size <= PARAMETER_BYTES:
        return None
    return (
        f"Cannot store in Parameter Store: the text has about {size} bytes, and a standard parameter takes"
        f" {PARAMETER_BYTES}. Seal it to fewer recipients, or give another store."
    )


def pending_path(path: str, token: str) -> str:
    """Give the path, beside ``path``, of the new text that waits to be in force; token: 1 to 32 of A-Z a-z 0-9 _ -."""
    if not _TOKEN.fullmatch(token):
        raise HandoverError("Cannot name the pending file: give a token of 1 to 32 letters, digits, _ or -.") from None
    return f"{path}{_PENDING}{token}"


def pending_tokens(path: str) -> list[str]:
    """Give the tokens of the pending files of ``path``, sorted: what an interrupted run left behind."""
    prefix = os.path.basename(path) + _PENDING
    with suppress(OSError):
        beside = [entry.removeprefix(prefix) for entry in os.listdir(_parent(path)) if entry.startswith(prefix)]
        return sorted(token for token in beside if _TOKEN.fullmatch(token))
    return []


def promote_file(path: str, token: str) -> None:
    """Make the pending text the one at ``path``, in one step, then remove the other pending files of ``path``.

    Raises HandoverError, and keeps both texts, where the pending file is missing or ``path`` is a link or a directory.
    """
    refusal = _standing_refusal(path) or _standing_refusal(pending_path(path, token)) or _promote(path, token)
    if refusal is not None:
        raise HandoverError(refusal) from None


def _standing_refusal(path: str) -> str | None:
    """Say why what is at ``path`` now, or its name, rules out a file there."""
    name = os.path.basename(path).partition(_PENDING)[0]
    if name in ("", ".", "..") or not _encodable(path):
        return f"Cannot store at {path!r}: it does not name a file. Give a path that ends in a file name."
    if len(os.fsencode(name)) > _LONGEST_NAME:
        return f"Cannot store at {path!r}: the file name is longer than {_LONGEST_NAME} bytes. Give a shorter one."
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return sentence(path, error)
    if stat.S_ISREG(mode):
        return None
    kind = "symbolic link" if stat.S_ISLNK(mode) else "directory" if stat.S_ISDIR(mode) else "device, pipe or socket"
    return f"Cannot store at {path!r}: a {kind} is there. Remove it or give another path."


def _encodable(path: str) -> bool:
    with suppress(UnicodeEncodeError):
        return b"\0" not in os.fsencode(path)
    return False


def _directory_refusal(path: str) -> str | None:
    """Say why a file could not be made in the directory of ``path``, or that directory in the nearest one there is."""
    folder = _parent(path)
    while not os.path.lexists(folder):
        folder = _parent(folder)
    if not os.path.isdir(folder):
        return f"Cannot store at {path!r}: {folder!r} is not a directory. Give another path."
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return (
            f"Cannot store at {path!r}: the directory {folder!r} is not writable. Allow writing or give another path."
        )
    return None


def _parent(path: str) -> str:
    return os.path.dirname(path) or "."


def sentence(path: str, error: OSError) -> str:
    """Say why nothing could be stored at ``path``."""
    code = error.errno or 0
    reason = _REASONS.get(code, f"the system answers {errno.errorcode.get(code, 'an unknown error')}")
    return f"Cannot store at {path!r}: {reason}. Mend that or give another path."


def _write(path: str, data: bytes, durable: bool) -> str | None:
    name = os.path.basename(path)
    try:
        make_directory(_parent(path))
        with _directory_of(path) as directory:
            temporary = _write_temporary(directory, name, data, durable)
            with _removed_on_failure(directory, temporary):
                os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
            if durable:
                os.fsync(directory)
    except OSError as error:
        return sentence(path, error)
    return None


def _promote(path: str, token: str) -> str | None:
    try:
        with _directory_of(path) as directory:
            pending = os.path.basename(pending_path(path, token))
            os.rename(pending, os.path.basename(path), src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)
    except OSError as error:
        return sentence(path, error)
    # The new text is in force: an older one that can't be removed is no reason to call this a failure.
    _discard(path, pending_tokens(path))
    return None


def _discard(path: str, tokens: list[str]) -> None:
    for token in tokens:
        with suppress(OSError):
            os.unlink(pending_path(path, token))


@contextmanager
def _directory_of(path: str) -> Iterator[int]:
    """Open the directory of ``path``: whatever is moved meanwhile, all that follows happens in this very one."""
    directory = os.open(_parent(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield directory
    finally:
        os.close(directory)


def make_directory(folder: str) -> None:
    """Make ``folder`` and its parents with mode 0700; os.makedirs would give parents the mode of the umask."""
    if os.path.isdir(folder):
        return
    make_directory(_parent(folder))
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not os.path.isdir(folder):  # another thread may have made it meanwhile
            raise
        return
    os.chmod(folder, 0o700)
    with _directory_of(folder) as directory:
        os.fsync(directory)


@contextmanager
def _removed_on_failure(directory: int, name: str) -> Iterator[None]:
    """Remove the file ``name`` if what is done with it fails or is interrupted."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)
        raise


def _write_temporary(directory: int, name: str, data: bytes, durable: bool = True) -> str:
    """Write ``data`` to a new file beside ``name`` and down to the disk; give its name. Removed again if that fails."""
    temporary = f".{name}~{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    handle = os.open(temporary, flags, 0o600, dir_fd=directory)
    with _removed_on_failure(directory, temporary), os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)
        file.write(data)
        file.flush()
        if durable:
            os.fsync(handle)
    return temporary


def _remove_leftovers(paths: Sequence[str]) -> None:
    """Remove the temporary files that a killed run left for these paths of one folder: one may hold a secret."""
    finals = {os.path.basename(path) for path in paths}
    with suppress(OSError), _directory_of(paths[0]) as directory:
        for entry in os.listdir(directory):
            left = _LEFTOVER.fullmatch(entry)
            if left and left["name"].partition(_PENDING)[0] in finals:
                os.unlink(entry, dir_fd=directory)
