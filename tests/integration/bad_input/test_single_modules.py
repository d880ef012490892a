# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input to the modules that manage one user or group: the same sentences as a roster gets."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.integration.ansible_run import run_module
from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import HANDOVER, POLICY, sealed_to
from tests.integration.crash import process
from tests.integration.crash.people import writes

EXISTING = "Cannot manage user Existing: "
WEAK = (
    f"{EXISTING}the password breaks the account's password policy; it needs at least 8 characters, 3 of upper-case"
    " letters, lower-case letters, digits and symbols."
)
# What it is: the module, its options, the sentence in check mode and in a run alike.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a weak password of a user": ("user", {"name": "Existing", "password": "weak"}, WEAK),
    "a weak password": ("login_profile", {"user_name": "Existing", "password": "weak"}, WEAK),
    "a name with a space": (
        "user",
        {"name": "jane doe"},
        "Cannot manage user jane doe: the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    "a user who exists in another case": (
        "user",
        {"name": "existing"},
        "Cannot manage user existing: the account has Existing, and AWS takes the two names for one; write it as"
        " Existing.",
    ),
    "a group name of 129 characters": (
        "group",
        {"name": "g" * 129},
        f"Cannot manage group {'g' * 129}: the name has 129 characters; AWS takes at most 128 for a group.",
    ),
    "a third access key": (
        "access_key",
        {"user_name": "two.keys", "handover": HANDOVER},
        "Cannot manage user two.keys: it has 2 of 2 access keys ({keys}) and no room for another. Delete one of them"
        " first.",
    ),
    "a key that the user has not": (
        "access_key",
        {"user_name": "Existing", "id": "AKIAABCDEFGHIJKLMNOP", "state": "inactive"},
        f"{EXISTING}it has no access key AKIAABCDEFGHIJKLMNOP; it has none. Correct the id.",
    ),
    "a password that goes nowhere": (
        "login_profile",
        {"user_name": "Existing"},
        f"{EXISTING}its console password has nowhere to go; give handover with seal_to (the owner's public keys) and"
        " store.",
    ),
    "one code": (
        "mfa_device",
        {"user_name": "Existing", "serial_number": "GAHT12345678", "codes": ["908172"]},
        f"{EXISTING}codes needs two, one after the other as the device shows them, and has 1.",
    ),
    "a code that YAML has read as a number": (
        "mfa_device",
        {"user_name": "Existing", "serial_number": "GAHT12345678", "codes": ["8172", "654321"]},
        f"{EXISTING}a code has six digits; give both in quotes, since YAML drops a leading zero.",
    ),
    "the same code twice": (
        "mfa_device",
        {"user_name": "Existing", "codes": ["908172", "908172"], "serial_number": "GAHT12345678"},
        f"{EXISTING}the two codes are the same; wait until the device shows the next one.",
    ),
    "codes for a device that is not there": (
        "mfa_device",
        {"user_name": "Existing", "codes": ["908172", "654321"]},
        f"{EXISTING}there is no virtual MFA device arn:aws:iam::123456789012:mfa/Existing; correct it, or give neither"
        " codes nor serial_number to get one.",
    ),
    "a token without codes": (
        "mfa_device",
        {"user_name": "Existing", "serial_number": "GAHT12345678"},
        f"{EXISTING}MFA device GAHT12345678 is not in force for it; give codes, two that the device shows one after the"
        " other.",
    ),
    "a security key": (
        "mfa_device",
        {
            "user_name": "Existing",
            "serial_number": "arn:aws:iam::123456789012:u2f/user/Existing/key-ABC",
            "codes": ["908172", "654321"],
        },
        f"{EXISTING}arn:aws:iam::123456789012:u2f/user/Existing/key-ABC is a security key or passkey, which only its"
        " owner can enrol, in the console.",
    ),
    "a clock of no device": (
        "mfa_device",
        {"user_name": "Existing", "codes": ["908172", "654321"], "resync": True},
        f"{EXISTING}MFA device arn:aws:iam::123456789012:mfa/Existing is not in force for it; it has none. Correct"
        " serial_number or name.",
    ),
    "a device name with a space": (
        "mfa_device",
        {"user_name": "Existing", "name": "my phone", "handover": HANDOVER},
        f"{EXISTING}its MFA device's name is not usable; give 1 to 64 letters, digits and + = . @ _ -",
    ),
    "a seed that goes nowhere": (
        "mfa_device",
        {"user_name": "Existing"},
        f"{EXISTING}its MFA seed has nowhere to go; give handover with seal_to (the owner's public keys) and store.",
    ),
    "a picture of a password": (
        "login_profile",
        {"user_name": "Existing", "handover": {**HANDOVER, "format": "svg"}},
        f"{EXISTING}a picture holds an MFA seed only; give handover.format csv or json for its console password.",
    ),
    "a PNG that is not sealed in Secrets Manager": (
        "mfa_device",
        {
            "user_name": "Existing",
            "handover": {"store": "secretsmanager", "name": "x", "format": "png"},
            "region": "us-east-1",
        },
        f"{EXISTING}a PNG is no text that this store takes; give handover.format=svg, or handover.seal_to.",
    ),
    "a recipient that is no key": (
        "login_profile",
        {"user_name": "Existing", "handover": sealed_to("jane@example.com")},
        f"{EXISTING}cannot seal to entry 1 of seal_to: it is not a public key that is known here. Give an age public"
        " key (age1...), an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits), or an OpenPGP public"
        " key block.",
    ),
    "an age for a password of CodeCommit": (
        "service_specific_credential",
        {"user_name": "Existing", "service": "codecommit", "credential_age_days": 90, "handover": HANDOVER},
        f"{EXISTING}a CodeCommit credential does not expire; leave credential_age_days out. Those of Bedrock and"
        " CloudWatch Logs do.",
    ),
    "an API key for a hundred and one years": (
        "service_specific_credential",
        {"user_name": "Existing", "service": "bedrock", "credential_age_days": 36865, "handover": HANDOVER},
        f"{EXISTING}a Bedrock credential cannot live 36865 days; give credential_age_days from 1 to 36600.",
    ),
    "a credential that the user has not": (
        "service_specific_credential",
        {"user_name": "Existing", "id": "ACCAABCDEFGHIJKLMNOP", "state": "inactive"},
        f"{EXISTING}it has no service-specific credential ACCAABCDEFGHIJKLMNOP; it has none. Correct the id.",
    ),
    "a credential that goes nowhere": (
        "service_specific_credential",
        {"user_name": "Existing", "service": "cloudwatch_logs"},
        f"{EXISTING}its CloudWatch Logs credential has nowhere to go; give handover with seal_to (the owner's public"
        " keys) and store.",
    ),
    "an unknown service": (
        "service_specific_credential",
        {"user_name": "Existing", "service": "s3", "handover": HANDOVER},
        "value of service must be one of: codecommit, keyspaces, bedrock, cloudwatch_logs, got: s3",
    ),
    "neither service nor id": (
        "service_specific_credential",
        {"user_name": "Existing", "handover": HANDOVER},
        "one of the following is required: service, id",
    ),
    "the caller itself": (
        "user",
        {"name": "operator", "state": "absent"},
        "Nothing was changed, since 2 things are amiss:\n"
        "Cannot manage user operator: it is the user who runs this; let somebody else remove it.\n"
        "Cannot manage user operator: it is the last user with AdministratorAccess that can sign in; give that to"
        " somebody else with a console password or an active access key first.",
    ),
}
# What an earlier task may have been about to make warns in check mode; the text is the run's.
MISSING: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a user's group": (
        *("user", {"name": "Existing", "groups": ["Nope"]}, "user Existing"),
        "there is no group Nope in account 123456789012; create it or correct its name.",
    ),
    "a membership's user": (
        *("group_membership", {"user_name": "Nobody", "groups": []}, "user Nobody"),
        "there is no user Nobody in account 123456789012; create it first.",
    ),
    "a policy": (
        *("user", {"name": "Existing", "managed_policies": ["Nope"]}, "user Existing"),
        "managed policy Nope: account 123456789012 has no managed policy of that name or ARN; create it or correct it.",
    ),
    "a member": (
        *("group", {"name": "Staff", "users": ["Nobody"]}, "group Staff"),
        "there is no user Nobody in account 123456789012; create it or correct its name.",
    ),
    "the user of a password": (
        *("login_profile", {"user_name": "Nobody", "password": "aB3$efghij"}, "user Nobody"),
        "there is no user Nobody in account 123456789012; create it first.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_gets_its_sentence(counter: Counter, case: str) -> None:
    module, params, sentence = REFUSED[case]
    assert counter.refused(params, module) == counter.filled(sentence)


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_warns_in_check_mode_and_is_refused_in_a_run(counter: Counter, case: str) -> None:
    module, params, subject, text = MISSING[case]
    counter.aws.clear_log()
    check = process.run(module, params, counter.aws.environment, counter.folder, check=True)
    assert check.rc == 0
    assert f"{subject}: {text}" in check.printed
    ran = process.run(module, params, counter.aws.environment, counter.folder)
    assert ran.rc == 1
    assert ran.msg == f"Cannot manage {subject}: {text}"
    assert writes(counter.aws) == []


def test_a_refused_run_tells_of_nothing_as_made(counter: Counter) -> None:
    ran = process.run("user", {"name": "New", "groups": ["Nope"]}, counter.aws.environment, counter.folder)
    told = {key: ran.result[key] for key in ("changed", "actions", "plan", "user")}
    assert told == {"changed": False, "actions": {}, "plan": [], "user": {}}


def test_a_given_password_is_never_shown(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=20)
    password = "Tr0ub4dor&3 horse"
    told = counter.refused({"user_name": "Existing", "password": password}, "login_profile")
    assert told == f"{EXISTING}the password breaks the account's password policy; it needs at least 20 characters."
    for module, key in (("user", "name"), ("login_profile", "user_name")):
        for more in ({}, {"nmae": "x"}, {"update_password": "never"}):
            params = {key: "Existing", "password": password, **more}
            assert password not in process.run(module, params, counter.aws.environment, counter.folder).printed


def test_an_eleventh_policy(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    arns = [
        iam.create_policy(PolicyName=f"Policy{number}", PolicyDocument=str(POLICY).replace("'", '"'))["Policy"]["Arn"]
        for number in range(11)
    ]
    assert counter.refused({"name": "Existing", "managed_policies": arns}, "user") == (
        f"{EXISTING}it would have 11 managed policies; the account's quota is 10 (AttachedPoliciesPerUserQuota). Leave"
        " some out."
    )


WRONG_CODES = (
    "Cannot {what} mfa device for user Existing: AWS does not take the two codes (InvalidAuthenticationCode). Give two"
    " codes that the device shows one after the other, at once, and see that its clock is right; a code counts once,"
    " and for a minute or so."
)


@pytest.mark.parametrize("steps", [-60, 2])
def test_codes_of_a_clock_that_is_off(counter: Counter, steps: int) -> None:
    """Half an hour late, or a minute early: only AWS can tell, so a run does, and the device stays as it was."""
    made = counter.aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    codes = list(counter.aws.mfa_codes(made["SerialNumber"], steps).values())
    params = {"user_name": "Existing", "serial_number": made["SerialNumber"], "codes": codes}
    ran = process.run("mfa_device", params, counter.aws.environment, counter.folder)
    assert ran.msg == WRONG_CODES.format(what="enable")
    assert not any(code in ran.printed for code in codes)
    assert counter.aws.client("iam").list_mfa_devices(UserName="Existing")["MFADevices"] == []


def test_codes_that_were_used_before_do_not_set_a_clock(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    pair = counter.aws.mfa_codes(serial)
    iam.enable_mfa_device(UserName="Existing", SerialNumber=serial, **pair)
    params = {"user_name": "Existing", "serial_number": serial, "codes": list(pair.values()), "resync": True}
    ran = process.run("mfa_device", params, counter.aws.environment, counter.folder)
    assert ran.msg == WRONG_CODES.format(what="resync")


@pytest.mark.parametrize(("library", "format"), [("pyotp", "csv"), ("segno", "svg")])
def test_a_library_that_is_missing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, library: str, format: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    what = {"pyotp": "enrol an MFA device", "segno": "draw the QR code"}[library]
    params = {"user_name": "Existing", "handover": {**HANDOVER, "format": format}}
    assert counter.refused(params, "mfa_device") == (
        f"{EXISTING}cannot {what}: the Python library {library} is missing for the interpreter that runs this task."
        f" Install it there with '{sys.executable} -m pip install {library}'."
    )
    with_codes = {"user_name": "Existing", "serial_number": "GAHT12345678", "codes": ["908172", "654321"]}
    assert process.run("mfa_device", with_codes, counter.aws.environment, counter.folder).rc == 0


def test_a_third_service_specific_credential(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    ids = [
        iam.create_service_specific_credential(UserName="Existing", ServiceName="bedrock.amazonaws.com")[
            "ServiceSpecificCredential"
        ]["ServiceSpecificCredentialId"]
        for _number in range(2)
    ]
    for one in ids:
        iam.update_service_specific_credential(UserName="Existing", ServiceSpecificCredentialId=one, Status="Inactive")
    params = {"user_name": "Existing", "service": "bedrock", "handover": HANDOVER}
    assert counter.refused(params, "service_specific_credential") == (
        f"{EXISTING}it has 2 of 2 Bedrock credentials ({' and '.join(sorted(ids))}) and no room for another. Delete one"
        " of them first."
    )


def test_the_key_that_the_run_signs_with_is_not_taken_away(counter: Counter) -> None:
    """A second active key does not help the run that goes on with the first."""
    aws = counter.aws
    mine = aws.environment["AWS_ACCESS_KEY_ID"]
    aws.client("iam").create_access_key(UserName="operator")
    for state in ("inactive", "absent"):
        result = run_module(aws, "access_key", {"user_name": "operator", "id": mine, "state": state})
        assert result["msg"] == (
            "Cannot manage user operator: it is the access key by which this very run signs; let another key or person"
            " do it."
        )
