# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Condition operators of policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

Context = dict[str, list[str]]


def holds(condition: dict[str, Any], context: Context, missing: set[str]) -> bool:
    """Whether all of a Condition block is met. Keys that the context lacks are added to `missing`."""
    return all(
        _entry_holds(operator, key, [str(one) for one in _listed(values)], context, missing)
        for operator, entries in condition.items()
        for key, values in entries.items()
    )


def _entry_holds(operator: str, key: str, values: list[str], context: Context, missing: set[str]) -> bool:
    name = operator.rpartition(":")[2]
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    given = context.get(key.lower())
    if name == "Null":
        return (given is None) == (values[0].lower() == "true")
    if given is None:
        missing.add(key)
        # A negated operator is met by a key that is not there.
        return if_exists or "Not" in name
    negated = "Not" in name
    test = _TESTS.get(name.replace("Not", ""))
    if test is None:
        raise ValueError(f"condition operator {operator} is not emulated")
    results = [any(test(one, value) for value in values) != negated for one in given]
    return all(results) if operator.startswith("ForAllValues") else any(results)


def _listed(value: Any) -> list[Any]:
    # JSON's true and 1 are written as their words by those who compare strings.
    items = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else item for item in items]


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda given, value: given == value,
    "StringEqualsIgnoreCase": lambda given, value: given.lower() == value.lower(),
    "StringLike": fnmatchcase,
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
    "Bool": lambda given, value: given.lower() == value.lower(),
    "NumericEquals": lambda given, value: float(given) == float(value),
    "NumericLessThan": lambda given, value: float(given) < float(value),
    "NumericLessThanEquals": lambda given, value: float(given) <= float(value),
    "NumericGreaterThan": lambda given, value: float(given) > float(value),
    "NumericGreaterThanEquals": lambda given, value: float(given) >= float(value),
    "DateEquals": lambda given, value: _moment(given) == _moment(value),
    "DateLessThan": lambda given, value: _moment(given) < _moment(value),
    "DateLessThanEquals": lambda given, value: _moment(given) <= _moment(value),
    "DateGreaterThan": lambda given, value: _moment(given) > _moment(value),
    "DateGreaterThanEquals": lambda given, value: _moment(given) >= _moment(value),
}
