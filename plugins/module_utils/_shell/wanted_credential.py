# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module parameters as specs of the core, for the modules that manage one credential of a user who is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, Finding
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import read_fingerprint
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    CertificateSpec,
    ConsoleSpec,
    Hidden,
    MFASpec,
    RosterSpec,
    ServiceCredentialSpec,
    SSHKeySpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._shell.arguments import SERVICES
from ansible_collections.keysmith.iam.plugins.module_utils._shell.certificates import read_certificate
from ansible_collections.keysmith.iam.plugins.module_utils._shell.wanted import (
    Params,
    Wanted,
    check_seed,
    console_spec,
    ssh_key,
)

_INACTIVE_WITHOUT_ID = "active=false says nothing of a new access key, which is made to be used; give the id of a key."


def login_profile(params: Params) -> Wanted:
    """What the module ``login_profile`` wants."""
    wanted, name = Wanted(), params["user_name"]
    console = console_spec(params) if params["state"] == "present" else ConsoleSpec(present=False)
    spec = UserSpec(name, create=False, console=console, handover=wanted.handover(params["handover"], name))
    wanted.roster = RosterSpec(users=(spec,))
    return wanted


def access_key(params: Params) -> Wanted:
    """What the module ``access_key`` wants; ``active`` is amazon.aws's way to say the state of a key by its id."""
    wanted, name, state = Wanted(), params["user_name"], params["state"]
    if params["active"] is not None and params["id"] and state == "present":
        state = "active" if params["active"] else "inactive"
    if params["active"] is False and not params["id"]:
        wanted.findings.append(Finding("active", REFUSE, f"user {name}", _INACTIVE_WITHOUT_ID))
    key = AccessKeySpec(state, params["id"], params["reissue"], params["rotate_keys"])
    spec = UserSpec(name, create=False, access_key=key, handover=wanted.handover(params["handover"], name))
    wanted.roster = RosterSpec(users=(spec,))
    return wanted


def ssh_public_key(params: Params) -> Wanted:
    """What the module ``ssh_public_key`` wants."""
    wanted, name, text = Wanted(), params["user_name"], params["public_key"]
    keys = wanted.public(ssh_key, None if text is None else [text], name, "public_key", False)
    if keys is None and params["fingerprint"] is not None:
        keys = wanted.public(_by_fingerprint, [params["fingerprint"]], name, "fingerprint", False)
    if keys is None:
        keys = (SSHKeySpec(id=params["id"]),)
    keys = tuple(replace(key, state=params["state"]) for key in keys)
    wanted.roster = RosterSpec(users=(UserSpec(name, create=False, ssh_keys=keys),))
    return wanted


def _by_fingerprint(text: str, what: str) -> SSHKeySpec:
    return SSHKeySpec(fingerprint=read_fingerprint(text, what))


def signing_certificate(params: Params) -> Wanted:
    """What the module ``signing_certificate`` wants."""
    wanted, name, text = Wanted(), params["user_name"], params["certificate"]
    given = wanted.public(read_certificate, None if text is None else [text], name, "certificate", False)
    read = (CertificateSpec(id=params["id"]),) if given is None else given
    certificates = tuple(replace(one, state=params["state"]) for one in read)
    wanted.roster = RosterSpec(users=(UserSpec(name, create=False, certificates=certificates),))
    return wanted


def mfa_device(params: Params) -> Wanted:
    """What the module ``mfa_device`` wants."""
    wanted, name, state = Wanted(), params["user_name"], params["state"]
    codes = None if params["codes"] is None else _codes(wanted, params["codes"], name)
    device = MFASpec(state, params["name"], params["serial_number"], codes, params["resync"], params["reissue"])
    handover = wanted.handover(params["handover"], name)
    if state == "present" and codes is None and device.serial is None:
        check_seed(wanted, name, handover)
    wanted.roster = RosterSpec(users=(UserSpec(name, create=False, mfa=device, handover=handover),))
    return wanted


def _codes(wanted: Wanted, codes: Sequence[str], user: str) -> tuple[Hidden, Hidden]:
    """Two codes that a device has shown; what is wrong with them is a finding, which never quotes one."""
    problem = None
    if len(codes) != 2:
        problem = f"codes needs two, one after the other as the device shows them, and has {len(codes)}."
    elif not all(re.fullmatch("[0-9]{6}", code) for code in codes):
        problem = "a code has six digits; give both in quotes, since YAML drops a leading zero."
    elif codes[0] == codes[1]:
        problem = "the two codes are the same; wait until the device shows the next one."
    if problem is not None:
        wanted.findings.append(Finding("mfa_codes", REFUSE, f"user {user}", problem))
        return (Hidden(""), Hidden(""))
    return (Hidden(codes[0]), Hidden(codes[1]))


def service_specific_credential(params: Params) -> Wanted:
    """What the module ``service_specific_credential`` wants."""
    wanted, name = Wanted(), params["user_name"]
    one = ServiceCredentialSpec(
        service=SERVICES[params["service"]] if params["service"] else "",
        state=params["state"],
        id=params["id"],
        age_days=params["credential_age_days"],
        reissue=params["reissue"],
    )
    handover = wanted.handover(params["handover"], name)
    wanted.roster = RosterSpec(users=(UserSpec(name, create=False, service_credentials=(one,), handover=handover),))
    return wanted
