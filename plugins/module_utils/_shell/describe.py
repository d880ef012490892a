# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each module's own part of a result, from the account before and after."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.warnings import warn

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import DEFAULT_LEVELS
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import own_serials
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import sign_in_url
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, render
from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import counts
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import RosterSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import subject_of
from ansible_collections.keysmith.iam.plugins.module_utils._handover.sheets import write_sheets
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import goes_with_job
from ansible_collections.keysmith.iam.plugins.module_utils._shell.arguments import SERVICES
from ansible_collections.keysmith.iam.plugins.module_utils._shell.results import as_group, as_password_policy, as_user
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import Answer, Describe, sentences


def _diff(name: str, before: Mapping[str, Any], after: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """What ``--diff`` shows: every attribute before and after, then the plan, which also tells what no attribute does
    (a password replaced, an MFA device that goes). All of it comes from values that hold no secret."""
    told = {"before_header": name, "after_header": name, "before": dict(before), "after": dict(after)}
    return {**told, "prepared": render(plan)} if plan.steps or plan.findings else told


def user(name: str, new_name: str | None = None) -> Describe:
    """The user, under its new name once it has that."""
    then = new_name or name

    def describe(answer: Answer) -> dict[str, Any]:
        before, after = (as_user(one.user(name) or one.user(then)) for one in (answer.before, answer.after))
        return {"user": after, "diff": _diff(name, before, after, answer.plan)}

    return describe


def group(name: str) -> Describe:
    def describe(answer: Answer) -> dict[str, Any]:
        before, after = as_group(answer.before.group(name)), as_group(answer.after.group(name))
        return {"iam_group": after, "diff": _diff(name, before, after, answer.plan)}

    return describe


def password_policy(answer: Answer) -> dict[str, Any]:
    """The rules in force. ``task_status`` is amazon.aws's word for what was done."""
    before, after = as_password_policy(answer.before.password_policy), as_password_policy(answer.after.password_policy)
    status = "unchanged" if before == after else "deleted" if after["is_default"] else "updated"
    return {
        "policy": after,
        "task_status": {"IAM": status},
        "diff": _diff("password policy", before, after, answer.plan),
    }


def account_alias(answer: Answer) -> dict[str, Any]:
    accounts = (answer.before, answer.after)
    before, after = ({"account_alias": one.alias, "sign_in_url": sign_in_url(one)} for one in accounts)
    return {**after, "diff": _diff("account alias", before, after, answer.plan)}


def access_key(name: str, key_id: str | None) -> Describe:
    """The user, and the one key that this was about: the one asked for, else the newest active one."""

    def describe(answer: Answer) -> dict[str, Any]:
        result = user(name)(answer)
        keys = result["user"].get("access_keys", [])
        had = [key["access_key_id"] for key in result["diff"]["before"].get("access_keys", [])]
        mine = [key for key in keys if (key["access_key_id"] == key_id if key_id else key["status"] == "Active")]
        if mine:
            result.update(access_key=mine[-1], access_key_id=mine[-1]["access_key_id"])
        gone = [old for old in had if old not in {key["access_key_id"] for key in keys}]
        if gone:
            result["deleted_access_key_id"] = gone[0]
        return result

    return describe


def service_specific_credential(name: str, which: str | None, service: str | None) -> Describe:
    """The user, and the one credential that this was about: the one asked for, else the service's newest active one."""
    its_id, noun = "service_specific_credential_id", "service_specific_credentials"

    def is_meant(one: Mapping[str, Any]) -> bool:
        if which:
            return bool(one[its_id] == which)
        return one["service_name"] == SERVICES.get(service or "") and one["status"] == "Active"

    def describe(answer: Answer) -> dict[str, Any]:
        result = user(name)(answer)
        have, had = result["user"].get(noun, ()), result["diff"]["before"].get(noun, ())
        mine = [one for one in have if is_meant(one)]
        if mine:
            result.update({noun.removesuffix("s"): mine[-1], its_id: mine[-1][its_id]})
        left = {one[its_id] for one in have}
        gone = [one[its_id] for one in had if one[its_id] not in left]
        if gone:
            result[f"deleted_{its_id}s"] = gone
        return result

    return describe


def ssh_public_key(wanted: RosterSpec) -> Describe:
    """The user and the one SSH public key that this was about."""
    return _uploaded(wanted.users[0], "ssh_public_key", "ssh_public_key_id")


def signing_certificate(wanted: RosterSpec) -> Describe:
    """The user and the one certificate that this was about."""
    return _uploaded(wanted.users[0], "signing_certificate", "certificate_id")


def _uploaded(spec: UserSpec, noun: str, its_id: str) -> Describe:
    wishes = (*(spec.ssh_keys or ()), *(spec.certificates or ()))  # one, or none where it could not be read

    def is_meant(one: Mapping[str, Any]) -> bool:
        return any((one[its_id] if wish.id else one["fingerprint"]) in (wish.id, wish.fingerprint) for wish in wishes)

    def describe(answer: Answer) -> dict[str, Any]:
        result = user(spec.name)(answer)
        after, before = (
            [one for one in told.get(f"{noun}s", ()) if is_meant(one)]
            for told in (result["user"], result["diff"]["before"])
        )
        if after:
            result.update({noun: after[0], its_id: after[0][its_id]})
        elif before:
            result[f"deleted_{its_id}"] = before[0][its_id]
        return result

    return describe


def mfa_device(wanted: RosterSpec) -> Describe:
    """The user, and the device that this was about."""
    (spec,) = wanted.users

    def describe(answer: Answer) -> dict[str, Any]:
        result = user(spec.name)(answer)
        serials = () if spec.mfa is None else own_serials(answer.after, spec, spec.mfa)
        after, before = (
            [one for one in told.get("mfa_devices", ()) if one["serial_number"] in serials]
            for told in (result["user"], result["diff"]["before"])
        )
        if after:
            result.update(mfa_device=after[-1], serial_number=after[-1]["serial_number"])
        gone = [one["serial_number"] for one in before if one not in after]
        if gone:
            result["deleted_serial_number"] = gone[0]
        return result

    return describe


def _sheets(answer: Answer, folder: str, region: str | None) -> list[str]:
    """The sheets' paths. What was handed over stays handed over when a sheet cannot be written: that is a warning."""
    folder = os.path.expanduser(folder)
    if answer.plan.places and goes_with_job(folder):
        warn(
            f"The sheets in {folder} are gone with this job's container. Give a path on a volume that is mounted into"
            " it, or none."
        )
    try:
        return write_sheets(folder, answer.after, answer.desks.values(), region)
    except KeysmithError as error:
        warn(f"No sheets: {error.message}")
        return []


def roster(wanted: RosterSpec, directory: str | None, sheets: str | None, region: str | None) -> Describe:
    """What changed, and how many did not: the result for five thousand unchanged users stays small."""

    def describe(answer: Answer) -> dict[str, Any]:
        touched = set(answer.plan.by_subject())
        changed = set() if answer.plan.refusals else touched  # a run writes nothing where anything is refused
        users = [answer.after.user(spec.name) for spec in wanted.users if subject_of(spec) in changed]
        groups = [answer.after.group(spec.name) for spec in wanted.groups if f"group {spec.name}" in changed]
        result = {
            "users": [as_user(user) for user in users if user is not None],
            "groups": [as_group(group) for group in groups if group is not None],
            "unchanged": len(wanted.users) + len(wanted.groups) - len(touched),
            "refused": sentences(answer.plan.refusals),
            "guards": {**DEFAULT_LEVELS, **wanted.guards},
            "sign_in_url": sign_in_url(answer.after),
            "diff": {"prepared": render(answer.plan)},
            # Lists that may be empty, so that who adds up the results of batches needs no case for it.
            "handovers": [],
            "handover_counts": counts(receipt for desk in answer.desks.values() for receipt in desk.receipts),
            "handed_over": [],
            "sheets": [],
            "failures": [],
        }
        if sheets:
            result["sheets"] = _sheets(answer, os.path.join(directory or "", os.path.expanduser(sheets)), region)
        return result

    return describe
