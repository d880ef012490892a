# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The next run comes while AWS still answers its reads as before the killed one: nothing may be lost by that.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.integration.crash.people import Work, assert_finished, bare_users, onboarded
from tests.integration.crash.test_killed import each_kill


@pytest.mark.parametrize(
    ("action", "before", "reissue"),
    [
        ("iam:GetLoginProfile", bare_users, False),
        ("iam:ListAccessKeys", bare_users, False),
        ("iam:ListAccessKeys", onboarded, True),
    ],
)
def test_the_next_run_reads_of_each_user_once_what_was_before(
    work: Work, action: str, before: Callable[[Work], None], reissue: bool
) -> None:
    work = replace(work, reissue=reissue)
    for where in each_kill(work, before, "hold"):
        for user in work.params["users"]:
            work.aws.fault(action=action, kind="stale", match={"UserName": user["name"]})
        work.run()
        work.aws.clear_faults()
        third = work.again().run()
        assert third.rc == 0, f"{where}: {third.msg}"
        assert_finished(work, where)


def test_a_key_whose_making_was_lost_and_does_not_show_at_once_is_found(work: Work) -> None:
    bare_users(work)
    work.run(check=True)
    work.aws.fault(action="iam:CreateAccessKey", kind="lost_reply")
    work.aws.fault(action="iam:ListAccessKeys", kind="stale", skip=2, times=2)
    ran = work.run()
    assert ran.rc == 0, ran.msg
    assert_finished(work, "lost")
