"""Which webhooks to make, renew and remove: decided from what is wanted, what the site has and what we kept."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.work_items import Tracker
from services.connectors.hooks_store import HookKey, HookStanding, KeptHook
from services.connectors.tracker import HookFound

WHOLE_SITE: Final = ""
"""The scope of a webhook that is for all of a site."""
RENEW_EACH: Final = timedelta(days=7)
RENEW_BEFORE: Final = timedelta(days=10)
"""Jira's dynamic webhooks end after 30 days; renewed each week, three renewals may fail before one does."""
FAILING_FOR: Final = timedelta(hours=12)
"""Asana removes a webhook after 24 hours of failures; until half of that we may just have been away."""
QUIET_FOR: Final = timedelta(hours=2)
QUIET_CHANGES: Final = 5
"""So many changes found by polls alone, over so long, mean that deliveries do not reach us."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a tracker reaches us for one connection: the same for all of Jira's, one with a key for each of Asana's."""

    base: str
    tracker: Tracker
    connection: str

    @property
    def prefix(self) -> str:
        """The address without a key."""
        return f"{self.base}/hooks/{self.tracker}/{self.connection}"

    def target(self, key: str | None) -> str:
        """Return the address with this key, or without one."""
        return self.prefix if key is None else f"{self.prefix}/{key}"

    def key_of(self, target: str) -> str | None:
        """Return the key in an address of ours; none where it is somebody else's, or has none."""
        rest = target.removeprefix(f"{self.prefix}/")
        return rest if rest != target and _KEY.fullmatch(rest) else None

    def is_ours(self, target: str) -> bool:
        """Tell whether an address leads to us, for this connection."""
        return target == self.prefix if self.tracker is Tracker.JIRA else self.key_of(target) is not None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan is made from: the scopes to be told of, what the site has, what we kept, and the domain time.

    `covers` are the projects that a webhook of a whole site must be for: it is made for those that are there then.
    """

    address: Address
    wanted: Collection[str]
    found: Sequence[HookFound]
    kept: Mapping[str, KeptHook]
    keys: Mapping[str, HookKey]
    now: datetime
    covers: str = ""

    def ours(self) -> list[HookFound]:
        """Return the webhooks that lead to us, for this connection, and those that we made for another address."""
        made = {(one.hook, one.target) for one in self.kept.values()}
        return [hook for hook in self.found if self.address.is_ours(hook.target) or (hook.id, hook.target) in made]

    def working(self) -> Iterator[tuple[str, HookFound]]:
        """Give the webhooks of ours whose deliveries come and can be verified, with their scopes."""
        for hook in self.ours():
            scope = self._scope_of(hook)
            if scope is not None and hook.is_active and (hook.expires_at is None or hook.expires_at > self.now):
                yield scope, hook

    def _scope_of(self, hook: HookFound) -> str | None:
        if not self.address.is_ours(hook.target):
            return None
        if self.address.tracker is Tracker.JIRA:
            known = self.kept.get(WHOLE_SITE)
            fits = known is not None and known.hook == hook.id and known.covers == self.covers
            return WHOLE_SITE if fits else None
        key = self.keys.get(self.address.key_of(hook.target) or "")
        return key.scope if key is not None and key.proven else None


@dataclass(frozen=True, slots=True)
class Create:
    """Make a webhook. `again`: there was one, so that deliveries may have been lost."""

    scope: str
    again: bool


@dataclass(frozen=True, slots=True)
class Renew:
    """Have a webhook live on."""

    scope: str
    hook: HookFound


@dataclass(frozen=True, slots=True)
class Adopt:
    """Keep what the site says of a webhook that is as it should be."""

    scope: str
    hook: HookFound


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a webhook of ours that is dead, double or not wanted."""

    hook: HookFound


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing is wanted for this scope any more."""

    scope: str


Action = Create | Renew | Adopt | Remove | Forget


def plan(situation: Situation) -> list[Action]:
    """Return what to do, removals first: a site may allow only so many webhooks."""
    chosen = _chosen(situation)
    chosen_ids = {hook.id for hook in chosen.values()}
    kept, wanted = situation.kept, situation.wanted
    actions: list[Action] = [Remove(hook) for hook in situation.ours() if hook.id not in chosen_ids]
    actions += [Forget(scope) for scope in kept if scope not in wanted]
    actions += [_for_scope(situation, scope, chosen.get(scope)) for scope in wanted]
    return actions


def _for_scope(situation: Situation, scope: str, hook: HookFound | None) -> Action:
    kept = situation.kept.get(scope)
    if hook is None:
        return Create(scope, again=kept is not None)
    # One of Asana's ends only where its deliveries fail, and cannot be renewed: it keeps what is to be delivered.
    ends = situation.address.tracker is Tracker.JIRA and _is_to_renew(hook, kept, situation.now)
    return Renew(scope, hook) if ends else Adopt(scope, hook)


def _is_to_renew(hook: HookFound, kept: KeptHook | None, now: datetime) -> bool:
    if hook.expires_at is None:
        return False
    renewed_at = kept.renewed_at if kept is not None and kept.hook == hook.id else None
    return renewed_at is None or now - renewed_at >= RENEW_EACH or hook.expires_at - now <= RENEW_BEFORE


def _chosen(situation: Situation) -> dict[str, HookFound]:
    """Return one webhook that works for each wanted scope that has any; the one that we know before others."""
    chosen: dict[str, HookFound] = {}
    for scope, hook in situation.working():
        known = situation.kept.get(scope)
        is_known = known is not None and known.hook == hook.id
        if scope in situation.wanted and (scope not in chosen or is_known):
            chosen[scope] = hook
    return chosen


def failing(hooks: Iterable[HookFound], now: datetime) -> str | None:
    """Return a sentence where a tracker has failed for long to deliver, and will remove a webhook for it; else none."""
    ending = [hook for hook in hooks if hook.last_failure and hook.expires_at and hook.expires_at - now < FAILING_FOR]
    if not ending:
        return None
    return (
        f"the tracker cannot deliver to {len(ending)} webhooks and will remove them; it says: {ending[0].last_failure}"
    )


def quiet(standing: HookStanding, base: str, now: datetime) -> str | None:
    """Return a sentence where polls alone bring what webhooks should have told, else none."""
    since = standing.missed_since
    if since is None or standing.missed < QUIET_CHANGES or now - since < QUIET_FOR:
        return None
    return (
        f"no webhook has told of a change since {since:%Y-%m-%d %H:%M} UTC, while polls found some; "
        f"check that the tracker can reach {base}"
    )
