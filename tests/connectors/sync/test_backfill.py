"""Rules of the first contact: everything once, as one load, resumed wherever it broke off."""

import asyncio
from collections.abc import Callable

import pytest

from schemas.marks import FlowMark, MarkKind
from schemas.work_items import WorkItemChange, WorkItemSnapshot
from services.connectors.backfill import Pace, Reading
from services.connectors.hints import add_hints
from services.connectors.syncing import Sync
from services.connectors.tracker import RawPage, Scope
from services.runtime.errors import LeewayError, Misconfigured, Permanent, RateLimited, Transient
from tests.connectors.sync.bench import Bench, Killed
from tests.connectors.sync.fake_tracker import SITE, FakeSite


def grown(site: FakeSite) -> None:
    """Let the site have 25 items in two projects, with some history."""
    first = [*site.add(15, "1"), *site.add(10, "2")]
    for id_ in first[::3]:
        site.rename(id_, f"Better {id_}")
        site.comment(id_)


def fail_with(error: LeewayError) -> Callable[[str], None]:
    """Return what has each call fail."""

    def before(_: str) -> None:
        raise error

    return before


async def test_everything_goes_out_in_one_load_and_its_mark_comes_last(bench: Bench) -> None:
    grown(bench.site)
    await bench.quiet()
    await bench.hold()
    flow = (await bench.standing()).flow
    assert flow is not None
    assert flow.startswith("opening:jira:")
    assert {one.flow for one in bench.sent(WorkItemSnapshot)} == {flow}
    assert {one.flow for one in bench.sent(WorkItemChange)} == {flow}
    assert {(one.id, one.kind) for one in bench.sent(FlowMark)} == {(flow, MarkKind.IMPORT)}
    first_mark = next(at for at, one in enumerate(bench.bus.log) if one.key.startswith("mark:"))
    assert all(one.key.startswith("mark:") for one in bench.bus.log[first_mark:])
    revisions = [one.revision for one in bench.sent(WorkItemSnapshot)]
    assert len(revisions) == len(set(revisions)) == 25


async def test_what_changes_during_the_first_contact_is_read_after_it(bench: Bench) -> None:
    grown(bench.site)
    opened: list[str] = []

    def before(name: str) -> None:
        if name == "backfill_page" and not opened:
            opened.append(name)
            bench.site.rename("1", "meanwhile")
            bench.site.add(1, "2")

    bench.client.before = before
    await bench.quiet()
    await bench.hold()


async def test_hints_wait_until_the_first_contact_is_over(bench: Bench) -> None:
    grown(bench.site)
    async with bench.room.transaction() as conn:
        await add_hints(conn, SITE, changed=["3"], reason="webhook", at=bench.bus.clock.wall())
    await bench.quiet()
    names = [name for name, _ in bench.client.calls]
    assert names.index("fetch") > max(at for at, name in enumerate(names) if name == "backfill_page")
    assert await bench.rows("SELECT item FROM hints") == []
    assert {one.flow for one in bench.sent(WorkItemSnapshot)} == {(await bench.standing()).flow}


async def test_a_kill_at_any_call_goes_on_where_it_was_and_ends_equal(bench: Bench) -> None:
    bench.client.parallel = 1
    grown(bench.site)
    number, more = 0, True
    while more:
        number += 1
        bench.again()
        count = bench.kill_at(number)
        try:
            await bench.quiet()
        except Killed:
            assert count() >= number
        more = count() >= number
    await bench.hold()
    assert len({one.id for one in bench.sent(FlowMark)}) == 1, "it is one load, however often it broke off"
    assert number > 5, "there were some places to die at"


async def test_each_page_is_a_place_to_go_on_from(bench: Bench) -> None:
    grown(bench.site)
    bench.client.parallel = 1
    pages = 0

    def before(name: str) -> None:
        nonlocal pages
        pages += name == "backfill_page"
        if pages == 3:
            raise Killed

    bench.client.before = before
    with pytest.raises(Killed):
        await bench.quiet()
    bench.again()
    bench.client.calls.clear()
    await bench.quiet()
    assert bench.client.asked("backfill_page")[0] == ("1", "14"), "two pages were kept, the third was asked for"
    await bench.hold()


