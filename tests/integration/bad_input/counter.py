# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where bad input is handed in: check mode and a run must refuse it in the same words and leave all as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator.client import Emulator
from tests.integration.bad_input.table import LONG
from tests.integration.crash import process
from tests.integration.crash.people import last_call, writes
from tests.integration.crash.process import Ran


@dataclass(frozen=True)
class Counter:
    """A prepared account and folder; bad input is handed in here."""

    aws: Emulator
    folder: Path
    keys: str

    def refused(self, params: Mapping[str, Any], module: str = "roster", env: Mapping[str, str] | None = None) -> str:
        """The sentence that check mode and a run agree on; nothing was changed by either."""
        check, ran = (self._refused(params, module, env or self.aws.environment, check) for check in (True, False))
        assert check.msg == ran.msg
        return ran.msg

    def _refused(self, params: Mapping[str, Any], module: str, env: Mapping[str, str], check: bool) -> Ran:
        since, before = last_call(self.aws), sorted(self.folder.rglob("*"))
        ran = process.run(module, params, env, self.folder, check=check)
        assert ran.rc == 1, "taken"
        assert ran.result["failed"] is True
        assert not ran.result.get("changed", False)
        assert writes(self.aws, since) == []
        assert sorted(self.folder.rglob("*")) in (before, sorted([*before, self.folder / ".printed"]))
        assert "Traceback" not in ran.printed
        for secret in self.aws.secrets():
            assert secret["value"] not in ran.printed
        return ran

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"region": "us-east-1", "directory": str(self.folder), **params}

    def filled(self, sentence: str) -> str:
        return sentence.format(folder=self.folder, keys=self.keys, long=LONG)
