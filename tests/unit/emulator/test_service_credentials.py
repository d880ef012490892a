# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service-specific credentials: limits, expiry, login names, secrets shown once.

The pages that the tests cite are below https://docs.aws.amazon.com/IAM/latest/APIReference/.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.config import Config

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

CODECOMMIT, BEDROCK = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
DAY = 86400


@pytest.fixture
def alice(iam: Any) -> str:
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    return "alice"


def create(iam: Any, service: str = CODECOMMIT, user: str = "alice", **more: int) -> Any:
    return iam.create_service_specific_credential(UserName=user, ServiceName=service, **more)[
        "ServiceSpecificCredential"
    ]


def listed(iam: Any, **which: Any) -> list[dict[str, Any]]:
    return list(iam.list_service_specific_credentials(**which)["ServiceSpecificCredentials"])


@pytest.mark.parametrize("service", [CODECOMMIT, "cassandra.amazonaws.com"])
def test_password_is_shown_once(aws: Emulator, iam: Any, alice: str, service: str) -> None:
    """API_CreateServiceSpecificCredential.html: "the only time that the password ... is available"."""
    made = create(iam, service)
    password = made.pop("ServicePassword")
    assert made["ServiceUserName"] == f"alice-at-{aws.account_id}"
    assert (made["Status"], made["UserName"], made["ServiceName"]) == ("Active", alice, service)
    assert len(made["ServiceSpecificCredentialId"]) == 21
    assert listed(iam, UserName=alice) == [made]
    identifier = made["ServiceSpecificCredentialId"]
    assert {"kind": "service_password", "user": alice, "id": identifier, "value": password} in aws.secrets()
    assert password not in str(aws.log())


@pytest.mark.parametrize(("service", "prefix"), [(BEDROCK, "ABSK"), ("logs.amazonaws.com", "ACWL")])
def test_api_key_has_an_alias_and_a_secret(aws: Emulator, iam: Any, alice: str, service: str, prefix: str) -> None:
    """API_ServiceSpecificCredential.html: alias and secret instead of user name and password."""
    made = create(iam, service)
    secret = made.pop("ServiceCredentialSecret")
    assert made["ServiceCredentialAlias"] == f"alice-at-{aws.account_id}"
    assert "ServiceUserName" not in made
    assert "ServicePassword" not in made
    assert secret.startswith(prefix)
    assert base64.b64decode(secret[4:]).decode().startswith(made["ServiceCredentialAlias"] + ":")
    assert listed(iam, UserName=alice) == [made]
    assert secret in [one["value"] for one in aws.secrets() if one["user"] == alice]


def test_two_of_a_service(iam: Any, alice: str, refused: Refused) -> None:
    """API_CreateServiceSpecificCredential.html: "a maximum of two sets ... for each supported service per user"."""
    first = create(iam)
    create(iam)
    third = {"UserName": alice, "ServiceName": CODECOMMIT}
    assert refused(iam.create_service_specific_credential, **third) == ("LimitExceeded", 409)
    identifier = first["ServiceSpecificCredentialId"]
    iam.update_service_specific_credential(UserName=alice, ServiceSpecificCredentialId=identifier, Status="Inactive")
    assert refused(iam.create_service_specific_credential, **third) == ("LimitExceeded", 409)
    create(iam, BEDROCK)
    create(iam, user="bob")
    iam.delete_service_specific_credential(UserName=alice, ServiceSpecificCredentialId=identifier)
    create(iam)


@pytest.mark.parametrize(("service", "member"), [(CODECOMMIT, "ServiceUserName"), (BEDROCK, "ServiceCredentialAlias")])
def test_login_names_do_not_meet(aws: Emulator, iam: Any, alice: str, service: str, member: str) -> None:
    """API_ServiceSpecificCredential.html: made of the IAM user's name and the account's number."""
    account = aws.account_id
    first, second = create(iam, service), create(iam, service)
    assert [first[member], second[member]] == [f"alice-at-{account}", f"alice+1-at-{account}"]
    iam.delete_service_specific_credential(
        UserName=alice, ServiceSpecificCredentialId=first["ServiceSpecificCredentialId"]
    )
    assert create(iam, service)[member] == f"alice-at-{account}"
    iam.update_user(UserName=alice, NewUserName="alicia")
    assert {one["UserName"] for one in listed(iam, UserName="alicia")} == {"alicia"}
    assert {one[member] for one in listed(iam, UserName="alicia")} == {first[member], second[member]}
    iam.create_user(UserName="alice")
    assert create(iam, service)[member] == f"alice+2-at-{account}"


def test_service_is_known_in_any_case(iam: Any, alice: str, refused: Refused) -> None:
    """The page names NotSupportedService, API_CreateServiceSpecificCredential.html; AWS answers NoSuchEntity, 404."""
    assert create(iam, "CodeCommit.Amazonaws.com")["ServiceName"] == CODECOMMIT
    for method in (iam.create_service_specific_credential, iam.list_service_specific_credentials):
        assert refused(method, UserName=alice, ServiceName="s3.amazonaws.com") == ("NoSuchEntity", 404)
        assert refused(method, UserName=alice, ServiceName="code commit") == ("ValidationError", 400)
    assert len(listed(iam, UserName=alice, ServiceName="")) == 1


