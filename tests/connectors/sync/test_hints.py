"""Rules of hints: each becomes one fetch, none is answered by a fetch that began before it, floods are bounded."""

import asyncio

import pytest

from schemas.work_items import Absence, WorkItemSnapshot
from services.connectors import hints as hints_module
from services.connectors.hints import TOO_MANY_UNKNOWN, add_hints, answer_hints, oldest_hints
from services.connectors.queries import set_aside_lines, waiting_hints
from services.connectors.syncing import STUCK_TRIES
from services.runtime.errors import Transient
from tests.connectors.sync.bench import Bench
from tests.connectors.sync.fake_tracker import SITE


@pytest.fixture
async def opened(bench: Bench) -> Bench:
    bench.site.add(10)
    await bench.quiet()
    bench.bus.log.clear()
    bench.client.calls.clear()
    return bench


async def hint(bench: Bench, *changed: str, deleted: tuple[str, ...] = ()) -> int:
    async with bench.room.transaction() as conn:
        at = bench.bus.clock.wall()
        return await add_hints(conn, SITE, changed=changed, deleted=deleted, reason="webhook", at=at)


async def set_aside(bench: Bench) -> list[str]:
    async with bench.room.transaction() as conn:
        return [one.source for one in await set_aside_lines(conn)]


async def test_many_hints_of_one_item_are_one_fetch(opened: Bench) -> None:
    opened.site.rename("3", "renamed")
    for _ in range(5):
        await hint(opened, "3", "3")
    assert await opened.sync.step()
    assert opened.client.asked("fetch") == [("3",)]
    assert [one.item.title for one in opened.sent(WorkItemSnapshot)] == ["renamed"]
    async with opened.room.transaction() as conn:
        assert await waiting_hints(conn, [SITE]) == 0


async def test_a_hint_that_comes_during_the_fetch_is_answered_by_the_next(opened: Bench) -> None:
    await hint(opened, "3")
    async with opened.room.transaction() as conn:
        taken = await oldest_hints(conn, SITE, 10)
    opened.site.rename("3", "after the fetch")
    await hint(opened, "3")
    async with opened.room.transaction() as conn:
        await answer_hints(conn, SITE, taken)
        assert await waiting_hints(conn, [SITE]) == 1
    await opened.quiet()
    assert (await opened.kept())["jira:jira:3"].title == "after the fetch"


async def test_a_hint_of_a_deletion_is_believed_only_where_the_item_does_not_come(opened: Bench) -> None:
    opened.site.delete("3")
    await hint(opened, deleted=("3", "4"))
    await opened.sync.step()
    kept = await opened.kept()
    assert (kept["jira:jira:3"].visible, kept["jira:jira:3"].absence) == (False, Absence.DELETED)
    assert kept["jira:jira:4"].visible
    await hint(opened, "3")
    await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].absence is Absence.DELETED, "not to find it is no news"


async def test_a_deletion_that_an_older_hint_overtakes_is_still_one(opened: Bench) -> None:
    opened.site.delete("3")
    await hint(opened, deleted=("3",))
    await hint(opened, "3")
    await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].absence is Absence.DELETED


async def test_an_item_that_is_there_again_comes_back_by_itself(opened: Bench) -> None:
    opened.site.hidden = {"1"}
    await hint(opened, "3")
    await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].absence is Absence.UNREACHABLE
    opened.site.hidden = set()
    await opened.quiet()
    await opened.hold_tables()
    revisions = [one.revision for one in opened.sent(WorkItemSnapshot)]
    assert revisions == sorted(set(revisions))


async def test_an_older_answer_changes_nothing(opened: Bench) -> None:
    old = opened.site.items["3"] | {"fields": dict(opened.site.items["3"]["fields"])}
    opened.site.rename("3", "newer")
    await opened.quiet()
    opened.site.items["3"], newer = old, opened.site.items["3"]
    await hint(opened, "3")
    await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].title == "newer"
    opened.site.items["3"] = newer
    await opened.quiet()
    assert await opened.kept() == opened.site.truth()


