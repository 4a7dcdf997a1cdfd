"""Reading a whole workspace: pages, subtasks, stories, what changed, the census, and what became of the rest."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any, TypeVar

import orjson
import pytest

from schemas.work_items import Absence, Tracker
from services.connectors.asana.mapping import map_task
from services.connectors.asana.versions import is_news
from services.connectors.tracker import ListedPage, Raw, Scope
from services.runtime.errors import Misconfigured, RateLimited, Transient
from services.sandbox.company import build_company
from services.sandbox.fault_kinds import Fault, FaultKind
from tests.connectors.asana.sites import TODAY, Answer, Served, served, told
from tests.connectors.asana.sites import said as answered

T = TypeVar("T")


def batched(body: dict[str, Any]) -> Answer:
    return answered([{"status_code": 200, "body": body}])


async def backfill(at: Served, scope: Scope) -> list[Raw]:
    found: list[Raw] = []
    cursor: str | None = None
    while True:
        page = await at.client.backfill_page(scope, cursor)
        found += page.raws
        cursor = page.cursor
        if cursor is None:
            return found


async def census(at: Served, scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    cursor: str | None = None
    while True:
        page = await at.client.census_page(scope, cursor)
        found |= {listed.id: listed.version for listed in page.items}
        cursor = page.cursor
        if cursor is None:
            return found


def mapped(at: Served, raw: Any) -> object:
    return map_task(raw, "marketing", None, at.client.options())


async def test_a_whole_company_is_read_as_its_site_holds_it() -> None:
    async with served() as at:
        for item in build_company(3, TODAY).items_at(TODAY):
            if item.tracker is Tracker.ASANA:
                at.site.put(item.raw)
        found = {raw["gid"]: raw for scope in await at.client.scopes() for raw in await backfill(at, scope)}
        assert found.keys() == at.site.tasks.keys()
        assert len(found) > 200
        for gid, raw in found.items():
            there = orjson.loads(orjson.dumps(at.site.raw(gid)))
            assert mapped(at, raw) == mapped(at, there | ({"home": raw["home"]} if "home" in raw else {}))


async def test_subtasks_of_any_depth_come_with_their_top_and_a_task_in_two_projects_with_each() -> None:
    async with served("Here", "There") as at:
        here, there = await at.client.scopes()
        top = at.task(here.id, "Top")
        below = at.task(None, "Below", parent=top)
        deep = at.task(None, "Deep", parent=below)
        at.site.add_to_project(top, there.id, at.person)
        at.site.comment(deep, "Found it", at.person)
        ours, theirs = [{raw["gid"]: raw for raw in await backfill(at, scope)} for scope in (here, there)]
        assert ours.keys() == {top, below, deep}
        assert ours == theirs
        assert any(story["text"] == "Found it" for story in ours[deep]["stories"])
        assert (await census(at, here)).keys() == ours.keys()


async def test_a_subtask_in_no_project_is_at_home_where_the_task_is_that_it_is_a_part_of() -> None:
    async with served("Here", "There") as at:
        here, there = await at.client.scopes()
        top = at.task(here.id, "Top")
        below = at.task(None, "Below", parent=top)
        deep = at.task(None, "Deep", parent=below)
        read = {raw["gid"]: raw for raw in await backfill(at, here)}
        fetched = {raw["gid"]: raw for raw in (await at.client.fetch([top, below, deep])).raws}
        assert [[one["gid"] for one in raws[gid]["home"]] for raws in (read, fetched) for gid in (below, deep)] == (
            [[here.id]] * 4
        )
        assert "home" not in read[top]
        assert {at.client.version_of(read[gid]) == at.client.version_of(fetched[gid]) for gid in read} == {True}
        before = at.client.version_of(fetched[deep])
        at.site.add_to_project(top, there.id, at.person)
        at.site.remove_from_project(top, here.id, at.person)
        [moved] = (await at.client.fetch([deep])).raws
        assert at.client.is_news(at.client.version_of(moved), before)


async def test_a_task_below_itself_ends() -> None:
    ring = {"gid": "1", "num_subtasks": 1}
    async with told(answered([ring], next_page=None), batched({"data": [ring], "next_page": None})) as (client, _, _):
        assert [listed.id for listed in (await client.census_page(Scope("9", "Ring"), None)).items] == ["1"]


async def test_more_than_a_page_of_tasks_and_of_stories_come_whole() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gids = [at.task(home.id, f"Task {number}") for number in range(230)]
        for number in range(130):
            at.site.comment(gids[7], f"Comment {number}", at.person)
        page = await at.client.backfill_page(home, None)
        assert (len(page.raws), page.total) == (100, 230)
        raws = {raw["gid"]: raw for raw in await backfill(at, home)}
        assert raws.keys() == set(gids)
        said = [story for story in raws[gids[7]]["stories"] if story["type"] == "comment"]
        assert len({story["gid"] for story in said}) == 130


async def test_an_offset_that_has_expired_begins_the_project_again() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        for number in range(120):
            at.task(home.id, f"Task {number}")
        first = await at.client.backfill_page(home, None)
        again = await at.client.backfill_page(home, "expired")
        assert [raw["gid"] for raw in again.raws] == [raw["gid"] for raw in first.raws]
        assert again.cursor is not None


async def test_a_move_between_sections_and_projects_is_in_the_version_though_not_in_modified_at() -> None:
    async with served("Home", "Other") as at:
        home, other = await at.client.scopes()
        gid = at.task(home.id)
        doing = at.site.plans.add_section(home.id, "Doing")
        versions = [(await census(at, home))[gid]]
        at.site.move_section(gid, doing, at.person)
        versions.append((await census(at, home))[gid])
        at.site.add_to_project(gid, other.id, at.person)
        versions.append((await census(at, home))[gid])
        at.site.plans.rename_section(doing, "Under way", at.person)
        versions.append((await census(at, home))[gid])
        assert len({version.partition("/")[0] for version in versions}) == 1
        assert len(set(versions)) == 4
        assert all(is_news(after, before) for before, after in pairwise(versions))


async def test_a_version_is_the_same_from_each_source_also_with_spaces_that_the_package_rewrites() -> None:
    async with served("Launch\u00a0plan") as at:
        (home,) = await at.client.scopes()
        gid, far = at.task(home.id, "Non\u00a0breaking"), at.task(home.id)
        at.site.add_dependency(gid, far, at.person)
        at.task(None, "Below", parent=gid)
        whole = (await at.client.fetch([gid])).raws[0]
        backfilled = next(raw for raw in await backfill(at, home) if raw["gid"] == gid)
        changed = (await at.client.changed_page([home], "2020-01-01T00:00:00Z", None)).items
        versions = {at.client.version_of(whole), at.client.version_of(backfilled), (await census(at, home))[gid]}
        assert versions == {listed.version for listed in changed if listed.id == gid}


async def changed(at: Served, scopes: tuple[Scope, ...], since: str) -> list[ListedPage]:
    pages = [await at.client.changed_page(scopes, since, None)]
    while (cursor := pages[-1].cursor) is not None:
        pages.append(await at.client.changed_page(scopes, since, cursor))
    return pages


async def test_what_changed_is_listed_project_by_project_and_page_by_page() -> None:
    async with served("A", "B", "Empty") as at:
        scopes = await at.client.scopes()
        gids = [at.task(scope.id, f"{scope.name} {number}") for scope in scopes[:2] for number in range(110)]
        mark = await at.client.high_water(scopes)
        assert mark is not None
        pages = await changed(at, scopes, "2020-01-01T00:00:00Z")
        assert [listed.id for page in pages for listed in page.items] == gids
        assert [len(page.items) for page in pages] == [100, 10, 100, 10, 0]
        at.site.edit(gids[5], {"name": "Changed"}, at.person)
        ids = {listed.id for page in await changed(at, scopes, at.client.since_of(mark, 0)) for listed in page.items}
        assert gids[5] in ids
        assert len(ids) <= 2


async def test_the_high_water_is_the_newest_change_whatever_our_clock_says_and_none_where_nothing_is() -> None:
    async with served("A", "B") as at:
        scopes = await at.client.scopes()
        assert await at.client.high_water(scopes) is None
        at.task(scopes[0].id)
        newest = at.site.store.get("task", at.task(scopes[1].id))["modified_at"]
        assert await at.client.high_water(scopes) == newest
        assert await at.client.high_water(scopes[::-1]) == newest


async def test_what_does_not_come_is_told_apart_as_far_as_asana_lets_us() -> None:
    async with served("Home", "Away", "Secret", projects=["Home", "Secret"]) as at:
        await at.client.scopes()
        home, away, secret = (project["gid"] for project in at.site.store.all("project").values())
        kept, moved, deleted, hidden = (at.task(each) for each in (home, away, home, secret))
        below_kept, below_moved = (at.task(None, parent=top) for top in (kept, moved))
        homeless = at.task(None)
        at.site.delete(deleted, at.person)
        at.site.hide(secret)
        wanted = [kept, moved, deleted, hidden, below_kept, below_moved, homeless, "1", "../projects", kept]
        fetched = await at.client.fetch(wanted)
        assert {raw["gid"] for raw in fetched.raws} == {kept, below_kept}
        assert {gone.id: gone.absence for gone in fetched.gone} == {
            moved: Absence.MOVED, below_moved: Absence.MOVED, homeless: Absence.MOVED, deleted: Absence.UNREACHABLE,
            hidden: Absence.UNREACHABLE, "1": Absence.UNREACHABLE, "../projects": Absence.UNREACHABLE,
        }  # fmt: skip


async def test_a_task_of_an_archived_project_is_archived_and_one_of_a_new_project_is_read() -> None:
    async with served("Home", "Old") as at:
        old = next(p["gid"] for p in at.site.store.all("project").values() if p["name"] == "Old")
        gone = at.task(old)
        at.site.plans.edit_project(old, {"archived": True}, at.person)
        assert [scope.name for scope in await at.client.scopes()] == ["Home"]
        new = at.task(at.project("New"))
        fetched = await at.client.fetch([gone, new])
        assert [raw["gid"] for raw in fetched.raws] == [new]
        assert [one.absence for one in fetched.gone] == [Absence.ARCHIVED]


async def test_a_hundred_tasks_are_fetched_with_their_histories_in_few_calls() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gids = [at.task(home.id, str(number)) for number in range(100)]
        at.asked.clear()
        fetched = await at.client.fetch(gids)
        assert {raw["gid"] for raw in fetched.raws} == set(gids)
        assert all(raw["stories"] for raw in fetched.raws)
        assert at.asked == ["POST /api/1.0/batch"] * 20


async def test_a_project_that_is_lost_stops_with_its_name_and_marks_nothing() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        at.site.hide(home.id)
        for reading in (at.client.census_page(home, None), at.client.backfill_page(home, None)):
            with pytest.raises(Misconfigured, match="The project Home"):
                await reading
        at.site.show(home.id)
        at.faults.switch_on(Fault(kind=FaultKind.NOT_FOUND, path="/batch"))
        with pytest.raises(Misconfigured):
            await at.client.fetch([gid])


PASSING = (
    *(FaultKind.SERVER_ERROR, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.WRONG_SHAPE),
    *(FaultKind.RATE_LIMITED, FaultKind.RATE_LIMITED_DATE),
)
"""The last is told by the machine's clock, which does not know of waits that are only noted."""


