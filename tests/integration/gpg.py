# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenPGP keys made and used by the real gpg, in a GNUPGHOME of their own."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache

_HOME = tempfile.TemporaryDirectory(prefix="keysmith-gpg-")  # short: sockets have paths of at most 107 bytes
NO_DATE = "0"


@dataclass(frozen=True)
class Key:
    """A key pair in GNUPGHOME: its fingerprint, and both halves as gpg exports them."""

    fingerprint: str
    public: str
    private: str = field(repr=False)

    def open(self, sealed: str) -> str:
        """What `gpg --decrypt` gives, with this key alone."""
        return gpg("--try-secret-key", self.fingerprint, "--decrypt", stdin=sealed)


def gpg(*arguments: str, stdin: str | None = None, at: str | None = None) -> str:
    """Run gpg without asking anybody; `at` is a moment in the past, like 20200101T000000."""
    moment = () if at is None else ("--faked-system-time", f"{at}!")
    command = ["gpg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", *moment, *arguments]
    environment = {**os.environ, "GNUPGHOME": _HOME.name}
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make(
    name: str, kinds: tuple[str, str | None], at: str | None = None, expire: tuple[str, str] = (NO_DATE, NO_DATE)
) -> Key:
    """A key and, if its kind is given, an encryption subkey; `expire` are the dates of both."""
    gpg("--quick-generate-key", name, kinds[0], "sign,cert", expire[0], at=at)
    listed = gpg("--list-keys", "--with-colons", f"={name}").splitlines()
    fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
    if kinds[1]:
        add_subkey(fingerprint, kinds[1], at, expire[1])
    return exported(fingerprint)


def add_subkey(fingerprint: str, kind: str, at: str | None = None, expire: str = NO_DATE) -> None:
    gpg("--quick-add-key", fingerprint, kind, "encr", expire, at=at)


def revoke(key: Key) -> Key:
    """The key once its own revocation, which gpg makes with it, has been taken in."""
    with open(f"{_HOME.name}/openpgp-revocs.d/{key.fingerprint}.rev", encoding="utf-8") as file:
        gpg("--import", stdin=file.read().replace(":-----BEGIN", "-----BEGIN"))
    return exported(key.fingerprint)


def exported(fingerprint: str) -> Key:
    public = gpg("--armor", "--export", fingerprint)
    return Key(fingerprint, public, gpg("--armor", "--export-secret-keys", fingerprint))


@cache
def owner(kind: str) -> Key:
    """`kind`: ed25519 or rsa."""
    kinds = ("ed25519", "cv25519") if kind == "ed25519" else ("rsa3072", "rsa3072")
    return make(f"Jane Doe <jane@{kind}.example.com>", kinds)


@atexit.register
def _stop_agent() -> None:
    environment = {**os.environ, "GNUPGHOME": _HOME.name}
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False, capture_output=True)