async def test_an_id_that_the_tracker_refuses_is_set_aside_and_keeps_no_other_waiting(opened: Bench) -> None:
    opened.site.rename("3", "renamed")
    await hint(opened, "1", "2", "poison", "3")
    await opened.sync.step()
    assert (await opened.kept())["jira:jira:3"].title == "renamed"
    async with opened.room.transaction() as conn:
        assert await waiting_hints(conn, [SITE]) == 0
        assert [one.source for one in await set_aside_lines(conn)] == ["jira:jira:poison"]


async def test_an_item_at_which_the_tracker_always_breaks_down_keeps_no_other_waiting_for_ever(opened: Bench) -> None:
    for id_ in ("1", "2", "3", "4", "5"):
        opened.site.rename(id_, f"Better {id_}")
    opened.client.breaks_at = {"4"}
    for _ in range(STUCK_TRIES):
        with pytest.raises(Transient):
            await opened.quiet()
    await opened.quiet()
    kept = await opened.kept()
    titles = [kept[f"jira:jira:{id_}"].title for id_ in "12345"]
    assert titles == ["Better 1", "Better 2", "Better 3", "Item 4", "Better 5"]
    assert await set_aside(opened) == ["jira:jira:4"]
    opened.client.breaks_at = set()
    await opened.sync.census_now()
    await opened.hold_tables()


async def test_a_site_that_does_not_answer_is_no_items_fault(opened: Bench) -> None:
    for id_ in ("1", "2", "3", "4"):
        opened.site.rename(id_, "Better")
    opened.client.page = 50
    opened.client.breaks_at, opened.sync.desk.is_stuck = {"1"}, True

    def before(name: str) -> None:
        if name == "scopes":
            raise Transient("down")

    opened.client.before = before
    with pytest.raises(Transient, match="down"):
        await opened.quiet()
    opened.client.before, opened.sync.desk.is_stuck = lambda _: None, True
    opened.client.breaks_at = {"1", "2", "3", "4"}
    opened.client.calls.clear()
    with pytest.raises(Transient, match="broke down"):
        await opened.quiet()
    assert len(opened.client.asked("fetch")) == 3, "the whole and its halves, no more"
    assert await set_aside(opened) == []


async def test_an_item_that_cannot_be_mapped_is_set_aside_once(opened: Bench) -> None:
    opened.site.items["3"]["fields"]["created"] = "never"
    await hint(opened, "3")
    await opened.sync.step()
    await opened.quiet()
    async with opened.room.transaction() as conn:
        assert [one.reason for one in await set_aside_lines(conn)] == ["the issue has no readable time of creation"]
    assert len(opened.client.asked("fetch")) == 1, "the ledger knows the version that is of no use"


async def test_a_flood_of_unknown_ids_becomes_one_census(opened: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints_module, "MOST_UNKNOWN", 5)
    ids = opened.site.add(20)
    assert await hint(opened, "1", *ids[:10]) == 6
    assert await hint(opened, "2", *ids) == 6, "those that wait already are no more of them"
    assert (await opened.standing()).census_wanted == TOO_MANY_UNKNOWN
    async with opened.room.transaction() as conn:
        assert await waiting_hints(conn, [SITE]) == 7
    await opened.quiet()
    await opened.hold_tables()


async def test_hints_from_several_processes_at_once_are_one_hint(opened: Bench) -> None:
    await asyncio.gather(*(hint(opened, *"123456789", deleted=("10",)) for _ in range(8)))
    async with opened.room.transaction() as conn:
        assert await waiting_hints(conn, [SITE]) == 10


async def test_items_of_projects_that_are_not_configured_are_not_taken_in(bench: Bench) -> None:
    bench.site.add(3, "1")
    bench.client.wanted, bench.fields = ("APP",), {"projects": ("APP",)}
    bench.again()
    await bench.quiet()
    [other] = bench.site.add(1, "2")
    await hint(bench, other, "1")
    await bench.quiet()
    assert sorted(await bench.kept()) == ["jira:jira:1", "jira:jira:2", "jira:jira:3"]
    bench.site.move("2", "2")
    await hint(bench, "2")
    await bench.quiet()
    moved = (await bench.kept())["jira:jira:2"]
    assert (moved.visible, moved.absence) == (False, Absence.MOVED)
    bench.site.move("2", "1")
    await bench.quiet()
    assert (await bench.kept())["jira:jira:2"].visible
