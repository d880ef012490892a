# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans one user: made, brought to what is wanted, or taken away whole."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core import names, receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.attachments import (
    plan_groups,
    plan_policies,
    policy_arn,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.copying import Copied, read_copy
from ansible_collections.keysmith.iam.plugins.module_utils._core.credentials import plan_access_key, plan_console
from ansible_collections.keysmith.iam.plugins.module_utils._core.emergency import plan_sessions, plan_state
from ansible_collections.keysmith.iam.plugins.module_utils._core.inline import (
    PURGED,
    Inline,
    plan_inline,
    read_documents,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import first_intent, plan_mfa
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
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import SESSIONS_REVOKED_POLICY
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_credentials import (
    plan_certificates,
    plan_ssh_keys,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.purge import plan_purge
from ansible_collections.keysmith.iam.plugins.module_utils._core.removal import plan_removal
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import (
    final_name,
    find_user,
    is_meant,
    plan_rename,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.service_credentials import (
    intents,
    plan_service_credentials,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import UserSpec


def subject_of(spec: UserSpec) -> str:
    return f"user {final_name(spec)}"


def plan_user(account: Account, spec: UserSpec, now: datetime) -> Plan:
    """All steps from the account as observed to the user as wanted, in an order that can be stopped anywhere."""
    draft = Draft(subject_of(spec))
    user = find_user(account, spec)
    if not is_meant(draft, account, spec, user):
        return draft.plan()
    if spec.state == "absent":
        if user is not None:
            plan_removal(draft, account, user)
        return draft.plan()
    if not _check_names(draft, spec) or (user is None and _wants_only_absence(spec)):
        return draft.plan()
    observed = user
    copied = read_copy(draft, account, spec, user)
    spec, user = plan_rename(draft, account, spec, user)
    first = len(draft.steps)
    if user is None:
        user = _create(draft, account, spec, now, copied)
        first = len(draft.steps)
    else:
        _update(draft, account, spec, user, copied)
    plan_groups(draft, account, spec, user, copied)
    plan_policies(draft, account, spec, user, copied)
    _plan_inline(draft, account, spec, user, copied)
    _plan_credentials(draft, account, spec, user, now, observed)
    plan_sessions(draft, account, spec, observed)
    plan_state(draft, spec, observed, first, now)
    _check_tag_count(draft, observed)
    return draft.plan()


def _plan_credentials(
    draft: Draft, account: Account, spec: UserSpec, user: User, now: datetime, observed: User | None
) -> None:
    doors = len(draft.steps)
    plan_console(draft, account, spec, user)
    plan_access_key(draft, account, spec, user, now)
    plan_mfa(draft, account, spec, user, now)
    plan_ssh_keys(draft, spec, user)
    plan_certificates(draft, account, spec, user, now)
    plan_service_credentials(draft, account, spec, user, now)
    plan_purge(draft, account, spec, observed, doors)


def _wants_only_absence(spec: UserSpec) -> bool:
    """Whether a module that manages a part of a user wants just that part gone, as it is where there is no user."""
    parts = (spec.access_key, spec.mfa, *(spec.ssh_keys or ()), *(spec.certificates or ()))
    states = {part.state for part in (*parts, *(spec.service_credentials or ())) if part is not None}
    if spec.console is not None:
        states.add("present" if spec.console.present else "absent")
    return not spec.create and states == {"absent"}


def _check_names(draft: Draft, spec: UserSpec) -> bool:
    problems = [names.user_name_problem(name) for name in (spec.name, spec.new_name) if name is not None]
    problems += [names.path_problem(spec.path)] if spec.path is not None else []
    problems += names.tag_problems(spec.tags or {})
    found = [problem for problem in problems if problem]
    for problem in found:
        draft.refuse("name", f"{problem}.")
    return not found


def _create(draft: Draft, account: Account, spec: UserSpec, now: datetime, copied: Copied) -> User:
    """The CreateUser step and the user that it makes. The intent for an access key rides on it and costs no call."""
    if not spec.create:
        draft.find("missing_user", MISSING, f"there is no user {spec.name} in account {account.id}; create it first.")
        return User(spec.name)
    path = spec.path or "/"
    tags = {**(spec.tags or {}), **_own_tags(spec)}
    if spec.access_key is not None and spec.access_key.id is None:
        tags[ACCESS_KEY_TAG] = receipts.intent(now)
    tags |= first_intent(spec, now)
    tags |= intents(spec, now)
    parameters: dict[str, object] = {"UserName": spec.name, "Path": path}
    if tags:
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    boundary = copied.boundary if spec.boundary is None else None
    if spec.boundary:
        boundary = policy_arn(draft, account, spec.boundary, "the permissions boundary")
    if boundary:
        parameters["PermissionsBoundary"] = boundary
    draft.step(
        "iam:CreateUser",
        parameters,
        f"+ user {spec.name}" + (f", path {path}" if path != "/" else ""),
        "not in the account",
    )
    return User(spec.name, path=path, boundary=boundary, tags=tags)


def _update(draft: Draft, account: Account, spec: UserSpec, user: User, copied: Copied) -> None:
    if spec.path is not None and spec.path != user.path:
        parameters = {"UserName": spec.name, "NewPath": spec.path}
        draft.step("iam:UpdateUser", parameters, f"~ path: {user.path} -> {spec.path}", "the path differs")
    _plan_boundary(draft, account, spec, user, copied)
    _plan_tags(draft, spec, user)


def _plan_boundary(draft: Draft, account: Account, spec: UserSpec, user: User, copied: Copied) -> None:
    wish, note, why = spec.boundary, "", "the boundary differs"
    if wish is None:
        wish, note, why = copied.boundary_for(user), copied.note(copied.why), copied.why
    elif wish:
        wish = policy_arn(draft, account, wish, "the permissions boundary")
    of_user = {"UserName": spec.name}
    if wish == "" and user.boundary:
        why = "none is wanted" if spec.boundary is not None else f"{copied.source} has none (copy_enforce)"
        line = f"- permissions boundary {user.boundary}"
        draft.step("iam:DeleteUserPermissionsBoundary", of_user, line, why)
    if wish and wish != user.boundary:
        sign, was = ("~", f"{user.boundary} -> ") if user.boundary else ("+", "")
        line = f"{sign} permissions boundary {was}{wish}{note}"
        draft.step("iam:PutUserPermissionsBoundary", {**of_user, "PermissionsBoundary": wish}, line, why)


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


def _plan_inline(draft: Draft, account: Account, spec: UserSpec, user: User, copied: Copied) -> None:
    have = user.inline_policies
    if isinstance(have, Unread) or (spec.inline_policies is None and not copied.source):
        return
    named = read_documents(draft, spec.inline_policies or {})
    if SESSIONS_REVOKED_POLICY in named:
        text = f"inline policy {SESSIONS_REVOKED_POLICY}: it is the one of revoke_sessions; give that instead."
        draft.refuse("inline_policy", text)
    documents = {name: (document, copied.why) for name, document in copied.inline_policies.items()} | named
    purges = spec.inline_policies is not None and spec.purge_inline_policies
    others = [name for name in have if name not in (*documents, SESSIONS_REVOKED_POLICY)]
    gone = copied.leaving(others, PURGED if purges else None)
    notes = {name: copied.note(why) for name, (_document, why) in documents.items()}
    plan_inline(draft, account, {"UserName": spec.name}, have, Inline(documents, gone, notes))
