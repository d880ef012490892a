# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""user_info: all that is there, in how many calls, and what is denied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.given import OWN, user
from tests.integration.looking import jane_and_bob, look, seconds_until

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

LIVE = (
    *("groups", "policies", "login_profile", "access_keys", "access_key_last_used", "ssh_public_keys"),
    *("signing_certificates", "service_specific_credentials", "mfa_devices"),
)
# By kind: what it is called in a user, and the call that tells it user by user.
TOLD_AS = {
    "groups": ("groups", "ListGroupsForUser"),
    "policies": ("attached_policies", "ListAttachedUserPolicies"),
    "login_profile": ("login_profile", "GetLoginProfile"),
    "access_keys": ("access_keys", "ListAccessKeys"),
    "ssh_public_keys": ("ssh_public_keys", "ListSSHPublicKeys"),
    "signing_certificates": ("signing_certificates", "ListSigningCertificates"),
    "service_specific_credentials": ("service_specific_credentials", "ListServiceSpecificCredentials"),
    "mfa_devices": ("mfa_devices", "ListMFADevices"),
}


def snake(name: str) -> str:
    """An AWS member as results spell it; the one that has no capital letters to go by is named."""
    name = name.replace("SSHPublicKey", "SshPublicKey")
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("_")


def told(answer: Mapping[str, Any], *names: str) -> dict[str, Any]:
    found = {snake(name): answer.get(name) for name in names}
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in found.items()}


def fresh_credentials(iam: Any, name: str) -> dict[str, Any]:
    """The user's credentials by plain boto3, in the module's words; no key of it was ever used."""
    of = {"UserName": name}
    profile: dict[str, Any] = {}
    if name == "jane":
        answer = iam.get_login_profile(**of)["LoginProfile"]
        profile = told(answer, "CreateDate", "UserName") | {"password_reset_required": answer["PasswordResetRequired"]}
    never = dict.fromkeys(("last_used_date", "last_used_days", "last_used_region", "last_used_service"))
    keys = iam.list_access_keys(**of)["AccessKeyMetadata"]
    ssh = iam.list_ssh_public_keys(**of)["SSHPublicKeys"]
    services = iam.list_service_specific_credentials(**of)["ServiceSpecificCredentials"]
    service = ("ServiceSpecificCredentialId", "ServiceName", "ServiceUserName", "Status", "CreateDate")
    return {
        "login_profile": profile,
        "access_keys": [
            {**told(key, "AccessKeyId", "CreateDate", "Status", "UserName"), "age_days": 0, **never} for key in keys
        ],
        "ssh_public_keys": [
            told(
                iam.get_ssh_public_key(**of, SSHPublicKeyId=key["SSHPublicKeyId"], Encoding="SSH")["SSHPublicKey"],
                *("SSHPublicKeyId", "Fingerprint", "Status", "UploadDate", "UserName"),
            )
            for key in ssh
        ],
        "signing_certificates": [
            told(one, "CertificateId", "Status", "UploadDate", "UserName")
            for one in iam.list_signing_certificates(**of)["Certificates"]
        ],
        "service_specific_credentials": [told(one, *service, "ExpirationDate", "UserName") for one in services],
        "mfa_devices": [
            {**told(one, "SerialNumber", "EnableDate", "UserName"), "type": "virtual"}
            for one in iam.list_mfa_devices(**of)["MFADevices"]
        ],
    }


def alone(result: Mapping[str, Any], name: str = "jane") -> dict[str, Any]:
    (found,) = [one for one in result["iam_users"] if one["user_name"] == name]
    return dict(found)


@pytest.fixture
def jane(aws: Emulator) -> Any:
    return jane_and_bob(aws)


def test_everything_about_one_user(aws: Emulator, jane: Any) -> None:
    result = look(aws, name="jane")
    seen = alone(result)
    for certificate in seen["signing_certificates"]:
        assert certificate.pop("fingerprint").startswith("sha256:")
    expected = fresh_credentials(jane, "jane")
    assert all(expected.values())
    assert {key: seen[key] for key in expected} == expected
    found = jane.get_user(UserName="jane")["User"]
    assert {key: seen[key] for key in ("arn", "path", "user_id", "user_name", "create_date")} == {
        **told(found, "Arn", "Path", "UserId", "UserName", "CreateDate")
    }
    assert (seen["groups"], seen["tags"], seen["console"]) == (["Devs", "Ops"], {"team": "a"}, True)
    assert seen["permissions_boundary"]["permissions_boundary_arn"] == f"{OWN}Limit"
    assert [policy["policy_name"] for policy in seen["attached_policies"]] == ["ReadOnlyAccess"]
    assert seen["inline_policies"] == {
        "extra": jane.get_user_policy(UserName="jane", PolicyName="extra")["PolicyDocument"]
    }
    assert (result["denied"], result["missing"]) == ([], [])
    assert set(result["source"]) == {"users", *LIVE}


