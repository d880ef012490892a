# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where moto's Parameter Store takes what AWS refuses: names, sizes, tiers, types and KMS keys.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.kms.models import kms_backends
from moto.kms.utils import RESERVED_ALIASES
from moto.ssm.models import ssm_backends

from tests.emulator.operations import Call, check_before
from tests.emulator.protocol import AwsError

_DEEPEST = 15
_LONGEST_ARN = 1011
_LIMITS = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_NAME = re.compile(r"/?[a-zA-Z0-9_.-]+|(/[a-zA-Z0-9_.-]+)+")


@check_before("ssm:PutParameter")
def check_put(call: Call) -> None:
    present = _versions(call, str(call.get("Name", "")))
    _check_name(call)
    # Whether one is there at all, and whether Overwrite goes with Tags, moto checks itself.
    if not present or call.get("Overwrite"):
        before = present[-1] if present else None
        _check_type(call, before)
        _check_size(call, before)
        _check_key(call)


def _check_name(call: Call) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html."""
    name = str(call.get("Name", "")).strip(" ")
    arn = f"arn:{call.account.partition}:ssm:{call.region}:{call.account.account_id}:parameter/{name.lstrip('/')}"
    if len(arn) > _LONGEST_ARN:
        raise _invalid(f"Parameter name must not be longer than {_LONGEST_ARN} characters, its ARN included.")
    if not _NAME.fullmatch(name):
        raise _invalid(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if name.count("/") > _DEEPEST:
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {_DEEPEST} levels.",
            400,
        )


def _check_type(call: Call, before: Any) -> None:
    kind = call.get("Type") or (before.parameter_type if before else None)
    if before is not None and kind != before.parameter_type:
        raise AwsError(
            "HierarchyTypeMismatchException",
            "Parameter Store does not support changing a parameter type in a hierarchy.",
            400,
        )
    if "KeyId" in call.parameters and kind != "SecureString":
        raise _invalid("KeyId is required for SecureString type parameter only.")


def _check_size(call: Call, before: Any) -> None:
    """An advanced parameter stays advanced; intelligent tiering takes what either tier takes."""
    tier = call.get("Tier") or (before.tier if before else None) or "Standard"
    if before is not None and before.tier == "Advanced" and tier == "Standard":
        raise _invalid("This parameter uses the advanced-parameter tier. You can't downgrade it to the standard tier.")
    limit = _LIMITS.get(tier, 0)
    if limit and len(str(call.get("Value", "")).encode()) > limit:
        raise _invalid(f"{tier} tier parameters support a maximum parameter value of {limit} characters.")


def _check_key(call: Call) -> None:
    wanted = call.get("KeyId")
    if wanted is None or wanted in RESERVED_ALIASES:
        return
    keys = kms_backends[call.account.account_id][call.region].keys.values()
    name = wanted.partition(":alias/")[2]
    known = {alias for key in keys for alias in key.aliases} | {text for key in keys for text in (key.id, key.arn)}
    if wanted not in known and f"alias/{name}" not in known:
        raise AwsError("InvalidKeyId", f"The KMS key {wanted} is not found.", 400)


@check_before("ssm:AddTagsToResource", "ssm:RemoveTagsFromResource", "ssm:ListTagsForResource")
def check_tagged(call: Call) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html, InvalidResourceId."""
    if call.get("ResourceType") == "Parameter" and not _versions(call, str(call.get("ResourceId", ""))):
        raise AwsError("InvalidResourceId", "The resource ID isn't valid.", 400)


@check_before("ssm:DescribeParameters", "ssm:GetParametersByPath", "ssm:GetParameters", "ssm:GetParameter")
def forget_what_was_asked_for(call: Call) -> None:
    """moto remembers a name that was to be labelled as a parameter without versions, and breaks at it."""
    parameters = ssm_backends[call.account.account_id][call.region]._parameters
    for name in [name for name, versions in parameters.items() if not versions]:
        del parameters[name]


def _versions(call: Call, name: str) -> list[Any]:
    return ssm_backends[call.account.account_id][call.region]._parameters.get(name) or []


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, 400)
