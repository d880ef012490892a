# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a whole roster: the account and its groups first, then each user against the account as it will be by then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from ansible_collections.keysmith.iam.plugins.module_utils._core.account import plan_account
from ansible_collections.keysmith.iam.plugins.module_utils._core.copying import sources_below, with_copied_groups
from ansible_collections.keysmith.iam.plugins.module_utils._core.group import plan_group
from ansible_collections.keysmith.iam.plugins.module_utils._core.guards import (
    check_guards,
    check_removals,
    check_stores,
    unknown_guards,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Place, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import (
    MISSING,
    REFUSE,
    WARN,
    Finding,
    Plan,
    Step,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.public_credentials import shared_certificates
from ansible_collections.keysmith.iam.plugins.module_utils._core.simulate import simulate
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import GroupSpec, RosterSpec, UserSpec
from ansible_collections.keysmith.iam.plugins.module_utils._core.user import plan_user, subject_of

ROSTER = "roster"

# Each purge with the list that it goes by: the fields of GroupSpec and UserSpec, and the options where they differ.
_PURGES = (
    ("purge_policies", "managed_policies"),
    ("purge_inline_policies", "inline_policies"),
    ("purge_users", "users"),
    ("purge_groups", "groups"),
    ("purge_ssh_keys", "ssh_keys"),
    ("purge_certificates", "certificates"),
)
_OPTIONS = {
    "purge_ssh_keys": "purge_ssh_public_keys",
    "ssh_keys": "ssh_public_keys",
    "purge_certificates": "purge_signing_certificates",
    "certificates": "signing_certificates",
}


def plan_roster(account: Account, roster: RosterSpec, now: datetime) -> Plan:
    """One plan for the account, all groups and users; the account first, so that new passwords obey its new policy.
    In a whole roster nothing is left to an earlier task, so what is missing is refused; a module that manages a part of
    one user leaves the finding ``missing`` to the mode it runs in."""
    plan = Plan() if roster.account is None else plan_account(account, roster.account)
    for group in roster.groups:
        plan += plan_group(account, group)
    account = simulate(account, plan.steps)
    users = _plan_users(account, roster, now)
    plan = Plan(
        plan.steps + tuple(step for user in users for step in user.steps),
        plan.findings + tuple(finding for user in users for finding in user.findings),
    )
    below = {finding.subject: finding for finding in sources_below(roster)}
    told = [found for found in plan.findings if not (found.name == "missing_source" and found.subject in below)]
    findings = [*told, *_duplicates(roster), *_quotas(account, plan), *_shared_places(plan)]
    findings += [*shared_certificates(account, roster), *_idle_purges(roster)]
    findings += [*below.values(), *check_removals(account, roster)]
    if roster.onboarding:
        findings += [Finding("guards", REFUSE, ROSTER, text) for text in unknown_guards(roster.guards)]
        known = roster if not unknown_guards(roster.guards) else replace(roster, guards={})
        known = replace(known, users=tuple(with_copied_groups(account, spec) for spec in known.users))
        given = frozenset(step.subject for step in plan.steps if step.secret is not None)
        findings += check_guards(account, known, frozenset(step.subject for step in plan.steps), given)
        findings = [replace(found, level=REFUSE) if found.level == MISSING else found for found in findings]
    else:
        findings += check_stores(account, roster)
    return Plan(plan.steps, tuple(findings))


def _plan_users(account: Account, roster: RosterSpec, now: datetime) -> list[Plan]:
    """A plan a user. Whoever copies from another is planned against what those before it in the roster will have."""
    plans: list[Plan] = []
    ahead: list[Step] = []
    for spec in roster.users:
        if spec.copy_from is not None:
            account, ahead = simulate(account, ahead), []
        plans.append(plan_user(account, spec, now))
        ahead += plans[-1].steps
    return plans


def _duplicates(roster: RosterSpec) -> list[Finding]:
    """AWS compares names without case, so two entries that differ by case only are one user listed twice."""
    found = []
    for kind, specs in (("group", roster.groups), ("user", roster.users)):
        seen: dict[str, str] = {}
        for spec in specs:
            first = seen.get(fold(spec.name))
            if first == spec.name:
                text = "it is listed twice; keep one of the two entries."
                found.append(Finding("duplicate", REFUSE, f"{kind} {spec.name}", text))
            elif first is not None:
                text = f"it differs from {first} by case only, and AWS takes the two for one name; rename one of them."
                found.append(Finding("duplicate", REFUSE, f"{kind} {spec.name}", text))
            seen.setdefault(fold(spec.name), spec.name)
    return found


def _idle_purges(roster: RosterSpec) -> list[Finding]:
    """A purge without its list does nothing. amazon.aws takes the missing list for an empty one, so a playbook that was
    written for it, and means to take all away, has to be told."""
    specs: list[tuple[str, GroupSpec | UserSpec]] = [(f"group {group.name}", group) for group in roster.groups]
    specs += [(subject_of(user), user) for user in roster.users]
    found = []
    for subject, spec in specs:
        for purge, listed in _PURGES if spec.state == "present" else ():
            if getattr(spec, purge, False) and getattr(spec, listed) is None:
                option, its_list = _OPTIONS.get(purge, purge), _OPTIONS.get(listed, listed)
                none = "{}" if listed == "inline_policies" else "[]"
                text = f"{option} does nothing without {its_list}; to take all away, give {its_list}: {none}."
                found.append(Finding(option, WARN, subject, text))
    return found


def _quotas(account: Account, plan: Plan) -> list[Finding]:
    """The account-wide quotas, by GetAccountSummary's keys."""
    made = Counter(step.action for step in plan.steps)
    found = []
    for key, word in (("Users", "user"), ("Groups", "group")):
        have, allowed = account.quota(key), account.quota(f"{key}Quota")
        # Users are worked on in parallel, so that one that goes may go last.
        added = made[f"iam:Create{word.title()}"]
        if added > 0 and have is not None and allowed is not None and have + added > allowed:
            text = (
                f"it adds {added} {word}s to the {have} of account {account.id}, whose quota is {allowed} ({key}Quota);"
                " ask AWS for more or leave some out."
            )
            found.append(Finding("quota", REFUSE, ROSTER, text))
    return found


def _shared_places(plan: Plan) -> list[Finding]:
    """Two texts in one place would overwrite each other."""
    owners: dict[Place, tuple[str, str | None]] = {}
    found = []
    for step in plan.steps:
        if step.place is None:
            continue
        who = (step.subject, step.secret)
        first = owners.setdefault(step.place, who)
        if first != who:
            its, other = (str(secret).replace("-", " ") for secret in (step.secret, first[1]))
            text = (
                f"its {its} would overwrite the {other} of {first[0]} in {step.place.address};"
                " put {user} and {kind} into the place's name."
            )
            found.append(Finding("shared_place", REFUSE, step.subject, text))
    return found
