# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hides a result that holds a readable secret. The module marks such a result, the action plugin of its name hides it.

A module cannot hide its own result: only what an action plugin says of it reaches the callbacks, and not before
ansible-core 2.17.6 (CVE-2024-8775, https://github.com/ansible/ansible/pull/84143).

Nothing of the core is imported here: action plugins live in the controller, which compiles what it imports in each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.ansible_release import __version__ as core_version

# By this variable the action plugin tells the module that it stands behind it. An option would do as well, but every
# option has to be documented for those who write playbooks.
HIDDEN = "KEYSMITH_IAM_RESULT_IS_HIDDEN"
READABLE = "_readable"
_OLDEST_CORE = (2, 17, 6)

Run = Callable[[], dict[str, Any]]


def attend(name: str, run: Run, tell: Callable[[str], None]) -> dict[str, Any]:
    """For an action plugin: runs the module ``name`` by ``run()`` and hides a result that holds a readable secret.
    Callbacks show nothing of a hidden one, not even why it failed, so that is told by ``tell``. A failed one loses its
    arguments."""
    if _version(core_version) < _OLDEST_CORE:
        oldest = ".".join(map(str, _OLDEST_CORE))
        msg = (
            f"Cannot run {name}: ansible-core {core_version} shows secrets that a plugin hides. Use {oldest} or later."
        )
        return {"failed": True, "changed": False, "msg": msg}
    result = run()
    if result.get("failed"):
        # Where an option does not fit, that is all options as they were given, some of them perhaps in a wrong place.
        result.pop("invocation", None)
    # A module that broke off leaves its output as it stands, whatever is in it.
    if not result.pop(READABLE, False) and "module_stdout" not in result:
        return result
    if result.get("failed"):
        tell(f"{name} failed, and its result is hidden, since it may hold a readable secret. {result.get('msg', '')}")
    return {**result, "_ansible_no_log": True}


def perform(
    action: Any, task_vars: dict[str, Any] | None, tell: Callable[[str], None], is_debug: bool
) -> dict[str, Any]:
    """The whole work of an action plugin (an ActionBase): attend() to the module of its task. ``is_debug``: Ansible
    itself prints all that a module answers."""
    task, is_async = action._task, bool(action._task.async_val)

    def run() -> dict[str, Any]:
        with _quiet(action._play_context, action._connection._play_context):
            return dict(action._execute_module(task_vars=task_vars, wrap_async=is_async))

    # Said either way, so that nothing that the play or whoever started it has set can say otherwise.
    is_hidden = not is_async and not is_debug
    task.environment = [*(task.environment or ()), {HIDDEN: "1" if is_hidden else ""}]
    result = attend(task.action, run, tell)
    if not is_async:
        action._remove_tmp_path(action._connection._shell.tmpdir)
    return result


@contextmanager
def _quiet(*contexts: Any) -> Iterator[None]:
    """Keeps connections from printing what a command answers, as ssh does at -vvv for tasks without no_log."""
    before = [context.no_log for context in contexts]
    for context in contexts:
        context.no_log = True
    try:
        yield
    finally:
        for context, no_log in zip(contexts, before, strict=True):
            context.no_log = no_log


def _version(text: str) -> tuple[int, ...]:
    numbers = [part for part in text.split(".")[:3] if part.isdigit()]
    return tuple(map(int, numbers))
