# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module emergency_kit: the manifest and the pages of the custodians, of what was handed over. It calls no AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._core import kit, manifest
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest, Part
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD, HandoverSpec
from ansible_collections.keysmith.iam.plugins.module_utils._handover import kit as papers
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import fingerprint
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import (
    file_exists,
    goes_with_job,
    probe_file,
    write_file,
)
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import guarded
from ansible_collections.keysmith.iam.plugins.module_utils._shell.wanted import Wanted

Texts = dict[tuple[str, str], str]
_NO_ACCOUNT = "{account}"


def emergency_kit(module: AnsibleAWSModule) -> NoReturn:
    """Bring the manifest and the kit about and end the module with them."""
    params = dict(module.params)
    result = guarded(module, lambda: _make(params, module.check_mode))
    for text in result.pop("remarks"):
        warn(text)
    for path in filter(goes_with_job, (params["manifest"], params["path"])):
        warn(f"{path} is gone with this job's container. Give a path on a volume that is mounted into the container.")
    diff = result.pop("diff")
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))


def _make(params: Mapping[str, Any], dry: bool) -> dict[str, Any]:
    folder = os.path.dirname(params["manifest"]) or "."
    stands = papers.read_file(params["manifest"])
    before = None if stands is None else manifest.read(stands, params["manifest"])
    told = [papers.told_beside(part, folder) for part in manifest.parts_of(params["handovers"] or [])]
    given = {(entry["user"], entry["kind"]): entry["text"] for entry in params["handed_over"] or []}
    wanted = _wanted(params, folder)
    if before is None and not told and dry:
        return _unforeseen(params)
    names = [user["name"] for user in params["users"] or []]
    after = manifest.updated(before, told, params["sign_in_url"], names)
    after, texts, warnings = _complete(after, wanted, folder, given)
    if not after.parts:
        raise KeysmithError("Cannot make the kit: nothing was handed over. Give handovers, or users with a handover.")
    page = kit.html(after.sign_in_url, papers.holdings(after, texts), params["contacts"] or [])
    files = {params["manifest"]: manifest.write(after), params["path"]: page}
    return {**_written(files, dry, params), "manifest": manifest.as_told(after), "remarks": warnings}


def _unforeseen(params: Mapping[str, Any]) -> dict[str, Any]:
    """A dry run before anything was handed over knows that there will be something, and not what."""
    lines = [f"+ file {path}" for path in (params["manifest"], params["path"])]
    texts = ["What the kit will hold is known once the secrets are handed over."]
    return {"changed": True, "plan": lines, "manifest": {}, "diff": [], "remarks": texts}


def _wanted(params: Mapping[str, Any], folder: str) -> dict[tuple[str, str], Part]:
    """Where the options say that each text is, and for whom. Raises KeysmithError for an option that cannot be."""
    wanted, found = Wanted(), {}
    for user in params["users"] or []:
        own = wanted.handover(user["handover"], user["name"], params["directory"] or "")
        seed = wanted.handover(user["mfa_handover"], user["name"], params["directory"] or "") or own
        for kind, handover in ((PASSWORD, own), (MFA_SEED, seed)):
            if handover is not None:
                part = _expected(handover, params["account"], user["name"], kind)
                found[(part.user, part.kind)] = papers.told_beside(part, folder)
    if wanted.findings:
        problem = wanted.findings[0]
        raise KeysmithError(f"Cannot make the kit for {problem.subject}: {problem.text}")
    return found


def _expected(handover: HandoverSpec, account: str | None, user: str, kind: str) -> Part:
    if _NO_ACCOUNT in handover.address and not account:
        raise KeysmithError(f"Cannot find the texts of {user}: their place has {_NO_ACCOUNT}. Give account, its id.")
    place = handover.place(account or "", user, kind)
    return Part(user, kind, place.store, place.address, handover.labels, None, handover.threshold)


def _complete(
    known: Manifest, wanted: Mapping[tuple[str, str], Part], folder: str, given: Texts
) -> tuple[Manifest, Texts, list[str]]:
    """The manifest with what only the options know of, after a run that was killed before it could tell; and the texts,
    each the one that was handed over. Raises KeysmithError for one that is not."""
    parts: list[Part] = []
    texts: Texts = {}
    warnings: list[str] = []
    for key in dict.fromkeys([*((part.user, part.kind) for part in known.parts), *wanted]):
        part, text, warning = _settled(known.find(*key), wanted.get(key), folder, given)
        parts.append(part)
        texts |= {} if text is None else {key: text}
        warnings += [warning] if warning else []
    return manifest.updated(None, parts, known.sign_in_url, ()), texts, warnings


def _settled(known: Part | None, wanted: Part | None, folder: str, given: Texts) -> tuple[Part, str | None, str]:
    """What is to be believed of one text, the text, and a warning."""
    for part in filter(None, (known, wanted)):
        text = papers.text_of(part, folder, given)
        if text is None:
            where = f"it is only in {part.place}, which is no help while AWS is away."
            return part, None, f"The kit has no text of the {part.words}: {where}"
        mark = fingerprint(text)
        if part is wanted:
            told = f"No run told of the {part.words} in {part.place}; it is taken as it is, for those in its handover."
            return replace(part, fingerprint=mark), text, told
        if part.fingerprint == mark:
            return part, text, ""
    raise KeysmithError(
        f"Cannot make the kit: the {known.words if known else 'text'} in {known.place if known else ''!r} is not the"
        " text that was handed over. Put the right file there, or have it made anew with reissue."
    )


def _written(files: Mapping[str, str], dry: bool, params: Mapping[str, Any]) -> dict[str, Any]:
    """Write what differs; the manifest first, so that opening works whatever becomes of the pages."""
    lines, diff = [], []
    for path, text in files.items():
        stands = papers.read_file(path)
        if stands == text:
            continue
        refusal = probe_file(path, write=False)
        if refusal is not None:
            raise KeysmithError(refusal)
        lines.append(f"{'~' if file_exists(path) else '+'} file {path}")
        if path == params["manifest"]:
            diff.append({"before_header": path, "after_header": path, "before": stands or "", "after": text})
        if not dry:
            write_file(path, text)
    return {"changed": bool(lines), "plan": lines, "diff": diff}
