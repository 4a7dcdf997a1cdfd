"""Rules of polls and streams: nothing is lost to a lagging index, a kill or a gap, and nothing is fetched twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.work_items import WorkItemChange, WorkItemSnapshot
from services.connectors.census import GAP_PAUSE, Census
from services.connectors.cursors import EVERYWHERE, cursors_of
from services.connectors.untold import PREFIX
from services.runtime.errors import Transient
from tests.connectors.sync.bench import Bench, Killed
from tests.connectors.sync.fake_tracker import SITE, START


@pytest.fixture
async def opened(bench: Bench) -> Bench:
    """A connection whose first contact is over: ten items, quiet."""
    bench.fields = {"pace": {"overlap_seconds": 30}}
    bench.again()
    bench.site.add(10)
    await bench.quiet()
    bench.bus.log.clear()
    bench.client.calls.clear()
    return bench


def forget_the_log(bench: Bench) -> None:
    bench.bus.log.clear()
    bench.client.calls.clear()


async def cursor(bench: Bench) -> str:
    async with bench.room.transaction() as conn:
        at = (await cursors_of(conn, SITE, "poll"))[EVERYWHERE].value
    assert at is not None
    return at


async def test_what_changed_is_fetched_once_and_what_did_not_is_not_asked_for(opened: Bench) -> None:
    opened.site.rename("3", "renamed")
    await opened.quiet()
    assert opened.client.asked("fetch") == [("3",)]
    [snapshot] = opened.sent(WorkItemSnapshot)
    [change] = opened.sent(WorkItemChange)
    assert (snapshot.item.title, snapshot.flow, change.field, change.flow) == ("renamed", None, "summary", None)
    forget_the_log(opened)
    await opened.quiet()
    assert opened.client.asked("fetch") == [], "the overlap lists it again, and the ledger knows it"
    assert opened.bus.log == []


async def test_the_cursor_goes_to_what_was_listed_and_never_beyond(opened: Bench) -> None:
    opened.site.rename("3", "renamed")
    expected = int(opened.site.at.timestamp() * 1000)
    opened.site.at += timedelta(hours=3)
    await opened.quiet()
    assert int(await cursor(opened)) == expected
    assert opened.site.at - START > timedelta(hours=3)


async def test_what_the_index_shows_late_is_found_within_the_overlap(opened: Bench) -> None:
    opened.client.lag = timedelta(seconds=2)
    for number in range(12):
        opened.site.rename(str(number % 9 + 1), f"title {number}")
        await opened.quiet()
    opened.client.lag = timedelta(0)
    await opened.quiet()
    kept = await opened.kept()
    assert kept == opened.site.truth()
    assert await opened.told() == opened.site.changes()


async def test_a_page_that_could_not_be_kept_is_listed_again(opened: Bench) -> None:
    opened.site.rename("3", "renamed")
    before = await cursor(opened)
    opened.bus.refusals = 1
    with pytest.raises(Transient):
        await opened.quiet()
    assert await cursor(opened) == before
    await opened.quiet()
    assert (await opened.kept())["jira:jira:3"].title == "renamed"


async def test_a_kill_at_any_call_of_a_poll_loses_nothing(opened: Bench) -> None:
    for id_ in ("2", "5", "9"):
        opened.site.rename(id_, f"renamed {id_}")
    opened.site.add(9)
    number, more = 0, True
    while more:
        number += 1
        opened.again()
        count = opened.kill_at(number)
        try:
            await opened.quiet()
        except Killed:
            assert count() >= number
        more = count() >= number
    assert await opened.kept() == opened.site.truth()
    assert await opened.told() == opened.site.changes()


async def test_a_token_that_comes_again_ends_the_listing(opened: Bench) -> None:
    opened.client.endless = True
    opened.site.rename("3", "renamed")
    await opened.quiet()
    assert len(opened.client.asked("changed_page")) <= 3 * 2
    assert (await opened.kept())["jira:jira:3"].title == "renamed"


async def test_a_move_changes_the_key_and_never_the_ref(opened: Bench) -> None:
    opened.site.move("3", "2")
    await opened.quiet()
    kept = await opened.kept()
    assert kept["jira:jira:3"].key == "WEB-3"
    assert len(kept) == 10


async def test_what_no_history_tells_is_told_from_the_difference_once(opened: Bench) -> None:
    opened.site.reparent_silently("3", "1")
    await opened.sync.census_now()
    [change] = [one for one in opened.sent(WorkItemChange) if one.ref == "jira:jira:3"]
    assert (change.field, change.before, change.after, change.by) == ("parent", None, "jira:jira:1", None)
    assert change.change_id.startswith(PREFIX)
    opened.site.rename("3", "renamed")
    await opened.sync.census_now()
    fields = [one.field for one in opened.sent(WorkItemChange) if one.ref == "jira:jira:3"]
    assert fields == ["parent", "summary"], "what the history tells is not told from the difference"


async def test_streams_bring_hints_and_their_tokens_are_kept_with_them(bench: Bench) -> None:
    bench.client.has_streams = True
    bench.site.add(5)
    await bench.quiet()
    assert bench.client.asked("events_page")[0] == ("1", None), "the first token is taken before anything is read"
    names = [name for name, _ in bench.client.calls]
    assert names.index("events_page") < names.index("backfill_page")
    for id_ in "12345":
        bench.site.rename(id_, f"renamed {id_}")
        bench.site.comment(id_)
    bench.site.delete("4")
    await bench.quiet()
    await bench.hold()
    kept = await bench.kept()
    assert kept["jira:jira:4"].absence == "deleted"


async def test_lost_events_are_made_good_by_a_census(bench: Bench) -> None:
    bench.client.has_streams = True
    bench.site.add(5)
    await bench.quiet()
    bench.site.relabel_silently("2", "moved")
    bench.site.delete("4")
    bench.client.stream_from = len(bench.site.events)
    await bench.quiet()
    await bench.hold()
    assert (await bench.kept())["jira:jira:2"].labels == ("moved",)


async def test_a_stream_that_always_loses_events_is_no_reason_for_a_census_each_time(bench: Bench) -> None:
    bench.client.has_streams = True
    bench.site.add(5)
    await bench.quiet()
    bench.client.stream_from = 1_000_000
    begun = (await bench.standing()).census
    await bench.quiet()
    await bench.quiet()
    counted = (await bench.standing()).census
    assert counted == begun + 1, "the first gap is made good at once, those after it later"
    assert str((await bench.standing()).census_wanted).endswith("were lost")
    assert not Census(bench.sync.desk).is_due()
    bench.site.relabel_silently("2", "moved")
    await bench.sync.census_now()
    assert (await bench.standing()).census > counted, "who asks does not wait"
    await bench.quiet()
    assert not Census(bench.sync.desk).is_due()
    bench.sync.desk.standing = replace(bench.sync.desk.standing, census_at=bench.bus.clock.wall() - GAP_PAUSE)
    assert Census(bench.sync.desk).is_due(), "it comes in its time"
    bench.client.stream_from = 0
    await bench.quiet()
    assert (await bench.standing()).census_wanted is None, "a stream that is well again has its census at once"
    await bench.hold()


async def test_a_lost_scope_does_not_keep_the_others_from_being_polled(bench: Bench) -> None:
    bench.site.add(30, "1")
    bench.site.add(1, "2")
    await bench.quiet()
    bench.client.unreadable = {"2"}
    bench.site.rename("1", "renamed")
    await bench.quiet()
    assert (await bench.kept())["jira:jira:1"].title == "renamed"
    assert list(bench.sync.desk.lost) == ["2"]
    bench.site.rename("31", "renamed while it could not be read")
    await bench.quiet()
    bench.site.rename("2", "and others went on")
    bench.client.unreadable = set()
    bench.again()
    await bench.quiet()
    await bench.hold()


async def test_a_scope_that_is_lost_between_two_pages_has_the_rest_listed_from_the_beginning(bench: Bench) -> None:
    bench.site.add(30, "1")
    bench.site.add(1, "2")
    await bench.quiet()
    for number in range(1, 31):
        bench.site.rename(str(number), f"renamed {number}")
    pages = 0

    def before(name: str) -> None:
        nonlocal pages
        pages += name == "changed_page"
        if pages == 2:
            bench.client.unreadable = {"2"}

    bench.client.before = before
    while await bench.sync._poll.step():
        pass
    kept = await bench.kept()
    assert all(kept[f"jira:jira:{number}"].title == f"renamed {number}" for number in range(1, 31))