def test_a_user_with_nothing_has_empty_kinds_and_not_missing_ones(aws: Emulator, jane: Any) -> None:
    seen = alone(look(aws, user_name="bob"), "bob")
    expected = fresh_credentials(jane, "bob")
    assert {key: seen[key] for key in expected} == expected
    assert not any(expected.values())
    assert (seen["groups"], seen["attached_policies"], seen["inline_policies"]) == ([], [], {})


def test_one_by_one_and_from_the_lists_a_user_looks_the_same(aws: Emulator, jane: Any) -> None:
    for name in ("a", "b", "c"):
        user(name=name)(jane)
    aws.set_dates("jane", password_last_used="2026-02-03T04:05:06+00:00")
    one = look(aws, name="jane")
    ways: list[dict[str, Any]] = [
        {"names": ["jane", "a", "b", "c"]},
        {"group": "devs", "gather": ["all"]},
        {"gather": ["all"]},
        {"name": "JANE", "group_name": "Devs"},
    ]
    assert alone(one)["password_last_used"] == "2026-02-03T04:05:06+00:00"
    for way in ways:
        many = look(aws, **way)
        assert alone(many) == alone(one), way
        assert many["calls"]["GetAccountAuthorizationDetails"] == 1
        assert many["calls"]["GetUser"] == 0


def test_who_is_asked_for(aws: Emulator, jane: Any) -> None:
    def names(**arguments: Any) -> tuple[list[str], list[str]]:
        result = look(aws, gather=[], **arguments)
        return [one["user_name"] for one in result["iam_users"]], result["missing"]

    assert names() == (["bob", "jane", "operator"], [])
    assert names(prefix="/other/") == (["bob"], [])
    assert names(names=["bob", "nobody"]) == (["bob"], ["nobody"])
    assert names(names=["bob", "BOB", "x", "y", "z"]) == (["bob"], ["x", "y", "z"])
    assert names(names=[]) == ([], [])
    assert names(name="jane", path="/other/") == ([], [])
    assert names(group="Devs", name="bob") == ([], [])
    assert names(group="Nobodies") == ([], ["Nobodies"])


COUNTED: list[tuple[str, Sequence[str] | None, Mapping[str, int]]] = [
    ("what the lists hold", [], {}),
    ("groups and policies cost nothing", ["groups", "policies"], {}),
    ("by default what amazon.aws tells", None, {"GetLoginProfile": 30}),
    ("keys", ["access_keys"], {"ListAccessKeys": 30}),
    ("keys and their use", ["access_key_last_used"], {"ListAccessKeys": 30, "GetAccessKeyLastUsed": 11}),
    ("service credentials", ["service_specific_credentials"], {"ListServiceSpecificCredentials": 2}),
    ("the report", ["credential_report"], {"GenerateCredentialReport": 2, "GetCredentialReport": 2}),
    ("MFA", ["mfa_devices"], {"ListMFADevices": 30}),
    ("SSH keys", ["ssh_public_keys"], {"ListSSHPublicKeys": 30}),
    ("certificates", ["signing_certificates"], {"ListSigningCertificates": 30}),
]


@pytest.fixture
def thirty(aws: Emulator) -> None:
    """Thirty users with the operator, ten of them with a key and a service credential, in pages of seven."""
    iam = aws.client("iam")
    for number in range(29):
        user(name=f"user-{number:02}")(iam)
    for number in range(10):
        iam.create_access_key(UserName=f"user-{number:02}")
        iam.create_service_specific_credential(UserName=f"user-{number:02}", ServiceName="codecommit.amazonaws.com")
    aws.set_page_size(7)


@pytest.mark.usefixtures("thirty")
@pytest.mark.parametrize(("what", "gather", "calls"), COUNTED, ids=[row[0] for row in COUNTED])
def test_calls_for_thirty_users(
    what: str, gather: Sequence[str] | None, calls: Mapping[str, int], aws: Emulator
) -> None:
    """Five pages of users each way, and only what is asked for beyond that."""
    result = look(aws, **({} if gather is None else {"gather": gather}))
    expected = {"GetCallerIdentity": 1, "GetAccountAuthorizationDetails": 5, "ListUsers": 5, **calls}
    assert result["calls"] == expected, what
    assert len(result["iam_users"]) == 30


@pytest.mark.usefixtures("thirty")
def test_kinds_in_pages_are_whole(aws: Emulator) -> None:
    seen = look(aws, gather=["access_keys", "service_specific_credentials"])["iam_users"]
    for kind in ("access_keys", "service_specific_credentials"):
        assert sum(len(one[kind]) for one in seen) - (kind == "access_keys") == 10


