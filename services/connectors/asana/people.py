"""Who acted, as Asana names people: by gid."""

from schemas.work_items import Actor
from services.connectors.mapped import MappingOptions, actor_kind
from services.connectors.reading import identity, mapping, text


def actor_of(raw: object, options: MappingOptions) -> Actor | None:
    """Return the actor, or none where the author is missing: a rule, or Asana itself."""
    person = mapping(raw)
    gid, shown = identity(person.get("gid")), text(person.get("name"), 200)
    if gid is None:
        return None
    is_app = person.get("resource_type", "user") != "user"
    return Actor(
        id=gid, name=shown or gid, kind=actor_kind((gid, shown), options.bots, options.leeway_account, is_app=is_app)
    )
