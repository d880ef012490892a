# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alarms of emergency users: deployed by the role's tasks, rung by what CloudTrail records, and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.integration.ansible_run import Ansible, Run

POLICY = Path(__file__).resolve().parents[2] / "examples/policies/break_glass.json"
REGIONS = ["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"]
STACK = "keysmith-break-glass"
PASSWORD = "Correct-Horse-7"
ROLE = {"ansible.builtin.include_role": {"name": "keysmith.iam.break_glass", "tasks_from": "alarms"}}
VARIABLES: dict[str, Any] = {
    "break_glass_users": ["em-1", {"name": "em-2", "owner": "b@example.com"}],
    "break_glass_group": "EmergencyAccess",
    "break_glass_policies": ["AdministratorAccess", "arn:aws:iam::123456789012:policy/own/Own"],
    "break_glass_sign_in_regions": REGIONS,
    "break_glass_regions": ["eu-central-1", "us-east-1"],
    "break_glass_alarms_stack": STACK,
    "break_glass_renew_alarms": False,
    "break_glass_alarm_email": "",
    "break_glass_alarm_queue": "alarms",
    "break_glass_alarm_topic_arns": [],
    "break_glass_notify_topic_arn": "",
}
FEW = {"break_glass_sign_in_regions": ["us-east-1", "us-east-2"], "break_glass_regions": []}
TELL = "keysmith.iam.break_glass : Tell which alarms a run would make or change"


@pytest.fixture
def ansible(installed_collection: Path, aws: Emulator, tmp_path: Path) -> Ansible:
    return Ansible(installed_collection, tmp_path, aws)


def run(ansible: Ansible, *options: str, **variables: Any) -> Run:
    return ansible.play([{**ROLE, "vars": VARIABLES | variables}], *options)


