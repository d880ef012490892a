# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens a text that is sealed so that several custodians open it together (handover.threshold of keysmith.iam).

    python3 open_shares.py list TEXT                 who has which share, and how many are needed
    python3 open_shares.py share TEXT NUMBER         one custodian's share, still sealed: pipe it to age -d or gpg -d
    python3 open_shares.py open TEXT [SHARE...]      join opened shares; without files, paste them, one after the other
    python3 open_shares.py identity                  make an age key of the 64 hex digits on standard input, that
                                             ssss-combine gave in two halves

TEXT is the stored file; for "open" the sealed text alone serves too, as the kit prints it. Needs Python 3.9 or later,
and for "open" pyrage and pycryptodomex (or Debian's python3-pycryptodome). Nothing is sent anywhere, and nothing is
written but what is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

_HEAD = re.compile(r"keysmith share (\d+), any (\d+) of (\d+), for text ([0-9a-f]{8})")
_LINE = re.compile(r"(\d+)-([0-9a-f]{32})")
_CHECK = re.compile(r"check ([0-9a-f]{8})")
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX = "age-secret-key-"


class CannotOpen(Exception):
    """Says what is missing or damaged, and never quotes a share."""


class Share:
    """One opened share: its number, how many are needed, which text it is for, its part of each half of the key."""

    def __init__(self, lines: list[str]) -> None:
        head, check = _HEAD.fullmatch(lines[0]), _CHECK.fullmatch(lines[-1])
        halves = [_LINE.fullmatch(line) for line in lines[1:-1]]
        if head is None:
            raise CannotOpen("A share is damaged in its first line. Type it as the custodian reads it.")
        self.number, self.needed, self.mark = int(head[1]), int(head[2]), head[4]
        good = hashlib.sha256("\n".join(lines[:-1]).encode("ascii", "replace")).hexdigest()[:8]
        if check is None or check[1] != good or len(halves) != 2 or None in halves:
            raise CannotOpen(f"Share {self.number} is damaged: its check does not match. Type it once more.")
        self.halves = [bytes.fromhex(half[2]) for half in halves if half is not None]


def read_shares(text: str) -> list[Share]:
    """The shares in ``text``, one after the other; what stands between them (a greeting, a quote mark) counts not."""
    lines = [" ".join(line.strip("> \t").lower().split()) for line in text.splitlines()]
    starts = [at for at, line in enumerate(lines) if line.startswith("keysmith share")]
    return [Share(([line for line in lines[at : at + 12] if line] + [""] * 4)[:4]) for at in starts]


def document(path: str, alone: bool = False) -> dict:
    """The stored text; ``alone`` takes the sealed text without the shares as well."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    if alone and text.lstrip().startswith("-----BEGIN AGE ENCRYPTED FILE-----"):
        return {"sealed": text.strip() + "\n"}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("keysmith") != "shares/1":
        raise CannotOpen(f"{path} is not a text in shares. If it begins with -----BEGIN, age -d or gpg -d opens it.")
    return found


def listing(found: dict) -> str:
    lines = [f"{found['threshold']} of these {len(found['shares'])} shares open the text:"]
    return "\n".join(lines + [f"{number}  {share['to']}" for number, share in enumerate(found["shares"], 1)])


def one_share(found: dict, number: int) -> str:
    if not 1 <= number <= len(found["shares"]):
        raise CannotOpen(f"There is no share {number}; there are {len(found['shares'])}.")
    return found["shares"][number - 1]["sealed"].strip()


def fitting(found: dict, shares: list[Share]) -> list[Share]:
    """As many different shares of this text as are needed, no more. Raises CannotOpen."""
    mark = hashlib.sha256("".join(found["sealed"].split()).encode("ascii", "replace")).hexdigest()[:8]
    strange = sorted({share.number for share in shares if share.mark != mark})
    if strange:
        told = ", ".join(map(str, strange))
        raise CannotOpen(f"Not of this text, but of an older or another one: share {told}. Take the newest file.")
    different = list({share.number: share for share in shares}.values())
    needed = found.get("threshold") or max((share.needed for share in shares), default=2)
    if len(different) < needed:
        raise CannotOpen(f"{needed} different shares are needed, and there are {len(different)}.")
    return different[:needed]


def join(shares: list[Share]) -> bytes:
    """The key's 32 bytes."""
    try:
        from Cryptodome.Protocol.SecretSharing import Shamir
    except ImportError:
        raise CannotOpen("pycryptodomex is missing: pip install pycryptodomex, or use ssss-combine.") from None
    return b"".join(Shamir.combine([(one.number, one.halves[at]) for one in shares], ssss=True) for at in (0, 1))


def identity(key: bytes) -> str:
    """``AGE-SECRET-KEY-1...`` of the 32 bytes (Bech32, BIP 173)."""
    bits = int.from_bytes(key, "big") << 4
    values = [bits >> 5 * place & 31 for place in reversed(range(52))]
    expanded = [ord(letter) >> 5 for letter in _PREFIX] + [0] + [ord(letter) & 31 for letter in _PREFIX]
    polymod = _polymod([*expanded, *values, *[0] * 6]) ^ 1
    checksum = [polymod >> 5 * (5 - place) & 31 for place in range(6)]
    return (_PREFIX + "1" + "".join(_BECH32[value] for value in [*values, *checksum])).upper()


def _polymod(values: list[int]) -> int:
    """The checksum of BIP 173 (https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki)."""
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for place, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            total ^= part if top >> place & 1 else 0
    return total


def unseal(found: dict, shares: list[Share]) -> bytes:
    try:
        import pyrage
    except ImportError:
        raise CannotOpen("pyrage is missing: pip install pyrage, or use identity and age -d.") from None
    key = pyrage.x25519.Identity.from_str(identity(join(fitting(found, shares))))
    try:
        return pyrage.decrypt(found["sealed"].encode("ascii"), [key])
    except pyrage.DecryptError:
        raise CannotOpen("These shares do not open the text: it or a share was altered. Take another copy.") from None


def key_of_digits(text: str) -> str:
    digits = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise CannotOpen("Give 64 hex digits: what ssss-combine gave for the first half, then for the second.")
    return identity(bytes.fromhex(digits))


def _pasted() -> str:
    if sys.stdin.isatty():
        sys.stderr.write("Paste the opened shares, one after the other, then press Ctrl-D.\n")
    return sys.stdin.read()


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="list|share|open|identity")
    for name in ("list", "share", "open"):
        commands.add_parser(name).add_argument("text")
    commands.add_parser("identity")
    commands.choices["share"].add_argument("number", type=int)
    commands.choices["open"].add_argument("shares", nargs="*")
    return parser.parse_args(words)


def _answer(given: argparse.Namespace) -> bytes:
    if given.command == "identity":
        return f"{key_of_digits(_pasted())}\n".encode()
    found = document(given.text, alone=given.command == "open")
    if given.command == "list":
        return f"{listing(found)}\n".encode()
    if given.command == "share":
        return f"{one_share(found, given.number)}\n".encode()
    texts = [Path(path).read_text(encoding="utf-8", errors="replace") for path in given.shares] or [_pasted()]
    return unseal(found, [share for text in texts for share in read_shares(text)])


def main(words: list[str]) -> int:
    try:
        sys.stdout.buffer.write(_answer(_arguments(words)))
    except (CannotOpen, OSError) as error:
        sys.stderr.write(f"open_shares: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
