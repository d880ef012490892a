# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sealing: the real age program and real SSH keys open what was sealed; nothing refused is ever repeated."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    HandoverError,
    Recipient,
    fingerprint,
    parse_recipient,
    seal,
)

pytestmark = pytest.mark.core_matrix

SECRET = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
# Keys whose shared secret is zero whatever the private key, u = 0 and u = 1 (RFC 7748, section 6.1).
ALL_ZERO_AGE = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z"
ONE_AGE = "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya"

TOP_BIT_AGE = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzqqsuwj9m"  # X25519 ignores the top bit
# A point of order 8 on Ed25519, found by doubling it to the identity.
ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


@dataclass(frozen=True)
class Owner:
    public: str
    identity: Path


def ssh_key(folder: Path, *kind: str) -> Owner:
    key = folder / "-".join(kind)
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "jane doe@laptop", "-f", key, "-t", *kind], check=True)
    return Owner(key.with_name(key.name + ".pub").read_text(), key)


def ssh_text(kind: str, *fields: bytes) -> str:
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in (kind.encode(), *fields))
    return f"{kind} {base64.b64encode(blob).decode()}"


def number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Owner]:
    folder = tmp_path_factory.mktemp("owners")
    identity = folder / "age.txt"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout
    return {
        "age": Owner(public, identity),
        "ed25519": ssh_key(folder, "ed25519"),
        "rsa": ssh_key(folder, "rsa", "-b", "3072"),
        "rsa1024": ssh_key(folder, "rsa", "-b", "1024"),
        "ecdsa": ssh_key(folder, "ecdsa"),
    }


def opened_by_age(text: str, identity: Path) -> bytes:
    return subprocess.run(
        ["age", "-d", "-i", identity], input=text.encode(), check=True, capture_output=True, timeout=30
    ).stdout


def refusal(text: str) -> str:
    parse_recipient.cache_clear()
    with pytest.raises(HandoverError) as caught:
        parse_recipient(text)
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("name", ["age", "ed25519", "rsa"])
def test_the_real_age_opens_with_the_owners_key(owners: dict[str, Owner], name: str) -> None:
    sealed = seal(SECRET, [parse_recipient(owners[name].public)])
    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert opened_by_age(sealed, owners[name].identity) == SECRET


def test_any_one_recipient_opens_and_nobody_else(owners: dict[str, Owner], tmp_path: Path) -> None:
    sealed = seal(SECRET, [parse_recipient(owners[name].public) for name in ("age", "ed25519", "rsa")])
    for name in ("age", "ed25519", "rsa"):
        assert opened_by_age(sealed, owners[name].identity) == SECRET
    with pytest.raises(subprocess.CalledProcessError):
        opened_by_age(sealed, ssh_key(tmp_path, "ed25519").identity)


@given(plaintext=st.binary(max_size=300), count=st.integers(1, 3))
def test_any_text_comes_back(plaintext: bytes, count: int) -> None:
    identities = [pyrage.x25519.Identity.generate() for _each in range(count)]
    recipients = [parse_recipient(str(identity.to_public())) for identity in identities]
    sealed = seal(plaintext, recipients)
    armour = base64.b64decode("".join(sealed.splitlines()[1:-1]))
    assert len(plaintext) < 4 or plaintext not in armour
    for identity in identities:
        assert pyrage.decrypt(sealed.encode(), [identity]) == plaintext


def test_a_label_tells_the_key_and_its_comment(owners: dict[str, Owner]) -> None:
    blob = owners["ed25519"].public.split()[1]
    assert parse_recipient(owners["ed25519"].public).label == f"ssh-ed25519 …{blob[-8:]} jane doe@laptop"
    assert parse_recipient(f"ssh-ed25519 {blob}").label == f"ssh-ed25519 …{blob[-8:]}"
    assert parse_recipient(owners["age"].public).label == f"age1…{owners['age'].public.strip()[-6:]}"
    noisy = parse_recipient(f"ssh-ed25519 {blob} \x1b[31mred\x07 {'x' * 90}").label
    assert noisy.isprintable()
    assert len(noisy) < 80


def test_white_space_case_and_comments_are_normalised(owners: dict[str, Owner]) -> None:
    blob = owners["rsa"].public.split()[1]
    assert parse_recipient(f"\ufeff  ssh-rsa\t{blob}   me \r\n").text == f"ssh-rsa {blob}"
    age = owners["age"].public.strip()
    assert parse_recipient(f"\n{age.upper()} ") == parse_recipient(age)


