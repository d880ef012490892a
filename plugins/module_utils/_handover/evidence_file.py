# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file that evidence is kept in: written at its end only, by one at a time, on the disk before anybody goes on.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import (
    make_directory,
    probe_file,
    sentence,
)

_CHUNK = 1 << 20
Append = Callable[[bytes], None]


def read(path: str) -> bytes | None:
    """What the file holds, None where there is none. Raises HandoverError where it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HandoverError(_unreadable(path, error)) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        return _content(handle)
    except OSError as error:
        raise HandoverError(_unreadable(path, error)) from None
    finally:
        os.close(handle)


def refuse_unwritable(path: str) -> None:
    """Raise HandoverError where a record could not be written at the end of the file; touches nothing."""
    refusal = probe_file(path, write=False) if not os.path.isfile(path) or os.path.islink(path) else None
    if refusal is None and os.path.isfile(path) and not os.access(path, os.R_OK | os.W_OK):
        refusal = sentence(path, PermissionError(13, ""))
    if refusal is not None:
        raise HandoverError(refusal)


@contextmanager
def locked(path: str) -> Iterator[tuple[bytes, Append]]:
    """The file's content and a way to write behind it, while nobody else writes. A new file has the mode 0600, and
    missing directories are made with 0700. Raises HandoverError; a write that fails leaves the file as it was."""
    refuse_unwritable(path)
    try:
        handle = _open(path)
    except OSError as error:
        raise HandoverError(sentence(path, error)) from None
    try:
        yield _locked_content(handle, path), lambda data: _append(handle, path, data)
    finally:
        os.close(handle)


def _open(path: str) -> int:
    make_directory(os.path.dirname(path) or ".")
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        handle = os.open(path, flags | os.O_CREAT, 0o600)
    directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(directory)
    os.close(directory)
    return handle


def _locked_content(handle: int, path: str) -> bytes:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return _content(handle)
    except OSError as error:
        raise HandoverError(sentence(path, error)) from None


def _content(handle: int) -> bytes:
    parts = []
    while part := os.pread(handle, _CHUNK, sum(map(len, parts))):
        parts.append(part)
    return b"".join(parts)


def _append(handle: int, path: str, data: bytes) -> None:
    before = os.fstat(handle).st_size
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(handle, before)
        raise HandoverError(sentence(path, error)) from None


def _unreadable(path: str, error: OSError) -> str:
    return sentence(path, error).replace("Cannot store at", "Cannot read the evidence at", 1)
