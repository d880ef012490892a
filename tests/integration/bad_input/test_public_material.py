# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad SSH keys and certificates get one sentence each, and a private key given by mistake is shown nowhere."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import given, jane
from tests.integration.bad_input.test_role import play
from tests.integration.crash import process
from tests.integration.crash.people import writes
from tests.integration.leaks import leaks
from tests.integration.public_material import NOW, certificate, pair

DAY = datetime.timedelta(days=1)
START = "Cannot manage user Existing: "
KINDS = " Give the public key alone, of the kind ssh-rsa with 2048 bits or more, or the same in PEM."
PEM_ALONE = " Give the user's own X.509 certificate alone, in PEM."
GONE = "APKAGONEGONEGONEGONE"
FINGERPRINT = ":".join(["00"] * 16)
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"
DAMAGED = f"public_key is damaged, cut short or no RSA key.{KINDS}"
NO_CERTIFICATE = f"certificate is no certificate, or a damaged one.{PEM_ALONE}"
SSH: dict[str, tuple[dict[str, Any], str]] = {
    "another kind": (
        {"public_key": ED25519},
        f"public_key is of the kind ssh-ed25519, and IAM takes only RSA keys here.{KINDS}",
    ),
    "too short": (
        {"public_key": pair(9, 1024).public},
        f"public_key has 1024 bits, and IAM takes 2048 or more.{KINDS}",
    ),
    "nothing": ({"public_key": ""}, f"public_key is empty.{KINDS}"),
    "cut short": ({"public_key": pair(1).public[:-9]}, DAMAGED),
    "bad base64": ({"public_key": "ssh-rsa AAAA*"}, DAMAGED),
    "several": (
        {"public_key": f"{pair(1).public}\n{pair(2).public}"},
        f"public_key holds several keys; give each on its own.{KINDS}",
    ),
    "a file's name": (
        {"public_key": "~/.ssh/id_rsa.pub"},
        f"public_key is no public key that is known here.{KINDS}",
    ),
    "a certificate": (
        {"public_key": certificate(1)},
        f"public_key is no public key that is known here.{KINDS}",
    ),
    "no MD5 fingerprint": (
        {"fingerprint": "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"},
        "fingerprint is no MD5 fingerprint, which is the kind that IAM keeps; it has 16 pairs of hex digits with colons"
        " between them. 'ssh-keygen -l -E md5 -f FILE' shows it.",
    ),
    "an unknown id": (
        {"id": GONE, "state": "inactive"},
        f"it has no SSH public key {GONE}; it has none. Correct it, or give the SSH public key itself.",
    ),
    "an unknown fingerprint": (
        {"fingerprint": FINGERPRINT},
        f"it has no SSH public key {FINGERPRINT}; it has none. Correct it, or give the SSH public key itself.",
    ),
}
CERTIFICATES: dict[str, tuple[dict[str, Any], str]] = {
    "malformed": ({"certificate": certificate(1).replace("MII", "AAA", 1)}, NO_CERTIFICATE),
    "bad base64": ({"certificate": certificate(1).replace("MII", "M*I", 1)}, NO_CERTIFICATE),
    "cut short": ({"certificate": certificate(1)[:-400]}, NO_CERTIFICATE),
    "a public key": ({"certificate": pair(1).pem}, NO_CERTIFICATE),
    "nothing": ({"certificate": ""}, NO_CERTIFICATE),
    "a chain": ({"certificate": certificate(1) + certificate(2)}, f"certificate holds 2 certificates.{PEM_ALONE}"),
    "expired": (
        {"certificate": pair(1).certificate(-2 * DAY, -DAY)},
        f"the certificate of CN=jane expired at {NOW - DAY:%Y-%m-%d %H:%M} UTC; give one that is valid.",
    ),
    "not valid yet": (
        {"certificate": pair(1).certificate(DAY, 2 * DAY)},
        f"the certificate of CN=jane is not valid before {NOW + DAY:%Y-%m-%d %H:%M} UTC; upload it then.",
    ),
    "an unknown id": (
        {"id": "GONE", "state": "active"},
        "it has no signing certificate GONE; it has none. Correct it, or give the signing certificate itself.",
    ),
}
MODULES = {"ssh_public_key": SSH, "signing_certificate": CERTIFICATES}


@pytest.mark.parametrize(("module", "case"), [(module, case) for module, cases in MODULES.items() for case in cases])
def test_a_module_gets_its_sentence(counter: Counter, module: str, case: str) -> None:
    params, sentence = MODULES[module][case]
    assert counter.refused({"user_name": "Existing", **params}, module) == START + sentence


def full(aws: Emulator) -> str:
    """Gives Existing as many SSH keys and certificates as AWS takes; their ids."""
    iam = aws.client("iam")
    bodies = [pair(number).public for number in range(10, 15)]
    keys = [iam.upload_ssh_public_key(UserName="Existing", SSHPublicKeyBody=body)["SSHPublicKey"] for body in bodies]
    for number in (10, 11):
        iam.upload_signing_certificate(UserName="Existing", CertificateBody=certificate(number))
    return ", ".join(sorted(key["SSHPublicKeyId"] for key in keys))


