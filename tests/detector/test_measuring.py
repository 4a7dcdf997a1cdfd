"""Measurements over HTTP: kept whole or not at all, judged, and published for others."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from services.detector.measuring import MOST, MOST_BYTES, build_router
from services.runtime.database import RoomDatabase
from services.runtime.health import Health
from services.runtime.http import build_http
from tests.detector.made import strategy
from tests.detector.room import Room
from tests.detector.test_flow import KnownTokens

PAID = {"id": "paid", "title": "Buyers who pay in one step", "unit": "%", "baseline": 10, "target": 60}
EASY = {"id": "easy", "title": "Buyers pay in one step", "team": "app", "key_results": [PAID]}
GOOD = {"key_result": "easy/paid", "value": 31.5, "measured_at": "2026-06-15T11:00:00Z", "confidence": 0.6}


@pytest.fixture
async def client(room: Room, detector_database: RoomDatabase) -> AsyncIterator[httpx.AsyncClient]:
    async def check() -> Health:
        return Health()

    await room.apply(strategy(objectives=[EASY]))
    app = build_http(
        KnownTokens(), check, CollectorRegistry(), [build_router(detector_database, room.clock, lambda: None)]
    )
    transport, headers = httpx.ASGITransport(app), {"authorization": "Bearer editor"}
    async with httpx.AsyncClient(transport=transport, base_url="http://leeway", headers=headers) as made:
        yield made


async def kept(room: Room) -> list[tuple[Any, ...]]:
    async with room.database.transaction() as conn:
        query = text("SELECT key_result, value, source, confidence FROM measurements ORDER BY measured_at, source")
        return [tuple(row) for row in await conn.execute(query)]


async def test_a_measurement_is_kept_judged_and_published(client: httpx.AsyncClient, room: Room) -> None:
    answer = await client.post("/measurements", json=GOOD)
    assert (answer.status_code, answer.json()) == (201, {"kept": 1})
    assert await kept(room) == [("key-result:easy/paid", 31.5, "api", 0.6)]
    async with room.database.transaction() as conn:
        published = (await conn.execute(text("SELECT topic, key FROM outbox"))).all()
        assert [tuple(row) for row in published] == [("leeway.measurements", "key-result:easy/paid")]
    assert (await room.left())["dirty"] == 1


async def test_the_same_again_replaces_what_it_said(client: httpx.AsyncClient, room: Room) -> None:
    await client.post("/measurements", json=[GOOD, GOOD | {"source": "survey"}])
    await client.post("/measurements", json=GOOD | {"value": 33})
    assert [(value, source) for _, value, source, _ in await kept(room)] == [(33, "api"), (31.5, "survey")]


async def test_without_a_moment_it_is_of_now(client: httpx.AsyncClient, room: Room) -> None:
    await client.post("/measurements", json={"key_result": "easy/paid", "value": 40})
    async with room.database.transaction() as conn:
        assert await conn.scalar(text("SELECT measured_at FROM measurements")) == room.clock.now()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"key_result": "easy/piad"}, "1: there is no key result 'easy/piad' in the strategy; did you mean easy/paid?"),
        ({"confidence": 1.5}, "1: confidence is 1.5; write a number from 0 to 1"),
        (
            {"measured_at": "2026-06-15T12:06:00Z"},
            "1: measured_at is 2026-06-15T12:06:00+00:00, which is still to come",
        ),
        ({"source": " "}, "1: source is empty; name where the number comes from"),
        ({"note": "\0"}, "1: a text holds a character that is none"),
        ({"source": "s" * 101}, "1: source is too long; write at most 100 characters"),
        ({"note": "n" * 2001}, "1: note is too long; write at most 2,000 characters"),
        ({"by": "b" * 201}, "1: by is too long; write at most 200 characters"),
    ],
)
async def test_if_one_is_wrong_none_is_kept_and_the_fault_is_named(
    client: httpx.AsyncClient, room: Room, change: dict[str, Any], told: str
) -> None:
    answer = await client.post("/measurements", json=[GOOD, GOOD | change])
    assert (answer.status_code, answer.json()["detail"]) == (422, [told])
    assert await kept(room) == []


@pytest.mark.parametrize("change", [{"value": "many"}, {"colour": "red"}, {"measured_at": "2026-06-15T12:00:00"}])
async def test_what_is_no_measurement_is_refused(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    assert (await client.post("/measurements", json=GOOD | change)).status_code == 422


async def test_too_many_at_once_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/measurements", json=[GOOD] * (MOST + 1))
    assert (answer.status_code, answer.json()["detail"]) == (413, "1001 measurements at once; send at most 1000")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end(client: httpx.AsyncClient) -> None:
    sent: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for number in range(100):
            sent.append(number)
            yield b" " * (MOST_BYTES // 10)

    answer = await client.post("/measurements", content=endless())
    assert answer.status_code == 413
    assert len(sent) < 100


async def test_of_a_call_without_a_token_nothing_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/measurements", content=b"{no json", headers={"authorization": "Bearer nobody"})
    assert answer.status_code == 401


@pytest.mark.parametrize(("role", "code"), [("viewer", 403), ("responder", 403), ("nobody", 401)])
async def test_only_editors_may(client: httpx.AsyncClient, role: str, code: int) -> None:
    answer = await client.post("/measurements", json=GOOD, headers={"authorization": f"Bearer {role}"})
    assert answer.status_code == code
