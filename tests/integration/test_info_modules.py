# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""group_info and access_key_info; and of all modules that only look: errors, bad input, beside amazon.aws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ansible_run import Ansible, run_module
from tests.integration.fresh import fresh_group
from tests.integration.given import OPEN, groups, user
from tests.integration.looking import jane_and_bob, look, seconds_until

if TYPE_CHECKING:
    from tests.emulator.client import Emulator


@pytest.fixture
def jane(aws: Emulator) -> Any:
    return jane_and_bob(aws)


def test_access_keys_with_their_age_and_last_use(aws: Emulator) -> None:
    """Days are counted by AWS's clock: this machine's is months behind or ahead of it."""
    iam = aws.client("iam")
    user(name="jane")(iam)
    old, new = (iam.create_access_key(UserName="jane")["AccessKey"]["AccessKeyId"] for _number in range(2))
    iam.update_access_key(UserName="jane", AccessKeyId=new, Status="Inactive")
    used = {"access_key_last_used": "2026-02-20T23:00:00+00:00", "service": "s3", "region": "eu-central-1"}
    aws.set_dates("jane", access_key=old, access_key_created="2026-01-01T13:00:00+00:00", **used)
    aws.set_dates("jane", access_key=new, access_key_created="2026-03-01T11:00:00+00:00")
    aws.set_clock(seconds_until("2026-03-02T12:00:00+00:00"))
    result = look(aws, "access_key_info", username="jane")
    assert result["access_keys"] == [
        {
            "access_key_id": old,
            "age_days": 59,
            "create_date": "2026-01-01T13:00:00+00:00",
            "last_used_date": "2026-02-20T23:00:00+00:00",
            "last_used_days": 9,
            "last_used_region": "eu-central-1",
            "last_used_service": "s3",
            "status": "Active",
            "user_name": "jane",
        },
        {
            "access_key_id": new,
            "age_days": 1,
            "create_date": "2026-03-01T11:00:00+00:00",
            **dict.fromkeys(("last_used_date", "last_used_days", "last_used_region", "last_used_service")),
            "status": "Inactive",
            "user_name": "jane",
        },
    ]
    assert result["calls"] == {"GetCallerIdentity": 1, "ListAccessKeys": 1, "GetAccessKeyLastUsed": 2}
    all_keys = look(aws, "access_key_info")["access_keys"]
    assert [key for key in all_keys if key["user_name"] == "jane"] == result["access_keys"]
    assert [key["create_date"] for key in all_keys] == sorted(key["create_date"] for key in all_keys)
    assert look(aws, "access_key_info", user_name="nobody")["access_keys"] == []


