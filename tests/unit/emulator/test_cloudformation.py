# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudFormation, EventBridge and SNS, as far as the alarms of emergency users need them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator
from tests.unit.emulator.conftest import Refused

REGION = "eu-north-1"
TEMPLATE = """
Parameters:
  Names: {Type: CommaDelimitedList, AllowedPattern: "[a-z]+"}
  Mail: {Type: String, Default: ""}
Conditions:
  HasMail: !Not [!Equals [!Ref Mail, ""]]
Resources:
  Told:
    Type: AWS::Events::Rule
    Properties:
      Name: !Sub "${AWS::StackName}-told"
      EventPattern: !Sub ['{"detail": {"who": ["${All}"]}}', {All: !Join ['", "', !Ref Names]}]
      Targets: [{Id: one, Arn: !Ref Topic}]
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref AWS::StackName}
  Subscription:
    Type: AWS::SNS::Subscription
    Condition: HasMail
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Mail}
Outputs:
  Arn: {Value: !If [HasMail, !Ref Topic, !GetAtt Told.Arn]}
"""


@pytest.fixture
def cfn(aws: Emulator) -> Any:
    return aws.client("cloudformation", region_name=REGION)


def parameters(**given: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]


def status(cfn: Any) -> str:
    return str(cfn.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"])


def create(cfn: Any, body: str = TEMPLATE, **given: str) -> None:
    cfn.create_stack(StackName="s", TemplateBody=body, Parameters=parameters(**given))


def test_a_stack_makes_what_its_template_says(aws: Emulator, cfn: Any) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html."""
    create(cfn, Names="ann,bob")
    (rule,) = aws.client("events", region_name=REGION).list_rules()["Rules"]
    assert (rule["Name"], rule["State"]) == ("s-told", "ENABLED")
    assert json.loads(rule["EventPattern"]) == {"detail": {"who": ["ann", "bob"]}}
    topic = f"arn:aws:sns:{REGION}:{aws.account_id}:s"
    targets = aws.client("events", region_name=REGION).list_targets_by_rule(Rule="s-told")["Targets"]
    assert [one["Arn"] for one in targets] == [topic]
    assert aws.client("sns").list_topics()["Topics"] == []
    (stack,) = cfn.describe_stacks(StackName="s")["Stacks"]
    assert [one["OutputValue"] for one in stack["Outputs"]] == [rule["Arn"]]
    named = {one["LogicalResourceId"] for one in cfn.list_stack_resources(StackName="s")["StackResourceSummaries"]}
    assert named == {"Told", "Topic"}


def test_an_update_changes_only_what_differs_and_refuses_to_do_nothing(aws: Emulator, cfn: Any) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html."""
    create(cfn, Names="ann")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cfn.update_stack(StackName="s", TemplateBody=TEMPLATE, Parameters=parameters(Names="ann"))
    cfn.update_stack(StackName="s", TemplateBody=TEMPLATE, Parameters=parameters(Names="ann", Mail="a@example.com"))
    assert status(cfn) == "UPDATE_COMPLETE"
    sns = aws.client("sns", region_name=REGION)
    (told,) = sns.list_subscriptions_by_topic(TopicArn=sns.list_topics()["Topics"][0]["TopicArn"])["Subscriptions"]
    assert told["Endpoint"] == "a@example.com"
    cfn.update_stack(StackName="s", UsePreviousTemplate=True, Parameters=parameters(Names="bob"))
    (rule,) = aws.client("events", region_name=REGION).list_rules()["Rules"]
    assert "bob" in rule["EventPattern"]
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_what_is_refused_makes_nothing(cfn: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html and CommonErrors."""
    bad = ("ValidationError", 400)
    named = {"StackName": "s", "TemplateBody": TEMPLATE}
    assert refused(cfn.describe_stacks, StackName="s") == bad
    assert refused(cfn.create_stack, **named) == bad
    assert refused(cfn.create_stack, **named, Parameters=parameters(Names="ann,B")) == bad
    assert refused(cfn.create_stack, **named, Parameters=parameters(Names="ann", Other="x")) == bad
    alias = "Resources: {A: &a {Type: AWS::SNS::Topic}, B: *a}"
    assert refused(cfn.create_stack, StackName="s", TemplateBody=alias) == bad
    assert cfn.describe_stacks()["Stacks"] == []
    create(cfn, Names="ann")
    assert refused(cfn.create_stack, **named, Parameters=parameters(Names="ann")) == ("AlreadyExistsException", 400)


def test_a_stack_that_fails_is_rolled_back(aws: Emulator, cfn: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html."""
    create(cfn, TEMPLATE.replace("Type: AWS::Events::Rule", "Type: AWS::Unknown::Thing"), Names="ann")
    assert status(cfn) == "ROLLBACK_COMPLETE"
    assert aws.client("sns", region_name=REGION).list_topics()["Topics"] == []
    told = [one["ResourceStatus"] for one in cfn.describe_stack_events(StackName="s")["StackEvents"]]
    assert told == ["ROLLBACK_COMPLETE", "CREATE_FAILED", "CREATE_IN_PROGRESS"]
    bad = TEMPLATE.replace("Type: AWS::Events::Rule", "Type: AWS::Unknown::Thing")
    named = parameters(Names="ann")
    made = cfn.create_stack(StackName="gone", TemplateBody=bad, Parameters=named, OnFailure="DELETE")["StackId"]
    assert refused(cfn.describe_stacks, StackName="gone") == ("ValidationError", 400)
    assert cfn.describe_stacks(StackName=made)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_termination_protection(aws: Emulator, cfn: Any, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html."""
    create(cfn, Names="ann", Mail="a@example.com")
    cfn.update_termination_protection(StackName="s", EnableTerminationProtection=True)
    assert refused(cfn.delete_stack, StackName="s") == ("ValidationError", 400)
    cfn.update_termination_protection(StackName="s", EnableTerminationProtection=False)
    cfn.delete_stack(StackName="s")
    cfn.delete_stack(StackName="s")
    assert aws.client("events", region_name=REGION).list_rules()["Rules"] == []
    assert aws.client("sns", region_name=REGION).list_topics()["Topics"] == []


def test_who_is_told_by_email_confirms_first(aws: Emulator, cfn: Any) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html, SubscriptionArn of a pending one."""
    create(cfn, Names="ann", Mail="a@example.com")
    sns = aws.client("sns", region_name=REGION)

    def arns() -> list[str]:
        return [one["SubscriptionArn"] for one in sns.list_subscriptions()["Subscriptions"]]

    assert arns() == ["PendingConfirmation"]
    assert (aws.confirm_subscriptions("a@example.com"), aws.confirm_subscriptions("a@example.com")) == (1, 0)
    assert arns()[0].startswith(f"arn:aws:sns:{REGION}:{aws.account_id}:s:")


def test_a_stranger_is_refused_and_a_reset_takes_all_away(aws: Emulator, cfn: Any, refused: Refused) -> None:
    create(cfn, Names="ann")
    stranger = {"region_name": REGION, "aws_secret_access_key": "x" * 40}
    assert refused(aws.client("cloudformation", **stranger).describe_stacks) == ("SignatureDoesNotMatch", 403)
    assert refused(aws.client("events", **stranger).list_rules) == ("InvalidSignatureException", 400)
    aws.reset()
    assert cfn.describe_stacks()["Stacks"] == []
    assert aws.client("events", region_name=REGION).list_rules()["Rules"] == []