def test_a_sixth_ssh_key_and_a_third_certificate(counter: Counter) -> None:
    ids = full(counter.aws)
    sixth = counter.refused({"user_name": "Existing", "public_key": pair(1).pem}, "ssh_public_key")
    assert sixth == (
        f"{START}it would have 6 SSH public keys, and AWS takes 5 of a user; it has {ids}. Delete one of them first, or"
        " leave some out."
    )
    third = counter.refused({"user_name": "Existing", "certificate": certificate(1)}, "signing_certificate")
    assert third.startswith(f"{START}it would have 3 signing certificates, and AWS takes 2 of a user; it has ")


def test_somebody_elses_certificate_is_refused_by_aws_in_a_sentence(counter: Counter) -> None:
    counter.aws.client("iam").upload_signing_certificate(UserName="two.keys", CertificateBody=certificate(1))
    params = {"user_name": "Existing", "certificate": certificate(1)}
    ran = process.run("signing_certificate", params, counter.aws.environment, counter.folder)
    assert ran.msg == (
        "Cannot upload signing certificate for user Existing: Duplicate certificate uploaded (DuplicateCertificate)."
        " Mend what AWS says and run again."
    )


def test_a_roster_says_which_entry_is_bad(counter: Counter) -> None:
    shared = {"signing_certificates": [certificate(1)]}
    bad = jane(
        ssh_public_keys=[pair(1).public, ED25519, "no key at all"],
        signing_certificates=["no PEM at all"],
        owner="a@example.com",
    )
    told = counter.refused(counter.params(given(bad, jane("a.b", **shared), jane("c.d", **shared)))).splitlines()
    start = "Cannot manage user jane.doe: entry"
    assert sorted(told[1:])[1:] == [
        f"{start} 1 of signing_certificates is no certificate, or a damaged one.{PEM_ALONE}",
        f"{start} 2 of ssh_public_keys is of the kind ssh-ed25519, and IAM takes only RSA keys here.{KINDS}",
        f"{start} 3 of ssh_public_keys is no public key that is known here.{KINDS}",
    ]
    assert "is that of user a.b, and AWS takes one for one user only" in sorted(told[1:])[0]


PRIVATE = pair(3).private
BARE = "".join(PRIVATE.splitlines()[1:-1])
# As people paste it: whole, in one line, without its frame, and a certificate or public key together with it.
PASTED = [PRIVATE, PRIVATE.replace("\n", " "), BARE, f"{certificate(3)}{PRIVATE}", f"{pair(3).public}\n{PRIVATE}"]
SECRETS = [PRIVATE, BARE, *[line for line in PRIVATE.splitlines() if not line.startswith("-")]]
SORRY = " is a private key, or holds one, which should not be here: take it out and replace that key."


@pytest.mark.parametrize("pasted", range(len(PASTED)))
@pytest.mark.parametrize(
    ("module", "option"), [("ssh_public_key", "public_key"), ("signing_certificate", "certificate")]
)
def test_a_private_key_is_never_shown(counter: Counter, module: str, option: str, pasted: int) -> None:
    private = PASTED[pasted]
    counter.aws.clear_log()
    for more in ({}, {"misspelt": 1}, {"state": "gone"}):
        params = {"user_name": "Existing", option: private, **more}
        ran = process.run(module, params, counter.aws.environment, counter.folder)
        assert ran.rc == 1
        assert leaks({"printed": ran.printed}, SECRETS) == []
        if not more:
            assert ran.msg == f"{START}{option}{SORRY}{KINDS if option == 'public_key' else PEM_ALONE}"
    assert writes(counter.aws) == []


@pytest.mark.parametrize("options", [["--check", "--diff"], ["-vvv"]])
def test_no_private_key_comes_out_of_a_playbook(counter: Counter, options: list[str]) -> None:
    """By the modules and by the role, alone and beside an option that Ansible itself refuses."""
    tasks: list[dict[str, Any]] = []
    for private in PASTED:
        tasks += [
            {"keysmith.iam.ssh_public_key": {"user_name": "Existing", "public_key": private}},
            {"keysmith.iam.signing_certificate": {"user_name": "Existing", "certificate": private}},
        ]
        for more in ({}, {"gruops": []}):
            user = jane(ssh_public_keys=[pair(1).public, private], signing_certificates=[private], **more)
            role = {"name": "keysmith.iam.onboard"}
            tasks.append({"ansible.builtin.include_role": role, "vars": {"onboard_users": [user]}})
    blocks = [
        {"block": [task], "rescue": [{"ansible.builtin.debug": {"msg": "refused as it should"}}]} for task in tasks
    ]
    content = [{"hosts": "localhost", "gather_facts": False, "tasks": blocks}]
    (counter.folder / "play.yml").write_text(json.dumps(content), encoding="utf-8")
    counter.aws.clear_log()
    ended = play(counter, "play.yml", *options)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr
    assert ended.stdout.count("refused as it should") >= len(tasks)
    assert leaks({"stdout": ended.stdout, "stderr": ended.stderr}, SECRETS) == []
    assert ended.stdout.count("replace that key") >= len(PASTED)
    assert writes(counter.aws) == []
