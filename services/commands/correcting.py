"""What a person says of a guess that was wrong: other fields, other statuses, other link types."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from schemas.work_items import StatusCategory, Tracker
from services.commands.item_card import CATEGORY_WORDS
from services.commands.output import say
from services.commands.questions import Questions
from services.connectors.catalogue import LinkTypeFound, SiteCatalogue
from services.connectors.guessing import Chosen, Guess
from services.connectors.guessing_words import MEANINGS
from services.runtime.connections import DependencyLink, OutwardEnd
from services.runtime.wording import suggestion

T = TypeVar("T")

NONE = "none"
CALLED = {"start": "start date", "flagged": "flag"}


def corrected(ask: Questions, tracker: Tracker, found: Guess, catalogue: SiteCatalogue) -> Guess:
    """Ask for each meaning in turn, with the guess as the answer that Enter gives; return what holds now."""
    fields = {one: _fields(ask, one, found, catalogue) for one in MEANINGS[tracker] if one != "epic_link"}
    fields = {**found.fields, **fields}
    reading = found.reading.model_copy(
        update={name: tuple(one.id for one in chosen) for name, chosen in fields.items()}
    )
    if tracker is Tracker.ASANA:
        sections = _sections(ask, reading.in_progress_sections, catalogue)
        return replace(found, fields=fields, reading=reading.model_copy(update={"in_progress_sections": sections}))
    statuses = {**reading.statuses, **_statuses(ask, catalogue)}
    links = _links(ask, found.dependency_links, catalogue)
    return replace(
        found, fields=fields, reading=reading.model_copy(update={"statuses": statuses}), dependency_links=links
    )


def _fields(ask: Questions, meaning: str, found: Guess, catalogue: SiteCatalogue) -> tuple[Chosen, ...]:
    before = {one.id: one for one in found.fields.get(meaning, ())}
    known = {name: one.id for one in catalogue.fields for name in (one.id, one.name)}
    names = {one.id: one.name for one in catalogue.fields}
    default = ", ".join(one.name if known.get(one.name) == one.id else one.id for one in before.values())
    ids = _listed(ask, f"Which field holds the {CALLED.get(meaning, meaning)}?", default, known)
    return tuple(before.get(id_) or Chosen(id_, names[id_], 0) for id_ in dict.fromkeys(ids))


def _sections(ask: Questions, before: Sequence[str], catalogue: SiteCatalogue) -> tuple[str, ...]:
    known = {one.name: one.name for one in catalogue.statuses}
    return tuple(_listed(ask, "Which sections mean that somebody is at work?", ", ".join(before), known))


def _statuses(ask: Questions, catalogue: SiteCatalogue) -> dict[str, StatusCategory]:
    """Ask until each entry is a status that there is and one of the three words."""
    ids = {one.name: one.id for one in catalogue.statuses}
    words = {word: category for category, word in CATEGORY_WORDS.items()}
    question = "Statuses to be read otherwise, as in Review = in progress"

    def entry(text: str) -> tuple[str, StatusCategory] | None:
        name, equals, word = (part.strip() for part in text.partition("="))
        if not equals or word not in words:
            say(f"Write {text!r} as a status, =, and one of {', '.join(words)}.")
            return None
        return None if (status := _among(name, ids)) is None else (status, words[word])

    return dict(_until_all(ask, question, "", entry))


def _links(ask: Questions, before: Sequence[DependencyLink], catalogue: SiteCatalogue) -> tuple[DependencyLink, ...]:
    types = {one.id: one for one in catalogue.link_types}
    known = {name: one.id for one in types.values() for name in (one.id, one.name)}
    ends = {one.type: one for one in before}
    default = ", ".join(types[one.type].name for one in before if one.type in types)
    ids = _listed(ask, "Which link types mean that somebody waits?", default, known)
    return tuple(ends.get(id_) or _directed(ask, types[id_]) for id_ in dict.fromkeys(ids))


def _directed(ask: Questions, one: LinkTypeFound) -> DependencyLink:
    waits = ask.yes(f'Where "A {one.outward} B", does B wait for A?')
    return DependencyLink(type=one.id, outward_is=OutwardEnd.BLOCKER if waits else OutwardEnd.DEPENDENT)


def _listed(ask: Questions, question: str, default: str, known: Mapping[str, str]) -> list[str]:
    return _until_all(ask, question, default, lambda name: _among(name, known))


def _until_all(ask: Questions, question: str, default: str, entry: Callable[[str], T | None]) -> list[T]:
    """Ask for entries with commas until each of them is one."""
    while True:
        text = ask.text(f"{question} (several with commas, or {NONE})", "the configuration file", default or NONE)
        given = [part.strip() for part in text.split(",") if part.strip() and part.strip().casefold() != NONE]
        found = [entry(part) for part in given]
        if all(one is not None for one in found):
            return [one for one in found if one is not None]


def _among(name: str, known: Mapping[str, str]) -> str | None:
    if name in known:
        return known[name]
    say(f"There is no {name!r}: {suggestion(name, _few(known))}")
    return None


def _few(known: Iterable[str]) -> list[str]:
    """A site may have hundreds of fields; ids are no help to a person."""
    return [name for name in known if not name.startswith("customfield_")][:200]
