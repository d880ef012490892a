# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one family of errors. A message is one sentence or two: what, for whom, why, what to do; never a secret."""

from __future__ import annotations


class KeysmithError(Exception):
    """Something that the user is told and nobody debugs. ``code`` is AWS's error code where AWS said no."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
