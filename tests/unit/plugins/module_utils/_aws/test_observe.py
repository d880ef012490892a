# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of an account: all of it, page by page, and never an error for an empty list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNREAD, Account, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    ConsoleSpec,
    GroupSpec,
    MFASpec,
    RosterSpec,
    UserSpec,
)

if TYPE_CHECKING:
    from tests.unit.plugins.module_utils._aws.conftest import Way

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
WANTED = UserSpec("jane", groups=("Staff",), console=ConsoleSpec(), access_key=AccessKeySpec())


def read(way: Way, roster: RosterSpec) -> Account:
    return observe.observe(way.gateway, observe.identify(way.gateway), roster, threads=2)


def jane(way: Way, spec: UserSpec = WANTED, onboarding: bool = False) -> User:
    user = read(way, RosterSpec(users=(spec,), onboarding=onboarding)).user("jane")
    assert user is not None
    return user


@pytest.fixture
def furnished(iam: Any) -> None:
    """jane has some of everything that comes in pages."""
    iam.create_user(UserName="jane", Path="/staff/", Tags=[{"Key": f"tag{n}", "Value": "1"} for n in range(3)])
    for number in range(3):
        iam.create_group(GroupName=f"group{number}")
        iam.add_user_to_group(GroupName=f"group{number}", UserName="jane")
        arn = iam.create_policy(PolicyName=f"policy{number}", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
        iam.attach_user_policy(UserName="jane", PolicyArn=arn)
        iam.attach_group_policy(GroupName="group0", PolicyArn=arn)
        iam.put_group_policy(GroupName="group0", PolicyName=f"inline{number}", PolicyDocument=DOCUMENT)
        iam.put_user_policy(UserName="jane", PolicyName=f"inline{number}", PolicyDocument=DOCUMENT)
    for _number in range(2):
        iam.create_access_key(UserName="jane")
    iam.create_login_profile(UserName="jane", Password="aB3$efghijkl", PasswordResetRequired=True)


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("onboarding", [False, True])
def test_pages_of_one_item_give_the_same_user(way: Way, onboarding: bool) -> None:
    whole = jane(way, onboarding=onboarding)
    way.aws.set_page_size(1)
    assert jane(way, onboarding=onboarding) == whole
    assert isinstance(whole.groups, tuple)
    assert sorted(whole.groups) == ["group0", "group1", "group2"]
    assert isinstance(whole.access_keys, tuple)
    assert len(whole.access_keys) == 2
    assert len(whole.tags) == 3
    assert whole.path == "/staff/"


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("onboarding", [False, True])
def test_pages_of_one_item_give_the_same_group(way: Way, onboarding: bool) -> None:
    roster = RosterSpec(groups=(GroupSpec("group0"),), onboarding=onboarding)
    whole = read(way, roster).group("group0")
    way.aws.set_page_size(1)
    assert read(way, roster).group("group0") == whole
    assert whole is not None
    assert len(whole.managed_policies) == len(whole.inline_policies) == 3


@pytest.mark.usefixtures("furnished")
def test_pages_of_one_item_hide_no_dependent(way: Way) -> None:
    gone = UserSpec("jane", state="absent")
    whole = jane(way, gone)
    way.aws.set_page_size(1)
    assert jane(way, gone) == whole
    assert len(whole.inline_policies) == 3


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("kind", ["denied", "unavailable", "throttle"])
def test_an_error_is_never_an_empty_list(way: Way, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_args: 0)
    everything = RosterSpec(users=(WANTED, UserSpec("jane", state="absent")), groups=(GroupSpec("group0"),))
    read(way, everything)
    actions = dict.fromkeys(entry["action"] for entry in way.aws.log() if entry["action"].startswith("iam:"))
    reads = [action for action in actions if action.split(":")[1].startswith(("Get", "List"))]
    assert len(reads) > 10
    for action in reads:
        way.aws.fault(action=action, kind=kind, times=0)
        with pytest.raises(AwsError) as caught:
            read(way, everything)
        assert caught.value.action == action
        assert caught.value.kind is not Kind.MISSING
        way.aws.clear_faults()


def test_who_is_not_there_is_not_there(way: Way) -> None:
    account = read(way, RosterSpec(users=(WANTED,)))
    assert account.user("jane") is None
    assert account.group("Staff") is None


def test_a_name_that_aws_would_refuse_is_not_asked_for(way: Way) -> None:
    read(way, RosterSpec(users=(UserSpec("jane doe", groups=("a b",)),), groups=(GroupSpec("c d"),)))
    assert {entry["action"] for entry in way.aws.log()} == {"sts:GetCallerIdentity"}


def test_what_nobody_asks_for_stays_unread(way: Way, iam: Any) -> None:
    iam.create_user(UserName="jane")
    user = jane(way, UserSpec("jane"))
    assert (user.login_profile, user.access_keys, user.groups) == (UNREAD, UNREAD, UNREAD)


KINDS = ("access_keys", "service_credentials", "ssh_keys", "certificates", "mfa_devices")


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("onboarding", [False, True])
def test_a_purge_reads_every_kind_of_credential_and_the_end_of_sessions_the_inline_policies(
    onboarding: bool, way: Way
) -> None:
    purged = jane(way, UserSpec("jane", purge_credentials=True), onboarding)
    assert [kind for kind in KINDS if getattr(purged, kind) is UNREAD] == []
    assert purged.login_profile is UNREAD
    revoked = jane(way, UserSpec("jane", revoke_sessions=True))
    assert len(revoked.inline_policies) == 3
    assert {getattr(revoked, kind) for kind in KINDS} == {UNREAD}


def test_a_purge_asks_for_the_keys_themselves_and_not_for_a_report(way: Way, iam: Any) -> None:
    """The report tells that there is a key that works, and not what else there is."""
    for number in range(observe.REPORT_WORTHWHILE + 1):
        iam.create_user(UserName=f"user{number}")
        iam.create_access_key(UserName=f"user{number}")
        iam.create_access_key(UserName=f"user{number}")
    names = [f"user{number}" for number in range(observe.REPORT_WORTHWHILE + 1)]
    specs = tuple(UserSpec(name, access_key=AccessKeySpec(), purge_credentials=name == "user0") for name in names)
    account = read(way, RosterSpec(users=specs, onboarding=True))
    told = [user.access_keys for user in map(account.user, names) if user is not None]
    assert "iam:GetCredentialReport" in {entry["action"] for entry in way.aws.log()}
    assert len(told[0]) == 2
    assert [len(keys) for keys in told[1:]] == [1] * observe.REPORT_WORTHWHILE


def test_a_customers_namesake_never_stands_in_for_awss_policy(way: Way, iam: Any) -> None:
    iam.create_policy(PolicyName="ReadOnlyAccess", PolicyDocument=DOCUMENT)
    own = iam.create_policy(PolicyName="Deep", Path="/team/", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    spec = UserSpec(
        "jane", managed_policies=("ReadOnlyAccess", "Deep", "Nope"), boundary="arn:aws:iam::aws:policy/None"
    )
    assert read(way, RosterSpec(users=(spec,))).policies == {
        "ReadOnlyAccess": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "Deep": own,
        "Nope": None,
        "arn:aws:iam::aws:policy/None": None,
    }


def test_the_clock_is_awss(way: Way) -> None:
    way.aws.set_clock(3600)
    ahead = observe.identify(way.gateway).now
    way.aws.set_clock(0)
    assert (ahead - observe.identify(way.gateway).now).total_seconds() > 3500


def test_parallel_calls_answer_in_order_and_the_first_error_is_raised() -> None:
    assert observe.in_parallel(3, [lambda n=n: n for n in range(9)]) == list(range(9))

    def fails() -> None:
        raise AwsError("iam:GetUser", Kind.DENIED, "no")

    with pytest.raises(AwsError):
        observe.in_parallel(2, [lambda: 1, fails, lambda: 2])


def enrolled(way: Way, iam: Any, user: str, name: str) -> str:
    """The serial number of a virtual device that the user has enabled."""
    serial = str(iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"])
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **way.aws.mfa_codes(serial))
    return serial


def test_virtual_devices_are_listed_with_whose_they_are(way: Way, iam: Any) -> None:
    for name in ("jane", "joe"):
        iam.create_user(UserName=name)
    serial = enrolled(way, iam, "joe", "phone")
    left = iam.create_virtual_mfa_device(VirtualMFADeviceName="left")["VirtualMFADevice"]["SerialNumber"]
    way.aws.set_page_size(1)
    account = read(way, RosterSpec(users=(UserSpec("jane", mfa=MFASpec()),)))
    assert account.virtual_devices == {serial: "joe", left: None}


def test_a_roster_asks_nobody_for_devices_whom_the_list_shows_with_one(way: Way, iam: Any) -> None:
    for name in ("jane", "joe", "ann"):
        iam.create_user(UserName=name)
    enrolled(way, iam, "jane", "jane")
    enrolled(way, iam, "joe", "joes.phone")
    wanted = (("jane", False), ("joe", True), ("ann", True))
    users = tuple(UserSpec(name, mfa=MFASpec(any_serves=any_one)) for name, any_one in wanted)
    account = read(way, RosterSpec(users=users, onboarding=True))
    assert [entry["parameters"]["UserName"] for entry in way.calls("iam:ListMFADevices")] == ["ann"]
    assert len(way.calls("iam:ListVirtualMFADevices")) == 1
    assert [len(account.users[name].mfa_devices) for name, _any in wanted] == [1, 1, 0]


@pytest.mark.parametrize(("tag", "calls"), [("mfa/jane file x y", 0), ("pending 2026-01-01T00:00:00Z mfa/jane", 1)])
def test_of_a_user_that_goes_only_what_was_begun_is_looked_for(way: Way, iam: Any, tag: str, calls: int) -> None:
    iam.create_user(UserName="jane", Tags=[{"Key": "keysmith:mfa-seed", "Value": tag}])
    read(way, RosterSpec(users=(UserSpec("jane", state="absent"),)))
    assert len(way.calls("iam:ListVirtualMFADevices")) == calls
