"""The rules, on real and made issues, come to exactly what a reference that was written apart came to."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.detector.policy import compile_strategy
from services.detector.rule import Telling
from services.detector.verdict import Draft
from tests.detector.brute import World
from tests.detector.references import DATA, REFERENCES, Reference, place

Row = tuple[str, tuple[str, ...], str, str | None, str | None]


def _found(drafts: Iterable[Draft], world: World) -> list[Row]:
    return sorted((d.rule, _subjects(d, world), str(d.severity), d.team, d.objective) for d in drafts)


def _subjects(draft: Draft, world: World) -> tuple[str, ...]:
    """Return what the reference calls them. It sorts the members of a cycle by key; a finding sorts them by ref."""
    assert draft.rule != "dependency-cycle" or list(draft.subjects) == sorted(draft.subjects)
    shown = tuple(_shown(ref, world) for ref in draft.subjects)
    return tuple(sorted(shown)) if draft.rule == "dependency-cycle" else shown


def _shown(ref: str, world: World) -> str:
    return world.items[ref].key if ref in world.items else ref


def _idle(drafts: Iterable[Draft], world: World) -> dict[tuple[str, ...], int]:
    """Return the working days for which each stalled dependency or idle objective has rested, as told."""
    return {
        _subjects(draft, world): Telling(draft, {}, world.context, world.now).working_days()
        for draft in drafts
        if draft.rule in ("stalled-dependency", "objective-idle")
    }


def _expected(findings: Iterable[dict[str, Any]]) -> list[Row]:
    return sorted((f["rule"], tuple(f["subjects"]), f["severity"], f["team"], f["objective"]) for f in findings)


@pytest.mark.skipif(not DATA.exists(), reason="the reference data is not beside this checkout")
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.path.stem)
def test_findings_and_counts_equal_the_reference(reference: Reference) -> None:
    strategy, expected = reference.strategy(), reference.expected()
    world = World(place(reference.items(), strategy), compile_strategy(strategy), reference.as_of)

    assert len(world.items) == expected["items"]
    assert sum(item.is_open for item in world.items.values()) == expected["open"]
    assert sum(item.objective is not None for item in world.items.values()) == expected["aligned"]
    assert len(list(world.live())) == expected["live_dependencies"]
    drafts = world.judge().findings
    assert _found(drafts, world) == _expected(expected["findings"])
    assert _idle(drafts, world) == {tuple(f["subjects"]): f["idle"] for f in expected["findings"] if "idle" in f}
