# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module user in every situation: dry run, run and second run against the log and a fresh read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.given import (
    AWS,
    OLD_PASSWORD,
    OPEN,
    OWN,
    both,
    everything,
    groups,
    inline,
    key,
    policies,
    user,
)
from tests.integration.situations import Situation, call, hold

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

NEW_PASSWORD = 'a new, "longer" One & 9 <more>'
JANE = {"UserName": "jane"}
READS = json.loads(OPEN)
# The same to AWS as READS, written otherwise.
SAME = {
    "Statement": {"Resource": ["*"], "Action": ["s3:ListAllMyBuckets"], "Effect": "Allow"},
    "Version": "2012-10-17",
}
OTHER = {**READS, "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}]}


def a_colleague(iam: Any) -> None:
    """joe, with some of all that can be copied."""
    both(groups("Devs", "Ops"), policies("Limit"))(iam)
    user(name="joe", groups=["Devs", "Ops"], policies=[f"{AWS}ReadOnlyAccess"], boundary=f"{OWN}Limit")(iam)
    inline("extra", of="joe")(iam)


def an_administrator(name: str, *, password: bool) -> Any:
    return user(name=name, policies=[f"{AWS}AdministratorAccess"], password=OLD_PASSWORD if password else "")


def namesake_of_id(iam: Any) -> dict[str, str]:
    user()(iam)
    return {"ID": iam.get_user(UserName="jane")["User"]["UserId"]}


SITUATIONS = [
    Situation("empty account", {"name": "jane"}, [call("CreateUser", UserName="jane", Path="/")]),
    Situation(
        "empty account, all options",
        {
            "name": "jane",
            "path": "/staff/",
            "tags": {"team": "core", "Cost Center": "12"},
            "boundary": "Limit",
            "groups": ["devs", "Ops"],
            "managed_policies": ["ReadOnlyAccess", "Limit"],
            "password": NEW_PASSWORD,
            "password_reset_required": False,
        },
        [
            call(
                "CreateUser",
                UserName="jane",
                Path="/staff/",
                PermissionsBoundary=f"{OWN}Limit",
                Tags=[{"Key": "team", "Value": "core"}, {"Key": "Cost Center", "Value": "12"}],
            ),
            call("AddUserToGroup", GroupName="Devs", **JANE),
            call("AddUserToGroup", GroupName="Ops", **JANE),
            call("AttachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE),
            call("AttachUserPolicy", PolicyArn=f"{OWN}Limit", **JANE),
            call("CreateLoginProfile", PasswordResetRequired=False, **JANE),
        ],
        both(policies("Limit"), groups("Devs", "Ops")),
        secrets=[NEW_PASSWORD],
    ),
    Situation("there already", {"name": "jane"}, [], user(path="/a/", tags={"k": "v"})),
    Situation(
        "there already, all options",
        {
            "name": "jane",
            "path": "/a/",
            "tags": {"k": "v"},
            "groups": ["Devs"],
            "purge_groups": True,
            "managed_policies": ["ReadOnlyAccess"],
            "purge_policies": True,
            "boundary": f"{AWS}ReadOnlyAccess",
            "password": NEW_PASSWORD,
        },
        [],
        both(
            groups("Devs"),
            user(
                path="/a/",
                tags={"k": "v"},
                groups=["Devs"],
                policies=[f"{AWS}ReadOnlyAccess"],
                boundary=f"{AWS}ReadOnlyAccess",
                password=OLD_PASSWORD,
            ),
        ),
    ),
    Situation(
        "path differs", {"name": "jane", "path": "/b/"}, [call("UpdateUser", NewPath="/b/", **JANE)], user(path="/a/")
    ),
    Situation(
        "tags added, changed, purged",
        {"name": "jane", "tags": {"TEAM": "b", "new": "1"}},
        [
            call("UntagUser", TagKeys=["old"], **JANE),
            call("TagUser", Tags=[{"Key": "Team", "Value": "b"}, {"Key": "new", "Value": "1"}], **JANE),
        ],
        user(tags={"Team": "a", "old": "x", "keysmith:owner": "jane@example.com"}),
    ),
    Situation(
        "tags not purged",
        {"name": "jane", "tags": {"new": "1"}, "purge_tags": False},
        [call("TagUser", Tags=[{"Key": "new", "Value": "1"}], **JANE)],
        user(tags={"old": "x"}),
    ),
    Situation(
        "all tags purged but ours",
        {"name": "jane", "tags": {}},
        [call("UntagUser", TagKeys=["old"], **JANE)],
        both(user(tags={"old": "x", "keysmith:use-case": "human"}), key(tag="file sha256:0 2026-01-01T00:00:00Z")),
    ),
    Situation(
        "boundary set",
        {"name": "jane", "boundary": "Limit"},
        [call("PutUserPermissionsBoundary", PermissionsBoundary=f"{OWN}Limit", **JANE)],
        both(policies("Limit"), user()),
    ),
    Situation(
        "boundary changed",
        {"name": "jane", "boundary": "Other"},
        [call("PutUserPermissionsBoundary", PermissionsBoundary=f"{OWN}Other", **JANE)],
        both(policies("Limit", "Other"), user(boundary=f"{OWN}Limit")),
    ),
    Situation(
        "boundary removed",
        {"name": "jane", "boundary": ""},
        [call("DeleteUserPermissionsBoundary", **JANE)],
        both(policies("Limit"), user(boundary=f"{OWN}Limit")),
    ),
    Situation("no boundary to remove", {"name": "jane", "boundary": ""}, [], user()),
    Situation(
        "policies added",
        {"name": "jane", "managed_policies": ["PowerUserAccess"]},
        [call("AttachUserPolicy", PolicyArn=f"{AWS}PowerUserAccess", **JANE)],
        user(policies=[f"{AWS}ReadOnlyAccess"]),
    ),
    Situation(
        "policies purged",
        {"name": "jane", "managed_policies": ["PowerUserAccess"], "purge_policies": True},
        [
            call("AttachUserPolicy", PolicyArn=f"{AWS}PowerUserAccess", **JANE),
            call("DetachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE),
        ],
        user(policies=[f"{AWS}ReadOnlyAccess"]),
    ),
    Situation(
        "all policies purged",
        {"name": "jane", "managed_policies": [], "purge_policies": True},
        [call("DetachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE)],
        user(policies=[f"{AWS}ReadOnlyAccess"]),
    ),
    Situation(
        "groups purged",
        {"name": "jane", "groups": ["ops"], "purge_groups": True},
        [call("AddUserToGroup", GroupName="Ops", **JANE), call("RemoveUserFromGroup", GroupName="Devs", **JANE)],
        both(groups("Devs", "Ops"), user(groups=["Devs"])),
    ),
    Situation(
        "password for who has none",
        {"name": "jane", "password": NEW_PASSWORD},
        [call("CreateLoginProfile", PasswordResetRequired=True, **JANE)],
        user(),
        secrets=[NEW_PASSWORD],
    ),
    Situation("password on_create", {"name": "jane", "password": NEW_PASSWORD}, [], user(password=OLD_PASSWORD)),
    Situation(
        "password always",
        {"name": "jane", "password": NEW_PASSWORD, "update_password": "always", "password_reset_required": False},
        [call("UpdateLoginProfile", PasswordResetRequired=False, **JANE)],
        user(password=OLD_PASSWORD),
        again=True,
        secrets=[NEW_PASSWORD],
    ),
    Situation(
        "password removed",
        {"name": "jane", "remove_password": True},
        [call("DeleteLoginProfile", **JANE)],
        user(password=OLD_PASSWORD),
    ),
    Situation(
        "inline policies added and changed",
        {"name": "jane", "inline_policies": {"same": SAME, "new": json.dumps(OTHER), "old": OTHER}},
        [
            call("PutUserPolicy", PolicyName="new", **JANE),
            call("PutUserPolicy", PolicyName="old", **JANE),
        ],
        both(user(), inline("same"), inline("old"), inline("kept")),
    ),
    Situation(
        "inline policies purged",
        {"name": "jane", "inline_policies": {"same": OPEN}, "purge_inline_policies": True},
        [call("DeleteUserPolicy", PolicyName="other", **JANE)],
        both(user(), inline("same"), inline("other")),
    ),
    Situation(
        "renamed, moved and given a tag",
        {"name": "jane", "new_name": "janet", "path": "/b/", "tags": {"k": "v"}, "groups": ["Ops"]},
        [
            call("UpdateUser", NewUserName="janet", NewPath="/b/", **JANE),
            call("TagUser", UserName="janet"),
            call("AddUserToGroup", GroupName="Ops", UserName="janet"),
        ],
        both(groups("Devs", "Ops"), user(groups=["Devs"], password=OLD_PASSWORD)),
    ),
    Situation(
        "renamed by case only",
        {"name": "jane", "new_name": "Jane"},
        [call("UpdateUser", NewUserName="Jane", **JANE)],
        user(),
    ),
    Situation("renamed already", {"name": "jane", "new_name": "janet"}, [], user(name="janet")),
    Situation(
        "copied for a new user, less one group",
        {"name": "jane", "copy_permissions_from": "joe", "copy_exclude": ["Ops"]},
        [
            call("CreateUser", PermissionsBoundary=f"{OWN}Limit", **JANE),
            call("AddUserToGroup", GroupName="Devs", **JANE),
            call("AttachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE),
            call("PutUserPolicy", PolicyName="extra", **JANE),
        ],
        a_colleague,
    ),
    Situation(
        "copied by force",
        {"name": "jane", "copy_permissions_from": "joe", "copy_enforce": True, "copy_exclude": ["kept"]},
        [
            call("PutUserPermissionsBoundary", PermissionsBoundary=f"{OWN}Limit", **JANE),
            call("AddUserToGroup", GroupName="Devs", **JANE),
            call("AddUserToGroup", GroupName="Ops", **JANE),
            call("RemoveUserFromGroup", GroupName="Own", **JANE),
            call("AttachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE),
            call("DetachUserPolicy", PolicyArn=f"{AWS}PowerUserAccess", **JANE),
            call("PutUserPolicy", PolicyName="extra", **JANE),
            call("DeleteUserPolicy", PolicyName="own", **JANE),
        ],
        both(
            a_colleague,
            groups("Own"),
            user(groups=["Own"], policies=[f"{AWS}PowerUserAccess"]),
            inline("own"),
            inline("kept"),
        ),
    ),
    Situation(
        "the expected user",
        {"name": "jane", "expected_user_id": "<ID>", "state": "absent"},
        [call("DeleteUser", **JANE)],
        namesake_of_id,
    ),
    Situation(
        "absent, an administrator of two",
        {"name": "jane", "state": "absent"},
        [call("DeleteLoginProfile", **JANE), call("DetachUserPolicy", **JANE), call("DeleteUser", **JANE)],
        both(an_administrator("jane", password=True), an_administrator("joe", password=True)),
    ),
    Situation(
        "absent, an administrator who cannot sign in",
        {"name": "jane", "state": "absent"},
        [call("DetachUserPolicy", **JANE), call("DeleteUser", **JANE)],
        an_administrator("jane", password=False),
    ),
    Situation(
        "amazon.aws's wait",
        {"name": "jane", "wait": True, "wait_timeout": 0},
        [call("CreateUser", **JANE)],
    ),
    Situation("absent already", {"name": "jane", "state": "absent"}, []),
    Situation(
        "absent, bare",
        {"name": "jane", "state": "absent"},
        [call("DeleteUser", **JANE)],
        user(path="/a/", tags={"k": "v"}),
    ),
    Situation(
        "absent, with everything",
        {"name": "jane", "state": "absent"},
        [
            call("DeleteLoginProfile", **JANE),
            call("DeleteAccessKey", AccessKeyId="<KEY>", **JANE),
            call("DeleteServiceSpecificCredential", ServiceSpecificCredentialId="<SERVICE>", **JANE),
            call("DeleteSSHPublicKey", SSHPublicKeyId="<SSH>", **JANE),
            call("DeleteSigningCertificate", CertificateId="<CERT>", **JANE),
            call("DeactivateMFADevice", SerialNumber="<MFA>", **JANE),
            call("DeleteVirtualMFADevice", SerialNumber="<MFA>"),
            call("DeleteUserPolicy", PolicyName="extra", **JANE),
            call("DetachUserPolicy", PolicyArn=f"{AWS}ReadOnlyAccess", **JANE),
            call("RemoveUserFromGroup", GroupName="Devs", **JANE),
            call("RemoveUserFromGroup", GroupName="Ops", **JANE),
            call("DeleteUser", **JANE),
        ],
        everything,
    ),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_user(situation: Situation, aws: Emulator, tmp_path: Path) -> None:
    hold(aws, tmp_path, "user", situation)


def test_a_given_password_signs_in(aws: Emulator, tmp_path: Path) -> None:
    arguments = {"name": "jane", "password": NEW_PASSWORD}
    hold(aws, tmp_path, "user", Situation("", arguments, [call("CreateUser"), call("CreateLoginProfile")]))
    assert aws.sign_in("jane", NEW_PASSWORD) == {"ok": True, "password_reset_required": True, "mfa_required": False}


def test_policies_by_name_take_no_list_of_all_of_awss(aws: Emulator, tmp_path: Path) -> None:
    """AWS has some 1,500 managed policies, and ListPolicies gives them by pages of 100 at most by default."""
    names = ["ReadOnlyAccess", "Billing", "Limit", f"{AWS}PowerUserAccess"]
    situation = Situation(
        "",
        {"name": "jane", "managed_policies": names, "boundary": "Limit"},
        [call("CreateUser"), *[call("AttachUserPolicy")] * 4],
        policies("Limit"),
    )
    hold(aws, tmp_path, "user", situation)
    listed = [entry for entry in aws.log() if entry["action"] == "iam:ListPolicies"]
    assert [entry for entry in listed if entry["parameters"].get("Scope") != "Local"] == []
