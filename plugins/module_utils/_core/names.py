# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS takes as a name, path, tag or policy, said as one sentence when it is not that.

The rules are those of IAM's service model (UserName, pathType, tagKeyType, tagValueType) and of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. A function returns the problems it finds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import TAG_PREFIX, fold

USER_NAME_LENGTH = 64
GROUP_NAME_LENGTH = 128
POLICY_NAME_LENGTH = 128
TAGS_PER_USER = 50

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+){1,15}")
# AWS counts the ARN before the name into its 1011 characters; that of the longest partition and region has 55.
_PARAMETER_LENGTH = 950
_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(\d{12}|aws):policy/[\x21-\x7e]+")


def _name_problem(kind: str, name: str, longest: int) -> str | None:
    if not name:
        return f"a {kind} without a name; give it one"
    if len(name) > longest:
        return f"the name has {len(name)} characters; AWS takes at most {longest} for a {kind}"
    if not _NAME.fullmatch(name):
        return "the name has a character that AWS does not take; use letters, digits and + = , . @ _ -"
    return None


def user_name_problem(name: str) -> str | None:
    return _name_problem("user", name, USER_NAME_LENGTH)


def group_name_problem(name: str) -> str | None:
    return _name_problem("group", name, GROUP_NAME_LENGTH)


def policy_name_problem(name: str) -> str | None:
    return _name_problem("policy", name, POLICY_NAME_LENGTH)


def path_problem(path: str) -> str | None:
    if _PATH.fullmatch(path):
        return None
    return f"the path {path!r} must begin and end with / and hold no space, as in /staff/"


def secret_name_problem(name: str) -> str | None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    if _SECRET.fullmatch(name):
        return None
    return f"Secrets Manager takes no name like {name!r}; use at most 512 letters, digits and / _ + = . @ -"


def parameter_name_problem(name: str) -> str | None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""
    if not _PARAMETER.fullmatch(name) or len(name) > _PARAMETER_LENGTH:
        return (
            f"Parameter Store takes no name like {name!r}; use letters, digits and . _ -, with a / before each of at"
            f" most 15 levels, {_PARAMETER_LENGTH} characters in all"
        )
    if name.lower().lstrip("/").startswith(("aws", "ssm")):
        return f"Parameter Store keeps names like {name!r} for AWS; begin it with something else than aws or ssm"
    return None


def is_policy_arn(text: str) -> bool:
    return bool(_ARN.fullmatch(text))


def tag_text(text: str) -> str:
    """A text as a tag value can hold it: other characters become blanks, cut to 256
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html)."""
    kept = "".join(sign if _is_tag_sign(sign) else " " for sign in text)
    return " ".join(kept.split())[:256]


def _is_tag_sign(sign: str) -> bool:
    return sign in "_.:/=+-@" or unicodedata.category(sign)[0] in "LNZ"


def tag_problems(tags: Mapping[str, str]) -> list[str]:
    problems = []
    folded: dict[str, str] = {}
    for key, value in tags.items():
        if fold(key).startswith(TAG_PREFIX):
            problems.append(f"the tag {key} is one of our own; choose a key that does not begin with {TAG_PREFIX}")
        if fold(key).startswith("aws:"):
            problems.append(f"the tag {key} begins with aws:, which AWS keeps for itself; choose another key")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            problems.append(f"the tag {key[:40]} is too long; AWS takes 128 characters of key and 256 of value")
        if not all(map(_is_tag_sign, key + value)):
            problems.append(
                f"the tag {key[:40]} has a character that AWS does not take in a tag;"
                " use letters, digits, spaces and _ . : / = + - @"
            )
        if fold(key) in folded:
            problems.append(
                f"the tags {folded[fold(key)]} and {key} differ by case only, and AWS takes them for one; keep one"
            )
        folded.setdefault(fold(key), key)
    return problems
