"""Strategies and items drawn at random from few names, so that they meet; for the property tests of this folder."""

from typing import Any

from hypothesis import strategies as st

from schemas.strategy import Strategy
from schemas.work_items import Project, Tracker, Twin, WorkItem
from tests.builders import fix_version, ref_of, work_item
from tests.mapper.strategies import strategy

NUMBERS = range(1, 9)
NAMES = ("a", "b", 'c "d"')
OBJECTIVES = ("grow", "keep", "new")
LABELS = (*NAMES, *(f"objective:{name}" for name in OBJECTIVES))
KEYS = ("APP-1", "APP-2", "WEB-3")


def _one_or_some(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "tracker": _one_or_some(("jira", "asana")),
    "site": _one_or_some(("archive", "board")),
    "project": _one_or_some(("APP", "WEB", "Web")),
    "epic": _one_or_some(KEYS),
    "parent": _one_or_some(KEYS),
    "component": _one_or_some(NAMES),
    "label": _one_or_some(NAMES),
    "fix_version": _one_or_some(("1.0", "2.0")),
    "type": _one_or_some(("Story", "Bug")),
    "section": _one_or_some(NAMES),
    "tag": _one_or_some(NAMES),
    "field": st.fixed_dictionaries({"name": st.sampled_from(("goal", "x'y")), "value": _one_or_some(NAMES)}),
}


@st.composite
def _selector(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from((*FIELDS, "label", "label")), min_size=1, max_size=2, unique=True))
    return {name: draw(FIELDS[name]) for name in names}


_WORK = st.lists(_selector(), max_size=3)


@st.composite
def _parts(draw: st.DrawFn, names: tuple[str, ...], field: str, rest: dict[str, Any]) -> list[dict[str, Any]]:
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    return [{"id": name, field: draw(_WORK), **rest} for name in chosen]


@st.composite
def strategies(draw: st.DrawFn) -> Strategy:
    """Draw a strategy of few objectives, teams and categories."""
    return strategy(
        *draw(_parts(OBJECTIVES, "work", {"title": "Title", "team": "core"})),
        teams=tuple(draw(_parts(("core", "apps", "site"), "owns", {}))),
        capacity=draw(_parts(("run", "build"), "work", {"share": [0, 1]})),
    )


@st.composite
def edited(draw: st.DrawFn, before: Strategy) -> Strategy:
    """Draw what becomes of a strategy: its parts put in another order, some taken from another one, or all of it."""
    other = draw(strategies())
    update: dict[str, Any] = {}
    for kind in draw(st.lists(st.sampled_from(("objectives", "teams", "capacity")), unique=True, max_size=3)):
        known = {one.id: one for one in (*getattr(other, kind), *getattr(before, kind))}
        ids = [one.id for one in getattr(before, kind)]
        edit = draw(st.sampled_from(("turned", "mixed", "other", "shortened")))
        parts = {
            "turned": [known[one] for one in reversed(ids)],
            "mixed": draw(st.permutations(list(known.values()))),
            "other": list(getattr(other, kind)),
            "shortened": [known[one] for one in ids[1:]],
        }[edit]
        update[kind] = tuple(parts)
    return before.model_copy(update=update)


@st.composite
def items(draw: st.DrawFn) -> WorkItem:
    """Draw an item with few of everything that a selector can ask for, and links to others of its kind."""
    link = st.none() | st.sampled_from(NUMBERS)
    number, above, epic, twin = draw(st.tuples(st.sampled_from(NUMBERS), link, link, link))
    some = st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple)
    tracker = draw(st.sampled_from(("jira", "jira", "asana")))
    site = "archive" if tracker == "jira" else "board"
    values = draw(st.none() | st.sampled_from(LABELS) | st.lists(st.sampled_from(LABELS), max_size=2).map(tuple))
    item = work_item(
        number,
        project=draw(st.sampled_from(("APP", "WEB"))),
        title=draw(st.sampled_from(("Plain", "\x00", '"goal"'))),
        type_name=draw(st.sampled_from(("Story", "Bug"))),
        labels=draw(st.lists(st.sampled_from(LABELS), max_size=2, unique=True).map(tuple)),
        components=draw(some),
        sections=draw(some),
        fix_versions=draw(st.sampled_from(((), (fix_version("1.0"),)))),
        parent=ref_of(above) if above and above % 2 else None,
        parent_key=draw(st.none() | st.sampled_from(KEYS)),
        epic=ref_of(epic + 2) if epic else None,
        epic_key=draw(st.none() | st.sampled_from(KEYS)),
        twins=(Twin(tracker=Tracker.JIRA, ref=ref_of(twin)),) if twin else (),
        other_projects=draw(st.sampled_from(((), (Project(id="9", name="Web"),)))),
        custom_fields={} if values is None else {draw(st.sampled_from(("goal", "x'y"))): values},
    )
    return item if tracker == "jira" else item.model_copy(update={"ref": ref_of(number, site, tracker)})
