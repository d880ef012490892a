# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What moto's Secrets Manager lets pass and AWS refuses: work on a secret that is scheduled for deletion.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html and API_PutSecretValue.html.
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

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
def not_scheduled_for_deletion(call: Call) -> None:
    creating = "SecretId" not in call.parameters
    secrets: Any = secretsmanager_backends[call.account.account_id][call.region].secrets
    name = call["Name"] if creating else call["SecretId"]
    # moto's dictionary finds a secret by name or ARN through these two only, not through get().
    if name in secrets and secrets[name].deleted_date is not None:
        raise AwsError("InvalidRequestException", _MARKED[creating], 400)