@pytest.mark.parametrize("kind", TOLD_AS)
@pytest.mark.parametrize("several", [False, True], ids=["one", "all"])
def test_a_denied_kind_is_told_as_denied_and_not_as_empty(kind: str, several: bool, aws: Emulator, jane: Any) -> None:
    field, call = TOLD_AS[kind]
    whose = {} if several and kind == "service_specific_credentials" else {"match": {"UserName": "jane"}}
    aws.fault(action=f"iam:{call}", kind="denied", times=0, **whose)
    result = look(aws, **({"gather": ["all"]} if several else {"name": "jane"}))
    seen = alone(result)
    if several and kind in ("groups", "policies"):  # the account's lists hold them
        assert (result["denied"], field in seen) == ([], True)
        return
    assert result["denied"] == seen["denied"] == [kind]
    assert field not in seen
    whose_it_is = "bob, jane, operator" if not whose else "jane"
    warning = f"{kind} of {whose_it_is}: not told, since AWS denies it (AccessDenied). Allow the caller iam:{call}."
    assert warning in json.dumps(result["warnings"])
    others = {name for name, (told_as, _call) in TOLD_AS.items() if told_as in seen}
    assert others == TOLD_AS.keys() - {kind}
    if several and kind != "service_specific_credentials":
        assert "denied" not in alone(result, "bob")


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("ListUsers", "password_last_used"),
        ("GetAccessKeyLastUsed", "access_key_last_used"),
        ("GetSSHPublicKey", "ssh_public_keys"),
        ("GetCredentialReport", "credential_report"),
    ],
)
@pytest.mark.usefixtures("jane")
def test_denied_in_part(action: str, kind: str, aws: Emulator) -> None:
    aws.fault(action=f"iam:{action}", kind="denied", times=0)
    result = look(aws, gather=["all", "credential_report"])
    seen = alone(result)
    assert result["denied"] == seen["denied"] == [kind]
    assert kind not in seen
    assert ("last_used_date" in seen["access_keys"][0]) is (kind != "access_key_last_used")
    assert ("report_generated" in result) is (kind != "credential_report")


@pytest.mark.usefixtures("jane")
@pytest.mark.parametrize("way", [{"name": "jane"}, {"gather": ["all"]}], ids=["one", "all"])
def test_a_user_deleted_meanwhile_is_left_out(way: dict[str, Any], aws: Emulator) -> None:
    gone = {"code": "NoSuchEntity", "http": 404, "message": "The user with name jane cannot be found."}
    aws.fault(action="iam:ListMFADevices", kind="error", times=0, match={"UserName": "jane"}, **gone)
    result = look(aws, **way)
    assert [one["user_name"] for one in result["iam_users"]] == ([] if "name" in way else ["bob", "operator"])
    assert result["missing"] == (["jane"] if "name" in way else [])


def test_throttled_reads_are_waited_out(aws: Emulator, jane: Any) -> None:
    expected = alone(look(aws, name="jane"))
    aws.fault(action="iam:*", kind="throttle", times=3)
    assert alone(look(aws, name="jane")) == expected
    assert aws.faults() == []


def test_the_credential_report_says_how_old_it_is(aws: Emulator, jane: Any) -> None:
    key = jane.list_access_keys(UserName="jane")["AccessKeyMetadata"][0]["AccessKeyId"]
    dates = {"access_key_created": "2026-01-01T00:00:00+00:00", "access_key_last_used": "2026-01-31T00:00:00+00:00"}
    aws.set_dates("jane", access_key=key, **dates, service="s3", region="eu-central-1")
    aws.set_clock(seconds_until("2026-03-02T12:00:00+00:00"))
    first = look(aws, gather=["credential_report"])
    row = alone(first)["credential_report"]
    assert (row["password_enabled"], row["mfa_active"]) == (True, True)
    assert row["access_keys"] == [
        {
            "active": True,
            "age_days": 60,
            "last_rotated": dates["access_key_created"],
            "last_used_date": dates["access_key_last_used"],
            "last_used_days": 30,
            "last_used_region": "eu-central-1",
            "last_used_service": "s3",
        }
    ]
    assert [one["active"] for one in row["signing_certificates"]] == [True]
    assert alone(first, "bob")["credential_report"] == {
        **dict.fromkeys(("password_last_used", "password_last_changed", "password_next_rotation")),
        **dict.fromkeys(("password_enabled", "mfa_active"), False),
        "access_keys": [],
        "signing_certificates": [],
    }
    user(name="new")(jane)
    aws.set_clock(seconds_until("2026-03-02T15:00:00+00:00"))
    later = look(aws, gather=["credential_report"])
    assert later["report_generated"] == first["report_generated"]
    assert first["report_generated"].startswith("2026-03-02T12:00")
    assert alone(later, "new")["credential_report"] is None
    assert later["calls"]["GenerateCredentialReport"] == 0
