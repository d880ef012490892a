# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Killed with SIGKILL at each write call in turn, then run again: the promise of DESIGN 1.3 and section 5."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.integration.crash.people import (
    Work,
    assert_finished,
    bare_users,
    emptied,
    nobody,
    onboarded,
)

# More writes than any run here has; the loops end at the first run that is not held.
MOST = 40


def killed_at(work: Work, nth: int, kind: str) -> str | None:
    """Start a run, kill it at its nth write, and say which call that was; None when there is no nth."""
    work.aws.clear_faults()
    work.aws.fault(action="write", kind=kind, skip=nth - 1)
    running = work.start()
    while not (held := work.aws.held()):
        if running.ended():
            work.aws.clear_faults()
            return None
        time.sleep(0.005)
    running.kill()
    work.aws.release()
    work.aws.clear_faults()
    return str(held[0]["action"])


def each_kill(work: Work, before: Callable[[Work], None], kind: str) -> Iterator[str]:
    """After each kill, by the name of the call that was under way; the account is made anew for each."""
    for nth in range(1, MOST):
        emptied(work)
        before(work)
        action = killed_at(work, nth, kind)
        if action is None:
            assert nth > 1, "no call was held"
            return
        yield f"write {nth}, {action}"
    raise AssertionError("there is no end of writes")


def assert_heals(work: Work, where: str) -> None:
    """One more run settles everything, and one more after that has nothing to do."""
    second = work.run()
    assert second.rc == 0, f"{where}: {second.msg}"
    assert_finished(work, where)


@pytest.mark.parametrize("kind", ["hold", "hold_before"])
@pytest.mark.parametrize("before", [nobody, bare_users])
def test_a_run_killed_at_any_write_is_finished_by_the_next(
    work: Work, before: Callable[[Work], None], kind: str
) -> None:
    for where in each_kill(work, before, kind):
        assert_heals(work, where)


# Killed before a call is killed after the one before it, but for the files that are written between the two.
@pytest.mark.parametrize(("kind", "store"), [("hold", "mixed"), ("hold_before", "file"), ("hold", "secretsmanager")])
def test_a_reissue_killed_at_any_write_is_finished_by_the_next(work: Work, kind: str, store: str) -> None:
    work = replace(work, reissue=True, store=store)
    for where in each_kill(work, onboarded, kind):
        assert_heals(work, where)
