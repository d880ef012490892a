# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence: a text of JSON lines, each with the hash of the one before, in which every change is found.

A line is canonical JSON: ASCII, keys sorted, no spaces, ended by a line feed. It has ``n`` (from 1), ``time`` (UTC),
``event``, ``fields``, ``prev`` (the ``hash`` of the record before, 64 zeros in the first), ``hash`` (SHA-256 of the
line's JSON without ``hash``), and where there is need ``once`` and ``torn``. Whoever can rewrite the whole text can
make another chain that is whole: against that, and against cutting at the end, helps a hash kept elsewhere: an anchor.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

START = "0" * 64
ALTERED, CUT, REORDERED, TORN, FORKED = "altered", "cut", "reordered", "torn", "forked"
_HASH = re.compile(r"[0-9a-f]{64}")
_NAMES = {"event", "fields", "hash", "n", "prev", "time"}
_EXTRA = {"once", "torn"}


@dataclass(frozen=True)
class Record:
    """One record. ``once`` marks what a resumed run must not repeat; ``torn`` is the SHA-256 of what an interrupted
    write left between the record before and this one."""

    n: int
    time: str
    event: str
    fields: Mapping[str, Any]
    prev: str
    hash: str = ""
    once: str | None = None
    torn: str | None = None

    @property
    def line(self) -> bytes:
        """As it stands in the text, without the line feed."""
        return _canonical(as_told(self))


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written. ``line`` counts from 1, 0 for the text as a whole."""

    kind: str
    line: int
    text: str


@dataclass(frozen=True)
class Chain:
    """What a text holds: the records that can be read, what is wrong, and what is left of interrupted writes.

    ``torn`` is a last line that an interrupted write has left, ``ended`` tells whether the last line has its end.
    """

    records: tuple[Record, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()
    torn: bytes | None = None
    ended: bool = True

    @property
    def last_hash(self) -> str:
        return self.records[-1].hash if self.records else START

    def done(self, event: str, once: str | None) -> Record | None:
        """The record of this event that was written under the same ``once`` already."""
        same = (record for record in self.records if once is not None and (record.event, record.once) == (event, once))
        return next(same, None)


def as_told(record: Record) -> dict[str, Any]:
    """The record as JSON has it."""
    told = {name: getattr(record, name) for name in _NAMES}
    return told | {name: value for name in _EXTRA if (value := getattr(record, name)) is not None}


def append(chain: Chain, event: str, fields: Mapping[str, Any], now: datetime, once: str | None = None) -> Record:
    """The record that comes next. ``fields`` may hold any JSON; numbers with a fraction and dates become text."""
    last = chain.records[-1] if chain.records else None
    plain = {str(name): _plain(value) for name, value in fields.items()}
    torn = None if chain.torn is None else hashlib.sha256(chain.torn).hexdigest()
    time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = Record(last.n + 1 if last else 1, time, event, plain, chain.last_hash, once=once, torn=torn)
    return replace(record, hash=_hash_of(record))


def text_after(chain: Chain, records: Sequence[Record]) -> bytes:
    """What to write behind the chain's text so that it goes on with these records."""
    return (b"" if chain.ended else b"\n") + b"".join(record.line + b"\n" for record in records)


def verify(data: bytes, anchors: Sequence[str] = ()) -> Chain:
    """Read a text and tell all that is wrong with it. ``anchors`` are hashes that were told when records were written:
    each must be there."""
    reader = _Reader()
    ended = not data or data.endswith(b"\n")
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    for number, line in enumerate(lines, 1):
        reader.take(number, line)
    chain = reader.chain(len(lines), ended)
    return replace(chain, problems=(*chain.problems, *_unanchored(chain, anchors)))


def _unanchored(chain: Chain, anchors: Sequence[str]) -> Iterator[Problem]:
    known = {record.hash for record in chain.records}
    for anchor in anchors:
        if anchor not in known:
            yield Problem(CUT, 0, f"no record has the hash {anchor}; the end was cut off, or all was written anew.")


@dataclass
class _Reader:
    """Takes line after line. Its own state, and not a Chain's, since a text may have thousands of lines."""

    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unreadable: list[bytes] = field(default_factory=list)

    def take(self, number: int, line: bytes) -> None:
        record = parse(line)
        if record is None:
            self.unreadable.append(line)
            return
        if record.line != line or record.hash != _hash_of(record):
            self._tell(ALTERED, number, f"record {record.n} is not as it was written.")
        self._left_over(number, record.torn)
        self._link(number, record)
        self.records.append(record)

    def _link(self, number: int, record: Record) -> None:
        """Hold the record's place and ``prev`` against the record before."""
        last = self.records[-1] if self.records else None
        due = last.n + 1 if last else 1
        if record.n > due:
            which = f"record {due} is" if record.n == due + 1 else f"records {due} to {record.n - 1} are"
            self._tell(CUT, number, f"{which} missing before record {record.n}.")
        elif record.n < due:
            self._tell(REORDERED, number, f"record {record.n} stands where record {due} belongs.")
        elif record.prev != (last.hash if last else START):
            before = f"record {last.n}" if last else "the beginning"
            self._tell(ALTERED, number, f"record {record.n} does not follow from {before}.")

    def _left_over(self, number: int, torn: str | None) -> None:
        """One line that is no record is what an interrupted write left, if the record after it says so."""
        left, count = self.unreadable, len(self.unreadable)
        self.unreadable = []
        if count == 1 and torn == hashlib.sha256(left[0]).hexdigest():
            self.remarks.append(
                f"line {number - 1}: an interrupted write left a part of a record; the next tells of it."
            )
        elif count or torn:
            what = f"{count} line(s) before it are no records" if count else "what stood before it is gone"
            self._tell(ALTERED, number, f"{what}.")

    def chain(self, count: int, ended: bool) -> Chain:
        torn = self.unreadable.pop() if self.unreadable and not ended else None
        if self.unreadable:
            self._tell(ALTERED, count, f"the last {len(self.unreadable)} whole line(s) are no records.")
        if not ended:
            self._tell(TORN, count, "it has no end: a write was interrupted. The next record goes on from there.")
        torn = None if self.unreadable else torn
        return Chain(tuple(self.records), tuple(self.problems), tuple(self.remarks), torn, ended)

    def _tell(self, kind: str, number: int, text: str) -> None:
        self.problems.append(Problem(kind, number, f"line {number}: {text}"))


def object_name(record: Record) -> str:
    """The name of the record's object in a bucket; names sort as the records do."""
    return f"{record.n:08d}-{record.hash}.json"


def compare(here: Chain, there: Chain) -> list[Problem]:
    """Where a text and its copy in a bucket disagree. What the copy still lacks is no problem: see ``unsaved``."""
    ours = {record.n: record.hash for record in here.records}
    other = {record.n: None for record in there.records if ours.get(record.n, record.hash) != record.hash}
    lacks = [record.n for record in there.records if record.n not in ours]
    problems = [Problem(FORKED, 0, f"the bucket has another record {n} than the file.") for n in other]
    if lacks:
        count = f"record {lacks[0]}" if len(lacks) == 1 else f"{len(lacks)} records from {lacks[0]} on"
        problems.append(Problem(CUT, 0, f"the file lacks {count}; the bucket has what is missing."))
    return problems


def unsaved(here: Chain, names: Collection[str]) -> list[Record]:
    """The records that no object of a bucket is named after."""
    return [record for record in here.records if object_name(record) not in names]


@dataclass(frozen=True)
class Continuation:
    """How a chain goes on. ``restored`` are records that only the bucket had; ``record`` is the new one, or the one
    that was written under the same ``once`` before; ``text`` is what to write behind the text."""

    restored: tuple[Record, ...]
    record: Record
    is_new: bool
    text: bytes


def go_on(
    here: Chain, there: Chain, event: str, fields: Mapping[str, Any], now: datetime, once: str | None = None
) -> Continuation:
    """What to write behind the text ``here``, whose copy is ``there`` (empty where none was read)."""
    whole = list(here.records)
    for record in there.records if here.torn is None else ():
        if record.n == len(whole) + 1 and record.prev == (whole[-1].hash if whole else START):
            whole.append(record)
    restored = tuple(whole[len(here.records) :])
    chain = replace(here, records=tuple(whole))
    done = chain.done(event, once) or there.done(event, once)
    record = done or append(chain, event, fields, now, once)
    written = restored if done else (*restored, record)
    return Continuation(restored, record, done is None, text_after(here, written) if written else b"")


def parse(line: bytes) -> Record | None:
    """The record in a line, whatever its hash; None where it is none."""
    try:
        found = json.loads(line.decode("ascii"))
        kinds = (found["n"], found["fields"], *(found[name] for name in ("event", "hash", "prev", "time")))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    number = isinstance(kinds[0], int) and not isinstance(kinds[0], bool)
    shaped = number and isinstance(kinds[1], dict) and all(isinstance(one, str) for one in kinds[2:])
    known = shaped and found.keys() <= _NAMES | _EXTRA and all(isinstance(found.get(x, ""), str) for x in _EXTRA)
    return Record(**found) if known and _HASH.fullmatch(found["hash"]) else None


def _hash_of(record: Record) -> str:
    told = as_told(record)
    del told["hash"]
    return hashlib.sha256(_canonical(told)).hexdigest()


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
