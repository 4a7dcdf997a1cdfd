"""A token is shown once, stored as a digest, has one role, and stops working when it is revoked or has expired."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from services.runtime.tokens import Role, Tokens, includes

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def tokens(database: Database, endpoints: Endpoints, database_prefix: str) -> AsyncIterator[Tokens]:
    assert endpoints.database_url is not None
    migrate(endpoints.database_url, database_prefix, ["runtime"])
    with time_machine.travel(NOON, tick=False):
        yield Tokens(database.room("runtime"), SystemClock())


async def test_a_token_is_found_with_its_role(tokens: Tokens) -> None:
    token = await tokens.create("build server", Role.VIEWER)
    found = await tokens.find(token)
    assert found is not None
    assert (found.name, found.role) == ("build server", Role.VIEWER)


async def test_the_database_holds_no_token(tokens: Tokens, database: Database) -> None:
    token = await tokens.create("x", Role.ADMIN)
    assert token.startswith("lw_")
    assert len(token) > 45
    async with database.room("runtime").transaction() as conn:
        stored = await conn.scalar(text("SELECT CAST(tokens AS text) FROM tokens"))
    assert token.removeprefix("lw_") not in stored


@pytest.mark.parametrize("strange", ["", "lw_", "lw_wrong", "no prefix", "lw_\udcff", "lw_\x00"])
async def test_a_strange_token_is_not_found(tokens: Tokens, strange: str) -> None:
    await tokens.create("x", Role.ADMIN)
    assert await tokens.find(strange) is None


async def test_an_expired_token_is_not_found(tokens: Tokens) -> None:
    token = await tokens.create("x", Role.ADMIN, expires_at=NOON + timedelta(hours=1))
    assert await tokens.find(token) is not None
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert await tokens.find(token) is None


async def test_a_revoked_token_is_not_found_and_stays_in_the_list(tokens: Tokens) -> None:
    token = await tokens.create("x", Role.ADMIN)
    (listed,) = await tokens.all()
    assert await tokens.revoke(listed.id)
    assert not await tokens.revoke(listed.id)
    assert await tokens.find(token) is None
    assert [one.revoked_at for one in await tokens.all()] == [NOON]


async def test_the_last_use_is_noted_at_most_once_a_minute(tokens: Tokens) -> None:
    token = await tokens.create("x", Role.ADMIN)
    await tokens.find(token)
    with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
        await tokens.find(token)
    assert [one.last_used_at for one in await tokens.all()] == [NOON]
    with time_machine.travel(NOON + timedelta(seconds=90), tick=False):
        await tokens.find(token)
    assert [one.last_used_at for one in await tokens.all()] == [NOON + timedelta(seconds=90)]


@pytest.mark.parametrize(
    ("held", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.RESPONDER, {Role.VIEWER, Role.RESPONDER}),
        (Role.EDITOR, {Role.VIEWER, Role.RESPONDER, Role.EDITOR}),
        (Role.ADMIN, set(Role)),
        (Role.INGEST, {Role.INGEST}),
        (Role.METRICS, {Role.METRICS}),
    ],
)
def test_a_role_includes_the_lower_ones_and_no_other(held: Role, may: set[Role]) -> None:
    assert {role for role in Role if includes(held, role)} == may
