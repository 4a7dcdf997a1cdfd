"""How a connection's items are read, as far as the configuration says it; what the site says is added by its client."""

from collections.abc import Sequence

from services.connectors.mapped import DEPENDENCY_TYPES, DependencyType, MappingOptions
from services.runtime.connections import AsanaConnection, DependencyLink, JiraConnection, OutwardEnd


def dependency_types(links: Sequence[DependencyLink]) -> tuple[DependencyType, ...]:
    """Return the link types that mean waiting, with the label that tells their two sides apart."""
    return tuple(DependencyType(link.type, _phrase(link), link.outward_is.value) for link in links)


def _phrase(link: DependencyLink) -> str:
    """Return the label that tells the two sides apart where the site kept the usual words."""
    return "depends on" if link.outward_is is OutwardEnd.DEPENDENT else link.type.lower()


def base_options(connection: JiraConnection | AsanaConnection) -> MappingOptions:
    """Return what the configuration says of a connection; clients add their account, statuses and fields to it.

    A team's field is kept as a custom field, so that a selector of the strategy can name it.
    """
    reading, usual = connection.reading, MappingOptions()
    links = connection.dependency_links
    return MappingOptions(
        dependency_types=DEPENDENCY_TYPES if links is None else dependency_types(links),
        bots=frozenset(connection.bots),
        custom_fields=frozenset((*reading.custom_fields, *reading.team)),
        status_categories=reading.statuses,
        status_overrides=reading.statuses,
        epic_link_fields=frozenset(reading.epic_link) or usual.epic_link_fields,
        start_fields=frozenset(reading.start),
        estimate_fields=frozenset(reading.estimate),
        flagged_fields=frozenset(reading.flagged),
        in_progress_sections=_folded(reading.in_progress_sections) or usual.in_progress_sections,
        base_url=connection.url if isinstance(connection, JiraConnection) else None,
        twin_site=connection.twins,
    )


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)
