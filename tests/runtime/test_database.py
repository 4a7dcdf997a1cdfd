"""A transaction is all or nothing, sees its own schema only, and says Transient for whatever time may heal."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.database import Conflict, Database, copy_rows, database_url, transient_of
from services.runtime.errors import Misconfigured, Transient
from tests.runtime.benches import make_tables


async def test_a_room_sees_its_own_schema_and_no_other(database: Database) -> None:
    mapper, detector = database.room("mapper"), database.room("detector")
    await make_tables(mapper)
    async with mapper.transaction() as conn:
        assert await conn.scalar(text("SELECT current_schemas(false)")) == [mapper.schema]
        await conn.execute(text("INSERT INTO marks_seen VALUES ('m', 't', 0)"))
    async with detector.transaction() as conn:
        assert await conn.scalar(text("SELECT to_regclass('marks_seen')")) is None


async def test_an_error_in_the_block_leaves_nothing_behind(database: Database) -> None:
    room = database.room("mapper")
    await make_tables(room)
    with pytest.raises(ValueError, match="no"):  # noqa: PT012 -- what comes before the error is the point
        async with room.transaction() as conn:
            await conn.execute(text("INSERT INTO marks_seen VALUES ('m', 't', 0)"))
            raise ValueError("no")
    async with room.transaction() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM marks_seen")) == 0


async def test_copied_rows_come_and_go_with_the_transaction(database: Database) -> None:
    room = database.room("mapper")
    await make_tables(room)
    columns = ("mark", "topic", "partition")
    async with room.transaction() as conn:
        await copy_rows(conn, "marks_seen", columns, (("tab\t and \\ and é", "t", n) for n in range(1000)))
    with pytest.raises(ValueError, match="no"):  # noqa: PT012 -- what comes before the error is the point
        async with room.transaction() as conn:
            await copy_rows(conn, "marks_seen", columns, [("gone", "t", 0)])
            raise ValueError("no")
    async with room.transaction() as conn:
        rows = (await conn.execute(text("SELECT mark, count(*) FROM marks_seen GROUP BY mark"))).all()
    assert [tuple(row) for row in rows] == [("tab\t and \\ and é", 1000)]


async def test_a_deadlock_repeats_the_work_and_both_get_through(database: Database) -> None:
    room = database.room("mapper")
    await make_tables(room)
    async with room.transaction() as conn:
        await conn.execute(text("INSERT INTO marks_seen VALUES ('a', 't', 0), ('b', 't', 0)"))
    met = asyncio.Barrier(2)
    tries = 0

    async def cross(first: str, second: str) -> None:
        async def work(conn: AsyncConnection) -> None:
            nonlocal tries
            tries += 1
            touch = text("UPDATE marks_seen SET partition = partition + 1 WHERE mark = :mark")
            await conn.execute(touch, {"mark": first})
            if tries <= 2:
                await met.wait()
            await conn.execute(touch, {"mark": second})

        await room.run(work)

    await asyncio.gather(cross("a", "b"), cross("b", "a"))
    async with room.transaction() as conn:
        assert (await conn.scalars(text("SELECT partition FROM marks_seen"))).all() == [2, 2]
    assert tries == 3


async def test_the_work_is_not_repeated_for_ever(database: Database) -> None:
    room = database.room("mapper")
    tries = 0

    async def work(_: AsyncConnection) -> None:
        nonlocal tries
        tries += 1
        raise psycopg.errors.SerializationFailure

    with pytest.raises(Conflict):
        await room.run(work)
    assert tries == 5


async def test_a_connection_ended_by_the_server_is_transient_and_the_next_one_works(database: Database) -> None:
    room = database.room("mapper")
    with pytest.raises(Transient):
        async with room.transaction() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with room.transaction() as conn:
        assert await conn.scalar(text("SELECT 1")) == 1


async def test_a_server_that_is_not_there_is_transient() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Transient):
        async with database.room("mapper").transaction():
            pass
    await database.close()


@pytest.mark.parametrize("state", ["53100", "25006", "57P01", "08006", "55P03", "57014"])
def test_states_that_time_may_heal_are_transient(state: str) -> None:
    assert isinstance(transient_of(psycopg.errors.lookup(state)("x")), Transient)


@pytest.mark.parametrize("state", ["23505", "42P01", "22P02"])
def test_our_own_mistakes_are_not_transient(state: str) -> None:
    assert transient_of(psycopg.errors.lookup(state)("x")) is None


@pytest.mark.parametrize("url", ["mysql://a@b/c", "not a url"])
def test_a_url_that_is_no_postgresql_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(Misconfigured, match="postgresql://user:password@host/name"):
        database_url(url)
