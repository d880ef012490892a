# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudFormation: stacks of a region, made and changed at once. moto's needs many packages and seconds to start.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from tests.emulator import template
from tests.emulator.operations import Call, operation
from tests.emulator.protocol import AwsError, Parameters
from tests.emulator.stack_resources import MAKERS, Made, Where
from tests.emulator.state import CLOCK, Account
from tests.emulator.template import Evaluation, invalid

_DEFINES = ("TemplateBody", "Parameters", "Tags")


@dataclass(eq=False)
class _Stack:
    name: str
    identifier: str
    created: datetime
    status: str = ""
    reason: str | None = None
    protected: bool = False
    body: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    # By logical name: the properties it was made with, and what was made.
    resources: dict[str, tuple[str, Any, Made]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


_stacks: WeakKeyDictionary[Account, list[_Stack]] = WeakKeyDictionary()


@operation("cloudformation:CreateStack")
def create_stack(call: Call) -> Parameters:
    name = call["StackName"]
    if _named(call, name) is not None:
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists", 400)
    arn = f"arn:{call.account.partition}:cloudformation:{call.region}:{call.account.account_id}:stack/{name}"
    stack = _Stack(name, f"{arn}/{uuid.uuid4()}", CLOCK.now())
    stack.protected = bool(call.get("EnableTerminationProtection"))
    wanted = _wanted(call, stack)
    _stacks_of(call).append(stack)
    undone = "DELETE_COMPLETE" if call.get("OnFailure") == "DELETE" else "ROLLBACK_COMPLETE"
    _bring_about(call, stack, wanted, "CREATE", undone)
    return {"StackId": stack.identifier}


@operation("cloudformation:UpdateStack")
def update_stack(call: Call) -> Parameters:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html."""
    stack = _found(call)
    wanted = _wanted(call, stack)
    if wanted == {"TemplateBody": stack.body, "Parameters": stack.parameters, "Tags": stack.tags}:
        raise invalid("No updates are to be performed.")
    _bring_about(call, stack, wanted, "UPDATE", "UPDATE_ROLLBACK_COMPLETE")
    return {"StackId": stack.identifier}


@operation("cloudformation:DeleteStack")
def delete_stack(call: Call) -> Parameters:
    """No error for a stack that is not there."""
    stack = _named(call, call["StackName"])
    if stack is None:
        return {}
    if stack.protected:
        raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    for _, _, made in reversed(stack.resources.values()):
        made.undo()
    _tell(call, stack, "DELETE_COMPLETE")
    return {}


@operation("cloudformation:UpdateTerminationProtection")
def update_termination_protection(call: Call) -> Parameters:
    stack = _found(call)
    stack.protected = call["EnableTerminationProtection"]
    return {"StackId": stack.identifier}


@operation("cloudformation:DescribeStacks")
def describe_stacks(call: Call) -> Parameters:
    """A deleted stack is there by its id only."""
    found = [_found(call)] if call.get("StackName") else [stack for stack in _stacks_of(call) if _is_live(call, stack)]
    return {"Stacks": [_shown(stack) for stack in found]}


@operation("cloudformation:DescribeStackEvents")
def describe_stack_events(call: Call) -> Parameters:
    return {"StackEvents": list(reversed(_found(call).events))}


@operation("cloudformation:ListStackResources")
def list_stack_resources(call: Call) -> Parameters:
    stack = _found(call)
    shown = [
        {
            "LogicalResourceId": name,
            "PhysicalResourceId": made.identifier,
            "ResourceType": kind,
            "LastUpdatedTimestamp": stack.created,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for name, (kind, _, made) in stack.resources.items()
    ]
    return {"StackResourceSummaries": shown}


@operation("cloudformation:GetTemplate")
def get_template(call: Call) -> Parameters:
    return {"TemplateBody": _found(call).body, "StagesAvailable": ["Original", "Processed"]}


@operation("cloudformation:ValidateTemplate")
def validate_template(call: Call) -> Parameters:
    return {"Description": template.parse(call["TemplateBody"]).get("Description")}


def _stacks_of(call: Call) -> list[_Stack]:
    return _stacks.setdefault(call.account, [])


def _is_live(call: Call, stack: _Stack) -> bool:
    return stack.identifier.split(":")[3] == call.region and stack.status != "DELETE_COMPLETE"


def _named(call: Call, name: str) -> _Stack | None:
    return next((stack for stack in _stacks_of(call) if _is_live(call, stack) and stack.name == name), None)


def _found(call: Call) -> _Stack:
    """By name, or by id."""
    by_id = (stack for stack in _stacks_of(call) if stack.identifier == call["StackName"])
    stack = _named(call, call["StackName"]) or next(by_id, None)
    if stack is None:
        raise invalid(f"Stack with id {call['StackName']} does not exist")
    return stack


def _wanted(call: Call, stack: _Stack) -> dict[str, Any]:
    """What defines a stack, checked before anything is made."""
    body = stack.body if call.get("UsePreviousTemplate") else call["TemplateBody"]
    given = {
        one["ParameterKey"]: stack.parameters[one["ParameterKey"]]
        if one.get("UsePreviousValue")
        else one.get("ParameterValue", "")
        for one in call.get("Parameters", [])
    }
    parameters = template.parameters_of(template.parse(body), given)
    return {"TemplateBody": body, "Parameters": parameters, "Tags": call.get("Tags", stack.tags)}


def _bring_about(call: Call, stack: _Stack, wanted: dict[str, Any], verb: str, undone: str) -> None:
    """Make what is new or differs, delete what is gone. What fails rolls back: a new stack keeps no resource."""
    parsed = template.parse(wanted["TemplateBody"])
    before, stack.resources = stack.resources, {}
    _tell(call, stack, f"{verb}_IN_PROGRESS")
    try:
        outputs = _make_all(call, stack, parsed, wanted["Parameters"], before)
    except Exception as failure:
        for _, _, made in reversed(stack.resources.values()):
            made.undo()
        stack.resources = {}
        _tell(call, stack, f"{verb}_FAILED", str(getattr(failure, "message", failure)))
        _tell(call, stack, undone)
        return
    for name in before.keys() - stack.resources.keys():
        before[name][2].undo()
    stack.body, stack.parameters, stack.tags = (wanted[name] for name in _DEFINES)
    stack.outputs = outputs
    _tell(call, stack, f"{verb}_COMPLETE")


def _make_all(
    call: Call, stack: _Stack, parsed: dict[str, Any], parameters: dict[str, str], before: dict[str, Any]
) -> list[dict[str, Any]]:
    """Resources are made in the order in which others need them; the stack's outputs."""
    where = Where(call.account.account_id, call.region)

    def look(name: str, attribute: str) -> str:
        made = make(name)
        return made.attributes[attribute] if attribute else made.identifier

    def make(name: str) -> Made:
        if name in stack.resources:
            return stack.resources[name][2]
        if name not in parsed["Resources"]:
            raise invalid(f"Template format error: Unresolved resource dependencies [{name}] in the template")
        kind = parsed["Resources"][name]["Type"]
        properties = evaluation.value(parsed["Resources"][name].get("Properties", {}))
        old = before.get(name)
        if old is not None and old[:2] != (kind, properties):
            old[2].undo()
        made = old[2] if old is not None and old[:2] == (kind, properties) else MAKERS[kind](where, properties)
        stack.resources[name] = (kind, properties, made)
        return made

    pseudo = {
        "AWS::StackName": stack.name,
        "AWS::StackId": stack.identifier,
        "AWS::Region": call.region,
        "AWS::Partition": call.account.partition,
        "AWS::AccountId": call.account.account_id,
    }
    evaluation = Evaluation(parsed, parameters, pseudo, look)
    for name, resource in parsed["Resources"].items():
        if "Condition" not in resource or evaluation.condition(resource["Condition"]):
            make(name)
    outputs = parsed.get("Outputs", {})
    return [{"OutputKey": name, "OutputValue": evaluation.value(one["Value"])} for name, one in outputs.items()]


def _tell(call: Call, stack: _Stack, status: str, reason: str | None = None) -> None:
    stack.status, stack.reason = status, reason
    stack.events.append(
        {
            "StackId": stack.identifier,
            "EventId": str(uuid.uuid4()),
            "StackName": stack.name,
            "LogicalResourceId": stack.name,
            "PhysicalResourceId": stack.identifier,
            "ResourceType": "AWS::CloudFormation::Stack",
            "Timestamp": CLOCK.now(),
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "ClientRequestToken": call.get("ClientRequestToken"),
        }
    )


def _shown(stack: _Stack) -> dict[str, Any]:
    return {
        "StackId": stack.identifier,
        "StackName": stack.name,
        "Parameters": [{"ParameterKey": key, "ParameterValue": text} for key, text in stack.parameters.items()],
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": False,
        "NotificationARNs": [],
        "Capabilities": [],
        "Outputs": stack.outputs,
        "Tags": stack.tags,
        "EnableTerminationProtection": stack.protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
