"""Reads what hangs on epics: what is being built, what was found out, and whether there is anything else at all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import StatusCategory
from services.detector.context import Context
from services.detector.facts import EPIC_CHILDREN, EpicFacts, ItemFacts
from services.detector.items import read_items
from services.detector.rules.unvalidated_build import DiscoveryPolicy, is_discovery

_CHILDREN: Final = text(
    """
    SELECT e.epic, i.is_busy, i.type_name, i.labels, array_agg(i.ref ORDER BY i.ref) AS refs
    FROM unnest(CAST(:epics AS text[])) AS e (epic) CROSS JOIN LATERAL (
        SELECT below.ref FROM items AS below WHERE below.parent = e.epic AND below.parent IS NOT NULL
        UNION SELECT below.ref FROM items AS below WHERE below.epic = e.epic AND below.epic IS NOT NULL
    ) AS child CROSS JOIN LATERAL (
        SELECT ref, status_category = 'in_progress' AS is_busy, CASE WHEN marked THEN type_name END AS type_name,
               CASE WHEN marked THEN labels END AS labels
        FROM items WHERE items.ref = child.ref AND items.ref <> e.epic
          AND (visible OR absence IS NULL OR absence NOT IN ('deleted', 'archived')) OFFSET 0
    ) AS i GROUP BY e.epic, i.is_busy, i.type_name, i.labels
    """
)
_LINKED: Final = text(
    "SELECT DISTINCT e.ref AS epic, far.ref FROM items e CROSS JOIN LATERAL unnest(e.links) AS far (ref) "
    "WHERE e.ref = ANY(CAST(:epics AS text[])) AND far.ref <> e.ref ORDER BY e.ref, far.ref"
)


async def read_epics(conn: AsyncConnection, epics: Sequence[ItemFacts], context: Context) -> dict[str, EpicFacts]:
    """Return what hangs on these epics, by their refs.

    Most children bear few different marks, and no mark of a discovery: those are never read one by one.
    """
    if not epics:
        return {}
    policies = {epic.ref: context.policy(DiscoveryPolicy, epic.team, epic.objective) for epic in epics}
    sought: defaultdict[str, list[str]] = defaultdict(list)
    for row in await conn.execute(_CHILDREN, {"epics": list(policies)}):
        sought[row.epic].extend(row.refs if row.is_busy or _could_be(row, policies[row.epic]) else row.refs[:1])
    linked: defaultdict[str, list[str]] = defaultdict(list)
    for epic, far in await conn.execute(_LINKED, {"epics": list(policies)}):
        linked[epic].append(far)
    items = await read_items(conn, (ref for found in (*sought.values(), *linked.values()) for ref in found))
    return {
        epic: EpicFacts(chosen(_known(sought[epic], items), policy), tuple(_known(linked[epic], items)))
        for epic, policy in policies.items()
    }


def chosen(children: Iterable[ItemFacts], policy: DiscoveryPolicy) -> tuple[ItemFacts, ...]:
    """Return the children that `EpicFacts` names, in its order."""
    busy: list[ItemFacts] = []
    discoveries: list[ItemFacts] = []
    others: list[ItemFacts] = []
    for child in sorted(children, key=lambda child: child.ref):
        if child.status_category is StatusCategory.IN_PROGRESS:
            busy.append(child)
        else:
            (discoveries if is_discovery(child, policy) else others).append(child)
    return (*busy, *discoveries, *others[:1])[:EPIC_CHILDREN]


def _could_be(row: Row[Any], policy: DiscoveryPolicy) -> bool:
    """Tell whether any word of this mark is one of the policy's; the rule itself decides on the item."""
    if row.labels is None:
        return False
    words = {word.casefold() for word in (*policy.discovery_labels, *policy.discovery_types)}
    return not words.isdisjoint(word.casefold() for word in (row.type_name, *row.labels))


def _known(refs: Iterable[str], items: Mapping[str, ItemFacts]) -> Iterator[ItemFacts]:
    return (items[ref] for ref in refs if ref in items)
