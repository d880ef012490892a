# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto's Secrets Manager differs from AWS: secrets scheduled for deletion, and staging labels that move."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends

from tests.emulator.operations import Call, check_before
from tests.emulator.protocol import AwsError

_MARKED = (
    "You can't perform this operation on the secret because it was marked for deletion.",
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
)


@check_before(
    "secretsmanager:CreateSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
)
def check(call: Call) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html and its neighbours."""
    creating = "SecretId" not in call.parameters
    secrets: Any = secretsmanager_backends[call.account.account_id][call.region].secrets
    name = call["Name"] if creating else call["SecretId"]
    # moto's dictionary finds a secret by name or ARN through these two only, not through get().
    if name not in secrets:
        return
    if secrets[name].deleted_date is not None:
        raise AwsError("InvalidRequestException", _MARKED[creating], 400)
    if "ClientRequestToken" in call.parameters and not creating:
        _check_token(secrets[name].versions.get(call["ClientRequestToken"], {}), call)
    if "VersionStage" in call.parameters:
        _check_label(secrets[name].versions, call)


def _check_token(version: dict[str, Any], call: Call) -> None:
    """A version never changes its value, not even a pending one, which moto overwrites."""
    if version and version.get("secret_string") != call.get("SecretString"):
        raise AwsError("ResourceExistsException", "That ClientRequestToken is already in use for a version.", 400)


def _check_label(versions: dict[str, dict[str, Any]], call: Call) -> None:
    """A label that another version has must be taken from that version by name.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
    """
    holders = [name for name, version in versions.items() if call["VersionStage"] in version["version_stages"]]
    if "MoveToVersionId" in call.parameters and holders and holders != [call.get("RemoveFromVersionId")]:
        raise AwsError(
            "InvalidParameterException",
            f"The parameter RemoveFromVersionId can't be empty. Staging label {call['VersionStage']} is currently "
            f"attached to version {holders[0]}, so you must explicitly reference that version in RemoveFromVersionId.",
            400,
        )


_move_label = SecretsManagerBackend.update_secret_version_stage


def _move_label_and_default(backend: SecretsManagerBackend, *args: Any, **kwargs: Any) -> Any:
    # moto reads a secret without a label by a version id of its own, which does not follow AWSCURRENT.
    answer = _move_label(backend, *args, **kwargs)
    secret: Any = backend.secrets[answer[1]]
    current = [name for name, version in secret.versions.items() if "AWSCURRENT" in version["version_stages"]]
    secret.set_default_version_id(current[0] if current else None)
    return answer


SecretsManagerBackend.update_secret_version_stage = _move_label_and_default
