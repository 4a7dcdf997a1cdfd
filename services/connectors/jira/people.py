"""Who acted, as Jira names people: by account id on Cloud, by user key or name on Data Center."""

from schemas.work_items import Actor
from services.connectors.mapped import MappingOptions, actor_kind
from services.connectors.reading import mapping, text


def actor_of(raw: object, options: MappingOptions) -> Actor | None:
    """Return the actor, or none where the author is missing (deleted, anonymous, a rule). E-mail addresses stay out."""
    person = mapping(raw)
    account, key, name = (text(person.get(field), 200) for field in ("accountId", "key", "name"))
    shown = text(person.get("displayName"), 200)
    id_ = account or key or name or shown
    if id_ is None:
        return None
    kind = actor_kind((account, key, name, shown), options, is_app=person.get("accountType") == "app")
    return Actor(id=id_, name=shown or name or id_, kind=kind)
