# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module parameters as specs of the core. What cannot be one (a recipient that is no key) becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import OFF
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, WARN, Finding
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_keys import read_ssh_key
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    AccountSpec,
    AliasSpec,
    CertificateSpec,
    ConsoleSpec,
    CopySpec,
    GroupSpec,
    HandoverSpec,
    Hidden,
    MFASpec,
    PasswordPolicySpec,
    RosterSpec,
    ServiceCredentialSpec,
    SSHKeySpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    HandoverError,
    Recipient,
    parse_recipient,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.shares import recipients_problem
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import file_address
from ansible_collections.keysmith.iam.plugins.module_utils._handover.totp import missing_library
from ansible_collections.keysmith.iam.plugins.module_utils._shell.arguments import SERVICES
from ansible_collections.keysmith.iam.plugins.module_utils._shell.certificates import read_certificate

Params = Mapping[str, Any]
Public = TypeVar("Public", SSHKeySpec, CertificateSpec)


@dataclass
class Wanted:
    """What a module wants done, and what is wrong with it already. ``public_keys`` were seen to be public."""

    roster: RosterSpec = field(default_factory=RosterSpec)
    findings: list[Finding] = field(default_factory=list)
    public_keys: set[str] = field(default_factory=set)
    threads: int = 8
    plan_only: bool = False

    def handover(
        self, params: Params | None, user: str, directory: str = "", option: str = "seal_to"
    ) -> HandoverSpec | None:
        """The hand-over options; ``directory`` is what a relative path starts from, ``option`` what the list of
        recipients is called in a sentence."""
        if params is None:
            return None
        named = [(f"entry {number} of {option}", text) for number, text in enumerate(params["seal_to"] or (), 1)]
        read = [self._read_recipient(what, text, user) for what, text in named]
        recipients = [recipient for recipient in read if recipient is not None]
        store, threshold = params["store"], params["threshold"]
        # What is wrong with one key is told; what could be said of the others would mislead.
        whole = len(recipients) == len(read)
        refusal = recipients_problem(store, recipients, threshold) if whole or threshold is None else None
        if refusal is not None:
            self.findings.append(Finding("seal_to", REFUSE, f"user {user}", refusal))
        address = file_address(params["path"], directory) if store == "file" else params["name"] or ""
        return HandoverSpec(
            store=store,
            address=address,
            seal_to=tuple(params["seal_to"] or ()),
            labels=tuple(recipient.label for recipient in recipients),
            openpgp=any(recipient.openpgp for recipient in recipients),
            keys=tuple(recipient.key for recipient in recipients),
            format=params["format"] or ("json" if store in ("secretsmanager", "ssm_parameter") else "csv"),
            kms_key_id=params["kms_key_id"],
            tags=_texts(params["tags"]) or {},
            plaintext=params["plaintext"],
            threshold=threshold,
        )

    def _read_recipient(self, what: str, text: str, user: str) -> Recipient | None:
        try:
            recipient = parse_recipient(text)
        except HandoverError as error:
            told = error.message.replace("this recipient", what)
            self.findings.append(Finding("seal_to", REFUSE, f"user {user}", told))
            return None
        self.public_keys |= {text, text.strip()}
        return recipient

    def public(
        self, read: Callable[[str, str], Public], texts: Sequence[str] | None, user: str, option: str, entries: bool
    ) -> tuple[Public, ...] | None:
        """What ``read`` makes of public keys or certificates; None where none were given. What is none is a finding."""
        if texts is None:
            return None
        found = []
        for number, text in enumerate(texts, 1):
            what = f"entry {number} of {option}" if entries else option
            try:
                found.append(read(text, what))
            except KeysmithError as error:
                self.findings.append(Finding(option, REFUSE, f"user {user}", error.message))
            else:
                self.public_keys |= {text, text.strip()}
        return tuple(found)


def ssh_key(text: str, what: str) -> SSHKeySpec:
    key = read_ssh_key(text, what)
    return SSHKeySpec(key.body, key.fingerprint)


def _texts(tags: Params | None) -> dict[str, str] | None:
    return None if tags is None else {str(key): _text(value) for key, value in tags.items()}


def _text(value: Any) -> str:
    """A tag's value; YAML makes None of an empty one."""
    return "" if value is None else str(value)


