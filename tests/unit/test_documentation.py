# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module says that it returns is what it returns; ansible-test looks at options and at spelling only."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gather import KeyUse, Seen
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    OWNER_TAG,
    USE_CASE_TAG,
    AccessKey,
    Group,
    LoginProfile,
    MFADevice,
    PasswordPolicy,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    User,
)
from ansible_collections.keysmith.iam.plugins.module_utils._shell.look import as_seen
from ansible_collections.keysmith.iam.plugins.module_utils._shell.results import (
    as_access_key,
    as_group,
    as_password_policy,
    as_signing_certificate,
    as_ssh_public_key,
    as_user,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = AccessKey("AKIAEXAMPLEEXAMPLE01", created=NOW)
USER = User(
    "jane",
    boundary="arn:aws:iam::123456789012:policy/Limit",
    tags={OWNER_TAG: "jane@example.com", USE_CASE_TAG: "human"},
    login_profile=LoginProfile(reset_required=True),
    access_keys=(KEY,),
)


def documented(module: str, *keys: str) -> set[str]:
    """The keys below a returned value, by the module's RETURN."""
    source: Any = importlib.import_module(f"ansible_collections.keysmith.iam.plugins.modules.{module}")
    told = {"contains": yaml.safe_load(source.RETURN)}
    for key in keys:
        told = told["contains"][key]
    return set(told["contains"])


@pytest.mark.parametrize("module", ["user", "login_profile", "access_key", "group_membership"])
def test_a_user_has_the_keys_that_are_documented(module: str) -> None:
    whole = replace(USER, inline_policies={"extra": {}}) if module == "user" else USER
    assert documented(module, "user") == set(as_user(whole))


UPLOADED = {
    "ssh_public_key": (replace(USER, ssh_keys=(SSHPublicKey("APKA"),)), as_ssh_public_key("jane", SSHPublicKey("A"))),
    "signing_certificate": (
        replace(USER, certificates=(SigningCertificate("CERT"),)),
        as_signing_certificate("jane", SigningCertificate("CERT")),
    ),
}


@pytest.mark.parametrize("module", UPLOADED)
def test_what_is_uploaded_has_the_keys_that_are_documented(module: str) -> None:
    user, told = UPLOADED[module]
    assert documented(module, "user") == set(as_user(user))
    assert documented(module, module) == set(told)


def test_a_group_and_an_access_key_have_the_keys_that_are_documented() -> None:
    assert documented("group", "iam_group") == set(as_group(Group("Staff", members=("jane",))))
    assert documented("access_key", "access_key") == set(as_access_key("jane", KEY))


def test_a_password_policy_has_the_keys_that_are_documented() -> None:
    assert documented("password_policy", "policy") == set(as_password_policy(PasswordPolicy()))
    assert documented("account_info", "password_policy") == set(as_password_policy(PasswordPolicy()))


def test_a_user_that_is_looked_at_has_the_keys_that_are_documented() -> None:
    """Each kind once, at every depth; ``denied`` stands for kinds that are then not there."""
    user = replace(
        USER,
        tags={**USER.tags, "keysmith:break-glass": "sealed 2026-11-22T10:00:00Z"},
        login_profile=LoginProfile(created=NOW, reset_required=True),
        ssh_keys=(SSHPublicKey("APKA"),),
        certificates=(SigningCertificate("CERT"),),
        service_credentials=(ServiceCredential("ACCA", "codecommit.amazonaws.com"),),
        mfa_devices=(MFADevice("GAHT12345678"),),
    )
    denied = {"groups": AwsError("iam:ListGroupsForUser", Kind.DENIED, "no")}
    told = as_seen(Seen(user, NOW, {KEY.id: KeyUse(NOW, "s3", "us-east-1")}, {"mfa_active": "true"}, denied), NOW)
    assert documented("user_info", "iam_users") == set(told)
    assert documented("user_info", "iam_users", "login_profile") == set(told["login_profile"])
    assert documented("user_info", "iam_users", "credential_report") == set(told["credential_report"])
    kinds = ("ssh_public_keys", "signing_certificates", "service_specific_credentials", "mfa_devices", "access_keys")
    for kind in kinds:
        assert documented("user_info", "iam_users", kind) == set(told[kind][0]), kind
    assert documented("access_key_info", "access_keys") == set(told["access_keys"][0])
    assert documented("group_info", "iam_groups") == set(as_group(Group("Staff", members=("jane",))))


ROOT = Path(__file__).resolve().parents[2]
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "plugins/modules").glob("*.py")}


@pytest.mark.parametrize(
    "module", sorted(name for name, source in SOURCES.items() if "import open_module, run\n" in source)
)
def test_what_every_run_tells_is_documented(module: str) -> None:
    assert {"actions", "plan", "findings", "summary", "failures"} <= documented(module)


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_a_user_is_named_alike_everywhere(module: str) -> None:
    source: Any = importlib.import_module(f"ansible_collections.keysmith.iam.plugins.modules.{module}")
    option = yaml.safe_load(source.DOCUMENTATION).get("options", {}).get("user_name", {"aliases": ["username"]})
    assert "username" in option["aliases"]


def test_the_readme_names_every_module() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in SOURCES if f"`{name}`" not in readme] == []
