"""Deliveries of webhooks: what is signed becomes hints, all else leaves no trace; floods cost nothing."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

import pytest

from services.connectors import hooks_store, receiving
from services.connectors.receiving import MOST_AT_ONCE, MOST_BYTES, Sender
from services.runtime.clock import SystemClock
from services.runtime.database import Database, RoomDatabase
from services.runtime.secrets import Secret
from tests.connectors.fake_site import JIRA_SECRET, FakeSite, rows_of, signed, signed_by_asana, sizes
from tests.connectors.hooks.posting import JIRA, Post, body_of, chunks_of
from tests.waiting import eventually

KEY, OTHER_KEY, UNSHAKEN = "k" * 43, "o" * 43, "u" * 43
ASANA = f"/hooks/asana/marketing/{KEY}"
SECRET = "x" * 64
NOW = SystemClock()


@pytest.fixture
async def post(room: RoomDatabase) -> AsyncIterator[Post]:
    made = Post(room)
    yield made
    await made.http.aclose()


async def add_key(room: RoomDatabase, key: str, connection: str = "marketing", at: datetime | None = None) -> None:
    async with room.transaction() as conn:
        await hooks_store.add_key(conn, connection, key, "101", at or NOW.wall())


async def shaken(room: RoomDatabase, post: Post, key: str = KEY) -> None:
    await add_key(room, key)
    answer = await post(f"/hooks/asana/marketing/{key}", b"", {"X-Hook-Secret": SECRET})
    assert answer.status_code == 200


async def hints(room: RoomDatabase) -> list[tuple[object, ...]]:
    return await rows_of(room, "SELECT connection, item, kind, reason FROM hints ORDER BY connection, item")


async def test_a_signed_delivery_becomes_hints_before_it_is_answered(post: Post, room: RoomDatabase) -> None:
    answer = await post.jira(body_of("1", "2", deleted=("3",)))
    assert (answer.status_code, answer.content) == (200, b"")
    expected = [("main", "1", "changed", "webhook"), ("main", "2", "changed", "webhook")]
    assert await hints(room) == [*expected, ("main", "3", "deleted", "webhook")]
    assert post.woken == ["main"]
    assert post.counted("taken") == 1


async def test_a_delivery_that_comes_again_leaves_one_hint(post: Post, room: RoomDatabase) -> None:
    for retry in ("", "1", "2"):
        headers = {"X-Atlassian-Webhook-Identifier": "w-1", "X-Atlassian-Webhook-Retry": retry}
        assert (await post.jira(body_of("7"), **headers)).status_code == 200
    assert await hints(room) == [("main", "7", "changed", "webhook")]


GOOD = body_of("1")
REFUSED: dict[str, tuple[str, bytes, Mapping[str, str | bytes]]] = {
    "nobody signed": (JIRA, GOOD, {}),
    "another body was signed": (JIRA, GOOD, signed(b"{}")),
    "another secret": (JIRA, GOOD, signed(GOOD, "guessed")),
    "another method": (JIRA, GOOD, {"X-Hub-Signature": signed(GOOD)["X-Hub-Signature"].replace("sha256", "sha1")}),
    "a cut signature": (JIRA, GOOD, {"X-Hub-Signature": signed(GOOD)["X-Hub-Signature"][:-2]}),
    "a signature of any bytes": (JIRA, GOOD, {"X-Hub-Signature": b"sha256=\xc3\xa9\xff"}),
    "an unknown connection": ("/hooks/jira/nobody", GOOD, signed(GOOD)),
    "a connection of the other tracker": ("/hooks/jira/marketing", GOOD, signed(GOOD)),
    "a connection without a secret": ("/hooks/jira/silent", GOOD, signed(GOOD, "")),
    "an unknown key": (f"/hooks/asana/marketing/{'z' * 43}", GOOD, signed_by_asana(GOOD, SECRET)),
    "a key that is none": ("/hooks/asana/marketing/%00", GOOD, signed_by_asana(GOOD, SECRET)),
    "a key whose handshake is to come": (f"/hooks/asana/marketing/{UNSHAKEN}", GOOD, signed_by_asana(GOOD, "")),
    "the key of another connection": (f"/hooks/asana/main/{KEY}", GOOD, signed_by_asana(GOOD, SECRET)),
    "Asana's own address, wrongly signed": (ASANA, GOOD, signed_by_asana(GOOD, "guessed")),
    "a second handshake": (ASANA, b"", {"X-Hook-Secret": "taken over"}),
    "a handshake at an unknown key": (f"/hooks/asana/marketing/{'z' * 43}", b"", {"X-Hook-Secret": SECRET}),
    "a handshake with no secret": (f"/hooks/asana/marketing/{UNSHAKEN}", b"", {"X-Hook-Secret": ""}),
    "a handshake with a secret of any bytes": (f"/hooks/asana/marketing/{UNSHAKEN}", b"", {"X-Hook-Secret": b"\xff"}),
    "a handshake for another connection": (f"/hooks/asana/other/{UNSHAKEN}", b"", {"X-Hook-Secret": SECRET}),
}  # fmt: skip


async def test_who_is_refused_gets_one_answer_and_leaves_no_trace(post: Post, room: RoomDatabase) -> None:
    await shaken(room, post)
    await add_key(room, UNSHAKEN)
    before = await sizes(room), await rows_of(room, "SELECT * FROM hook_keys ORDER BY key")
    for why, (path, body, headers) in REFUSED.items():
        answer = await post(path, body, headers)
        assert (answer.status_code, answer.content) == (401, b""), why
    assert (await sizes(room), await rows_of(room, "SELECT * FROM hook_keys ORDER BY key")) == before
    assert post.counted("refused") == len(REFUSED)
    assert post.woken == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"issue": {}}',
        b"[" * 200_000,
        body_of("1\0"),
        body_of("x" * 65),
        body_of("1", ""),
        body_of("1", deleted=("2\n",)),
    ],
    ids=["empty", "null", "cut", "no-utf8", "other", "deep", "nul", "long", "one-without-id", "line-break"],
)
async def test_a_signed_body_that_is_no_event_is_malformed(post: Post, room: RoomDatabase, body: bytes) -> None:
    before = await sizes(room)
    answer = await post.jira(body)
    assert (answer.status_code, answer.content) == (400, b"")
    assert await sizes(room) == before


async def test_a_body_has_a_longest_length_whether_it_is_said_or_not(post: Post, room: RoomDatabase) -> None:
    long = b" " * (MOST_BYTES + 1)
    assert (await post.jira(long)).status_code == 413
    assert (await post(JIRA, chunks_of(long, 70_000), signed(long))).status_code == 413
    assert (await post(JIRA, b"{}", {**signed(b"{}"), "Content-Length": "9" * 5000})).status_code == 413
    assert (await post(JIRA, b"{}", {**signed(b"{}"), "Content-Length": "-1"})).status_code == 413
    assert post.counted("too-large") == 4
    assert await hints(room) == []
    fits = body_of("1").ljust(MOST_BYTES)
    assert (await post(JIRA, chunks_of(fits, 70_000), signed(fits))).status_code == 200


async def test_without_the_database_the_tracker_is_asked_to_send_again(room: RoomDatabase) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    post = Post(away.room("connectors"))
    for answer in (
        await post.jira(body_of("1")),
        await post(ASANA, GOOD, signed_by_asana(GOOD, SECRET)),
        await post(ASANA, b"", {"X-Hook-Secret": SECRET}),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert post.woken == []
    await away.close()
    assert await hints(room) == []


async def test_a_handshake_is_answered_once_with_its_secret(post: Post, room: RoomDatabase) -> None:
    await add_key(room, KEY)
    answer = await post(ASANA, b"{}", {"X-Hook-Secret": SECRET})
    assert (answer.status_code, answer.headers["x-hook-secret"]) == (200, SECRET)
    again = await post(ASANA, b"{}", {"X-Hook-Secret": SECRET})
    assert (again.status_code, "x-hook-secret" in again.headers) == (401, False)
    body = body_of("1207")
    assert (await post(ASANA, body, signed_by_asana(body, SECRET))).status_code == 200
    assert await hints(room) == [("marketing", "1207", "changed", "webhook")]


async def test_of_handshakes_at_the_same_time_one_is_accepted(post: Post, room: RoomDatabase) -> None:
    await add_key(room, KEY)
    answers = await asyncio.gather(*(post(ASANA, b"", {"X-Hook-Secret": f"secret-{n}"}) for n in range(20)))
    (accepted,) = (answer for answer in answers if answer.status_code == 200)
    assert await rows_of(room, "SELECT secret FROM hook_keys") == [(accepted.headers["x-hook-secret"],)]


async def test_a_handshake_that_comes_late_is_refused(post: Post, room: RoomDatabase) -> None:
    await add_key(room, KEY, at=NOW.wall() - timedelta(minutes=receiving.HANDSHAKE_MINUTES, seconds=1))
    assert (await post(ASANA, b"", {"X-Hook-Secret": SECRET})).status_code == 401
    assert await rows_of(room, "SELECT secret FROM hook_keys") == [(None,)]


async def test_a_heartbeat_is_noted_and_wakes_nobody(post: Post, room: RoomDatabase) -> None:
    await shaken(room, post)
    body = body_of()
    assert (await post(ASANA, body, signed_by_asana(body, SECRET))).status_code == 200
    ((heard, told),) = await rows_of(room, "SELECT heard_at, told_at FROM hook_standings")
    assert NOW.wall() - heard < timedelta(minutes=1)
    assert told is None
    assert (post.woken, post.counted("heartbeat")) == ([], 1)


async def test_many_deliveries_at_the_same_time_are_noted_once_and_end_an_alarm(post: Post, room: RoomDatabase) -> None:
    for _ in range(2):
        async with room.transaction() as conn:
            await hooks_store.note_missed(conn, "main", 9, NOW.wall())
        answers = await asyncio.gather(*(post.jira(body_of(str(n))) for n in range(40)))
        assert {answer.status_code for answer in answers} == {200}
        async with room.transaction() as conn:
            standing = await hooks_store.standing_of(conn, "main")
        assert (standing.missed, standing.missed_since) == (0, None)
    assert len(await hints(room)) == 40


async def test_thousands_of_junk_deliveries_leave_the_tables_as_they_were(post: Post, room: RoomDatabase) -> None:
    await shaken(room, post)
    before = await sizes(room)
    junk = [json.dumps({"changed": [str(n)]}).encode() for n in range(3000)]
    paths = (JIRA, "/hooks/jira/nobody", ASANA, f"/hooks/asana/marketing/{OTHER_KEY}")
    statuses = Counter[int]()
    for start in range(0, len(junk), 200):
        some = enumerate(junk[start : start + 200])
        answers = await asyncio.gather(*(post(paths[n % 4], body, signed(body, "guessed")) for n, body in some))
        statuses.update(answer.status_code for answer in answers)
    assert set(statuses) <= {401, 429}
    assert statuses[401] > 500
    assert await sizes(room) == before
    assert (await post.jira(body_of("1"))).status_code == 200, "and whoever is known is heard at once"


async def test_what_comes_beyond_the_bound_is_told_to_come_later_at_once(post: Post, room: RoomDatabase) -> None:
    gate = asyncio.Event()
    begun = 0

    async def slow() -> AsyncIterator[bytes]:
        nonlocal begun
        begun += 1
        await gate.wait()
        yield GOOD

    waiting = [asyncio.create_task(post(JIRA, slow(), signed(GOOD))) for _ in range(MOST_AT_ONCE)]
    await eventually(lambda: begun == MOST_AT_ONCE)
    answer = await asyncio.wait_for(post.jira(GOOD), 5)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
    assert await hints(room) == [("main", "1", "changed", "webhook")]
    assert (await post.jira(GOOD)).status_code == 200


async def test_a_body_that_does_not_come_in_time_is_not_waited_for(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "READ_SECONDS", 0.05)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await post(JIRA, never(), signed(GOOD))
    assert (answer.status_code, post.counted("too-slow")) == (408, 1)


async def test_a_flood_of_signed_ids_that_nobody_knows_is_bounded_and_asks_for_a_census(
    post: Post, room: RoomDatabase
) -> None:
    for start in range(0, 6000, 1000):
        assert (await post.jira(body_of(*map(str, range(start, start + 1000))))).status_code == 200
    assert (await sizes(room))["hints"] == 2000
    ((wanted,),) = await rows_of(room, "SELECT census_wanted FROM connection_states WHERE connection = 'main'")
    assert "hinted" in wanted


def test_the_secret_of_a_sender_shows_itself_nowhere() -> None:
    assert JIRA_SECRET not in repr(Sender(FakeSite().client(), Secret(JIRA_SECRET)))
