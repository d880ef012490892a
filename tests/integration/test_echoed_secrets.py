# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS and its SDK echo parameters in some errors: not even then does a generated secret get out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from tests.integration.ansible_run import run_module
from tests.integration.given import user
from tests.integration.leaks import files_below, leaks

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

_real_call = BaseClient._make_api_call
KEY_OR_PASSWORD = {"login_profile": "CreateLoginProfile", "access_key": "CreateSecret"}


class SecretToldByTheSdk(BotoCoreError):
    fmt = "the call said {told}"


def as_answer(told: str, operation: str) -> Exception:
    return ClientError({"Error": {"Code": "ValidationError", "Message": f"Value '{told}' is bad"}}, operation)


def as_validation(told: str, operation: str) -> Exception:
    return ParamValidationError(report=f"Invalid value: {told}")


def as_sdk_error(told: str, operation: str) -> Exception:
    return SecretToldByTheSdk(told=told)


@pytest.mark.parametrize("echo", [as_answer, as_validation, as_sdk_error])
@pytest.mark.parametrize("module", KEY_OR_PASSWORD)
def test_an_echoed_secret_is_not_passed_on(module: str, echo: Any, aws: Emulator, tmp_path: Path) -> None:
    iam = aws.client("iam")
    user()(iam)
    secrets: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation != KEY_OR_PASSWORD[module]:
            return _real_call(client, operation, parameters)
        told = parameters.get("Password") or json.loads(parameters["SecretString"])["secret_access_key"]
        secrets.append(told)
        raise echo(told, operation)

    handover = {"store": "secretsmanager", "name": "iam/{user}"}
    if module == "login_profile":
        handover = {"store": "file", "path": f"{tmp_path}/out", "plaintext": True}
    with mock.patch.object(BaseClient, "_make_api_call", call):
        result = run_module(aws, module, {"user_name": "jane", "handover": handover, "region": "us-east-1"})
    assert result["failed"]
    assert len(secrets) == 1
    (out,) = [[tmp_path / "out"] if module == "login_profile" else []]
    assert leaks({"result": json.dumps(result), **files_below(tmp_path, out)}, secrets) == []
    assert iam.list_access_keys(UserName="jane")["AccessKeyMetadata"] == []
