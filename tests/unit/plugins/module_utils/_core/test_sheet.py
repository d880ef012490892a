# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sheet for the owner: where to sign in, where the secret is, what to do next; whole, as it is handed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._core.sheet import Receipt, counts, sheet
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import ConsoleSpec, HandoverSpec, UserSpec
from tests.unit.plugins.module_utils._core.builders import KEY1, SEALED_FILE, VAULT

URL = "https://acme.signin.aws.amazon.com/console"
JANE = UserSpec("jane.doe", owner="jane.doe@example.com", console=ConsoleSpec(), handover=SEALED_FILE)
PASSWORD = Receipt(
    "jane.doe", "console-password", "file", "handover/jane.doe.csv.age", ("ssh-ed25519 jane@home",), "sha256:01"
)
KEY = Receipt("erp-export", "access-key", "secretsmanager", "iam/erp-export", (), "unsealed", KEY1)
LAST = "Say so to whoever onboarded you: until then the hand-over is not finished."

OF_JANE = """\
# jane.doe

- User name: `jane.doe`
- Owner: jane.doe@example.com
- Sign-in: https://acme.signin.aws.amazon.com/console

## What was handed over

- Console password: `handover/jane.doe.csv.age`, sealed to ssh-ed25519 jane@home (sha256:01).
  Send the owner the file. They open it with `age -d -i <private key> jane.doe.csv.age` (the program is at https://age-encryption.org).

## What the owner does next

1. Sign in at https://acme.signin.aws.amazon.com/console with the user name and the password.
2. Choose a password of your own when you are asked to.
3. Enrol an MFA device under *Security credentials*, then sign in again with it; until then AWS denies everything else.
4. Say so to whoever onboarded you: until then the hand-over is not finished.
"""

GET = (
    "aws secretsmanager get-secret-value --secret-id iam/erp-export --region eu-central-1"
    " --query SecretString --output text"
)
OF_ERP = f"""\
# erp-export

- User name: `erp-export`

## What was handed over

- Access key `{KEY1}`: in Secrets Manager, `iam/erp-export`.
  The owner reads it with `{GET}`.

## What the owner does next

1. Give the key to the program, by its secret store and never by a file in a repository.
2. Check it with `aws sts get-caller-identity`, run with that key.
3. Say so to whoever onboarded you: until then the hand-over is not finished.
"""


def test_a_persons_sheet() -> None:
    assert sheet(JANE, URL, [PASSWORD], require_mfa=True) == OF_JANE


def test_a_workloads_sheet() -> None:
    assert sheet(UserSpec("erp-export", handover=VAULT), URL, [KEY], require_mfa=False, region="eu-central-1") == OF_ERP


def test_mfa_is_advised_where_it_is_not_demanded() -> None:
    text = sheet(JANE, URL, [PASSWORD], require_mfa=False)
    assert "3. Enrol an MFA device under *Security credentials*, then sign in again with it.\n" in text


SEED = replace(PASSWORD, kind="mfa-seed", place="handover/jane.doe.mfa-seed.csv.age")


def test_a_device_that_was_made_is_added_before_the_first_sign_in() -> None:
    text = sheet(JANE, URL, [PASSWORD, SEED], require_mfa=True)
    assert "- Seed of the MFA device: `handover/jane.doe.mfa-seed.csv.age`, sealed to" in text
    steps = text.partition("## What the owner does next\n\n")[2].splitlines()
    assert steps == [
        "1. Add the MFA device to an authenticator app: give it the opened address, or the seed by hand; then shred"
        " what was opened.",
        f"2. Sign in at {URL} with the user name and the password, and the code that the app shows.",
        "3. Choose a password of your own when you are asked to.",
        f"4. {LAST}",
    ]


@pytest.mark.parametrize("format", ["png", "svg"])
def test_a_picture_is_scanned(format: str) -> None:
    spec = replace(JANE, handover=replace(SEALED_FILE, format=format))
    assert "1. Add the MFA device to an authenticator app: scan the opened picture;" in sheet(spec, URL, [SEED], False)


def test_a_password_that_is_to_be_kept_is_not_to_be_changed() -> None:
    kept = replace(JANE, console=ConsoleSpec(reset_required=False))
    assert "Choose a password" not in sheet(kept, URL, [PASSWORD], require_mfa=True)
    assert "Choose a password" not in sheet(replace(JANE, console=None), URL, [PASSWORD], require_mfa=True)


def test_a_key_in_a_csv_is_imported() -> None:
    text = sheet(JANE, URL, [replace(KEY, store="file", place="x.csv.age", sealed_to=("age1x",))], require_mfa=True)
    assert (
        "1. Save the opened text as `jane.doe.csv`, import it with `aws configure import --csv file://jane.doe" in text
    )
    assert "2. Check it with `aws sts get-caller-identity --profile jane.doe`.\n" in text
    assert "Sign-in" not in text


def test_without_a_handover_nothing_is_promised() -> None:
    text = sheet(UserSpec("jane.doe", handover=None), URL, [KEY], require_mfa=False)
    assert "1. Give the key to the program" in text
    assert sheet(JANE, URL, [], require_mfa=True).endswith(f"does next\n\n1. {LAST}\n")