async def test_a_scope_that_cannot_be_read_does_not_keep_the_others_from_it(bench: Bench) -> None:
    grown(bench.site)
    bench.client.unreadable = {"2"}
    await bench.quiet()
    assert len(await bench.kept()) == 15
    assert "WEB cannot be read: no right to browse WEB" in bench.sync.desk.lost["2"]
    bench.client.unreadable = set()
    bench.again()
    await bench.quiet()
    await bench.hold()


async def test_a_site_of_which_nothing_can_be_read_is_no_site_without_items(bench: Bench) -> None:
    grown(bench.site)
    bench.client.unreadable = {"1", "2"}
    with pytest.raises(Permanent, match="no right"):
        await bench.quiet()
    assert (await bench.standing()).opened_at is None


async def test_a_site_without_items_is_read_when_it_has_some(bench: Bench) -> None:
    await bench.quiet()
    assert (await bench.standing()).opened_at is not None
    grown(bench.site)
    await bench.quiet()
    await bench.hold()


async def test_nothing_is_asked_before_the_pause_is_over_that_the_site_asks_for(bench: Bench) -> None:
    grown(bench.site)

    def before(name: str) -> None:
        if name == "high_water":
            raise RateLimited("slow down", retry_after=1_847)

    bench.client.before = before
    assert not await bench.sync.step()
    asked = len(bench.client.calls)
    assert not await bench.sync.step()
    assert (bench.sync.is_waiting, len(bench.client.calls)) == (True, asked)
    assert bench.sync.pending() == {}, "so long a pause is nothing to wait for"


async def test_work_that_is_tried_again_in_a_moment_is_still_to_be_done(bench: Bench) -> None:
    grown(bench.site)
    bench.client.before = fail_with(Transient("not now"))
    await bench.sync.step()
    assert bench.sync.pending() == {"backfills": 1, "readings": 0}
    bench.again()
    await bench.quiet()
    assert bench.sync.pending() == {"backfills": 0, "readings": 0}
    bench.client.before = fail_with(Misconfigured("the token is wrong"))
    with pytest.raises(Misconfigured):
        await bench.quiet()
    assert bench.sync.pending() == {}, "a person must do something first"


async def test_tries_do_not_add_up_while_pages_come(bench: Bench) -> None:
    bench.site.add(60)
    bench.client.parallel, calls = 1, 0

    def before(name: str) -> None:
        nonlocal calls
        calls += name == "backfill_page"
        if name == "backfill_page" and calls % 3 == 0:
            raise Transient("not now")

    bench.client.before = before
    tries = []
    while (await bench.standing()).opened_at is None:
        await bench.sync.step()
        tries.append(bench.sync.trouble.tries if bench.sync.trouble else 0)
        await asyncio.sleep(0.01)
    assert set(tries) <= {0, 1}
    await bench.hold()


async def test_progress_is_told_with_the_time_that_is_left(bench: Bench) -> None:
    grown(bench.site)
    told: list[Reading] = []
    sync = Sync(bench.sync.site, lambda _, reading: told.append(reading))
    await sync.now()
    assert [one.items for one in told] == sorted(one.items for one in told)
    assert (told[-1].items, told[-1].total, told[-1].done, told[-1].seconds_left) == (25, 25, True, 0.0)


def test_the_total_is_told_once_every_scope_has_told_its_own(bench: Bench) -> None:
    pace = Pace(bench.bus.clock)
    scopes = (Scope("1", "One"), Scope("2", "Two"))
    pace.begin(scopes, {})
    pace.came(scopes[0], RawPage(({},) * 5, None, 10))
    assert (pace.reading().items, pace.reading().total) == (5, None)
    pace.came(scopes[1], RawPage(({},) * 5, None, 20))
    assert (pace.reading().items, pace.reading().total) == (10, 30)
