"""What differs between two strategies: an item that meets nothing of it is the same by both."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.mapper.claims import CompiledStrategy, statements
from services.mapper.difference import Difference, difference
from services.mapper.selectors import conditions_of, values_of
from tests.mapper import drawn
from tests.mapper.strategies import Json, objective, strategy


def meets(item: WorkItem, differing: Difference, old: CompiledStrategy) -> bool:
    """Say whether the item meets anything of a difference."""
    return (
        any(all(values & set(values_of(item, name)) for name, values in one) for one in differing.selectors)
        or any(said.objective in differing.objectives for said in statements(item))
        or (differing.places and bool(old.claim(item).ties))
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data(), old=drawn.strategies(), items=st.lists(drawn.items(), min_size=5, max_size=10))
def test_an_item_that_meets_nothing_of_it_is_the_same_by_both(
    data: st.DataObject, old: Strategy, items: Sequence[WorkItem]
) -> None:
    new = data.draw(drawn.edited(old))
    before, after, differing = CompiledStrategy(1, old), CompiledStrategy(2, new), difference(old, new)
    for item in items:
        said = [(one.claim(item), one.team(item), one.category(item)) for one in (before, after)]
        assert said[0] == said[1] or meets(item, differing, before)


def told(*selectors: Json, name: str = "grow") -> Strategy:
    return strategy(objective(name, *selectors))


def labels_of(differing: Difference) -> set[str]:
    return {value for conditions in differing.selectors for _, values in conditions for value in values}


A, B, C, D = ({"label": name} for name in "abcd")


def test_of_equal_strategies_nothing_differs() -> None:
    assert difference(told(A, B, A), told(A, B, A)) == Difference()


def test_what_is_new_or_gone_differs_and_nothing_else() -> None:
    found = difference(told(A, B, C), told(A, C, D))
    assert labels_of(found) == {"b", "d"}
    assert found.places  # the third stands second now


def test_one_that_moved_to_the_end_differs_and_those_it_passed_do_not() -> None:
    assert labels_of(difference(told(A, B, C, D), told(B, C, D, A))) == {"a"}


def test_as_few_as_possible_count_as_moved() -> None:
    e, f = {"label": "e"}, {"label": "f"}
    assert labels_of(difference(told(A, B, C, D, e, f), told(A, C, e, B, f, D))) == {"b", "d"}


def test_one_that_stands_there_once_less_differs() -> None:
    assert labels_of(difference(told(A, A, A, B), told(A, A, B))) == {"a"}
    assert difference(told(A, A, A), told(A, A, A)) == Difference()


def test_order_between_selectors_of_other_numbers_of_fields_is_nothing() -> None:
    narrow = {"label": "b", "type": "Bug"}
    assert not difference(told(A, narrow), told(narrow, A)).selectors


def test_what_is_at_the_end_of_the_file_moves_no_place_of_the_others() -> None:
    assert not difference(told(A, B), told(A, B, C)).places
    assert not difference(told(A, B, C), told(A, B)).places


def test_a_selector_that_another_objective_has_now_differs() -> None:
    found = difference(told(A), told(A, name="keep"))
    assert labels_of(found) == {"a"}
    assert found.objectives == {"grow", "keep"}


def test_teams_and_categories_count_as_well() -> None:
    team = {"id": "app", "owns": [A]}
    capacity: Json = {"capacity": [{"id": "run", "share": [0, 1], "work": [B]}]}
    assert difference(strategy(), strategy(teams=(team,), **capacity)).selectors == {
        conditions_of(one) for one in (*strategy(teams=(team,)).teams[0].owns, *strategy(**capacity).capacity[0].work)
    }