@pytest.mark.parametrize("service", [CODECOMMIT, BEDROCK])
def test_expiry(aws: Emulator, iam: Any, alice: str, service: str) -> None:
    """API_ServiceSpecificCredential.html: ExpirationDate, and Expired among the statuses."""
    made = create(iam, service, CredentialAgeDays=30)
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    assert "ExpirationDate" not in create(iam, service)
    aws.set_clock(30 * DAY - 60)
    assert [one["Status"] for one in listed(iam, UserName=alice)] == ["Active", "Active"]
    aws.set_clock(30 * DAY + 60)
    statuses = {one["ServiceSpecificCredentialId"]: one["Status"] for one in listed(iam, UserName=alice)}
    assert statuses.pop(made["ServiceSpecificCredentialId"]) == "Expired"
    assert list(statuses.values()) == ["Active"]


@pytest.mark.parametrize("days", [0, 36601])
def test_age_has_limits(aws: Emulator, alice: str, refused: Refused, days: int) -> None:
    """API_CreateServiceSpecificCredential.html: CredentialAgeDays from 1 to 36600."""
    wrong = {"UserName": alice, "ServiceName": BEDROCK, "CredentialAgeDays": days}
    unchecked = aws.client("iam", config=Config(parameter_validation=False))
    assert refused(unchecked.create_service_specific_credential, **wrong) == ("ValidationError", 400)


@pytest.mark.parametrize(("service", "secret"), [(CODECOMMIT, "ServicePassword"), (BEDROCK, "ServiceCredentialSecret")])
def test_reset_gives_another_secret(aws: Emulator, iam: Any, alice: str, service: str, secret: str) -> None:
    """API_ResetServiceSpecificCredential.html; all but the secret stays, the status too."""
    made = create(iam, service, CredentialAgeDays=1)
    which = {"UserName": alice, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**which, Status="Inactive")
    reset = iam.reset_service_specific_credential(**which)["ServiceSpecificCredential"]
    old, new = made.pop(secret), reset.pop(secret)
    assert old != new
    assert reset == {**made, "Status": "Inactive"}
    assert {old, new} <= {one["value"] for one in aws.secrets() if one["id"] == which["ServiceSpecificCredentialId"]}


def test_only_time_makes_it_expired(iam: Any, alice: str, refused: Refused) -> None:
    """API_UpdateServiceSpecificCredential.html: "Sets the status ... to Active or Inactive"."""
    which = {"UserName": alice, "ServiceSpecificCredentialId": create(iam)["ServiceSpecificCredentialId"]}
    update = iam.update_service_specific_credential
    assert refused(update, **which, Status="Expired") == ("InvalidInput", 400)
    assert refused(update, **which, Status="active") == ("ValidationError", 400)
    for status in ("Inactive", "Active"):
        update(**which, Status=status)
        assert listed(iam, UserName=alice)[0]["Status"] == status


def test_id_belongs_to_its_user(iam: Any, alice: str, refused: Refused) -> None:
    """API_DeleteServiceSpecificCredential.html: UserName is "the IAM user associated with" the id."""
    identifier = create(iam)["ServiceSpecificCredentialId"]
    for method, more in (
        (iam.reset_service_specific_credential, {}),
        (iam.update_service_specific_credential, {"Status": "Inactive"}),
        (iam.delete_service_specific_credential, {}),
    ):
        foreign = {"UserName": "bob", "ServiceSpecificCredentialId": identifier, **more}
        assert refused(method, **foreign) == ("ValidationError", 400)
        missing = {"UserName": alice, "ServiceSpecificCredentialId": "ACCAEXAMPLE1234567890", **more}
        assert refused(method, **missing) == ("NoSuchEntity", 404)
        nobody = {"UserName": "nobody", "ServiceSpecificCredentialId": identifier, **more}
        assert refused(method, **nobody) == ("NoSuchEntity", 404)
    assert listed(iam, UserName=alice)[0]["Status"] == "Active"


def test_list_of_all_users(aws: Emulator, iam: Any, alice: str, refused: Refused) -> None:
    """API_ListServiceSpecificCredentials.html: AllUsers, with ServiceName or without, never with UserName."""
    made = [create(iam, service, user) for user in (alice, "bob") for service in (CODECOMMIT, BEDROCK, BEDROCK)]
    every = iam.list_service_specific_credentials
    assert refused(every, AllUsers=True, UserName=alice) == ("InvalidInput", 400)
    aws.set_page_size(2)
    found: list[dict[str, Any]] = []
    page = every(AllUsers=True)
    while page["IsTruncated"]:
        found += page["ServiceSpecificCredentials"]
        page = every(AllUsers=True, Marker=page["Marker"])
    found += page["ServiceSpecificCredentials"]
    ids = [one["ServiceSpecificCredentialId"] for one in found]
    assert sorted(ids) == sorted(one["ServiceSpecificCredentialId"] for one in made)
    aws.set_page_size(None)
    assert len(listed(iam, AllUsers=True, ServiceName=BEDROCK)) == 4
    assert len(listed(iam, UserName="bob", ServiceName=CODECOMMIT)) == 1
    assert listed(iam) == []


def test_dates_can_be_set(aws: Emulator, iam: Any, alice: str) -> None:
    """CreateDate of API_ServiceSpecificCredentialMetadata.html, from the tests' own entrance."""
    identifier = create(iam)["ServiceSpecificCredentialId"]
    aws.set_dates(alice, service_credential=identifier, service_credential_created="2025-01-02T03:04:05Z")
    assert listed(iam, UserName=alice)[0]["CreateDate"].isoformat() == "2025-01-02T03:04:05+00:00"
