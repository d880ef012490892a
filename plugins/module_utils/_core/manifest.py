# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest of the emergency users: who holds what, and where. It has no secret, and is what opening begins with, on
a day when nothing else can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import secret_words

FORMAT = "break-glass/1"


@dataclass(frozen=True)
class Part:
    """One sealed text: whose, of what kind, where it is and who opens it; ``threshold`` of them together, or each alone
    when None. ``fingerprint`` is that of the sealed text, None where it was never seen. A file's ``place`` is relative
    to the manifest where it stands below it, so that the folder can be carried about."""

    user: str
    kind: str
    store: str
    place: str
    sealed_to: tuple[str, ...]
    fingerprint: str | None = None
    threshold: int | None = None

    @property
    def words(self) -> str:
        return f"{secret_words(self.kind)} of {self.user}"


@dataclass(frozen=True)
class Manifest:
    sign_in_url: str
    parts: tuple[Part, ...] = ()

    def find(self, user: str, kind: str) -> Part | None:
        return next((part for part in self.parts if (part.user, part.kind) == (user, kind)), None)


def read(text: str, path: str) -> Manifest:
    """The manifest in the JSON ``text`` that stands at ``path``. Raises KeysmithError for any other text."""
    try:
        found = json.loads(text)
        if found["keysmith"] != FORMAT:
            raise ValueError(FORMAT)
        return Manifest(str(found["sign_in_url"]), tuple(_part(receipt) for receipt in found["handovers"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeysmithError(
            f"Cannot read the manifest {path!r}: it is damaged, or none of this collection's. Take a copy of it, or"
            " remove it and provision again, which writes it anew."
        ) from None


def as_told(manifest: Manifest) -> dict[str, Any]:
    """The manifest as an object: ``keysmith`` (its format), ``sign_in_url`` and ``handovers``, shaped as receipts."""
    parts = [{**asdict(part), "sealed_to": list(part.sealed_to)} for part in manifest.parts]
    return {"keysmith": FORMAT, "sign_in_url": manifest.sign_in_url, "handovers": parts}


def write(manifest: Manifest) -> str:
    return json.dumps(as_told(manifest), indent=2, ensure_ascii=False) + "\n"


def parts_of(handovers: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The receipts of a run. Raises KeysmithError for what is no receipt, or of a text that is not sealed."""
    try:
        return [_part(receipt) for receipt in handovers]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise KeysmithError(
            "Cannot read handovers: an entry is not a receipt with user, kind, store, place and sealed_to. Give what"
            " the module roster returned."
        ) from None


def updated(before: Manifest | None, parts: Iterable[Part], sign_in_url: str | None, users: Sequence[str]) -> Manifest:
    """The manifest with these parts in place of the older ones of the same user and kind. ``users`` are those who are
    kept, all where there are none. Raises KeysmithError where nobody said where to sign in."""
    known = {} if before is None else {(part.user, part.kind): part for part in before.parts}
    known |= {(part.user, part.kind): part for part in parts}
    url = sign_in_url or (None if before is None else before.sign_in_url)
    if not url:
        raise KeysmithError("Cannot write the manifest: nothing says where to sign in. Give sign_in_url.")
    kept = [part for part in known.values() if not users or part.user in users]
    return Manifest(url, tuple(sorted(kept, key=lambda part: (part.user, part.kind))))


def _part(told: Mapping[str, Any]) -> Part:
    threshold, mark = told.get("threshold"), told.get("fingerprint")
    part = Part(
        user=str(told["user"]),
        kind=str(told["kind"]),
        store=str(told["store"]),
        place=str(told["place"]),
        sealed_to=tuple(str(label) for label in told["sealed_to"]),
        fingerprint=None if mark is None else str(mark),
        threshold=None if threshold is None else int(threshold),
    )
    if not part.sealed_to:
        raise KeysmithError(
            f"Cannot take the {part.words} into the kit: its text is not sealed. Give its hand-over seal_to, and have"
            " it made anew."
        )
    return part
