# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one user is to have because another has it: groups, managed and inline policies, the permissions boundary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Account, Unread, User, fold
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import MISSING, REFUSE, WARN, Draft, Finding
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import SESSIONS_REVOKED_POLICY
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import CopySpec, RosterSpec, UserSpec


@dataclass(frozen=True)
class Copied:
    """What ``source`` has, less what is excluded; without a source nothing is copied. ``boundary`` is None where there
    is none to copy. ``excluded`` are folded names and ARNs, neither given nor taken away."""

    source: str = ""
    enforce: bool = False
    excluded: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    managed_policies: tuple[str, ...] = ()
    inline_policies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    boundary: str | None = None

    @property
    def why(self) -> str:
        return f"copied from {self.source}"

    def note(self, why: str) -> str:
        """How the line of a step ends that has this reason: a copy says so on every line."""
        return f", {why}" if self.source and why == self.why else ""

    def wanted(self, named: Iterable[str], why: str, copied: Iterable[str]) -> dict[str, str]:
        """Names with why each is wanted: those named by an option first, then what the other user has."""
        told = dict.fromkeys(named, why)
        return {**told, **{name: self.why for name in copied if name not in told}}

    def leaving(self, others: Iterable[str], purged: str | None) -> dict[str, str]:
        """Which of the others go, with why; ``purged`` is the reason where an option of the user's own takes all."""
        enforced = f"{self.source} does not have it (copy_enforce)"
        reasons = {name: purged or (enforced if self._takes(name) else None) for name in others}
        return {name: why for name, why in reasons.items() if why}

    def boundary_for(self, user: User) -> str | None:
        """The boundary as an option would say it: None leaves it alone, ``""`` removes it."""
        if self.boundary:
            return self.boundary
        return "" if user.boundary and self._takes(user.boundary) else None

    def _takes(self, name: str) -> bool:
        return self.enforce and not _matches(name, self.excluded)


NOTHING = Copied()


def _matches(name: str, excluded: frozenset[str]) -> bool:
    """A managed policy is excluded by its ARN or by its name."""
    return fold(name) in excluded or fold(name.rpartition("/")[2]) in excluded


def read_copy(draft: Draft, account: Account, spec: UserSpec, user: User | None) -> Copied:
    """What is to be copied to this user; a finding where there is nobody to copy from."""
    wish = spec.copy_from
    if wish is None:
        return NOTHING
    if fold(wish.user) in {fold(spec.name), fold(spec.new_name or spec.name)}:
        draft.refuse("copy", "it cannot copy from itself; name another user in copy_permissions_from.")
        return NOTHING
    source = account.user(wish.user)
    if source is None:
        text = f"there is no user {wish.user} in account {account.id} to copy from; create it or correct its name."
        draft.find("missing_source", MISSING, text)
        return NOTHING
    _warn_of_idle(draft, wish, source, user)
    copied = _copied(wish, source)
    if copied.source and spec.boundary is None:
        _warn_of_boundary(draft, copied, source, user)
    return copied


def _copied(wish: CopySpec, source: User) -> Copied:
    groups, policies, inline = source.groups, source.managed_policies, source.inline_policies
    if isinstance(groups, Unread) or isinstance(policies, Unread) or isinstance(inline, Unread):
        return NOTHING
    excluded = frozenset(map(fold, wish.exclude))
    return Copied(
        source=source.name,
        enforce=wish.enforce,
        excluded=excluded,
        groups=tuple(name for name in groups if not _matches(name, excluded)),
        managed_policies=tuple(arn for arn in policies if not _matches(arn, excluded)),
        inline_policies={
            name: document
            for name, document in inline.items()
            if not _matches(name, excluded) and name != SESSIONS_REVOKED_POLICY
        },
        boundary=source.boundary if source.boundary and not _matches(source.boundary, excluded) else None,
    )


def _warn_of_idle(draft: Draft, wish: CopySpec, source: User, user: User | None) -> None:
    """An exclusion that excludes nothing is a slip of the pen, by which somebody gets what was to be left out."""
    had = [name for one in (source, user) if one is not None for name in _names_on(one)]
    idle = [name for name in wish.exclude if not any(_matches(one, frozenset([fold(name)])) for one in had)]
    if idle:
        text = f"copy_exclude names {', '.join(idle)}, and {source.name} has nothing of that name; correct it."
        draft.find("copy_exclude", WARN, text)


def _warn_of_boundary(draft: Draft, copied: Copied, source: User, user: User | None) -> None:
    """Less is copied, and more is allowed: policies without their boundary. What excludes it may have been meant for a
    policy or group of the same name."""
    if user is not None and user.boundary:
        gone = user.boundary if copied.boundary_for(user) == "" else None
        why = f"{source.name} has none (copy_enforce)"
    else:
        gone = source.boundary if copied.boundary is None else None
        why = f"copy_exclude leaves out that of {source.name}"
    if gone:
        text = (
            f"it is without the permissions boundary {gone}, since {why}, so that its policies allow more;"
            ' give boundary, or boundary: "" if that is meant.'
        )
        draft.find("copy_boundary", WARN, text)


def _names_on(user: User) -> list[str]:
    collections = (user.groups, user.managed_policies, user.inline_policies)
    names = [name for items in collections if not isinstance(items, Unread) for name in items]
    return [*names, user.boundary] if user.boundary else names


def with_copied_groups(account: Account, spec: UserSpec) -> UserSpec:
    """The same wish with the groups that are copied among those named, for guards that ask where the user will be."""
    copied = read_copy(Draft(""), account, spec, None)
    if not copied.groups:
        return spec
    purges = spec.groups is not None and spec.purge_groups
    return replace(spec, groups=(*(spec.groups or ()), *copied.groups), purge_groups=purges)


def sources_below(roster: RosterSpec) -> list[Finding]:
    """In a roster, users are made in its order; whoever is copied from has to stand before who copies."""
    places = {fold(spec.name): place for place, spec in enumerate(roster.users)}
    found = []
    for place, spec in enumerate(roster.users):
        if spec.copy_from is not None and places.get(fold(spec.copy_from.user), place) > place:
            text = f"it copies from {spec.copy_from.user}, who comes after it in the roster; put that user before it."
            found.append(Finding("copy", REFUSE, f"user {spec.name}", text))
    return found
