# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An IAM of our own to rehearse plans on: it does what a step says, or refuses as AWS would, and forgets nothing.

It is written from AWS's pages and not from simulate(), which is held against it. It also keeps what simulate() need not
know: which secret stands in which store, which password is in force, and what a killed run takes with it.
Errors: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and each action's own page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    AccessKey,
    Account,
    Group,
    LoginProfile,
    MFADevice,
    Place,
    PlaceState,
    ServiceCredential,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step, resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    CREDENTIALS,
    MFA_SEED,
    PASSWORD,
)
from tests.unit.plugins.module_utils._core.builders import (
    NOW,
    certificate,
    certificate_body,
    ssh_body,
    ssh_key,
)

TAGS_PER_USER = 50
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
SSH_KEYS_PER_USER = 5
CERTIFICATES_PER_USER = 2
Parameters = Mapping[str, Any]


class RefusedError(Exception):
    """AWS's error code for a step that could not be."""


def refuse_if(bad: bool, code: str) -> None:
    if bad:
        raise RefusedError(code)


def _serial(device: MFADevice) -> str:
    return device.serial


@dataclass
class Run:
    """What one process knows and loses when it is killed: answers by subject, and its password."""

    number: int
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, subject: str) -> dict[str, str]:
        now = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.known.setdefault(subject, {"time": now, "moment": now})