@pytest.mark.parametrize("kind", PASSING)
async def test_each_fault_that_passes_is_outlasted(kind: FaultKind) -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gids = {at.task(home.id, str(number)) for number in range(30)}
        at.faults.switch_on(Fault(kind=kind, count=2))
        assert {raw["gid"] for raw in await backfill(at, home)} == gids
        assert at.faults.struck() == 2


async def test_a_fault_inside_a_batch_is_a_fault_of_the_call() -> None:
    count, tasks = answered({"num_tasks": 1}), batched({"data": [{"gid": "1"}], "next_page": None})
    slow = answered([{"status_code": 429, "headers": {"Retry-After": "3"}, "body": {"errors": [{"message": "Slow"}]}}])
    good = batched({"data": [], "next_page": None})
    async with told(count, tasks, slow, good) as (client, app, clock):
        page = await client.backfill_page(Scope("9", "Home"), None)
        assert [raw["gid"] for raw in page.raws] == ["1"]
        assert sum(clock.slept) >= 3
        assert len(app.asked) == 4


async def test_a_batch_that_answers_less_than_was_asked_is_no_answer() -> None:
    async with told(batched({"data": [{"gid": "1"}], "next_page": None}), answered([])) as (client, _, _):
        with pytest.raises(Transient, match="answered 0 of the 1"):
            await client.backfill_page(Scope("9", "Home"), "x")


