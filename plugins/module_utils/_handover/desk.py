# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one door for secrets: the desk performs a subject's steps and holds what is secret between AWS and the store.

A desk lives for one subject and one run. It keeps a password over a second plan, so that a text stored before a lost
answer stays the one in force.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway, backoff
from ansible_collections.keysmith.iam.plugins.module_utils._core import passwords, receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, PasswordPolicy, sign_in_url
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Step, resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import SESSIONS_REVOKED_POLICY
from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import Receipt
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    CREDENTIALS,
    MFA_SEED,
    PASSWORD,
    HandoverSpec,
    Hidden,
    UserSpec,
    secret_words,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover import stores, totp
from ansible_collections.keysmith.iam.plugins.module_utils._handover.formats import text_for
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    HandoverError,
    fingerprint,
    parse_recipient,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.shares import seal_for

UNSEALED = "unsealed"
DELETE_TRIES = 5


@dataclass(frozen=True)
class _Creation:
    """How AWS answers an action that makes a secret: the answer's member, the members of it that are its id and its
    secrets, and the action that takes it back (``of_user`` where that names the user as well)."""

    member: str
    id: str
    secrets: tuple[str, ...]
    undo: str
    of_user: bool = True


_CREATIONS = {
    "iam:CreateAccessKey": _Creation("AccessKey", "AccessKeyId", ("SecretAccessKey",), "iam:DeleteAccessKey"),
    "iam:CreateServiceSpecificCredential": _Creation(
        "ServiceSpecificCredential",
        "ServiceSpecificCredentialId",
        ("ServicePassword", "ServiceCredentialSecret"),
        "iam:DeleteServiceSpecificCredential",
    ),
    "iam:CreateVirtualMFADevice": _Creation(
        "VirtualMFADevice", "SerialNumber", ("Base32StringSeed", "QRCodePNG"), "iam:DeleteVirtualMFADevice", False
    ),
}


# What is uploaded holds no secret; a later step may know it by its id: the answer's member, its id, and that name.
_UPLOADS = {
    "iam:UploadSSHPublicKey": ("SSHPublicKey", "SSHPublicKeyId", "ssh_public_key_id"),
    "iam:UploadSigningCertificate": ("Certificate", "CertificateId", "certificate_id"),
}


@dataclass(frozen=True)
class _Held:
    """What AWS has just made: how, its id, what it says of it, and its secrets by AWS's names."""

    creation: _Creation
    id: str
    told: Mapping[str, Any]
    secrets: Mapping[str, Hidden]


