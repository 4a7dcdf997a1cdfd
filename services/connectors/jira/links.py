"""What an issue is linked to: its links as Jira tells them, the dependencies among them, its twins in Asana."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from schemas.work_items import Dependency, Link, LinkDirection, Twin
from services.connectors.jira.changelog import Changelog
from services.connectors.jira.raw import Issue
from services.connectors.mapped import DependencyType, MappingOptions
from services.connectors.reading import identity, mapping, sequence, strings, text
from services.connectors.times import by
from services.connectors.twins import asana_twins

_SIDES = (("inwardIssue", LinkDirection.INWARD), ("outwardIssue", LinkDirection.OUTWARD))


def links_of(issue: Issue) -> tuple[tuple[Link, ...], tuple[Dependency, ...]]:
    """Return the links that stood at `as_of` and the dependencies among them, each pair once.

    A link carries no date: only the changelog may tell when it was made, and one of unknown age counts. Links that were
    taken away since cannot be brought back: the changelog names their type in localised prose only.
    """
    links: list[Link] = []
    dependencies: dict[tuple[str, str], Dependency] = {}
    for raw, link in _told(issue.fields, issue.site):
        made = _made(link, issue.log)
        if made is not None and not by(made, issue.as_of):
            continue
        links.append(link)
        pair = _pair(raw, link, issue.ref, issue.options)
        if pair is not None and pair not in dependencies:
            dependencies[pair] = Dependency(blocker=pair[0], dependent=pair[1], link_id=link.id, made=made)
    return tuple(links), tuple(dependencies.values())


def _told(fields: Mapping[str, Any], site: str) -> Iterator[tuple[Mapping[str, Any], Link]]:
    for raw in map(mapping, sequence(fields.get("issuelinks"))):
        kind = mapping(raw.get("type"))
        type_id = identity(kind.get("id"))
        name = text(kind.get("name"), 200) or type_id
        for side, direction in _SIDES:
            far = mapping(raw.get(side))
            far_id = identity(far.get("id"))
            if name and far_id:
                yield kind, Link(
                    id=identity(raw.get("id")), type=name, type_id=type_id, direction=direction,
                    ref=f"jira:{site}:{far_id}", key=text(far.get("key"), 200),
                )  # fmt: skip


def _made(link: Link, log: Changelog) -> datetime | None:
    if link.key is None or not log.entries:
        return None
    return max((entry.at for entry in log.of("link") if entry.new == link.key), default=None)


def _pair(kind: Mapping[str, Any], link: Link, ref: str, options: MappingOptions) -> tuple[str, str] | None:
    """Return (blocker, dependent), or none for a link that makes nobody wait."""
    for known in options.dependency_types:
        if known.type in (link.type_id, link.type):
            i_read = link.direction is _reading_side(kind, known)
            return (ref, link.ref) if i_read is (known.reader == "blocker") else (link.ref, ref)
    return None


def _reading_side(kind: Mapping[str, Any], known: DependencyType) -> LinkDirection:
    """Return the side that reads the phrase. An issue with an `inwardIssue` reads the inward label towards it."""
    label = text(kind.get("inward"))
    reads_inward = label is not None and label.casefold() == known.phrase and label != text(kind.get("outward"))
    return LinkDirection.INWARD if reads_inward else LinkDirection.OUTWARD


def twins_of(issue: Issue) -> tuple[Twin, ...]:
    """Return the Asana tasks that the texts and the remote links of the issue point to."""
    fields = issue.fields
    comments = sequence(mapping(fields.get("comment")).get("comments"))
    places = (
        fields.get("description"),
        fields.get("environment"),
        [mapping(comment).get("body") for comment in comments],
        issue.raw.get("remotelinks"),
        fields.get("remotelinks"),
    )
    return asana_twins((each for place in places if place for each in strings(place)), issue.options)
