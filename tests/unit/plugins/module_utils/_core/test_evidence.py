# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence: what is written can be read, and every alteration, cut and reordering is found."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import (
    START,
    Chain,
    Record,
    append,
    as_told,
    compare,
    go_on,
    object_name,
    parse,
    text_after,
    unsaved,
    verify,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def text_of(*events: str, fields: Any = None, after: bytes = b"") -> bytes:
    """A whole text, a record an event, written behind ``after``."""
    for event in events:
        chain = verify(after)
        after += text_after(chain, [append(chain, event, fields or {}, NOW)])
    return after


def told(data: bytes, *anchors: str) -> list[tuple[str, str]]:
    return [(problem.kind, problem.text) for problem in verify(data, anchors).problems]


WHOLE = text_of("provisioned", "opened", "closed", "checked")
LINES = WHOLE.splitlines(keepends=True)
RECORDS = verify(WHOLE).records
LAST = RECORDS[-1].hash


def test_a_line_is_canonical_json_and_its_hash_can_be_computed_by_anybody() -> None:
    chain = verify(text_of("provisioned"))
    record = append(
        chain, "opened", {"user": "Jürgen\n", "hours": 1.5, "at": NOW, 1: (True, None, {2: 3})}, NOW, "INC-1"
    )
    fields = {"user": "Jürgen\n", "hours": "1.5", "at": "2026-11-22 03:00:00+00:00", "1": [True, None, {"2": 3}]}
    unhashed = {
        "event": "opened",
        "fields": fields,
        "n": 2,
        "once": "INC-1",
        "prev": chain.records[0].hash,
        "time": "2026-11-22T03:00:00Z",
    }
    computed = hashlib.sha256(json.dumps(unhashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert as_told(record) == {**unhashed, "hash": computed}
    assert record.line == json.dumps({**unhashed, "hash": computed}, sort_keys=True, separators=(",", ":")).encode()
    assert parse(record.line) == record
    assert b"\\u00fc" in record.line


def test_the_first_record_follows_from_nothing_and_time_is_utc() -> None:
    record = append(Chain(), "opened", {}, NOW.astimezone(timezone(timedelta(hours=2))))
    assert (record.n, record.prev, record.time) == (1, START, "2026-11-22T03:00:00Z")
    assert verify(b"") == Chain()
    assert verify(b"").last_hash == START


def test_a_whole_text_is_whole() -> None:
    chain = verify(WHOLE, [record.hash for record in RECORDS])
    assert (chain.problems, chain.remarks, chain.torn, chain.ended) == ((), (), None, True)
    assert [record.event for record in chain.records] == ["provisioned", "opened", "closed", "checked"]
    assert chain.last_hash == LAST


def forged(record: Record, **changes: Any) -> bytes:
    """The record's line with changes and a hash that fits them."""
    changed = as_told(replace(record, **changes))
    del changed["hash"]
    text = json.dumps(changed, sort_keys=True, separators=(",", ":"))
    changed["hash"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(changed, sort_keys=True, separators=(",", ":")).encode() + b"\n"


OTHER = text_of("something", "else")
DAMAGED: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "a word altered": (
        WHOLE.replace(b'"opened"', b'"closed"'),
        [("altered", "line 2: record 2 is not as it was written.")],
    ),
    "altered with a hash that fits": (
        LINES[0] + forged(RECORDS[1], event="nothing") + LINES[2] + LINES[3],
        [("altered", "line 3: record 3 does not follow from record 2.")],
    ),
    "the first altered with a hash that fits": (
        forged(RECORDS[0], prev="1" * 64) + LINES[1],
        [
            ("altered", "line 1: record 1 does not follow from the beginning."),
            ("altered", "line 2: record 2 does not follow from record 1."),
        ],
    ),
    "a space": (
        WHOLE.replace(b'"n":2', b'"n": 2'),
        [("altered", "line 2: record 2 is not as it was written.")],
    ),
    "the first cut": (b"".join(LINES[1:]), [("cut", "line 1: record 1 is missing before record 2.")]),
    "one cut": (LINES[0] + LINES[2] + LINES[3], [("cut", "line 2: record 2 is missing before record 3.")]),
    "two cut": (LINES[0] + LINES[3], [("cut", "line 2: records 2 to 3 are missing before record 4.")]),
    "two swapped": (
        LINES[0] + LINES[2] + LINES[1] + LINES[3],
        [
            ("cut", "line 2: record 2 is missing before record 3."),
            ("reordered", "line 3: record 2 stands where record 4 belongs."),
            ("cut", "line 4: record 3 is missing before record 4."),
        ],
    ),
    "one twice": (
        LINES[0] + LINES[1] + LINES[1] + LINES[2],
        [("reordered", "line 3: record 2 stands where record 3 belongs.")],
    ),
    "no record within": (
        LINES[0] + b"nothing\n" + LINES[1],
        [("altered", "line 3: 1 line(s) before it are no records.")],
    ),
    "an empty line": (LINES[0] + b"\n" + LINES[1], [("altered", "line 3: 1 line(s) before it are no records.")]),
    "no records at the end": (WHOLE + b"a\nb\n", [("altered", "line 6: the last 2 whole line(s) are no records.")]),
    "just an empty line": (b"\n", [("altered", "line 1: the last 1 whole line(s) are no records.")]),
    "torn": (
        WHOLE[:-20],
        [("torn", "line 4: it has no end: a write was interrupted. The next record goes on from there.")],
    ),
    "whole but for its end": (
        WHOLE[:-1],
        [("torn", "line 4: it has no end: a write was interrupted. The next record goes on from there.")],
    ),
    "no record before a torn one": (
        LINES[0] + b"nothing\n" + LINES[1][:30],
        [
            ("altered", "line 3: the last 1 whole line(s) are no records."),
            ("torn", "line 3: it has no end: a write was interrupted. The next record goes on from there."),
        ],
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_told(name: str) -> None:
    data, problems = DAMAGED[name]
    assert told(data) == problems


def test_the_end_cut_off_and_all_written_anew_are_told_by_an_anchor() -> None:
    missing = ("cut", f"no record has the hash {LAST}; the end was cut off, or all was written anew.")
    assert told(b"".join(LINES[:3])) == []
    assert told(b"".join(LINES[:3]), LAST) == [missing]
    assert told(OTHER, LAST) == [missing]
    assert told(b"", LAST) == [missing]
    assert told(text_of("later", after=WHOLE), LAST, RECORDS[0].hash) == []


NOT_RECORDS = {
    "no JSON": b"{",
    "not ASCII": LINES[0].replace(b"provisioned", "prövisioned".encode()),
    "no object": b"[]",
    "a name lacks": b"{}",
    "a number as text": LINES[0].replace(b'"n":1', b'"n":"1"'),
    "a truth as number": LINES[0].replace(b'"n":1', b'"n":true'),
    "fields are a list": LINES[0].replace(b'"fields":{}', b'"fields":[]'),
    "an event of another kind": LINES[0].replace(b'"provisioned"', b"7"),
    "a name too many": LINES[0].replace(b'"n":1', b'"m":1,"n":1'),
    "once of another kind": LINES[0].replace(b'"n":1', b'"n":1,"once":null'),
    "a hash of another form": LINES[0].replace(RECORDS[0].hash.encode(), b"x"),
    "nested too deep": b'{"n":1,"fields":' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", NOT_RECORDS)
def test_what_is_no_record(name: str) -> None:
    assert parse(NOT_RECORDS[name].strip()) is None


def test_an_interrupted_write_is_gone_on_from_and_told_of() -> None:
    torn = WHOLE + LINES[1][:40]
    chain = verify(torn)
    assert (chain.torn, chain.ended) == (LINES[1][:40], False)
    mended = text_of("opened", after=torn)
    assert mended.startswith(torn + b"\n")
    after = verify(mended, [LAST])
    assert after.problems == ()
    assert after.remarks == ("line 5: an interrupted write left a part of a record; the next tells of it.",)
    assert [record.n for record in after.records] == [1, 2, 3, 4, 5]
    assert after.records[-1].torn == hashlib.sha256(LINES[1][:40]).hexdigest()
    assert verify(text_of("closed", after=mended)).problems == ()


def test_what_an_interrupted_write_left_can_neither_be_altered_nor_taken_away() -> None:
    torn = LINES[1][:40]
    mended = text_of("opened", after=LINES[0] + torn)
    assert told(mended.replace(torn, torn[:-1])) == [("altered", "line 3: 1 line(s) before it are no records.")]
    assert told(mended.replace(torn + b"\n", b"")) == [("altered", "line 2: what stood before it is gone.")]


def test_a_record_that_lacks_only_its_end_is_a_record() -> None:
    mended = text_of("later", after=WHOLE[:-1])
    assert mended.startswith(WHOLE)
    assert told(mended) == []


@pytest.mark.parametrize("damage", ["a\n", "a\nb"])
def test_a_whole_line_that_is_no_record_is_never_vouched_for(damage: str) -> None:
    """An interrupted write leaves no line feed, so somebody else wrote that."""
    assert told(text_of("later", after=WHOLE + damage.encode())) != []


# Properties: whatever is done to a text that holds, it is found.

events = st.lists(st.sampled_from(["provisioned", "opened", "closed"]), min_size=1, max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
field_sets = st.dictionaries(st.text(max_size=5), json_values, max_size=3)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    data = b""
    for event in draw(events):
        chain = verify(data)
        data += text_after(chain, [append(chain, event, draw(field_sets), NOW)])
    return data


@given(texts())
def test_whatever_is_written_is_whole(data: bytes) -> None:
    chain = verify(data)
    assert (chain.problems, chain.remarks) == ((), ())
    assert b"".join(record.line + b"\n" for record in chain.records) == data
    assert data.isascii()


@given(texts(), st.data())
def test_any_alteration_is_found(data: bytes, draw: st.DataObject) -> None:
    """Any bytes in place of any others, which are also insertions and cuts, but for whole records at the end."""
    begin = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(begin, min(len(data), begin + 4)))
    other = draw.draw(st.binary(max_size=4) | st.sampled_from([b"\n", b" ", b"0", b'"', b"\r"]))
    altered = data[:begin] + other + data[end:]
    assume(altered != data)
    assert verify(altered, [verify(data).last_hash]).problems


@given(texts(), st.data())
def test_any_cut_is_found(data: bytes, draw: st.DataObject) -> None:
    lines = data.splitlines(keepends=True)
    gone = draw.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1))
    left = b"".join(line for number, line in enumerate(lines) if number not in gone)
    assert verify(left, [verify(data).last_hash]).problems


@given(texts(), st.data())
def test_any_byte_cut_off_the_end_is_found(data: bytes, draw: st.DataObject) -> None:
    length = draw.draw(st.integers(0, len(data) - 1))
    assert verify(data[:length], [verify(data).last_hash]).problems


@given(texts(), st.data())
def test_any_other_order_is_found_without_an_anchor(data: bytes, draw: st.DataObject) -> None:
    lines = data.splitlines(keepends=True)
    order = draw.draw(st.permutations(lines))
    assume(order != lines)
    assert verify(b"".join(order)).problems


@given(texts(), texts(), st.data())
def test_records_of_another_chain_are_found(data: bytes, other: bytes, draw: st.DataObject) -> None:
    ours, theirs = data.splitlines(keepends=True), other.splitlines(keepends=True)
    place = draw.draw(st.integers(0, min(len(ours), len(theirs)) - 1))
    assume(ours[place] != theirs[place])
    mixed = [*ours[:place], theirs[place], *ours[place + 1 :]]
    assert verify(b"".join(mixed), [verify(data).last_hash]).problems


@given(texts(), st.data())
def test_a_write_interrupted_anywhere_is_gone_on_from(data: bytes, draw: st.DataObject) -> None:
    chain = verify(data)
    more = text_after(chain, [append(chain, "closed", {"x": "y" * 9}, NOW)])
    torn = data + more[: draw.draw(st.integers(0, len(more)))]
    after = verify(text_of("checked", after=torn), [chain.last_hash])
    assert after.problems == ()
    assert after.records[-1].event == "checked"


# A file and its copy in a bucket


def test_names_of_objects_sort_as_the_records_do() -> None:
    assert re.fullmatch(r"00000004-[0-9a-f]{64}\.json", object_name(RECORDS[3]))
    names = [object_name(replace(RECORDS[0], n=n)) for n in (9, 10, 99, 100)]
    assert names == sorted(names)


FORK = text_of("other", after=b"".join(LINES[:2]))
COMPARED: dict[str, tuple[bytes, bytes, list[tuple[str, str]]]] = {
    "the same": (WHOLE, WHOLE, []),
    "the bucket lacks some": (WHOLE, LINES[0], []),
    "the file lacks one": (
        b"".join(LINES[:3]),
        WHOLE,
        [("cut", "the file lacks record 4; the bucket has what is missing.")],
    ),
    "the file lacks some": (
        LINES[0],
        WHOLE,
        [("cut", "the file lacks 3 records from 2 on; the bucket has what is missing.")],
    ),
    "they part": (WHOLE, FORK, [("forked", "the bucket has another record 3 than the file.")]),
    "the bucket has both": (
        WHOLE,
        WHOLE + FORK.splitlines(keepends=True)[2],
        [("forked", "the bucket has another record 3 than the file.")],
    ),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_file_is_held_against_its_copy(name: str) -> None:
    here, there, problems = COMPARED[name]
    found = compare(verify(here), verify(there))
    assert [(problem.kind, problem.text) for problem in found] == problems


def test_what_a_bucket_lacks_goes_by_names() -> None:
    names = {object_name(record) for record in RECORDS[:2]}
    assert unsaved(verify(WHOLE), names) == list(RECORDS[2:])


def went_on(here: bytes, there: bytes = b"", once: str | None = None) -> tuple[int, int, bool, list[tuple[str, str]]]:
    """How many were taken over, the new record's number, whether it is new, and what is wrong after it."""
    going = go_on(verify(here), verify(there), "opened", {}, NOW, once)
    return len(going.restored), going.record.n, going.is_new, told(here + going.text)


def test_a_chain_goes_on_and_takes_over_what_only_the_bucket_has() -> None:
    assert went_on(b"") == (0, 1, True, [])
    assert went_on(WHOLE) == (0, 5, True, [])
    assert went_on(WHOLE, LINES[0]) == (0, 5, True, [])
    assert went_on(b"", WHOLE) == (4, 5, True, [])
    assert went_on(LINES[0][:-1], WHOLE) == (3, 5, True, [])


def test_what_does_not_follow_is_not_taken_over() -> None:
    longer_fork = text_of("more", "and more", after=FORK)
    assert went_on(WHOLE, longer_fork) == (0, 5, True, [])
    assert went_on(LINES[0], LINES[2]) == (0, 2, True, [])
    torn = LINES[0] + LINES[1][:20]
    assert went_on(torn, WHOLE) == (0, 2, True, [])


def test_the_same_key_is_written_once() -> None:
    first = go_on(verify(WHOLE), Chain(), "opened", {}, NOW, "INC-1")
    data = WHOLE + first.text
    again = go_on(verify(data), Chain(), "opened", {"other": "fields"}, NOW + timedelta(hours=1), "INC-1")
    assert (again.record, again.is_new, again.text) == (first.record, False, b"")
    assert went_on(data, once="INC-2") == (0, 6, True, [])
    assert went_on(data) == (0, 6, True, [])
    other = go_on(verify(data), Chain(), "closed", {}, NOW, "INC-1")
    assert (other.is_new, other.record.n) == (True, 6)


def test_the_same_key_is_found_in_the_bucket_too() -> None:
    data = WHOLE + go_on(verify(WHOLE), Chain(), "opened", {}, NOW, "INC-1").text
    assert went_on(WHOLE, data, "INC-1") == (1, 5, False, [])
    forked = text_of("other", after=WHOLE)
    assert went_on(forked, data, "INC-1") == (0, 5, False, [])
