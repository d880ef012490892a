# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left to do for a subject after a lost answer: observed anew, and planned again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._aws import observe, read
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core.account import plan_account
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.group import plan_group
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, PlaceState, User, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan, Step
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
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user


def replan_account(gateway: Gateway, account: Account, spec: AccountSpec, error: AwsError) -> tuple[Step, ...]:
    """What is left for the account itself. An alias that another account has will not be ours by trying again."""
    left = _left(plan_account(observe.observe_settings(gateway, account, spec), spec))
    if error.kind is Kind.EXISTS and any(step.action == error.action for step in left):
        taken = f"another AWS account has this alias, and an alias is unique in all of AWS ({error.code})"
        raise AwsError(error.action, Kind.REFUSED, taken, error.code, error.response, "Choose another alias.")
    return left


def replan_group(gateway: Gateway, account: Account, spec: GroupSpec) -> tuple[Step, ...]:
    found = read.read_group(gateway, spec.name, whole=True)
    groups = {key: group for key, group in account.groups.items() if key != fold(spec.name)}
    groups = groups if found is None else {**groups, fold(spec.name): found}
    return _left(plan_group(replace(account, groups=groups), spec))


def replan_user(
    gateway: Gateway,
    account: Account,
    plan: Plan,
    spec: UserSpec,
    done: Sequence[Step],
    error: AwsError,
    now: datetime,
) -> tuple[User | None, tuple[Step, ...]]:
    """The user as it is now, and what is left for it; ``account`` has the groups as ``plan`` left them."""
    spec = _still_wanted(spec, done, error)
    found = _found_again(gateway, _with_source(account, plan, spec), spec, done)
    return found.user(spec.name), _left(plan_user(found, spec, now))


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
