"""Who acted, as Jira names people: by account id on Cloud, by user key or name on Data Center."""

from functools import lru_cache

from schemas.work_items import Actor
from services.connectors.mapped import MappingOptions, actor_kind
from services.connectors.reading import mapping, text


def actor_of(raw: object, options: MappingOptions) -> Actor | None:
    """Return the actor, or none where the author is missing (deleted, anonymous, a rule). E-mail addresses stay out."""
    person = mapping(raw)
    if not person:
        return None
    told = tuple(map(person.get, ("accountId", "key", "name", "displayName", "accountType")))
    try:
        return _actor(told, options.bots, options.leeway_account)
    except TypeError:  # junk that cannot be a key of the cache
        return _actor.__wrapped__(told, options.bots, options.leeway_account)


@lru_cache(maxsize=10_000)
def _actor(told: tuple[object, ...], bots: frozenset[str], leeway_account: str | None) -> Actor | None:
    """Return the actor; the same people act again and again, so they are read once."""
    account, key, name, shown = (text(each, 200) for each in told[:4])
    id_ = account or key or name or shown
    if id_ is None:
        return None
    kind = actor_kind((account, key, name, shown), bots, leeway_account, is_app=told[4] == "app")
    return Actor(id=id_, name=shown or name or id_, kind=kind)
