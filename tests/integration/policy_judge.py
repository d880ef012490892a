# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run by the python of ministack's own environment: a question a line on stdin, ministack's decision a line on stdout.

The functions are those its server calls for each request, in ministack/core/iam_evaluator.py:
``parse_policy_document``, ``EvalContext`` (whose ``principal_keys`` are the condition keys of who asks, in lower case)
and ``evaluate``.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone, tzinfo
from types import SimpleNamespace
from typing import Any

from ministack.core import iam_evaluator


class _Clock(datetime):
    """A datetime whose now() is what the question says."""

    given: datetime

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return cls.given.astimezone(tz)


# The evaluator takes aws:CurrentTime from the clock and has no argument for it.
iam_evaluator._dt = SimpleNamespace(datetime=_Clock, timezone=timezone)


def decide(question: dict[str, Any]) -> str:
    _Clock.given = datetime.fromisoformat(question["now"])
    context = iam_evaluator.EvalContext(
        principal_arn=question["principal"],
        principal_type="User",
        principal_account=question["account"],
        action=question["action"],
        resource_arn=question["resource"],
        region="us-east-1",
        principal_keys={key.lower(): value for key, value in question["keys"].items()},
    )
    policies = [iam_evaluator.parse_policy_document(document) for document in question["documents"]]
    return str(iam_evaluator.evaluate(context, policies).decision)


for line in sys.stdin:
    print(json.dumps(decide(json.loads(line))), flush=True)
