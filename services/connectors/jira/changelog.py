"""The changelog of an issue: what changed, what counts as a touch, and how a field stood before its later changes.

A changelog inside an answer may be cut (40 or 100 histories) without a word: it is whole only if `total` says so. An
issue is rewound to a time only where the changelog reaches back that far.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from schemas.work_items import Actor, ChangeKind, WorkItemChange
from services.connectors.jira.people import actor_of
from services.connectors.mapped import MappingOptions, is_person
from services.connectors.meanings import Meaning, number_text
from services.connectors.reading import identity, mapping, number, sequence, text
from services.connectors.times import instant_of

NO_TOUCH: Final = frozenset({"rank", "remoteissuelink", "watchers", "watcher", "watches"})
"""Fields whose change is no touch, whoever made it. Source: FINDINGS, *touch*."""

TOLD: Final = frozenset(
    {
        *("status", "resolution", "assignee", "reporter", "duedate", "priority", "issuetype", "summary", "labels"),
        *("component", "fix version", "sprint", "key", "project", "parent", "issueparentassociation", "epic link"),
        *("epic child", "flagged", "link", "start date", "story points"),
    }
)
"""Fields whose values are told on; those of all others may be free text, and only the fact of the change goes out."""

_SEVERAL: Final = frozenset({"link", "remoteissuelink", "fix version", "version", "component", "attachment"})
"""Fields of several values: a history holds an entry for each that came or went. All others it holds once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field in one history. `old` and `new` are ids, `old_text` and `new_text` what people see, maybe localised."""

    history: str
    at: datetime
    by: Actor | None
    field: str
    field_id: str | None
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None

    @property
    def is_roll_over(self) -> bool:
        """Tell whether a sprint was only added to those that the issue was in: what closing a sprint does by itself."""
        old, new = _parts(self.old or self.old_text), _parts(self.new or self.new_text)
        return self.field == "sprint" and bool(old) and old < new

    @property
    def is_touch(self) -> bool:
        """Tell whether a person moved something that matters."""
        return is_person(self.by) and self.field not in NO_TOUCH and not self.is_roll_over


@dataclass(frozen=True)
class Changelog:
    """All entries, oldest first, and whether they are all there were."""

    entries: tuple[Entry, ...] = ()
    whole: bool = False

    def reaches(self, as_of: datetime | None) -> bool:
        """Tell whether the issue can be rewound to `as_of` from here."""
        return as_of is not None and (self.whole or (bool(self.entries) and self.entries[0].at <= as_of))

    def of(self, *fields: str) -> tuple[Entry, ...]:
        """Return the entries of these fields, oldest first."""
        return tuple(entry for field in fields for entry in self._by_field.get(field, ()))

    def later(self, as_of: datetime | None, *fields: str) -> tuple[Entry, ...]:
        """Return the entries of these fields that came after `as_of`, oldest first; without an `as_of`, none."""
        return () if as_of is None else tuple(entry for entry in self.of(*fields) if entry.at > as_of)

    def undone(self, as_of: datetime | None, *fields: str) -> Entry | None:
        """Return the first later change of a field: what it changed from is how the field stood at `as_of`."""
        return next(iter(self.later(as_of, *fields)), None)

    @cached_property
    def _by_field(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.field, []).append(entry)
        return found


NO_CHANGELOG: Final = Changelog()


def changelog_of(raw: object, options: MappingOptions) -> Changelog:
    """Read the `changelog` of an issue, in either order, with dates as text or as epoch numbers."""
    if raw is None:
        return NO_CHANGELOG
    log = mapping(raw)
    histories = sequence(log.get("histories"))
    total = log.get("total")
    entries = sorted((entry for each in histories for entry in _entries(each, options)), key=_order)
    return Changelog(tuple(entries), whole=isinstance(total, int) and total <= len(histories))


def _order(entry: Entry) -> tuple[datetime, int, str]:
    return entry.at, len(entry.history), entry.history


def _entries(raw: object, options: MappingOptions) -> Iterator[Entry]:
    history = mapping(raw)
    at, id_ = instant_of(history.get("created")), identity(history.get("id"))
    if at is None or id_ is None:
        return
    author = actor_of(history.get("author"), options)
    for item in map(mapping, sequence(history.get("items"))):
        if field := text(item.get("field"), 200):
            old, old_text, new, new_text = (_side(item.get(name)) for name in ("from", "fromString", "to", "toString"))
            field_id = text(item.get("fieldId"), 200)
            yield Entry(id_, at, author, field.casefold(), field_id, old, old_text, new, new_text)


def _side(value: object) -> str | None:
    """Return what an entry says on one side: text, though some answers write ids and numbers as such."""
    return text(value) or identity(value) or number_text(number(value))


def _parts(value: str | None) -> set[str]:
    return {part.strip() for part in (value or "").split(",") if part.strip()}


def change_of(
    entry: Entry, ref: str, key: str, categories: Mapping[str, str], meaning: Meaning | None = None
) -> WorkItemChange:
    """Return the entry as a change of the item; `categories` tells what each status (by id) means."""
    told = meaning is not None or entry.field in TOLD
    kind = ChangeKind.LINK if entry.field == "link" else ChangeKind.FIELD
    which = "link" if kind is ChangeKind.LINK else entry.field_id or entry.field
    if entry.field in _SEVERAL:
        which = f"{which}:{entry.new or entry.old}"
    return WorkItemChange(
        ref=ref, key=key, change_id=f"{entry.history}:{which}", kind=kind, field=entry.field,
        before=_told(entry.field, entry.old, entry.old_text, categories) if told else None,
        after=_told(entry.field, entry.new, entry.new_text, categories) if told else None,
        at=entry.at, by=entry.by,
        aspect=meaning.aspect if meaning else None, was=meaning.was if meaning else None,
        becomes=meaning.becomes if meaning else None,
    )  # fmt: skip


def _told(field: str, id_: str | None, shown: str | None, categories: Mapping[str, str]) -> Any:
    if id_ is None and shown is None:
        return None
    if field == "status":
        return {"id": id_, "name": shown, "category": categories.get(id_ or "")}
    # The prose of a link is localised and holds no more than the far end's key, which is its id here.
    return id_ if field in {"link", "duedate"} else shown or id_
