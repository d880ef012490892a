# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords that the account's live policy takes: what a given one breaks, and how a new one is made.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html, and the signs of
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import PasswordPolicy

LONGEST = 128
USUAL_LENGTH = 24

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
SYMBOLS = "!@#$%^&*()_+-=[]{}|'"

# Left out of generated passwords: what people confuse when they type it, and the quote that shells and CSVs trip over.
_CONFUSING = "O0Il1|'"


def _classes(password: str) -> dict[str, bool]:
    return {
        "an upper-case letter": any(sign in UPPER for sign in password),
        "a lower-case letter": any(sign in LOWER for sign in password),
        "a digit": any(sign in DIGITS for sign in password),
        f"a symbol ({SYMBOLS})": any(sign in SYMBOLS for sign in password),
    }


def violations(password: str, policy: PasswordPolicy) -> list[str]:
    """What the policy asks that the password does not have, in words that tell nothing of the password."""
    wanted = []
    if len(password) < policy.minimum_length:
        wanted.append(f"at least {policy.minimum_length} characters")
    if len(password) > LONGEST:
        wanted.append(f"at most {LONGEST} characters")
    if not all(sign in "\t\n\r" or " " <= sign <= "\xff" for sign in password):
        wanted.append("no sign beyond Latin-1 (U+0020 to U+00FF)")
    has = _classes(password)
    required = (policy.require_uppercase, policy.require_lowercase, policy.require_numbers, policy.require_symbols)
    wanted += [name for (name, there), need in zip(has.items(), required, strict=True) if need and not there]
    if policy.is_default and sum(has.values()) < policy.classes_of_four:
        wanted.append(f"{policy.classes_of_four} of upper-case letters, lower-case letters, digits and symbols")
    return wanted


def generate(policy: PasswordPolicy, below: Callable[[int], int]) -> str:
    """A password with all four classes, beginning with a letter so that no spreadsheet takes it for a formula.

    ``below(n)`` gives a random number from 0 to n-1; in a run it is ``secrets.randbelow``.
    """
    pools = ["".join(sign for sign in pool if sign not in _CONFUSING) for pool in (UPPER, LOWER, DIGITS, SYMBOLS)]
    every = "".join(pools)
    length = min(LONGEST, max(USUAL_LENGTH, policy.minimum_length))
    signs = [pool[below(len(pool))] for pool in pools]
    signs += [every[below(len(every))] for _position in range(length - len(signs) - 1)]
    for last in range(len(signs) - 1, 0, -1):
        other = below(last + 1)
        signs[last], signs[other] = signs[other], signs[last]
    letters = pools[0] + pools[1]
    return letters[below(len(letters))] + "".join(signs)
