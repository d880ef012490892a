# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials as AWX gives them to a job: environment variables, files in `env/`, extra variables on the command line.

Source: `CredentialType.inject_credential` and `build_safe_env` in awx/main/models/credential.py, the type of Amazon
Web Services in awx_plugins/credentials/injectors.py.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

HIDDEN = "**********"
# Built into AWX, where it is code; the token's fields are there only if there is a token.
AWS: Mapping[str, Any] = {
    "inputs": {"fields": [{"id": "username"}, {"id": "password", "secret": True}]},
    "injectors": {"env": {"AWS_ACCESS_KEY_ID": "{{ username }}", "AWS_SECRET_ACCESS_KEY": "{{ password }}"}},
}
_NAMED_AS_SECRET = re.compile("API|TOKEN|KEY|SECRET|PASS", re.IGNORECASE)
_JINJA = ImmutableSandboxedEnvironment()


class Unsafe(yaml.SafeDumper):
    """Writes texts with the tag by which Ansible takes them as they are and never for a template."""


Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


@dataclass(frozen=True)
class Credential:
    """A credential type, with `inputs` and `injectors` as AWX's API has them, and what somebody entered in its form."""

    kind: Mapping[str, Any]
    inputs: Mapping[str, str | bool] = field(repr=False)


@dataclass(frozen=True)
class Injected:
    """What a job gets of its credentials; `seen` is the part of the environment that AWX shows, with secrets hidden."""

    environment: Mapping[str, str] = field(repr=False)
    seen: Mapping[str, str]
    arguments: list[str]


def aws(environment: Mapping[str, str]) -> Credential:
    """The built-in type with the key pair of an emulator's environment."""
    names = {"username": "AWS_ACCESS_KEY_ID", "password": "AWS_SECRET_ACCESS_KEY"}
    return Credential(AWS, {name: environment[variable] for name, variable in names.items()})


def hide(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment as AWX keeps it with the job: what is named like a secret is hidden."""
    shown = ("AWS_ACCESS_KEY_ID",)
    return {
        name: HIDDEN
        if _NAMED_AS_SECRET.search(name) and name not in shown and not name.startswith("ANSIBLE_")
        else text
        for name, text in environment.items()
    }


def inject(credential: Credential, folder: Path) -> Injected:
    """Write the credential's files into `env/` of the job's folder and give the rest."""
    injectors = credential.kind["injectors"]
    fields = {entry["id"]: entry for entry in credential.kind["inputs"].get("fields", ())}
    texts = {name: False for name, entry in fields.items() if entry.get("type") == "boolean"}
    texts |= {name: _as_entered(value, fields[name]) for name, value in credential.inputs.items() if value != ""}
    tower = SimpleNamespace(filename=_files(injectors.get("file", {}), texts, folder))
    secret = {name: HIDDEN for name in texts if fields[name].get("secret")}
    environment = injectors.get("env", {})
    variables = _each(injectors.get("extra_vars", {}), {**texts, "tower": tower})
    arguments = ["-e", f"@{_write(yaml.dump(variables, Dumper=Unsafe), folder)}"] if variables else []
    return Injected(
        environment=_each(environment, {**texts, "tower": tower}),
        seen=hide(_each(environment, {**texts, **secret, "tower": tower})),
        arguments=arguments,
    )


def _as_entered(value: str | bool, entry: Mapping[str, Any]) -> str | bool:
    ends = value if isinstance(value, bool) or value.endswith("\n") else f"{value}\n"
    return ends if entry.get("format") == "ssh_private_key" else value


def _files(templates: Mapping[str, str], texts: Mapping[str, Any], folder: Path) -> Any:
    """`template` makes `tower.filename` a path, `template.NAME` gives it that attribute."""
    paths = {label: _write(_JINJA.from_string(text).render(texts), folder) for label, text in templates.items()}
    named = {label.partition(".")[2]: path for label, path in paths.items()}
    return named[""] if "" in named else SimpleNamespace(**named)


def _each(templates: Any, texts: Mapping[str, Any]) -> Any:
    if isinstance(templates, Mapping):
        return {_each(name, texts): _each(value, texts) for name, value in templates.items()}
    if isinstance(templates, list):
        return [_each(value, texts) for value in templates]
    return _JINJA.from_string(templates).render(texts)


def _write(text: str, folder: Path) -> str:
    handle, path = tempfile.mkstemp(dir=folder / "env")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
