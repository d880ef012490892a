# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds of every plan, whatever the account and the roster."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from ansible_collections.keysmith.iam.plugins.module_utils._core import plan as plans
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    BREAK_GLASS_TAG,
    UNKNOWN,
    Account,
    User,
    fold,
    is_key_id,
    is_own_tag,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import SESSIONS_REVOKED_POLICY
from ansible_collections.keysmith.iam.plugins.module_utils._core.roster import plan_roster
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    ConsoleSpec,
    MFASpec,
    RosterSpec,
    UserSpec,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user, subject_of
from tests.unit.plugins.module_utils._core import strategies as given_some
from tests.unit.plugins.module_utils._core.builders import NOW, SEALED_FILE
from tests.unit.plugins.module_utils._core.strategies import SECRET, settled, without_purge
from tests.unit.plugins.module_utils._core.strict_iam import StrictIam

thorough = settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
everything = given(account=given_some.accounts(), roster=given_some.rosters)


def passing(account: Account, roster: RosterSpec) -> Plan:
    """The plan, if it would be run."""
    plan = plan_roster(account, roster, NOW)
    assume(not plan.refusals and not [finding for finding in plan.findings if finding.level == "missing"])
    return plan


@thorough
@everything
def test_planning_the_predicted_account_again_gives_nothing(account: Account, roster: RosterSpec) -> None:
    roster = settled(roster)
    plan = passing(account, roster)
    again = plan_roster(simulate(account, plan.steps), roster, NOW)
    assert plans.lines(again.steps) == []
    assert again.refusals == ()


def comparable(user: User) -> tuple[Any, ...]:
    """What a prediction says of a user, less the order of things and the ids, times and fingerprints of new keys."""
    both = (*user.access_keys, *user.service_credentials)
    made = {one.id for one in both if one.id == UNKNOWN or one.id.startswith(("AKIAMADE", "ACCAMADE"))}
    credentials = Counter(
        (UNKNOWN if one.id in made else one.id, one.service, one.active) for one in both[len(user.access_keys) :]
    )
    keys = Counter((UNKNOWN if key.id in made else key.id, key.active) for key in user.access_keys)
    tags = {}
    for name, text in user.tags.items():
        if text.startswith("mfa/"):
            text = " ".join(text.split()[:2])
        if name in made or text.startswith((*made, UNKNOWN)):
            text = " ".join(text.replace(UNKNOWN, "?").split()[1:2])
        tags[UNKNOWN if name in made else name] = text
    profile = user.login_profile and user.login_profile.reset_required
    uploads = Counter(
        (UNKNOWN if one.id.startswith(("APKAMADE", "CERTMADE")) else one.id, one.fingerprint, one.active)
        for one in (*user.ssh_keys, *user.certificates)
    )
    flat = (user.name, user.path, user.arn, user.boundary, profile)
    inline = {name: name == SESSIONS_REVOKED_POLICY or document for name, document in user.inline_policies.items()}
    flat += (uploads, credentials, user.mfa_devices, inline)
    return (*flat, keys, tags, set(user.groups), set(user.managed_policies))


@thorough
@everything
def test_aws_takes_every_step_and_the_prediction_comes_true(account: Account, roster: RosterSpec) -> None:
    """No step uses what an earlier one has not made, no quota is exceeded at any time, no conflict is left."""
    plan = passing(account, roster)
    aws = StrictIam(account)
    aws.perform(plan.steps)
    predicted = simulate(account, plan.steps)
    assert {name: comparable(user) for name, user in predicted.users.items()} == {
        name: comparable(user) for name, user in aws.users.items()
    }
    assert {name: replace(one, members=set(one.members)) for name, one in predicted.groups.items()} == {
        name: replace(one, members=set(one.members)) for name, one in aws.groups.items()
    }
    assert predicted.virtual_devices == aws.seen().virtual_devices
    assert {place for place, state in predicted.places.items() if state.exists} >= {
        place for place in aws.texts if place.store != "result"
    }


@thorough
@everything
def test_without_purge_nothing_goes_but_what_a_killed_run_left(account: Account, roster: RosterSpec) -> None:
    plan = plan_roster(account, without_purge(roster), NOW)
    for step in plan.steps:
        if step.sign != "-":
            continue
        user = account.user(step.subject.removeprefix("user "))
        assert user is not None
        if step.action in ("iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"):
            assert (user.tag("keysmith:mfa-seed") or "").startswith("pending ")
            continue
        if step.action == "iam:DeleteServiceSpecificCredential":
            assert is_expired_or_announced(user, step.parameters["ServiceSpecificCredentialId"])
            continue
        assert step.action in ("iam:DeleteAccessKey", "iam:UntagUser")
        assert all(is_key_id(tag) for tag in step.parameters.get("TagKeys", ()))
        assert (user.tag("keysmith:access-key") or "").startswith("pending ") or step.action == "iam:UntagUser"


def is_expired_or_announced(user: User, which: str) -> bool:
    (one,) = (one for one in user.service_credentials if one.id == which)
    tag = user.tag(f"keysmith:{one.service.partition('.')[0]}-credential") or ""
    return (one.expires is not None and one.expires <= NOW) or tag.startswith("pending ")


PURGED = ("access_keys", "mfa_devices", "service_credentials", "ssh_keys", "certificates")
COPIED = ("boundary", "groups", "managed_policies", "inline_policies")
UNTOUCHED = [
    ("inline_policies", "inline_policies"),
    ("path", "path"),
    ("boundary", "boundary"),
    ("groups", "groups"),
    ("managed_policies", "managed_policies"),
    ("console", "login_profile"),
    ("access_key", "access_keys"),
    ("mfa", "mfa_devices"),
    ("service_credentials", "service_credentials"),
    ("ssh_keys", "ssh_keys"),
    ("certificates", "certificates"),
]


