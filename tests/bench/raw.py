# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The floor: a plain boto3 script, the peers' four calls a user, 16 threads, no check, no hand-over. `raw.py COUNT`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

THREADS = 16


def main(count: int) -> None:
    iam = boto3.client("iam", config=Config(max_pool_connections=THREADS))

    def onboard(number: int) -> None:
        name = f"raw-{number}"
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password="Not-2-be-guessed!", PasswordResetRequired=True)
        iam.add_user_to_group(UserName=name, GroupName="Bench")
        iam.create_access_key(UserName=name)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(onboard, range(count)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
