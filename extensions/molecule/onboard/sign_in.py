# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sign_in.py KEY SEALED ENDPOINT: open the sealed file with its owner's SSH key, and sign in with what it holds.

Writes the emulator's answer. The password stays in here: no Ansible result has to hide it.
"""

from __future__ import annotations

import csv
import json
import sys
import urllib.request
from pathlib import Path

import pyrage


def main(key: str, sealed: str, endpoint: str) -> None:
    identity = pyrage.ssh.Identity.from_buffer(Path(key).read_bytes())
    text = pyrage.decrypt(Path(sealed).read_bytes(), [identity]).decode()
    (row,) = csv.DictReader(text.splitlines())
    asked = json.dumps({"user": row["User name"], "password": row["Password"]}).encode()
    with urllib.request.urlopen(f"{endpoint}/_emulator/sign-in", asked, timeout=30) as answer:
        sys.stdout.write(answer.read().decode())


main(*sys.argv[1:])
