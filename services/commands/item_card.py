"""How one item is read, shown in the words of its people, with the field that each answer comes from."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.work_items import StatusCategory, Tracker, WorkItem
from services.commands.output import shown_default
from services.connectors.catalogue import LinkTypeFound, SiteCatalogue
from services.connectors.guessing import Chosen
from services.notifier.channels.terminal.channel import safe
from services.runtime.connections import DependencyLink, OutwardEnd, Reading

CATEGORY_WORDS: Mapping[StatusCategory, str] = {
    StatusCategory.TODO: "to do",
    StatusCategory.IN_PROGRESS: "in progress",
    StatusCategory.DONE: "done",
}
NOTHING = "-"


def card(item: WorkItem, fields: Mapping[str, Sequence[Chosen]]) -> list[str]:
    """Return the lines that show one item; `fields` are those that were chosen for each meaning."""
    keys = {link.ref: link.key or link.ref.rpartition(":")[2] for link in item.links}
    blockers = [keys.get(one.blocker, one.blocker) for one in item.dependencies if one.dependent == item.ref]
    waiting = [keys.get(one.dependent, one.dependent) for one in item.dependencies if one.blocker == item.ref]
    rows = (
        ("status", f"{item.status} -> {CATEGORY_WORDS[item.status_category]}"),
        ("start", _shown(item.start, fields.get("start"))),
        ("due", _due(item)),
        ("estimate", _shown(item.estimate and f"{item.estimate:g}", fields.get("estimate"))),
        ("flagged", _shown("yes" if item.flagged else "no", fields.get("flagged"))),
        ("team", _shown(_team(item, fields.get("team", ())), fields.get("team"))),
        ("blocked by", ", ".join(map(_short, blockers)) or NOTHING),
        ("blocks", ", ".join(map(_short, waiting)) or NOTHING),
    )
    name = item.title if item.ref.startswith(Tracker.ASANA) else f"{item.key}  {item.title}"  # a gid is no name
    return [safe(f"  {name}"), *(safe(f"      {name:<12} {value}") for name, value in rows)]


def _due(item: WorkItem) -> str:
    source = f"  (from {item.due_source.value.replace('_', ' ')})" if item.due_source else ""
    return f"{item.due}{source if 'item' not in source else ''}" if item.due else NOTHING


def _shown(value: object, chosen: Sequence[Chosen] | None) -> str:
    """Return the value with the names of the fields that may hold it."""
    names = ", ".join(dict.fromkeys(one.name for one in chosen or ()))
    return f"{value or NOTHING}{f'  ({names})' if names else ''}"


def _team(item: WorkItem, chosen: Sequence[Chosen]) -> str | None:
    held = (item.custom_fields.get(name) for one in chosen for name in (one.name, one.id))
    return next((shown_default(value) for value in held if value), None)


def _short(ref: str) -> str:
    return ref.rpartition(":")[2]


def statuses_told(catalogue: SiteCatalogue, reading: Reading) -> Iterator[str]:
    """Give a line for each of the three standings: the statuses that mean it."""
    by_category: dict[StatusCategory, dict[str, None]] = {category: {} for category in CATEGORY_WORDS}
    for one in catalogue.statuses:
        category = reading.statuses.get(one.id, one.category)
        if category is not None:
            by_category[category][one.name] = None
    if reading.in_progress_sections:
        busy = (*by_category[StatusCategory.IN_PROGRESS], *reading.in_progress_sections)
        by_category[StatusCategory.IN_PROGRESS] = dict.fromkeys(busy)
    for category, names in by_category.items():
        if names:
            yield safe(f"  {CATEGORY_WORDS[category]:<12} {', '.join(names)}")


def links_told(catalogue: SiteCatalogue, links: Sequence[DependencyLink]) -> Iterator[str]:
    """Give a line for each link type that makes somebody wait, and one for all others."""
    known = {name: one for one in catalogue.link_types for name in (one.name, one.id)}
    chosen = [(known[link.type], link) for link in links if link.type in known]
    for one, link in chosen:
        yield safe(f"  {_sentence(one, link)}")
    others = [one.name for one in catalogue.link_types if one not in [found for found, _ in chosen]]
    if others:
        yield safe(f"  nobody waits for: {', '.join(others)}")


def _sentence(one: LinkTypeFound, link: DependencyLink) -> str:
    waits = "B waits for A" if link.outward_is is OutwardEnd.BLOCKER else "A waits for B"
    return f'{one.name}: "A {one.outward} B" means that {waits}'
