# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the user that a spec is about, under its old name or its new one, and plans the renaming."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, WARN, Draft
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import UserSpec


def final_name(spec: UserSpec) -> str:
    """The name that the user has after the run."""
    return spec.new_name or spec.name


def find_user(account: Account, spec: UserSpec) -> User | None:
    """The user under its old name, else under the new one: a renaming that is done is not asked for again."""
    return account.user(spec.name) or account.user(final_name(spec))


def is_meant(draft: Draft, account: Account, spec: UserSpec, user: User | None) -> bool:
    """Whether it is surely this user that the spec means; a finding where it is not."""
    if user is not None and user.name not in (spec.name, spec.new_name):
        draft.refuse(
            "name_case", f"the account has {user.name}, and AWS takes the two names for one; write it as {user.name}."
        )
    elif spec.new_name is not None and spec.state == "absent":
        draft.refuse("new_name", "a user that is to be absent gets no new name; leave new_name out.")
    elif user is not None and (other := account.user(final_name(spec))) is not None and other is not user:
        taken = f"user {user.name} cannot take this name, since there is a user {other.name} already"
        draft.refuse("new_name", f"{taken}; choose another new_name, or remove that user first.")
    elif spec.expected_id is not None:
        _check_id(draft, spec, spec.expected_id, user)
    return not draft.findings


def _check_id(draft: Draft, spec: UserSpec, expected: str, user: User | None) -> None:
    if user is not None and user.id != expected:
        text = (
            f"its unique id is {user.id} and not {expected}, so it is another user of the same name;"
            " correct expected_user_id or name."
        )
        draft.refuse("expected_user_id", text)
    if user is None and spec.state == "present":
        text = f"there is no user of that name, and a new one would not have the id {expected}; leave expected_user_id"
        draft.refuse("expected_user_id", f"{text} out to create it.")


def plan_rename(draft: Draft, account: Account, spec: UserSpec, user: User | None) -> tuple[UserSpec, User | None]:
    """The renaming, which takes a new path along in the same call; gives spec and user as they are after it. Tags,
    groups, policies and credentials stay, since they belong to the user's id
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_rename.html)."""
    if spec.new_name is None:
        return spec, user
    then = replace(spec, name=spec.new_name, new_name=None)
    if user is not None and user.name == spec.new_name:
        return then, user
    if user is None:
        text = f"there is no user {spec.name} to rename, nor is there a user {spec.new_name}; leave new_name out and"
        draft.find("missing_user", MISSING, f"{text} create it under the name that it is to have.")
    old = user or User(spec.name, arn=account.arn("user", "/", spec.name))
    path = old.path if spec.path is None else spec.path
    parameters = {"UserName": spec.name, "NewUserName": spec.new_name}
    parameters |= {"NewPath": path} if path != old.path else {}
    moved = f", path: {old.path} -> {path}" if path != old.path else ""
    draft.step("iam:UpdateUser", parameters, f"~ name: {spec.name} -> {spec.new_name}{moved}", "new_name is given")
    new = replace(old, name=spec.new_name, path=path, arn=account.arn("user", path, spec.new_name))
    _warn_of_arn(draft, old, new)
    return then, new


def _warn_of_arn(draft: Draft, old: User, new: User) -> None:
    text = (
        f"it signs in as {new.name} from then on, and its ARN becomes {new.arn}; policies that name {old.arn} as a"
        " resource do not follow, change them by hand."
    )
    draft.find("rename", WARN, text)
