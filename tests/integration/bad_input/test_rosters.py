# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad rosters through the module: one clear sentence each, in check mode and in a run, and nothing is changed."""

from __future__ import annotations

import pytest

from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import (
    MISFITS,
    PRIVATE_WORDS,
    REFUSED,
    SECRET,
    erp,
    given,
    jane,
    sealed_to,
)
from tests.integration.crash import process
from tests.integration.crash.people import Owner


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_roster_gets_its_sentence(counter: Counter, case: str) -> None:
    params, sentence = REFUSED[case]
    assert counter.refused(counter.params(params)) == counter.filled(sentence)


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_the_documentation_gets_ansibles_sentence(counter: Counter, case: str) -> None:
    params, sentence = MISFITS[case]
    assert sentence in counter.refused(counter.params(params))
    assert counter.aws.log() == [] or all(entry["caller"] for entry in counter.aws.log())


def test_a_private_key_as_recipient_is_never_shown(counter: Counter, tmp_path_factory: pytest.TempPathFactory) -> None:
    owner = Owner.made_in(tmp_path_factory.mktemp("owner"))
    private = owner.private.read_text(encoding="utf-8")
    lines = [line for line in private.splitlines() if not line.startswith("-")]
    for text in (private, *lines[:1], "".join(lines)):
        for more in ({}, {"gruops": []}):
            ran = process.run(
                "roster",
                counter.params(given(jane(handover=sealed_to(text), **more))),
                counter.aws.environment,
                counter.folder,
            )
            assert ran.rc == 1
            assert [line for line in lines if line in ran.printed] == []
            if not more:
                assert ran.msg == f"Cannot manage user jane.doe: {PRIVATE_WORDS}"
    assert [entry for entry in counter.aws.log(writes_only=True) if entry["action"] == "iam:CreateLoginProfile"] == []


def test_a_roster_with_eight_mistakes_shows_eight_sentences(counter: Counter) -> None:
    names = [
        *("unknown group", "a name with a space", "a user who exists in another case", "a third access key"),
        *("no hand-over", "a recipient that is no key", "a tag of our own", "a shared name"),
    ]
    users = []
    for number, name in enumerate(names):
        (user,) = REFUSED[name][0]["users"]
        shared = {"jane.doe": f"jane.doe{number}", "erp-export": f"erp-export{number}"}
        users.append({**user, "name": shared.get(user["name"], user["name"]), "owner": f"owner{number}"})
    told = counter.refused(counter.params(given(*users))).splitlines()
    assert told[0] == "Nothing was changed, since 8 things are amiss:"
    wanted = []
    for number, name in enumerate(names):
        wanted.append(counter.filled(REFUSED[name][1]).replace("jane.doe:", f"jane.doe{number}:"))
    assert sorted(told[1:]) == sorted(wanted)


def test_a_mistake_that_many_share_is_said_once(counter: Counter) -> None:
    users = [jane(f"person{number}", handover=None, owner=f"owner{number}") for number in range(7)]
    told = counter.refused(counter.params({"users": users, "handover": sealed_to("jane@example.com")}))
    assert told.startswith(
        "Cannot manage user person0, user person1, user person2, user person3, user person4 and 2 more: cannot seal to"
    )
    assert "\n" not in told


def test_the_quota_of_users(counter: Counter) -> None:
    counter.aws.set_quotas(UsersQuota=4)
    assert counter.refused(counter.params(given(jane(), erp()))) == (
        "Cannot manage roster: it adds 2 users to the 3 of account 123456789012, whose quota is 4 (UsersQuota); ask AWS"
        " for more or leave some out."
    )


def test_a_store_that_needs_a_region(counter: Counter) -> None:
    users = [erp(handover=SECRET, groups=["Nope"]), erp("erp-import", handover=SECRET)]
    assert counter.refused({"users": users, "directory": str(counter.folder)}).splitlines()[1:] == [
        "Cannot manage user erp-export: there is no group Nope in account 123456789012; create it or correct its name.",
        "Cannot manage user erp-export, user erp-import: cannot use the store secretsmanager: no region is set. Give"
        " region, or set AWS_REGION.",
    ]


def test_yaml_reads_an_unquoted_off_as_false(counter: Counter) -> None:
    params = counter.params(given(jane("team-1"), guards={"shared_name": False}))
    assert process.run("roster", params, counter.aws.environment, counter.folder, check=True).rc == 0


def test_yaml_reads_an_empty_tag_as_none(counter: Counter) -> None:
    params = counter.params(given(jane(tags={"team": None})))
    ran = process.run("roster", params, counter.aws.environment, counter.folder, check=True)
    assert ran.rc == 0
    assert ran.result["users"][0]["tags"] == {"team": ""}
