# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad rosters and the sentence that each gets, word for word; the account is that of ``prepare``.

``{folder}`` stands for the folder of the run, ``{keys}`` for the two keys of two.keys, ``{long}`` for 65 letters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.emulator.client import Emulator

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop"
OTHER = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
LONG = "x" * 65
HANDOVER = {"store": "file", "path": "handover/", "seal_to": [PUBLIC]}
SECRET = {"store": "secretsmanager", "name": "iam/{user}"}
PRIVATE_WORDS = (
    "cannot seal to a private key, and it should not be here: take it out and replace that key. Give an age public key"
    " (age1...), an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits), or an OpenPGP public key"
    " block."
)
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def jane(name: str = "jane.doe", /, **more: Any) -> dict[str, Any]:
    """A person with a console password; a value of None takes an option away."""
    user = {"name": name, "use_case": "human", "owner": f"{name}@example.com", "console": True, "handover": HANDOVER}
    return {key: value for key, value in {**user, **more}.items() if value is not None}


def erp(name: str = "erp-export", /, **more: Any) -> dict[str, Any]:
    """A workload with an access key."""
    user = {"name": name, "use_case": "workload", "justification": "no role", "access_key": True, "handover": HANDOVER}
    return {key: value for key, value in {**user, **more}.items() if value is not None}


def prepare(aws: Emulator, folder: Path) -> str:
    """A user whose name has a capital letter, one with two inactive keys, and a file where a folder is asked for.
    Gives the two keys' ids as a sentence names them."""
    iam = aws.client("iam")
    iam.create_user(UserName="Existing")
    iam.create_user(UserName="two.keys")
    iam.create_policy(PolicyName="Mine", PolicyDocument=json.dumps(POLICY))
    for _number in range(2):
        key = iam.create_access_key(UserName="two.keys")["AccessKey"]["AccessKeyId"]
        iam.update_access_key(UserName="two.keys", AccessKeyId=key, Status="Inactive")
    (folder / "a-file").write_text("no folder", encoding="utf-8")
    found = iam.list_access_keys(UserName="two.keys")["AccessKeyMetadata"]
    return ", ".join(sorted((key["AccessKeyId"] for key in found), key=lambda key: key))


def given(*users: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"users": list(users), **more}


def sealed_to(*keys: str) -> dict[str, Any]:
    return {**HANDOVER, "seal_to": list(keys)}


