# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which results are hidden, what is still told of them, and who may hand a readable secret over so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import HandoverSpec, RosterSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._shell import masking

ROOT = Path(__file__).resolve().parents[5]
READABLE, SEALED = HandoverSpec("result", plaintext=True), HandoverSpec("result", seal_to=("age1x",))
CSV = 'User name,Password,Console sign-in URL\njane,"a,Secret-1",https://example.com\n'


class Attended:
    """What attend() did with a module that gives ``result``."""

    def __init__(self, result: Mapping[str, Any], can_hide: bool = True) -> None:
        self.arguments: dict[str, Any] = {}
        self.told: list[str] = []

        def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
            self.arguments = dict(arguments)
            return dict(result)

        asked = {"user_name": "jane", "_masked": "given"}
        self.result = masking.attend("keysmith.iam.access_key", asked, can_hide, run, self.told.append)


def marked(**more: Any) -> dict[str, Any]:
    return masking.mark({"handed_over": [{"user": "jane", "text": CSV}], **more})


def test_a_marked_result_is_hidden_and_holds_the_secret() -> None:
    attended = Attended(marked(changed=True))
    assert attended.result == {
        "changed": True,
        "handed_over": [{"user": "jane", "text": CSV}],
        "_ansible_no_log": True,
    }
    assert attended.told == []


def test_any_other_result_stays_as_it_is() -> None:
    for result in ({"changed": True}, {"failed": True, "msg": "Cannot."}):
        assert Attended(result).result == result


def test_why_a_hidden_one_failed_is_told() -> None:
    attended = Attended(marked(failed=True, msg="Cannot do it for bob."))
    assert attended.result["_ansible_no_log"] is True
    (told,) = attended.told
    assert told.startswith("keysmith.iam.access_key failed, and its result is hidden")
    assert told.endswith("Cannot do it for bob.")


def test_the_output_of_a_module_that_broke_off_is_hidden() -> None:
    attended = Attended({"failed": True, "msg": "MODULE FAILURE", "module_stdout": CSV})
    assert attended.result["_ansible_no_log"] is True
    assert "Secret-1" not in attended.told[0]


@pytest.mark.parametrize("can_hide", [False, True])
def test_the_module_is_told_whether_its_result_can_be_hidden(can_hide: bool) -> None:
    assert Attended({}, can_hide).arguments == {"user_name": "jane", "_masked": can_hide}


@pytest.mark.parametrize(
    ("core", "refused"),
    [
        ("2.17.5", True),
        ("2.16.14", True),
        ("2.17.6", False),
        ("2.17.14", False),
        ("2.19.0", False),
        ("2.22.0rc1", False),
    ],
)
def test_a_core_that_shows_what_is_hidden_is_refused(core: str, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "core_version", core)
    attended = Attended({"changed": True})
    assert attended.result.get("failed", False) is refused
    assert (attended.arguments == {}) is refused
    if refused:
        assert attended.result["msg"] == (
            f"Cannot run keysmith.iam.access_key: ansible-core {core} shows secrets that a plugin hides."
            " Use 2.17.6 or later."
        )


def test_who_asks_for_a_readable_secret_that_nothing_hides_is_refused() -> None:
    users = (UserSpec("ann", handover=READABLE), UserSpec("bob", handover=SEALED), UserSpec("cy"))
    users += (UserSpec("dee", handover=HandoverSpec("file", "x", plaintext=True)),)
    found = masking.refusals({"_masked": False}, RosterSpec(users=users))
    assert [(finding.subject, finding.level) for finding in found] == [("user ann", "refuse")]
    assert masking.refusals({"_masked": True}, RosterSpec(users=users)) == []
    assert len(masking.refusals({}, RosterSpec(users=users))) == 1


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (CSV, {"a,Secret-1"}),
        ('{"user_name": "jane", "password": "Secret-1", "sign_in_url": "https://example.com"}', {"Secret-1"}),
        ('{"user_name": "jane", "access_key_id": "AKIA", "secret_access_key": "s3", "new": "n3"}', {"s3", "n3"}),
        ("<svg>a,b</svg>", set()),
    ],
)
def test_secrets_are_registered_where_core_keeps_a_list(
    text: str, secrets: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: set[str] = set()
    monkeypatch.setattr(masking, "register_secret", registered.add)
    masking.mark({"handed_over": [{"text": text}]})
    assert registered == {text, *secrets}


def test_every_module_that_hands_over_has_an_action_plugin() -> None:
    """Without one it would refuse every readable result."""
    modules = [
        path for path in (ROOT / "plugins/modules").glob("*.py") if '"handover": args.' in path.read_text("utf-8")
    ]
    assert len(modules) >= 3
    assert {path.stem for path in modules} == {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
