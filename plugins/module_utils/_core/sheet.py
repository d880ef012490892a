# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sheet that the owner is given: where to sign in, where the secret is, what to do next. No secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.delivery import together
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    CREDENTIALS,
    MFA_SEED,
    PASSWORD,
    UserSpec,
    secret_words,
)


@dataclass(frozen=True)
class Receipt:
    """What a run tells of a hand-over: what, where, for whom, by which fingerprint. Never the secret. Two are a
    service-specific credential's, the date in ISO 8601. ``threshold`` owners open it together, where there is one."""

    user: str
    kind: str
    store: str
    place: str
    sealed_to: tuple[str, ...]
    fingerprint: str
    access_key_id: str | None = None
    service_specific_credential_id: str | None = None
    expiration_date: str | None = None
    threshold: int | None = None


def counts(receipts: Iterable[Receipt]) -> list[dict[str, Any]]:
    """How many receipts there are by kind, store, folder (of files; else empty) and whether sealed: what a report
    needs, and as short for five thousand users as for one."""
    found = Counter(
        (one.kind, one.store, one.place.rpartition("/")[0] if one.store == "file" else "", bool(one.sealed_to))
        for one in receipts
    )
    return [
        {"kind": kind, "store": store, "folder": folder, "sealed": sealed, "count": count}
        for (kind, store, folder, sealed), count in sorted(found.items())
    ]


_AGE = " (the program is at https://age-encryption.org)"
_GET = {
    "secretsmanager": "aws secretsmanager get-secret-value --secret-id {place}{region}"
    " --query SecretString --output text",
    "ssm_parameter": "aws ssm get-parameter --name {place}{region} --with-decryption"
    " --query Parameter.Value --output text",
}
_OPEN = {
    "file": "Send the owner the file. They open it with `{program} {name}`{about}.",
    "result": "Pass on the text from the run's result. They open it with `{program}`{about}.",
    **{store: f"The owner opens it with `{command} | {{program}}`{{about}}." for store, command in _GET.items()},
}
_TOGETHER = "Any {threshold} of them open it together with `open_shares.py` of the role break_glass."
_OPEN_TOGETHER = {
    "file": f"Send each of them the file. {_TOGETHER}",
    "result": f"Pass on the text from the run's result. {_TOGETHER}",
    **{store: f"They get it with `{command}`. {_TOGETHER}" for store, command in _GET.items()},
}
_READ = {
    "file": "It is readable as it is: hand it over safely, then shred it.",
    "result": "It stands readable in the run's result: hand it over safely.",
    **{store: f"The owner reads it with `{command}`." for store, command in _GET.items()},
}
_KEEPERS = {"secretsmanager": "in Secrets Manager, ", "ssm_parameter": "in Parameter Store, "}
_TITLES = {PASSWORD: "Console password", ACCESS_KEY: "Access key", MFA_SEED: "Seed of the MFA device"}

_TITLES |= {kind: secret_words(kind) for kind in CREDENTIALS.values()}
# https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-gc.html,
# https://docs.aws.amazon.com/keyspaces/latest/devguide/programmatic.cqlsh.html,
# https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html,
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_HTTP_Endpoints.html
_USES = {
    "codecommit-credential": "Give Git the user name and the password when it asks for them, for repositories at"
    " `https://git-codecommit.<region>.amazonaws.com`; keep them in its credential helper.",
    "keyspaces-credential": "Give the user name and the password to the Cassandra client, which connects to"
    " `cassandra.<region>.amazonaws.com`, port 9142, by TLS.",
    "bedrock-credential": "Give the API key to the program as the environment variable `AWS_BEARER_TOKEN_BEDROCK`, by"
    " its secret store and never by a file in a repository.",
    "cloudwatch-logs-credential": "Give the API key to what sends the logs, for the header `Authorization: Bearer"
    " <API key>` at `https://logs.<region>.amazonaws.com`.",
}