# What it is, the roster's options, the sentence.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown group": (
        given(jane(groups=["Nope"])),
        "Cannot manage user jane.doe: there is no group Nope in account 123456789012; create it or correct its name.",
    ),
    "unknown policy": (
        given(jane(managed_policies=["Nope"])),
        "Cannot manage user jane.doe: managed policy Nope: account 123456789012 has no managed policy of that name or"
        " ARN; create it or correct it.",
    ),
    "unknown policy of a group": (
        {"groups": [{"name": "Staff", "managed_policies": ["arn:aws:iam::123456789012:policy/Nope"]}]},
        "Cannot manage group Staff: managed policy arn:aws:iam::123456789012:policy/Nope: account 123456789012 has no"
        " managed policy of that name or ARN; create it or correct it.",
    ),
    "unknown boundary": (
        given(jane(boundary="Nope")),
        "Cannot manage user jane.doe: the permissions boundary Nope: account 123456789012 has no managed policy of that"
        " name or ARN; create it or correct it.",
    ),
    "a name of 65 characters": (
        given(jane(LONG)),
        "Cannot manage user {long}: the name has 65 characters; AWS takes at most 64 for a user.",
    ),
    "a name with a space": (
        given(jane("jane doe")),
        "Cannot manage user jane doe: the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    "a path without slashes": (
        given(jane(path="staff")),
        "Cannot manage user jane.doe: the path 'staff' must begin and end with / and hold no space, as in /staff/.",
    ),
    "two users that differ by case": (
        given(jane("jane"), jane("Jane", owner="other@example.com")),
        "Cannot manage user Jane: it differs from jane by case only, and AWS takes the two for one name; rename one of"
        " them.",
    ),
    "a user who exists in another case": (
        given(jane("existing")),
        "Cannot manage user existing: the account has Existing, and AWS takes the two names for one; write it as"
        " Existing.",
    ),
    "a user listed twice": (
        given(jane(), jane()),
        "Cannot manage user jane.doe: it is listed twice; keep one of the two entries.",
    ),
    "an owner used twice": (
        given(jane("a.b", owner="x@example.com"), jane("c.d", owner="X@example.com")),
        "Cannot manage user c.d: its owner X@example.com has the user a.b already; give each user an owner of its"
        " own, or set the guard one_owner to warn.",
    ),
    "a third access key": (
        given(erp("two.keys")),
        "Cannot manage user two.keys: it has 2 of 2 access keys ({keys}) and no room for another. Delete one of them"
        " first.",
    ),
    "no hand-over": (
        given(jane(handover=None)),
        "Cannot manage user jane.doe: its console password has nowhere to go; give handover with seal_to (the owner's"
        " public keys) and store.",
    ),
    "missing recipients": (
        given(erp(handover={"store": "file", "path": "handover/"})),
        "Cannot manage user erp-export: its access key would lie readable in a file; give handover.seal_to (the"
        " owner's public keys), or handover.plaintext=true if that is what you want.",
    ),
    "a file without a path": (
        given(jane(handover={"store": "file", "seal_to": [PUBLIC]})),
        "Cannot manage user jane.doe: its console password has no place in the store file; give handover.path.",
    ),
    "a recipient that is no key": (
        given(jane(handover=sealed_to("jane@example.com"))),
        "Cannot manage user jane.doe: cannot seal to entry 1 of seal_to: it is not a public key that is known here."
        " Give an age public key (age1...), an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits),"
        " or an OpenPGP public key block.",
    ),
    "a threshold that each key reaches": (
        given(jane(handover={**sealed_to(PUBLIC, OTHER), "threshold": 1})),
        "Cannot manage user jane.doe: handover.threshold is 1 and seal_to has 2 different key(s); leave threshold out,"
        " and any one key opens the text.",
    ),
    "a threshold above the number of keys": (
        given(jane(handover={**HANDOVER, "threshold": 2})),
        "Cannot manage user jane.doe: handover.threshold is 2 and seal_to has 1 different key(s); give at least two"
        " keys.",
    ),
    "two shares for one key": (
        given(jane(handover={**sealed_to(PUBLIC, OTHER, PUBLIC + " again"), "threshold": 2})),
        "Cannot manage user jane.doe: with handover.threshold nobody may hold two shares, and a key stands twice in"
        " seal_to; take one out.",
    ),
    "a damaged key among those of a threshold": (
        given(jane(handover={**sealed_to(PUBLIC, "jane@example.com"), "threshold": 2})),
        "Cannot manage user jane.doe: cannot seal to entry 2 of seal_to: it is not a public key that is known here."
        " Give an age public key (age1...), an SSH public key of the kind ssh-ed25519 or ssh-rsa (2048 to 4096 bits),"
        " or an OpenPGP public key block.",
    ),
    "a store below a file": (
        given(jane(handover={**HANDOVER, "path": "a-file/deep/"})),
        "Cannot manage user jane.doe: cannot store at '{folder}/a-file/deep/jane.doe.console-password.csv.age':"
        " a part of the path is not a directory. Mend that or give another path.",
    ),
    "two texts in one place": (
        given(
            jane("a.b", handover={**HANDOVER, "path": "one.age"}), jane("c.d", handover={**HANDOVER, "path": "one.age"})
        ),
        "Cannot manage user c.d: its console password would overwrite the console password of user a.b in"
        " {folder}/one.age; put {{user}} and {{kind}} into the place's name.",
    ),
    "an unknown guard": (
        given(jane(), guards={"shared_nam": "off"}),
        "Cannot manage roster: there is no guard shared_nam; the guards are one_owner, shared_name,"
        " console_for_workload, human_without_credentials, identity_center, access_key_for_human, policy_on_user,"
        " mfa_not_demanded, first_password_change, workload_without_justification, split_custody,"
        " handover_outlives_job, emergency_user, emergency_pair, existing_user.",
    ),
    "an unknown level": (
        given(jane(), guards={"shared_name": "no way"}),
        "Cannot manage roster: guard shared_name has no level no way; use refuse, warn, off.",
    ),
    "a shared name": (
        given(jane("team-1")),
        "Cannot manage user team-1: team-1 reads like a name that several share; give each person and each workload a"
        " user of its own.",
    ),
    "a tag of our own": (
        given(jane(tags={"keysmith:x": "1"})),
        "Cannot manage user jane.doe: the tag keysmith:x is one of our own; choose a key that does not begin with"
        " keysmith:.",
    ),
    "a tag that is no text": (
        given(jane(tags={"team": {"name": "a"}})),
        "Cannot manage user jane.doe: the tag team has a character that AWS does not take in a tag; use letters,"
        " digits, spaces and _ . : / = + - @.",
    ),
    "51 tags": (
        given(jane(tags={f"tag-{number}": "1" for number in range(51)})),
        "Cannot manage user jane.doe: it would have 53 tags, our own included; AWS takes 50. Leave some out.",
    ),
    "11 groups": (
        given(
            jane(groups=[f"group-{number}" for number in range(11)]),
            groups=[{"name": f"group-{number}"} for number in range(11)],
        ),
        "Cannot manage user jane.doe: it would have 11 groups; the account's quota is 10 (GroupsPerUserQuota). Leave"
        " some out.",
    ),
}

# What Ansible itself says of options that do not fit the documentation, before any call. No place to put a name in.
MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "a roster that is one user": (
        {"users": jane()},
        "argument 'users' is of type dict and we were unable to convert to list: <class 'dict'> cannot be converted to"
        " a list",
    ),
    "a roster that is a text": ({"users": "jane.doe"}, "dictionary requested, could not parse JSON or key=value"),
    "a misspelt option of a user": (given(jane(gruops=["Staff"])), "users.gruops. Supported parameters include: "),
    "a misspelt option": (given(jane(), concurency=3), "concurency. Supported parameters include: "),
    "a user without a use case": (
        given(jane(use_case=None)),
        "missing required arguments: use_case found in users",
    ),
    "an unknown use case": (
        given(jane(use_case="person")),
        "value of use_case must be one of: human, workload, emergency, got: person found in users",
    ),
    "an unknown store": (
        given(jane(handover={**HANDOVER, "store": "s3"})),
        "value of store must be one of: file, secretsmanager, ssm_parameter, result,"
        " got: s3 found in users -> handover",
    ),
    "tags that are a list": (
        given(jane(tags=["a"])),
        "argument 'tags' is of type list found in 'users'. and we were unable to convert to dict: <class 'list'> cannot"
        " be converted to a dict",
    ),
}
