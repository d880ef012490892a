# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module of the same name, and hides its result if that holds a readable secret."""

from __future__ import annotations

from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.keysmith.iam.plugins.module_utils._shell.masking import perform


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        base = super().run(None, task_vars)
        # Told as an error, since warnings go with the result, and are hidden as well.
        return {**base, **perform(self, task_vars, Display().error, C.DEFAULT_DEBUG)}