def sheet(
    spec: UserSpec, sign_in_url: str, receipts: Sequence[Receipt], require_mfa: bool, region: str | None = None
) -> str:
    """One user's sheet as Markdown. ``region`` is that of the store in AWS."""
    parts = [
        f"# {spec.name}",
        "",
        f"- User name: `{spec.name}`",
        *([f"- Owner: {spec.owner}"] if spec.owner else []),
        *([f"- Sign-in: {sign_in_url}"] if _has(receipts, PASSWORD) else []),
        "",
        "## What was handed over",
        "",
    ]
    for receipt in receipts:
        parts += _handed_over(receipt, region)
    parts += ["", "## What the owner does next", ""]
    steps = _next_steps(spec, sign_in_url, receipts, require_mfa)
    return "\n".join([*parts, *(f"{number}. {text}" for number, text in enumerate(steps, 1)), ""])


def _has(receipts: Sequence[Receipt], kind: str) -> bool:
    return any(receipt.kind == kind for receipt in receipts)


def _handed_over(receipt: Receipt, region: str | None) -> list[str]:
    made = receipt.access_key_id or receipt.service_specific_credential_id
    key_id = f" `{made}`" if made else ""
    openpgp = bool(receipt.sealed_to) and receipt.sealed_to[0].startswith("openpgp ")
    opening = _OPEN if receipt.threshold is None else _OPEN_TOGETHER
    how = (opening if receipt.sealed_to else _READ)[receipt.store].format(
        place=receipt.place,
        name=receipt.place.rpartition("/")[2],
        region=f" --region {region}" if region else "",
        program="gpg --decrypt" if openpgp else "age -d -i <private key>",
        about="" if openpgp else _AGE,
        threshold=receipt.threshold,
    )
    where = f"{_KEEPERS.get(receipt.store, '')}`{receipt.place}`"
    to = f"{together(receipt.threshold)}{' and '.join(receipt.sealed_to)}"
    sealed = f", {to} ({receipt.fingerprint})" if receipt.sealed_to else ""
    return [f"- {_TITLES[receipt.kind]}{key_id}: {where}{sealed}.", f"  {how}"]


def _next_steps(spec: UserSpec, sign_in_url: str, receipts: Sequence[Receipt], require_mfa: bool) -> list[str]:
    steps = []
    with_seed = _has(receipts, MFA_SEED)
    if with_seed:
        handover = spec.handover_for(MFA_SEED)
        picture = handover is not None and handover.format in ("png", "svg")
        how = "scan the opened picture" if picture else "give it the opened address, or the seed by hand"
        steps.append(f"Add the MFA device to an authenticator app: {how}; then shred what was opened.")
    if _has(receipts, PASSWORD):
        code = ", and the code that the app shows" if with_seed else ""
        steps.append(f"Sign in at {sign_in_url} with the user name and the password{code}.")
        if spec.console is not None and spec.console.reset_required:
            steps.append("Choose a password of your own when you are asked to.")
        demand = "; until then AWS denies everything else" if require_mfa else ""
        if not with_seed:
            steps.append(f"Enrol an MFA device under *Security credentials*, then sign in again with it{demand}.")
    if _has(receipts, ACCESS_KEY):
        importable = spec.handover is not None and spec.handover.format == "csv"
        # The import makes a profile of the user's name; without it the check would be of somebody else's key.
        steps += (
            [
                f"Save the opened text as `{spec.name}.csv`, import it with `aws configure import --csv"
                f" file://{spec.name}.csv` (AWS CLI version 2), then shred it.",
                f"Check it with `aws sts get-caller-identity --profile {spec.name}`.",
            ]
            if importable
            else [
                "Give the key to the program, by its secret store and never by a file in a repository.",
                "Check it with `aws sts get-caller-identity`, run with that key.",
            ]
        )
    for receipt in receipts:
        steps += [_USES[receipt.kind]] if receipt.kind in _USES else []
        if receipt.expiration_date:
            what = secret_words(receipt.kind)
            steps.append(f"Ask for a new {what} before {receipt.expiration_date[:10]}, when it expires.")
    return [*steps, "Say so to whoever onboarded you: until then the hand-over is not finished."]
