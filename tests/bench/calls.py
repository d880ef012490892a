# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many AWS calls it takes: counts from the emulator's log, the same on every machine."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.runs import onboard, roster
from tests.emulator.client import Emulator

FEW, MANY = 10, 30


def calls(aws: Emulator, count: int, *, console: bool, access_key: bool) -> tuple[Counter[str], Counter[str]]:
    """The write calls of a first run, and all calls of a second one, by action."""
    aws.reset()
    with tempfile.TemporaryDirectory() as folder:
        wanted = roster(count, Path(folder), console=console, access_key=access_key)
        aws.clear_log()
        onboard(aws, Path(folder), wanted)
        first = Counter(entry["action"] for entry in aws.log(writes_only=True))
        aws.clear_log()
        onboard(aws, Path(folder), wanted)
        second = Counter(entry["action"] for entry in aws.log())
    return first, second


def main() -> bool:
    """Prints the counts; whether all are as promised. A call a user is the difference of two rosters' counts."""
    kept = True
    with Emulator() as aws:
        for title, console, access_key, promised in (
            ("new console user in one group", True, False, 2 + 1),
            ("new key user in one group", False, True, 3 + 1),
        ):
            few, _again = calls(aws, FEW, console=console, access_key=access_key)
            many, again = calls(aws, MANY, console=console, access_key=access_key)
            each = (many.total() - few.total()) / (MANY - FEW)
            print(f"{title}: {each:g} write calls a user (promised {promised})")
            print(f"  its second run: {again.total()} calls for {MANY} users ({_listed(again)})")
            kept = kept and each == promised
    return kept


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{action} {count}" for action, count in sorted(counts.items()))
