# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of custody: each secret's sealed text is where the manifest says, is the one that was sealed, and is sealed to
the custodians listed.

An age text does not name whom it is sealed to when that is an age key. So three things have to agree: the text's
fingerprint with the manifest's, the manifest's recipients with the custodians, and what the text's header does tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    FAIL,
    ROTATE,
    SECRETS,
    Custodian,
    Custody,
    Facts,
    Finding,
    SeenUser,
    Unreadable,
    Wanted,
    unread,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import MFA_TAG
from ansible_collections.keysmith.iam.plugins.module_utils._core.sealed_text import SealedText
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD, secret_words

_LOST = "Put it there again from a copy, or make it anew: run break_glass_action=close with break_glass_rotate=true."


def check_split(wanted: Wanted) -> Iterator[Finding]:
    """Whether one person opens both secrets: one public key, whatever it is called."""
    passwords = {one.key for one in wanted.custody[PASSWORD].custodians}
    both = [one.label for one in wanted.custody[MFA_SEED].custodians if one.key in passwords]
    if both:
        text = f"{' and '.join(both)} opens both the password and the MFA seed, so that one person could sign in alone."
        yield Finding("custody", FAIL, "account", text, "Name other custodians for one of them, then rotate.")


def check_texts(wanted: Wanted, facts: Facts) -> Iterator[Finding]:
    manifest = facts.manifest
    if isinstance(manifest, Unreadable):
        yield from unread(manifest, "manifest")
        return
    if manifest is None:
        text = "it is not there, so that nobody knows where the sealed texts are."
        yield Finding("manifest", FAIL, "manifest", text, "Give the right path, or run break_glass_action=provision.")
        return
    yield from _check_url(facts, manifest)
    for name in wanted.users:
        for kind in SECRETS:
            yield from _check_part(wanted, facts, manifest, name, kind)


def _check_url(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    """Custodians type the secrets in there, at night: it is the account's own page, or somebody waits on another."""
    if isinstance(facts.sign_in_urls, Unreadable):
        yield from unread(facts.sign_in_urls, "manifest")
    elif manifest.sign_in_url not in facts.sign_in_urls:
        text = (
            f"it has people sign in at {manifest.sign_in_url}, and the account's users do at {facts.sign_in_urls[-1]}."
        )
        remedy = "If nobody gave the account another alias, find out who changed it. Run break_glass_action=provision."
        yield Finding("manifest", FAIL, "manifest", text, remedy)


def _check_part(wanted: Wanted, facts: Facts, manifest: Manifest, name: str, kind: str) -> Iterator[Finding]:
    part, subject = manifest.find(name, kind), f"user {name}"
    if part is None:
        text = f"the manifest does not say where its {secret_words(kind)} is."
        yield Finding("manifest", FAIL, subject, text, "Run break_glass_action=provision, which writes the manifest.")
        return
    custody, text_there = wanted.custody[kind], facts.texts.get((name, kind))
    for problem in _told_to(part, custody):
        yield Finding("custody", FAIL, subject, problem, ROTATE)
    if isinstance(text_there, Unreadable):
        yield from unread(text_there, subject)
    elif text_there is None:
        yield Finding("sealed_text", FAIL, subject, f"{_what(part)} is not there.", _LOST)
    elif text_there.sort is None:
        text = f"{_what(part)} is not sealed: whoever reads it has the secret."
        yield Finding("sealed_text", FAIL, subject, text, f"Take this for an incident. {ROTATE}")
    else:
        for problem in _not_the_one(facts, part, text_there):
            yield Finding("sealed_text", FAIL, subject, problem, _LOST)
        for problem in _sealed_to(part, text_there, custody):
            yield Finding("custody", FAIL, subject, problem, ROTATE)


def _what(part: Part) -> str:
    return f"the text with its {secret_words(part.kind)}, {part.place},"


def _told_to(part: Part, custody: Custody) -> Iterator[str]:
    """Whether the manifest names the custodians. A key's comment is not what tells it from others."""
    wanted = {mark_of(one.label): one.label for one in custody.custodians}
    told = {mark_of(label): label for label in part.sealed_to}
    yield from _differences(f"by the manifest its {secret_words(part.kind)}", wanted, told)
    if part.threshold != custody.threshold:
        told_by, asked = _by(part.threshold), _by(custody.threshold)
        yield f"by the manifest its {secret_words(part.kind)} is opened by {told_by}, and wanted is {asked}."


def _by(threshold: int | None) -> str:
    return "each of its custodians alone" if threshold is None else f"{threshold} of its custodians together"


def _differences(what: str, wanted: dict[str, str], told: dict[str, str]) -> Iterator[str]:
    for mark in wanted.keys() - told.keys():
        yield f"{what} is not sealed to {wanted[mark]}."
    for mark in told.keys() - wanted.keys():
        yield f"{what} is sealed to {told[mark]}, who is none of its custodians."


def mark_of(label: str) -> str:
    """The part of a label that stands for the key: ``age1…abcdef``, ``ssh-ed25519 …AAAAAAAA``."""
    return " ".join(label.split()[:2])


def _not_the_one(facts: Facts, part: Part, text: SealedText) -> Iterator[str]:
    """Whether it is another text than the one that was sealed. The seed's fingerprint is on the user as well."""
    if part.fingerprint is None:
        yield f"the manifest has no fingerprint of {_what(part)} so that nobody can tell whether it is the right one."
    elif part.fingerprint != text.fingerprint:
        yield f"{_what(part)} is not the one that was sealed: the manifest has another fingerprint."
    seen = facts.users.get(part.user)
    if part.kind == MFA_SEED and isinstance(seen, SeenUser):
        marked = receipts.fingerprint(seen.user.tag(MFA_TAG))
        if marked is not None and marked != text.fingerprint:
            yield f"{_what(part)} does not belong to its MFA device: the tag {MFA_TAG} has another fingerprint."


def _sealed_to(part: Part, text: SealedText, custody: Custody) -> Iterator[str]:
    """Whether the text itself says that others open it."""
    if text.threshold != custody.threshold:
        yield f"{_what(part)} is opened by {_by(text.threshold)}, and wanted is {_by(custody.threshold)}."
        return
    if custody.threshold is None:
        yield from _header(_what(part), text, custody.custodians)
        return
    wanted = {mark_of(one.label): one.label for one in custody.custodians}
    yield from _differences(_what(part), wanted, {mark_of(label): label for label in text.labels})
    holders = {mark_of(one.label): one for one in custody.custodians}
    for label, share in zip(text.labels, text.shares, strict=True):
        if (holder := holders.get(mark_of(label))) is not None:
            yield from _header(f"the share of {label} of {_what(part)}", share, [holder])


def _header(what: str, text: SealedText, custodians: Sequence[Custodian]) -> Iterator[str]:
    lines = sorted(one.line for one in custodians if one.line is not None)
    if bool(lines) != (text.sort == "age"):
        yield f"{what} is of another sort (age or OpenPGP) than its custodians' keys."
    elif text.sort == "age" and text.lines is None:
        yield f"{what} is damaged."
    elif text.lines is not None and list(text.lines) != lines:
        told = ", ".join(text.lines) or "nobody"
        yield f"{what} is sealed to others than its custodians: its header has {told}."
