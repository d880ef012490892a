# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules that only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, MFADevice, sign_in_url
from ansible_collections.keysmith.iam.plugins.module_utils._shell.results import as_mfa_device, as_password_policy
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import gateway_of, guarded


def account_info(module: AnsibleAWSModule) -> NoReturn:
    """The account, its password rules, and its quotas with how much of each is used."""
    inform(module, _account)


def mfa_device_info(module: AnsibleAWSModule) -> NoReturn:
    """The MFA devices of one user, or of the caller."""
    inform(module, lambda gateway: {"mfa_devices": _mfa_devices(gateway, module.params["user_name"])})


def _mfa_devices(gateway: Gateway, name: str | None) -> list[dict[str, Any]]:
    of_user = {} if name is None else {"UserName": name}
    told = []
    for found in gateway.listing("iam:ListMFADevices", "MFADevices", **of_user):
        device = MFADevice(found["SerialNumber"], found["EnableDate"])
        tags = []
        if device.kind == "virtual":  # of others AWS keeps none
            tags = gateway.listing("iam:ListMFADeviceTags", "Tags", SerialNumber=device.serial)
        told.append({**as_mfa_device(found["UserName"], device), "tags": read.tags_of({"Tags": tags})})
    return told


def inform(module: AnsibleAWSModule, gather: Callable[[Gateway], dict[str, Any]], threads: int = 1) -> NoReturn:
    """Ends the module with what ``gather`` tells, in check mode too: it makes no write call."""
    module.exit_json(changed=False, **guarded(module, lambda: gather(gateway_of(module, threads))))


def _account(gateway: Gateway) -> dict[str, Any]:
    caller = observe.identify(gateway)
    aliases = gateway.listing("iam:ListAccountAliases", "AccountAliases")
    account = Account(caller.account_id, caller.partition, caller.arn)
    account = replace(account, alias=aliases[0] if aliases else None)
    told = {
        "id": account.id,
        "alias": account.alias,
        "partition": account.partition,
        "sign_in_url": sign_in_url(account),
        "caller_arn": account.caller_arn,
    }
    summary = gateway.read("iam:GetAccountSummary")["SummaryMap"]
    return {
        "account": told,
        "password_policy": as_password_policy(read.read_password_policy(gateway)),
        "quotas": quotas(summary),
    }


def quotas(summary: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """GetAccountSummary's map by entity: ``Users`` and ``UsersQuota`` become used, quota and free."""
    told = {}
    for key, allowed in sorted(summary.items()):
        if not key.endswith("Quota"):
            continue
        name = key.removesuffix("Quota")
        used = summary.get(name)
        told[name] = {"quota": allowed} if used is None else {"quota": allowed, "used": used, "free": allowed - used}
    return told
