# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way through: observe, plan, guards, [check mode stops here], apply, result. AnsibleModule is only here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe, preflight, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.apply import Made, Outcome, apply
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind, words
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway, sdk_versions
from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.account import plan_account, subject_of_account
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.group import plan_group
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, PlaceState, User, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, REFUSE, WARN, Finding, Plan, Step
from ansible_collections.keysmith.iam.plugins.module_utils._core.renaming import final_name
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ACCESS_KEY,
    CREDENTIALS,
    MFA_SEED,
    PASSWORD,
    AccountSpec,
    ConsoleSpec,
    GroupSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user, subject_of
from ansible_collections.keysmith.iam.plugins.module_utils._handover import probe
from ansible_collections.keysmith.iam.plugins.module_utils._handover.desk import Desk
from ansible_collections.keysmith.iam.plugins.module_utils._shell import masking, results
from ansible_collections.keysmith.iam.plugins.module_utils._shell.wanted import Wanted

_NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# IAM has one address for all regions, and AWX's credential sets none. S3 tells the SDK where a bucket is.
_GLOBAL = {"iam": "us-east-1", "sts": "us-east-1", "s3": "us-east-1"}
_STORES = {"ssm": "ssm_parameter"}


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
    return AnsibleAWSModule(argument_spec=argument_spec, supports_check_mode=True, **settings)


def gateway_of(module: AnsibleAWSModule, threads: int) -> Gateway:
    """The way to AWS with the module's own connection options. The caller's ``aws_config`` may tune all but the retries
    of writes: a repeated CreateAccessKey makes two keys and loses one secret."""

    def connect(service: str, config: Any, write: bool) -> Any:
        users = dict(module.params.get("aws_config") or {})
        if write:
            users.pop("retries", None)
        region = module.region or _GLOBAL.get(service)
        if region is None:
            # Said here and once: amazon.aws would end the module from inside one of many threads.
            store = _STORES.get(service, service)
            raise KeysmithError(f"Cannot use the store {store}: no region is set. Give region, or set AWS_REGION.")
        return module.client(service, config=config, aws_config=users, region=region)

    return Gateway(connect, connections=threads + 2)


def run(module: AnsibleAWSModule, wanted: Wanted, describe: Describe) -> NoReturn:
    """Brings about what is wanted and ends the module; ``describe`` gives the module's own part of the result."""
    module.no_log_values.difference_update(wanted.public_keys)
    wanted.findings += masking.refusals(wanted.roster)
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
                return _replan_account(gateway, account, wanted.roster.account or AccountSpec(), error)
            if subject in groups:
                return _replan_group(gateway, account, groups[subject])
            spec = _still_wanted(users[subject], done, error)
            found = _found_again(gateway, _with_source(with_groups, plan, spec), spec, done)
            seen[subject] = found.user(spec.name)
            return _left(plan_user(found, spec, now))

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


def _replan_account(gateway: Gateway, account: Account, spec: AccountSpec, error: AwsError) -> tuple[Step, ...]:
    """What is left for the account itself. An alias that another account has will not be ours by trying again."""
    left = _left(plan_account(observe.observe_settings(gateway, account, spec), spec))
    if error.kind is Kind.EXISTS and any(step.action == error.action for step in left):
        taken = f"another AWS account has this alias, and an alias is unique in all of AWS ({error.code})"
        raise AwsError(error.action, Kind.REFUSED, taken, error.code, error.response, "Choose another alias.")
    return left


def _replan_group(gateway: Gateway, account: Account, spec: GroupSpec) -> tuple[Step, ...]:
    found = read.read_group(gateway, spec.name, whole=True)
    groups = {key: group for key, group in account.groups.items() if key != fold(spec.name)}
    groups = groups if found is None else {**groups, fold(spec.name): found}
    return _left(plan_group(replace(account, groups=groups), spec))


def _still_wanted(spec: UserSpec, done: Sequence[Step], error: AwsError) -> UserSpec:
    """The user as still wanted after what is done; what is replaced already is left so."""
    renewed = {step.secret for step in done if step.service == "iam"}
    if spec.console is not None:
        if error.kind is Kind.EXISTS and error.action == "iam:CreateLoginProfile":
            spec = replace(spec, console=_met_password(spec.console, done))
        elif PASSWORD in renewed:
            spec = replace(spec, console=replace(spec.console, reissue=False, always=False))
    if spec.access_key is not None and ACCESS_KEY in renewed:
        spec = replace(spec, access_key=replace(spec.access_key, reissue=False, rotate=False))
    if spec.mfa is not None and MFA_SEED in renewed:
        spec = replace(spec, mfa=replace(spec.mfa, reissue=False))
    credentials = spec.service_credentials and tuple(
        replace(one, reissue=one.reissue and CREDENTIALS.get(one.service) not in renewed)
        for one in spec.service_credentials
    )
    return replace(spec, service_credentials=credentials)


def _met_password(console: ConsoleSpec, done: Sequence[Step]) -> ConsoleSpec:
    """What to do about a console password that did not show when the plan was made. If this run has written over a text
    of an earlier one, the password is that run's, killed a moment ago, and is replaced; else it is somebody else's."""
    if console.password is not None:
        return console
    stored = [step for step in done if step.secret == PASSWORD and step.place is not None]
    if any(step.sign == "~" for step in stored):
        return replace(console, reissue=True)
    void = f" The text in {stored[-1].place.address} opens nothing." if stored and stored[-1].place else ""
    raise KeysmithError(
        f"Cannot set the console password: somebody else has just set one, which is left so.{void}"
        " Run again with reissue=true to replace it."
    )


def _found_again(gateway: Gateway, account: Account, spec: UserSpec, done: Sequence[Step]) -> Account:
    """The account with this user read anew after a lost answer, to be planned again."""
    places = account.places
    stored = {
        step.place: replace(places.get(step.place, PlaceState()), exists=True)
        for step in done
        if step.place is not None
    }
    return observe.observe_again(gateway, replace(account, places={**places, **stored}), spec)


def _with_source(account: Account, plan: Plan, spec: UserSpec) -> Account:
    """The account in which the user that is copied from has what the plan gives it."""
    source = "" if spec.copy_from is None else fold(f"user {spec.copy_from.user}")
    steps = [step for step in plan.steps if fold(step.subject) == source]
    return simulate(account, steps) if steps else account


def _left(plan: Plan) -> tuple[Step, ...]:
    """What is left to do; a guard that speaks only now stops it as one does before the first write."""
    if plan.refusals:
        raise KeysmithError(f"Cannot go on: {plan.refusals[0].text}")
    return plan.steps


def _end(module: AnsibleAWSModule, wanted: Wanted, answer: Answer, describe: Describe) -> NoReturn:
    result = _result(module, wanted, answer, describe)
    failed = [outcome for outcome in answer.outcomes if outcome.error is not None]
    if answer.plan.refusals and not wanted.plan_only:
        told = {**results.as_error(answer.plan.refusals), "msg": refusal(answer.plan.refusals)}
        module.fail_json(**{**result, "changed": False, **told})
    for text in _told(answer.plan.warnings):
        warn(text)  # AnsibleAWSModule.warn would pass it on twice, once in a way that ansible-core deprecates
    if failed:
        module.fail_json(**result, **_partial(failed))
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
    readable = any(
        masking.is_readable(desk.spec.handover_for(kind))
        for desk in answer.desks.values()
        for kind in desk.returned
        if desk.spec is not None
    )
    return masking.mark(result) if readable else result


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
