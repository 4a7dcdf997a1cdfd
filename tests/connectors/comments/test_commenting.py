"""Comments are left once each, changed when their text changes, and only where somebody allowed it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.work_items import Project
from services.connectors.commenting import (
    FIRST_PAUSE_SECONDS,
    LONGEST_TEXT,
    MOST_TRIES,
    found,
    plain,
    refusal,
    tag_of,
    written,
)
from services.connectors.queries_beside import comment_counts, due_comments, unsaid_comments
from services.runtime.connections import Comments
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured, Permanent, RateLimited, Transient
from tests.builders import work_item
from tests.connectors.comments.asking import ALLOWED, REF, TEXT, Desk, keep_item, request, settings_with
from tests.connectors.fake_site import FakeSite, rows_of
from tests.connectors.recording import RecordingBus

MARK = "\n\n(Leeway 3fa9c1)"


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


@pytest.fixture
async def desk(room: RoomDatabase, bus: RecordingBus) -> Desk:
    await keep_item(room)
    return Desk(room, bus, FakeSite())


async def states(desk: Desk) -> list[tuple[Any, ...]]:
    return await rows_of(desk.database, "SELECT marker, state, reason, comment FROM comments ORDER BY marker")


async def test_a_comment_that_is_asked_for_is_left_with_its_marker(desk: Desk) -> None:
    await desk.ask(request())
    assert desk.woken == 1
    assert await desk.work() == 1
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}
    assert await states(desk) == [("3fa9c1", "posted", None, "c1")]


async def test_a_request_that_comes_again_or_late_changes_nothing(desk: Desk) -> None:
    await desk.ask(request(after=5))
    await desk.work()
    await desk.ask(request(after=5), request(after=9), request(text="older words", after=4))
    assert await desk.work() == 0
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}


async def test_a_changed_text_with_the_same_marker_changes_the_comment(desk: Desk) -> None:
    await desk.ask(request())
    await desk.work()
    await desk.ask(request(text="Five days.", after=1))
    await desk.work()
    assert desk.site.left == {"1": {"c1": "Five days." + MARK}}
    assert desk.site.calls.count("add_comment") == 1


async def test_the_same_marker_cannot_be_sent_to_another_item(desk: Desk) -> None:
    await desk.ask(request())
    await desk.ask(request(ref="jira:main:2", text="elsewhere", after=1))
    await desk.work()
    assert list(desk.site.left) == ["1"]


@pytest.mark.parametrize(
    ("comments", "reason"),
    [
        ({}, "comments are switched off for this connection"),
        ({"enabled": False, "projects": ["APP"]}, "comments are switched off for this connection"),
        ({"enabled": True, "projects": ["WEB", "APPS"]}, "comments are not allowed in the project APP"),
    ],
)
async def test_where_comments_are_not_allowed_nothing_is_sent(
    room: RoomDatabase, bus: RecordingBus, comments: dict[str, Any], reason: str
) -> None:
    await keep_item(room)
    desk = Desk(room, bus, FakeSite(), settings_with(**comments))
    await desk.ask(request())
    await desk.work()
    assert desk.site.calls == []
    assert await states(desk) == [("3fa9c1", "switched off", reason, None)]


async def test_switching_comments_on_does_not_send_what_was_asked_for_before(desk: Desk) -> None:
    off = desk.again(settings_with())
    await off.ask(request())
    await off.work()
    on = off.again(settings_with(**ALLOWED))
    await on.ask(request())
    assert await on.work() == 0
    await on.ask(request(after=60))
    await on.work()
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}, "what is asked for again afterwards is"


async def test_an_item_that_we_do_not_know_gets_no_comment(desk: Desk) -> None:
    await desk.ask(request(ref="jira:main:404"), request("m2", ref="jira:other:1"))
    await desk.work()
    reasons = [reason for _, _, reason, _ in await states(desk)]
    assert reasons == [
        "the item is not known, so nor is whether its project allows comments",
        "no connection `other` is set up",
    ]
    assert desk.site.calls == []


def test_a_project_is_allowed_by_its_key_its_id_or_its_name() -> None:
    project = Project(id="10001", key="APP", name="Apparatus")
    assert refusal(Comments.model_construct(enabled=True), project) is not None, "none named, none allowed"
    for name in ("APP", "10001", "Apparatus"):
        assert refusal(Comments(enabled=True, projects=(name,)), project) is None
    assert refusal(Comments(enabled=True, projects=("None",)), Project(id="1", name="x")) is not None


async def test_killed_after_the_trackers_yes_there_is_still_one_comment(desk: Desk) -> None:
    desk.site.after["add_comment"] = [Killed()]
    await desk.ask(request())
    with pytest.raises(Killed):
        await desk.work()
    assert await states(desk) == [("3fa9c1", "trying", None, None)]
    again = desk.again()
    assert await again.work(now=False) == 0, "the tracker gets time to finish"
    assert await again.work() == 1
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}
    assert desk.site.calls.count("add_comment") == 1
    assert "edit_comment" not in desk.site.calls
    assert await states(desk) == [("3fa9c1", "posted", None, "c1")]


async def test_a_text_that_changed_while_the_fate_of_the_first_was_unclear_is_an_edit(desk: Desk) -> None:
    desk.site.after["add_comment"] = [Transient("no answer in time")]
    await desk.ask(request())
    await desk.work(now=False)
    await desk.ask(request(text="Five days.", after=1))
    await desk.work()
    assert desk.site.left == {"1": {"c1": "Five days." + MARK}}
    assert desk.site.calls.count("add_comment") == 1


async def test_a_text_that_changes_while_it_is_sent_is_sent_next(desk: Desk) -> None:
    await desk.ask(request())
    leave = desk.site.add_comment

    async def slow(item: str, text: str) -> str:
        await desk.ask(request(text="Five days.", after=1))
        return await leave(item, text)

    desk.site.add_comment = slow  # type: ignore[method-assign]
    assert await desk.work() == 2
    assert desk.site.left == {"1": {"c1": "Five days." + MARK}}


@pytest.mark.parametrize("after", [True, False], ids=["it had worked", "it had not"])
async def test_after_any_unclear_failures_there_is_one_comment(desk: Desk, after: bool) -> None:
    where = desk.site.after if after else desk.site.failures
    where["add_comment"] = [Transient("reset") for _ in range(3)]
    await desk.ask(request())
    for _ in range(5):
        await desk.work()
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}
    assert (await states(desk))[0][1] == "posted"


async def test_a_lost_database_does_not_lead_to_a_second_comment(desk: Desk, room: RoomDatabase) -> None:
    await desk.ask(request())
    await desk.work()
    await rows_of(room, "DELETE FROM comments RETURNING 1")
    await desk.ask(request())
    await desk.work()
    assert desk.site.left == {"1": {"c1": TEXT + MARK}}


async def test_a_comment_that_cannot_be_left_is_set_aside_and_the_next_one_is_left(
    desk: Desk, room: RoomDatabase
) -> None:
    await keep_item(room, work_item(2, site="main"))
    desk.site.failures["add_comment"] = [Permanent("The issue does not exist any more.")]
    await desk.ask(request("a"), request("b", ref="jira:main:2"))
    assert await desk.work() == 2
    assert await states(desk) == [
        ("a", "parked", "The issue does not exist any more.", None),
        ("b", "posted", None, "c1"),
    ]
    assert await desk.work() == 0
    async with room.transaction() as conn:
        assert await comment_counts(conn, "main") == {"parked": 1, "posted": 1}
        (unsaid,) = await unsaid_comments(conn, "main")
        assert await due_comments(conn, desk.bus.clock.wall(), ["main"]) == 0
    assert (unsaid.ref, unsaid.reason) == (REF, "The issue does not exist any more.")


async def test_a_comment_that_somebody_deleted_stays_deleted(desk: Desk) -> None:
    await desk.ask(request())
    await desk.work()
    desk.site.left = {}
    await desk.ask(request(text="Five days.", after=1))
    await desk.work()
    assert desk.site.left == {}
    assert (await states(desk))[0][1:3] == ("parked", "the comment is gone")


async def test_a_rate_limit_holds_all_comments_of_the_connection(desk: Desk, room: RoomDatabase) -> None:
    await keep_item(room, work_item(2, site="main"))
    desk.site.failures["add_comment"] = [RateLimited("slow down", retry_after=1847)]
    await desk.ask(request("a"), request("b", ref="jira:main:2"))
    assert await desk.work() == 1
    assert desk.site.calls.count("add_comment") == 1
    assert desk.commenter._paused_until - desk.bus.clock.monotonic() > 1800
    ((due,),) = await rows_of(room, "SELECT next_try_at FROM comments WHERE state = 'trying'")
    assert due - desk.bus.clock.wall() > timedelta(seconds=1800)
    assert await desk.work() == 2
    assert set(desk.site.left) == {"1", "2"}


@pytest.mark.parametrize("error", [Transient("away"), Misconfigured("The token is not valid any more.")])
async def test_while_the_site_says_no_pauses_grow_and_nothing_is_given_up_soon(desk: Desk, error: Exception) -> None:
    desk.site.failures["comments"] = [error] * 6
    await desk.ask(request())
    pauses = []
    for _ in range(6):
        await desk.work()
        ((due, reason),) = await rows_of(desk.database, "SELECT next_try_at, reason FROM comments")
        pauses.append((due - desk.bus.clock.wall()).total_seconds())
        assert reason == str(error)
    assert pauses[0] > FIRST_PAUSE_SECONDS - 5
    assert pauses == sorted(pauses) or isinstance(error, Misconfigured)
    await desk.work()
    assert (await states(desk))[0][1] == "posted"


async def test_what_could_not_be_said_for_days_is_given_up(desk: Desk) -> None:
    await desk.ask(request())
    desk.site.failures["comments"] = [Transient("away")] * (MOST_TRIES + 1)
    for _ in range(MOST_TRIES + 1):
        await desk.work()
    assert (await states(desk))[0][1:3] == ("parked", f"given up after {MOST_TRIES} tries: away")


async def test_what_is_no_request_is_set_aside_and_the_others_are_taken(desk: Desk) -> None:
    good = desk._record(request().model_dump_json().encode(), "leeway.comment-requested.v1")
    await desk.take([desk.junk(), good])
    assert await rows_of(desk.database, "SELECT state FROM parked") == [("parked",)]
    assert [state for _, state, _, _ in await states(desk)] == ["waiting"]


async def test_a_text_with_a_zero_byte_is_left_without_it(desk: Desk) -> None:
    await desk.ask(request(text="Five\0 days."))
    await desk.work()
    assert desk.site.left == {"1": {"c1": "Five days." + MARK}}


def test_the_marker_is_short_and_found_at_the_end_only() -> None:
    long = "finding:slipping-objective:" + "x" * 50
    assert tag_of("3fa9c1") == "3fa9c1"
    assert len(tag_of(long)) == 10
    assert tag_of(long) == tag_of(long) != tag_of(long + "y")
    assert tag_of("a b)") != "a b)"
    quoting = ("c1", f"Somebody quotes: {written('late', 'm1')} and goes on")
    ours = ("c2", "late\xa0 (Leeway\nm1) ")
    assert found([quoting, ours], "m1") == ours
    assert found([quoting], "m1") == (None, None)
    assert found([("c0", written("x", "m1")), ours], "m1", "c2") == ours
    assert found([("c3", written("late", "m12"))], "m1") == (None, None)


def test_a_very_long_text_is_cut_and_keeps_its_marker() -> None:
    text = written("x" * 100_000, "m1")
    assert len(text) < LONGEST_TEXT + 30
    assert plain(text).endswith("(Leeway m1)")


async def test_many_processes_take_in_the_same_requests_at_once(desk: Desk) -> None:
    desks = [desk.again() for _ in range(5)]
    await asyncio.gather(*(one.ask(*(request(f"m{n}") for n in range(10))) for one in desks))
    assert len(await states(desk)) == 10
    assert await rows_of(desk.database, "SELECT DISTINCT ref FROM comments") == [(REF,)]