def rung(aws: Emulator) -> list[tuple[str, str, str]]:
    """The alarms in the queue since the last look: alarm, event, region; sorted, and gone from it after that."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="alarms")["QueueUrl"]
    told = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for one in messages:
            body = json.loads(one["Body"])
            told.append((body["alarm"], body["event"]["detail"]["eventName"], body["event"]["region"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return sorted(told)


def test_deployed_everywhere_once_and_in_check_mode_not_at_all(ansible: Ansible, aws: Emulator) -> None:
    planned = run(ansible, "--check")
    assert planned.rc == 0, planned.stdout
    told = [one["msg"] for one in planned.result(TELL)["results"]]
    assert told[-1] == f"The stack {STACK} of eu-central-1 would be made."
    assert (len(told), aws.log(writes_only=True)) == (5, [])

    made = run(ansible)
    assert made.rc == 0, made.stdout
    assert [entry["action"] for entry in aws.log(writes_only=True)] == ["cloudformation:CreateStack"] * 5
    for region in [*REGIONS, "eu-central-1"]:
        rules = aws.client("events", region_name=region).list_rules(NamePrefix=f"{STACK}-")["Rules"]
        assert len(rules) == 9
    aws.clear_log()
    again = run(ansible)
    assert (again.rc, aws.log(writes_only=True)) == (0, [])

    wider = {"break_glass_users": ["em-1", "em-2", "em-3"]}
    shown = run(ansible, "--check", **wider).result(TELL)["results"][0]["msg"]
    assert shown == f"The stack {STACK} of us-east-1 would be changed (UserNames)."
    assert (aws.log(writes_only=True), run(ansible, **wider).rc) == ([], 0)
    assert {entry["action"] for entry in aws.log(writes_only=True)} == {"cloudformation:UpdateStack"}


def test_refused_in_one_sentence(ansible: Ansible, aws: Emulator) -> None:
    topics = ["arn:aws:sns:us-east-1:1:told"]
    unheard = run(ansible, break_glass_alarm_queue="", break_glass_alarm_topic_arns=topics)
    told = "Nothing was changed, since alarms of us-east-2 would reach nobody. Set break_glass_alarm_email"
    assert (unheard.rc, told in unheard.stdout) == (2, True)
    comma = run(ansible, break_glass_users=["em,1", "em-2"])
    assert (comma.rc, "cannot be made for em,1: a comma" in comma.stdout) == (2, True)
    assert aws.log() == []


def own_of_stack(arn: str) -> str:
    """The topic that the stack makes where another one is."""
    return f"{arn.rpartition(':')[0]}:{STACK}"


def test_a_topic_of_ones_own_and_an_address(ansible: Ansible, aws: Emulator) -> None:
    own = aws.client("sns").create_topic(Name="own")["TopicArn"]
    aws.clear_log()
    notices = aws.client("sns", region_name="us-east-2").create_topic(Name="notices")["TopicArn"]
    given = {"break_glass_alarm_topic_arns": [own], "break_glass_notify_topic_arn": notices}
    ran = run(ansible, **FEW, **given, break_glass_alarm_email="sec@example.com")
    assert "Whoever reads sec@example.com has to follow the link" in ran.stdout
    topics = [one["TopicArn"] for one in aws.client("sns").list_topics()["Topics"]]
    assert topics == [own]
    assert aws.confirm_subscriptions("sec@example.com") == 2
    in_regions = [aws.client("events", region_name=region) for region in FEW["break_glass_sign_in_regions"]]
    targets = [events.list_targets_by_rule(Rule=f"{STACK}-sts")["Targets"] for events in in_regions]
    assert [[one["Arn"] for one in found] for found in targets] == [[own], [own_of_stack(notices)]]


def test_a_stack_that_cannot_be_made_goes_again(ansible: Ansible, aws: Emulator) -> None:
    aws.fault(action="cloudformation:CreateStack", kind="denied", times=1)
    assert run(ansible, **FEW).rc == 2
    assert run(ansible, **FEW).rc == 0
    assert aws.client("cloudformation").describe_stacks()["Stacks"][0]["EnableTerminationProtection"] is True


def test_what_was_changed_by_hand_is_made_anew(ansible: Ansible, aws: Emulator) -> None:
    run(ansible, **FEW)
    events = aws.client("events")
    events.disable_rule(Name=f"{STACK}-sign-in")
    events.remove_targets(Rule=f"{STACK}-sts", Ids=["topic"])
    events.delete_rule(Name=f"{STACK}-sts")
    aws.clear_log()
    planned = run(ansible, "--check", **FEW, break_glass_renew_alarms=True).result(TELL)["results"]
    assert planned[1]["msg"] == f"The stack {STACK} of us-east-2 would be changed (all of it, made anew)."
    assert aws.log(writes_only=True) == []
    ran = run(ansible, **FEW, break_glass_renew_alarms=True)
    assert ran.rc == 0, ran.stdout
    states = [rule["State"] for rule in events.list_rules(NamePrefix=STACK)["Rules"]]
    assert (len(states), "DISABLED" in states) == (9, False)
    assert aws.client("cloudformation").describe_stacks()["Stacks"][0]["EnableTerminationProtection"] is True


@pytest.fixture
def watched(ansible: Ansible, aws: Emulator) -> Emulator:
    """An account whose alarms are there, with two emergency users and somebody else."""
    iam = aws.client("iam")
    for name in ("em-1", "em-2", "jane"):
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password=PASSWORD)
    iam.create_group(GroupName="EmergencyAccess")
    iam.create_policy(PolicyName="Own", Path="/own/", PolicyDocument=document("*"))
    ran = run(ansible)
    assert ran.rc == 0, ran.stdout
    assert rung(aws) == []
    return aws


def document(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


Case = tuple[Callable[[], Any], list[tuple[str, str, str]]]


def uses(aws: Emulator) -> list[Case]:
    """Sign-ins, and an access key that no emergency user should have, made under a name of another case."""

    def by_key() -> None:
        key = aws.client("iam").create_access_key(UserName="EM-1")["AccessKey"]
        mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        aws.client("sts", region_name="eu-central-1", **mine).get_session_token()
        aws.client("iam", **mine).list_users()
        aws.client("iam", **mine).create_access_key()

    rung_by_key = [
        ("access-key", "CreateAccessKey", "us-east-1"),
        ("access-key", "GetSessionToken", "eu-central-1"),
        ("access-key", "ListUsers", "us-east-1"),
        ("by-user", "CreateAccessKey", "us-east-1"),
        ("sts", "GetSessionToken", "eu-central-1"),
        ("users", "CreateAccessKey", "us-east-1"),
    ]
    return [
        (lambda: aws.sign_in("em-1", PASSWORD, "eu-north-1"), [("sign-in", "ConsoleLogin", "eu-north-1")]),
        (lambda: aws.sign_in("em-2", "wrong", "ap-southeast-2"), [("sign-in", "ConsoleLogin", "ap-southeast-2")]),
        (lambda: aws.sign_in("jane", PASSWORD, "us-east-2"), []),
        (by_key, rung_by_key),
    ]


def changes(aws: Emulator) -> list[Case]:
    iam = aws.client("iam")
    own = {"PolicyArn": f"arn:aws:iam::{aws.account_id}:policy/own/Own", "PolicyDocument": document("s3:*")}
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"

    def in_iam(alarm: str, event: str) -> list[tuple[str, str, str]]:
        return [(alarm, event, "us-east-1")]

    return [
        (lambda: iam.attach_user_policy(UserName="em-2", PolicyArn=admin), in_iam("users", "AttachUserPolicy")),
        (lambda: iam.attach_user_policy(UserName="jane", PolicyArn=admin), []),
        (lambda: iam.get_user(UserName="em-1"), []),
        (
            lambda: iam.add_user_to_group(UserName="jane", GroupName="emergencyaccess"),
            in_iam("group", "AddUserToGroup"),
        ),
        (lambda: iam.create_policy_version(**own), in_iam("policies", "CreatePolicyVersion")),
        (
            lambda: iam.update_account_password_policy(MaxPasswordAge=1),
            in_iam("account", "UpdateAccountPasswordPolicy"),
        ),
    ]


def takings_away(aws: Emulator) -> list[Case]:
    there = aws.client("events", region_name="us-east-2")
    unprotected = {"StackName": STACK, "EnableTerminationProtection": False}
    return [
        (lambda: there.disable_rule(Name=f"{STACK}-sign-in"), [("alarms", "DisableRule", "us-east-2")]),
        (
            lambda: aws.client("events").remove_targets(Rule=f"{STACK}-sts", Ids=["topic"]),
            [("alarms", "RemoveTargets", "us-east-1")],
        ),
        (
            lambda: aws.client("cloudformation").update_termination_protection(**unprotected),
            [("alarms", "UpdateTerminationProtection", "us-east-1")],
        ),
        (lambda: there.list_rules(), []),
    ]


@pytest.mark.parametrize("cases", [uses, changes, takings_away])
def test_what_rings_and_what_does_not(watched: Emulator, cases: Callable[[Emulator], list[Case]]) -> None:
    """What IAM users do in the console is recorded in one of four regions, what is done to them in us-east-1."""
    for number, (act, expected) in enumerate(cases(watched)):
        act()
        assert rung(watched) == expected, number


def test_the_example_policy_allows_what_this_calls(ansible: Ansible, aws: Emulator) -> None:
    """CloudFormation makes the rest as whoever called it, unless it has a role of its own.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
    """
    run(ansible, **FEW)
    run(ansible, **FEW, break_glass_group="Other")
    run(ansible, **FEW, break_glass_renew_alarms=True)
    called = {entry["action"] for entry in aws.log()}
    allowed: set[str] = set()
    for statement in json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]:
        allowed |= {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
    assert called - allowed == set()
    made = {"events:PutRule", "events:PutTargets", "sns:CreateTopic", "sns:Subscribe", "sqs:CreateQueue"}
    assert made <= allowed
