# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many AWS calls it takes: counts from the emulator's log, the same on every machine."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

from tests.bench.runs import ANSIBLE, onboard, roster, timed
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


def looks(aws: Emulator, count: int, kinds: list[str]) -> Counter[str]:
    """All calls of user_info for that many users, each with a password and a key, by action."""
    aws.reset()
    iam = aws.client("iam")
    for number in range(count - 1):  # the operator is one too
        iam.create_user(UserName=f"person-{number}")
        iam.create_login_profile(UserName=f"person-{number}", Password="made for the Bench, 1 Time")
        iam.create_access_key(UserName=f"person-{number}")
    aws.clear_log()
    with tempfile.TemporaryDirectory() as folder:
        arguments = json.dumps({"gather": kinds})
        timed(aws, [ANSIBLE, "localhost", "-m", "keysmith.iam.user_info", "-a", arguments], Path(folder))
    return Counter(entry["action"] for entry in aws.log())


def main() -> bool:
    """Prints the counts; whether all are as promised. A call a user is the difference of two rosters' counts."""
    with Emulator() as aws:
        return all([_rosters(aws), _looks(aws)])


def _rosters(aws: Emulator) -> bool:
    kept = True
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


def _looks(aws: Emulator) -> bool:
    kept = True
    for title, kinds, promised in (
        ("what the account's lists hold", [], 0),
        ("the credential report", ["credential_report"], 0),
        ("passwords, MFA and keys with their last use", ["login_profile", "mfa_devices", "access_key_last_used"], 4),
        ("everything", ["all"], 6),
    ):
        few, many = looks(aws, FEW, kinds), looks(aws, MANY, kinds)
        each = (many.total() - few.total()) / (MANY - FEW)
        print(f"user_info, {title}: {many.total()} calls for {MANY} users, {each:g} for each (promised {promised})")
        kept = kept and each == promised
    return kept


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{action} {count}" for action, count in sorted(counts.items()))
