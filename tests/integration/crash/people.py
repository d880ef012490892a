# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A roster of three people, its owner's key, and the judgement whether each has what was asked for, and once."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pyrage
from botocore.config import Config

from tests.emulator.client import Emulator
from tests.integration.crash import process
from tests.integration.crash.process import Process, Ran

PASSWORD_USER, KEY_USER, BOTH_USER = "jane.doe", "erp-export", "mary.major"
_NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"})
_SESSION = boto3.session.Session()


@dataclass(frozen=True)
class Owner:
    """An ed25519 SSH key: ``public`` is the line to seal to, ``identity`` opens what was sealed to it."""

    public: str
    identity: Any
    private: Path

    @classmethod
    def made_in(cls, folder: Path) -> Owner:
        file = folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "owner@laptop", "-f", file], check=True)
        public = file.with_suffix(".pub").read_text(encoding="utf-8").strip()
        return cls(public, pyrage.ssh.Identity.from_buffer(file.read_bytes()), file)


@dataclass(frozen=True)
class Work:
    """What a run is given: the account, whose key to seal to, where files go, and the roster's parameters."""

    aws: Emulator
    owner: Owner
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    reissue: bool = False
    store: str = "mixed"

    @property
    def params(self) -> dict[str, Any]:
        file = {"store": "file", "path": "handover/", "seal_to": [self.owner.public]}
        secret = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}
        stores = {"mixed": (file, secret, file), "secretsmanager": (secret, secret, secret), "file": (file, file, file)}
        first, second, third = stores[self.store]
        users = [
            {"name": PASSWORD_USER, "use_case": "human", "owner": "jane", "console": True, "handover": first},
            {"name": KEY_USER, "use_case": "workload", "owner": "erp", "access_key": True, "handover": second},
            {"name": BOTH_USER, "use_case": "emergency", "console": True, "access_key": True, "handover": third},
        ]
        more = {"groups": ["Staff"], "reissue": self.reissue}
        return {
            "groups": [{"name": "Staff"}],
            "users": [{**user, **more} for user in users],
            "concurrency": 1,
            "region": "us-east-1",
            "directory": str(self.folder),
            **self.more,
        }

    def start(self, **options: bool) -> Process:
        return process.start("roster", self.params, self.aws.environment, self.folder, **options)

    def run(self, **options: bool) -> Ran:
        return self.start(**options).wait()

    def again(self) -> Work:
        """The same roster without reissue: what is asked for once the lost secrets are replaced."""
        return replace(self, reissue=False)


def writes(aws: Emulator, since: int = 0) -> list[str]:
    return [entry["action"] for entry in aws.log(writes_only=True, since=since)]


def last_call(aws: Emulator) -> int:
    return max((entry["n"] for entry in aws.log()), default=0)


def nobody(work: Work) -> None:
    """An empty account."""


def bare_users(work: Work) -> None:
    """The users and their group are there, without credentials: the intent is a call of its own."""
    iam = work.aws.client("iam")
    iam.create_group(GroupName="Staff")
    for name in (PASSWORD_USER, KEY_USER, BOTH_USER):
        iam.create_user(UserName=name)


def onboarded(work: Work) -> None:
    """All was handed over already, some seconds ago: AWS's dates have no fractions."""
    assert replace(work, reissue=False).run().rc == 0
    work.aws.set_clock(10)


def emptied(work: Work) -> None:
    """An empty account and no files."""
    work.aws.reset()
    shutil.rmtree(work.folder / "handover", ignore_errors=True)


def assert_finished(work: Work, where: str) -> None:
    """Everything is settled, and another run, asked for nothing new, has nothing to do."""
    try:
        assert_settled(work)
    except AssertionError as found:
        raise AssertionError(f"{where}: {found}") from found
    assert_nothing_to_do(work, where)


def assert_nothing_to_do(work: Work, where: str) -> None:
    """Another run, asked for nothing new, makes no write call."""
    since = last_call(work.aws)
    more = work.again().run()
    assert more.rc == 0, f"{where}: {more.msg}"
    assert more.result["changed"] is False, where
    assert writes(work.aws, since) == [], where


def assert_settled(work: Work) -> None:
    """Each user has exactly one working, handed-over credential of each kind asked for, and nobody has an orphan."""
    iam = work.aws.client("iam")
    for user in work.params["users"]:
        name = user["name"]
        assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]] == ["Staff"]
        if user.get("console"):
            _assert_signs_in(work, user)
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        if user.get("access_key"):
            _assert_one_key(work, user, keys, iam.list_user_tags(UserName=name)["Tags"])
        else:
            assert keys == []
    leftovers = [path.name for path in work.folder.rglob("*") if "~" in path.name]
    assert leftovers == []


def _assert_signs_in(work: Work, user: dict[str, Any]) -> None:
    told = _stored(work, user, "console-password")
    password = told.get("Password") or told["password"]
    answer = work.aws.sign_in(user["name"], password)
    assert answer["ok"], f"the stored password of {user['name']} does not sign in"
    assert answer["password_reset_required"] is (user["use_case"] != "emergency")


def _assert_one_key(work: Work, user: dict[str, Any], keys: list[dict[str, Any]], tags: list[dict[str, str]]) -> None:
    assert [key["Status"] for key in keys] == ["Active"], f"{user['name']} has {len(keys)} keys"
    key_id = keys[0]["AccessKeyId"]
    told = _stored(work, user, "access-key")
    stored_id = told.get("Access key ID") or told["access_key_id"]
    secret = told.get("Secret access key") or told["secret_access_key"]
    assert stored_id == key_id
    assert _caller(work.aws, key_id, secret).endswith(f":user/{user['name']}")
    found = {tag["Key"]: tag["Value"] for tag in tags}
    assert found["keysmith:access-key"].split()[0] == key_id
    described = [tag for tag in found if tag.startswith("AKIA")]
    assert described == [key_id], f"{user['name']} has descriptions of {described}"


def _caller(aws: Emulator, key_id: str, secret: str) -> str:
    client = _SESSION.client(
        "sts",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=_NO_RETRIES,
    )
    return str(client.get_caller_identity()["Arn"])


def _stored(work: Work, user: dict[str, Any], kind: str) -> dict[str, str]:
    """What the owner reads at the place of this kind: the CSV's one row or the JSON."""
    if user["handover"]["store"] == "secretsmanager":
        place = user["handover"]["name"].replace("{user}", user["name"]).replace("{kind}", kind)
        text = work.aws.client("secretsmanager").get_secret_value(SecretId=place)["SecretString"]
        return dict(json.loads(text))
    path = work.folder / "handover" / f"{user['name']}.{kind}.csv.age"
    opened = pyrage.decrypt(path.read_bytes(), [work.owner.identity]).decode()
    (row,) = csv.DictReader(opened.splitlines())
    return row
