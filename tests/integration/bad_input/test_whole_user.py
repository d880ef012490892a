# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input about a user or group as a whole: its policies, its name, who it copies from, who may not go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import POLICY, jane
from tests.integration.crash import process
from tests.integration.crash.people import writes
from tests.integration.given import AWS, OLD_PASSWORD

EXISTING = "Cannot manage user Existing: "
STAFF = "Cannot manage group Staff: "
# 2,067 characters without white space, and many more with it.
LONG = {**POLICY, "Statement": [{"Sid": "x" * 1970, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
MEMBERS = [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(190)]


def existing(**more: Any) -> dict[str, Any]:
    return {"name": "Existing", **more}


def inline(document: Any, name: str = "own") -> dict[str, Any]:
    return existing(inline_policies={name: document})


@pytest.fixture(autouse=True)
def people(counter: Counter) -> None:
    iam = counter.aws.client("iam")
    iam.create_user(UserName="boss", Tags=[{"Key": "keysmith:protected", "Value": "true"}])
    iam.create_user(UserName="root.like")
    iam.attach_user_policy(UserName="root.like", PolicyArn=f"{AWS}AdministratorAccess")
    iam.create_login_profile(UserName="root.like", Password=OLD_PASSWORD)
    # The operator may do all by a policy of its own, so that it is not the second administrator.
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="operator", PolicyName="anything", PolicyDocument=json.dumps(anything))
    iam.detach_user_policy(UserName="operator", PolicyArn=f"{AWS}AdministratorAccess")
    # An administrator who cannot sign in is none to fall back on.
    iam.create_user(UserName="sleeper")
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=f"{AWS}AdministratorAccess")
    iam.add_user_to_group(GroupName="Admins", UserName="sleeper")
    iam.put_user_policy(UserName="Existing", PolicyName="Extra", PolicyDocument=json.dumps(POLICY))


# What it is: the module, its options, the sentence in check mode and in a run alike.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a policy that is not JSON": (
        *("user", inline('{"Version": "2012-10-17",')),
        f"{EXISTING}inline policy own: it is not JSON, by line 1, column 26; give a policy document as JSON or as"
        " YAML.",
    ),
    "a policy that is a list": (
        *("user", inline(json.dumps([POLICY]))),
        f"{EXISTING}inline policy own: it is not a JSON object; give a policy document with Version and Statement.",
    ),
    "a policy that is a number": (
        *("group", {"name": "Staff", "inline_policies": {"own": 7}}),
        f"{STAFF}inline policy own: it is not a JSON object; give a policy document with Version and Statement.",
    ),
    "a policy without a statement": (
        *("user", inline({"Version": "2012-10-17"})),
        f"{EXISTING}inline policy own: it has no Statement; give at least one.",
    ),
    "a policy of next year": (
        *("user", inline({**POLICY, "Version": "2027-10-17"})),
        f"{EXISTING}inline policy own: its Version is 2027-10-17; AWS takes a policy of 2012-10-17 only.",
    ),
    "a policy with a principal": (
        *("user", inline({"Statement": [{**POLICY["Statement"][0], "Principal": "*"}]})),
        f"{EXISTING}inline policy own: a statement has a Principal, and who it is for is whom it hangs on; leave that"
        " out.",
    ),
    "a policy's name with a space": (
        *("user", inline(POLICY, "my own")),
        f"{EXISTING}inline policy my own: the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    "a policy's name in another case": (
        *("user", inline(POLICY, "extra")),
        f"{EXISTING}inline policy extra: there is Extra, and AWS takes the two names for one; write it as Extra.",
    ),
    "a policy that is too long for a user": (
        *("user", inline(json.dumps(LONG, indent=40))),
        f"{EXISTING}inline policy own: it has 2067 characters, and all inline policies together 2155, white space not"
        " counted; AWS takes 2048 (UserPolicySizeQuota). Shorten it, or make it a managed policy.",
    ),
    "a policy that is too long for a group": (
        *(
            "group",
            {
                "name": "Staff",
                "inline_policies": {"own": {**POLICY, "Statement": [{**POLICY["Statement"][0], "Resource": MEMBERS}]}},
            },
        ),
        f"{STAFF}inline policy own: it has 5596 characters, white space not counted; AWS takes 5120"
        " (GroupPolicySizeQuota). Shorten it, or make it a managed policy.",
    ),
    "the policy of require_mfa by hand": (
        *("group", {"name": "Staff", "inline_policies": {"keysmith-self-manage-and-require-mfa": POLICY}}),
        f"{STAFF}inline policy keysmith-self-manage-and-require-mfa: it is the one of require_mfa; give require_mfa:"
        " true instead.",
    ),
    "a new name that somebody has": (
        *("user", existing(new_name="BOSS")),
        "Cannot manage user BOSS: user Existing cannot take this name, since there is a user boss already; choose"
        " another new_name, or remove that user first.",
    ),
    "a new name with a space": (
        *("user", existing(new_name="Exi sting")),
        "Cannot manage user Exi sting: the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    "a new name for who is to go": (
        *("user", existing(new_name="Extant", state="absent")),
        "Cannot manage user Extant: a user that is to be absent gets no new name; leave new_name out.",
    ),
    "a copy onto itself": (
        *("user", existing(copy_permissions_from="EXISTING")),
        f"{EXISTING}it cannot copy from itself; name another user in copy_permissions_from.",
    ),
    "an unexpected namesake": (
        *("user", existing(expected_user_id="AIDAEXAMPLE", path="/new/")),
        f"{EXISTING}its unique id is {{id}} and not AIDAEXAMPLE, so it is another user of the same name; correct"
        " expected_user_id or name.",
    ),
    "an unexpected namesake that is to go": (
        *("user", existing(expected_user_id="AIDAEXAMPLE", state="absent")),
        f"{EXISTING}its unique id is {{id}} and not AIDAEXAMPLE, so it is another user of the same name; correct"
        " expected_user_id or name.",
    ),
    "an expected user that is not there": (
        *("user", {"name": "New", "expected_user_id": "AIDAEXAMPLE"}),
        "Cannot manage user New: there is no user of that name, and a new one would not have the id AIDAEXAMPLE; leave"
        " expected_user_id out to create it.",
    ),
    "a protected user": (
        *("user", {"name": "boss", "state": "absent"}),
        "Cannot manage user boss: its tag keysmith:protected protects it; if it is to go, take that off first: aws iam"
        " untag-user --user-name boss --tag-keys keysmith:protected",
    ),
    "the last administrator": (
        *("user", {"name": "root.like", "state": "absent"}),
        "Cannot manage user root.like: it is the last user with AdministratorAccess that can sign in; give that to"
        " somebody else with a console password or an active access key first.",
    ),
    "a source below in the roster": (
        *("roster", {"users": [jane(copy_permissions_from="boss"), jane("boss")]}),
        "Cannot manage user jane.doe: it copies from boss, who comes after it in the roster; put that user before it.",
    ),
    "a missing source in a roster": (
        *("roster", {"users": [jane(copy_permissions_from="nobody")]}),
        "Cannot manage user jane.doe: there is no user nobody in account 123456789012 to copy from; create it or"
        " correct its name.",
    ),
    "a policy in a roster that is not JSON": (
        *("roster", {"groups": [{"name": "Staff", "inline_policies": {"own": "Allow all"}}]}),
        f"{STAFF}inline policy own: it is not JSON, by line 1, column 1; give a policy document as JSON or as YAML.",
    ),
}
# What an earlier task may have been about to make warns in check mode; the text is the run's.
MISSING: dict[str, tuple[dict[str, Any], str, str]] = {
    "a source": (
        existing(copy_permissions_from="nobody"),
        "user Existing",
        "there is no user nobody in account 123456789012 to copy from; create it or correct its name.",
    ),
    "a boundary": (
        existing(boundary="Nope"),
        "user Existing",
        "the permissions boundary Nope: account 123456789012 has no managed policy of that name or ARN; create it or"
        " correct it.",
    ),
    "a user to rename": (
        {"name": "nobody", "new_name": "somebody"},
        "user somebody",
        "there is no user nobody to rename, nor is there a user somebody; leave new_name out and create it under the"
        " name that it is to have.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_gets_its_sentence(counter: Counter, case: str) -> None:
    module, params, sentence = REFUSED[case]
    user_id = counter.aws.client("iam").get_user(UserName="Existing")["User"]["UserId"]
    told = counter.refused(counter.params(params) if module == "roster" else params, module)
    assert told == sentence.replace("{id}", user_id)


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_warns_in_check_mode_and_is_refused_in_a_run(counter: Counter, case: str) -> None:
    params, subject, text = MISSING[case]
    counter.aws.clear_log()
    check = process.run("user", params, counter.aws.environment, counter.folder, check=True)
    assert check.rc == 0
    assert f"{subject}: {text}" in check.printed
    ran = process.run("user", params, counter.aws.environment, counter.folder)
    assert ran.rc == 1
    assert ran.msg == f"Cannot manage {subject}: {text}"
    assert writes(counter.aws) == []


# Taken, with a word about it.
WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "a password is to be set always, and there is none": (
        existing(update_password="always"),
        "user Existing: update_password=always does nothing without password; give one, or leave it out."
        " [update_password]",
    ),
    "an exclusion of nothing": (
        existing(copy_permissions_from="boss", copy_exclude=["Admins"]),
        "user Existing: copy_exclude names Admins, and boss has nothing of that name; correct it. [copy_exclude]",
    ),
    "a new ARN": (
        existing(new_name="Extant"),
        "user Extant: it signs in as Extant from then on, and its ARN becomes arn:aws:iam::123456789012:user/Extant;"
        " policies that name arn:aws:iam::123456789012:user/Existing as a resource do not follow, change them by hand."
        " [rename]",
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_what_is_told_beside(counter: Counter, case: str) -> None:
    params, text = WARNED[case]
    check = process.run("user", params, counter.aws.environment, counter.folder, check=True)
    assert (check.rc, text in check.printed) == (0, True)