def _names(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def group_spec(params: Params) -> GroupSpec:
    return GroupSpec(
        name=params["name"],
        state=params.get("state", "present"),
        path=params["path"],
        managed_policies=_names(params["managed_policies"]),
        purge_policies=params["purge_policies"],
        inline_policies=params["inline_policies"],
        purge_inline_policies=params["purge_inline_policies"],
        require_mfa=params["require_mfa"],
        demand_mfa=params.get("demand_mfa"),
        users=_names(params.get("users")),
        purge_users=params.get("purge_users", False),
    )


def user_spec(params: Params, **more: Any) -> UserSpec:
    """The fields that the modules ``user`` and ``roster`` share; ``more`` are the credentials."""
    return UserSpec(
        name=params["name"],
        state=params.get("state", "present"),
        path=params["path"],
        boundary=params["boundary"],
        tags=_texts(params["tags"]),
        purge_tags=params["purge_tags"],
        groups=_names(params["groups"]),
        purge_groups=params["purge_groups"],
        managed_policies=_names(params["managed_policies"]),
        purge_policies=params["purge_policies"],
        inline_policies=params["inline_policies"],
        purge_inline_policies=params["purge_inline_policies"],
        copy_from=_copy_spec(params),
        **more,
    )


def _copy_spec(params: Params) -> CopySpec | None:
    source = params["copy_permissions_from"]
    if source is None:
        return None
    return CopySpec(source, tuple(params["copy_exclude"] or ()), params["copy_enforce"])


def console_spec(params: Params) -> ConsoleSpec:
    """The console password as the modules ``user`` and ``login_profile`` spell it."""
    reset = params["password_reset_required"]
    return ConsoleSpec(
        password=None if params["password"] is None else Hidden(params["password"]),
        reset_required=True if reset is None else reset,
        always=params["update_password"] == "always",
        reissue=params.get("reissue", False),
    )


def roster_user(wanted: Wanted, params: Params, default_handover: Params | None, directory: str) -> UserSpec:
    """One entry of a roster. An emergency user's password is sealed for a long time, so it needs no change at sign-in
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/getting-started-emergency-iam-user.html)."""
    reset = params["password_reset_required"]
    reset = params["use_case"] != "emergency" if reset is None else reset
    handover = wanted.handover(params["handover"] or default_handover, params["name"], directory)
    mfa_handover = wanted.handover(params["mfa_handover"], params["name"], directory, "mfa_handover.seal_to")
    if params["mfa_device"]:
        check_seed(wanted, params["name"], mfa_handover or handover)
    return user_spec(
        params,
        use_case=params["use_case"],
        owner=params["owner"],
        justification=params["justification"],
        console=ConsoleSpec(reset_required=reset, reissue=params["reissue"]) if params["console"] else None,
        access_key=AccessKeySpec(reissue=params["reissue"]) if params["access_key"] else None,
        mfa=_roster_device(params) if params["mfa_device"] else None,
        ssh_keys=wanted.public(ssh_key, params["ssh_public_keys"], params["name"], "ssh_public_keys", True),
        purge_ssh_keys=params["purge_ssh_public_keys"],
        certificates=wanted.public(
            read_certificate, params["signing_certificates"], params["name"], "signing_certificates", True
        ),
        purge_certificates=params["purge_signing_certificates"],
        service_credentials=_service_credentials(params["service_specific_credentials"], params["reissue"]),
        handover=handover,
        mfa_handover=mfa_handover,
        purge_credentials=params["purge_credentials"],
        revoke_sessions=params["revoke_sessions"],
        break_glass_state=params["break_glass_state"],
    )


def _roster_device(params: Params) -> MFASpec:
    """Any device serves, save where all others are to go: then it has to be the one whose seed was handed over."""
    return MFASpec(reissue=params["reissue"], any_serves=not params["purge_credentials"])


def _service_credentials(entries: list[Params] | None, reissue: bool) -> tuple[ServiceCredentialSpec, ...] | None:
    """A roster user's service-specific credentials; none that is wanted leaves all alone."""
    found = tuple(
        ServiceCredentialSpec(SERVICES[entry["service"]], age_days=entry["credential_age_days"], reissue=reissue)
        for entry in entries or ()
    )
    return found or None


def user(params: Params) -> Wanted:
    """What the module ``user`` wants."""
    console = None
    if params["remove_password"]:
        console = ConsoleSpec(present=False)
    elif params["password"] is not None:
        console = console_spec(params)
    new = {"new_name": params["new_name"], "expected_id": params["expected_user_id"]}
    wanted = Wanted(RosterSpec(users=(user_spec(params, console=console, **new),)))
    if params["update_password"] == "always" and params["password"] is None:
        text = "update_password=always does nothing without password; give one, or leave it out."
        wanted.findings.append(Finding("update_password", WARN, f"user {params['name']}", text))
    return wanted


def group(params: Params) -> Wanted:
    """What the module ``group`` wants."""
    return Wanted(RosterSpec(groups=(group_spec(params),)))


def group_membership(params: Params) -> Wanted:
    """What the module ``group_membership`` wants."""
    groups = tuple(params["groups"])
    spec = UserSpec(params["user_name"], create=False, groups=groups, purge_groups=params["purge_groups"])
    return Wanted(RosterSpec(users=(spec,)))


def check_seed(wanted: Wanted, user: str, handover: HandoverSpec | None) -> None:
    """What is missing here to enrol a device by its seed is told before the first write, in a dry run too."""
    problem = missing_library(None if handover is None else handover.format)
    if problem is not None:
        wanted.findings.append(Finding("library", REFUSE, f"user {user}", problem))


def password_policy(params: Params) -> Wanted:
    """What the module ``password_policy`` wants."""
    spec = PasswordPolicySpec(
        state=params["state"],
        minimum_length=params["min_pw_length"],
        require_lowercase=params["require_lowercase"],
        require_uppercase=params["require_uppercase"],
        require_numbers=params["require_numbers"],
        require_symbols=params["require_symbols"],
        allow_users_to_change=params["allow_pw_change"],
        max_age_days=params["pw_max_age"],
        reuse_prevention=params["pw_reuse_prevent"],
        hard_expiry=params["pw_expire"],
        allow_weaker=params["allow_weaker"],
    )
    return Wanted(RosterSpec(account=AccountSpec(password_policy=spec)))


def account_alias(params: Params) -> Wanted:
    """What the module ``account_alias`` wants."""
    return Wanted(RosterSpec(account=AccountSpec(alias=AliasSpec(params["name"], params["state"]))))


def roster(params: Params) -> Wanted:
    """What the module ``roster`` wants."""
    wanted = Wanted(threads=max(1, params["concurrency"]), plan_only=params["plan_only"])
    default, directory = params["handover"], params["directory"] or ""
    users = tuple(roster_user(wanted, entry, default, directory) for entry in params["users"] or ())
    groups = tuple(group_spec(entry) for entry in params["groups"] or ())
    # YAML reads an unquoted off as false.
    levels = {name: OFF if level is False else str(level) for name, level in (params["guards"] or {}).items()}
    guards = {str(name): level for name, level in levels.items()}
    wanted.roster = RosterSpec(groups, users, guards, onboarding=True)
    return wanted
