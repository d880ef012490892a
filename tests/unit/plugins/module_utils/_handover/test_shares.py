# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sealed in shares: every k of n custodians open the text by the script that the role has, and no k-1 of them do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

import pyrage
import pytest
from Cryptodome.Protocol.SecretSharing import Shamir
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._handover import shares
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError, parse_recipient
from ansible_collections.keysmith.iam.plugins.module_utils._handover.shares import read_shares, seal_in_shares
from tests.integration import gpg, owners

SCRIPT = Path(__file__).parents[5] / "roles/break_glass/files/open_shares.py"
SECRET = "User name,Password\nbreak-glass-1,wJalrXUtnFEMI/K7MDENG+bPx\n"


def run(*words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, words)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def opened(*words: str | Path, stdin: str = "") -> str:
    done = run(*words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words: str | Path, stdin: str = "") -> str:
    done = run(*words, stdin=stdin)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr.strip().removeprefix("open_shares: ")


def keys(number: int) -> list[pyrage.x25519.Identity]:
    return [pyrage.x25519.Identity.generate() for _each in range(number)]


def sealed_to(identities: Sequence[pyrage.x25519.Identity], threshold: int, secret: bytes = SECRET.encode()) -> str:
    return seal_in_shares(secret, [parse_recipient(str(one.to_public())) for one in identities], threshold)


def shares_of(text: str, identities: Sequence[pyrage.x25519.Identity]) -> list[str]:
    found = json.loads(text)["shares"]
    pairs = zip(found, identities, strict=True)
    return [pyrage.decrypt(share["sealed"].encode(), [one]).decode() for share, one in pairs]


@cache
def three_of_five() -> tuple[str, list[str]]:
    identities = keys(5)
    text = sealed_to(identities, 3)
    return text, shares_of(text, identities)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "break-glass-1.console-password.csv.shares.json"
    path.write_text(three_of_five()[0], encoding="utf-8")
    return path


def test_custodians_with_age_ssh_and_pgp_keys_open_it_by_the_real_programs(tmp_path: Path) -> None:
    custodians = [owners.age(), owners.ssh("ed25519"), gpg.owner("ed25519")]
    path = tmp_path / "text"
    path.write_text(seal_in_shares(SECRET.encode(), [parse_recipient(one.public) for one in custodians], 2))
    listed = opened("list", path).splitlines()
    assert listed[0] == "2 of these 3 shares open the text:"
    assert [line.split()[1] for line in listed[1:]] == [
        parse_recipient(one.public).label.split()[0] for one in custodians
    ]
    texts = [one.open(opened("share", path, str(number))) for number, one in enumerate(custodians, 1)]
    for pair in combinations(texts, 2):
        assert opened("open", path, stdin="\n".join(pair)) == SECRET


def test_every_three_of_five_open_it_and_no_two_do(stored: Path, tmp_path: Path) -> None:
    _text, texts = three_of_five()
    files = [tmp_path / f"share-{number}" for number in range(5)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    for some in combinations(files, 3):
        assert opened("open", stored, *some) == SECRET
    for some in combinations(files, 2):
        assert refused("open", stored, *some) == "3 different shares are needed, and there are 2."


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_k_rebuild_the_key_and_fewer_do_not(data: st.DataObject) -> None:
    number = data.draw(st.integers(2, 7))
    threshold = data.draw(st.integers(2, number))
    secret = data.draw(st.binary(max_size=64))
    identities = keys(number)
    text = sealed_to(identities, threshold, secret)
    found = [text.splitlines() for text in shares_of(text, identities)]
    chosen = data.draw(st.permutations(found))[:threshold]
    sealed = json.loads(text)["sealed"].encode()
    assert pyrage.decrypt(sealed, [rebuilt(chosen)]) == secret
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [rebuilt(chosen[:-1])])


def rebuilt(some: Sequence[Sequence[str]]) -> pyrage.x25519.Identity:
    """The key that these shares give, whether or not they are enough."""
    halves = [[line.split("-") for line in (share[at] for share in some)] for at in (1, 2)]
    joined = [Shamir.combine([(int(n), bytes.fromhex(value)) for n, value in half], ssss=True) for half in halves]
    return pyrage.x25519.Identity.from_str(opened("identity", stdin=b"".join(joined).hex()).strip())


def test_without_us_ssss_and_age_open_it(stored: Path, tmp_path: Path) -> None:
    """As the guide says: http://point-at-infinity.org/ssss/, each half of the key by itself."""
    _text, texts = three_of_five()
    halves = [ssss([text.splitlines()[at] for text in texts[1:4]]) for at in (1, 2)]
    key = tmp_path / "key.txt"
    key.write_text(opened("identity", stdin="\n".join(halves)))
    command = ["age", "--decrypt", "--identity", str(key)]
    sealed = json.loads(stored.read_text())["sealed"]
    assert subprocess.run(command, input=sealed, capture_output=True, text=True, check=True).stdout == SECRET


