# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long it takes, as ratios on the same machine and server: against raw boto3, and against amazon.aws's modules."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.runs import PLAYBOOK, onboard, roster, timed
from tests.emulator.client import Emulator

USERS, PEER_USERS, ROUNDS = 200, 20, 15
RAW_AT_MOST, PEER_AT_LEAST = 3.0, 40.0

_PEER = [
    {
        "name": "User and password",
        "amazon.aws.iam_user": {"name": "{{ item }}", "state": "present", "password": "Not-2-be-guessed!"},
        "loop": "{{ people }}",
    },
    {
        "name": "Membership",
        "amazon.aws.iam_group": {"name": "Bench", "state": "present", "users": ["{{ item }}"]},
        "loop": "{{ people }}",
    },
    {
        "name": "Access key",
        "amazon.aws.iam_access_key": {"user_name": "{{ item }}"},
        "loop": "{{ people }}",
        "no_log": True,
    },
]


def raw_seconds(aws: Emulator, folder: Path) -> float:
    aws.reset()
    aws.client("iam").create_group(GroupName="Bench")
    script = str(Path(__file__).with_name("raw.py"))
    environment = {**aws.environment, "AWS_DEFAULT_REGION": "us-east-1"}
    aws.environment = environment
    return timed(aws, [sys.executable, script, str(USERS)], folder)


def our_seconds(aws: Emulator, folder: Path) -> float:
    aws.reset()
    aws.client("iam").create_group(GroupName="Bench")
    return onboard(aws, folder, roster(USERS, folder))


def peer_seconds(aws: Emulator, folder: Path) -> float:
    aws.reset()
    people = [f"person-{number}" for number in range(PEER_USERS)]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"people": people}, "tasks": _PEER}
    (folder / "peer.yml").write_text(json.dumps([play]))
    return timed(aws, [PLAYBOOK, "peer.yml"], folder)


def main() -> bool:
    """Prints both ratios; whether they are as promised. The one to raw boto3 is the median of rounds, each with one run
    of either right after the other, since the speed of a shared machine changes from minute to minute."""
    raw, ours = [], []
    with Emulator() as aws, tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            place = Path(folder, str(number))
            place.mkdir()
            raw.append(raw_seconds(aws, place))
            ours.append(our_seconds(aws, place))
        peer = peer_seconds(aws, Path(folder))
    ratios = sorted(mine / floor for mine, floor in zip(ours, raw, strict=True))
    ratio, each, peers_each = statistics.median(ratios), min(ours) / USERS, peer / PEER_USERS
    print(f"{USERS} users with password and key: onboard.yml {min(ours):.1f} s, raw boto3 {min(raw):.1f} s at best")
    print(f"  {ratio:.2f} times as long as raw boto3 (promised: at most {RAW_AT_MOST:g})")
    print(f"  in {ROUNDS} rounds from {ratios[0]:.2f} to {ratios[-1]:.2f}, files under {folder}")
    print(f"a user: onboard.yml {each:.3f} s, a loop over amazon.aws's modules {peers_each:.2f} s ({PEER_USERS} users)")
    print(f"  {peers_each / each:.0f} times as fast as amazon.aws (promised: at least {PEER_AT_LEAST:g})")
    return ratio <= RAW_AT_MOST and peers_each / each >= PEER_AT_LEAST
