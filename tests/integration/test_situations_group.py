# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules group and group_membership in every situation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import owners
from tests.integration.ansible_run import run_module
from tests.integration.given import AWS, OPEN, OWN, both, groups, policies, user
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

DEVS = {"GroupName": "Devs"}
JANE = {"UserName": "jane"}
REQUIRE_MFA = "keysmith-self-manage-and-require-mfa"


def attached(*arns: str, path: str = "/", members: tuple[str, ...] = (), inline: str = "") -> Any:
    def given(iam: Any) -> None:
        iam.create_group(GroupName="Devs", Path=path)
        for arn in arns:
            iam.attach_group_policy(GroupName="Devs", PolicyArn=arn)
        for member in members:
            iam.create_user(UserName=member)
            iam.add_user_to_group(GroupName="Devs", UserName=member)
        if inline:
            iam.put_group_policy(GroupName="Devs", PolicyName=inline, PolicyDocument=OPEN)

    return given


def mfa_demanded(iam: Any) -> None:
    iam.put_group_policy(GroupName="Devs", PolicyName=REQUIRE_MFA, PolicyDocument=OPEN)


GROUP = [
    Situation("empty account", {"name": "Devs"}, [call("CreateGroup", Path="/", **DEVS)]),
    Situation(
        "empty account, all options",
        {
            "name": "Devs",
            "path": "/eng/",
            "managed_policies": ["ReadOnlyAccess", "Limit"],
            "require_mfa": True,
            "users": ["jane", "joe"],
        },
        [
            call("CreateGroup", Path="/eng/", **DEVS),
            call("AttachGroupPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **DEVS),
            call("AttachGroupPolicy", PolicyArn=f"{OWN}Limit", **DEVS),
            call("PutGroupPolicy", PolicyName=REQUIRE_MFA, **DEVS),
            call("AddUserToGroup", UserName="jane", **DEVS),
            call("AddUserToGroup", UserName="joe", **DEVS),
        ],
        both(policies("Limit"), user(), user(name="joe")),
    ),
    Situation(
        "there already",
        {"name": "Devs", "path": "/eng/", "users": [], "managed_policies": []},
        [],
        attached(f"{AWS}ReadOnlyAccess", path="/eng/", members=("joe",)),
    ),
    Situation(
        "path differs", {"name": "Devs", "path": "/b/"}, [call("UpdateGroup", NewPath="/b/", **DEVS)], attached()
    ),
    Situation(
        "policies added and purged",
        {"name": "Devs", "managed_policies": ["PowerUserAccess"], "purge_policies": True},
        [
            call("AttachGroupPolicy", PolicyArn=f"{AWS}PowerUserAccess", **DEVS),
            call("DetachGroupPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **DEVS),
        ],
        attached(f"{AWS}ReadOnlyAccess", inline="kept"),
    ),
    Situation(
        "MFA demanded",
        {"name": "Devs", "require_mfa": True},
        [call("PutGroupPolicy", **DEVS)],
        attached(inline="other"),
    ),
    Situation(
        "MFA policy altered",
        {"name": "Devs", "require_mfa": True},
        [call("PutGroupPolicy", PolicyName=REQUIRE_MFA, **DEVS)],
        attached(inline=REQUIRE_MFA),
    ),
    Situation(
        "MFA no longer demanded",
        {"name": "Devs", "require_mfa": False},
        [call("DeleteGroupPolicy", PolicyName=REQUIRE_MFA, **DEVS)],
        attached(inline=REQUIRE_MFA),
    ),
    Situation(
        "inline policies added, the same ones left",
        {"name": "Devs", "inline_policies": {"same": OPEN, "new": json.loads(OPEN)}},
        [call("PutGroupPolicy", PolicyName="new", **DEVS)],
        attached(inline="same"),
    ),
    Situation(
        "inline policies purged, MFA still demanded",
        {"name": "Devs", "inline_policies": {}, "purge_inline_policies": True},
        [call("DeleteGroupPolicy", PolicyName="own", **DEVS)],
        both(attached(inline="own"), mfa_demanded),
    ),
    Situation(
        "inline policies purged with MFA's",
        {"name": "Devs", "inline_policies": {}, "purge_inline_policies": True, "require_mfa": False},
        [
            call("DeleteGroupPolicy", PolicyName="own", **DEVS),
            call("DeleteGroupPolicy", PolicyName=REQUIRE_MFA, **DEVS),
        ],
        both(attached(inline="own"), mfa_demanded),
    ),
    Situation(
        "members added",
        {"name": "Devs", "users": ["JANE"]},
        [call("AddUserToGroup", UserName="jane", **DEVS)],
        both(attached(members=("joe",)), user()),
    ),
    Situation(
        "members purged",
        {"name": "Devs", "users": ["jane"], "purge_users": True},
        [call("AddUserToGroup", UserName="jane", **DEVS), call("RemoveUserFromGroup", UserName="joe", **DEVS)],
        both(attached(members=("joe",)), user()),
    ),
    Situation(
        "all members purged",
        {"name": "Devs", "users": [], "purge_users": True},
        [call("RemoveUserFromGroup", UserName="joe", **DEVS)],
        attached(members=("joe",)),
    ),
    Situation("absent already", {"name": "Devs", "state": "absent"}, []),
    Situation(
        "absent, with everything",
        {"name": "Devs", "state": "absent"},
        [
            call("RemoveUserFromGroup", UserName="jane", **DEVS),
            call("RemoveUserFromGroup", UserName="joe", **DEVS),
            call("DetachGroupPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **DEVS),
            call("DeleteGroupPolicy", PolicyName="own", **DEVS),
            call("DeleteGroup", **DEVS),
        ],
        attached(f"{AWS}ReadOnlyAccess", members=("jane", "joe"), inline="own"),
    ),
]

MEMBERSHIP = [
    Situation(
        "one more",
        {"user_name": "jane", "groups": ["ops"]},
        [call("AddUserToGroup", GroupName="Ops", **JANE)],
        both(groups("Devs", "Ops"), user(groups=["Devs"])),
    ),
    Situation(
        "there already", {"user_name": "jane", "groups": ["DEVS"]}, [], both(groups("Devs"), user(groups=["Devs"]))
    ),
    Situation(
        "just these",
        {"user_name": "jane", "groups": ["Ops"], "purge_groups": True},
        [call("AddUserToGroup", GroupName="Ops", **JANE), call("RemoveUserFromGroup", GroupName="Devs", **JANE)],
        both(groups("Devs", "Ops"), user(groups=["Devs"])),
    ),
    Situation(
        "none at all",
        {"user_name": "jane", "groups": [], "purge_groups": True},
        [call("RemoveUserFromGroup", GroupName="Devs", **JANE), call("RemoveUserFromGroup", GroupName="Ops", **JANE)],
        both(groups("Devs", "Ops"), user(groups=["Devs", "Ops"])),
    ),
    Situation(
        "none asked, none purged", {"user_name": "jane", "groups": []}, [], both(groups("Devs"), user(groups=["Devs"]))
    ),
]


@pytest.mark.parametrize("situation", GROUP, ids=lambda situation: situation.name)
def test_group(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    hold(aws, tmp_path, "group", situation)


@pytest.mark.parametrize("situation", MEMBERSHIP, ids=lambda situation: situation.name)
def test_group_membership(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    hold(aws, tmp_path, "group_membership", situation)


def test_every_list_is_read_to_its_last_page(aws: Emulator, tmp_path: Path) -> None:
    given = both(attached(*(f"{AWS}{name}" for name in ("ReadOnlyAccess", "PowerUserAccess")), members=("a", "b", "c")))
    aws.set_page_size(1)
    arguments = {"name": "Devs", "users": ["c"], "purge_users": True, "managed_policies": [], "purge_policies": True}
    wanted = [call("DetachGroupPolicy")] * 2 + [call("RemoveUserFromGroup")] * 2
    hold(aws, tmp_path, "group", Situation("pages", arguments, wanted, given))


MISSING_PARENTS = [
    ("user", {"name": "jane", "groups": ["Devs"]}, "there is no group Devs"),
    ("user", {"name": "jane", "managed_policies": ["Limit"]}, "no managed policy of that name"),
    ("user", {"name": "jane", "boundary": "Limit"}, "no managed policy of that name"),
    ("group", {"name": "Devs", "users": ["joe"]}, "there is no user joe"),
    ("group", {"name": "Devs", "managed_policies": ["Limit"]}, "no managed policy of that name"),
    ("group_membership", {"user_name": "jane", "groups": ["Devs"]}, "there is no user jane"),
    ("login_profile", {"user_name": "jane", "password": "some 1 Good password"}, "there is no user jane"),
    (
        "access_key",
        {"user_name": "jane", "handover": {"store": "result", "seal_to": [owners.age().public]}},
        "there is no user jane",
    ),
]


@pytest.mark.parametrize(("module", "arguments", "text"), MISSING_PARENTS)
def test_a_missing_parent_is_a_warning_in_check_mode_and_an_error_in_a_run(
    module: str, arguments: dict[str, Any], text: str, aws: Emulator
) -> None:
    dry = run_module(aws, module, arguments, check=True)
    assert (dry["changed"], dry.get("failed")) == (True, None)
    assert [found["level"] for found in dry["findings"] if text in found["text"]] == ["warn"]
    run = run_module(aws, module, arguments)
    assert (run["changed"], run["failed"]) == (False, True)
    assert text in run["msg"]
    assert aws.log(writes_only=True) == []
