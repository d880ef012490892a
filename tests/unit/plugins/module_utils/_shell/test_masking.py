# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which results are hidden, what is still told of them, and who may hand a readable secret over so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    CREDENTIALS,
    MFA_SEED,
    HandoverSpec,
    RosterSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._handover.formats import text_for
from ansible_collections.keysmith.iam.plugins.module_utils._shell import masking, readable

ROOT = Path(__file__).resolve().parents[5]
READABLE, SEALED = HandoverSpec("result", plaintext=True), HandoverSpec("result", seal_to=("age1x",))
CSV = 'User name,Password,Console sign-in URL\njane,"a,Secret-1",https://example.com\n'


class Attended:
    """What attend() did with a module that gives ``result``."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.runs = 0
        self.told: list[str] = []

        def run() -> dict[str, Any]:
            self.runs += 1
            return dict(result)

        self.result = masking.attend("keysmith.iam.access_key", run, self.told.append)


def marked(**more: Any) -> dict[str, Any]:
    return readable.mark({"handed_over": [{"user": "jane", "text": CSV}], **more})


def test_a_marked_result_is_hidden_and_holds_the_secret() -> None:
    attended = Attended(marked(changed=True))
    assert attended.result == {
        "changed": True,
        "handed_over": [{"user": "jane", "text": CSV}],
        "_ansible_no_log": True,
    }
    assert attended.told == []


def test_a_failure_tells_no_arguments() -> None:
    told = {"failed": True, "msg": "Cannot."}
    assert Attended({**told, "invocation": {"module_args": {"pasword": "Secret-1"}}}).result == told
    changed = {"changed": True, "invocation": {"module_args": {}}}
    assert Attended(changed).result == changed


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


class Action:
    """As much of an ActionBase as a plugin's work touches."""

    def __init__(self, async_val: int) -> None:
        self._task = SimpleNamespace(action="keysmith.iam.access_key", async_val=async_val, environment=[{"A": "1"}])
        self._play_context = SimpleNamespace(no_log=False)
        self._connection = SimpleNamespace(
            _play_context=SimpleNamespace(no_log=False), _shell=SimpleNamespace(tmpdir="x")
        )
        self.removed: list[str] = []
        self._remove_tmp_path = self.removed.append

    def _execute_module(self, task_vars: dict[str, Any], wrap_async: bool) -> dict[str, Any]:
        quiet = (self._play_context.no_log, self._connection._play_context.no_log)
        return {"async": wrap_async, "environment": self._task.environment, "quiet": quiet}


@pytest.mark.parametrize(("async_val", "is_debug"), [(0, False), (60, False), (0, True)])
def test_the_module_is_told_whether_its_result_can_be_hidden(async_val: int, is_debug: bool) -> None:
    action = Action(async_val)
    result = masking.perform(action, {}, print, is_debug)
    hidden = {masking.HIDDEN: "1" if not async_val and not is_debug else ""}
    assert result == {"async": bool(async_val), "environment": [{"A": "1"}, hidden], "quiet": (True, True)}
    assert (action._play_context.no_log, action._connection._play_context.no_log) == (False, False)
    assert action.removed == ([] if async_val else ["x"])


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
    assert attended.runs == (0 if refused else 1)
    if refused:
        assert attended.result["msg"] == (
            f"Cannot run keysmith.iam.access_key: ansible-core {core} shows secrets that a plugin hides."
            " Use 2.17.6 or later."
        )


def test_who_asks_for_a_readable_secret_that_nothing_hides_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    users = (UserSpec("ann", handover=READABLE), UserSpec("bob", handover=SEALED), UserSpec("cy"))
    users += (UserSpec("dee", handover=HandoverSpec("file", "x", plaintext=True)),)
    users += (UserSpec("eve", handover=SEALED, mfa_handover=READABLE),)
    monkeypatch.delenv(masking.HIDDEN, raising=False)
    found = readable.refusals(RosterSpec(users=users))
    assert [(finding.subject, finding.level) for finding in found] == [
        ("user ann", "refuse"),
        ("user eve", "refuse"),
    ]
    monkeypatch.setenv(masking.HIDDEN, "")
    assert readable.refusals(RosterSpec(users=users)) == found
    monkeypatch.setenv(masking.HIDDEN, "1")
    assert readable.refusals(RosterSpec(users=users)) == []


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
    monkeypatch.setattr(readable, "register_secret", registered.add)
    readable.mark({"handed_over": [{"text": text}]})
    assert registered == {text, *secrets}


PASSWORD_OF_SERVICE = {"service_name": "x.amazonaws.com", "service_specific_credential_id": "ACCA1"}
PASSWORD_OF_SERVICE |= {"user_name": "jane", "service_user_name": "jane-at-1", "secret": "s,3"}
SEED = {"user_name": "jane", "serial_number": "arn:aws:iam::123456789012:mfa/jane", "seed": "JBSWY3DPEHPK3PXP" * 4}


@pytest.mark.parametrize("format", ["csv", "json"])
@pytest.mark.parametrize(
    ("kind", "fields", "count"),
    [
        *[(kind, {**PASSWORD_OF_SERVICE, "expiration_date": "2027-01-01"}, 1) for kind in CREDENTIALS.values()],
        (MFA_SEED, {**SEED, "account": "acme"}, 2),  # the seed, and the address for the app that holds it
    ],
)
def test_of_each_kind_just_the_secret_is_registered(
    kind: str, fields: dict[str, str], count: int, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: set[str] = set()
    monkeypatch.setattr(readable, "register_secret", registered.add)
    text = text_for(kind, format, **fields).decode()
    readable.mark({"handed_over": [{"text": text}]})
    assert len(registered) == 1 + count
    assert {text, fields.get("secret") or fields["seed"]} <= registered


def test_every_module_that_hands_over_has_an_action_plugin() -> None:
    """Without one it would refuse every readable result."""
    texts = {path.stem: path.read_text("utf-8") for path in (ROOT / "plugins/modules").glob("*.py")}
    # Who is no caller of run() makes no secret: emergency_kit only looks for what was handed over.
    modules = [
        name for name, text in texts.items() if '"handover": args.' in text and "import open_module, run\n" in text
    ]
    assert len(modules) >= 3
    assert set(modules) == {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
