# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way through: observe, plan, guards, [check mode stops here], apply, result. AnsibleModule is only here."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NoReturn, TypeVar

from ansible.module_utils.ansible_release import __version__ as core_version
from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe, preflight
from ansible_collections.keysmith.iam.plugins.module_utils._aws.apply import Made, Outcome, apply
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, words
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import (
    CONNECT_ERRORS,
    Gateway,
    Session,
    sdk_versions,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.account import subject_of_account
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, User
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, REFUSE, WARN, Finding, Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import final_name
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccountSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import subject_of
from ansible_collections.keysmith.iam.plugins.module_utils._handover import probe
from ansible_collections.keysmith.iam.plugins.module_utils._handover.desk import Desk
from ansible_collections.keysmith.iam.plugins.module_utils._shell import readable, results
from ansible_collections.keysmith.iam.plugins.module_utils._shell.replan import (
    replan_account,
    replan_group,
    replan_user,
)
from ansible_collections.keysmith.iam.plugins.module_utils._shell.wanted import Wanted

_NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# IAM has one address for all regions, and AWX's credential sets none. S3 tells the SDK where a bucket is.
_GLOBAL = {"iam": "us-east-1", "sts": "us-east-1", "s3": "us-east-1"}
_AGENT = f"APN/1.0 Ansible/{core_version} keysmith.iam"
_STORES = {"ssm": "ssm_parameter"}
# Python's own, by gc.get_threshold(), is 2,000, and 700 before 3.13.
_OBJECTS_A_COLLECTION = 20_000


Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """What a run found and made: the account before and after, the plan, how each subject fared."""

    before: Account
    after: Account
    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    desks: Mapping[str, Desk] = field(default_factory=dict)
    predicted: bool = False

    @property
    def receipts(self) -> list[dict[str, Any]]:
        return [results.as_receipt(receipt) for desk in self.desks.values() for receipt in desk.receipts]

    @property
    def returned(self) -> list[dict[str, str]]:
        """The texts of the store ``result``, sealed or, on request, plain."""
        return [
            {"user": subject.partition(" ")[2], "kind": kind, "text": text}
            for subject, desk in self.desks.items()
            for kind, text in desk.returned.items()
        ]


Describe = Callable[[Answer], dict[str, Any]]


def open_module(argument_spec: dict[str, Any], **settings: Any) -> AnsibleAWSModule:
    # What was imported stays: no collection need look for garbage in it, and a process of seconds makes little.
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_COLLECTION)
    return AnsibleAWSModule(argument_spec=argument_spec, supports_check_mode=True, **settings)


def gateway_of(module: AnsibleAWSModule, threads: int, in_region: str | None = None) -> Gateway:
    """The way to AWS with the module's own connection options, or in another region than theirs. The caller's
    ``aws_config`` may tune all but the retries of writes: a repeated CreateAccessKey makes two keys, and loses one
    secret."""

    @cache
    def session() -> tuple[str | None, Session]:
        # One for all clients: each session reads the models of the SDK anew, as AnsibleAWSModule.client would.
        region, endpoint, options = get_aws_connection_info(module)
        options.pop("aws_config", None)
        return in_region or region, Session(options.pop("profile_name", None), endpoint, options, _AGENT)

    def connect(service: str, config: Any, write: bool) -> Any:
        users = dict(module.params.get("aws_config") or {})
        if write:
            users.pop("retries", None)
        try:
            region, own = session()
            region = region or _GLOBAL.get(service)
            if region is None:
                store = _STORES.get(service, service)
                raise KeysmithError(f"Cannot use the store {store}: no region is set. Give region, or set AWS_REGION.")
            return own.client(service, region, config, users)
        except CONNECT_ERRORS as error:
            module.fail_json_aws(error, msg="Couldn't connect to AWS")

    return Gateway(connect, connections=threads + 2)


def run(module: AnsibleAWSModule, wanted: Wanted, describe: Describe) -> NoReturn:
    """Brings about what is wanted and ends the module; ``describe`` gives the module's own part of the result."""
    module.no_log_values.difference_update(wanted.public_keys)
    wanted.findings += readable.refusals(wanted.roster)
    answer = guarded(module, lambda: _work(module, wanted))
    _end(module, wanted, answer, describe)


def guarded(module: AnsibleAWSModule, work: Callable[[], Result]) -> Result:
    """The work's answer, or the module's failure in one sentence and never a traceback."""
    try:
        return work()
    except KeysmithError as error:
        module.fail_json(invocation=_invocation(module), **_failure(error))
    except Exception as error:  # a traceback could show what a frame held
        name = type(error).__name__
        msg = f"Cannot go on: keysmith.iam met an error that it did not expect ({name}). Please report it."
        module.fail_json(msg=msg, changed=False, invocation=_invocation(module))
    finally:
        gc.freeze()  # what is left goes with the process, whose end would look through it once more
    raise AssertionError("fail_json ends the module")


