# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the policies of the emergency users, and that of require_mfa, really allow: judged by ministack's policy engine.

Its server (AUTH=true) is asked wherever a request can be sent to it. Where it is not as AWS, its evaluator alone is
asked (policy_judge.py), with what AWS documents put in:
- No session of it has MFA: GetSessionToken with a code gives aws:MultiFactorAuthPresent=false as well, and nobody can
  sign in to a console. The keys that AWS gives such sessions are passed to the evaluator
  (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
- It puts nothing in the place of a policy variable: ``${aws:username}`` is replaced here, as AWS would
  (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.keysmith.iam.plugins.module_utils._core import policies
from tests.integration.policy_engine import ACCOUNT, ROOT, Judge, Keys, Ministack

Document = Mapping[str, Any]
USER, GROUP = "way-in-1", "EmergencyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# The condition keys of whoever signs in to the console, and of an access key's request, which has neither
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent).
BEGUN = {"aws:TokenIssueTime": "2026-11-22T11:00:00Z"}
WITH_MFA = {"aws:MultiFactorAuthPresent": "true", **BEGUN}
WITHOUT_MFA = {"aws:MultiFactorAuthPresent": "false", **BEGUN}
BY_KEY: dict[str, str] = {}
ANYTHING = ["iam:CreateUser", "s3:DeleteBucket", "sts:AssumeRole", "organizations:LeaveOrganization", "iam:GetUser"]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def of_role(name: str, **variables: Any) -> Document:
    """A policy document out of the variables of the role break_glass."""
    environment = NativeEnvironment(undefined=StrictUndefined)

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        templated = isinstance(value, str) and "{{" in value
        return environment.from_string(value).render(variables) if templated else value

    text = (ROOT / "roles/break_glass/vars/main.yml").read_text(encoding="utf-8")
    return dict(fill(yaml.safe_load(text)[name]))


def grant(until: datetime) -> Document:
    """The dated right of the hardened mode."""
    opened = {"record": {"fields": {"until": stamp(until)}}}
    return of_role("__break_glass_grant", __break_glass_opened=opened, break_glass_assume_roles=[])


def own(document: Document, user: str) -> Document:
    """The document as AWS reads it for this user."""
    return dict(json.loads(json.dumps(document).replace("${aws:username}", user)))


def trust(principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def answer(call: Callable[..., Any], **parameters: Any) -> str:
    """The error code of a call; empty for one that was allowed."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    with Ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as asked:
        yield asked


@dataclass(frozen=True)
class Account:
    """An emergency user with an access key, since ministack has no console, in its group."""

    server: Ministack
    key: Keys

    @property
    def iam(self) -> Any:
        return self.server.client("iam")

    def by(self, keys: Keys, service: str = "iam") -> Any:
        return self.server.client(service, keys)

    def session(self) -> Keys:
        """Temporary credentials of the user's, as a sign-in to the console has them, but for MFA."""
        return dict(self.by(self.key, "sts").get_session_token()["Credentials"])

    def group_has(self, name: str, document: Document) -> None:
        self.iam.put_group_policy(GroupName=GROUP, PolicyName=name, PolicyDocument=json.dumps(document))

    def user_has(self, name: str, document: Document) -> None:
        self.iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=json.dumps(document))

    def documents(self) -> list[Document]:
        """All that is in force for the user, as the account gives it back."""
        iam, found = self.iam, []
        for policy in iam.list_attached_group_policies(GroupName=GROUP)["AttachedPolicies"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            found.append(iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"])
        for name in iam.list_group_policies(GroupName=GROUP)["PolicyNames"]:
            found.append(iam.get_group_policy(GroupName=GROUP, PolicyName=name))
        for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
            found.append(iam.get_user_policy(UserName=USER, PolicyName=name))
        return [one.get("Document") or one["PolicyDocument"] for one in found]


@pytest.fixture
def account(running: Ministack) -> Account:
    running.reset()
    iam = running.client("iam")
    iam.create_group(GroupName=GROUP)
    iam.create_user(UserName=USER)
    iam.add_user_to_group(GroupName=GROUP, UserName=USER)
    return Account(running, iam.create_access_key(UserName=USER)["AccessKey"])


@pytest.fixture
def administrator(account: Account) -> Account:
    account.iam.attach_group_policy(GroupName=GROUP, PolicyArn=ADMIN)
    return account


def test_without_mfa_not_even_the_administrator_can_do_anything(administrator: Account) -> None:
    key, session = administrator.key, administrator.session()
    assert answer(administrator.by(key).list_users) == answer(administrator.by(session).list_users) == ""

    administrator.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    for keys in (key, session):
        assert answer(administrator.by(keys).list_users) == "AccessDenied"
        assert answer(administrator.by(keys, "s3").create_bucket, Bucket="own") == "AccessDenied"
        undo = {"GroupName": GROUP, "PolicyName": policies.DEMAND_MFA_POLICY}
        assert answer(administrator.by(keys).delete_group_policy, **undo) == "AccessDenied"


@pytest.mark.parametrize("action", ANYTHING)
def test_with_mfa_the_administrator_can_do_everything(administrator: Account, judge: Judge, action: str) -> None:
    administrator.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    documents = administrator.documents()
    assert len(documents) == 2
    assert judge.decide(documents, action, keys=WITH_MFA) == "Allow"
    assert judge.decide(documents, action, keys=WITHOUT_MFA) == "Deny"
    assert judge.decide(documents, action, keys=BY_KEY) == "Deny"


def test_a_session_begun_before_the_revocation_is_over_and_a_later_one_is_not(administrator: Account) -> None:
    before = administrator.session()
    begun = time.time()
    assert answer(administrator.by(before).list_users) == ""
    # A session's time of issue has whole seconds, so that the next session must begin in a later one.
    while time.time() < int(begun) + 1:
        time.sleep(0.02)
    administrator.user_has(
        policies.SESSIONS_REVOKED_POLICY, policies.sessions_revoked_document(stamp(datetime.now(UTC)))
    )
    assert answer(administrator.by(before).list_users) == "AccessDenied"
    assert answer(administrator.by(before, "s3").list_buckets) == "AccessDenied"
    assert answer(administrator.by(administrator.session()).list_users) == ""


@pytest.mark.parametrize(
    ("issued", "decision"),
    [(NOW - SECOND, "Deny"), (NOW, "Allow"), (NOW + SECOND, "Allow")],
    ids=["before", "at-the-moment", "after"],
)
def test_the_revocation_ends_sessions_with_mfa_too(
    administrator: Account, judge: Judge, issued: datetime, decision: str
) -> None:
    administrator.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    administrator.user_has(policies.SESSIONS_REVOKED_POLICY, policies.sessions_revoked_document(stamp(NOW)))
    keys = {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": stamp(issued)}
    assert judge.decide(administrator.documents(), "iam:CreateUser", keys=keys) == decision


def test_after_the_closing_neither_the_old_key_nor_its_session_can(administrator: Account) -> None:
    """An access key has no time of issue and survives the revocation, a session survives its key: it takes both."""
    key, session = administrator.key, administrator.session()
    revoked = policies.sessions_revoked_document(stamp(datetime.now(UTC) + SECOND))
    administrator.user_has(policies.SESSIONS_REVOKED_POLICY, revoked)
    assert answer(administrator.by(session).list_users) == "AccessDenied"
    assert answer(administrator.by(key).list_users) == ""

    administrator.iam.delete_user_policy(UserName=USER, PolicyName=policies.SESSIONS_REVOKED_POLICY)
    administrator.iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    assert answer(administrator.by(key).list_users) == "InvalidClientTokenId"
    assert answer(administrator.by(session).list_users) == ""

    administrator.user_has(policies.SESSIONS_REVOKED_POLICY, revoked)
    assert answer(administrator.by(session).list_users) == "AccessDenied"
    assert answer(administrator.by(key).list_users) == "InvalidClientTokenId"


def test_a_grant_of_the_past_grants_nothing_and_one_of_today_does(account: Account) -> None:
    hour = timedelta(hours=1)
    assert answer(account.by(account.key).list_users) == "AccessDenied"
    account.user_has("keysmith-emergency-grant", grant(datetime.now(UTC) + hour))
    assert answer(account.by(account.key).list_users) == ""
    account.user_has("keysmith-emergency-grant", grant(datetime.now(UTC) - hour))
    assert answer(account.by(account.key).list_users) == "AccessDenied"


def test_a_grant_ends_by_itself(account: Account) -> None:
    client, seen = account.by(account.key), []
    until = datetime.fromtimestamp(int(time.time()) + 4, UTC)
    account.user_has("keysmith-emergency-grant", grant(until))
    # Nothing else happens to the account; a call over which the moment passes may end either way.
    while not seen or seen[-1] != ("after", "AccessDenied"):
        start = datetime.now(UTC)
        assert start < until + 10 * SECOND, seen
        code = answer(client.list_users)
        if start >= until:
            seen.append(("after", code))
        elif datetime.now(UTC) < until:
            seen.append(("before", code))
        time.sleep(0.05)
    assert set(seen) == {("before", ""), ("after", "AccessDenied")}


def test_a_grant_needs_mfa_and_ends_to_the_second(account: Account, judge: Judge) -> None:
    account.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    account.user_has("keysmith-emergency-grant", grant(NOW))
    documents, before = account.documents(), NOW - SECOND
    for action in ANYTHING:
        assert judge.decide(documents, action, keys=WITH_MFA, now=before) == "Allow"
        assert judge.decide(documents, action, keys=WITHOUT_MFA, now=before) == "Deny"
        assert judge.decide(documents, action, keys=BY_KEY, now=before) == "Deny"
        assert judge.decide(documents, action, keys=WITH_MFA, now=NOW) == "ImplicitDeny"
        assert judge.decide(documents, action, keys=WITH_MFA, now=NOW + SECOND) == "ImplicitDeny"


@pytest.fixture
def roles(account: Account) -> list[str]:
    """Two roles that trust the whole account and may do everything; the user may assume the first."""
    arns = []
    for name in ("Emergency", "Other"):
        role = account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"))
        account.iam.attach_role_policy(RoleName=name, PolicyArn=ADMIN)
        arns.append(str(role["Role"]["Arn"]))
    account.group_has("keysmith-assume-roles", of_role("__break_glass_roles_policy", break_glass_assume_roles=arns[:1]))
    return arns


def test_only_the_roles_that_are_listed_can_be_assumed(account: Account, roles: list[str]) -> None:
    client = account.by(account.key, "sts")
    assert answer(client.assume_role, RoleArn=roles[0], RoleSessionName="now") == ""
    assert answer(client.assume_role, RoleArn=roles[1], RoleSessionName="now") == "AccessDenied"
    assert answer(account.by(account.key).list_users) == "AccessDenied"

    account.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    for keys in (account.key, account.session()):
        assert answer(account.by(keys, "sts").assume_role, RoleArn=roles[0], RoleSessionName="now") == "AccessDenied"


def test_roles_are_assumed_with_mfa(account: Account, roles: list[str], judge: Judge) -> None:
    account.group_has(policies.DEMAND_MFA_POLICY, policies.demand_mfa_document())
    documents = account.documents()
    assert judge.decide(documents, "sts:AssumeRole", roles[0], keys=WITH_MFA) == "Allow"
    assert judge.decide(documents, "sts:AssumeRole", roles[0], keys=WITHOUT_MFA) == "Deny"
    assert judge.decide(documents, "sts:AssumeRole", roles[0], keys=BY_KEY) == "Deny"
    assert judge.decide(documents, "sts:AssumeRole", roles[1], keys=WITH_MFA) == "ImplicitDeny"
    assert judge.decide(documents, "iam:ListUsers", keys=WITH_MFA) == "ImplicitDeny"


def test_the_session_of_a_role_outlives_the_user_s_revocation(account: Account, roles: list[str]) -> None:
    """The policy is the user's and not the role's: what was assumed ends with its own duration, or is revoked at the
    role (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html). No new one is given."""
    session = account.session()
    assumed = account.by(session, "sts").assume_role(RoleArn=roles[0], RoleSessionName="now")["Credentials"]
    revoked = policies.sessions_revoked_document(stamp(datetime.now(UTC) + SECOND))
    account.user_has(policies.SESSIONS_REVOKED_POLICY, revoked)
    again = account.by(session, "sts").assume_role
    assert answer(again, RoleArn=roles[0], RoleSessionName="again") == "AccessDenied"
    assert answer(account.by(assumed).list_users) == ""


# require_mfa, for people: they look after their own credentials, whatever their path.

PATHS = {"/": "user/jane", "/staff/": "user/staff/jane", "/staff/it/": "user/staff/it/jane"}


@pytest.mark.parametrize("path", PATHS)
def test_people_enrol_without_mfa_and_do_no_more(running: Ministack, path: str) -> None:
    running.reset()
    iam = running.client("iam")
    for name in ("jane", "john"):
        iam.create_user(UserName=name, Path=path)
    document = own(policies.require_mfa_document("aws", ACCOUNT), "jane")
    iam.put_user_policy(UserName="jane", PolicyName=policies.REQUIRE_MFA_POLICY, PolicyDocument=json.dumps(document))
    iam.attach_user_policy(UserName="jane", PolicyArn=ADMIN)
    jane = running.client("iam", iam.create_access_key(UserName="jane")["AccessKey"])
    assert answer(jane.get_user, UserName="jane") == answer(jane.list_mfa_devices, UserName="jane") == ""
    assert answer(jane.list_access_keys, UserName="jane") == "AccessDenied"
    assert answer(jane.create_access_key, UserName="jane") == "AccessDenied"
    assert answer(jane.create_virtual_mfa_device, VirtualMFADeviceName="jane") == "AccessDenied"

    iam.detach_user_policy(UserName="jane", PolicyArn=ADMIN)
    assert answer(jane.get_user, UserName="jane") == ""
    assert answer(jane.get_user, UserName="john") == "AccessDenied"


ENROL, KEYS, ELSEWHERE = "iam:EnableMFADevice", "iam:CreateAccessKey", "s3:ListAllMyBuckets"
# What is asked, of whom, and what the answers are with MFA, from the console without it, and by an access key.
OF_PEOPLE = [
    (ENROL, "jane", "Allow", "Allow", "Deny"),
    ("iam:ResyncMFADevice", "jane", "Allow", "Allow", "Deny"),
    ("iam:ChangePassword", "jane", "Allow", "Allow", "Allow"),
    ("iam:GetUser", "jane", "Allow", "Allow", "Allow"),
    (KEYS, "jane", "Allow", "Deny", "Deny"),
    ("iam:DeactivateMFADevice", "jane", "Allow", "Deny", "Deny"),
    (ELSEWHERE, "jane", "ImplicitDeny", "Deny", "Deny"),
    (ENROL, "john", "ImplicitDeny", "ImplicitDeny", "Deny"),
    ("iam:ChangePassword", "john", "ImplicitDeny", "ImplicitDeny", "ImplicitDeny"),
    (KEYS, "john", "ImplicitDeny", "Deny", "Deny"),
    (KEYS, "not-jane", "ImplicitDeny", "Deny", "Deny"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("action", "whose", "with_mfa", "without", "by_key"), OF_PEOPLE)
def test_people_manage_their_own_credentials_with_mfa(
    judge: Judge, path: str, action: str, whose: str, with_mfa: str, without: str, by_key: str
) -> None:
    documents = [own(policies.require_mfa_document("aws", ACCOUNT), "jane")]
    resource = f"arn:aws:iam::{ACCOUNT}:user{path}{whose}"
    asked = {"user": PATHS[path], "resource": resource}
    assert judge.decide(documents, action, keys=WITH_MFA, **asked) == with_mfa
    assert judge.decide(documents, action, keys=WITHOUT_MFA, **asked) == without
    assert judge.decide(documents, action, keys=BY_KEY, **asked) == by_key
