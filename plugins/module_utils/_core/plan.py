# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps, findings and plans. From a plan alone come the diff, the counts, the summary and the actions needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    JUSTIFICATION_TAG,
    OWNER_TAG,
    USE_CASE_TAG,
    Place,
    is_own_tag,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    REQUIRE_MFA_POLICY,
    SESSIONS_REVOKED_POLICY,
)

# Steps whose service is this one stay on our side: a file is written, a result returned. They are no AWS call.
HANDOVER = "handover"
_TOLD_TAGS = (OWNER_TAG, USE_CASE_TAG, JUSTIFICATION_TAG)

REFUSE = "refuse"
WARN = "warn"
MISSING = "missing"


@dataclass(frozen=True)
class Later:
    """A parameter that an earlier step's answer completes, as a format string: ``{access_key_id} {store}``."""

    template: str

    def fill(self, known: Mapping[str, str]) -> str:
        return self.template.format_map(known)


def resolve(value: Any, known: Mapping[str, str]) -> Any:
    """Parameters with every ``Later`` filled in from what is known by now."""
    if isinstance(value, Later):
        return value.fill(known)
    if isinstance(value, Mapping):
        return {key: resolve(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, known) for item in value]
    return value


@dataclass(frozen=True)
class Step:
    """One action with its boto3 parameters less any secret, whom it is about, how it reads in the plan, why it is
    needed, and the kind of secret that it makes, sets or carries. ``place`` is where a hand-over step writes to."""

    action: str
    parameters: Mapping[str, Any]
    subject: str
    line: str
    why: str = ""
    secret: str | None = None
    place: Place | None = None

    @property
    def service(self) -> str:
        return self.action.partition(":")[0]

    @property
    def sign(self) -> str:
        return self.line[0]


@dataclass(frozen=True)
class Finding:
    """What a guard or a check has to say about a subject: ``refuse`` stops the run before its first write, ``warn`` is
    told, ``missing`` (a parent that an earlier task would have made) warns in check mode and refuses in a run."""

    name: str
    level: str
    subject: str
    text: str


@dataclass(frozen=True)
class Plan:
    """Ordered steps and the findings about them."""

    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: Plan) -> Plan:
        return Plan(self.steps + other.steps, self.findings + other.findings)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == REFUSE)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level in (WARN, MISSING))

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(step.place for step in self.steps if step.place is not None)

    def subjects(self) -> tuple[str, ...]:
        """Everyone the plan or a finding is about, in order."""
        named = [step.subject for step in self.steps] + [finding.subject for finding in self.findings]
        return tuple(dict.fromkeys(named))

    def by_subject(self) -> dict[str, tuple[Step, ...]]:
        """The steps of each subject, subjects in the order in which they first appear."""
        found: dict[str, list[Step]] = {}
        for step in self.steps:
            found.setdefault(step.subject, []).append(step)
        return {subject: tuple(steps) for subject, steps in found.items()}


@dataclass
class Draft:
    """A plan being written; the planners add to it, ``plan()`` freezes it."""

    subject: str
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def step(self, action: str, parameters: Mapping[str, Any], line: str, why: str = "", **more: Any) -> None:
        self.steps.append(Step(action, parameters, self.subject, line, why, **more))

    def refuse(self, name: str, text: str) -> None:
        self.find(name, REFUSE, text)

    def find(self, name: str, level: str, text: str) -> None:
        self.findings.append(Finding(name, level, self.subject, text))

    def exchange(self, add: Callable[[], None], remove: Callable[[], None], most: int, allowed: int | None) -> None:
        """Adds before it removes, so that nobody is without rights in between; where the quota has no room for the
        ``most`` that there would be at a time, it removes first."""
        crowded = allowed is not None and most > allowed
        for change in (remove, add) if crowded else (add, remove):
            change()

    def plan(self) -> Plan:
        return Plan(tuple(self.steps), tuple(self.findings))


def actions(steps: Iterable[Step]) -> dict[str, int]:
    """How many of each AWS write, by IAM's action name: ``{"iam:CreateUser": 3}``."""
    return dict(sorted(Counter(step.action for step in steps if step.service != HANDOVER).items()))


def lines(steps: Iterable[Step]) -> list[str]:
    """A line a step, each with its subject: ``user jane.doe: + member of Developers``."""
    return [f"{step.subject}: {step.line}" for step in steps]


def summary(plan: Plan) -> str:
    """``3 to add, 1 to change, 0 to remove``, with warnings and refusals where there are any."""
    signs = Counter(step.sign for step in plan.steps)
    text = f"{signs['+']} to add, {signs['~']} to change, {signs['-']} to remove"
    told = [f"{len(plan.warnings)} warned"] if plan.warnings else []
    told += [f"{len(plan.refusals)} refused"] if plan.refusals else []
    return "; ".join([text, *told])


def render(plan: Plan) -> str:
    """The plan as a person approves it: a block a subject, a line a step, what is warned of or refused below it."""
    steps = plan.by_subject()
    findings: dict[str, list[Finding]] = {}
    for finding in plan.findings:
        findings.setdefault(finding.subject, []).append(finding)
    blocks = []
    for subject in plan.subjects():
        block = [subject]
        for step in steps.get(subject, ()):
            reason = f"  ({step.why})" if step.why and step.sign != "+" else ""
            block.append(f"  {step.line}{reason}")
            block += [f"      {detail}" for detail in _details(step)]
        for finding in findings.get(subject, []):
            word = "refused" if finding.level == REFUSE else "warning"
            block.append(f"  ! {word} [{finding.name}]: {finding.text}")
        blocks.append("\n".join(block))
    return "\n".join([*blocks, f"Plan: {summary(plan)}.", ""])


def _details(step: Step) -> list[str]:
    """What an inline policy says, save a long one of ours and one that only the run completes; what else a new user or
    secret comes with, less the intents for its credentials, which have lines of their own."""
    if step.action in ("iam:PutUserPolicy", "iam:PutGroupPolicy"):
        own = step.parameters["PolicyName"] in (REQUIRE_MFA_POLICY, SESSIONS_REVOKED_POLICY)
        return [] if own else [step.parameters["PolicyDocument"]]
    if step.action not in ("iam:CreateUser", "secretsmanager:CreateSecret", "ssm:PutParameter"):
        return []
    boundary = step.parameters.get("PermissionsBoundary")
    kms_key = step.parameters.get("KmsKeyId") or step.parameters.get("KeyId")
    tags = [tag for tag in step.parameters.get("Tags", ()) if not is_own_tag(tag["Key"]) or tag["Key"] in _TOLD_TAGS]
    told = [f"permissions boundary {boundary}"] if boundary else []
    told += [f"KMS key {kms_key}"] if kms_key else []
    return told + [f"tag {tag['Key']}: {tag['Value']}" for tag in tags]