def _work(module: AnsibleAWSModule, wanted: Wanted) -> Answer:
    gateway = gateway_of(module, wanted.threads)
    caller = observe.identify(gateway)
    account = observe.observe(gateway, caller, wanted.roster, wanted.threads)
    dry = module.check_mode or wanted.plan_only
    account, plan = _plan(gateway, account, wanted, caller.now, dry)
    if dry:
        return Answer(account, simulate(account, plan.steps), plan, predicted=True)
    if plan.refusals:
        return Answer(account, account, plan)
    return _apply(gateway, account, wanted, plan, caller.now)


def _plan(gateway: Gateway, account: Account, wanted: Wanted, now: Any, dry: bool) -> tuple[Account, Plan]:
    """Plans, reads what only a change needs, and plans again; the places are tried last, when nothing else is amiss."""
    roster, threads = wanted.roster, wanted.threads
    plan = plan_roster(account, roster, now)
    account = observe.complete(gateway, account, roster, plan, threads)
    permissions = []
    if roster.onboarding and plan.steps:
        account = preflight.advise(gateway, account, roster, plan)
        permissions = preflight.check_permissions(gateway, account, plan)
    account = replace(account, places=probe.look(gateway, plan, threads))
    plan = _judged(plan_roster(account, roster, now), [*wanted.findings, *permissions], dry)
    if dry or plan.refusals or not plan.steps:
        return account, plan
    tried = probe.try_to_write(account.places)
    if tried == account.places:
        return account, plan
    account = replace(account, places=tried)
    return account, _judged(plan_roster(account, roster, now), [*wanted.findings, *permissions], dry)


def _judged(plan: Plan, more: Sequence[Finding], dry: bool) -> Plan:
    """The plan with every finding at its final level: what is missing is for a dry run a warning, since an earlier task
    may have been about to make it."""
    level = WARN if dry else REFUSE
    found = [replace(finding, level=level) if finding.level == MISSING else finding for finding in plan.findings]
    return replace(plan, findings=(*more, *found))


def _apply(gateway: Gateway, account: Account, wanted: Wanted, plan: Plan, now: Any) -> Answer:
    """The account and its groups one after the other, then the users in parallel. One subject's failure does not stop
    the others."""
    made = Made()
    seen: dict[str, User | None] = {}
    itself = subject_of_account(account)
    groups = {f"group {spec.name}": spec for spec in wanted.roster.groups}
    users = {subject_of(spec): spec for spec in wanted.roster.users}
    named = {subject: replace(spec, name=final_name(spec)) for subject, spec in users.items()}
    first = {itself, *groups}
    with_groups = simulate(account, [step for step in plan.steps if step.subject in first])
    desks = {subject: Desk(gateway, with_groups, now, named.get(subject)) for subject in plan.by_subject()}

    def work(subject: str, steps: tuple[Step, ...]) -> Outcome:
        def replan(done: Sequence[Step], error: AwsError) -> Sequence[Step]:
            if subject == itself:
                return replan_account(gateway, account, wanted.roster.account or AccountSpec(), error)
            if subject in groups:
                return replan_group(gateway, account, groups[subject])
            seen[subject], left = replan_user(gateway, with_groups, plan, users[subject], done, error, now)
            return left

        return apply(subject, steps, desks[subject].perform, replan, made, gateway.sleep)

    steps = plan.by_subject()
    outcomes = [work(subject, own) for subject, own in steps.items() if subject in first]
    calls = [
        lambda subject=subject, own=own: work(subject, own) for subject, own in steps.items() if subject not in first
    ]
    outcomes += observe.in_parallel(gateway.useful_threads(wanted.threads), calls)
    for outcome in outcomes:
        outcome.done += desks[outcome.subject].settle(outcome.done)
    return Answer(account, results.after_run(account, outcomes, seen), plan, tuple(outcomes), desks)


def _end(module: AnsibleAWSModule, wanted: Wanted, answer: Answer, describe: Describe) -> NoReturn:
    result = _result(module, wanted, answer, describe)
    failed = [outcome for outcome in answer.outcomes if outcome.error is not None]
    if answer.plan.refusals and not wanted.plan_only:
        told = {**results.as_error(answer.plan.refusals), "msg": refusal(answer.plan.refusals)}
        module.fail_json(**{**result, "changed": False, **told})
    for text in _told(answer.plan.warnings):
        warn(text)  # AnsibleAWSModule.warn would pass it on twice, once in a way that ansible-core deprecates
    if failed:
        module.fail_json(**{**result, **_partial(failed)})
    module.exit_json(**result)