def test_password_and_key_on_one_sheet() -> None:
    text = sheet(JANE, URL, [PASSWORD, KEY], require_mfa=True)
    assert text.count("\n- ") == 5
    assert f"6. {LAST}" in text


HOW = [
    pytest.param("file", ("age1x",), "open it with `age -d -i <private key> P`", id="a sealed file"),
    pytest.param("file", (), "readable as it is: hand it over safely, then shred it", id="a readable file"),
    pytest.param("result", ("age1x",), "from the run's result. They open it with `age -d", id="a sealed result"),
    pytest.param("result", (), "readable in the run's result", id="a readable result"),
    pytest.param(
        "secretsmanager",
        ("age1x",),
        "--output text | age -d -i <private key>` (the program is at",
        id="a sealed secret",
    ),
    pytest.param("file", ("openpgp …01",), "They open it with `gpg --decrypt P`.", id="a file sealed to OpenPGP"),
    pytest.param(
        "ssm_parameter",
        (),
        "reads it with `aws ssm get-parameter --name P --with-decryption --query Parameter.Value --output text`.",
        id="a parameter",
    ),
    pytest.param(
        "ssm_parameter", ("openpgp …01",), "--output text | gpg --decrypt`.", id="a parameter sealed to OpenPGP"
    ),
    pytest.param(
        "secretsmanager", (), "get-secret-value --secret-id P --query SecretString --output text`.", id="a secret"
    ),
]


@pytest.mark.parametrize(
    ("store", "how"),
    [
        ("file", "Send each of them the file. "),
        ("result", "Pass on the text from the run's result. "),
        ("secretsmanager", "They get it with `aws secretsmanager get-secret-value --secret-id P --query SecretString"),
        ("ssm_parameter", "They get it with `aws ssm get-parameter --name P --with-decryption --query Parameter.Value"),
    ],
)
def test_how_owners_open_it_together(store: str, how: str) -> None:
    shared = replace(PASSWORD, store=store, place="P", sealed_to=("age1x", "age1y", "openpgp …01"), threshold=2)
    text = sheet(JANE, URL, [shared], require_mfa=True)
    assert ", sealed so that any 2 open it together, to age1x and age1y and openpgp …01 (sha256:01).\n" in text
    assert how in text
    assert "Any 2 of them open it together with `open_shares.py` of the role break_glass.\n" in text


@pytest.mark.parametrize(("store", "sealed_to", "how"), HOW)
def test_how_the_owner_gets_at_it(store: str, sealed_to: tuple[str, ...], how: str) -> None:
    handover = HandoverSpec(store, "P")
    text = sheet(
        replace(JANE, handover=handover),
        URL,
        [replace(PASSWORD, store=store, place="P", sealed_to=sealed_to)],
        require_mfa=True,
    )
    assert how in text


def test_a_service_specific_credential_says_what_it_is_for_and_when_it_expires() -> None:
    kinds = ("codecommit-credential", "keyspaces-credential", "bedrock-credential", "cloudwatch-logs-credential")
    made = [
        Receipt(
            "jane.doe", kind, "file", f"h/{kind}.age", ("age1x",), "sha256:01", service_specific_credential_id="ACCA1"
        )
        for kind in kinds
    ]
    made[2] = replace(made[2], expiration_date="2027-02-20T10:00:00+00:00")
    told = sheet(replace(JANE, console=None), URL, made, require_mfa=False).splitlines()
    assert "- CodeCommit credential `ACCA1`: `h/codecommit-credential.age`, sealed to age1x (sha256:01)." in told
    git, keyspaces, bedrock, expiry, logs, last = (line.partition(". ")[2] for line in told[-6:])
    assert git.startswith("Give Git the user name and the password")
    assert keyspaces.startswith("Give the user name and the password to the Cassandra client")
    assert "`AWS_BEARER_TOKEN_BEDROCK`" in bedrock
    assert expiry == "Ask for a new Bedrock credential before 2027-02-20, when it expires."
    assert "`Authorization: Bearer <API key>`" in logs
    assert last == LAST


def test_receipts_are_counted_by_what_a_report_tells_apart() -> None:
    sealed, other = replace(PASSWORD, place="h/a.age", sealed_to=("age1x",)), replace(PASSWORD, place="h/b.age")
    elsewhere = replace(sealed, place="h/k/c.age", user="joe")
    key = replace(sealed, kind="access-key", store="secretsmanager", place="iam/jane/access-key")
    plain = replace(other, sealed_to=())
    assert counts([elsewhere, sealed, plain, key, replace(other, sealed_to=("age1y", "age1z"))]) == [
        {"kind": "access-key", "store": "secretsmanager", "folder": "", "sealed": True, "count": 1},
        {"kind": "console-password", "store": "file", "folder": "h", "sealed": False, "count": 1},
        {"kind": "console-password", "store": "file", "folder": "h", "sealed": True, "count": 2},
        {"kind": "console-password", "store": "file", "folder": "h/k", "sealed": True, "count": 1},
    ]
    assert counts([]) == []
