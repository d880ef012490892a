# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks for secrets where none may be: as they are, and in the encodings in which texts travel."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

SEALED = ("-----BEGIN AGE ENCRYPTED FILE-----", "-----BEGIN PGP MESSAGE-----")


def forms(secret: str) -> set[str]:
    """The secret as text, in JSON (once and twice), in a URL, HTML, a shell, Python, hex, in base64 at any offset."""
    told = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1], repr(secret)[1:-1]}
    told |= {quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), shlex.quote(secret)}
    data = secret.encode()
    told.add(data.hex())
    for offset in range(3):
        # The signs at either end also depend on what stands beside the secret.
        whole = base64.b64encode(bytes(offset) + data).decode().rstrip("=")
        inner = whole[-(-offset * 8 // 6) : len(whole) - 1]
        told |= {inner, inner.replace("+", "-").replace("/", "_")}
    return told


def to_hide(secrets: Iterable[Mapping[str, str]], *more: str) -> list[str]:
    """The values of the emulator's `secrets()` less the sealed texts, which may be seen, and `more` of the test's."""
    values = [entry["value"] for entry in secrets if not entry["value"].startswith(SEALED)]
    return [*dict.fromkeys([*values, *more])]


def leaks(places: Mapping[str, str | bytes], secrets: Iterable[str]) -> list[str]:
    """A line for each secret found in a place: "<place>: <form>". Empty when nothing leaks."""
    wanted = {form.encode() for secret in secrets for form in forms(secret)}
    texts = {place: text.encode() if isinstance(text, str) else text for place, text in places.items()}
    return [f"{place}: {form!r}" for place, text in texts.items() for form in wanted if form in text]


def files_below(folder: Path, leave_out: Iterable[Path] = ()) -> dict[str, bytes]:
    """Every file below the folder, hidden ones too, by its path; `leave_out` are files that hold secrets by right."""
    kept = {path.resolve() for path in leave_out}
    return {str(path): path.read_bytes() for path in _files(folder) if path.resolve() not in kept}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
