# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.bench [calls] [speed]`: prints what was measured; exit code 1 when a promise is not kept."""

from __future__ import annotations

import sys

from tests.bench import calls, speed

PARTS = {"calls": calls.main, "speed": speed.main}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(PARTS)
    outcomes = [PARTS[name]() for name in chosen]
    sys.exit(0 if all(outcomes) else 1)
