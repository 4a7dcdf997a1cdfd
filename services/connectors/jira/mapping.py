"""A Jira issue as the REST API gives it becomes one work item, as it stands or as it stood at a time.

All shapes of an issue are read: Cloud v3 and v2, Data Center, the agile one; with a changelog or without. What is
unusable in one field is dropped; an issue without id, key or time of creation is set aside. No input raises.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schemas.work_items import Actor, ChangeKind, WorkItem, WorkItemChange
from services.connectors.jira.changelog import NO_CHANGELOG, Entry, change_of, changelog_of
from services.connectors.jira.hierarchy import above_of, kind_of, project_of, sprint_of
from services.connectors.jira.life import categories_of
from services.connectors.jira.links import links_of, twins_of
from services.connectors.jira.meanings import meanings_of
from services.connectors.jira.people import actor_of
from services.connectors.jira.planning import (
    components_of,
    custom_fields_of,
    due_of,
    estimate_of,
    fix_versions_of,
    is_flagged,
    labels_of,
    named_of,
    person_of,
    start_of,
)
from services.connectors.jira.raw import Issue
from services.connectors.jira.standing import resolved_at, standing_of
from services.connectors.mapped import Mapped, MappingOptions, NotYet, Outcome, SetAside, Telling, is_person, unusable
from services.connectors.reading import identity, mapping, sequence, text
from services.connectors.times import by, instant_of


def looks_like_issue(raw: Mapping[str, Any]) -> bool:
    """Tell a Jira issue from anything else."""
    return isinstance(raw.get("fields"), dict)


def map_issue(raw: object, site: str, as_of: datetime | None, options: MappingOptions) -> Outcome:
    """Map one issue; with `as_of`, as it stood then, and not yet if it was created later."""
    raw_issue = mapping(raw)
    if not looks_like_issue(raw_issue):
        return SetAside("it is no Jira issue: it has no `fields`")
    fields = mapping(raw_issue.get("fields"))
    id_, key = identity(raw_issue.get("id")), text(raw_issue.get("key"), 200)
    created = instant_of(fields.get("created"))
    for value, name in ((id_, "usable id"), (key, "key"), (created, "readable time of creation")):
        if value is None:
            return SetAside(f"the issue has no {name}")
    assert id_ is not None and key is not None and created is not None  # noqa: S101, PT018 -- for mypy: checked above
    if not by(created, as_of):
        return NotYet(id_)
    log = changelog_of(raw_issue.get("changelog"), options)
    issue = Issue(
        raw=raw_issue, fields=fields, names=mapping(raw_issue.get("names")), site=site, id=id_, key=key,
        created=created, log=log if as_of is None or log.reaches(as_of) else NO_CHANGELOG, as_of=as_of, options=options,
    )  # fmt: skip
    try:
        return _mapped(issue)
    except ValidationError as error:
        return unusable(error)


def _mapped(issue: Issue) -> Mapped:
    standing = standing_of(issue)
    kind, type_name = kind_of(issue)
    parent, epic = above_of(issue, kind)
    links, dependencies = links_of(issue)
    versions = fix_versions_of(issue)
    due = due_of(issue, versions)
    comments = tuple(_comments(issue))
    entries = tuple(entry for entry in issue.log.entries if by(entry.at, issue.as_of))
    touched = _touched(issue, comments, entries)
    renamed, moved = issue.undone("summary"), issue.undone("key")
    key = (moved.old_text if moved else None) or issue.key
    item = WorkItem(
        ref=issue.ref,
        key=key,
        url=_url(issue),
        title=(renamed.old_text if renamed else None) or text(issue.fields.get("summary")) or issue.key,
        type=kind,
        type_name=type_name,
        status=standing.status,
        status_category=standing.category,
        resolution=standing.resolution,
        resolution_name=standing.resolution_name,
        created=issue.created,
        updated=_updated(issue, touched, (*comments, *entries)),
        started=standing.started,
        done=standing.done,
        touched=touched,
        due=due.day,
        due_source=due.source,
        start=start_of(issue),
        assignee=person_of(issue, "assignee"),
        reporter=person_of(issue, "reporter"),
        parent=parent.ref,
        parent_key=parent.key,
        epic=epic.ref,
        epic_key=epic.key,
        project=project_of(issue, key),
        labels=labels_of(issue),
        components=components_of(issue),
        fix_versions=versions,
        sprint=sprint_of(issue),
        estimate=estimate_of(issue),
        priority=named_of(issue, "priority"),
        flagged=is_flagged(issue),
        links=links,
        dependencies=dependencies,
        twins=twins_of(issue),
        custom_fields=custom_fields_of(issue),
    )
    is_told = issue.options.telling is not Telling.NOTHING
    return Mapped(item, tuple(_changes(issue, comments, entries)) if is_told else ())


def _url(issue: Issue) -> str | None:
    base = issue.options.base_url
    return f"{base.rstrip('/')}/browse/{issue.key}" if base else None


@dataclass(frozen=True, slots=True)
class _Comment:
    id: str
    at: datetime
    by: Actor | None


def _comments(issue: Issue) -> Iterator[_Comment]:
    """Give the comments that there were by `as_of`. What they say stays out."""
    for comment in map(mapping, sequence(mapping(issue.fields.get("comment")).get("comments"))):
        at, id_ = instant_of(comment.get("created")), identity(comment.get("id"))
        if at is not None and id_ is not None and by(at, issue.as_of):
            yield _Comment(id_, at, actor_of(comment.get("author"), issue.options))


def _changes(issue: Issue, comments: Sequence[_Comment], entries: Sequence[Entry]) -> Iterator[WorkItemChange]:
    """Give the comments, then what the changelog holds, as far as changes are wanted."""
    ref, key, is_all = issue.ref, issue.key, issue.options.telling is Telling.ALL
    for one in comments if is_all else ():
        yield WorkItemChange(
            ref=ref,
            key=key,
            change_id=f"comment:{one.id}",
            kind=ChangeKind.COMMENT,
            field="comment",
            at=one.at,
            by=one.by,
        )
    if entries:
        categories = {id_: category.value for id_, category in categories_of(issue).items()}
        for entry, meaning in zip(entries, meanings_of(issue, entries), strict=True):
            if meaning is not None or is_all:
                yield change_of(entry, ref, key, categories, meaning)


def _touched(issue: Issue, comments: Sequence[_Comment], entries: Sequence[Entry]) -> datetime:
    """Return the last touch of the issue itself: its creation, a person's comment or change, its resolution."""
    touches = [issue.created]
    touches += [one.at for one in comments if is_person(one.by)]
    touches += [entry.at for entry in entries if entry.is_touch]
    resolved = resolved_at(issue)
    if resolved is not None and by(resolved, issue.as_of):
        touches.append(resolved)
    return max(touches)


def _updated(issue: Issue, touched: datetime, happened: Iterable[_Comment | Entry]) -> datetime:
    """Return the tracker's own `updated`, or for an earlier time the last that is known to have happened by then."""
    updated = instant_of(issue.fields.get("updated"))
    if updated is not None and by(updated, issue.as_of):
        return updated
    return max([touched, *(one.at for one in happened)])
