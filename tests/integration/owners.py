# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Owners of secrets with real keys, and the real `age` by which they open what they are given."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyrage


@dataclass(frozen=True)
class Owner:
    """A public key to seal to, the file with the private one, and that key's text."""

    public: str
    file: Path = field(repr=False)
    private: str = field(repr=False)

    def open(self, sealed: str) -> str:
        """What `age -d -i <key file>` gives."""
        command = ["age", "--decrypt", "--identity", str(self.file)]
        return subprocess.run(command, input=sealed, check=True, capture_output=True, text=True).stdout


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="keysmith-owners-")


def age(name: str = "jane") -> Owner:
    """Each ``name`` has a key of their own."""
    return _age(name)


# By name alone: to a cache of its own, age() and age("jane") would be two, with one file.
@cache
def _age(name: str) -> Owner:
    identity = pyrage.x25519.Identity.generate()
    file = Path(_folder().name) / f"age-{name}.txt"
    file.write_text(f"{identity}\n", encoding="utf-8")
    return Owner(str(identity.to_public()), file, str(identity))


@cache
def ssh(kind: str) -> Owner:
    """`kind`: ed25519 or rsa."""
    file = Path(_folder().name) / kind
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"jane@{kind}", "-f", str(file)]
    subprocess.run([*command, *(["-b", "2048"] if kind == "rsa" else [])], check=True, stdin=subprocess.DEVNULL)
    private = file.read_text(encoding="utf-8")
    # One line of the key's middle: what stands before it is alike in every key.
    return Owner(file.with_suffix(".pub").read_text(encoding="utf-8").strip(), file, private.splitlines()[3])