def _result(module: AnsibleAWSModule, wanted: Wanted, answer: Answer, describe: Describe) -> dict[str, Any]:
    done = tuple(step for outcome in answer.outcomes for step in outcome.done)
    told = answer.plan if answer.predicted else replace(answer.plan, steps=done)
    changed = bool(told.steps) and not (wanted.plan_only and not module.check_mode)
    result = {"changed": changed, **results.changes(told), **describe(answer), "invocation": _invocation(module)}
    result["summary"] = plans.summary(told)
    if not module._diff:
        del result["diff"]  # for a long roster it is most of the result
    if answer.receipts:
        result["handovers"] = answer.receipts
    if answer.returned:
        result["handed_over"] = answer.returned
    is_open = any(
        readable.is_readable(desk.spec.handover_for(kind))
        for desk in answer.desks.values()
        for kind in desk.returned
        if desk.spec is not None
    )
    return readable.mark(result) if is_open else result


def refusal(findings: Sequence[Finding]) -> str:
    """All refusals, one sentence each; nothing was changed."""
    told = sentences(findings)
    if len(told) == 1:
        return told[0]
    return "\n".join([f"Nothing was changed, since {len(told)} things are amiss:", *told])


def sentences(findings: Sequence[Finding]) -> list[str]:
    """What is refused, a sentence each; what is wrong with many is said once."""
    subjects: dict[str, dict[str, None]] = {}
    for finding in findings:
        subjects.setdefault(finding.text, {})[finding.subject] = None
    return [
        f"Cannot manage {_some(list(who))}: {text.replace('Cannot ', 'cannot ', 1) if text[:7] == 'Cannot ' else text}"
        for text, who in subjects.items()
    ]


def _told(findings: Sequence[Finding]) -> list[str]:
    """Warnings, one a guard: a hundred users with the same finding are one sentence that names them."""
    texts: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        texts.setdefault((finding.name, finding.text), []).append(finding.subject)
    return [f"{_some(subjects)}: {text} [{name}]" for (name, text), subjects in texts.items()]


def _some(subjects: list[str], most: int = 5) -> str:
    more = f" and {len(subjects) - most} more" if len(subjects) > most else ""
    return ", ".join(subjects[:most]) + more


def _failure(error: KeysmithError) -> dict[str, Any]:
    """An error before the first write, in amazon.aws's shape."""
    if not isinstance(error, AwsError):
        return {"msg": error.message, "changed": False}
    msg = f"Cannot {words(error.action)}: {error.message}. {error.advice()}"
    return {"msg": msg, "changed": False, **sdk_versions(), **error.response}


def _partial(failed: Sequence[Outcome]) -> dict[str, Any]:
    """What failed, for whom, and how far each came. The others went on."""
    told = [
        {
            "subject": outcome.subject,
            "msg": _told_failure(outcome),
            "done": plans.lines(outcome.done),
            "failed": outcome.failed.line if outcome.failed else "",
            "not_started": plans.lines(outcome.not_started),
        }
        for outcome in failed
    ]
    first = failed[0].error
    response = first.response if isinstance(first, AwsError) else {}
    return {"msg": "\n".join(item["msg"] for item in told), "failures": told, **sdk_versions(), **response}


def _told_failure(outcome: Outcome) -> str:
    error, step = outcome.error, outcome.failed
    if error is None or step is None:
        return ""
    if isinstance(error, AwsError):
        return f"Cannot {words(step.action)} for {outcome.subject}: {error.message}. {error.advice()}"
    return f"Cannot finish {outcome.subject}: {error.message.replace('Cannot', 'cannot', 1)}"


def _invocation(module: AnsibleAWSModule) -> dict[str, Any]:
    """The module's arguments as results echo them: of a list only its length, of a hand-over no recipient; an option
    that was given by its alias by its own name only."""
    told = {}
    for key in module.argument_spec:
        value = module.params[key]
        if key in ("users", "groups") and isinstance(value, list) and value and isinstance(value[0], dict):
            told[key] = f"{len(value)} entries"
        elif key == "handover" and isinstance(value, dict):
            told[key] = {**value, "seal_to": f"{len(value.get('seal_to') or ())} recipients"}
        elif value is not None:
            told[key] = _NOT_SHOWN if module.argument_spec[key].get("no_log") else value
    return {"module_args": told}
