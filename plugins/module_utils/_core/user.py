# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans one user: made, brought to what is wanted, or taken away whole."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core import names, receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.attachments import (
    check_quota,
    plan_policies,
    policy_arn,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.credentials import plan_access_key, plan_console
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    JUSTIFICATION_TAG,
    OWNER_TAG,
    USE_CASE_TAG,
    Account,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, Draft, Plan, resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_credentials import (
    plan_certificates,
    plan_ssh_keys,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.removal import plan_removal
from ansible_collections.keysmith.iam.plugins.module_utils._core.service_credentials import (
    intents,
    plan_service_credentials,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import UserSpec


def subject_of(spec: UserSpec) -> str:
    return f"user {spec.name}"


def plan_user(account: Account, spec: UserSpec, now: datetime) -> Plan:
    """All steps from the account as observed to the user as wanted, in an order that can be stopped anywhere."""
    draft = Draft(subject_of(spec))
    user = account.user(spec.name)
    if user is not None and user.name != spec.name:
        draft.refuse(
            "name_case", f"the account has {user.name}, and AWS takes the two names for one; write it as {user.name}."
        )
        return draft.plan()
    if spec.state == "absent":
        if user is not None:
            plan_removal(draft, account, user)
        return draft.plan()
    if not _check_names(draft, spec) or (user is None and _wants_only_absence(spec)):
        return draft.plan()
    observed = user
    if user is None:
        user = _create(draft, account, spec, now)
    else:
        _update(draft, account, spec, user)
    _plan_groups(draft, account, spec, user)
    plan_policies(draft, account, spec, user)
    plan_console(draft, account, spec, user)
    plan_access_key(draft, account, spec, user, now)
    plan_ssh_keys(draft, spec, user)
    plan_certificates(draft, account, spec, user, now)
    plan_service_credentials(draft, account, spec, user, now)
    _check_tag_count(draft, observed)
    return draft.plan()


def _wants_only_absence(spec: UserSpec) -> bool:
    """Whether a module that manages a part of a user wants just that part gone, as it is where there is no user."""
    parts = (spec.access_key, spec.mfa, *(spec.ssh_keys or ()), *(spec.certificates or ()))
    states = {part.state for part in (*parts, *(spec.service_credentials or ())) if part is not None}
    if spec.console is not None:
        states.add("present" if spec.console.present else "absent")
    return not spec.create and states == {"absent"}


def _check_names(draft: Draft, spec: UserSpec) -> bool:
    problems = [names.user_name_problem(spec.name)]
    problems += [names.path_problem(spec.path)] if spec.path is not None else []
    problems += names.tag_problems(spec.tags or {})
    found = [problem for problem in problems if problem]
    for problem in found:
        draft.refuse("name", f"{problem}.")
    return not found


def _create(draft: Draft, account: Account, spec: UserSpec, now: datetime) -> User:
    """The CreateUser step and the user that it makes. The intent for an access key rides on it and costs no call."""
    if not spec.create:
        draft.find("missing_user", MISSING, f"there is no user {spec.name} in account {account.id}; create it first.")
        return User(spec.name)
    path = spec.path or "/"
    tags = {**(spec.tags or {}), **_own_tags(spec)}
    if spec.access_key is not None and spec.access_key.id is None:
        tags[ACCESS_KEY_TAG] = receipts.intent(now)
    tags |= intents(spec, now)
    parameters: dict[str, object] = {"UserName": spec.name, "Path": path}
    if tags:
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    boundary = policy_arn(draft, account, spec.boundary, "the permissions boundary") if spec.boundary else None
    if boundary:
        parameters["PermissionsBoundary"] = boundary
    draft.step(
        "iam:CreateUser",
        parameters,
        f"+ user {spec.name}" + (f", path {path}" if path != "/" else ""),
        "not in the account",
    )
    return User(spec.name, path=path, boundary=boundary, tags=tags)


def _update(draft: Draft, account: Account, spec: UserSpec, user: User) -> None:
    if spec.path is not None and spec.path != user.path:
        parameters = {"UserName": spec.name, "NewPath": spec.path}
        draft.step("iam:UpdateUser", parameters, f"~ path: {user.path} -> {spec.path}", "the path differs")
    _plan_boundary(draft, account, spec, user)
    _plan_tags(draft, spec, user)


def _plan_boundary(draft: Draft, account: Account, spec: UserSpec, user: User) -> None:
    if spec.boundary is None:
        return
    if spec.boundary == "":
        if user.boundary:
            draft.step(
                "iam:DeleteUserPermissionsBoundary",
                {"UserName": spec.name},
                f"- permissions boundary {user.boundary}",
                "none is wanted",
            )
        return
    arn = policy_arn(draft, account, spec.boundary, "the permissions boundary")
    if arn != user.boundary:
        sign, was = ("~", f"{user.boundary} -> ") if user.boundary else ("+", "")
        parameters = {"UserName": spec.name, "PermissionsBoundary": arn}
        draft.step(
            "iam:PutUserPermissionsBoundary",
            parameters,
            f"{sign} permissions boundary {was}{arn}",
            "the boundary differs",
        )


def _own_tags(spec: UserSpec) -> dict[str, str]:
    """What onboarding remembers of a user, as tags that anyone can read."""
    told = {USE_CASE_TAG: spec.use_case, OWNER_TAG: spec.owner, JUSTIFICATION_TAG: spec.justification}
    return {key: names.tag_text(value) for key, value in told.items() if value}


def _plan_tags(draft: Draft, spec: UserSpec, user: User) -> None:
    # User tag keys are not case-sensitive: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    wanted = {**(spec.tags or {}), **_own_tags(spec)}
    if spec.tags is not None and spec.purge_tags:
        _purge_tags(draft, spec, user, {fold(key) for key in wanted})
    have = {fold(key): (key, value) for key, value in user.tags.items()}
    changes = []
    for key, value in wanted.items():
        old = have.get(fold(key))
        if old is None:
            changes.append(("+", key, value, f"{key}: {value}"))
        elif old[1] != value:
            changes.append(("~", old[0], value, f"{key}: {old[1]} -> {value}"))
    if changes:
        sign = "+" if all(change[0] == "+" for change in changes) else "~"
        tags = [{"Key": key, "Value": value} for _sign, key, value, _text in changes]
        word = "tag" if len(changes) == 1 else "tags"
        line = f"{sign} {word} {', '.join(change[3] for change in changes)}"
        why = "the tags differ" if sign == "~" else ""
        draft.step("iam:TagUser", {"UserName": spec.name, "Tags": tags}, line, why)


def _purge_tags(draft: Draft, spec: UserSpec, user: User, wanted: set[str]) -> None:
    # AWS keeps tags that begin with aws: for itself and removes none on request.
    gone = [key for key in user.callers_tags if fold(key) not in wanted and not fold(key).startswith("aws:")]
    if gone:
        line, why = f"- tags {', '.join(gone)}", "not in tags (purge_tags)"
        draft.step("iam:UntagUser", {"UserName": spec.name, "TagKeys": gone}, line, why)


def _check_tag_count(draft: Draft, observed: User | None) -> None:
    """Refuses a plan that has more tags on the user, at any time, than AWS takes; those of a key hand-over included."""
    keys = set() if observed is None else {fold(key) for key in observed.tags}
    most = 0
    for step in draft.steps:
        parameters = resolve(step.parameters, receipts.PREDICTED)
        if step.action in ("iam:CreateUser", "iam:TagUser"):
            keys |= {fold(tag["Key"]) for tag in parameters.get("Tags", ())}
            most = max(most, len(keys))
        keys -= {fold(key) for key in parameters.get("TagKeys", ())}
    if most > names.TAGS_PER_USER:
        text = f"it would have {most} tags, our own included; AWS takes {names.TAGS_PER_USER}. Leave some out."
        draft.refuse("quota", text)


def _plan_groups(draft: Draft, account: Account, spec: UserSpec, user: User) -> None:
    if spec.groups is None or isinstance(user.groups, Unread):
        return
    have = {fold(name): name for name in user.groups}
    wanted: dict[str, str] = {}
    for name in spec.groups:
        group = account.group(name)
        if group is None:
            draft.find(
                "missing_group",
                MISSING,
                f"there is no group {name} in account {account.id}; create it or correct its name.",
            )
        wanted.setdefault(fold(name), name if group is None else group.name)
    added = [name for key, name in wanted.items() if key not in have]
    gone = [name for key, name in have.items() if key not in wanted] if spec.purge_groups else []

    def join() -> None:
        for name in added:
            parameters = {"GroupName": name, "UserName": spec.name}
            draft.step("iam:AddUserToGroup", parameters, f"+ member of {name}", "named in groups")

    def leave() -> None:
        for name in gone:
            parameters = {"GroupName": name, "UserName": spec.name}
            draft.step("iam:RemoveUserFromGroup", parameters, f"- member of {name}", "not in groups (purge_groups)")

    draft.exchange(join, leave, len(have) + len(added), account.quota("GroupsPerUserQuota"))
    check_quota(draft, account, "GroupsPerUserQuota", len(have) + len(added) - len(gone), "groups")