@dataclass
class Desk:
    """Performs steps for one subject. ``spec`` is None for a group, which has no secrets."""

    gateway: Gateway
    account: Account
    now: datetime
    spec: UserSpec | None = None
    receipts: list[Receipt] = field(default_factory=list)
    returned: dict[str, str] = field(default_factory=dict, repr=False)
    _password: Hidden | None = field(default=None, repr=False)
    _held: dict[str, _Held] = field(default_factory=dict, repr=False)
    _undone: list[Step] = field(default_factory=list)
    _ahead: float = 0.0
    _clock: float | None = None
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    def perform(self, step: Step, known: dict[str, str]) -> Mapping[str, Any]:
        """One step, with ``known`` filled in and added to. Gives AWS's answer less any secret."""
        known.setdefault("time", receipts.stamp(self.now))
        if step.parameters.get("PolicyName") == SESSIONS_REVOKED_POLICY:
            known["moment"] = receipts.stamp(self._moment())
        answer = self._perform(step, resolve(step.parameters, known), known)
        if "ResponseMetadata" in answer:
            self._clock = totp.clock_offset(answer["ResponseMetadata"].get("HTTPHeaders", {}))
        return answer

    def _moment(self) -> datetime:
        """AWS's time by its last answer to this desk, the next whole second: dates of answers and of sessions are cut
        off to the second. What is done without one is as the run found it, and the run's start will do."""
        if self._clock is None:
            return self.now
        return datetime.fromtimestamp(math.ceil(time.monotonic() + self._clock), UTC)

    def _perform(self, step: Step, parameters: Mapping[str, Any], known: dict[str, str]) -> Mapping[str, Any]:
        if step.action in ("iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
            password = {"Password": self._the_password().reveal()}
            return self.gateway.write(step.action, {**parameters, **password}, secret=True)
        if step.action in _CREATIONS:
            return self._create(step, parameters, known)
        if step.action in ("iam:EnableMFADevice", "iam:ResyncMFADevice"):
            return self._with_codes(step.action, parameters)
        if step.place is not None:
            return self._hand_over(step, parameters, known)
        answer = self.gateway.write(step.action, parameters)
        if step.action in _UPLOADS:
            member, its_id, name = _UPLOADS[step.action]
            known[name] = answer[member][its_id]
        return answer

    def settle(self, done: Iterable[Step]) -> list[Step]:
        """Takes back what was said of a password that was stored and then not set, or of the seed of a device that was
        not enabled: it opens nothing. Gives the steps that were made beside the plan."""
        actions = {step.action for step in done}
        void = set() if actions & {"iam:CreateLoginProfile", "iam:UpdateLoginProfile"} else {PASSWORD}
        void |= set() if "iam:EnableMFADevice" in actions else {MFA_SEED}
        self.receipts = [receipt for receipt in self.receipts if receipt.kind not in void]
        self.returned = {kind: text for kind, text in self.returned.items() if kind not in void}
        return self._undone

    def _the_password(self) -> Hidden:
        console = None if self.spec is None else self.spec.console
        if console is not None and console.password is not None:
            return console.password
        if self._password is None:
            policy = self.account.password_policy
            rules = policy if isinstance(policy, PasswordPolicy) else PasswordPolicy()
            self._password = Hidden(passwords.generate(rules, secrets.randbelow))
        return self._password

    def _create(self, step: Step, parameters: Mapping[str, Any], known: dict[str, str]) -> Mapping[str, Any]:
        """A secret that AWS makes. Later steps know its id by its kind, an access key's as ``access_key_id``."""
        creation = _CREATIONS[step.action]
        answer = self.gateway.write(step.action, parameters, secret=True)
        self._ahead = totp.clock_offset(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
        told = answer[creation.member]
        secret = {name: Hidden(_text(told.pop(name))) for name in creation.secrets if name in told}
        kind = step.secret or ""
        self._held[kind] = _Held(creation, told[creation.id], told, secret)
        known["access_key_id" if kind == ACCESS_KEY else kind] = told[creation.id]
        return {creation.member: told}

    def _with_codes(self, action: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Enables or resynchronises a device by the person's codes, or by those of the seed that was handed over.
        Those may grow old on their way, and AWS tells whole seconds of its time: a second pair is a second later's."""
        given = None if self.spec is None or self.spec.mfa is None else self.spec.mfa.codes
        for later in (0, 1):
            first, second = map(Hidden.reveal, given) if given else self._codes_of_seed(later)
            pair = {"AuthenticationCode1": first, "AuthenticationCode2": second}
            try:
                return self.gateway.write(action, {**parameters, **pair}, secret=True)
            except AwsError as error:
                if error.code != _WRONG_CODES:
                    raise
                if given or later:
                    failure = _wrong_codes(error, bool(given))
                    break
        raise failure

    def _codes_of_seed(self, later: int) -> tuple[str, str]:
        held = self._held.get(MFA_SEED)
        if held is None:
            raise HandoverError("Cannot enable the MFA device: this run has not made it. Run again.")
        return totp.codes(held.secrets["Base32StringSeed"].reveal(), time.monotonic() + self._ahead + later)

    def _hand_over(self, step: Step, parameters: Mapping[str, Any], known: dict[str, str]) -> Mapping[str, Any]:
        handover = self._handover(step.secret or "")
        try:
            if step.action in _PROMOTIONS:
                return _PROMOTIONS[step.action](self, parameters, known)
            text = self._text(step.secret or "", handover)
            answer = _WRITES[step.action](self, step, parameters, text)
        except KeysmithError as error:
            failure = _store_failure(step, error)
            raise HandoverError(f"{failure.message}{self._discard(step)}", failure.code) from None
        known["fingerprint"] = fingerprint(text) if handover.seal_to else UNSEALED
        known["version_id"] = str(answer.get("VersionId", ""))
        self._note(step, handover, known)
        return {}

    def _handover(self, kind: str) -> HandoverSpec:
        handover = None if self.spec is None else self.spec.handover_for(kind)
        if handover is None:
            raise HandoverError("Cannot hand over a secret: nothing says where it goes. Give handover.")
        return handover

    def _text(self, kind: str, handover: HandoverSpec) -> str | bytes:
        """The text as the store keeps it: the file format of its kind, sealed if anybody is to seal it to. Only a file
        takes a picture that is not sealed, which is no text."""
        user = "" if self.spec is None else self.spec.name
        plain = text_for(kind, handover.format, user_name=user, **self._fields(kind))
        if not handover.seal_to:
            return plain if handover.format == "png" else plain.decode()
        return seal_for(plain, [parse_recipient(text) for text in handover.seal_to], handover.threshold)

    def _fields(self, kind: str) -> dict[str, str]:
        """What the text of this kind is made of."""
        if kind == PASSWORD:
            return {"password": self._the_password().reveal(), "sign_in_url": sign_in_url(self.account)}
        held = self._held.get(kind)
        if held is None:
            raise HandoverError(f"Cannot hand over the {secret_words(kind)}: this run has not made it. Run again.")
        if kind == ACCESS_KEY:
            return {"access_key_id": held.id, "secret_access_key": held.secrets["SecretAccessKey"].reveal()}
        if kind == MFA_SEED:
            account = self.account.alias if isinstance(self.account.alias, str) else self.account.id
            seed = held.secrets["Base32StringSeed"].reveal()
            return {"serial_number": held.id, "seed": seed, "account": account}
        if kind in CREDENTIALS.values():
            return _credential_fields(held)
        raise HandoverError(f"Cannot hand over the {secret_words(kind)}: no file format is known for it.")

    def _discard(self, step: Step) -> str:
        """What AWS made and cannot be handed over is deleted at once: nobody has its secret. Says what became of it."""
        held = self._held.pop(step.secret or "", None)
        if held is None or self.spec is None:
            return ""
        what, creation = secret_words(step.secret or ""), held.creation
        of_user = {"UserName": self.spec.name} if creation.of_user else {}
        line = f"- {what} {held.id}, which could not be stored"
        undo = Step(creation.undo, {**of_user, creation.id: held.id}, step.subject, line)
        if not self._is_undone(undo):
            what = what[0].upper() + what[1:]
            return f" {what} {held.id} could not be deleted either; delete it, or run again, which does so."
        self._undone.append(undo)
        return f" The new {what} was deleted again."

    def _is_undone(self, undo: Step) -> bool:
        for attempt in range(DELETE_TRIES):
            try:
                self.gateway.write(undo.action, undo.parameters)
                return True
            except AwsError as error:
                if error.kind is Kind.MISSING and attempt > 0:
                    return True
                if error.kind not in (Kind.THROTTLED, Kind.BUSY, Kind.UNCLEAR, Kind.MISSING):
                    return False
            self.gateway.sleep(backoff(attempt))
        return False

    def _note(self, step: Step, handover: HandoverSpec, known: Mapping[str, str]) -> None:
        place = step.place
        if place is None or self.spec is None:
            return
        key_id = known.get("access_key_id") if step.secret == ACCESS_KEY else None
        held = self._held.get(step.secret or "") if step.secret in CREDENTIALS.values() else None
        credential = (None, None) if held is None else (held.id, _expiry(held) or None)
        mark = known["fingerprint"]
        self.receipts = [old for old in self.receipts if old.kind != step.secret]
        self.receipts.append(
            Receipt(
                *(self.spec.name, step.secret or "", place.store, place.address, handover.labels, mark, key_id),
                *credential,
                handover.threshold,
            )
        )

    def _write_file(self, step: Step, parameters: Mapping[str, Any], text: str) -> Mapping[str, Any]:
        stores.write_file(parameters["Path"], text)
        return {}

    def _write_pending(self, step: Step, parameters: Mapping[str, Any], text: str) -> Mapping[str, Any]:
        stores.write_file(stores.pending_path(parameters["Path"], self._token), text)
        return {}

    def _write_secret(self, step: Step, parameters: Mapping[str, Any], text: str) -> Mapping[str, Any]:
        return self.gateway.write(step.action, {**parameters, "SecretString": text}, secret=True)

    def _write_parameter(self, step: Step, parameters: Mapping[str, Any], text: str) -> Mapping[str, Any]:
        refusal = stores.parameter_refusal(len(text.encode()))
        if refusal is not None:
            raise HandoverError(refusal)
        valued = {**parameters, "Value": text}
        try:
            return self.gateway.write(step.action, valued, secret=True)
        except AwsError as error:
            # Repeated after a lost answer, the call meets the parameter that it has made. Were it another's, made
            # since the probe, its text would stay in the parameter's history.
            if error.kind is not Kind.EXISTS:
                raise
        valued = {key: value for key, value in valued.items() if key != "Tags"}
        return self.gateway.write(step.action, {**valued, "Overwrite": True}, secret=True)

    def _return(self, step: Step, parameters: Mapping[str, Any], text: str) -> Mapping[str, Any]:
        self.returned[step.secret or ""] = text
        return {}

    def _promote_file(self, parameters: Mapping[str, Any], known: dict[str, str]) -> Mapping[str, Any]:
        stores.promote_file(parameters["Path"], self._token)
        return {}

    def _promote_secret(self, parameters: Mapping[str, Any], known: dict[str, str]) -> Mapping[str, Any]:
        current = self._current_version(parameters["SecretId"])
        if current and current != parameters["MoveToVersionId"]:
            parameters = {**parameters, "RemoveFromVersionId": current}
        try:
            return self.gateway.write("secretsmanager:UpdateSecretVersionStage", parameters)
        except AwsError:
            # Repeated after a lost answer, the call is refused, since the label has moved already.
            if self._current_version(parameters["SecretId"]) == parameters["MoveToVersionId"]:
                return {}
            raise

    def _current_version(self, secret: str) -> str:
        found = self.gateway.read("secretsmanager:DescribeSecret", SecretId=secret)
        versions = found.get("VersionIdsToStages", {})
        return next((version for version, stages in versions.items() if "AWSCURRENT" in stages), "")


_WRITES: dict[str, Callable[[Desk, Step, Mapping[str, Any], str], Mapping[str, Any]]] = {
    "handover:WriteFile": Desk._write_file,
    "handover:WritePending": Desk._write_pending,
    "handover:Return": Desk._return,
    "secretsmanager:CreateSecret": Desk._write_secret,
    "secretsmanager:PutSecretValue": Desk._write_secret,
    "ssm:PutParameter": Desk._write_parameter,
}

_PROMOTIONS: dict[str, Callable[[Desk, Mapping[str, Any], dict[str, str]], Mapping[str, Any]]] = {
    "handover:Promote": Desk._promote_file,
    "secretsmanager:UpdateSecretVersionStage": Desk._promote_secret,
}


def _credential_fields(held: _Held) -> dict[str, str]:
    """What the text of a service-specific credential is made of: of a password, or of an API key."""
    secret = held.secrets.get("ServiceCredentialSecret") or held.secrets.get("ServicePassword")
    if secret is None:
        raise HandoverError("Cannot hand over the credential: AWS answered without its secret. Run again.")
    login = held.told.get("ServiceUserName") or held.told.get("ServiceCredentialAlias") or ""
    told = {"service_name": held.told["ServiceName"], "service_specific_credential_id": held.id}
    return {**told, "service_user_name": login, "secret": secret.reveal(), "expiration_date": _expiry(held)}


def _expiry(held: _Held) -> str:
    moment = held.told.get("ExpirationDate")
    return moment.isoformat() if isinstance(moment, datetime) else ""


def _text(secret: Any) -> str:
    """A secret as text; boto3 gives AWS's blobs as bytes, a seed in base32, a picture as it is."""
    return secret.decode("latin-1") if isinstance(secret, bytes) else str(secret)


# https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
_WRONG_CODES = "InvalidAuthenticationCode"


def _wrong_codes(error: AwsError, given: bool) -> AwsError:
    remedy = (
        "Give two codes that the device shows one after the other, at once, and see that its clock is right; a code"
        " counts once, and for a minute or so."
        if given
        else "Run again, which makes the device anew."
    )
    cause = f"AWS does not take the two codes ({error.code})"
    return AwsError(error.action, Kind.REFUSED, cause, error.code, error.response, remedy)


def _store_failure(step: Step, error: KeysmithError) -> KeysmithError:
    """A fixed sentence about the store; of AWS's errors it has the code alone, since the call carried the secret."""
    if not isinstance(error, AwsError):
        return error
    place = step.place.address if step.place is not None else ""
    return HandoverError(
        f"Cannot store the {secret_words(step.secret or '')} in {place}: {error.message}. {error.advice()}", error.code
    )
