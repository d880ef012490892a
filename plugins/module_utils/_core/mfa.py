# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a user's MFA device: a virtual one made and handed over, one that the person has, or its end.

The order loses nothing: intent, create, store the seed, enable with two codes of it, retire what it replaces, receipt.
The tag calls a device by the end of its ARN, ``mfa/jane.doe``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.delivery import custody, store, usable_handover
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    UNKNOWN,
    Account,
    MFADevice,
    Unread,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import WARN, Draft, Later
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, MFASpec, UserSpec

MFA_TAG = receipts.tag(MFA_SEED)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; GetAccountSummary has no key for it.
DEVICES_PER_USER = 8
# A reissued device takes whichever of the two names is free: the old one works until the new one does.
SECOND = "-reissued"

# AWS takes a comma too, and 226 characters; neither fits into the tag that remembers the device.
_NAME = re.compile(r"[A-Za-z0-9_+=.@-]{1,64}")
_ANNOUNCED = re.compile(r"mfa/[A-Za-z0-9_+=.@-]+")


@dataclass(frozen=True)
class _Case:
    """One user with what is wanted of its devices. ``listed`` are all virtual devices of the account: serial numbers
    and whose they are, None for one that nobody has enabled."""

    draft: Draft
    account: Account
    spec: UserSpec
    wanted: MFASpec
    user: User
    devices: tuple[MFADevice, ...]
    listed: Mapping[str, str | None]

    @property
    def enabled(self) -> tuple[str, ...]:
        return tuple(device.serial for device in self.devices)

    @property
    def begun(self) -> tuple[str, ...]:
        return announced(self.account, self.user)

    @property
    def left(self) -> tuple[str, ...]:
        """What an interrupted run has left unassigned. The intent of a user that this very plan creates is no proof."""
        return () if self.user.arn == UNKNOWN else left_behind(self.account, self.user)

    def step(self, action: str, serial: str, line: str, why: str) -> None:
        of_user = {} if action == "DeleteVirtualMFADevice" else {"UserName": self.spec.name}
        self.draft.step(f"iam:{action}", {**of_user, "SerialNumber": serial}, line, why)

    def retire(self, serial: str, why: str) -> None:
        self.step("DeactivateMFADevice", serial, f"- MFA device {serial}", why)
        if MFADevice(serial).kind == "virtual":
            self.delete(serial, "it would block a namesake")

    def delete(self, serial: str, why: str) -> None:
        self.step("DeleteVirtualMFADevice", serial, f"- virtual MFA device {serial}", why)


def plan_mfa(draft: Draft, account: Account, spec: UserSpec, user: User, now: datetime) -> None:
    """The MFA device as ``spec.mfa`` wants it. A new user has the intent already: CreateUser carries it."""
    wanted, devices = spec.mfa, user.mfa_devices
    if wanted is None or isinstance(devices, Unread):
        return
    if not _is_usable(wanted):
        draft.refuse("mfa_name", "its MFA device's name is not usable; give 1 to 64 letters, digits and + = . @ _ -")
        return
    listed = {} if isinstance(account.virtual_devices, Unread) else account.virtual_devices
    case = _Case(draft, account, spec, wanted, user, devices, listed)
    if wanted.state == "absent":
        _plan_absence(case)
    elif wanted.serial is not None or wanted.codes is not None:
        _plan_given(case)
    else:
        _plan_made(case, now)


def first_intent(spec: UserSpec, now: datetime) -> dict[str, str]:
    """The tag with which a new user is created, if a device is to be made for it."""
    wanted = spec.mfa
    if wanted is None or wanted.state == "absent" or wanted.serial or wanted.codes or not _is_usable(wanted):
        return {}
    return {MFA_TAG: receipts.intent(now, [f"mfa/{_device_name(spec, wanted)}"])}


def own_serials(account: Account, spec: UserSpec, wanted: MFASpec) -> tuple[str, ...]:
    """The serial number that is asked for, else those of the two names that a device of ours may have."""
    if wanted.serial is not None:
        return (wanted.serial,)
    name = _device_name(spec, wanted)
    return (account.arn("mfa", "/", name), account.arn("mfa", "/", name + SECOND))


def announced(account: Account, user: User) -> tuple[str, ...]:
    """What an interrupted run has announced, by serial number: the device to be made, then the one that it replaces.
    Whoever may tag the user can write anything else: that announces nothing, or its security key could be taken away
    so."""
    found = receipts.read(user.tag(MFA_TAG))
    if found is None or found.pending_since is None or not found.replaces:
        return ()
    made, *replaced = found.replaces
    pair = (made + SECOND, made.removesuffix(SECOND))
    words = [made, *(word for word in replaced if word in pair)] if _ANNOUNCED.fullmatch(made) else []
    return tuple(f"arn:{account.partition}:iam::{account.id}:{word}" for word in words)