async def test_a_page_that_takes_more_than_a_minutes_calls_comes_whole_all_the_same() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gids = [at.task(home.id, str(number)) for number in range(100)]
        at.site.requests_a_minute = 60
        assert len((await at.client.backfill_page(home, None)).raws) == 100
        assert len((await at.client.fetch(gids)).raws) == 100
        assert sum(at.clock.slept) > 60


async def test_a_longer_pause_than_a_minute_is_the_engines_affair_also_inside_a_page() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        at.task(home.id)
        at.faults.switch_on(Fault(kind=FaultKind.QUOTA, path="/batch"))
        with pytest.raises(RateLimited) as raised:
            await at.client.backfill_page(home, None)
        assert raised.value.retry_after == 1847
        assert at.faults.struck() == 1


async def test_a_company_read_through_faults_is_the_same_as_without() -> None:
    async with served(timeout_seconds=1) as at:
        for item in build_company(5, TODAY, items=60).items_at(TODAY):
            if item.tracker is Tracker.ASANA:
                at.site.put(item.raw)
        scopes = await at.client.scopes()
        calm = [raw for scope in scopes for raw in await backfill(at, scope)]
        at.faults.switch_on(*(Fault(kind=kind, probability=0.06) for kind in PASSING[:-1]), seed=7)
        stormy: list[Raw] = []
        for scope in scopes:
            cursor: str | None = None
            while True:
                page = await outlasted(at, at.client.backfill_page, scope, cursor)
                stormy += page.raws
                cursor = page.cursor
                if cursor is None:
                    break
        assert stormy == calm
        gids = [raw["gid"] for raw in calm][:100]
        assert {raw["gid"] for raw in (await outlasted(at, at.client.fetch, gids)).raws} == set(gids)
        assert at.faults.struck() > 5


async def outlasted(at: Served, act: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Do it again after each `Transient`, as the engine does; nothing else may come."""
    for _ in range(50):
        try:
            return await act(*args)
        except Transient as error:
            await at.clock.sleep(error.retry_after or 0.1)
    raise AssertionError("fifty times in a row")
