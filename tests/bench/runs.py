# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rosters and processes that the benchmarks share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyrage import x25519

from tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
ANSIBLE, PLAYBOOK = (str(Path(sys.executable).parent / name) for name in ("ansible", "ansible-playbook"))


def roster(count: int, folder: Path, *, console: bool = True, access_key: bool = True) -> dict[str, Any]:
    """A roster of that many people in one group, each with a sealed hand-over into ``folder``."""
    recipient = str(x25519.Identity.generate().to_public())
    users = [
        {
            "name": f"person-{number}",
            "use_case": "human",
            "owner": f"person-{number}@example.com",
            "groups": ["Bench"],
            "console": console,
            "access_key": access_key,
        }
        for number in range(count)
    ]
    return {
        "onboard_groups": [{"name": "Bench", "require_mfa": True}],
        "onboard_users": users,
        "onboard_handover": {"seal_to": [recipient], "store": "file", "path": "handover/"},
        "onboard_directory": str(folder),
    }


def onboard(aws: Emulator, folder: Path, wanted: dict[str, Any], *more: str) -> float:
    """The seconds that onboard.yml takes for this roster, from the start of ansible-playbook to its end."""
    variables = folder / "roster.json"
    variables.write_text(json.dumps(wanted))
    return timed(aws, [PLAYBOOK, "keysmith.iam.onboard", "-e", f"@{variables}", *more], folder)


def timed(aws: Emulator, command: Sequence[str], folder: Path) -> float:
    site = next(Path(entry) for entry in sys.path if (Path(entry) / "ansible_collections/amazon/aws").is_dir())
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.collections'}{os.pathsep}{site}",
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    begin = time.perf_counter()
    ended = subprocess.run(
        command, cwd=folder, env={**kept, **settings, **aws.environment}, capture_output=True, text=True
    )
    seconds = time.perf_counter() - begin
    if ended.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-2000:]}"
        )
    return seconds
