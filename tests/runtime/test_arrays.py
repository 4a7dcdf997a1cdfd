"""A list arrives as it was given, whichever way it is written."""

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from services.runtime.database import Database, RoomDatabase, TextsDumper, copy_rows

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TRICKY = ["", " ", "null", "NULL", ",", '"', "\\", "{}", "a b", "ä", "\n", '","', "\t", "\\N"]


@pytest.fixture
async def room(database: Database) -> RoomDatabase:
    room = database.room("arrays")
    async with room.transaction() as conn:
        await conn.execute(text(f'CREATE SCHEMA "{room.schema}"'))
        await conn.execute(text("CREATE TABLE lists (texts text[])"))
    return room


@pytest.mark.parametrize(
    "given_",
    [[], ["a"], TRICKY, TRICKY[:5], ["a", None], [None], ["jira:a:1", "jira:a:2"]],
)
async def test_lists_are_given_and_copied_unharmed(room: RoomDatabase, given_: list[str | None]) -> None:
    async with room.transaction() as conn:
        assert await conn.scalar(text("SELECT CAST(:texts AS text[])"), {"texts": given_}) == given_
        await copy_rows(conn, "lists", ["texts"], [[given_]])
        assert await conn.scalar(text("SELECT texts FROM lists")) == given_


@given(st.lists(TEXTS, max_size=20))
@example(TRICKY)
def test_whatever_texts_are_written_are_read(texts: list[str]) -> None:
    transformer = Transformer()
    plain = TextsDumper(list, transformer)
    written = plain.upgrade(texts, PyFormat.TEXT).dump(texts)
    assert written is not None
    assert transformer.get_loader(psycopg.postgres.types["text"].array_oid, Format.TEXT).load(written) == texts


async def test_other_lists_are_left_to_the_driver(room: RoomDatabase) -> None:
    async with room.transaction() as conn:
        assert await conn.scalar(text("SELECT CAST(:them AS bigint[])"), {"them": [3, 2**40]}) == [3, 2**40]
        assert await conn.scalar(text("SELECT CAST(:them AS text[])"), {"them": [["a"], ["b"]]}) == [["a"], ["b"]]


async def test_what_no_text_of_the_database_can_hold_is_refused(room: RoomDatabase) -> None:
    async with room.transaction() as conn:
        with pytest.raises((DBAPIError, StatementError)):
            await conn.execute(text("SELECT CAST(:texts AS text[])"), {"texts": ["a", "\0"]})
