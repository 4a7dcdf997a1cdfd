"""The streams of events: first tokens, lost ones, pages, and which task each event is about."""

from typing import Any

import pytest

from services.connectors.asana.events import hints_in
from services.connectors.tracker import EventsPage, Scope
from services.runtime.errors import Misconfigured, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from tests.connectors.asana.sites import Answer, Served, refused, said, served, told

HOME = Scope("9", "Home")
FAR = {"gid": "2", "resource_type": "task"}


async def page(at: Served, scope: Scope, token: str | None) -> EventsPage:
    found = await at.client.events_page(scope, token)
    assert found is not None
    return found


async def test_the_first_call_gives_a_token_and_no_gap_and_a_stale_token_a_gap() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        first = await page(at, home, None)
        assert (first.changed, first.deleted, first.gap, first.has_more) == ((), (), False, False)
        at.site.events.expire()
        stale = await page(at, home, first.token)
        assert stale.gap
        assert stale.token != first.token
        assert not (await page(at, home, stale.token)).gap


async def test_the_same_token_gives_the_same_and_all_pages_come_once_and_end() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        start = (await page(at, home, None)).token
        gids = [at.task(home.id, f"Task {number}") for number in range(150)]
        assert (await page(at, home, start)).changed == (await page(at, home, start)).changed
        found, token, pages = set[str](), start, 0
        while True:
            one = await page(at, home, token)
            found |= set(one.changed)
            token, pages = one.token, pages + 1
            if not one.has_more:
                break
        assert found == set(gids)
        assert pages > 1
        assert (await page(at, home, token)).changed == ()


async def test_each_thing_that_happens_names_the_tasks_that_it_is_about() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        top, far = at.task(home.id, "Top"), at.task(home.id, "Far")
        below = at.task(None, "Below", parent=top)
        comment = at.site.comment(below, "A word", at.person)
        token = (await page(at, home, None)).token
        for act, wanted in (
            (lambda: at.site.comment(below, "Another", at.person), {below}),
            (lambda: at.site.edit_comment(comment, "Other words", at.person), {below}),
            (lambda: at.site.delete_comment(comment, at.person), {below}),
            (lambda: at.site.edit(below, {"name": "Renamed"}, at.person), {below}),
            (lambda: at.site.add_dependency(top, far, at.person), {top, far}),
            (lambda: at.site.move_section(far, at.site.plans.add_section(home.id, "Doing"), at.person), {far}),
            (lambda: at.site.remove_from_project(far, home.id, at.person), {far}),
            (lambda: at.site.set_parent(below, None, at.person), {below}),
        ):
            act()
            one = await page(at, home, token)
            token = one.token
            assert wanted <= set(one.changed)
            assert set(one.changed) <= {top, far, below}


async def test_a_deleted_task_is_told_and_an_undeleted_one_is_to_be_fetched() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        token = (await page(at, home, None)).token
        at.site.delete(gid, at.person)
        gone = await page(at, home, token)
        assert gone.deleted == (gid,)
        assert gid not in gone.changed
        at.site.undelete(gid, at.person)
        back = await page(at, home, gone.token)
        assert back.deleted == ()
        assert gid in back.changed


def event(kind: str, gid: str, action: str, **more: Any) -> dict[str, Any]:
    return {"resource": {"gid": gid, "resource_type": kind}, "action": action} | more


@pytest.mark.parametrize(
    ("events", "changed", "deleted"),
    [
        ([event("task", "1", "deleted"), event("task", "1", "removed")], (), ("1",)),
        ([event("task", "1", "deleted"), event("task", "1", "undeleted")], ("1",), ()),
        ([event("task", "1", "undeleted"), event("task", "1", "deleted")], (), ("1",)),
        ([event("story", "5", "added", parent={"gid": "1", "resource_type": "task"})], ("1",), ()),
        ([event("story", "5", "added", parent={"gid": "4", "resource_type": "goal"})], (), ()),
        ([event("section", "7", "changed"), event("project", "9", "changed"), {}, None, 7, {"resource": 5}], (), ()),
        ([event("task", "1", "changed", change={"added_value": FAR})], ("1", "2"), ()),
        ([event("task", "1", "changed", change={"new_value": FAR | {"resource_type": "user"}})], ("1",), ()),
        ([event("task", "2", "added", parent={"gid": "1", "resource_type": "task"})], ("2", "1"), ()),
    ],
)  # fmt: skip
def test_what_events_say(events: list[Any], changed: tuple[str, ...], deleted: tuple[str, ...]) -> None:
    hints = hints_in(events)
    assert (hints.changed, hints.deleted) == (changed, deleted)


async def test_a_stream_that_stands_still_has_nothing_more() -> None:
    async with told(said([event("task", "1", "changed")], sync="same", has_more=True)) as (client, _, _):
        found = await client.events_page(HOME, "same")
        assert found == EventsPage(("1",), (), "same", has_more=False)


async def test_the_pages_are_read_one_by_one_with_the_token_that_was_given() -> None:
    async with told(said([], sync="b", has_more=True)) as (client, app, _):
        found = await client.events_page(HOME, "a")
        assert found is not None
        assert found.has_more
        assert [(asked.query["sync"], asked.query["resource"]) for asked in app.asked] == [("a", "9")]


@pytest.mark.parametrize("answer", [said([]), Answer(412, b"{}"), Answer(412, b"\xff")])
async def test_an_answer_without_a_token_is_no_answer(answer: Answer) -> None:
    async with told(answer) as (client, _, _):
        with pytest.raises((Transient, Misconfigured)):
            await client.events_page(HOME, "a")


async def test_a_lost_project_and_a_fault_are_no_gap() -> None:
    async with told(refused(404, "Unknown object")) as (client, _, _):
        with pytest.raises(Misconfigured, match="project Home"):
            await client.events_page(HOME, "a")
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        token = (await page(at, home, None)).token
        gid = at.task(home.id)
        at.faults.switch_on(Fault(kind=FaultKind.RESET, count=2, path="/events"))
        found = await page(at, home, token)
        assert (found.gap, gid in found.changed) == (False, True)