@pytest.mark.parametrize("name", ["age", "ed25519", "rsa", "ecdsa"])
def test_a_private_key_is_refused_and_never_repeated(owners: dict[str, Owner], name: str) -> None:
    private = owners[name].identity.read_text()
    for text in (private, " ".join(private.split()), private.splitlines()[-1 if name == "age" else 1], private[5:]):
        said = refusal(text)
        assert "private key" in said
        assert not [line for line in private.split() if len(line) > 7 and line in said]
    assert "private key" in refusal(f"{owners['ed25519'].public} {private}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n\ufeff", "empty"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ", "OpenPGP"),
        ("ecdsa-sha2-nistp256 AAAAE2VjZHNh", "ecdsa, dss"),
        ("sk-ssh-ed25519@openssh.com AAAAGnNr", "security-key"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "certificates"),
        ("ssh-ed25519", "damaged"),
        ("ssh-ed25519 AAAA", "damaged"),
        ("ssh-rsa é", "damaged"),
        ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "plugins"),
        ("age1xx", "damaged"),
        (ALL_ZERO_AGE, "placeholder"),
        (ALL_ZERO_AGE.upper(), "placeholder"),
        (ONE_AGE, "placeholder"),
        (TOP_BIT_AGE, "placeholder"),
        (ssh_text("ssh-ed25519", bytes(32)), "placeholder"),
        (ssh_text("ssh-ed25519", b"\x01" + bytes(31)), "placeholder"),
        (ssh_text("ssh-ed25519", (2**255 - 20).to_bytes(32, "little")), "placeholder"),
        (
            ssh_text("ssh-ed25519", ORDER_8),
            "placeholder",
        ),
        (ssh_text("ssh-ed25519", b"short"), "damaged"),
        (ssh_text("ssh-ed25519", b"\x05" * 32, b"more"), "damaged"),
        (ssh_text("ssh-rsa", number(0), number(1 << 2047)), "exponent"),
        (ssh_text("ssh-rsa", number(65537), number(0)), "0 bits"),
        (ssh_text("ssh-rsa", number(65537), number(1 << 2046)), "2047 bits"),
        (ssh_text("ssh-rsa", number(65537), number(1 << 4096)), "4097 bits"),
        (SECRET.decode(), "this recipient"),
        ("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12", "this recipient"),
        ("{{ jane_key }}", "this recipient"),
        ("jane.doe@example.com", "this recipient"),
        ("~/.ssh/jane/id_ed25519.pub", "this recipient"),
    ],
)
def test_what_is_no_usable_public_key_is_told_in_a_sentence(text: str, said: str) -> None:
    message = refusal(text)
    assert said in message
    assert said != "this recipient" or text not in message
    assert message.startswith("Cannot seal to ")
    assert message.endswith((".", ")."))


def test_age_too_refuses_a_placeholder() -> None:
    done = subprocess.run(["age", "-r", ALL_ZERO_AGE], input=SECRET, capture_output=True)
    assert done.returncode != 0


def test_short_and_foreign_ssh_keys_are_refused(owners: dict[str, Owner]) -> None:
    assert "1024 bits" in refusal(owners["rsa1024"].public)
    assert "ecdsa" in refusal(owners["ecdsa"].public)
    blob = owners["rsa"].public.split()[1]
    assert "damaged" in refusal(f"ssh-ed25519 {blob}")
    assert "damaged" in refusal(f"ssh-rsa {blob[:-8]}")
    assert "damaged" in refusal(f"ssh-rsa {blob} ".replace(blob, blob + "AAAA"))


def test_several_keys_in_one_entry_are_not_silently_dropped(owners: dict[str, Owner]) -> None:
    assert "several" in refusal(owners["ed25519"].public + owners["rsa"].public)
    assert "several" in refusal(owners["age"].public + owners["age"].public)


@given(st.text(max_size=120) | st.from_regex(r"(age1|AGE1|ssh-rsa |ssh-ed25519 |sk-)[ -~]{0,90}", fullmatch=True))
def test_any_garbage_gives_one_sentence_that_repeats_at_most_20_characters(text: str) -> None:
    said = ""
    try:
        parse_recipient(text)
    except HandoverError as error:
        said = str(error)
    quoted = re.search("'([^']*)'", said)
    assert quoted is None or len(quoted[1]) <= 20
    assert said.isprintable()


@given(data=st.data())
def test_a_key_with_one_letter_changed_never_crashes(owners: dict[str, Owner], data: st.DataObject) -> None:
    text = owners[data.draw(st.sampled_from(["age", "ed25519", "rsa"]))].public.strip()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8"))
    try:
        recipient = parse_recipient(text[:place] + letter + text[place + 1 :])
    except HandoverError:
        return
    assert seal(SECRET, [recipient])


def test_without_recipients_nothing_is_sealed() -> None:
    with pytest.raises(HandoverError, match="no recipient was given"):
        seal(SECRET, [])


@pytest.mark.parametrize("text", ["age1nonsense", ALL_ZERO_AGE, "ssh-rsa AAAA"])
def test_a_failure_in_age_even_a_panic_becomes_a_sentence_without_the_secret(text: str) -> None:
    with pytest.raises(HandoverError) as caught:
        seal(SECRET, [Recipient(text=text, label="jane's key")])
    assert SECRET.decode() not in repr(caught.value)
    assert caught.value.__context__ is None


def test_an_error_that_quotes_the_secret_is_not_carried_along(
    owners: dict[str, Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = parse_recipient(owners["age"].public)

    def quote(plaintext: bytes, *_recipients: object, **_options: object) -> bytes:
        raise ValueError(plaintext)

    monkeypatch.setattr(pyrage, "encrypt", quote)
    with pytest.raises(HandoverError, match="pyrage failed") as caught:
        seal(SECRET, [recipient])
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_an_interrupt_is_not_swallowed(owners: dict[str, Owner], monkeypatch: pytest.MonkeyPatch) -> None:
    recipient = parse_recipient(owners["age"].public)

    def interrupt(*_anything: object, **_options: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(pyrage, "encrypt", interrupt)
    with pytest.raises(KeyboardInterrupt):
        seal(SECRET, [recipient])


def test_a_missing_pyrage_is_told_with_what_to_install(
    owners: dict[str, Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    said = refusal(owners["age"].public)
    assert f"'{sys.executable} -m pip install pyrage'" in said


def test_a_fingerprint_is_short_and_of_this_very_text(owners: dict[str, Owner]) -> None:
    recipient = parse_recipient(owners["age"].public)
    first, second = seal(SECRET, [recipient]), seal(SECRET, [recipient])
    assert re.fullmatch("sha256:[0-9a-f]{16}", fingerprint(first))
    assert fingerprint(first) == fingerprint(first) != fingerprint(second)
    assert fingerprint("abc") == "sha256:ba7816bf8f01cfea"  # FIPS 180-2, appendix B.1
