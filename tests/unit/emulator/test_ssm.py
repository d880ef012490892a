# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameter Store, as far as a hand-over needs it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

INVALID = ("ValidationException", 400)


@pytest.fixture
def ssm(aws: Emulator) -> Any:
    return aws.client("ssm")


def put(ssm: Any, name: str = "/iam/alice", value: str = "one", **more: Any) -> int:
    return int(ssm.put_parameter(**{"Name": name, "Value": value, "Type": "SecureString", **more})["Version"])


def value_of(ssm: Any, name: str) -> str:
    return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def test_versions_and_labels(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html and -labels.html."""
    assert [put(ssm), put(ssm, value="two", Overwrite=True)] == [1, 2]
    label = ssm.label_parameter_version
    answer = label(Name="/iam/alice", ParameterVersion=1, Labels=["pending", "1st", "aws-x"])
    assert answer["InvalidLabels"] == ["1st", "aws-x"]
    named = {name: value_of(ssm, f"/iam/alice{name}") for name in ("", ":1", ":2", ":pending")}
    assert named == {"": "two", ":1": "one", ":2": "two", ":pending": "one"}
    label(Name="/iam/alice", ParameterVersion=2, Labels=["pending"])
    history = ssm.get_parameter_history(Name="/iam/alice", WithDecryption=True)["Parameters"]
    seen = [(one["Version"], one["Value"], one["Labels"]) for one in history]
    assert seen == [(1, "one", []), (2, "two", ["pending"])]
    missing = refused(label, Name="/iam/alice", ParameterVersion=9, Labels=["x"])
    assert missing == ("ParameterVersionNotFound", 400)
    assert refused(ssm.get_parameter, Name="/iam/alice:9") == ("ParameterVersionNotFound", 400)


def test_value_is_shown_by_decryption_only(ssm: Any) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, WithDecryption."""
    put(ssm)
    assert ssm.get_parameter(Name="/iam/alice")["Parameter"]["Value"] != "one"
    assert value_of(ssm, "/iam/alice") == "one"


def test_tags_at_creation_only(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, Tags."""
    tags = [{"Key": "owner", "Value": "alice"}]
    put(ssm, Tags=tags)
    again = {"Name": "/iam/alice", "Value": "two", "Type": "SecureString"}
    assert refused(ssm.put_parameter, **again) == ("ParameterAlreadyExists", 400)
    assert refused(ssm.put_parameter, **again, Overwrite=True, Tags=tags) == INVALID
    assert value_of(ssm, "/iam/alice") == "one"
    resource = {"ResourceType": "Parameter", "ResourceId": "/iam/alice"}
    ssm.add_tags_to_resource(**resource, Tags=[{"Key": "team", "Value": "a"}])
    ssm.remove_tags_from_resource(**resource, TagKeys=["owner"])
    assert ssm.list_tags_for_resource(**resource)["TagList"] == [{"Key": "team", "Value": "a"}]
    nobody = {"ResourceType": "Parameter", "ResourceId": "/iam/nobody"}
    assert refused(ssm.add_tags_to_resource, **nobody, Tags=tags) == ("InvalidResourceId", 400)


def test_description_by_filter(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html: no value."""
    for name in ("/iam/alice", "/iam/bob"):
        put(ssm, name)
    for method, more in ((ssm.label_parameter_version, {"Labels": ["x"]}), (ssm.get_parameter, {})):
        assert refused(method, Name="/iam/nobody", **more) == ("ParameterNotFound", 400)

    def described(option: str, value: str) -> list[dict[str, Any]]:
        only = [{"Key": "Name", "Option": option, "Values": [value]}]
        return list(ssm.describe_parameters(ParameterFilters=only)["Parameters"])

    (alice,) = described("Equals", "/iam/alice")
    assert (alice["Type"], alice["KeyId"], alice["Tier"]) == ("SecureString", "alias/aws/ssm", "Standard")
    assert "Value" not in alice
    assert len(described("BeginsWith", "/iam/")) == 2
    assert described("Equals", "/iam/nobody") == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("/iam/" + "x" * 962, None),
        ("/iam/" + "x" * 963, "ValidationException"),
        ("/a" * 15, None),
        ("/a" * 16, "HierarchyLevelLimitExceededException"),
        ("alice", None),
        *((name, "ValidationException") for name in ("iam/alice", "/iam/", "/iam//alice", "/iam/al ice", "/iam/a@b")),
        *((name, "ValidationException") for name in ("aws-x", "/SSM/x", "/iam/alice:1")),
        ("/aws/x", "AccessDeniedException"),
    ],
)
def test_names(ssm: Any, refused: Refused, name: str, code: str | None) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html."""
    if code is None:
        assert put(ssm, name) == 1
    else:
        assert refused(put, ssm=ssm, name=name) == (code, 400)


@pytest.mark.parametrize(
    ("tier", "limit"), [(None, 4096), ("Standard", 4096), ("Advanced", 8192), ("Intelligent-Tiering", 8192)]
)
def test_sizes(ssm: Any, refused: Refused, tier: str | None, limit: int) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html."""
    more = {"Tier": tier} if tier else {}
    put(ssm, value="x" * limit, **more)
    assert refused(put, ssm=ssm, value="x" * (limit + 1), Overwrite=True, **more) == INVALID
    assert len(value_of(ssm, "/iam/alice")) == limit


def test_tier_goes_up_only(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html."""
    put(ssm)
    put(ssm, value="x" * 8192, Tier="Advanced", Overwrite=True)
    put(ssm, value="y" * 8192, Overwrite=True)
    assert refused(put, ssm=ssm, Tier="Standard", Overwrite=True) == INVALID


def test_type_stays(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, Errors."""
    put(ssm, Type="String")
    assert refused(put, ssm=ssm, Overwrite=True) == ("HierarchyTypeMismatchException", 400)
    ssm.put_parameter(Name="/iam/alice", Value="two", Overwrite=True)
    assert ssm.get_parameter(Name="/iam/alice")["Parameter"]["Type"] == "String"


def test_key_exists(aws: Emulator, ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, InvalidKeyId."""
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    arn = key["Arn"].replace(f"key/{key['KeyId']}", "alias/mine")
    for number, known in enumerate((key["KeyId"], key["Arn"], "alias/mine", arn, "alias/aws/ssm")):
        put(ssm, f"/iam/{number}", KeyId=known)
    assert refused(put, ssm=ssm, KeyId="alias/missing") == ("InvalidKeyId", 400)
    assert refused(put, ssm=ssm, KeyId="alias/mine", Type="String") == INVALID


def test_deleted_parameter_leaves_nothing(ssm: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html."""
    put(ssm, Tags=[{"Key": "a", "Value": "b"}])
    ssm.delete_parameter(Name="/iam/alice")
    assert refused(ssm.delete_parameter, Name="/iam/alice") == ("ParameterNotFound", 400)
    assert refused(ssm.get_parameter_history, Name="/iam/alice") == ("ParameterNotFound", 400)
    assert put(ssm) == 1
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/iam/alice")["TagList"] == []


def test_values_are_noted_and_kept_out_of_the_log(aws: Emulator, ssm: Any) -> None:
    put(ssm, value="hidden-1")
    put(ssm, value="hidden-2", Overwrite=True)
    noted = [(one["kind"], one["name"], one["value"]) for one in aws.secrets()]
    assert noted == [("ssm_value", "/iam/alice", f"hidden-{number}") for number in (1, 2)]
    assert "hidden" not in str(aws.log())