@pytest.fixture
def staff(aws: Emulator) -> Any:
    iam = aws.client("iam")
    groups("Empty", "Ops", "Third")(iam)
    iam.create_group(GroupName="Staff", Path="/all/")
    iam.attach_group_policy(GroupName="Staff", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_group_policy(GroupName="Staff", PolicyName="own", PolicyDocument=OPEN)
    for name in ("zoe", "amy"):
        user(name=name, groups=())(iam)
        iam.add_user_to_group(UserName=name, GroupName="Staff")
    return iam


def test_groups_with_members_and_policies(aws: Emulator, staff: Any) -> None:
    names = ["Empty", "Ops", "Staff", "Third"]
    fresh = [fresh_group(staff, name) for name in names]
    for name, expected in zip(names, fresh, strict=True):
        assert look(aws, "group_info", name=name)["iam_groups"] == [expected]
    one_by_one = look(aws, "group_info", names=names[:3])
    assert one_by_one["iam_groups"] == fresh[:3]
    assert one_by_one["calls"]["GetGroup"] == 3
    aws.set_page_size(2)
    for way in ({"names": names}, {}):
        listed = look(aws, "group_info", **way)
        assert listed["iam_groups"] == fresh
        assert listed["calls"] == {"GetCallerIdentity": 1, "GetAccountAuthorizationDetails": 4}
    assert look(aws, "group_info", path_prefix="/all/")["iam_groups"] == [fresh[2]]
    assert look(aws, "group_info", group_name="Ops", prefix="/all/")["iam_groups"] == []
    assert look(aws, "group_info", names=[])["iam_groups"] == []
    gone = look(aws, "group_info", names=["Staff", "Nobodies"])
    assert (gone["iam_groups"], gone["missing"]) == ([fresh[2]], ["Nobodies"])


@pytest.mark.parametrize(
    ("module", "arguments", "action"),
    [
        ("user_info", {"name": "jane"}, "GetUser"),
        ("user_info", {}, "GetAccountAuthorizationDetails"),
        ("group_info", {"name": "Devs"}, "GetGroup"),
        ("group_info", {"name": "Devs"}, "ListGroupPolicies"),
        ("group_info", {}, "GetAccountAuthorizationDetails"),
        ("access_key_info", {"user_name": "jane"}, "ListAccessKeys"),
        ("access_key_info", {}, "ListAccessKeys"),
        ("access_key_info", {}, "ListUsers"),
    ],
)
@pytest.mark.usefixtures("jane")
def test_what_is_asked_for_denied_is_an_error(
    module: str, arguments: dict[str, Any], action: str, aws: Emulator
) -> None:
    aws.fault(action=f"iam:{action}", kind="denied", times=0)
    result = run_module(aws, module, arguments)
    assert (result["failed"], result["error"]["code"]) == (True, "AccessDenied")
    assert result["msg"].endswith(f"Allow the caller iam:{action}.")
    assert not result.keys() & {"iam_users", "iam_groups", "access_keys"}


REFUSED = [
    ("user_info", {"path": "staff"}, "Cannot look below the path 'staff': it must begin with /, as in /staff/."),
    ("group_info", {"path": "staff"}, "Cannot look below the path 'staff': it must begin with /, as in /staff/."),
    (
        "user_info",
        {"names": ["jane", "jane doe"]},
        "Cannot look for user 'jane doe': the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    ("user_info", {"name": ""}, "Cannot look for user '': a user without a name; give it one."),
    (
        "user_info",
        {"group": "g" * 129},
        f"Cannot look for group '{'g' * 129}': the name has 129 characters; AWS takes at most 128 for a group.",
    ),
    (
        "group_info",
        {"name": "a/b"},
        "Cannot look for group 'a/b': the name has a character that AWS does not take; use letters, digits and"
        " + = , . @ _ -.",
    ),
    (
        "access_key_info",
        {"user_name": "u" * 65},
        f"Cannot look for user '{'u' * 65}': the name has 65 characters; AWS takes at most 64 for a user.",
    ),
    ("user_info", {"name": "jane", "names": ["joe"]}, "parameters are mutually exclusive: name|names"),
    ("user_info", {"group": "Ops", "path": "/a/"}, "parameters are mutually exclusive: group|path_prefix"),
    (
        "user_info",
        {"gather": ["keys"]},
        "value of gather must be one or more of: all, groups, policies, login_profile, access_keys,"
        " access_key_last_used, ssh_public_keys, signing_certificates, service_specific_credentials, mfa_devices,"
        " credential_report. Got no match for: keys",
    ),
]


@pytest.mark.parametrize(("module", "arguments", "text"), REFUSED)
def test_bad_input_gets_one_sentence_and_no_call(
    module: str, arguments: dict[str, Any], text: str, aws: Emulator
) -> None:
    result = run_module(aws, module, arguments)
    assert (result["failed"], result["msg"]) == (True, text)
    assert aws.log() == []


def test_what_amazon_aws_tells_is_told_alike(
    installed_collection: Path, aws: Emulator, tmp_path: Path, jane: Any
) -> None:
    """Every key that amazon.aws returns, with its value; only the collection's own tags are not told."""
    aws.set_dates("jane", password_last_used="2026-02-03T04:05:06+00:00")
    asked: dict[str, tuple[str, str, dict[str, Any]]] = {
        "one": ("user_info", "iam_users", {"name": "jane"}),
        "nobody": ("user_info", "iam_users", {"name": "nobody"}),
        "group": ("user_info", "iam_users", {"group": "Devs"}),
        "path": ("user_info", "iam_users", {"path": "/"}),
        "both": ("user_info", "iam_users", {"name": "bob", "path": "/other/"}),
        "keys": ("access_key_info", "access_keys", {"user_name": "jane"}),
        "no keys": ("access_key_info", "access_keys", {"user_name": "nobody"}),
    }
    tasks = [
        {"name": f"{name} {whose}", f"{prefix}{module}": arguments}
        for name, (module, _key, arguments) in asked.items()
        for whose, prefix in (("theirs", "amazon.aws.iam_"), ("ours", "keysmith.iam."))
    ]
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment={"AWS_REGION": "us-east-1"})
    assert run.rc == 0, run.stdout[-3000:]
    for name, (_module, key, _arguments) in asked.items():
        theirs, ours = run.result(f"{name} theirs")[key], run.result(f"{name} ours")[key]
        assert len(theirs) == len(ours), name
        for one in theirs:
            (same,) = [other for other in ours if other.get("user_name") == one["user_name"]]
            for told_as, value in one.items():
                assert same[told_as] == value, (name, told_as)
