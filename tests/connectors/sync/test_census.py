"""Rules of the census: it finds what nobody told, missing is not gone, and a mass disappearance waits for a person."""

from copy import deepcopy
from datetime import timedelta

import pytest

from schemas.connections import ConnectionState
from schemas.work_items import Absence, WorkItemChange, WorkItemSnapshot
from services.connectors.census import is_too_many
from services.connectors.commands import ask_for_census, confirm_missing
from services.connectors.hints import add_hints
from services.connectors.reporting import judge
from services.connectors.restored import PATIENCE, OlderStates
from services.connectors.tracker import Listed
from services.runtime.errors import Misconfigured
from tests.connectors.sync.bench import Bench, Killed
from tests.connectors.sync.fake_tracker import SITE, as_client


@pytest.fixture
async def opened(bench: Bench) -> Bench:
    bench.site.add(20, "1")
    bench.site.add(20, "2")
    await bench.quiet()
    bench.bus.log.clear()
    bench.client.calls.clear()
    return bench


async def test_what_no_poll_can_see_is_found(opened: Bench) -> None:
    opened.site.relabel_silently("3", "moved")
    opened.site.delete("4")
    await opened.quiet()
    assert (await opened.kept())["jira:jira:4"].visible, "a poll does not see that"
    await opened.sync.census_now()
    kept = await opened.kept()
    assert kept["jira:jira:3"].labels == ("moved",)
    assert (kept["jira:jira:4"].visible, kept["jira:jira:4"].absence) == (False, Absence.UNREACHABLE)
    assert kept["jira:jira:4"].title == "Item 4", "it stays as it was last known"
    assert opened.client.asked("fetch") == [("3",), ("4",)], "nothing is fetched that did not differ"
    await opened.hold_tables()


async def test_a_census_of_a_quiet_site_tells_nothing_and_fetches_nothing(opened: Bench) -> None:
    await opened.sync.census_now()
    assert (opened.client.asked("fetch"), opened.bus.log) == ([], [])


async def test_an_item_that_is_gone_is_told_once(opened: Bench) -> None:
    opened.site.delete("4")
    await opened.sync.census_now()
    await opened.sync.census_now()
    assert [one.item.key for one in opened.sent(WorkItemSnapshot)] == ["APP-4"]
    assert opened.sent(WorkItemChange) == []


@pytest.mark.parametrize(
    ("missing", "there", "expected"),
    [(10, 10, False), (11, 40, True), (11, 55, False), (200, 1_000, False), (201, 1_000, True), (0, 0, False)],
)
def test_few_may_always_be_missing_and_many_never(missing: int, there: int, *, expected: bool) -> None:
    assert is_too_many(missing, there, 0.2) is expected


async def test_a_mass_disappearance_marks_nothing_until_a_person_confirms(opened: Bench) -> None:
    with pytest.raises(Misconfigured, match="nothing to confirm"):
        await confirm_missing(opened.room, SITE)
    for number in range(21, 41):
        opened.site.delete(str(number))
    await opened.sync.census_now()
    assert all(item.visible for item in (await opened.kept()).values())
    standing = await opened.standing()
    assert standing.missing == 20
    state, reason = judge(opened.sync.desk, standing, None, opened.bus.clock.now())
    assert state is ConnectionState.DEGRADED
    assert reason is not None
    assert "20 items are missing" in reason
    assert "leeway connections confirm jira" in reason
    assert await confirm_missing(opened.room, SITE) == 20
    await opened.quiet()
    await opened.hold_tables()
    standing = await opened.standing()
    assert (standing.missing, standing.missing_confirmed) == (0, False), "a confirmation is good for once"


async def test_what_was_held_back_and_is_there_again_needs_no_person(opened: Bench) -> None:
    opened.site.hidden = {"2"}
    await opened.sync.census_now()
    assert (await opened.standing()).missing == 20
    opened.site.hidden = set()
    opened.site.rename("25", "renamed meanwhile")
    await opened.sync.census_now()
    assert (await opened.standing()).missing == 0
    await opened.hold_tables()


async def test_a_small_project_that_is_gone_leaves_its_items_unreachable(opened: Bench) -> None:
    opened.site.projects["3"] = "OPS"
    opened.site.add(4, "3")
    await opened.sync.census_now()
    opened.site.hidden = {"3"}
    await opened.sync.census_now()
    kept = await opened.kept()
    assert [item.absence for item in kept.values() if item.project.key == "OPS"] == [Absence.UNREACHABLE] * 4
    opened.site.hidden = set()
    opened.site.comment("41")
    await opened.sync.census_now()
    await opened.hold_tables()


async def test_a_configured_project_that_is_gone_does_not_stop_the_others(bench: Bench) -> None:
    bench.client.wanted, bench.fields = ("APP", "WEB"), {"projects": ("APP", "WEB")}
    bench.again()
    bench.site.add(30, "1")
    bench.site.add(2, "2")
    await bench.quiet()
    bench.site.hidden = {"2"}
    bench.site.rename("1", "renamed")
    bench.again()
    await bench.sync.census_now()
    kept = await bench.kept()
    assert kept["jira:jira:1"].title == "renamed"
    assert kept["jira:jira:31"].absence is Absence.UNREACHABLE
    assert bench.sync.desk.scopes_problem == "There is no project WEB."


