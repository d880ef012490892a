# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module break_glass_info: reads all that emergency users depend on, and tells what is not as it has to be."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NoReturn

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import break_glass as reading
from ansible_collections.keysmith.iam.plugins.module_utils._aws import evidence_bucket, observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.break_glass_trail import read_trails
from ansible_collections.keysmith.iam.plugins.module_utils._aws.evidence_bucket import Bucket
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core import break_glass, evidence, manifest, names
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_dates import (
    Due,
    Opening,
    cases,
    due,
    openings,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.break_glass_facts import (
    Facts,
    Finding,
    Unreadable,
    Wanted,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Chain
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import document_problem
from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Manifest
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD
from ansible_collections.keysmith.iam.plugins.module_utils._handover import evidence_file, kit, sealed_texts
from ansible_collections.keysmith.iam.plugins.module_utils._shell.look import as_seen
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import gateway_of, guarded

CUSTODIANS: dict[str, Any] = {
    "type": "dict",
    "required": True,
    # Its name has "password" in it, which Ansible would warn of.
    "no_log": False,
    "options": {
        # Public keys, yet masked until each is seen to be one: somebody will paste a private key one day.
        "seal_to": {"type": "list", "elements": "str", "required": True, "no_log": True},
        "threshold": {"type": "int"},
    },
}
THREADS = 10
_DAYS = ("drill_days", "rotation_days", "max_hours")


def break_glass_info(module: AnsibleAWSModule) -> NoReturn:
    """Tell whether the emergency users are ready, in check mode too: nothing is written."""
    params = dict(module.params)
    result = guarded(module, lambda: _check(module, params))
    if params["require_ready"] and not result["ready"]:
        module.fail_json(msg=_refusal(result["findings"]), **result)
    module.exit_json(**result)


def _check(module: AnsibleAWSModule, params: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _wanted(params)
    gateway = gateway_of(module, THREADS)
    caller = observe.identify(gateway)
    threads = gateway.useful_threads(THREADS)
    iam = reading.read_iam(gateway, caller, wanted, threads)
    listed = _manifest(params["manifest"])
    texts = sealed_texts.look(gateway, listed, _folder(params)) if isinstance(listed, Manifest) else {}
    chain, unsaved = _evidence(params, gateway)
    in_region = cache(lambda region: gateway_of(module, 1, in_region=region))
    regions = wanted.regions or ()
    facts = Facts(
        now=caller.now,
        users=iam.users,
        group=iam.group,
        policies=iam.policies,
        password_policy=iam.password_policy,
        manifest=listed,
        evidence=chain,
        texts=texts,
        unsaved=unsaved,
        alarms=reading.regions({region: in_region(region) for region in regions}, f"{wanted.alarms}-", threads),
        trails=read_trails(in_region, regions, caller.account_id, threads),
        report=iam.report,
        partition=caller.partition,
        sign_in_urls=reading.tried(lambda: reading.sign_in_urls(gateway, caller)),
    )
    findings = break_glass.examine(wanted, facts)
    return {
        "changed": False,
        "ready": break_glass.is_ready(findings),
        "findings": [asdict(finding) for finding in findings],
        "users": [as_seen(seen, caller.now) for seen in iam.seen],
        "opened": [_as_opening(one, caller.now) for one in _open(chain, wanted)],
        "next_due": [_as_due(due(case)) for case in cases(wanted, facts)],
    }


def _wanted(params: Mapping[str, Any]) -> Wanted:
    for name in params["users"]:
        if problem := names.user_name_problem(name):
            raise KeysmithError(f"Cannot check user {name!r}: {problem}.")
    if problem := names.group_name_problem(params["group"]):
        raise KeysmithError(f"Cannot check group {params['group']!r}: {problem}.")
    for option in _DAYS:
        if params[option] < 1:
            raise KeysmithError(f"Cannot check the emergency users: {option} is {params[option]}; give 1 or more.")
    for name, document in params["inline_policies"].items():
        problem = document_problem(document) if isinstance(document, Mapping) else "it is not an object"
        if problem:
            raise KeysmithError(f"Cannot check the group's inline policy {name}: {problem}.")
    custody = {
        kind: sealed_texts.custody(option, params[option]["seal_to"], params[option]["threshold"])
        for kind, option in ((PASSWORD, "password_custodians"), (MFA_SEED, "mfa_custodians"))
    }
    return Wanted(
        users=tuple({fold(name): name for name in params["users"]}.values()),
        custody=custody,
        group=params["group"],
        managed_policies=tuple(params["managed_policies"]),
        inline_policies=params["inline_policies"],
        regions=None if params["regions"] is None else tuple(dict.fromkeys(params["regions"])),
        alarms=params["alarms_stack"],
        **{option: params[option] for option in _DAYS},
    )


def _folder(params: Mapping[str, Any]) -> str:
    return os.path.dirname(params["manifest"]) or "."


def _manifest(path: str) -> Manifest | Unreadable | None:
    def read() -> Manifest | None:
        text = kit.read_file(path)
        return None if text is None else manifest.read(text, path)

    return reading.tried(read)


def _evidence(params: Mapping[str, Any], gateway: Gateway) -> tuple[Chain | Unreadable, int]:
    """The chain of the file, or else of the bucket, and how many records the bucket lacks. What is wrong in the bucket,
    and between the two, is told with the chain's own problems."""
    path, name = params["evidence_path"], params["evidence_bucket"]

    def read() -> tuple[Chain, int]:
        objects: dict[str, bytes] = {}
        if name is not None:
            bucket = Bucket(name, params["evidence_prefix"].strip("/"))
            objects = evidence_bucket.read(gateway, bucket, {}, THREADS)
        data = b"".join(objects.values()) if path is None else evidence_file.read(path) or b""
        chain = evidence.verify(data, params["expected_last_hash"])
        if path is None or name is None:
            return chain, 0
        copy = evidence.verify(b"".join(objects.values()))
        problems = (*chain.problems, *evidence.compare(chain, copy))
        return Chain(chain.records, problems, chain.remarks), len(evidence.unsaved(chain, objects.keys()))

    found = reading.tried(read)
    return (found, 0) if isinstance(found, Unreadable) else found


def _open(chain: Chain | Unreadable, wanted: Wanted) -> list[Opening]:
    return [one for one in openings(chain, timedelta(hours=wanted.max_hours)) if one.closed is None]


def _as_opening(opening: Opening, now: datetime) -> dict[str, Any]:
    return {
        "user_name": opening.user,
        "record": opening.n,
        "drill": opening.drill,
        "since": opening.begun.isoformat(),
        "until": opening.until.isoformat(),
        "overdue": now > opening.until,
        **dict(opening.told),
    }


def _as_due(dates: Due) -> dict[str, Any]:
    told = {"drill": dates.drill, "rotation": dates.rotation, "password_expiry": dates.expiry}
    return {"user_name": dates.user, **{name: date.isoformat() if date else None for name, date in told.items()}}


def _refusal(findings: Sequence[Mapping[str, Any]]) -> str:
    """What keeps the emergency users from being ready, a sentence each with its remedy."""
    told = [
        f"{one['subject']}: {one['text']} {one['remedy']}"
        for one in findings
        if not break_glass.is_ready([Finding(**one)])
    ]
    return "\n".join([f"The emergency users are not ready, since {len(told)} thing(s) are amiss or unknown:", *told])
