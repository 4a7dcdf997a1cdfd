"""What the entries of a changelog mean for the issue: its status, dates, owner, estimate, what it belongs to, links.

Ids decide, never the localised prose beside them. A move under another parent that Jira tells twice in one history, as
an epic link and as a parent, means it once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from schemas.work_items import ChangeAspect
from services.connectors.jira.changelog import Entry
from services.connectors.jira.hierarchy import ABOVE_FIELDS
from services.connectors.jira.life import known_categories, named_category
from services.connectors.jira.people import actor_of
from services.connectors.jira.planning import ESTIMATE_NAMES, START_NAMES, fix_versions_of, release_of
from services.connectors.jira.raw import Issue
from services.connectors.meanings import Meaning, category_text, day_text, meant, number_text
from services.connectors.reading import identity, mapping, number, sequence, text
from services.connectors.times import day_of

_STARTS: Final = frozenset(name.casefold() for name in START_NAMES)
_ESTIMATES: Final = frozenset(name.casefold() for name in ESTIMATE_NAMES)

_Reading = Callable[[str | None, str | None], str | None]
"""Tells one side of an entry, given as id and as shown text, in the words of a work item."""


def meanings_of(issue: Issue, entries: Iterable[Entry]) -> Iterator[Meaning | None]:
    """Give what each of the entries means, or none for one that no rule rests on."""
    reader, told = _Reader(issue), set[tuple[str, Meaning]]()
    for entry in entries:
        meaning = reader.meaning_of(entry)
        if meaning is not None and meaning.aspect is ChangeAspect.PARENT:
            place = (entry.history, meaning)
            meaning = None if place in told else meaning
            told.add(place)
        yield meaning


@dataclass(frozen=True)
class _Reader:
    """Reads the entries of one issue."""

    issue: Issue

    def meaning_of(self, entry: Entry) -> Meaning | None:
        """Return what an entry means, or none."""
        found = self._aspect_of(entry)
        if found is None:
            return None
        aspect, read = found
        was, becomes = read(entry.old, entry.old_text), read(entry.new, entry.new_text)
        if aspect is ChangeAspect.DUE and None in {was, becomes}:
            release = self._release_at(entry)
            was, becomes = was or release, becomes or release
        return meant(aspect, was, becomes)

    def _release_at(self, entry: Entry) -> str | None:
        """Return when an issue without a day of its own was due then: what it is planned for counts, as far as told."""
        return day_text(release_of(fix_versions_of(replace(self.issue, as_of=entry.at))))

    def _aspect_of(self, entry: Entry) -> tuple[ChangeAspect, _Reading] | None:
        field, options = entry.field, self.issue.options
        if field in ABOVE_FIELDS:
            return ChangeAspect.PARENT, self._ref
        if field in self._plain:
            return self._plain[field]
        if self._is_one_of(entry, options.start_fields, _STARTS):
            return ChangeAspect.START, _day
        if self._is_one_of(entry, options.estimate_fields, _ESTIMATES):
            return ChangeAspect.ESTIMATE, _number
        return None

    @cached_property
    def _plain(self) -> Mapping[str, tuple[ChangeAspect, _Reading]]:
        return {
            "status": (ChangeAspect.STATUS, self._category),
            "duedate": (ChangeAspect.DUE, _day),
            "assignee": (ChangeAspect.ASSIGNEE, self._person),
            "link": (ChangeAspect.LINK, self._far_end),
        }

    def _is_one_of(self, entry: Entry, configured: frozenset[str], usual: frozenset[str]) -> bool:
        """Tell whether an entry is of a field configured by id; an older site names the field and not its id."""
        if not configured:
            return entry.field in usual
        if entry.field_id is not None:
            return entry.field_id in configured
        names = {(text(self.issue.names.get(id_)) or "").casefold() for id_ in configured} - {""}
        return entry.field in (names or usual)

    @cached_property
    def _categories(self) -> Mapping[str, str]:
        return {id_: category.value for id_, category in known_categories(self.issue).items()}

    def _category(self, id_: str | None, name: str | None) -> str | None:
        """Return a status as its category, by its id; one that came without is known by a usual name only."""
        return self._categories.get(id_) if id_ else category_text(named_category(name))

    def _person(self, id_: str | None, name: str | None) -> str | None:
        """Return the name that people see, and of who has the issue now the name as it is now."""
        now = actor_of(self.issue.fields.get("assignee"), self.issue.options)
        return now.name if now is not None and now.id == id_ else name or id_

    def _ref(self, id_: str | None, _: str | None) -> str | None:
        known = identity(id_)
        return f"jira:{self.issue.site}:{known}" if known and known.isdecimal() else None

    def _far_end(self, key: str | None, _: str | None) -> str | None:
        """Return the ref of a far end, which an entry names by its key: known where the issue is linked to it still."""
        return self._linked.get(key or "") or self._ref(key, None)

    @cached_property
    def _linked(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for link in map(mapping, sequence(self.issue.fields.get("issuelinks"))):
            for far in (mapping(link.get("inwardIssue")), mapping(link.get("outwardIssue"))):
                key, ref = text(far.get("key"), 200), self._ref(identity(far.get("id")), None)
                if key and ref:
                    found[key] = ref
        return found


def _day(id_: str | None, shown: str | None) -> str | None:
    """Return a day as its tracker wrote it, whatever time and zone follow; the shown one may be in any language."""
    return day_text(day_of(id_) or day_of(shown))


def _number(id_: str | None, shown: str | None) -> str | None:
    """Return a number; a field of numbers has no ids and shows them in the notation of computers."""
    try:
        return number_text(number(float(shown or id_ or "")))
    except ValueError:
        return None
