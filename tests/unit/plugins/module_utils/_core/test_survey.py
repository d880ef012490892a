# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A form's answers as users: what AWX hands over, what each question takes, and every refusal, which quotes nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core.answers import Rules
from ansible_collections.keysmith.iam.plugins.module_utils._core.pasted import Line, looks_like_yaml, read_table
from ansible_collections.keysmith.iam.plugins.module_utils._core.survey import roster, secrets

SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane, at the laptop"
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
# The last line of an armoured key may look like an AWS secret.
PGP = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZaBc\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n=aBcD\n"
PGP += "-----END PGP PUBLIC KEY BLOCK-----"
ACCESS_KEY_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
AGE_KEY = "AGE-SECRET-KEY-" + "1QZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQ"
VAULT = {"store": "secretsmanager", "name": "iam/{user}", "kms_key_id": "alias/x", "seal_to": [AGE]}
PLACES = {"secretsmanager": "new/{user}", "ssm_parameter": "/iam/{user}", "file": "out/", "result": ""}
JANE = {"name": "jane", "use_case": "human"}
RULES = Rules(VAULT, PLACES)

Answers = dict[str, Any]

# What is answered beside the name and the use case, and what it adds to the user.
TAKEN: dict[str, tuple[Answers, dict[str, Any]]] = {
    "nothing": ({"owner": "", "groups": [], "tags": None, "credentials": ""}, {}),
    "texts": ({"owner": " jane@example.com ", "path": "/staff/"}, {"owner": "jane@example.com", "path": "/staff/"}),
    "a justification of several lines": (
        {"justification": "it is\r\non premises "},
        {"justification": "it is on premises"},
    ),
    "a choice of several": ({"groups": ["Dev,Ops", "Audit"]}, {"groups": ["Dev,Ops", "Audit"]}),
    "a choice of several, by an older AWX": ({"groups": "Dev\nAudit\nDev"}, {"groups": ["Dev", "Audit"]}),
    "a typed list": ({"groups": "Dev, Audit;Ops | Team"}, {"groups": ["Dev", "Audit", "Ops", "Team"]}),
    "credentials": (
        {"credentials": ["Console password", "access_key", "MFA device", "CodeCommit", "CloudWatch Logs"]},
        {
            **dict.fromkeys(["console", "access_key", "mfa_device"], True),
            "service_specific_credentials": [{"service": "codecommit"}, {"service": "cloudwatch_logs"}],
        },
    ),
    "typed credentials": (
        {"credentials": "console password; keyspaces"},
        {"console": True, "service_specific_credentials": [{"service": "keyspaces"}]},
    ),
    "tags": (
        {"tags": "team=core\r\ncost centre = 47=11;x="},
        {"tags": {"team": "core", "cost centre": "47=11", "x": ""}, "purge_tags": False},
    ),
    "tags as a dict": ({"tags": {"team": None, "n": 1}}, {"tags": {"team": "", "n": "1"}, "purge_tags": False}),
    "keys": ({"public_keys": f"{SSH}\r\n\r\n{AGE} | {AGE}\n"}, {"handover": {**VAULT, "seal_to": [SSH, AGE]}}),
    "an OpenPGP key": (
        {"public_keys": f"{PGP}\n{AGE}".replace("\n", "\r\n")},
        {"handover": {**VAULT, "seal_to": [PGP, AGE]}},
    ),
    "keys as a list": ({"public_keys": [PGP, SSH]}, {"handover": {**VAULT, "seal_to": [PGP, SSH]}}),
    "the same store": ({"store": "Secrets Manager"}, {"handover": VAULT}),
    "another store": (
        {"store": "parameter store"},
        {"handover": {"store": "ssm_parameter", "name": "/iam/{user}", "seal_to": [AGE]}},
    ),
    "a folder": (
        {"store": "file", "public_keys": SSH},
        {"handover": {"store": "file", "path": "out/", "seal_to": [SSH]}},
    ),
    "the result": ({"store": "result"}, {"handover": {"store": "result", "seal_to": [AGE]}}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_an_answer_is_taken(case: str) -> None:
    answers, added = TAKEN[case]
    assert roster({**JANE, **answers}, None, RULES) == ([{**JANE, **added}], [])
    line = Line(2, {**JANE, **answers})
    assert roster({}, [line], RULES) == ([{**JANE, **added}], [])


def test_without_a_hand_over_of_the_forms_owner_the_store_decides() -> None:
    users, problems = roster({**JANE, "store": "secretsmanager", "public_keys": SSH}, None, Rules(places=PLACES))
    assert (users[0]["handover"], problems) == ({"store": "secretsmanager", "name": "new/{user}", "seal_to": [SSH]}, [])


REFUSED: dict[str, tuple[Answers, str]] = {
    "no name": ({"name": " "}, '"User name" (onboard_survey_name): it is not answered; give the user\'s name'),
    "a name of two lines": (
        {"name": "hunter2\nx"},
        '"User name" (onboard_survey_name): it has several lines; give one',
    ),
    "a list of names": ({"name": ["hunter2"]}, '"User name" (onboard_survey_name): it takes one text; give one'),
    "no use case": (
        {"use_case": None},
        '"Use case" (onboard_survey_use_case): it is not answered; choose human or workload',
    ),
    "another use case": (
        {"use_case": "hunter2"},
        '"Use case" (onboard_survey_use_case): it is neither human nor workload; choose one of the two',
    ),
    "an emergency": (
        {"use_case": "Emergency"},
        '"Use case" (onboard_survey_use_case): no form makes an emergency user; the role break_glass does',
    ),
    "two owners": ({"owner": ["hunter2", "b"]}, '"Owner" (onboard_survey_owner): it takes one text; give one'),
    "nested groups": (
        {"groups": [["hunter2"]]},
        '"Groups" (onboard_survey_groups): it takes a list of texts; give one',
    ),
    "groups by name": (
        {"groups": {"hunter2": "x"}},
        '"Groups" (onboard_survey_groups): it takes a list of texts; give one',
    ),
    "an unknown credential": (
        {"credentials": "console, hunter2"},
        '"Credentials" (onboard_survey_credentials): a credential is none of console password, access key, MFA device,'
        " CodeCommit, Keyspaces, Bedrock and CloudWatch Logs; choose from these",
    ),
    "keys by name": (
        {"public_keys": {"hunter2": SSH}},
        '"Public keys of the owner" (onboard_survey_public_keys): it takes a list of texts; give one',
    ),
    "an unknown store": (
        {"store": "hunter2"},
        '"Where the secrets go" (onboard_survey_store): it is no store that this form gives; choose from'
        " secretsmanager, ssm_parameter, file, result",
    ),
    "a tag without a value": (
        {"tags": "team=core\nhunter2"},
        '"Tags" (onboard_survey_tags): a tag has no key or no equals sign; write key=value, one a line',
    ),
    "a tag without a key": (
        {"tags": "=hunter2"},
        '"Tags" (onboard_survey_tags): a tag has no key or no equals sign; write key=value, one a line',
    ),
    "a tag twice": ({"tags": "a=1;a=hunter2"}, '"Tags" (onboard_survey_tags): two tags have the same key; keep one'),
    "a nested tag": ({"tags": {"a": ["hunter2"]}}, '"Tags" (onboard_survey_tags): a tag\'s value is no text; give one'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_is_refused_by_its_question_and_never_quoted(case: str) -> None:
    answers, told = REFUSED[case]
    _users, problems = roster({**JANE, **answers}, None, RULES)
    assert problems == [told]
    assert "hunter2" not in told
    (field,) = answers
    _users, problems = roster({}, [Line(7, {**JANE, **answers})], RULES)
    assert problems == [f'"People" (onboard_survey_people), line 7, {field}: {told.partition("): ")[2]}']


def test_keys_without_a_place_are_refused() -> None:
    told = 'nothing says where the sealed text goes; answer "Where the secrets go" (onboard_survey_store) as well'
    wanted = [f'"Public keys of the owner" (onboard_survey_public_keys): {told}']
    assert roster({**JANE, "public_keys": SSH}, None, Rules(places=PLACES)) == ([{}], wanted)


def test_a_form_names_only_the_groups_and_stores_that_it_gives() -> None:
    rules = Rules(places={"result": ""}, allowed_groups=["Dev", "Ops"])
    _users, problems = roster({**JANE, "groups": ["Dev", "Admins"], "store": "file"}, None, rules)
    assert problems == [
        '"Groups" (onboard_survey_groups): a group is none of those that this form gives; choose from Dev, Ops',
        '"Where the secrets go" (onboard_survey_store): it is no store that this form gives; choose from result',
    ]
    assert roster({**JANE, "groups": ["Dev"]}, None, rules)[1] == []


def test_pasted_people_have_only_the_fields_that_the_form_gives() -> None:
    lines = [Line(2, {**JANE, "tags": "", "owner": "x"}), Line(3, {**JANE, "tags": "a=b"})]
    _users, problems = roster({"path": "/x/"}, lines, Rules(allowed_fields=["use_case", "owner"]))
    told = "this form takes no such field; leave it out, and keep to name, use_case, owner"
    assert problems == [f'"People" (onboard_survey_people), line 3, tags: {told}']


def test_the_forms_answers_count_where_a_line_says_nothing() -> None:
    common = {"use_case": "human", "groups": ["Dev"], "credentials": ["console password"], "tags": "a=1"}
    lines = [
        Line(2, {"name": "jane", "groups": "", "tags": ""}),
        Line(3, {"name": "erp", "use_case": "workload", "access_key": "x", "console": "no", "groups": "Ops"}),
    ]
    users, problems = roster(common, lines, RULES)
    tags = {"tags": {"a": "1"}, "purge_tags": False}
    assert problems == []
    assert users == [
        {"name": "jane", "use_case": "human", "groups": ["Dev"], "console": True, **tags},
        {"name": "erp", "use_case": "workload", "groups": ["Ops"], "access_key": True, **tags},
    ]


def test_each_line_is_judged_and_a_common_answer_once() -> None:
    lines = [
        Line(2, {"name": "jane", "console": "maybe"}),
        Line(3, {"owner": "x", "access_key": "AKIA"}),
        Line(4, JANE),
    ]
    _users, problems = roster({"path": ["/a/", "/b/"]}, lines, RULES)
    assert problems == [
        '"People" (onboard_survey_people), line 2, use_case: it is not answered; choose human or workload',
        '"Path" (onboard_survey_path): it takes one text; give one',
        '"People" (onboard_survey_people), line 2, console: it is neither yes nor no; write one of the two',
        '"People" (onboard_survey_people), line 3, name: it is not answered; give the user\'s name',
        '"People" (onboard_survey_people), line 3, use_case: it is not answered; choose human or workload',
        '"People" (onboard_survey_people), line 3, access_key: it is neither yes nor no; write one of the two',
    ]


def test_a_form_is_for_one_or_for_many() -> None:
    told = '"User name" (onboard_survey_name): people are pasted as well, in "People" (onboard_survey_people);'
    assert roster(JANE, [Line(2, JANE)], RULES) == ([], [f"{told} answer one of the two"])
    told = '"People" (onboard_survey_people): it names nobody; give at least one user'
    assert roster({"use_case": "human"}, [], RULES) == ([], [told])


@pytest.mark.parametrize("value", [34, 0, True, False, 1.5])
def test_what_ansible_has_read_as_no_text_is_not_what_was_typed(value: object) -> None:
    """What arrives of `0042`, `0`, `yes`, `no` and `1.50`."""
    told = '"User name" (onboard_survey_name): it came as a number or as yes or no, perhaps not as it was typed'
    for lines in (None, [Line(2, JANE)]):
        users, (problem,) = roster({**JANE, "name": value}, lines, RULES)
        assert users == []
        assert problem.startswith(f"{told} (0042 comes as 34); put it into")


FIXED: dict[str, tuple[dict[str, Any], Answers, dict[str, Any], list[str]]] = {
    "fields": ({"boundary": "Limit", "path": "/x/"}, {}, {"boundary": "Limit", "path": "/x/"}, []),
    "the use case": ({"use_case": "workload"}, {"use_case": ""}, {"use_case": "workload"}, []),
    "groups": ({"groups": ["All", "Dev"]}, {"groups": "Dev"}, {"groups": ["Dev", "All"]}, []),
    "groups alone": ({"groups": ["All"]}, {}, {"groups": ["All"]}, []),
    "tags": ({"tags": {"by": "form"}}, {"tags": "a=1"}, {"tags": {"a": "1", "by": "form"}, "purge_tags": False}, []),
    "an answered field": ({"path": "/x/"}, {"path": "/y/"}, {"path": "/x/"}, ['"Path" (onboard_survey_path): path']),
    "an answered tag": (
        {"tags": {"a": "2"}},
        {"tags": "a=1"},
        {"tags": {"a": "2"}, "purge_tags": False},
        ['"Tags" (onboard_survey_tags): tags'],
    ),
    "an answered credential": (
        {"console": False},
        {"credentials": "console"},
        {"console": False},
        ["the form: console"],
    ),
}


@pytest.mark.parametrize("case", FIXED)
def test_what_the_forms_owner_fixes_is_so(case: str) -> None:
    fixed, answers, added, problems = FIXED[case]
    told = " is fixed by the form's owner (onboard_survey_fixed); leave it unanswered"
    wanted = [{**JANE, **added}], [problem + told for problem in problems]
    assert roster({**JANE, **answers}, None, Rules(fixed=fixed)) == wanted


SECRETS: dict[str, tuple[Answers, str, list[str]]] = {
    "a private key": (
        {"public_keys": f"{SSH}\n-----BEGIN OPENSSH PRIVATE KEY-----\nx"},
        "",
        ["Public keys of the owner"],
    ),
    "an age key": ({"name": AGE_KEY}, "", ["User name"]),
    "a secret in a list": ({"groups": ["Dev", ACCESS_KEY_SECRET]}, "", ["Groups"]),
    "a secret as a tag": ({"tags": f"key={ACCESS_KEY_SECRET}"}, "", ["Tags"]),
    "a tag named so": ({"tags": {"password": "x"}}, "", ["Tags"]),
    "a secret in a tag": ({"tags": {"key": ACCESS_KEY_SECRET}}, "", ["Tags"]),
    "a secret in a line": ({}, f"name,owner\r\njane,x\r\njoe,{ACCESS_KEY_SECRET}", ["line 3"]),
    "one below an OpenPGP key": ({}, f'name,public_keys\njane,"{PGP}"\njoe,{AGE_KEY}', ["line 8"]),
    "a share": ({"justification": "abandon\n" * 20}, "name,owner\njoe," + "abandon " * 20, ["cannot", "line 2"]),
    "public keys": ({"public_keys": f"{SSH}\n{PGP}\n{AGE}"}, f'name,k\njane,"{PGP}"\njoe,{SSH}', []),
    "short names": ({}, "name\n" + "jsmith\n" * 30, []),
    "an id": ({"tags": "key=AKIAIOSFODNN7EXAMPLE"}, "", []),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_found_and_not_told(case: str) -> None:
    answers, people, places = SECRETS[case]
    problems = secrets(answers, people)
    assert len(problems) == len(places)
    for problem, place in zip(problems, places, strict=True):
        assert place in problem.partition(":")[0]
        assert "it looks like a secret" in problem
        assert not any(secret in problem for secret in (ACCESS_KEY_SECRET, AGE_KEY, "BEGIN", "abandon", "password"))


# What a roster can say in a table. A name of a group with a comma or a key's comment with a bar goes in as YAML only.
NAMES = st.text("abcXYZ019_+=.@-", min_size=1, max_size=12)
WORDS = st.text("abc üß,;\"'#:-\t/", min_size=1, max_size=15).map(lambda text: " ".join(text.split())).filter(bool)
TAG_WORDS = st.text("abc üß:/+@.-", max_size=12).map(str.strip)
USERS = st.fixed_dictionaries(
    {"name": NAMES, "use_case": st.sampled_from(["human", "workload"])},
    optional={
        "owner": WORDS,
        "justification": WORDS,
        "path": st.just("/staff/"),
        "groups": st.lists(NAMES, min_size=1, max_size=4, unique=True),
        "console": st.just(True),
        "access_key": st.just(True),
        "tags": st.dictionaries(TAG_WORDS.filter(bool), TAG_WORDS, min_size=1, max_size=3),
        "keys": st.lists(st.sampled_from([SSH, AGE, PGP]), min_size=1, unique=True),
    },
)


def cells(user: dict[str, Any], between: str) -> dict[str, str]:
    told = {name: user[name] for name in ("name", "use_case", "owner", "justification", "path") if name in user}
    told |= {name: "yes" for name in ("console", "access_key") if name in user}
    told["groups"] = between.join(user.get("groups", ()))
    told["tags"] = between.join(f"{key}={value}" for key, value in user.get("tags", {}).items())
    return {**told, "public_keys": "\n".join(user.get("keys", ()))}


def wanted(user: dict[str, Any]) -> dict[str, Any]:
    more = {"purge_tags": False} if "tags" in user else {}
    more |= {"handover": {**VAULT, "seal_to": user["keys"]}} if "keys" in user else {}
    return {**{name: value for name, value in user.items() if name != "keys"}, **more}


@given(
    users=st.lists(USERS, min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
    between=st.sampled_from(["\n", ";", "|", " ; "]),
)
def test_what_a_roster_says_in_a_table_comes_back(
    users: list[dict[str, Any]], delimiter: str, ending: str, between: str
) -> None:
    columns = ["name", "use_case", "owner", "justification", "path", "console", "access_key", "groups", "tags"]
    written = io.StringIO()
    table = csv.DictWriter(written, [*columns, "public_keys"], restval="", delimiter=delimiter, lineterminator=ending)
    table.writeheader()
    table.writerows(cells(user, between) for user in users)
    assert not looks_like_yaml(written.getvalue())
    lines, problems = read_table(written.getvalue())
    assert problems == []
    assert roster({}, lines, RULES) == ([wanted(user) for user in users], [])


@given(people=st.text(max_size=80), answer=st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(people: str, answer: str) -> None:
    names = ("name", "use_case", "groups", "credentials", "public_keys", "store", "tags")
    secrets(dict.fromkeys(names, answer), people)
    lines, problems = read_table("name,use_case\n" + people)
    roster(dict.fromkeys(names, answer), lines, RULES)
    assert all(problem.startswith("line ") for problem in problems)
