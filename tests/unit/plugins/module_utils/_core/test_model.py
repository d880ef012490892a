# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model's look-ups, the hand-over's places, and the secret that shows itself to nobody."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, replace

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    PROTECTED_TAG,
    UNKNOWN,
    UNREAD,
    Account,
    Place,
    is_own_tag,
    sign_in_url,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import ConsoleSpec, HandoverSpec, Hidden
from tests.unit.plugins.module_utils._core.builders import KEY1, SEALED_FILE, account, group, user

KELVIN = "\u212a"  # its lower case is a k

OWN_TAGS = [
    ("keysmith:owner", True),
    ("KeySmith:anything", True),
    (KEY1, True),
    ("ASIAEXAMPLE111111111", True),
    (UNKNOWN, True),
    ("team", False),
    ("AKIA", False),
    ("akiaexample111111111", False),
    ("my-keysmith:owner", False),
    (f"{KELVIN}eysmith:owner", False),
]


@pytest.mark.parametrize(("tag", "ours"), OWN_TAGS)
def test_which_tags_are_ours(tag: str, ours: bool) -> None:
    assert is_own_tag(tag) is ours
    assert user(tags={tag: "x"}).callers_tags == ({} if ours else {tag: "x"})


def test_names_and_tag_keys_are_found_in_any_case() -> None:
    seen = account(user("Jane.Doe", tags={"Team": "blue"}), group("Developers"))
    assert seen.user("jane.doe") is seen.user("JANE.DOE") is not None
    assert seen.group("developers") is not None
    assert seen.user("nobody") is seen.group("nobody") is None
    assert user(tags={"Team": "blue"}).tag("TEAM") == "blue"
    assert user(tags={f"{KELVIN}eysmith:protected": "no", "Keysmith:protected": "yes"}).tag(PROTECTED_TAG) == "yes"
    assert user().tag("team") is None


def test_quotas_that_were_not_read_are_none() -> None:
    assert account().quota("UsersQuota") is None
    assert account(quotas={"UsersQuota": 5}).quota("UsersQuota") == 5
    assert account(quotas={}).quota("UsersQuota") is None


URLS = [
    (Account("123456789012"), "https://123456789012.signin.aws.amazon.com/console"),
    (Account("123456789012", alias=None), "https://123456789012.signin.aws.amazon.com/console"),
    (Account("123456789012", alias="acme"), "https://acme.signin.aws.amazon.com/console"),
    (Account("123456789012", "aws-us-gov", alias="acme"), "https://acme.signin.amazonaws-us-gov.com/console"),
    (Account("123456789012", "aws-cn", alias=UNREAD), "https://123456789012.signin.amazonaws.cn/console"),
]


@pytest.mark.parametrize(("seen", "url"), URLS)
def test_where_the_users_sign_in(seen: Account, url: str) -> None:
    assert sign_in_url(seen) == url


PLACES = [
    pytest.param(SEALED_FILE, Place("file", "handover/jane.doe.access-key.csv.age"), id="a folder, sealed"),
    pytest.param(
        replace(SEALED_FILE, openpgp=True),
        Place("file", "handover/jane.doe.access-key.csv.asc"),
        id="an OpenPGP message",
    ),
    pytest.param(
        replace(SEALED_FILE, openpgp=True, threshold=2),
        Place("file", "handover/jane.doe.access-key.csv.shares.json"),
        id="a text in shares",
    ),
    pytest.param(
        HandoverSpec("file", "h/", format="json"), Place("file", "h/jane.doe.access-key.json"), id="a folder, readable"
    ),
    pytest.param(HandoverSpec("file", "h/{user}/{kind}.csv"), Place("file", "h/jane.doe/access-key.csv"), id="a file"),
    pytest.param(
        HandoverSpec("file", "h/{account}/"), Place("file", "h/123456789012/jane.doe.access-key.csv"), id="an account's"
    ),
    pytest.param(
        HandoverSpec("secretsmanager", "iam/{user}/"), Place("secretsmanager", "iam/jane.doe/"), id="a secret"
    ),
    pytest.param(HandoverSpec("result", "x"), Place("result", "jane.doe/access-key"), id="the result"),
]


@pytest.mark.parametrize(("handover", "place"), PLACES)
def test_where_a_text_goes(handover: HandoverSpec, place: Place) -> None:
    assert handover.place("123456789012", "jane.doe", "access-key") == place


def test_a_hidden_text_is_only_where_it_is_revealed() -> None:
    hidden = Hidden("Correct-Horse-7")
    spec = ConsoleSpec(password=hidden)
    shown = [repr(hidden), str(hidden), f"{hidden}", repr(spec), repr(asdict(spec)), repr([hidden]), repr(vars(spec))]
    assert not [text for text in shown if "Horse" in text]
    assert hidden.reveal() == copy.deepcopy(hidden).reveal() == pickle.loads(pickle.dumps(hidden)).reveal()


def test_an_error_is_its_sentence() -> None:
    error = KeysmithError("Cannot do it: no. Do something else.", "AccessDenied")
    assert (str(error), error.message, error.code) == (error.message, str(error), "AccessDenied")
    assert KeysmithError("Cannot.").code == ""