def left_behind(account: Account, user: User) -> tuple[str, ...]:
    """The virtual devices of an interrupted run that are unassigned: the one that it made and has not enabled, or one
    that it has taken from this user and not deleted."""
    listed = {} if isinstance(account.virtual_devices, Unread) else account.virtual_devices
    return tuple(serial for serial in announced(account, user) if listed.get(serial, "") is None)


def is_settled_by_list(account: Account, spec: UserSpec, user: User) -> bool:
    """Whether the account's list of virtual devices alone tells that this user has the device that is wanted."""
    wanted, listed = spec.mfa, account.virtual_devices
    if wanted is None or isinstance(listed, Unread) or wanted.state == "absent" or wanted.reissue or wanted.codes:
        return False
    # The list has virtual devices only, and a purge is about all of them.
    if spec.purge_credentials:
        return False
    found = receipts.read(user.tag(MFA_TAG))
    if found is not None and found.pending_since is not None:
        return False
    serials = listed if wanted.any_serves else own_serials(account, spec, wanted)
    return any(fold(listed.get(serial) or "") == fold(user.name) for serial in serials)


def is_from_list(user: User) -> bool:
    """Whether the user's devices are those of the account's list: without dates, and virtual ones only."""
    devices = user.mfa_devices
    return not isinstance(devices, Unread) and any(device.enabled is None for device in devices)


def _device_name(spec: UserSpec, wanted: MFASpec) -> str:
    return wanted.name or spec.name.replace(",", "_")


def _is_usable(wanted: MFASpec) -> bool:
    return wanted.name is None or _NAME.fullmatch(wanted.name) is not None


def _resource(serial: str) -> str:
    """``mfa/jane.doe`` of ``arn:aws:iam::123456789012:mfa/jane.doe``."""
    return serial.rpartition(":")[2]


def _plan_given(case: _Case) -> None:
    """A device that is there already, by serial number or name, with two codes that the person read off it."""
    serial = own_serials(case.account, case.spec, case.wanted)[0]
    enabled = serial in case.enabled
    if case.wanted.resync and not enabled:
        text = f"MFA device {serial} is not in force for it; it has {', '.join(case.enabled) or 'none'}."
        case.draft.refuse("missing_mfa_device", f"{text} Correct serial_number or name.")
    elif case.wanted.resync:
        case.step("ResyncMFADevice", serial, f"~ MFA device {serial}: its clock", "asked for (resync)")
    elif not enabled:
        problem = _why_not(case, serial)
        if problem is None:
            case.step("EnableMFADevice", serial, f"+ MFA device {serial}", "not in force yet")
        else:
            case.draft.refuse(*problem)


def _why_not(case: _Case, serial: str) -> tuple[str, str] | None:
    """Why this device cannot be enabled: the finding's name and text."""
    kind = MFADevice(serial).kind
    if kind == "fido":
        return "mfa_fido", f"{serial} is a security key or passkey, which only its owner can enrol, in the console."
    if case.wanted.codes is None:
        text = f"MFA device {serial} is not in force for it; give codes, two that the device shows one after the other."
        return "mfa_codes", text
    if kind == "virtual" and serial not in case.listed:
        text = (
            f"there is no virtual MFA device {serial}; correct it, or give neither codes nor serial_number to get one."
        )
        return "missing_mfa_device", text
    if kind == "virtual" and case.listed[serial] is not None:
        return "mfa_in_use", f"virtual MFA device {serial} belongs to user {case.listed[serial]}; choose another."
    return _no_room(case)


def _no_room(case: _Case) -> tuple[str, str] | None:
    if len(case.devices) < DEVICES_PER_USER:
        return None
    text = f"it has {len(case.devices)} MFA devices, and AWS takes {DEVICES_PER_USER}; remove one of them first."
    return "mfa_quota", text


def _plan_made(case: _Case, now: datetime) -> None:
    """A virtual device whose seed is handed over; none where one serves, and what an interrupted run began is ended."""
    own = own_serials(case.account, case.spec, case.wanted)
    if _is_doubtful(case):
        case = _without_doubtful(case, own)
    begun, enabled = case.begun, case.enabled
    if begun and begun[0] in enabled and not _is_doubtful(case):
        # Enabled means stored before: only what comes after it was not done.
        _retire_replaced(case, [serial for serial in begun[1:] if serial in enabled])
        _delete_left(case)
        _tag(case, receipts.adoption(_resource(begun[0]), now), f"~ receipt for MFA device {begun[0]}", "it had none")
        return
    served = any(serial in enabled for serial in own) or (case.wanted.any_serves and bool(enabled))
    if served and not begun and not case.wanted.reissue:
        return
    replaced = [serial for serial in enabled if serial in begun[1:] or (case.wanted.reissue and serial in own)]
    free = [serial for serial in dict.fromkeys((*begun[:1], *own)) if serial in own and serial not in enabled]
    _delete_left(case)
    if not free:
        text = f"{own[0]} and {own[1]} are both in force; remove one of them first."
        case.draft.refuse("mfa_name", text)
        return
    _make(case, free[0], replaced, now)


