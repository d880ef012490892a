# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CSV and JSON texts: read by the csv module, by what aws configure import does, and by json."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._handover import formats
from ansible_collections.keysmith.iam.plugins.module_utils._handover.seal import HandoverError

pytestmark = pytest.mark.core_matrix

URL = "https://123456789012.signin.aws.amazon.com/console"
# IAM: user names [\w+=,.@-]+; passwords tab, LF, CR and U+0020 to U+00FF (API_CreateUser, API_CreateLoginProfile).
USER_NAMES = st.from_regex(r"[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True)
PASSWORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF) | st.sampled_from("\t\r\n"), min_size=1)
SECRET_KEYS = st.from_regex(r"[A-Za-z0-9/+]{40}", fullmatch=True)
KEY_IDS = st.from_regex(r"AKIA[A-Z2-7]{16}", fullmatch=True)


def imported(text: str) -> list[dict[str, str]]:
    """Read as `aws configure import --csv` is documented to: no quotes, headers in any case, values stripped."""
    lines = text.removeprefix("\ufeff").splitlines()
    headers = [header.strip().lower() for header in lines[0].split(",")]
    wanted = ("user name", "access key id", "secret access key")
    return [{name: line.split(",")[headers.index(name)].strip() for name in wanted} for line in lines[1:]]


@given(user=USER_NAMES, password=PASSWORDS)
def test_the_password_csv_is_read_back_whole(user: str, password: str) -> None:
    text = formats.password_csv(user, password, URL).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows == [["User name", "Password", "Console sign-in URL"], [user, password, URL]]


def test_the_password_csv_is_the_consoles() -> None:
    assert formats.password_csv("jane", "pass-Word1", URL) == (
        b"User name,Password,Console sign-in URL\njane,pass-Word1,https://123456789012.signin.aws.amazon.com/console\n"
    )
    assert b'\njane,"a,""b""",' in formats.password_csv("jane", 'a,"b"', URL)
    assert b'\njane,"a\rb",' in formats.password_csv("jane", "a\rb", URL)


@given(user=USER_NAMES, key_id=KEY_IDS, secret=SECRET_KEYS)
def test_the_access_key_csv_is_imported_as_it_was_or_refused(user: str, key_id: str, secret: str) -> None:
    if "," in user:
        with pytest.raises(HandoverError) as caught:
            formats.access_key_csv(user, key_id, secret)
        assert secret not in repr(caught.value)
        return
    text = formats.access_key_csv(user, key_id, secret).decode()
    assert imported(text) == [{"user name": user, "access key id": key_id, "secret access key": secret}]
    assert list(csv.reader(text.splitlines()))[1] == [user, key_id, secret]


@given(values=st.tuples(st.text(), st.text(), st.text()))
def test_whatever_is_written_as_access_key_csv_is_imported_unchanged(values: tuple[str, str, str]) -> None:
    try:
        text = formats.access_key_csv(*values).decode()
    except HandoverError:
        return
    assert [tuple(row.values()) for row in imported(text)] == [values]


@pytest.mark.parametrize("value", ["", " ", "a,b", 'a"b', "a\nb", "a\r", " a", "a\t", "a\x0bb", "a\u2028b", "a\ud800"])
def test_an_access_key_csv_never_holds_what_the_importer_would_misread(value: str) -> None:
    for fields in ((value, "AKIA", "s3cret"), ("jane", value, "s3cret"), ("jane", "AKIA", value)):
        with pytest.raises(HandoverError) as caught:
            formats.access_key_csv(*fields)
        assert "s3cret" not in repr(caught.value)
        assert caught.value.__context__ is None


@given(values=st.tuples(st.text(), st.text(), st.text()))
def test_json_is_read_back_whole(values: tuple[str, str, str]) -> None:
    user, middle, last = values
    assert json.loads(formats.password_json(*values)) == {"user_name": user, "password": middle, "sign_in_url": last}
    key = {"user_name": user, "access_key_id": middle, "secret_access_key": last}
    assert json.loads(formats.access_key_json(*values)) == key


def test_a_password_that_is_no_unicode_is_refused_without_repeating_it() -> None:
    with pytest.raises(HandoverError) as caught:
        formats.password_csv("jane", "hidden\ud800", URL)
    assert "hidden" not in repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("kind", "form", "fields", "begins"),
    [
        ("console-password", "csv", {"user_name": "j", "password": "p", "sign_in_url": URL}, b"User name,Password,"),
        ("console-password", "json", {"user_name": "j", "password": "p", "sign_in_url": URL}, b'{"user_name": "j", "p'),
        ("access-key", "csv", {"user_name": "j", "access_key_id": "A", "secret_access_key": "s"}, b"User name,Access"),
        (
            "access-key",
            "json",
            {"user_name": "j", "access_key_id": "A", "secret_access_key": "s"},
            b'{"user_name": "j"',
        ),
    ],
)
def test_kind_and_format_choose_the_writer(kind: str, form: str, fields: dict[str, str], begins: bytes) -> None:
    assert formats.text_for(kind, form, **fields).startswith(begins)


@pytest.mark.parametrize(("kind", "form"), [("access-key", "xml"), ("mfa", "csv"), ("", "")])
def test_an_unknown_kind_or_format_is_told_without_the_fields(kind: str, form: str) -> None:
    with pytest.raises(HandoverError, match="console-password or access-key") as caught:
        formats.text_for(kind, form, password="hidden")
    assert "hidden" not in repr(caught.value)


CREDENTIAL = {"service_specific_credential_id": "ACCA1", "service_user_name": "jane+1-at-123456789012"}


def credential(kind: str, format: str, service: str, secret: str, expiration_date: str = "") -> str:
    told = {"service_name": service, "secret": secret, "expiration_date": expiration_date}
    return formats.text_for(kind, format, user_name="jane", **CREDENTIAL, **told).decode()


@pytest.mark.parametrize("kind", ["codecommit-credential", "keyspaces-credential"])
@pytest.mark.parametrize("password", ["abc+/=", 'a,"b" c'])
def test_a_services_password(kind: str, password: str) -> None:
    text = credential(kind, "csv", "codecommit.amazonaws.com", password)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows == [["User Name", "Password"], ["jane+1-at-123456789012", password]]
    assert json.loads(credential(kind, "json", "codecommit.amazonaws.com", password)) == {
        "user_name": "jane",
        "service_name": "codecommit.amazonaws.com",
        "service_specific_credential_id": "ACCA1",
        "service_user_name": "jane+1-at-123456789012",
        "service_password": password,
    }


@pytest.mark.parametrize("kind", ["bedrock-credential", "cloudwatch-logs-credential"])
@pytest.mark.parametrize("expiry", ["", "2027-02-20T10:00:00+00:00"])
def test_a_services_api_key(kind: str, expiry: str) -> None:
    text = credential(kind, "csv", "bedrock.amazonaws.com", "ABSKx=", expiry)
    header, row = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == ["User name", "API key ID", "API key", "Expiration date"]
    assert row == ["jane", "ACCA1", "ABSKx=", expiry]
    assert json.loads(credential(kind, "json", "bedrock.amazonaws.com", "ABSKx=", expiry)) == {
        "user_name": "jane",
        "service_name": "bedrock.amazonaws.com",
        "service_specific_credential_id": "ACCA1",
        "service_credential_alias": "jane+1-at-123456789012",
        "service_credential_secret": "ABSKx=",
        **({"expiration_date": expiry} if expiry else {}),
    }