async def test_a_new_project_is_read_by_a_census_of_its_own_accord(opened: Bench) -> None:
    opened.site.projects["3"] = "OPS"
    ids = opened.site.add(9, "3")
    for id_ in ids:
        opened.site.items[id_]["fields"]["updated"] = "2020-01-01T00:00:00.000+0000"
    await opened.quiet()
    assert len(await opened.kept()) == 40
    opened.again()
    await opened.quiet()
    assert len(await opened.kept()) == 49


async def test_an_item_that_was_moved_is_found_where_it_is(opened: Bench) -> None:
    opened.site.move("3", "2")
    await opened.sync.census_now()
    moved = (await opened.kept())["jira:jira:3"]
    assert (moved.key, moved.visible) == ("WEB-3", True)


async def test_many_that_do_not_come_at_once_are_left_to_the_census(opened: Bench) -> None:
    ids = tuple(str(number) for number in range(21, 41))
    for id_ in ids:
        opened.site.delete(id_)
        async with opened.room.transaction() as conn:
            await add_hints(conn, SITE, changed=[id_], reason="webhook", at=opened.bus.clock.wall())
    await opened.sync.step()
    assert all(item.visible for item in (await opened.kept()).values())
    assert (await opened.standing()).census_wanted == "many items could not be fetched at once"
    await opened.quiet()
    assert (await opened.standing()).missing == 20


async def test_a_kill_at_any_call_of_a_census_goes_on_where_it_was(opened: Bench) -> None:
    opened.site.relabel_silently("3", "moved")
    opened.site.relabel_silently("33", "moved")
    for id_ in ("4", "14", "24"):
        opened.site.delete(id_)
    await ask_for_census(opened.room, SITE)
    number, more = 0, True
    while more:
        number += 1
        opened.again()
        count = opened.kill_at(number)
        try:
            await opened.quiet()
        except Killed:
            opened.site.add(1, "2")
        more = count() >= number
    await opened.hold_tables()
    assert (await opened.standing()).census_wanted is None


async def test_a_census_comes_by_itself_when_it_is_time(opened: Bench) -> None:
    opened.fields = {"pace": {"reconcile_hours": 1e-9, "poll_seconds": 600}}
    opened.site.relabel_silently("3", "moved")
    opened.again()
    for _ in range(20):
        await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].labels == ("moved",)


async def test_a_site_that_was_restored_is_believed_once_it_keeps_to_its_older_state(
    opened: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = deepcopy(opened.site.items)
    opened.site.rename("3", "renamed after the backup")
    opened.site.rename("25", "this one too")
    await opened.quiet()
    opened.site.items = backup
    await opened.sync.census_now()
    opened.site.rename("25", "renamed after the restore")
    await opened.sync.census_now()
    kept = await opened.kept()
    assert kept["jira:jira:3"].title == "renamed after the backup", "it may be a copy that lags"
    assert kept["jira:jira:25"].title == "renamed after the restore"
    monkeypatch.setattr("services.connectors.restored.PATIENCE", timedelta(0))
    opened.client.calls.clear()
    await opened.sync.census_now()
    assert opened.client.asked("fetch") == [("3",)]
    assert (await opened.kept())["jira:jira:3"].title == "Item 3"
    fields = [one.field for one in opened.sent(WorkItemChange) if one.ref == "jira:jira:3"]
    assert fields == ["summary", "title"], "that it went back is told, by nobody"
    opened.client.calls.clear()
    await opened.sync.census_now()
    assert opened.client.asked("fetch") == []
    opened.site.rename("3", "and on")
    await opened.quiet()
    assert (await opened.kept())["jira:jira:3"].title == "and on"


def test_what_is_older_is_believed_when_it_was_listed_alike_some_time_before(bench: Bench) -> None:
    clock = bench.bus.clock
    older = OlderStates(as_client(bench.client), clock)
    kept = {"1": "5:a", "2": "5:a", "3": "5:a"}
    assert older.believed([Listed("1", "4:a"), Listed("2", "5:a"), Listed("9", "1:a")], kept) == []
    assert older.are_new
    older.begin()
    assert older.believed([Listed("1", "4:a"), Listed("2", "5:a")], kept) == [], "that was just now"
    assert not older.are_new
    older._seen = {id_: (version, at - PATIENCE) for id_, (version, at) in older._seen.items()}
    assert older.believed([Listed("1", "3:a")], kept) == [], "another state, which has to prove itself"
    older._seen = {id_: (version, at - PATIENCE) for id_, (version, at) in older._seen.items()}
    assert older.believed([Listed("1", "3:a"), Listed("3", "4:a")], kept) == ["1"]
    assert older.believed([Listed("1", "5:a")], kept) == []
    assert older.believed([Listed("1", "3:a")], kept) == [], "it was as new as ours in between"
