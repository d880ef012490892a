# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a hand-over fails: in a fixed sentence, without a trace of what it held.

Nothing here may be imported by code outside this collection; it may change at any time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError


class HandoverError(KeysmithError):
    """A secret can't be handed over. The text is a fixed sentence: no secret, no private key, no other error's text."""


def or_none(call: Callable[[], Any]) -> Any:
    """Give what ``call`` gives, or None where it refuses, so that the error raised next has no context to leak."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic in a library's Rust code is no Exception, and would pass every rollback by
        return None


def library(name: str, package: str | None = None) -> Any:
    """The sealing library of that name, out of ``package``; raises HandoverError where the interpreter has none."""
    package = package or name
    try:
        found = import_module(name)
    except ImportError:
        found = None
    if found is None:
        raise HandoverError(
            f"Cannot seal: the Python library {package} is missing for the interpreter that runs this task. "
            f"Install it there with '{sys.executable} -m pip install {package}', or use a store that takes"
            " unsealed secrets."
        ) from None
    return found
