"""Random facts for tests of what all rules promise: items with their history, twins, pace and children, and objectives.

Judged is around 1 April 2026, a Wednesday: Berlin's clocks went on three days ago, and Easter with its holidays is
near. The cycle began on 2 March, so that most of what happened counts. Nobody owns `safe`, which has its own policy.
"""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from schemas.aligned_items import Claim
from schemas.work_items import Absence, ChangeAspect, ItemType, Resolution, StatusCategory
from services.detector.facts import (
    DependencyFacts,
    Difference,
    DueMove,
    EpicFacts,
    ItemFacts,
    ItemNeighbourhood,
    ObjectiveFacts,
    PaceFacts,
    TwinFacts,
)
from services.detector.policy import compile_strategy
from tests.detector.made import item, strategy

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
EARLIER = st.timedeltas(timedelta(0), timedelta(days=70)).map(lambda ago: NOW - ago)
JUST_NOW = st.timedeltas(timedelta(0), timedelta(minutes=90)).map(lambda ago: NOW - ago)
DUES = st.none() | st.dates(date(2026, 3, 1), date(2026, 6, 30))
TEAMS = st.sampled_from(("app", "pay", "tokyo", "gulf", "nobody"))
GOALS = st.sampled_from((None, "easy", "safe", "forgotten"))
LABELS = st.sampled_from(((), (), ("decision",), ("discovery",), ("night", "escalation")))
TYPE_NAMES = st.sampled_from(("Task", "Task", "Decision", "Spike"))
TIES = st.sampled_from(((), (), (Claim(objective="safe", selector="label: night", fields=1, position=1),)))
SALES = {"id": "sales", "title": "More buyers pay by card", "due_on": "2026-05-05"}
CONTEXT = compile_strategy(
    strategy(
        cycle={"id": "c", "starts_on": "2026-03-02", "ends_on": "2026-12-31"},
        objectives=[
            {"id": "easy", "title": "Buyers pay in one step", "team": "app", "due_on": "2026-05-05", "owner": "ana",
             "key_results": [SALES], "policy": {"aging_min_finished": 2, "disagreement_minutes": 5}},
            {"id": "safe", "title": "No order is lost", "team": "pay", "baseline_on": "2026-04-04",
             "policy": {"idle_after_working_days": 2, "slip_moves": 1}},
            {"id": "new", "title": "Orders come from afar", "team": "tokyo", "baseline_on": "2026-04-03"},
        ],
    )
)  # fmt: skip


@st.composite
def items(draw: st.DrawFn, number: int) -> ItemFacts:
    """Return an item in any state; most are in sight, and most are no epics."""
    created, touched = sorted((draw(EARLIER), draw(EARLIER)))
    status = draw(st.sampled_from(tuple(StatusCategory)))
    is_done = status is StatusCategory.DONE
    visible = draw(st.sampled_from((True, True, True, False)))
    return item(
        number,
        team=draw(TEAMS),
        objective=draw(GOALS),
        type=draw(st.sampled_from((ItemType.TASK, ItemType.TASK, ItemType.EPIC, ItemType.SUBTASK))),
        type_name=draw(TYPE_NAMES),
        labels=draw(LABELS),
        ties=draw(TIES),
        created=created,
        touched=touched,
        status_category=status,
        started=None if status is StatusCategory.TODO else draw(st.none() | EARLIER),
        done=touched if is_done else None,
        resolution=draw(st.none() | st.sampled_from(tuple(Resolution))) if is_done else None,
        due=draw(DUES),
        start=draw(DUES),
        assignee=draw(st.sampled_from((None, "Ana"))),
        visible=visible,
        absence=None if visible else draw(st.none() | st.sampled_from(tuple(Absence))),
    )


def dependents(first: int, most: int) -> st.SearchStrategy[tuple[DependencyFacts, ...]]:
    """Return at most so many that wait, numbered from the first, with links made some time ago or nobody knows when."""
    each = [st.builds(DependencyFacts, items(number), st.none() | EARLIER) for number in range(first, first + most)]
    return st.integers(0, most).flatmap(lambda count: st.tuples(*each[:count]))


def some(first: int, most: int) -> st.SearchStrategy[tuple[ItemFacts, ...]]:
    """Return at most so many items, numbered from the first."""
    return st.integers(0, most).flatmap(lambda count: st.tuples(*map(items, range(first, first + count))))


DAYS = st.dates(date(2026, 3, 1), date(2026, 6, 30))
DUE_MOVES = st.lists(st.builds(DueMove, EARLIER, DAYS, DAYS), max_size=4).map(
    lambda moves: tuple(sorted(moves, key=lambda move: move.at))
)


def difference(aspect: ChangeAspect, *values: str | None) -> st.SearchStrategy[tuple[Difference, ...]]:
    """Return a difference of this aspect, or none; some are so young that they do not count yet."""
    either = st.sampled_from(values)
    return st.just(()) | st.builds(Difference, st.just(aspect), either, either, EARLIER | JUST_NOW).map(
        lambda one: (one,)
    )


DIFFERENCES = st.tuples(
    difference(ChangeAspect.STATUS, "todo", "in_progress", "done"),
    difference(ChangeAspect.ASSIGNEE, "Ana", "ANA", None),
    difference(ChangeAspect.DUE, "2026-05-05", None),
    difference(ChangeAspect.ESTIMATE, "1.0", "2.0"),
).map(lambda found: tuple(one for some_ in found for one in some_))

PACES = st.builds(
    PaceFacts, st.sampled_from((1, 2, 11, 40)), st.timedeltas(timedelta(hours=1), timedelta(days=90))
) | st.just(PaceFacts())


EPICS = st.builds(EpicFacts, some(20, 2), some(30, 1)) | st.builds(EpicFacts, some(20, 2)) | st.none()


@st.composite
def neighbourhoods(draw: st.DrawFn) -> ItemNeighbourhood:
    """Return an item with everything that a rule on items reads."""
    subject = draw(items(1))
    twins = tuple(TwinFacts(twin, draw(DIFFERENCES)) for twin in draw(some(5, 1)))
    epic = draw(EPICS) if subject.type is ItemType.EPIC else None
    return ItemNeighbourhood(
        item=subject,
        blockers=draw(some(2, 2)),
        waiting=draw(dependents(10, 3)),
        twins=twins,
        due_moves=draw(DUE_MOVES),
        pace=draw(PACES),
        epic=epic,
        seen_from=draw(st.none() | EARLIER),
    )


def everybody(facts: ItemNeighbourhood) -> tuple[ItemFacts, ...]:
    """Return all items of a neighbourhood that a finding may name."""
    others = (*facts.blockers, *(wait.dependent for wait in facts.waiting), *(twin.item for twin in facts.twins))
    return (facts.item, *others)


@st.composite
def objectives(draw: st.DrawFn) -> ObjectiveFacts:
    """Return an objective with work in any state, or without."""
    known = draw(st.integers(0, 4))
    return ObjectiveFacts(
        draw(st.sampled_from(("easy", "safe", "new", "forgotten"))),
        open_items=draw(st.integers(0, known)),
        last_touch=draw(EARLIER) if known else None,
        leaves_base=draw(st.integers(0, 9)),
        leaves_added=draw(st.integers(0, 9)),
        items=known,
        in_progress=draw(st.integers(0, 1)),
        progress_ended=draw(st.none() | EARLIER),
        open_from=draw(EARLIER) if known else None,
        hidden=draw(st.sampled_from((0, 0, 0, 2))),
        due_moves=draw(DUE_MOVES),
        seen_from=draw(st.none() | EARLIER),
    )
