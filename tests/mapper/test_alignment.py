"""Inheritance: the parent first, then the epic, then the twin, each with all that stands above it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.aligned_items import Alignment, AlignmentRule
from schemas.work_items import Tracker, Twin, WorkItem
from services.mapper.alignment import Neighbourhood, align, node_of
from services.mapper.claims import CompiledStrategy
from tests.builders import ref_of, work_item
from tests.mapper.strategies import compiled, objective

PLAN = compiled(*(objective(name, {"label": name}) for name in ("grow", "keep", "calm")))


def around(*items: WorkItem, plan: CompiledStrategy = PLAN) -> Neighbourhood:
    found = Neighbourhood()
    for item in items:
        found.add(node_of(item, plan.claim(item)))
    return found


def outcome(number: int | str, *items: WorkItem) -> tuple[str | None, AlignmentRule, str | None]:
    found = align(str(number) if ":" in str(number) else ref_of(number), around(*items))
    return found.objective, found.rule, found.via


def asana(number: int, **fields: Any) -> WorkItem:
    return work_item(number, **fields).model_copy(update={"ref": ref_of(number, "board", "asana"), "key": str(number)})


def twin(key: str, tracker: Tracker = Tracker.JIRA) -> tuple[Twin, ...]:
    return (Twin(tracker=tracker, key=key),)


GROW = work_item(1, labels=("grow",))
KEEP = work_item(2, labels=("keep",))


def test_its_own_claim_comes_first() -> None:
    child = work_item(3, labels=("calm",), parent=GROW.ref, epic=KEEP.ref)
    assert outcome(3, GROW, KEEP, child) == ("calm", AlignmentRule.SELECTOR, None)


def test_the_parent_comes_before_the_epic() -> None:
    assert outcome(3, GROW, KEEP, work_item(3, epic=GROW.ref, parent=KEEP.ref)) == (
        "keep", AlignmentRule.PARENT, KEEP.ref
    )  # fmt: skip


def test_what_stands_above_the_parent_comes_before_the_epic() -> None:
    middle = work_item(4, parent=GROW.ref)
    assert outcome(3, GROW, KEEP, middle, work_item(3, parent=middle.ref, epic=KEEP.ref)) == (
        "grow", AlignmentRule.PARENT, middle.ref
    )  # fmt: skip


def test_the_epic_speaks_where_the_parent_is_silent_or_unknown() -> None:
    silent = work_item(4)
    for parent in (silent.ref, ref_of(99)):
        found = outcome(3, KEEP, silent, work_item(3, parent=parent, epic=KEEP.ref))
        assert found == ("keep", AlignmentRule.EPIC, KEEP.ref)


def test_parent_and_epic_may_be_told_by_key_within_their_site() -> None:
    elsewhere = work_item(1, site="other", labels=("calm",))
    assert outcome(3, elsewhere, GROW, work_item(3, epic_key="APP-1")) == ("grow", AlignmentRule.EPIC, GROW.ref)
    assert outcome(3, elsewhere, work_item(3, epic_key="APP-1")) == (None, AlignmentRule.NONE, None)


def test_the_key_counts_where_nothing_is_known_by_the_ref() -> None:
    other = work_item(3, parent=ref_of(99), parent_key="APP-1", epic=KEEP.ref, epic_key="APP-1")
    assert outcome(3, GROW, KEEP, other) == ("grow", AlignmentRule.PARENT, GROW.ref)
    assert outcome(3, KEEP, other) == ("keep", AlignmentRule.EPIC, KEEP.ref)


def test_the_twin_speaks_last_by_key_or_by_ref() -> None:
    by_key, by_ref = asana(9, twins=twin("APP-1")), asana(9, twins=(Twin(tracker=Tracker.JIRA, ref=GROW.ref),))
    for task in (by_key, by_ref):
        assert outcome(task.ref, GROW, KEEP, task) == ("grow", AlignmentRule.TWIN, GROW.ref)
    inside = asana(9, twins=twin("APP-1"), epic=KEEP.ref)
    assert outcome(inside.ref, GROW, KEEP, inside) == ("keep", AlignmentRule.EPIC, KEEP.ref)


def test_a_twin_counts_from_both_sides_whoever_tells_of_it() -> None:
    task = asana(9, labels=("grow",), twins=twin("APP-3"))
    assert outcome(3, task, work_item(3)) == ("grow", AlignmentRule.TWIN, task.ref)


def test_the_twin_s_own_parent_counts() -> None:
    task = asana(9, parent=ref_of(8, "board", "asana"), twins=twin("APP-3"))
    above = asana(8, labels=("keep",))
    child = work_item(4, parent=ref_of(3))
    assert outcome(4, above, task, work_item(3), child) == ("keep", AlignmentRule.PARENT, ref_of(3))


def test_an_heir_is_not_ambiguous_and_keeps_its_own_note() -> None:
    parent = work_item(1, labels=("grow", "keep"))
    child = work_item(3, parent=parent.ref, labels=("objective:gone",))
    assert align(parent.ref, around(parent, child)).ties
    assert align(child.ref, around(parent, child)) == Alignment(
        objective="grow", rule=AlignmentRule.PARENT, selector="{label: grow}", via=parent.ref,
        unknown_objectives=("gone",),
    )  # fmt: skip


def in_vain(item: WorkItem, *others: WorkItem) -> list[str]:
    return list(around(item, *others).unmet(node_of(item, PLAN.claim(item))))


def test_an_item_points_in_vain_to_whom_nobody_knows() -> None:
    told_by_key = (Twin(tracker=Tracker.ASANA, key="9"), Twin(tracker=Tracker.JIRA, ref=KEEP.ref))
    child = work_item(3, parent=GROW.ref, parent_key="GROW-1", epic_key="GROW-8", twins=told_by_key)
    site = child.ref.rpartition(":")[0]
    assert in_vain(child) == [GROW.ref, f"{site} GROW-1", f"{site} GROW-8", "asana 9", KEEP.ref]
    assert in_vain(child, KEEP, asana(9)) == [GROW.ref, f"{site} GROW-1", f"{site} GROW-8"]
    assert in_vain(work_item(3), GROW) == []


def test_a_ref_that_is_known_makes_up_for_the_key_beside_it_and_no_key_for_a_ref() -> None:
    by_both = work_item(3, epic=GROW.ref, epic_key="APP-2")
    assert in_vain(by_both, GROW) == []
    assert in_vain(by_both, KEEP) == [GROW.ref]


def test_a_circle_of_parents_ends() -> None:
    ring = [work_item(number, parent=ref_of(number % 3 + 1)) for number in (1, 2, 3)]
    assert outcome(1, *ring) == (None, AlignmentRule.NONE, None)
    claimed = ring[2].model_copy(update={"labels": ("calm",)})
    assert outcome(1, *ring[:2], claimed) == ("calm", AlignmentRule.PARENT, ref_of(2))
    assert outcome(1, work_item(1, parent=ref_of(1), epic=ref_of(1))) == (None, AlignmentRule.NONE, None)


def test_a_long_chain_does_not_end_the_stack() -> None:
    chain = [work_item(number, parent=ref_of(number - 1)) for number in range(2, 3001)]
    assert outcome(3000, GROW, *chain) == ("grow", AlignmentRule.PARENT, ref_of(2999))


LINKS = st.none() | st.integers(1, 6).map(ref_of)
GRAPHS = st.lists(
    st.tuples(st.sampled_from([(), (), ("grow",), ("keep",)]), LINKS, LINKS, LINKS), min_size=6, max_size=6
)


def drawn(graph: Sequence[tuple[tuple[str, ...], str | None, str | None, str | None]]) -> list[WorkItem]:
    return [
        work_item(number, labels=labels, parent=parent, epic=epic,
                  twins=(Twin(tracker=Tracker.JIRA, ref=other),) if other else ())
        for number, (labels, parent, epic, other) in enumerate(graph, start=1)
    ]  # fmt: skip


@given(GRAPHS, st.randoms())
def test_the_order_in_which_items_are_known_does_not_show(graph: Any, random: Any) -> None:
    items = drawn(graph)
    shuffled = random.sample(items, len(items))
    first, second = around(*items), around(*shuffled)
    assert [align(item.ref, first) for item in items] == [align(item.ref, second) for item in items]


@given(GRAPHS)
def test_whoever_can_reach_a_claim_has_an_objective_and_nobody_else(graph: Any) -> None:
    items = drawn(graph)
    known = around(*items)
    for item in items:
        reached, waiting = set[str](), [item.ref]
        while waiting:
            ref = waiting.pop()
            if ref not in reached:
                reached.add(ref)
                waiting.extend(above for _, above in known.above(known.nodes[ref]))
        claims = {known.nodes[ref].direct.objective for ref in reached} - {None}
        found = align(item.ref, known)
        assert found.objective in claims if claims else found.objective is None
