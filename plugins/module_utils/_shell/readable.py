# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that stand readable in a result: refused where nothing hides it, else marked for the action plugin."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import REFUSE, Finding
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import HandoverSpec, RosterSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import subject_of
from ansible_collections.keysmith.iam.plugins.module_utils._shell.masking import HIDDEN, READABLE

try:
    from ansible.module_utils.secrets import register_secret  # since ansible-core 2.22
except ImportError:
    register_secret = None

# What a text tells beside its secret, by the names of the fields in its two formats.
_NO_SECRETS = {"user_name", "User name", "access_key_id", "Access key ID", "sign_in_url", "Console sign-in URL"}
_NO_SECRETS |= {"serial_number", "MFA serial number", "service_name", "service_user_name", "User Name"}
_NO_SECRETS |= {"service_specific_credential_id", "service_credential_alias", "API key ID"}
_NO_SECRETS |= {"expiration_date", "Expiration date"}


def is_readable(handover: HandoverSpec | None) -> bool:
    """Whether what is handed over so stands readable in the result."""
    return handover is not None and handover.store == "result" and not handover.seal_to


def refusals(roster: RosterSpec) -> list[Finding]:
    """A refusal for whoever's secret would stand readable in a result that nothing hides."""
    if os.environ.get(HIDDEN):
        return []
    text = (
        "its secret would stand readable in a result that nothing hides: a task with async, a run with ANSIBLE_DEBUG,"
        " or a module that is no task of its own. Take that away, or give handover.seal_to (the owner's public keys)."
    )
    readable = [spec for spec in roster.users if any(map(is_readable, spec.handovers))]
    return [Finding("handover", REFUSE, subject_of(spec), text) for spec in readable]


def mark(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a module, marked as one that holds a readable secret; the texts are registered as secrets where
    ansible-core keeps a list of them."""
    if register_secret is not None:
        for secret in {secret for entry in result["handed_over"] for secret in _secrets(entry["text"])}:
            register_secret(secret)
    return {**result, READABLE: True}


def _secrets(text: str) -> Iterator[str]:
    """The text, and the values in it that are secrets; a field that is not known for harmless is one."""
    yield text
    rows: list[dict[str, Any]] = []
    if text.startswith("{"):
        rows = [json.loads(text)]
    elif text.startswith(("User name,", "User Name,")):
        rows = list(csv.DictReader(io.StringIO(text)))
    yield from (str(value) for row in rows for name, value in row.items() if name not in _NO_SECRETS and value)