@thorough
@everything
def test_none_leaves_alone(account: Account, roster: RosterSpec) -> None:
    roster = replace(roster, groups=())
    plan = plan_roster(account, roster, NOW)
    after = simulate(account, plan.steps)
    for spec in roster.users:
        before, then = account.user(spec.name), after.user(spec.name)
        if before is None or then is None:
            continue
        for wish, attribute in UNTOUCHED:
            touches = spec.copy_from and attribute in COPIED
            touches = touches or (spec.purge_credentials and attribute in PURGED)
            touches = touches or (spec.revoke_sessions and attribute == "inline_policies")
            if getattr(spec, wish) is None and not touches:
                assert getattr(then, attribute) == getattr(before, attribute)
        if spec.tags is None:
            assert {key: then.tags.get(key) for key in before.callers_tags} == before.callers_tags
    touched = {fold(name) for spec in roster.users for name in (spec.name, spec.new_name or "")}
    assert all(after.users[key] is user for key, user in account.users.items() if key not in touched)


@thorough
@given(account=given_some.accounts())
def test_an_empty_list_with_purge_removes_all_of_the_callers_and_none_of_ours(account: Account) -> None:
    for user in account.users.values():
        spec = UserSpec(user.name, tags={}, groups=(), managed_policies=(), purge_groups=True, purge_policies=True)
        after = simulate(account, plan_user(account, spec, NOW).steps).user(user.name)
        assert after is not None
        assert (after.groups, after.managed_policies) == ((), ())
        left = {key: value for key, value in user.tags.items() if is_own_tag(key) or key.startswith("aws:")}
        assert after.tags == left


@thorough
@given(account=given_some.accounts())
def test_a_purge_of_who_is_asked_for_nothing_leaves_nothing_but_the_password(account: Account) -> None:
    for user in account.users.values():
        plan = plan_user(account, UserSpec(user.name, purge_credentials=True), NOW)
        aws = StrictIam(account)
        aws.perform(plan.steps)
        then = aws.user(user.name)
        assert [getattr(then, kind) for kind in PURGED] == [()] * len(PURGED)
        assert then.login_profile == user.login_profile
        assert then.callers_tags == user.callers_tags


@thorough
@given(account=given_some.accounts())
def test_nobody_reads_as_sealed_while_secrets_are_replaced(account: Account) -> None:
    """Killed after any step but the last, whoever was sealed and gets new secrets is not."""
    renewed = {"console": ConsoleSpec(reissue=True), "mfa": MFASpec(reissue=True), "handover": SEALED_FILE}
    for user in account.users.values():
        kept = {key: value for key, value in user.tags.items() if fold(key) != BREAK_GLASS_TAG}
        sealed = replace(user, tags={**kept, BREAK_GLASS_TAG: "sealed 2026-08-24T10:00:00Z"})
        seen = replace(account, users={**account.users, fold(user.name): sealed})
        spec = UserSpec(user.name, purge_credentials=True, revoke_sessions=True, break_glass_state="sealed", **renewed)
        plan = plan_user(seen, spec, NOW)
        states = []
        for count in range(len(plan.steps) if not plan.refusals else 0):
            after = simulate(seen, plan.steps[: count + 1]).user(user.name)
            states.append(after is not None and (after.tag(BREAK_GLASS_TAG) or "").split()[0])
        assert states == [] or states == ["closing"] * (len(states) - 1) + ["sealed"]


LOCKS_OUT = ["DeleteLoginProfile", "DeleteAccessKey", "DeleteServiceSpecificCredential", "DeleteSSHPublicKey"]


@thorough
@given(account=given_some.accounts())
def test_a_removal_locks_out_first_and_ends_in_delete_user(account: Account) -> None:
    for user in account.users.values():
        plan = plan_user(account, UserSpec(user.name, state="absent"), NOW)
        order = [step.action.removeprefix("iam:") for step in plan.steps]
        doors = [place for place, action in enumerate(order) if action in LOCKS_OUT]
        assert doors == list(range(len(doors)))
        assert order[-1] == "DeleteUser"
        assert order.count("DeleteUser") == 1
        StrictIam(account).perform(plan.steps)


@thorough
@everything
def test_no_secret_is_in_anything_that_can_be_shown(account: Account, roster: RosterSpec) -> None:
    plan = plan_roster(account, replace(roster, onboarding=True), NOW)
    after = simulate(account, plan.steps)
    shown = [repr(plan), str(plan), repr(asdict(plan)), plans.render(plan), plans.summary(plan), repr(roster)]
    shown += [
        repr(asdict(roster)),
        repr(after),
        *(repr(asdict(user)) for user in after.users.values()),
        *plans.lines(plan.steps),
    ]
    shown += [repr(plans.actions(plan.steps)), *(finding.text for finding in plan.findings)]
    assert not [text for text in shown if SECRET in text or "DISTINCTIVE" in text]


@thorough
@everything
def test_a_step_reads_as_what_it_does(account: Account, roster: RosterSpec) -> None:
    """A plus makes, a minus takes away, and each step has a subject of the roster."""
    plan = plan_roster(account, roster, NOW)
    subjects = {subject_of(spec) for spec in roster.users} | {f"group {spec.name}" for spec in roster.groups}
    for step in plan.steps:
        assert step.sign in "+~-"
        assert step.subject in subjects
        verb = step.action.partition(":")[2]
        assert (step.sign == "-") is verb.startswith(("Delete", "Remove", "Detach", "Untag", "Deactivate"))
        assert step.sign == "+" or not verb.startswith(("Create", "Add", "Attach"))
