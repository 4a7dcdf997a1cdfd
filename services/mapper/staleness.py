"""What is stored of an item and may be otherwise by the active strategy, as a condition that the database can ask.

While items are mapped again, what was stored under an older version still holds for an item that meets nothing of what
differs between the versions; so nothing has to be written of it. Once that is done, nothing is stale.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from services.mapper.claims import SAYS_ITSELF
from services.mapper.difference import Conditions, Difference
from services.mapper.selectors import CUSTOM_FIELD

MOST_WORDS: Final = 16
"""To look for so many words costs about as much as to read the body as JSON."""

Group = Mapping[str, Collection[str]]
"""Selectors that name the same fields, with the values of all."""

_PARSED: Final = "(SELECT CAST(body AS jsonb) AS b OFFSET 0) AS parsed"
_TIES: Final = "strpos(direct, '\"ties\":') > 0"
_NUL: Final = r"strpos(body, '\u0000') > 0"
"""The database can read no such body as JSON, so it may be anything."""
_ONE_OF: Final = "IN (SELECT unnest(CAST({} AS text[])))"
"""Made into a hash once a statement, which a list is not: so a thousand names cost no more than one."""
_ANY_IN: Final = "jsonb_exists_any(b->'{}', CAST({{}} AS text[]))"


def _among(name: str, asked: str) -> str:
    return f"EXISTS (SELECT FROM jsonb_array_elements(b->'{name}') AS one WHERE {asked})"


def _is_project(what: str) -> str:
    return f"{what}->>'key' {_ONE_OF} OR {what}->>'name' {_ONE_OF}"


_SHOWN: Final[dict[str, str]] = {
    "epic": f"b->>'epic_key' {_ONE_OF} OR key {_ONE_OF}",
    "parent": f"b->>'parent_key' {_ONE_OF}",
    "fix_version": _among("fix_versions", f"one->>'name' {_ONE_OF}"),
    "label": _ANY_IN.format("labels"),
    "tag": _ANY_IN.format("labels"),
    "section": _ANY_IN.format("sections"),
    "component": _ANY_IN.format("components"),
    "project": _is_project("b->'project'") + " OR " + _among("other_projects", _is_project("one")),
    "type": f"b->>'type_name' {_ONE_OF}",
    "site": f"split_part(ref, ':', 2) {_ONE_OF}",
    "tracker": f"split_part(ref, ':', 1) {_ONE_OF}",
}
"""How the database asks whether an item, whose body as JSON is `b`, shows one of the values of a field."""

_IN_REF: Final = frozenset({"site", "tracker"})


@dataclass(frozen=True, slots=True)
class Stale:
    """A condition on a row of `items`, with the values of its parameters."""

    clause: str
    values: Mapping[str, object] = field(default_factory=dict)


NOTHING_STALE: Final = Stale("false")


def stale(version: int, remapped: int, differing: Difference | None) -> Stale:
    """Return what is stale by `version` while all is mapped again that holds since `remapped`.

    `differing` is how the two differ, or none where that is not known: then all that is older is stale.
    """
    if remapped >= version:
        return NOTHING_STALE
    found = _Clause({"stale_version": version})
    if differing is None:
        return Stale("strategy_version < :stale_version", found.values)
    found.values["stale_remapped"] = remapped
    may_differ = found.of(differing)
    clause = f"strategy_version < :stale_version AND (strategy_version > :stale_remapped OR {may_differ})"
    return Stale(f"({clause})", found.values)


@dataclass(slots=True)
class _Clause:
    """Puts values into parameters while it writes the condition."""

    values: dict[str, object]

    def of(self, differing: Difference) -> str:
        """Return the condition that an item meets which meets anything of the difference, and few others."""
        groups = _alike(differing.selectors)
        in_body = [self._all_of(group) for group in groups]
        if differing.objectives:
            in_body.append(self._named(differing.objectives))
        told = [_TIES] if differing.places else []
        if in_body:
            hasty = f" WHEN NOT ({words}) THEN false" if (words := self._words_of(groups, differing.objectives)) else ""
            asked = f"SELECT coalesce({' OR '.join(in_body)}, false) FROM {_PARSED}"  # noqa: S608 -- values are parameters
            told.append(f"CASE WHEN {_NUL} THEN true{hasty} ELSE ({asked}) END")
        return f"({' OR '.join(told)})" if told else "false"

    def _words_of(self, groups: Sequence[Group], objectives: Collection[str]) -> str:
        """Return which words the body must hold one of to meet anything, in whatever place; empty where not so few."""
        chosen = [_fewest(group) for group in groups]
        words = {word for some in chosen for word in some}
        if len(words) > MOST_WORDS or not all(chosen):
            return ""
        needles = [orjson.dumps(word).decode() for word in sorted(words)]
        needles += [f'"{SAYS_ITSELF}'] if objectives else []
        return " OR ".join(f"strpos(body, {self._given(needle)}) > 0" for needle in needles)

    def _all_of(self, group: Group) -> str:
        return "(" + " AND ".join(f"({self._shows(name, values)})" for name, values in group.items()) + ")"

    def _shows(self, name: str, values: Collection[str]) -> str:
        given = self._given(sorted(values))
        if not name.startswith(CUSTOM_FIELD):
            return _SHOWN[name].format(given, given, given, given)
        named = self._given(name.removeprefix(CUSTOM_FIELD))
        return f"jsonb_exists_any(b->'custom_fields'->CAST({named} AS text), CAST({given} AS text[]))"

    def _named(self, objectives: Collection[str]) -> str:
        """Return how to ask whether the item says one of these objectives itself."""
        said = f"CAST({self._given(sorted(SAYS_ITSELF + one for one in objectives))} AS text[])"
        in_labels = f"coalesce(jsonb_exists_any(b->'labels', {said}), false)"
        in_fields = f"EXISTS (SELECT FROM jsonb_each(b->'custom_fields') AS one WHERE jsonb_exists_any(value, {said}))"
        return f"(strpos(body, '\"{SAYS_ITSELF}') > 0 AND ({in_labels} OR {in_fields}))"

    def _given(self, value: object) -> str:
        name = f"stale_{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _alike(selectors: Iterable[Conditions]) -> list[Group]:
    """Return the selectors that name the same fields as one: a little wider than they are, and never long.

    What holds a NUL is left out: the database could not take it, and a body that shows it holds one too.
    """
    groups: defaultdict[tuple[str, ...], defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for conditions in selectors:
        group = groups[tuple(name for name, _ in conditions)]
        for name, values in conditions:
            group[name].update(value for value in values if "\x00" not in value)
    return [group for names, group in groups.items() if "\x00" not in "".join(names)]


def _fewest(group: Group) -> Collection[str]:
    """Return the values of the field that has fewest, of those that stand in the body; none where there is none."""
    return min((values for name, values in group.items() if name not in _IN_REF), key=len, default=())
