# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A store that fails under way: no key is left that nobody has the secret of, and the next run heals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.crash.people import (
    BOTH_USER,
    KEY_USER,
    PASSWORD_USER,
    Work,
    assert_finished,
    bare_users,
    nobody,
    onboarded,
)
from tests.integration.crash.process import Ran

FOR_EVER = {"times": 0}
STORE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "denied"}, "Allow the caller secretsmanager:CreateSecret."),
    ({"kind": "throttle"}, "Run again later, or with a lower concurrency."),
    ({"kind": "unavailable"}, "Run again; it goes on from where it stopped."),
    ({"kind": "error", "code": "ResourceExistsException", "http": 400}, "Run again, so that it is read anew."),
    (
        {"kind": "error", "code": "DecryptionFailure", "http": 400},
        "What DecryptionFailure means is in AWS's documentation of secretsmanager:CreateSecret; its own words could"
        " repeat the secret.",
    ),
]
DELETED = "The new access key was deleted again."


def keys_of(work: Work, user: str) -> list[str]:
    return [key["AccessKeyId"] for key in work.aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]]


def with_a_store_that_goes(work: Work, action: str, user: str) -> Ran:
    """A run whose folder becomes a file while this call of this user is under way."""
    work.aws.fault(action=action, kind="hold", match={"UserName": user})
    running = work.start()
    work.aws.wait_for_held()
    folder = work.folder / "handover"
    if folder.exists():
        folder.rename(work.folder / "elsewhere")
    folder.write_text("in the way", encoding="utf-8")
    work.aws.release()
    ran = running.wait()
    folder.unlink()
    shutil.rmtree(work.folder / "elsewhere", ignore_errors=True)
    return ran


def assert_heals(work: Work) -> None:
    work.aws.clear_faults()
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert_finished(work, "after the store was mended")


def test_a_folder_that_goes_while_a_key_is_made(work: Work) -> None:
    ran = with_a_store_that_goes(work, "iam:CreateAccessKey", BOTH_USER)
    assert ran.rc == 1
    path = work.folder / "handover" / f"{BOTH_USER}.access-key.csv.age"
    assert ran.msg == (
        f"Cannot finish user {BOTH_USER}: cannot store at '{path}': a part of the path is not a directory. "
        f"Mend that or give another path. {DELETED}"
    )
    assert keys_of(work, BOTH_USER) == []
    assert ran.result["actions"]["iam:DeleteAccessKey"] == 1
    told = next(user for user in ran.result["users"] if user["user_name"] == BOTH_USER)
    assert told["access_keys"] == []
    work.aws.client("iam").delete_login_profile(UserName=PASSWORD_USER)  # their files went with the folder
    work.aws.client("iam").delete_login_profile(UserName=BOTH_USER)
    assert_heals(work)


def test_a_folder_that_goes_before_a_password_is_stored(work: Work) -> None:
    ran = with_a_store_that_goes(work, "iam:AddUserToGroup", PASSWORD_USER)
    assert ran.rc == 1
    assert f"Cannot finish user {PASSWORD_USER}: cannot store at" in ran.msg
    assert "iam:CreateLoginProfile" not in ran.result["actions"]
    assert "handovers" in ran.result, "the others were not stopped"
    assert_heals(work)


@pytest.mark.parametrize("before", [nobody, bare_users])
@pytest.mark.parametrize(("fault", "advice"), STORE_FAULTS, ids=lambda value: str(value)[:40])
def test_secrets_manager_refuses_the_key(work: Work, before: Any, fault: dict[str, Any], advice: str) -> None:
    before(work)
    work.aws.fault(action="secretsmanager:CreateSecret", **fault, **FOR_EVER)
    ran = work.run()
    assert ran.rc == 1
    start = f"Cannot finish user {KEY_USER}: cannot store the access key in iam/{KEY_USER}/access-key: "
    assert ran.msg.startswith(start), ran.msg
    assert ran.msg.endswith(f"{advice} {DELETED}"), ran.msg
    assert keys_of(work, KEY_USER) == []
    (failure,) = ran.result["failures"]
    assert failure["failed"] == f"+ secret iam/{KEY_USER}/access-key"
    assert failure["not_started"] == [f"user {KEY_USER}: + receipt for the access key"]
    assert_heals(work)


@pytest.mark.parametrize("fault", [{"kind": "denied"}, {"kind": "throttle"}, {"kind": "lost_reply", "times": 1}])
def test_the_key_cannot_be_deleted_again_either(work: Work, fault: dict[str, Any]) -> None:
    work.aws.fault(action="secretsmanager:CreateSecret", kind="denied", times=0)
    work.aws.fault(**{"action": "iam:DeleteAccessKey", **FOR_EVER, **fault})
    ran = work.run()
    assert ran.rc == 1
    if fault["kind"] == "lost_reply":
        assert ran.msg.endswith(DELETED)
        assert keys_of(work, KEY_USER) == []
    else:
        (key,) = keys_of(work, KEY_USER)
        assert f"Access key {key} could not be deleted either; delete it, or run again, which does so." in ran.msg
    assert_heals(work)


def test_a_new_version_that_cannot_be_put_in_force_is_replaced_by_the_next_reissue(work: Work) -> None:
    work = replace(work, store="secretsmanager", reissue=True)
    onboarded(work)
    work.aws.fault(action="secretsmanager:UpdateSecretVersionStage", kind="denied", times=0)
    ran = work.run()
    assert ran.rc == 1
    assert "Allow the caller secretsmanager:UpdateSecretVersionStage." in ran.msg
    assert_heals(work)


def test_an_old_key_stays_when_its_successor_cannot_be_stored(work: Work) -> None:
    work = replace(work, store="secretsmanager", reissue=True)
    onboarded(work)
    before = keys_of(work, KEY_USER)
    work.aws.fault(action="secretsmanager:PutSecretValue", kind="denied", times=0)
    ran = work.run()
    assert ran.rc == 1
    assert keys_of(work, KEY_USER) == before
    assert_heals(work)
