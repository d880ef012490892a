# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions for those who think in nox: each calls the Makefile's target of the same name, where the commands stand."""

from __future__ import annotations

import re
from pathlib import Path

import nox

MAKEFILE = Path(__file__).parent / "Makefile"
nox.options.sessions = ["lint", "unit"]


def parts(makefile: str) -> list[str]:
    """Give the names that `make test` runs, in order."""
    found = re.search(r"^PARTS := (.+)$", makefile, re.MULTILINE)
    return found.group(1).split() if found else []


def _add(target: str) -> None:
    @nox.session(name=target, venv_backend="none")
    def session(session: nox.Session) -> None:
        session.run("make", target, *session.posargs, external=True)


for part in [*parts(MAKEFILE.read_text(encoding="utf-8")), "demo", "bench"]:
    _add(part)