class StrictIam:
    """An account that steps are performed on, one run after the other."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.users, self.groups = dict(account.users), dict(account.groups)
        self.now: datetime = NOW
        self.texts: dict[Place, str] = {place: "old text" for place, state in account.places.items() if state.exists}
        self.waiting: dict[tuple[int, Place], str] = {}
        self.passwords: dict[str, str] = {}
        self.seeds: dict[str, str] = {}
        listed = account.virtual_devices
        self.devices: set[str] = set() if isinstance(listed, Unread) else set(listed)
        self._made = 0
        self._run = Run(0)

    def perform(self, steps: Iterable[Step]) -> None:
        """A run of these steps. Raises RefusedError, and KeyError for a value that no earlier step has made known."""
        self._run = Run(self._run.number + 1)
        for step in steps:
            parameters = resolve(step.parameters, self._run.of(step.subject))
            if step.place is not None:
                self._hand_over(step, step.place, parameters)
            else:
                getattr(self, step.action.removeprefix("iam:"))(step, parameters)

    def seen(self) -> Account:
        """The account as a new process reads it."""
        places = {place: PlaceState(exists=True) for place in self.texts}
        whose = {one.serial: user.name for user in self.users.values() for one in user.mfa_devices}
        devices = {serial: whose.get(serial) for serial in self.devices}
        entities = {"users": dict(self.users), "groups": dict(self.groups), "virtual_devices": devices}
        return replace(self.account, places=places, **entities)

    def user(self, name: str) -> User:
        refuse_if(fold(name) not in self.users, "NoSuchEntity")
        return self.users[fold(name)]

    def group(self, name: str) -> Group:
        refuse_if(fold(name) not in self.groups, "NoSuchEntity")
        return self.groups[fold(name)]

    def _within(self, quota: str, count: int) -> None:
        allowed = self.account.quota(quota)
        refuse_if(allowed is not None and count > allowed, "LimitExceeded")

    def _change(self, p: Parameters, **changes: Any) -> None:
        self.users[fold(p["UserName"])] = replace(self.user(p["UserName"]), **changes)

    def _change_group(self, p: Parameters, **changes: Any) -> None:
        self.groups[fold(p["GroupName"])] = replace(self.group(p["GroupName"]), **changes)

    def _hand_over(self, step: Step, place: Place, p: Parameters) -> None:
        known, verb = self._run.of(step.subject), step.action.partition(":")[2]
        if verb in ("Promote", "UpdateSecretVersionStage"):
            self.texts[place] = self.waiting.pop((self._run.number, place))
            return
        refuse_if(verb == "CreateSecret" and place in self.texts, "ResourceExistsException")
        refuse_if(verb == "PutSecretValue" and place not in self.texts, "ResourceNotFoundException")
        made = known.get("access_key_id") if step.secret == ACCESS_KEY else known.get(str(step.secret))
        refuse_if(step.secret != PASSWORD and made is None, "stored before it was made")
        text = self._password(step) if step.secret == PASSWORD else str(made)
        if verb == "WritePending" or "VersionStages" in p:
            self.waiting[self._run.number, place] = text
        else:
            self.texts[place] = text
            if verb == "CreateSecret":
                self.waiting[self._run.number, place] = text
        known.update(fingerprint="sha256:0123456789abcdef", version_id="v1", handed_over=str(step.secret))

    def _password(self, step: Step) -> str:
        return f"password of run {self._run.number}"

    def CreateUser(self, step: Step, p: Parameters) -> None:
        refuse_if(fold(p["UserName"]) in self.users, "EntityAlreadyExists")
        if (counted := self.account.quota("Users")) is not None:
            self._within("UsersQuota", counted + len(self.users) - len(self.account.users) + 1)
        arn = self.account.arn("user", p["Path"], p["UserName"])
        self.users[fold(p["UserName"])] = User(p["UserName"], p["Path"], arn, boundary=p.get("PermissionsBoundary"))
        if "Tags" in p:
            self.TagUser(step, p)

    def UpdateUser(self, step: Step, p: Parameters) -> None:
        user = self.user(p["UserName"])
        name, path = p.get("NewUserName", user.name), p.get("NewPath", user.path)
        refuse_if(fold(name) != fold(user.name) and fold(name) in self.users, "EntityAlreadyExists")
        del self.users[fold(user.name)]
        self.users[fold(name)] = replace(user, name=name, path=path, arn=self.account.arn("user", path, name))
        for group in self.groups.values():
            members = tuple(name if member == user.name else member for member in group.members)
            self.groups[fold(group.name)] = replace(group, members=members)

    def DeleteUser(self, step: Step, p: Parameters) -> None:
        user = self.user(p["UserName"])
        left = [user.login_profile, user.access_keys, user.ssh_keys, user.groups, user.managed_policies]
        left += [user.certificates, user.service_credentials, user.mfa_devices, user.inline_policies]
        refuse_if(any(left), "DeleteConflict")
        del self.users[fold(p["UserName"])]

    def TagUser(self, step: Step, p: Parameters) -> None:
        tags = dict(self.user(p["UserName"]).tags)
        for tag in p["Tags"]:
            same = next((name for name in tags if fold(name) == fold(tag["Key"])), tag["Key"])
            tags[same] = tag["Value"]
        refuse_if(len(tags) > TAGS_PER_USER, "LimitExceeded")
        self._change(p, tags=tags)

    def UntagUser(self, step: Step, p: Parameters) -> None:
        gone = {fold(name) for name in p["TagKeys"]}
        refuse_if(any(name.startswith("aws:") for name in gone), "InvalidInput")
        self._change(p, tags={k: v for k, v in self.user(p["UserName"]).tags.items() if fold(k) not in gone})

    def PutUserPermissionsBoundary(self, step: Step, p: Parameters) -> None:
        self._change(p, boundary=p["PermissionsBoundary"])

    def DeleteUserPermissionsBoundary(self, step: Step, p: Parameters) -> None:
        refuse_if(not self.user(p["UserName"]).boundary, "NoSuchEntity")
        self._change(p, boundary=None)

    def AddUserToGroup(self, step: Step, p: Parameters) -> None:
        user, group = self.user(p["UserName"]), self.group(p["GroupName"])
        refuse_if(group.name in user.groups, "added twice")
        self._within("GroupsPerUserQuota", len(user.groups) + 1)
        self._change(p, groups=(*user.groups, group.name))
        self._change_group(p, members=(*group.members, user.name))

    def RemoveUserFromGroup(self, step: Step, p: Parameters) -> None:
        user, group = self.user(p["UserName"]), self.group(p["GroupName"])
        refuse_if(group.name not in user.groups, "NoSuchEntity")
        self._change(p, groups=tuple(name for name in user.groups if name != group.name))
        self._change_group(p, members=tuple(name for name in group.members if name != user.name))

    def AttachUserPolicy(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).managed_policies
        self._within("AttachedPoliciesPerUserQuota", len(have) + 1)
        self._change(p, managed_policies=(*have, p["PolicyArn"]))

    def DetachUserPolicy(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).managed_policies
        refuse_if(p["PolicyArn"] not in have, "NoSuchEntity")
        self._change(p, managed_policies=tuple(arn for arn in have if arn != p["PolicyArn"]))

    def CreateLoginProfile(self, step: Step, p: Parameters) -> None:
        refuse_if(self.user(p["UserName"]).login_profile is not None, "EntityAlreadyExists")
        self._set_password(step, p)

    def UpdateLoginProfile(self, step: Step, p: Parameters) -> None:
        refuse_if(self.user(p["UserName"]).login_profile is None, "NoSuchEntity")
        self._set_password(step, p)

    def _set_password(self, step: Step, p: Parameters) -> None:
        generated = "as given" not in step.line
        refuse_if(generated and self._run.of(step.subject).get("handed_over") != PASSWORD, "set before it was stored")
        self.passwords[fold(p["UserName"])] = self._password(step)
        self._change(p, login_profile=LoginProfile(reset_required=p["PasswordResetRequired"]))

    def DeleteLoginProfile(self, step: Step, p: Parameters) -> None:
        refuse_if(self.user(p["UserName"]).login_profile is None, "NoSuchEntity")
        self._change(p, login_profile=None)

    def CreateAccessKey(self, step: Step, p: Parameters) -> None:
        keys = self.user(p["UserName"]).access_keys
        refuse_if(len(keys) >= (self.account.quota("AccessKeysPerUserQuota") or 2), "LimitExceeded")
        self._made += 1
        made = f"AKIAMADE{self._made:012d}"
        self._run.of(step.subject)["access_key_id"] = made
        self._change(p, access_keys=(*keys, AccessKey(made, created=self.now, last_used=None)))

    def UpdateAccessKey(self, step: Step, p: Parameters) -> None:
        self._change(p, access_keys=self._each_key(p, lambda key: replace(key, active=p["Status"] == "Active")))

    def DeleteAccessKey(self, step: Step, p: Parameters) -> None:
        self._change(p, access_keys=self._each_key(p, lambda _key: None))

    def _each_key(self, p: Parameters, change: Callable[[AccessKey], AccessKey | None]) -> tuple[AccessKey, ...]:
        keys = self.user(p["UserName"]).access_keys
        refuse_if(p["AccessKeyId"] not in [key.id for key in keys], "NoSuchEntity")
        changed = (change(key) if key.id == p["AccessKeyId"] else key for key in keys)
        return tuple(key for key in changed if key is not None)

    def _remove(self, field: str, p: Parameters, name: str, key: str = "id") -> None:
        have = getattr(self.user(p["UserName"]), field)
        refuse_if(p[name] not in [getattr(one, key) for one in have], "NoSuchEntity")
        self._change(p, **{field: tuple(one for one in have if getattr(one, key) != p[name])})

    def CreateServiceSpecificCredential(self, step: Step, p: Parameters) -> None:
        have, service = self.user(p["UserName"]).service_credentials, p["ServiceName"]
        refuse_if(service not in CREDENTIALS, "NoSuchEntity")
        refuse_if([one.service for one in have].count(service) >= 2, "LimitExceeded")
        self._made += 1
        made = f"ACCAMADE{self._made:012d}"
        self._run.of(step.subject)[CREDENTIALS[service]] = made
        expires = self.now + timedelta(days=p["CredentialAgeDays"]) if "CredentialAgeDays" in p else None
        new = ServiceCredential(made, service, created=self.now, expires=expires, user_name=f"{p['UserName']}-at-1")
        self._change(p, service_credentials=(*have, new))

    def UpdateServiceSpecificCredential(self, step: Step, p: Parameters) -> None:
        have, which = self.user(p["UserName"]).service_credentials, p["ServiceSpecificCredentialId"]
        refuse_if(which not in [one.id for one in have], "NoSuchEntity")
        changed = (replace(one, active=p["Status"] == "Active") if one.id == which else one for one in have)
        self._change(p, service_credentials=tuple(changed))

    def DeleteServiceSpecificCredential(self, step: Step, p: Parameters) -> None:
        self._remove("service_credentials", p, "ServiceSpecificCredentialId")

    def UploadSSHPublicKey(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).ssh_keys
        new = next(ssh_key(number) for number in range(20) if ssh_body(number) == p["SSHPublicKeyBody"])
        refuse_if(new.fingerprint in [one.fingerprint for one in have], "DuplicateSSHPublicKey")
        refuse_if(len(have) >= SSH_KEYS_PER_USER, "LimitExceeded")
        self._change(p, ssh_keys=(*have, replace(new, id=self._uploaded(step, "APKAMADE", "ssh_public_key_id"))))

    def UploadSigningCertificate(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).certificates
        new = next(certificate(number) for number in range(40) if certificate_body(number) == p["CertificateBody"])
        others = [one.fingerprint for user in self.users.values() for one in user.certificates]
        refuse_if(new.fingerprint in others, "DuplicateCertificate")
        refuse_if(len(have) >= CERTIFICATES_PER_USER, "LimitExceeded")
        self._change(p, certificates=(*have, replace(new, id=self._uploaded(step, "CERTMADE", "certificate_id"))))

    def _uploaded(self, step: Step, prefix: str, name: str) -> str:
        self._made += 1
        self._run.of(step.subject)[name] = f"{prefix}{self._made}"
        return f"{prefix}{self._made}"

    def _switch(self, field: str, p: Parameters, name: str) -> None:
        have = getattr(self.user(p["UserName"]), field)
        refuse_if(p[name] not in [one.id for one in have], "NoSuchEntity")
        active = p["Status"] == "Active"
        self._change(p, **{field: tuple(replace(one, active=active) if one.id == p[name] else one for one in have)})

    def UpdateSSHPublicKey(self, step: Step, p: Parameters) -> None:
        self._switch("ssh_keys", p, "SSHPublicKeyId")

    def UpdateSigningCertificate(self, step: Step, p: Parameters) -> None:
        self._switch("certificates", p, "CertificateId")

    def DeleteSSHPublicKey(self, step: Step, p: Parameters) -> None:
        self._remove("ssh_keys", p, "SSHPublicKeyId")

    def DeleteSigningCertificate(self, step: Step, p: Parameters) -> None:
        self._remove("certificates", p, "CertificateId")

    def CreateVirtualMFADevice(self, step: Step, p: Parameters) -> None:
        serial = self.account.arn("mfa", "/", p["VirtualMFADeviceName"])
        refuse_if(serial in self.devices, "EntityAlreadyExists")
        self._made += 1
        self.devices.add(serial)
        self.seeds[serial] = self._run.of(step.subject)[MFA_SEED] = f"seed {self._made} of {serial}"

    def EnableMFADevice(self, step: Step, p: Parameters) -> None:
        serial, have = p["SerialNumber"], self.user(p["UserName"]).mfa_devices
        virtual = MFADevice(serial).kind == "virtual"
        refuse_if(virtual and serial not in self.devices, "NoSuchEntity")
        refuse_if(virtual and any(serial in map(_serial, user.mfa_devices) for user in self.users.values()), "in use")
        refuse_if(len(have) >= 8, "LimitExceeded")
        ours = "codes of its seed" in step.line
        refuse_if(ours and self._run.of(step.subject).get("handed_over") != MFA_SEED, "enabled before it was stored")
        self._change(p, mfa_devices=(*have, MFADevice(serial)))

    def ResyncMFADevice(self, step: Step, p: Parameters) -> None:
        refuse_if(p["SerialNumber"] not in map(_serial, self.user(p["UserName"]).mfa_devices), "NoSuchEntity")

    def DeactivateMFADevice(self, step: Step, p: Parameters) -> None:
        self._remove("mfa_devices", p, "SerialNumber", "serial")

    def DeleteVirtualMFADevice(self, step: Step, p: Parameters) -> None:
        enabled = [one.serial for user in self.users.values() for one in user.mfa_devices]
        refuse_if(p["SerialNumber"] in enabled, "DeleteConflict")
        refuse_if(p["SerialNumber"] not in self.devices, "NoSuchEntity")
        self.devices.remove(p["SerialNumber"])

    def _put_policy(self, p: Parameters, have: Mapping[str, Any], quota: str) -> dict[str, Any]:
        """IAM counts all inline policies together and no white space."""
        policies = {**have, p["PolicyName"]: json.loads(p["PolicyDocument"])}
        self._within(quota, sum(len("".join(json.dumps(one).split())) for one in policies.values()))
        return policies

    def PutUserPolicy(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).inline_policies
        self._change(p, inline_policies=self._put_policy(p, have, "UserPolicySizeQuota"))

    def DeleteUserPolicy(self, step: Step, p: Parameters) -> None:
        have = self.user(p["UserName"]).inline_policies
        refuse_if(p["PolicyName"] not in have, "NoSuchEntity")
        self._change(p, inline_policies={name: one for name, one in have.items() if name != p["PolicyName"]})

    def CreateGroup(self, step: Step, p: Parameters) -> None:
        refuse_if(fold(p["GroupName"]) in self.groups, "EntityAlreadyExists")
        arn = self.account.arn("group", p["Path"], p["GroupName"])
        self.groups[fold(p["GroupName"])] = Group(p["GroupName"], p["Path"], arn, members=())

    def UpdateGroup(self, step: Step, p: Parameters) -> None:
        arn = self.account.arn("group", p["NewPath"], self.group(p["GroupName"]).name)
        self._change_group(p, path=p["NewPath"], arn=arn)

    def DeleteGroup(self, step: Step, p: Parameters) -> None:
        group = self.group(p["GroupName"])
        refuse_if(any([group.members, group.managed_policies, group.inline_policies]), "DeleteConflict")
        del self.groups[fold(p["GroupName"])]

    def AttachGroupPolicy(self, step: Step, p: Parameters) -> None:
        have = self.group(p["GroupName"]).managed_policies
        self._within("AttachedPoliciesPerGroupQuota", len(have) + 1)
        self._change_group(p, managed_policies=(*have, p["PolicyArn"]))

    def DetachGroupPolicy(self, step: Step, p: Parameters) -> None:
        have = self.group(p["GroupName"]).managed_policies
        refuse_if(p["PolicyArn"] not in have, "NoSuchEntity")
        self._change_group(p, managed_policies=tuple(arn for arn in have if arn != p["PolicyArn"]))

    def PutGroupPolicy(self, step: Step, p: Parameters) -> None:
        have = self.group(p["GroupName"]).inline_policies
        self._change_group(p, inline_policies=self._put_policy(p, have, "GroupPolicySizeQuota"))

    def DeleteGroupPolicy(self, step: Step, p: Parameters) -> None:
        have = dict(self.group(p["GroupName"]).inline_policies)
        refuse_if(p["PolicyName"] not in have, "NoSuchEntity")
        del have[p["PolicyName"]]
        self._change_group(p, inline_policies=have)
