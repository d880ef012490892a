# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenPGP recipients: the real gpg makes the keys and opens what was sealed to them."""

from __future__ import annotations

import sys

import pytest
import yaml

from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import (
    HandoverError,
    parse_recipient,
    refuse_mixed,
    seal,
)
from tests.integration import gpg

pytestmark = pytest.mark.core_matrix

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ECC = ("ed25519", "cv25519")
LONG_AGO = "20200101T000000"


def refusal(text: str) -> str:
    parse_recipient.cache_clear()
    with pytest.raises(HandoverError) as caught:
        parse_recipient(text)
    assert caught.value.__context__ is None
    assert caught.value.message.isprintable()
    return caught.value.message


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_gpg_opens_with_the_owners_key(kind: str) -> None:
    owner = gpg.owner(kind)
    recipient = parse_recipient(owner.public)
    assert recipient.label == f"openpgp …{owner.fingerprint[-16:].lower()} Jane Doe <jane@{kind}.example.com>"
    sealed = seal(SECRET.encode(), [recipient])
    assert sealed.startswith("-----BEGIN PGP MESSAGE-----\n")
    assert owner.open(sealed) == SECRET


def test_any_one_of_two_opens_and_nobody_else() -> None:
    owners = [gpg.owner("ed25519"), gpg.owner("rsa")]
    sealed = seal(SECRET.encode(), [parse_recipient(owner.public) for owner in owners])
    for owner in owners:
        assert owner.open(sealed) == SECRET
    only = seal(SECRET.encode(), [parse_recipient(owners[0].public)])
    packets = gpg.gpg("--list-packets", stdin=only)
    assert packets.count(":pubkey enc packet:") == 1


def written(block: str) -> dict[str, str]:
    """The block as people come to write it in YAML, read back."""
    commented = block.replace("\n\n", "\nComment: mail max at example.com\nVersion: 2\n\n", 1)
    quoted = "key: '" + commented.replace("\n", "\n  ") + "'"
    folded = "key: >\n" + "".join(f"  {line}\n" for line in commented.splitlines())
    literal = "key: |\n" + "".join(f"  {line}\n" for line in commented.splitlines())
    read = {name: yaml.safe_load(text)["key"] for name, text in locals().copy().items() if text.startswith("key:")}
    return {
        **read,
        "windows": block.replace("\n", "\r\n"),
        "one line": " ".join(block.split()),
        "base64 alone": "".join(line for line in block.splitlines()[2:-1] if not line.startswith("=")),
    }


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_block_survives_yaml(kind: str) -> None:
    owner = gpg.owner(kind)
    forms = written(owner.public)
    assert set(forms) == {"quoted", "folded", "literal", "windows", "one line", "base64 alone"}
    for name, text in forms.items():
        assert parse_recipient(text) == parse_recipient(owner.public), name


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_private_key_is_refused_and_never_repeated(kind: str) -> None:
    private = gpg.owner(kind).private
    for text in (private, " ".join(private.split()), written(private)["base64 alone"]):
        said = refusal(text)
        assert "private key" in said
        assert not [line for line in private.split() if len(line) > 7 and line in said]


def test_a_private_subkey_behind_a_public_key_is_refused() -> None:
    import pysequoia

    packets = pysequoia.packet.PacketPile.from_bytes(gpg.owner("ed25519").private.encode())
    public = pysequoia.packet.PacketPile.from_bytes(gpg.owner("ed25519").public.encode())
    mixed = b"".join(bytes(packet) for packet in [*list(public)[:3], *list(packets)[3:]])
    said = refusal(pysequoia.armor(mixed, pysequoia.ArmorKind.PublicKey))
    assert "private key" in said


def test_keys_that_are_of_no_use_today_are_told_in_a_sentence() -> None:
    expired = gpg.make("Old <old@example.com>", ("rsa2048", "rsa2048"), LONG_AGO, ("2020-02-01", gpg.NO_DATE))
    assert "expired on 2020-02-01" in refusal(expired.public)
    revoked = gpg.revoke(gpg.make("Gone <gone@example.com>", ECC))
    assert "is revoked" in refusal(revoked.public)
    for name, kinds in (("Signer <signer@example.com>", ("ed25519", None)), ("Weak <weak@example.com>", ECC)):
        at, dates = (None, (gpg.NO_DATE, gpg.NO_DATE)) if kinds[1] is None else (LONG_AGO, (gpg.NO_DATE, "2020-02-01"))
        said = refusal(gpg.make(name, kinds, at, dates).public)
        assert "no encryption subkey is of use today" in said
        assert name in said


def test_an_expired_subkey_beside_a_good_one_gets_nothing() -> None:
    key = gpg.make("Renewed <renewed@example.com>", ECC, LONG_AGO, (gpg.NO_DATE, "2020-02-01"))
    gpg.add_subkey(key.fingerprint, "cv25519")
    key = gpg.exported(key.fingerprint)
    sealed = seal(SECRET.encode(), [parse_recipient(key.public)])
    assert key.open(sealed) == SECRET
    assert gpg.gpg("--list-packets", stdin=sealed).count(":pubkey enc packet:") == 1


def test_damaged_and_doubled_blocks_are_refused() -> None:
    block, other = gpg.owner("ed25519").public, gpg.owner("rsa").public
    assert "damaged" in refusal(block[:200])
    assert "damaged" in refusal(block.replace("4", "5", 3))
    assert "several" in refusal(block + other)
    both = gpg.gpg("--armor", "--export", gpg.owner("ed25519").fingerprint, gpg.owner("rsa").fingerprint)
    assert "several" in refusal(both)
    assert "damaged" in refusal(seal(b"x", [parse_recipient(block)]))


def test_age_and_openpgp_keys_do_not_go_together() -> None:
    mixed = [parse_recipient(AGE), parse_recipient(gpg.owner("ed25519").public)]
    for act in (refuse_mixed, lambda both: seal(b"x", both)):
        with pytest.raises(HandoverError, match="keys of one sort"):
            act(mixed)
    refuse_mixed(mixed[:1])
    refuse_mixed([])


def test_a_missing_pysequoia_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    public = gpg.owner("ed25519").public
    monkeypatch.setitem(sys.modules, "pysequoia", None)
    assert f"'{sys.executable} -m pip install pysequoia'" in refusal(public)
