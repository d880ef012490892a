# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who administers the account: asked only when somebody goes who may be the last one that does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.keysmith.iam.plugins.module_utils._aws import read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, LoginProfile, Unread, User


def read_administrators(gateway: Gateway, account: Account, going: Sequence[User]) -> tuple[str, ...]:
    """Those of the users to go who have AdministratorAccess and can sign in, and the first one found who has and can
    and stays. AWS's policy is what counts, attached to the user or to a group; a policy of one's own is not read."""
    policy = f"arn:{account.partition}:iam::aws:policy/AdministratorAccess"
    if not any(user.groups or policy in _items(user.managed_policies) for user in going):
        return ()
    users, groups = _holders(gateway, policy)
    leaving = [user.name for user in going if _administers(user, users, groups) and _can_sign_in(user)]
    names = {user.name for user in going}
    others = (name for name in _people(gateway, users, groups) if name not in names)
    staying = (name for name in others if _signs_in(gateway, name) and not _is_bounded(gateway, name, policy))
    found = next(staying, None) if leaving else None
    return tuple(leaving) if found is None else (*leaving, found)


def _holders(gateway: Gateway, policy: str) -> tuple[list[str], list[str]]:
    """The names of the users and groups that a policy is attached to
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html)."""
    users: list[str] = []
    groups: list[str] = []
    for page in gateway.pages("iam:ListEntitiesForPolicy", PolicyArn=policy, PolicyUsageFilter="PermissionsPolicy"):
        users += [one["UserName"] for one in page.get("PolicyUsers", ())]
        groups += [one["GroupName"] for one in page.get("PolicyGroups", ())]
    return users, groups


def _people(gateway: Gateway, users: list[str], groups: list[str]) -> Iterator[str]:
    """Each user with the policy once, members of groups after those who have it themselves."""
    seen: set[str] = set()
    for group in (None, *groups):
        members = users if group is None else [one["UserName"] for one in _members(gateway, group)]
        for name in members:
            if name not in seen:
                seen.add(name)
                yield name


def _members(gateway: Gateway, group: str) -> Iterator[dict[str, str]]:
    for page in gateway.pages("iam:GetGroup", GroupName=group):
        yield from page["Users"]


def _administers(user: User, users: list[str], groups: list[str]) -> bool:
    return user.name in users or any(name in groups for name in _items(user.groups))


def _can_sign_in(user: User) -> bool:
    keys = () if isinstance(user.access_keys, Unread) else user.access_keys
    return isinstance(user.login_profile, LoginProfile) or any(key.active for key in keys)


def _signs_in(gateway: Gateway, name: str) -> bool:
    if read.read_login_profile(gateway, name) is not None:
        return True
    return any(key.active for key in read.read_access_keys(gateway, name))


def _is_bounded(gateway: Gateway, name: str, policy: str) -> bool:
    """Whether a permissions boundary lets this user do less than ``policy`` allows; no list of users tells of it
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html)."""
    found = gateway.find("iam:GetUser", UserName=name)
    return found is None or read.user_of(found["User"]).boundary not in (None, policy)


def _items(names: tuple[str, ...] | Unread) -> tuple[str, ...]:
    return () if isinstance(names, Unread) else names
