# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service-specific credentials of a run that was killed or hurt, or whose store failed: one each that works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.crash.people import (
    Owner,
    Work,
    _stored,
    assert_nothing_to_do,
    emptied,
    last_call,
    nobody,
    writes,
)
from tests.integration.crash.test_killed import each_kill
from tests.integration.crash.test_store_fails import STORE_FAULTS

NAME = "erp-export"
SERVICES = {"codecommit": "codecommit.amazonaws.com", "bedrock": "bedrock.amazonaws.com"}
OF_USER = {"UserName": NAME}
MOST = 40


@dataclass(frozen=True)
class Credentials(Work):
    """The same work with a roster of one workload that wants a password for CodeCommit and an API key for Bedrock."""

    @property
    def params(self) -> dict[str, Any]:
        handovers = {
            "file": {"store": "file", "path": "handover/", "seal_to": [self.owner.public]},
            "secretsmanager": {"store": "secretsmanager", "name": "iam/{user}/{kind}"},
        }
        wanted = [{"service": "codecommit"}, {"service": "bedrock", "credential_age_days": 90}]
        user = {"name": NAME, "use_case": "workload", "owner": "erp", "handover": handovers[self.store]}
        return {
            "users": [{**user, "service_specific_credentials": wanted, "reissue": self.reissue}],
            "region": "us-east-1",
            "directory": str(self.folder),
        }


@pytest.fixture
def work(aws: Emulator, owner: Owner, tmp_path: Path) -> Credentials:
    return Credentials(aws, owner, tmp_path, store="secretsmanager")


def bare(work: Work) -> None:
    """The user is there, so that each intent is a call of its own."""
    work.aws.client("iam").create_user(**OF_USER)


def handed_over(work: Work) -> None:
    """All was handed over some seconds ago: AWS's dates have no fractions."""
    assert replace(work, reissue=False).run().rc == 0
    work.aws.set_clock(10)


def credentials(work: Work) -> list[dict[str, Any]]:
    return list(work.aws.client("iam").list_service_specific_credentials(**OF_USER)["ServiceSpecificCredentials"])


def assert_settled(work: Work, where: str) -> None:
    """One working credential a service, its secret in the store and its id in the receipt."""
    found = credentials(work)
    assert sorted(one["ServiceName"] for one in found) == sorted(SERVICES.values()), where
    tags = {tag["Key"]: tag["Value"] for tag in work.aws.client("iam").list_user_tags(**OF_USER)["Tags"]}
    made = {secret["id"]: secret["value"] for secret in work.aws.secrets()}
    (user,) = work.params["users"]
    for service, name in SERVICES.items():
        (one,) = (one for one in found if one["ServiceName"] == name)
        which = one["ServiceSpecificCredentialId"]
        assert one["Status"] == "Active", where
        assert tags[f"keysmith:{service}-credential"].split()[0] == which, where
        assert made[which] in _stored(work, user, f"{service}-credential").values(), where


def assert_finished(work: Work, where: str) -> None:
    assert_settled(work, where)
    assert_nothing_to_do(work, where)


# Killed before a call is killed after the one before it, but for the files that are written between the two.
@pytest.mark.parametrize(("kind", "store"), [("hold", "secretsmanager"), ("hold_before", "file")])
@pytest.mark.parametrize(("before", "reissue"), [(nobody, False), (bare, False), (handed_over, True)])
def test_killed_at_any_write(work: Work, before: Callable[[Work], None], reissue: bool, kind: str, store: str) -> None:
    work = replace(work, reissue=reissue, store=store)
    for where in each_kill(work, before, kind):
        second = work.run()
        assert second.rc == 0, f"{where}: {second.msg}"
        assert_finished(work, where)


@pytest.mark.parametrize("kind", ["lost_reply", "unavailable_after"])
@pytest.mark.parametrize(("before", "reissue"), [(nobody, False), (bare, False), (handed_over, True)])
def test_any_one_lost_answer(work: Work, before: Callable[[Work], None], reissue: bool, kind: str) -> None:
    work = replace(work, reissue=reissue)
    for nth in range(MOST):
        emptied(work)
        before(work)
        since = last_call(work.aws)
        work.aws.fault(action="write", kind=kind, skip=nth)
        ran = work.run()
        if work.aws.faults():
            assert nth > 0
            return
        assert ran.rc == 0, f"write {nth + 1}: {ran.msg}"
        assert_settled(work, f"write {nth + 1}")
        made = [action for action in writes(work.aws, since) if action == "iam:CreateServiceSpecificCredential"]
        told = ran.result["actions"]["iam:CreateServiceSpecificCredential"]
        assert told == len(made), f"write {nth + 1}"
        (user,) = ran.result["users"]
        shown = [one["service_specific_credential_id"] for one in user["service_specific_credentials"]]
        assert sorted(shown) == sorted(one["ServiceSpecificCredentialId"] for one in credentials(work))
    raise AssertionError("there is no end of writes")


@pytest.mark.parametrize("before", [nobody, bare])
@pytest.mark.parametrize(("fault", "advice"), STORE_FAULTS, ids=lambda value: str(value)[:40])
def test_a_store_that_fails(work: Work, before: Callable[[Work], None], fault: dict[str, Any], advice: str) -> None:
    before(work)
    work.aws.fault(action="secretsmanager:CreateSecret", **fault, times=0)
    ran = work.run()
    assert ran.rc == 1
    start = f"Cannot finish user {NAME}: cannot store the CodeCommit credential in iam/{NAME}/codecommit-credential: "
    assert ran.msg.startswith(start)
    assert ran.msg.endswith(f"{advice} The new CodeCommit credential was deleted again.")
    assert credentials(work) == []
    assert ran.result["actions"]["iam:DeleteServiceSpecificCredential"] == 1
    work.aws.clear_faults()
    assert work.run().rc == 0
    assert_finished(work, "after the store was mended")


def test_an_old_one_stays_when_its_successor_cannot_be_stored(work: Work) -> None:
    work = replace(work, reissue=True)
    handed_over(work)
    before = credentials(work)
    work.aws.fault(action="secretsmanager:PutSecretValue", kind="denied", times=0)
    assert work.run().rc == 1
    assert credentials(work) == before
    work.aws.clear_faults()
    assert work.run().rc == 0
    assert_finished(work, "after the store was mended")


def test_one_whose_making_was_lost_and_does_not_show_at_once_is_found(work: Work) -> None:
    bare(work)
    work.run(check=True)
    work.aws.fault(action="iam:CreateServiceSpecificCredential", kind="lost_reply")
    work.aws.fault(action="iam:ListServiceSpecificCredentials", kind="stale", skip=1, times=2)
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert work.aws.faults() == [], "an answer was to be stale"
    assert_finished(work, "lost")
