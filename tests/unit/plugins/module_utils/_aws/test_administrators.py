# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who administers the account besides whoever goes, and in how few calls that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.administrators import read_administrators
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import RosterSpec, UserSpec

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(autouse=True)
def nobody_else(iam: Any) -> None:
    """The emulator's operator is an administrator with a key; here it is none, so that it does not stand in."""
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=ADMINISTRATOR)
    iam.create_group(GroupName="Staff")
    iam.detach_user_policy(UserName="operator", PolicyArn=ADMINISTRATOR)


def make(iam: Any, name: str, *, group: str = "", attached: bool = False, sign_in: str = "") -> None:
    iam.create_user(UserName=name)
    if group:
        iam.add_user_to_group(GroupName=group, UserName=name)
    if attached:
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    if sign_in == "password":
        iam.create_login_profile(UserName=name, Password="aB3$efghijkl")
    if sign_in in ("key", "inactive key"):
        made = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        status = "Active" if sign_in == "key" else "Inactive"
        iam.update_access_key(UserName=name, AccessKeyId=made, Status=status)


def asked(way: Way, *names: str) -> tuple[str, ...]:
    """The administrators, when these users are to go; the log then holds only what that took."""
    roster = RosterSpec(users=tuple(UserSpec(name, state="absent") for name in names))
    account = observe.observe(way.gateway, observe.identify(way.gateway), roster, threads=2)
    way.aws.clear_log()
    going = [user for name in names if (user := account.user(name)) is not None]
    return read_administrators(way.gateway, account, going)


def called(way: Way) -> list[str]:
    return [entry["action"].removeprefix("iam:") for entry in way.aws.log()]


def test_nobody_is_asked_about_a_user_without_groups_and_policy(way: Way, iam: Any) -> None:
    make(iam, "jane", sign_in="key")
    assert (asked(way, "jane"), called(way)) == ((), [])


def test_one_call_tells_that_a_member_is_no_administrator(way: Way, iam: Any) -> None:
    make(iam, "jane", group="Staff", sign_in="key")
    assert (asked(way, "jane"), called(way)) == ((), ["ListEntitiesForPolicy"])


@pytest.mark.parametrize("sign_in", ["password", "key"])
@pytest.mark.parametrize("how", [{"group": "Admins"}, {"attached": True}])
def test_who_goes_is_the_last_one(way: Way, iam: Any, how: dict[str, Any], sign_in: str) -> None:
    make(iam, "jane", sign_in=sign_in, **how)
    make(iam, "asleep", group="Admins", sign_in="inactive key")
    make(iam, "idle", attached=True)
    assert asked(way, "jane") == ("jane",)


@pytest.mark.parametrize("sign_in", ["password", "key"])
@pytest.mark.parametrize("how", [{"group": "Admins"}, {"attached": True}])
def test_somebody_stays(way: Way, iam: Any, how: dict[str, Any], sign_in: str) -> None:
    make(iam, "jane", attached=True, sign_in="key")
    make(iam, "joe", sign_in=sign_in, **how)
    way.aws.set_page_size(1)
    assert asked(way, "jane") == ("jane", "joe")


def test_the_search_ends_with_the_first_who_stays(way: Way, iam: Any) -> None:
    for name in ("jane", "joe", "kim"):
        make(iam, name, attached=True, sign_in="password")
    assert asked(way, "jane") == ("jane", "joe")
    assert called(way) == ["ListEntitiesForPolicy", "GetLoginProfile", "GetUser"]


def test_who_cannot_sign_in_is_no_loss(way: Way, iam: Any) -> None:
    make(iam, "jane", attached=True, sign_in="inactive key")
    assert (asked(way, "jane"), called(way)) == ((), ["ListEntitiesForPolicy"])


def test_all_who_go_at_once_count(way: Way, iam: Any) -> None:
    make(iam, "jane", attached=True, sign_in="key")
    make(iam, "joe", group="Admins", sign_in="key")
    assert asked(way, "jane", "joe") == ("jane", "joe")


def test_a_boundary_gives_no_right(way: Way, iam: Any) -> None:
    make(iam, "jane", attached=True, sign_in="key")
    iam.create_user(UserName="joe", PermissionsBoundary=ADMINISTRATOR)
    iam.create_access_key(UserName="joe")
    assert asked(way, "jane") == ("jane",)


def test_who_is_kept_from_it_by_a_boundary_administers_nothing(way: Way, iam: Any) -> None:
    make(iam, "jane", attached=True, sign_in="key")
    make(iam, "joe", group="Admins", sign_in="key")
    iam.put_user_permissions_boundary(UserName="joe", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert asked(way, "jane") == ("jane",)
    iam.put_user_permissions_boundary(UserName="joe", PermissionsBoundary=ADMINISTRATOR)
    assert asked(way, "jane") == ("jane", "joe")


def test_who_may_not_ask_does_not_remove(way: Way, iam: Any) -> None:
    make(iam, "jane", attached=True, sign_in="key")
    way.aws.fault(action="iam:ListEntitiesForPolicy", kind="denied", times=0)
    with pytest.raises(AwsError):
        asked(way, "jane")
