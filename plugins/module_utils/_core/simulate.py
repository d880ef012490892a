# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the account looks like after a step: the same function predicts in check mode and builds a run's result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.account import policy_of
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNKNOWN,
    AccessKey,
    Account,
    Group,
    LoginProfile,
    MFADevice,
    PasswordPolicy,
    Place,
    PlaceState,
    ServiceCredential,
    SigningCertificate,
    SSHPublicKey,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step, resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import (
    certificate_fingerprint,
    read_ssh_key,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import CREDENTIALS


@dataclass
class _State:
    """The account while steps are folded over it: its own copies of the maps, so that a fold costs one copy."""

    account: Account
    users: dict[str, User]
    groups: dict[str, Group]
    places: dict[Place, PlaceState]
    known: Mapping[str, str]

    def change_account(self, **changes: Any) -> None:
        self.account = replace(self.account, **changes)

    def change_user(self, name: str, **changes: Any) -> None:
        self.users[fold(name)] = replace(self.users.get(fold(name), User(name)), **changes)

    def change_group(self, name: str, **changes: Any) -> None:
        self.groups[fold(name)] = replace(self.groups.get(fold(name), Group(name)), **changes)

    def user(self, name: str) -> User:
        return self.users.get(fold(name), User(name))

    def group(self, name: str) -> Group:
        return self.groups.get(fold(name), Group(name))


def simulate(account: Account, steps: Iterable[Step], known: Mapping[str, str] | None = None) -> Account:
    """The account after these steps. What only AWS says (ids, dates) is UNKNOWN or None unless ``known`` tells it."""
    told = {**receipts.PREDICTED, **(known or {})}
    state = _State(account, dict(account.users), dict(account.groups), dict(account.places), told)
    for step in steps:
        effect = _EFFECTS.get(step.action.partition(":")[2])
        if effect is not None:
            effect(state, resolve(step.parameters, told))
        if step.place is not None:
            state.places[step.place] = PlaceState(exists=True)
    return replace(state.account, users=state.users, groups=state.groups, places=state.places)


_Effect = Callable[[_State, Mapping[str, Any]], None]


def _with(have: tuple[str, ...] | Unread, name: str) -> tuple[str, ...] | Unread:
    return have if isinstance(have, Unread) or name in have else (*have, name)


def _without(have: tuple[str, ...] | Unread, name: str) -> tuple[str, ...] | Unread:
    return have if isinstance(have, Unread) else tuple(item for item in have if item != name)


def _create_user(state: _State, p: Mapping[str, Any]) -> None:
    name, path = p["UserName"], p["Path"]
    tags = {tag["Key"]: tag["Value"] for tag in p.get("Tags", ())}
    arn = state.account.arn("user", path, name)
    state.users[fold(name)] = User(name, path=path, arn=arn, tags=tags, boundary=p.get("PermissionsBoundary"))


def _update_user(state: _State, p: Mapping[str, Any]) -> None:
    old = state.user(p["UserName"])
    name, path = p.get("NewUserName", old.name), p.get("NewPath", old.path)
    state.users.pop(fold(old.name), None)
    state.users[fold(name)] = replace(old, name=name, path=path, arn=state.account.arn("user", path, name))
    for key, group in state.groups.items() if name != old.name else ():
        if not isinstance(group.members, Unread) and old.name in group.members:
            members = tuple(name if member == old.name else member for member in group.members)
            state.groups[key] = replace(group, members=members)
    devices = state.account.virtual_devices
    if not isinstance(devices, Unread):
        owned = {serial: name if owner == old.name else owner for serial, owner in devices.items()}
        state.change_account(virtual_devices=owned)


def _delete_user(state: _State, p: Mapping[str, Any]) -> None:
    state.users.pop(fold(p["UserName"]), None)


def _delete_group(state: _State, p: Mapping[str, Any]) -> None:
    state.groups.pop(fold(p["GroupName"]), None)


def _tag_user(state: _State, p: Mapping[str, Any]) -> None:
    tags = dict(state.user(p["UserName"]).tags)
    spelled = {fold(key): key for key in tags}
    for tag in p["Tags"]:
        tags[spelled.get(fold(tag["Key"]), tag["Key"])] = tag["Value"]
    state.change_user(p["UserName"], tags=tags)


def _untag_user(state: _State, p: Mapping[str, Any]) -> None:
    gone = {fold(key) for key in p["TagKeys"]}
    tags = {key: value for key, value in state.user(p["UserName"]).tags.items() if fold(key) not in gone}
    state.change_user(p["UserName"], tags=tags)


def _add_to_group(state: _State, p: Mapping[str, Any]) -> None:
    user, group = state.user(p["UserName"]), state.group(p["GroupName"])
    state.change_user(p["UserName"], groups=_with(user.groups, p["GroupName"]))
    state.change_group(p["GroupName"], members=_with(group.members, p["UserName"]))


def _remove_from_group(state: _State, p: Mapping[str, Any]) -> None:
    user, group = state.user(p["UserName"]), state.group(p["GroupName"])
    state.change_user(p["UserName"], groups=_without(user.groups, p["GroupName"]))
    state.change_group(p["GroupName"], members=_without(group.members, p["UserName"]))


def _owner(state: _State, p: Mapping[str, Any]) -> tuple[User | Group, Callable[..., None]]:
    """Whose policies a step is about, and what changes it."""
    if "UserName" in p:
        return state.user(p["UserName"]), partial(state.change_user, p["UserName"])
    return state.group(p["GroupName"]), partial(state.change_group, p["GroupName"])


def _attach_policy(state: _State, p: Mapping[str, Any]) -> None:
    owner, change = _owner(state, p)
    change(managed_policies=_with(owner.managed_policies, p["PolicyArn"]))


def _detach_policy(state: _State, p: Mapping[str, Any]) -> None:
    owner, change = _owner(state, p)
    change(managed_policies=_without(owner.managed_policies, p["PolicyArn"]))


def _put_policy(state: _State, p: Mapping[str, Any]) -> None:
    owner, change = _owner(state, p)
    have = {} if isinstance(owner.inline_policies, Unread) else owner.inline_policies
    change(inline_policies={**have, p["PolicyName"]: json.loads(p["PolicyDocument"])})


def _delete_policy(state: _State, p: Mapping[str, Any]) -> None:
    owner, change = _owner(state, p)
    have = {} if isinstance(owner.inline_policies, Unread) else owner.inline_policies
    change(inline_policies={name: document for name, document in have.items() if name != p["PolicyName"]})


def _set_password(state: _State, p: Mapping[str, Any]) -> None:
    state.change_user(p["UserName"], login_profile=LoginProfile(reset_required=p["PasswordResetRequired"]))


Item = TypeVar("Item", bound=receipts.Made)


def _and_made(have: tuple[Item, ...] | Unread, made: Item) -> tuple[Item, ...]:
    """What is made stands once, though a step whose answer was lost, and whose own id nobody knows, is among those
    done as well."""
    items = () if isinstance(have, Unread) else have
    return items if made.id != UNKNOWN and any(one.id == made.id for one in items) else (*items, made)


def _create_access_key(state: _State, p: Mapping[str, Any]) -> None:
    have = state.user(p["UserName"]).access_keys
    state.change_user(p["UserName"], access_keys=_and_made(have, AccessKey(state.known["access_key_id"])))


def _create_service_credential(state: _State, p: Mapping[str, Any]) -> None:
    have = state.user(p["UserName"]).service_credentials
    made = ServiceCredential(state.known[CREDENTIALS[p["ServiceName"]]], p["ServiceName"])
    state.change_user(p["UserName"], service_credentials=_and_made(have, made))


def _upload_ssh_key(state: _State, p: Mapping[str, Any]) -> None:
    have = state.user(p["UserName"]).ssh_keys
    fingerprint = read_ssh_key(p["SSHPublicKeyBody"], "the key").fingerprint
    made = SSHPublicKey(state.known["ssh_public_key_id"], fingerprint=fingerprint)
    state.change_user(p["UserName"], ssh_keys=(*(() if isinstance(have, Unread) else have), made))


def _upload_certificate(state: _State, p: Mapping[str, Any]) -> None:
    have = state.user(p["UserName"]).certificates
    made = SigningCertificate(state.known["certificate_id"], fingerprint=certificate_fingerprint(p["CertificateBody"]))
    state.change_user(p["UserName"], certificates=(*(() if isinstance(have, Unread) else have), made))


def _change_virtual(state: _State, serial: str, user: str | None, gone: bool = False) -> None:
    """What the list of virtual MFA devices says of one, where it was read."""
    have = state.account.virtual_devices
    if not isinstance(have, Unread):
        left = {name: whose for name, whose in have.items() if name != serial}
        state.change_account(virtual_devices=left if gone else {**left, serial: user})


def _create_virtual_device(state: _State, p: Mapping[str, Any]) -> None:
    _change_virtual(state, state.account.arn("mfa", "/", p["VirtualMFADeviceName"]), None)


def _enable_device(state: _State, p: Mapping[str, Any]) -> None:
    device, have = MFADevice(p["SerialNumber"]), state.user(p["UserName"]).mfa_devices
    state.change_user(p["UserName"], mfa_devices=(*(() if isinstance(have, Unread) else have), device))
    if device.kind == "virtual":
        _change_virtual(state, device.serial, p["UserName"])


def _deactivate_device(state: _State, p: Mapping[str, Any]) -> None:
    _removal("mfa_devices", "SerialNumber", "serial")(state, p)
    if MFADevice(p["SerialNumber"]).kind == "virtual":
        _change_virtual(state, p["SerialNumber"], None)


def _removal(field: str, parameter: str, key: str = "id") -> _Effect:
    """The effect of an action that takes one thing from a user: ``parameter`` names it, ``key`` is its id's field."""

    def effect(state: _State, p: Mapping[str, Any]) -> None:
        have = getattr(state.user(p["UserName"]), field)
        if not isinstance(have, Unread):
            left = tuple(item for item in have if getattr(item, key) != p[parameter])
            state.change_user(p["UserName"], **{field: left})

    return effect


def _switch(field: str, parameter: str) -> _Effect:
    """The effect of an action that makes one of a user's credentials ``Active`` or ``Inactive``."""

    def effect(state: _State, p: Mapping[str, Any]) -> None:
        have = getattr(state.user(p["UserName"]), field)
        if not isinstance(have, Unread):
            active = p["Status"] == "Active"
            # What this run has uploaded under an answer that was lost has no id here yet; of several it is the last.
            named = p[parameter] if any(item.id == p[parameter] for item in have) else UNKNOWN
            last = max((place for place, item in enumerate(have) if item.id == named), default=-1)
            items = tuple(replace(item, active=active) if place == last else item for place, item in enumerate(have))
            state.change_user(p["UserName"], **{field: items})

    return effect


def _create_group(state: _State, p: Mapping[str, Any]) -> None:
    name, path = p["GroupName"], p["Path"]
    state.groups[fold(name)] = Group(name, path=path, arn=state.account.arn("group", path, name), members=())


def _update_group(state: _State, p: Mapping[str, Any]) -> None:
    name, path = p["GroupName"], p["NewPath"]
    state.change_group(name, path=path, arn=state.account.arn("group", path, name))


_EFFECTS: dict[str, _Effect] = {
    "CreateUser": _create_user,
    "UpdateUser": _update_user,
    "DeleteUser": _delete_user,
    "TagUser": _tag_user,
    "UntagUser": _untag_user,
    "PutUserPermissionsBoundary": lambda state, p: state.change_user(p["UserName"], boundary=p["PermissionsBoundary"]),
    "DeleteUserPermissionsBoundary": lambda state, p: state.change_user(p["UserName"], boundary=None),
    "AddUserToGroup": _add_to_group,
    "RemoveUserFromGroup": _remove_from_group,
    "AttachUserPolicy": _attach_policy,
    "DetachUserPolicy": _detach_policy,
    "CreateLoginProfile": _set_password,
    "UpdateLoginProfile": _set_password,
    "DeleteLoginProfile": lambda state, p: state.change_user(p["UserName"], login_profile=None),
    "CreateAccessKey": _create_access_key,
    "UpdateAccessKey": _switch("access_keys", "AccessKeyId"),
    "DeleteAccessKey": _removal("access_keys", "AccessKeyId"),
    "UploadSSHPublicKey": _upload_ssh_key,
    "UpdateSSHPublicKey": _switch("ssh_keys", "SSHPublicKeyId"),
    "DeleteSSHPublicKey": _removal("ssh_keys", "SSHPublicKeyId"),
    "UploadSigningCertificate": _upload_certificate,
    "UpdateSigningCertificate": _switch("certificates", "CertificateId"),
    "DeleteSigningCertificate": _removal("certificates", "CertificateId"),
    "CreateServiceSpecificCredential": _create_service_credential,
    "UpdateServiceSpecificCredential": _switch("service_credentials", "ServiceSpecificCredentialId"),
    "DeleteServiceSpecificCredential": _removal("service_credentials", "ServiceSpecificCredentialId"),
    "CreateVirtualMFADevice": _create_virtual_device,
    "EnableMFADevice": _enable_device,
    "DeactivateMFADevice": _deactivate_device,
    "DeleteVirtualMFADevice": lambda state, p: _change_virtual(state, p["SerialNumber"], None, gone=True),
    "PutUserPolicy": _put_policy,
    "DeleteUserPolicy": _delete_policy,
    "CreateGroup": _create_group,
    "UpdateGroup": _update_group,
    "DeleteGroup": _delete_group,
    "AttachGroupPolicy": _attach_policy,
    "DetachGroupPolicy": _detach_policy,
    "PutGroupPolicy": _put_policy,
    "DeleteGroupPolicy": _delete_policy,
    "UpdateAccountPasswordPolicy": lambda state, p: state.change_account(password_policy=policy_of(p)),
    "DeleteAccountPasswordPolicy": lambda state, p: state.change_account(password_policy=PasswordPolicy()),
    "CreateAccountAlias": lambda state, p: state.change_account(alias=p["AccountAlias"]),
    "DeleteAccountAlias": lambda state, p: state.change_account(alias=None),
}
