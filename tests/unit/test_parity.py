# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A playbook of amazon.aws moves by its prefix: the installed amazon.aws's options, aliases and return keys are ours.

What differs by omission, or is not returned, stands in the migration guide's table, and nothing else does.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible_collections.amazon.aws.plugins.module_utils import modules as amazon_aws

from tests.unit.tables import code, rows

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/docsite/rst/migration_guide.rst"
MOVED = ("user", "user_info", "access_key", "access_key_info", "group", "password_policy", "mfa_device_info")
# amazon.aws documents the one and returns the other.
RETURNED_AS = {("access_key_info", "access_key"): "access_keys"}
DEFAULTS = ("required", "default ", "no default")


class _OpenedError(Exception):
    """Ends a module's main() where it has told its argument spec."""


@dataclass(frozen=True)
class Interface:
    """A module as a playbook sees it: its options, the relations between them, its documented return keys."""

    options: Mapping[str, Mapping[str, Any]]
    relations: Mapping[str, Sequence[Any]]
    returns: frozenset[str]


def _paths(returns: Mapping[str, Any] | None, above: str = "") -> Iterator[str]:
    """Each return key with the keys above it, joined by dots."""
    for key, told in (returns or {}).items():
        yield above + key
        yield from _paths(told.get("contains"), f"{above}{key}.")


@functools.cache
def interface(name: str) -> Interface:
    source: Any = importlib.import_module(name)
    told: dict[str, Any] = {}

    def opened(_self: Any, **settings: Any) -> None:
        told.update(settings)
        raise _OpenedError

    with mock.patch.object(amazon_aws.AnsibleAWSModule, "__init__", opened), pytest.raises(_OpenedError):
        source.main()
    options = told.pop("argument_spec")
    return Interface(options, told, frozenset(_paths(yaml.safe_load(source.RETURN))))


def theirs(module: str) -> Interface:
    return interface(f"ansible_collections.amazon.aws.plugins.modules.iam_{module}")


def ours(module: str) -> Interface:
    return interface(f"ansible_collections.keysmith.iam.plugins.modules.{module}")


def by_omission(option: Mapping[str, Any]) -> str:
    """What holds when the option is left out, in the table's words."""
    if option.get("required"):
        return "required"
    default = option.get("default")
    if default is None:
        return "no default"
    return f"default ``{str(default).lower() if isinstance(default, bool) else default}``"


def subjects(cell: str) -> list[tuple[str, str]]:
    """The modules and options (or return keys) of a row: "``user``, ``group``: ``state``"."""
    before, _colon, after = cell.partition(":")
    return [(module, name) for module in code(before) for name in code(after)]


TABLE = rows(GUIDE, "What differs")


def test_the_table_has_every_default_that_differs_and_no_other() -> None:
    differ = {
        (module, name): (by_omission(option), by_omission(ours(module).options[name]))
        for module in MOVED
        for name, option in theirs(module).options.items()
        if by_omission(option) != by_omission(ours(module).options[name])
    }
    told = {
        subject: (before, here)
        for where, before, here, _why in TABLE
        if before.startswith(DEFAULTS)
        for subject in subjects(where)
    }
    assert told.keys() == differ.keys()
    for subject, (before, here) in differ.items():
        assert told[subject][0].startswith(before), subject
        assert told[subject][1].startswith(here), subject


def test_every_difference_has_its_reason() -> None:
    assert [where for where, before, here, why in TABLE if not (before and here and why)] == []


@pytest.mark.parametrize("module", MOVED)
def test_every_option_is_taken_as_amazon_aws_takes_it(module: str) -> None:
    for name, their in theirs(module).options.items():
        our = ours(module).options.get(name)
        assert our is not None, name
        for key in ("type", "elements"):
            default = "str" if key == "type" else None
            assert our.get(key, default) == their.get(key, default), (name, key)
        assert set(their.get("aliases", ())) <= set(our.get("aliases", ())), name
        assert set(their.get("choices", ())) <= set(our.get("choices", ())), name
        assert bool(our.get("choices")) == bool(their.get("choices")), name
        assert our.get("no_log") or not their.get("no_log"), name
        assert their.get("required") or not our.get("required"), name


@pytest.mark.parametrize("module", MOVED)
def test_no_two_options_of_amazon_aws_are_newly_at_odds(module: str) -> None:
    """Whatever of theirs could be given together, or left out, still can."""
    their, our = theirs(module), ours(module)
    for one in our.relations.get("mutually_exclusive") or ():
        of_theirs = set(one) & their.options.keys()
        known = [set(other) for other in their.relations.get("mutually_exclusive") or ()]
        assert len(of_theirs) < 2 or any(of_theirs <= other for other in known), one
    for option, value, needed, *_any in our.relations.get("required_if") or ():
        known = [(other[0], other[1], set(other[2])) for other in their.relations.get("required_if") or ()]
        if option in their.options and value in their.options[option].get("choices", [value]):
            assert (option, value, set(needed)) in known, option
    for relation in ("required_together", "required_one_of", "required_by"):
        assert not our.relations.get(relation), relation


@pytest.mark.parametrize("module", MOVED)
def test_every_return_key_is_there_or_stands_in_the_table(module: str) -> None:
    told = {name for where, *_rest in TABLE for of, name in subjects(where) if of == module}
    for path in theirs(module).returns:
        key, _dot, below = path.partition(".")
        path = ".".join(filter(None, [RETURNED_AS.get((module, key), key), below]))
        assert path in ours(module).returns or any(f"{path}.".startswith(f"{name}.") for name in told), path


def test_the_guide_moves_every_module_that_can_move() -> None:
    names = re.findall(r"aws\\\.iam_\(([a-z_|]+)\):", GUIDE.read_text(encoding="utf-8"))
    assert [sorted(name.split("|")) for name in names] == [sorted(MOVED)]
