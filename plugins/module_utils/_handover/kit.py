# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the sealed texts that a manifest names, and makes of them what the emergency kit prints.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.keysmith.iam.plugins.module_utils._core.kit import Holding, Text
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part
from ansible_collections.keysmith.iam.plugins.module_utils._handover import totp
from ansible_collections.keysmith.iam.plugins.module_utils._handover.errors import HandoverError
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import fingerprint
from ansible_collections.keysmith.iam.plugins.module_utils._handover.shares import read_shares
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import sentence

_ARMOUR = {"-----BEGIN AGE ENCRYPTED FILE-----": ".age", "-----BEGIN PGP MESSAGE-----": ".asc"}
# What one QR code of the largest version takes in its byte mode, at the lowest error correction (ISO/IEC 18004).
LONGEST_CODE = 2953
_LARGEST_FILE = 1 << 20


def read_file(path: str) -> str | None:
    """The text in the file, or None where there is none. Raises HandoverError."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST_FILE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HandoverError(sentence(path, error).replace("store at", "read", 1)) from None


def beside(folder: str, place: str) -> str:
    """The file's path as the manifest in ``folder`` has it: relative where it stands below it."""
    whole, base = os.path.realpath(place), os.path.realpath(folder)
    return os.path.relpath(whole, base) if whole.startswith(base.rstrip("/") + "/") else whole


def told_beside(part: Part, folder: str) -> Part:
    return replace(part, place=beside(folder, part.place)) if part.store == "file" else part


def text_of(part: Part, folder: str, given: Mapping[tuple[str, str], str]) -> str | None:
    """The sealed text: as given, or out of its file; None for one that is in a store of AWS. Raises HandoverError for
    one that is missing or not sealed."""
    text = given.get((part.user, part.kind))
    if text is None and part.store == "file":
        path = os.path.join(folder, part.place)
        text = read_file(path)
        if text is None:
            raise HandoverError(
                f"Cannot find the {part.words}: there is no file {path!r}. Put it there again, or have it made anew"
                " with reissue."
            )
    if text is not None and read_shares(text) is None and _suffix(text) is None:
        raise HandoverError(
            f"Cannot take the {part.words} into the kit: what is in {part.place!r} is not sealed. Seal it, and see that"
            " nobody has read it."
        )
    return text


def holdings(manifest: Manifest, texts: Mapping[tuple[str, str], str]) -> list[Holding]:
    """Who holds what, custodian by custodian of each text. Raises HandoverError."""
    found = []
    for part in manifest.parts:
        text = texts.get((part.user, part.kind))
        for number, custodian in enumerate(part.sealed_to, 1):
            share = None if part.threshold is None else number
            held = () if text is None else _printed(part, text, number)
            found.append(Holding(part, custodian, share, held))
    return found


def _printed(part: Part, text: str, number: int) -> tuple[Text, ...]:
    name, document = f"{part.user}.{part.kind}", read_shares(text)
    if document is None:
        return (_text("The sealed text", name, text),)
    shares = document["shares"]
    if document["threshold"] != part.threshold or len(shares) != len(part.sealed_to):
        raise HandoverError(
            f"Cannot take the {part.words} into the kit: its shares are not those that the manifest has. Have it made"
            " anew with reissue."
        )
    own = _text(f"Your share, number {number}", f"{name}.share-{number}", shares[number - 1]["sealed"])
    return (own, _text("The text that is common to all", name, document["sealed"]))


def _text(title: str, name: str, text: str) -> Text:
    svg = totp.inline_svg(text) if len(text.encode()) <= LONGEST_CODE else ""
    return Text(title, name + (_suffix(text) or ""), fingerprint(text), text, svg)


def _suffix(text: str) -> str | None:
    return next((suffix for start, suffix in _ARMOUR.items() if text.startswith(start)), None)
