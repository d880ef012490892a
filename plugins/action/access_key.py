# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module of the same name, and hides its result if that holds a readable secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.keysmith.iam.plugins.module_utils._shell.masking import attend


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        def module(arguments: Mapping[str, Any]) -> dict[str, Any]:
            ran = self._execute_module(
                module_args=dict(arguments), task_vars=task_vars, wrap_async=bool(self._task.async_val)
            )
            return {**super(ActionModule, self).run(None, task_vars), **ran}

        is_async = bool(self._task.async_val)
        # An error and no warning: warnings go with the result, and are hidden as well.
        result = attend(self._task.action, self._task.args, is_async, module, Display().error)
        if not is_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result
