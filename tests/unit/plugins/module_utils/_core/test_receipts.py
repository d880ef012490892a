# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tag that remembers a hand-over: an intent, then a receipt; and which keys an intent makes orphans of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNKNOWN
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import resolve
from ansible_collections.keysmith.iam.plugins.module_utils._core.receipts import Receipt
from tests.unit.plugins.module_utils._core.builders import EARLIER, KEY1, KEY2, NOW, NOW_STAMP, key

KNOWN = {"access_key_id": KEY1, "fingerprint": "sha256:0123456789abcdef", "time": NOW_STAMP, "version_id": "v1"}
LONGEST = {**KNOWN, "access_key_id": "A" * 128}
# What AWS takes in a tag's value, less other scripts' letters and digits
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
TAG_SIGNS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:/=+-@")

# What it says: the key handed over, the time of an intent, the keys that an intent replaces.
Said = tuple[str | None, datetime | None, tuple[str, ...]] | None
READ = [
    pytest.param(None, None, id="no tag"),
    pytest.param("", None, id="an empty tag"),
    pytest.param(" ", None, id="a blank tag"),
    pytest.param(f"pending {NOW_STAMP}", (None, NOW, ()), id="an intent"),
    pytest.param(f"pending {NOW_STAMP} {KEY1} {KEY2}", (None, NOW, (KEY1, KEY2)), id="an intent to replace keys"),
    pytest.param("pending", None, id="an intent without a time"),
    pytest.param("pending since Monday", None, id="an intent that somebody else wrote"),
    pytest.param(f"{KEY1} file sha256:00 {NOW_STAMP}", (KEY1, None, ()), id="a receipt"),
    pytest.param(KEY1, (KEY1, None, ()), id="a receipt that somebody has cut"),
    pytest.param(f"{UNKNOWN} file {UNKNOWN} {UNKNOWN}", (UNKNOWN, None, ()), id="a predicted receipt"),
]


def said(value: str | None) -> Said:
    found = receipts.read(value)
    return None if found is None else (found.key_id, found.pending_since, found.replaces)


@pytest.mark.parametrize(("value", "expected"), READ)
def test_the_tag_is_read(value: str | None, expected: Said) -> None:
    assert said(value) == expected


@given(st.text(max_size=60))
def test_whatever_stands_there_is_read_without_failing(value: str) -> None:
    found = receipts.read(value)
    assert found is None or (found.key_id is None) is not (found.pending_since is None)


def test_what_is_written_is_read_back() -> None:
    assert said(receipts.intent(NOW)) == (None, NOW, ())
    assert said(receipts.intent(NOW, [KEY2])) == (None, NOW, (KEY2,))
    assert said(resolve(receipts.receipt("file"), KNOWN)) == (KEY1, None, ())
    assert said(resolve(receipts.receipt("file"), receipts.PREDICTED)) == (UNKNOWN, None, ())
    assert said(receipts.adoption(KEY1, NOW)) == (KEY1, None, ())


@pytest.mark.parametrize("store", ["file", "secretsmanager", "result"])
def test_aws_takes_it_as_a_tag(store: str) -> None:
    written = [
        receipts.intent(NOW, ["A" * 128]),
        resolve(receipts.receipt(store), LONGEST),
        resolve(receipts.key_description(store), LONGEST),
        receipts.adoption("A" * 128, NOW),
    ]
    for value in written:
        assert len(value) <= 256
        assert set(value) <= TAG_SIGNS


def test_times_are_written_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert receipts.stamp(datetime(2026, 11, 22, 11, 0, 0, 999999, berlin)) == "2026-11-22T10:00:00Z"
    assert receipts.stamp(NOW.astimezone(UTC)) == NOW_STAMP


ORPHANS = [
    pytest.param(None, [], id="no tag"),
    pytest.param(Receipt(key_id="x"), [], id="a receipt"),
    pytest.param(Receipt(pending_since=NOW), ["now", "later"], id="an intent: the keys of its second and after"),
    pytest.param(Receipt(pending_since=EARLIER), ["early", "now", "later"], id="an earlier intent"),
    pytest.param(Receipt(pending_since=NOW, replaces=("now",)), ["later"], id="a key that the intent names was there"),
    pytest.param(Receipt(pending_since=NOW + timedelta(days=1)), [], id="a later intent"),
]


@pytest.mark.parametrize(("found", "lost"), ORPHANS)
def test_only_a_key_made_after_an_intent_of_ours_is_an_orphan(found: Receipt | None, lost: list[str]) -> None:
    keys = (
        key("early", created=EARLIER),
        key("now", created=NOW),
        key("later", created=NOW + timedelta(seconds=1)),
        key("dateless", created=None),
    )
    assert [orphan.id for orphan in receipts.orphans(found, keys)] == lost


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("pending 2026-11-22T10:00:00Z", None),
        ("mfa/jane adopted - 2026-11-22T10:00:00Z", None),
        ("mfa/jane file sha256:0123456789abcdef 2026-11-22T10:00:00Z", "sha256:0123456789abcdef"),
    ],
)
def test_the_fingerprint_of_what_was_handed_over(value: str | None, expected: str | None) -> None:
    assert receipts.fingerprint(value) == expected
