# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sign_in.py PASSWORD_KEY SEED_KEY FOLDER USER ENDPOINT: do what two custodians do, each with their own SSH key.

Writes whether the password signs in, and whether the seed's code is what the user's MFA device shows. The secrets stay
in here: no Ansible result has to hide them.
"""

from __future__ import annotations

import csv
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pyotp
import pyrage


def opened(key: str, sealed: Path) -> dict[str, str]:
    identity = pyrage.ssh.Identity.from_buffer(Path(key).read_bytes())
    (row,) = csv.DictReader(pyrage.decrypt(sealed.read_bytes(), [identity]).decode().splitlines())
    return row


def main(password_key: str, seed_key: str, folder: str, user: str, endpoint: str) -> None:
    def ask(route: str, body: dict[str, str] | None = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{endpoint}/_emulator/{route}", data, timeout=30) as answer:
            return dict(json.load(answer))

    secret = opened(password_key, Path(folder, f"{user}.console-password.csv.age"))
    seed = opened(seed_key, Path(folder, f"{user}.mfa-seed.csv.age"))
    signed_in = ask("sign-in", {"user": user, "password": secret["Password"]})
    sys.stdout.write(json.dumps({"signed_in": signed_in["ok"], "code_is_right": _code_is_right(ask, seed)}))


def _code_is_right(ask: Callable[[str], dict[str, object]], seed: dict[str, str]) -> bool:
    """False too where AWS has no such device. Both codes are taken, for the half-minute may just have ended."""
    try:
        shown = ask(f"mfa-codes?{urllib.parse.urlencode({'serial': seed['MFA serial number']})}")["codes"]
    except urllib.error.HTTPError:
        return False
    return pyotp.TOTP(seed["Seed"]).now() in list(shown)


main(*sys.argv[1:])