def _is_doubtful(case: _Case) -> bool:
    """Whether a device that an interrupted run may have enabled is not to be taken for its own: whoever had the open
    emergency user could have written the intent and enabled a device of theirs."""
    is_emergency = case.spec.use_case == "emergency" and case.wanted.reissue
    return is_emergency and bool(case.begun) and case.begun[0] in case.enabled


def _without_doubtful(case: _Case, own: tuple[str, ...]) -> _Case:
    """It goes at once where the device that it was to replace is still in force, since both names are taken then; else
    when the next one is in force."""
    doubtful = case.begun[0]
    if not any(serial in case.enabled for serial in own if serial != doubtful):
        return case
    case.retire(doubtful, "nothing proves whose it is")
    listed = {serial: whose for serial, whose in case.listed.items() if serial != doubtful}
    return replace(case, devices=tuple(one for one in case.devices if one.serial != doubtful), listed=listed)


def _retire_replaced(case: _Case, replaced: Iterable[str]) -> None:
    for serial in replaced:
        case.retire(serial, "its seed was said to be lost (reissue)")


def _delete_left(case: _Case) -> None:
    for serial in case.left:
        case.delete(serial, "left unassigned by an interrupted run")


def _tag(case: _Case, value: str | Later, line: str, why: str) -> None:
    tags = [{"Key": MFA_TAG, "Value": value}]
    case.draft.step("iam:TagUser", {"UserName": case.spec.name, "Tags": tags}, line, why)


def _make(case: _Case, serial: str, replaced: list[str], now: datetime) -> None:
    """Intent, create, store, enable, retire, receipt."""
    problem = _no_room(case) or _clash(case, serial)
    if problem is not None:
        case.draft.refuse(*problem)
        return
    handover = usable_handover(case.draft, case.spec, MFA_SEED)
    if handover is None:
        return
    if case.begun != (serial, *replaced):
        value = receipts.intent(now, map(_resource, (serial, *replaced)))
        _tag(case, value, "~ intent to make an MFA device", "an interrupted run has to find it")
    if serial in case.listed and serial not in case.left:
        case.delete(serial, "not enabled, and its seed was said to be lost (reissue)")
    name, line = serial.rpartition("/")[2], f"+ virtual MFA device {serial}, seed {custody(handover)}"
    made = {"VirtualMFADeviceName": name}
    case.draft.step("iam:CreateVirtualMFADevice", made, line, "no MFA device yet", secret=MFA_SEED)
    store(case.draft, case.account, handover, case.spec.name, MFA_SEED)
    case.step("EnableMFADevice", serial, f"+ MFA device {serial}, by two codes of its seed", "not in force yet")
    _retire_replaced(case, replaced)
    receipt = Later(f"{_resource(serial)} {handover.store} {{fingerprint}} {{time}}")
    _tag(case, receipt, "+ receipt for the MFA seed", "says where it went")


def _clash(case: _Case, serial: str) -> tuple[str, str] | None:
    """A device of that name which no run of ours has announced."""
    if serial not in case.listed or serial in case.left:
        return None
    if case.listed[serial] is not None:
        text = f"virtual MFA device {serial} belongs to user {case.listed[serial]}; give its own another name."
        return "mfa_in_use", text
    if case.wanted.reissue:
        return None
    return (
        "mfa_unassigned",
        f"there is a virtual MFA device {serial} that nobody has enabled; enable it with codes, give another name,"
        " or replace it with reissue=true.",
    )


def _plan_absence(case: _Case) -> None:
    """Takes the device from the user, deletes a virtual one, and what the tag says of it."""
    targets = own_serials(case.account, case.spec, case.wanted)
    if case.wanted.serial is None:
        targets = (*targets, *case.begun[:1], *case.left)
    gone = [serial for serial in case.enabled if serial in targets]
    if gone and len(gone) == len(case.devices) and not _last_may_go(case):
        return
    for serial in gone:
        case.retire(serial, "it is to be absent")
    for serial in dict.fromkeys(targets):
        if serial in case.listed and case.listed[serial] is None:
            case.delete(serial, "it is to be absent")
    found = receipts.read(case.user.tag(MFA_TAG))
    told = None if found is None else found.key_id or next(iter(found.replaces), None)
    if told in [_resource(serial) for serial in targets]:
        parameters = {"UserName": case.spec.name, "TagKeys": [MFA_TAG]}
        case.draft.step("iam:UntagUser", parameters, f"- receipt for MFA device {told}", "the device is gone")


def _last_may_go(case: _Case) -> bool:
    if case.user.arn == case.account.caller_arn:
        text = "it is the last MFA device of the user who runs this; let somebody else remove it."
        case.draft.refuse("caller", text)
        return False
    text = "it has no other MFA device; where a policy demands MFA, it can only enrol another."
    case.draft.find("last_mfa_device", WARN, text)
    return True