def ssss(lines: Sequence[str]) -> str:
    command = ["ssss-combine", "-t", str(len(lines)), "-x", "-D", "-q", "-Q"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1]


def test_the_sealed_text_alone_serves_as_the_kit_prints_it(stored: Path, tmp_path: Path) -> None:
    text, texts = three_of_five()
    printed = tmp_path / "typed.age"
    printed.write_text(json.loads(text)["sealed"].strip().replace("\n", "\r\n"))
    assert opened("open", printed, stdin="".join(texts[:3])) == SECRET
    assert refused("open", printed, stdin="") == "2 different shares are needed, and there are 0."
    assert "is not a text in shares" in refused("list", printed)


def test_shares_may_come_by_mail(stored: Path) -> None:
    texts = three_of_five()[1]
    mailed = "".join("Hi,\n\n> " + text.upper().replace("\n", "\n>  ") + "\nregards\n" for text in texts[2:])
    assert opened("open", stored, stdin=mailed) == SECRET


def altered(text: str) -> str:
    """With one digit of the second line another."""
    lines = text.splitlines()
    lines[1] = lines[1][:-1] + ("0" if lines[1][-1] != "0" else "1")
    return "\n".join(lines)


def test_what_is_damaged_or_does_not_belong_is_named_and_never_quoted(stored: Path) -> None:
    texts = three_of_five()[1]
    damaged = refused("open", stored, stdin="\n".join([texts[0], altered(texts[1]), texts[2]]))
    assert damaged == "Share 2 is damaged: its check does not match. Type it once more."
    assert refused("open", stored, stdin=texts[0] + texts[0] + texts[1]).startswith("3 different shares are needed")
    identities = keys(3)
    other = shares_of(sealed_to(identities, 3), identities)
    told = refused("open", stored, stdin=texts[0] + texts[1] + other[2])
    assert told == "Not of this text, but of an older or another one: share 3. Take the newest file."
    assert "first line" in refused("open", stored, stdin="keysmith share one\n")
    assert "first half" in refused("identity", stdin="00" * 31)
    assert refused("share", stored, "6") == "There is no share 6; there are 5."
    assert "No such file" in refused("open", stored.parent / "nothing")


def test_a_share_of_an_altered_set_is_found_by_age(stored: Path) -> None:
    """Somebody who alters a share and its check is found by the text, which no longer opens."""
    texts = list(three_of_five()[1])
    lines = altered(texts[1]).splitlines()[:3]
    texts[1] = "\n".join([*lines, f"check {shares.share_check(lines)}"])
    assert "do not open the text" in refused("open", stored, stdin="\n".join(texts[:3]))


def test_nothing_of_the_secret_or_the_key_stands_in_the_text() -> None:
    text, texts = three_of_five()
    document = read_shares(text)
    assert document is not None
    assert set(document) == {"keysmith", "threshold", "sealed", "shares"}
    assert all(share["sealed"].startswith("-----BEGIN AGE ENCRYPTED FILE-----") for share in document["shares"])
    lines = {line for share in texts for line in share.splitlines()}
    assert not [line for line in lines if line in text]
    assert read_shares("[1]") is None
    assert read_shares("-----BEGIN AGE ENCRYPTED FILE-----") is None


@pytest.mark.parametrize(
    ("threshold", "number", "said"),
    [
        (
            1,
            3,
            "handover.threshold is 1 and seal_to has 3 different key(s); leave threshold out, and any one key opens",
        ),
        (4, 3, "handover.threshold is 4 and seal_to has 3 different key(s); give 2 to 3."),
        (2, 1, "handover.threshold is 2 and seal_to has 1 different key(s); give at least two keys."),
        (0, 3, "handover.threshold is 0 and seal_to has 3 different key(s); give 2 to 3."),
        (2, 17, "handover.threshold is for up to 16 keys, and seal_to has 17; give fewer."),
    ],
)
def test_a_threshold_that_cannot_be_is_refused(threshold: int, number: int, said: str) -> None:
    with pytest.raises(HandoverError) as caught:
        sealed_to(keys(number), threshold)
    assert said in caught.value.message


def test_one_key_twice_holds_one_share() -> None:
    one, other = keys(2)
    with pytest.raises(HandoverError, match="seal_to has 2 different key"):
        sealed_to([one, other, one], 3)
    with pytest.raises(HandoverError, match="a key stands twice"):
        sealed_to([one, other, one], 2)


def test_a_missing_library_is_named_by_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Cryptodome.Protocol.SecretSharing", None)
    with pytest.raises(HandoverError, match="-m pip install pycryptodomex'"):
        sealed_to(keys(2), 2)
