# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What looks like a secret, by its name or by its form, so that it is not written where many can read it.

It finds mistakes, not malice: a password that is just a word can't be told from any other word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# By the end of the name: ``console_password`` holds one, ``password_store`` tells where it is.
_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|passphrase|secret|secret_key|secret_access_key|access_key_secret|private_key|token"
    r"|seed|mnemonic|otp|totp|mfa_code|pin)s?$"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_FORMS = {
    "an age private key": re.compile(r"AGE-(?:SECRET-KEY|PLUGIN)-", re.IGNORECASE),
    "a private key": re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),
    # The id of a signing certificate is of 32 such letters too, and a plan that deletes one is no secret.
    "an MFA seed": re.compile(r"(?i:otpauth)://|(?<!signing certificate )(?<![A-Za-z0-9])[A-Z2-7]{32,}(?![A-Za-z0-9])"),
    "a session token": re.compile(r"(?<![A-Za-z0-9])(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+]{16}"),
    "an API key": re.compile(r"(?<![A-Za-z0-9])ABSK[A-Za-z0-9+/]{20}"),
    "a share of a secret": re.compile(r"\b(?:[a-z]{4,8}\s+){19}[a-z]{4,8}\b", re.IGNORECASE),
}
# 40 characters of base64 (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html). A commit's
# hash and a path have as many now and then, but not capitals, small letters and digits together.
_ACCESS_KEY_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KINDS_OF_CHARACTERS = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))


def findings(fields: Mapping[str, Any]) -> list[str]:
    """For each field that looks like a secret, where it stands and what it looks like; never the value itself."""
    return list(dict.fromkeys(_look(fields, "")))


def masked(value: Any) -> Any:
    """The same with a note in place of each text, also a name, that looks like a secret."""
    if isinstance(value, Mapping):
        return {masked(str(name)): masked(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    form = _form(str(value))
    return value if form is None else f"(left out, it looks like {form})"


def _look(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _look_at_entry(str(name), item, place)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _look(item, place)
    elif (form := _form(str(value))) is not None:
        yield f"{place} looks like {form}"


def _look_at_entry(name: str, value: Any, place: str) -> Iterator[str]:
    if (form := _form(name)) is not None:
        yield f"a name {f'in {place}' if place else 'of a field'} looks like {form}"
        return
    inside = f"{place}.{name}" if place else name
    if _NAME.search(_WORDS.sub("_", name).lower()):
        yield f"{inside} has a secret's name"
    yield from _look(value, inside)


def _form(text: str) -> str | None:
    for form, pattern in _FORMS.items():
        if pattern.search(text):
            return form
    for found in _ACCESS_KEY_SECRET.findall(text):
        if all(kind.search(found) for kind in _KINDS_OF_CHARACTERS):
            return "a secret access key"
    return None
