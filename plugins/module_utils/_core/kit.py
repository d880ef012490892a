# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emergency kit: a page of HTML for each custodian, to be printed and laid into a safe. No secret in the clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.keysmith.iam.plugins.module_utils._core.manifest import Part
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import MFA_SEED, PASSWORD, secret_words


@dataclass(frozen=True)
class Text:
    """A sealed text as it is printed: what it is, the file it is typed or scanned into, its fingerprint, the text, and
    its QR code as SVG; an empty one where it is too long for a QR code."""

    title: str
    file: str
    fingerprint: str
    text: str
    svg: str


@dataclass(frozen=True)
class Holding:
    """What one custodian holds of one secret. ``number`` is that of their share, None where their key alone opens the
    text. Without ``texts`` the text is in a store that this machine did not read."""

    part: Part
    custodian: str
    number: int | None = None
    texts: tuple[Text, ...] = ()


# Nothing is fetched when the page is opened, whatever stands in it; QR codes want their white margin on dark screens.
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Emergency access to AWS</title>
<style>
@page { size: A4; margin: 12mm 14mm }
body { font: 10pt/1.35 sans-serif; color: #000; background: #fff; max-width: 182mm; margin: 0 auto }
section.page { break-after: page }
section.page:last-child { break-after: auto }
h1 { font-size: 17pt; margin: 0 0 2mm; overflow-wrap: anywhere }
h2 { font-size: 12.5pt; margin: 3mm 0 1.5mm; border-top: .4mm solid #000; padding-top: 2mm; overflow-wrap: anywhere }
p, ol, dl { margin: 0 0 2mm }
ol { padding-left: 6mm }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3mm 4mm }
dt { font-weight: bold }
dd { margin: 0; overflow-wrap: anywhere }
code, pre { font-family: monospace }
div.holding { break-inside: avoid }
div.texts { display: flex; flex-wrap: wrap; gap: 2mm 6mm }
figure { margin: 1mm 0; width: 88mm }
figcaption { font-weight: bold }
figure div { font-size: 8.5pt; overflow-wrap: anywhere }
figure svg { display: block; width: 80mm; height: 80mm; margin: 1mm 0 }
pre { font-size: 5.5pt; line-height: 1.15; margin: 1mm 0; white-space: pre-wrap; overflow-wrap: anywhere }
</style>
</head>
<body>
"""
_KEEPERS = {"secretsmanager": "the secret {} in AWS Secrets Manager", "ssm_parameter": "the parameter {} in AWS SSM"}


def html(sign_in_url: str, holdings: Sequence[Holding], contacts: Sequence[str]) -> str:
    """The whole kit: a ``section`` a custodian, in the order of the holdings. The same in, the same out."""
    custodians = dict.fromkeys(holding.custodian for holding in holdings)
    pages = [
        _page(name, sign_in_url, [holding for holding in holdings if holding.custodian == name], contacts)
        for name in custodians
    ]
    return "".join([_HEAD, *pages, "</body>\n</html>\n"])


def _page(custodian: str, sign_in_url: str, holdings: Sequence[Holding], contacts: Sequence[str]) -> str:
    facts = [("Custodian", custodian), ("Sign in at", sign_in_url), *(("Call", contact) for contact in contacts)]
    return "".join(
        [
            '<section class="page">\n<h1>Emergency access to AWS</h1>\n',
            _facts(facts),
            "<p>Keep this page in your safe. It opens nothing without your private key, so keep that elsewhere.</p>\n",
            f"<ol>\n{''.join(f'<li>{step}</li>' + chr(10) for step in _steps(holdings))}</ol>\n",
            *map(_holding, holdings),
            "</section>\n",
        ]
    )


def _steps(holdings: Sequence[Holding]) -> list[str]:
    """What the custodian does, as HTML. The private key's program follows from the label."""
    kinds = {holding.part.kind for holding in holdings}
    program = "gpg --decrypt FILE" if holdings[0].custodian.startswith("openpgp ") else "age -d -i PRIVATE_KEY FILE"
    steps = [
        "Act only when the emergency is declared, by somebody whom you know; ask who approved it, and for the ticket.",
        "Scan the QR code with any app that shows its text, or take the file itself, and save it under the name that"
        " stands beside it. <code>sha256sum FILE</code> begins with the digits of its fingerprint.",
        f"Open it with your private key: <code>{program}</code>",
    ]
    if any(holding.number is not None for holding in holdings):
        steps.append(
            "What you open is a share of four lines, which alone opens nothing. Give it, read aloud or by a safe"
            " channel, to the one who joins the shares: <code>python3 open_shares.py open TEXT</code>, where TEXT is"
            " the text that is common to all."
        )
    if PASSWORD in kinds:
        steps.append("Sign in with the user name and the password; somebody else has the code that AWS then asks for.")
    if MFA_SEED in kinds:
        steps.append(
            "Give the seed to an authenticator app, and tell its codes to the one who signs in; never the seed."
        )
    return [
        *steps,
        "When it is over, delete what you opened and saved, and have the emergency user closed. That makes this page"
        " void: shred it once you have the new one.",
    ]


def _holding(holding: Holding) -> str:
    part = holding.part
    what = secret_words(part.kind)
    title = f"{part.user}: {what}" if holding.number is None else f"{part.user}: share {holding.number} of its {what}"
    facts = [("User name", part.user), ("Opens with", _opens_with(holding)), ("Kept in", _place(part))]
    facts += [("Fingerprint", part.fingerprint)] if part.fingerprint else []
    texts = "".join(map(_figure, holding.texts))
    held = f'<h2>{_escaped(title)}</h2>\n{_facts(facts)}<div class="texts">\n{texts}</div>\n'
    return f'<div class="holding">\n{held}</div>\n'


def _opens_with(holding: Holding) -> str:
    """With the custodian's own name too: what is held for a second user begins a sheet without the heading."""
    part, others = holding.part, [label for label in holding.part.sealed_to if label != holding.custodian]
    if part.threshold is not None:
        held = f"any {part.threshold} of {len(part.sealed_to)} shares; this one has {holding.custodian}"
        return f"{held}, the others have {' · '.join(others)}"
    own = f"your private key ({holding.custodian}) alone"
    return own + (f", or that of {' · '.join(others)}" if others else "")


def _place(part: Part) -> str:
    return _KEEPERS[part.store].format(part.place) if part.store in _KEEPERS else part.place


def _figure(text: Text) -> str:
    code = text.svg or "<p>Too long for a QR code: take the file.</p>"
    return (
        f"<figure>\n<figcaption>{_escaped(text.title)}</figcaption>\n"
        f"<div>Save as <code>{_escaped(text.file)}</code>,"
        f" fingerprint <code>{_escaped(text.fingerprint)}</code></div>\n"
        f"{code}\n<pre>{_escaped(text.text)}</pre>\n</figure>\n"
    )


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_escaped(name)}</dt><dd>{_escaped(value)}</dd>\n" for name, value in facts)
    return f"<dl>\n{rows}</dl>\n"


def _escaped(text: str) -> str:
    """As text in HTML, also inside quotes (https://html.spec.whatwg.org/multipage/parsing.html#escapingString)."""
    for letter, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
        text = text.replace(letter, reference)
    return text
