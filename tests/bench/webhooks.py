"""From a webhook that comes in: until its item is on the topic, and until a finding of it goes out, signed.

All rooms run in this process, as in `leeway up`; the tracker runs in one of its own. Each webhook tells of an issue
whose due date has moved behind that of the issue which waits for it, so that a finding opens.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
from aiokafka import AIOKafkaConsumer

from schemas.strategy import Cycle, Objective, Selector, Strategy, Team
from schemas.topics import JIRA_WORK_ITEMS
from services.commands.assembly import ROOMS, builders, client_of
from services.connectors.app import Connected
from services.mapper.commands import apply_strategy
from services.notifier.receivers import deliver_to
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraConnection
from services.runtime.embedded import Endpoints
from services.runtime.host import Host, serving
from services.runtime.secrets import Secret
from services.runtime.settings import HttpSettings, Settings
from tests.bench.place import Site, site
from tests.bench.served import served
from tests.builders import jira_issue, jira_link
from tests.receiver import Collector

STEADY: Final = 300
BURST: Final = 200
A_SECOND: Final = 10.0
AT_ONCE: Final = 20
PATIENCE_SECONDS: Final = 120.0
QUIET_SECONDS: Final = 1.0
LOOK_MS: Final = 5
"""The embedded broker gives what has come when such a wait is over."""
PROJECT: Final = {"id": "10001", "key": "WEB", "name": "Web"}
SECRET: Final = "the-secret-of-the-benches-webhooks"  # noqa: S105 -- nothing is behind it
CONNECTION: Final = {
    "id": "jira", "tracker": "jira", "user": "ana@example.com", "token": "sandbox",
    "webhooks": {"address": "https://bench.example", "secret": "hooks", "register": False},
    "pace": {"poll_seconds": 86_400, "data_gap_minutes": 43_200},
}  # fmt: skip
"""No poll comes before a webhook; we send these by ourselves."""
_DUE: Final = 30


@dataclass
class Times:
    """When each webhook was sent, was seen on the topic, and led to a webhook that came out; by the issue's id."""

    sent: dict[str, float] = field(default_factory=dict)
    on_topic: dict[str, float] = field(default_factory=dict)
    out: dict[str, float] = field(default_factory=dict)

    def told(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return p50 and p99 in milliseconds of both ways, over these issues."""
        return {
            "webhooks": len(ids),
            "to_topic_ms": percentiles([self.on_topic[id_] - self.sent[id_] for id_ in ids]),
            "to_webhook_out_ms": percentiles([self.out[id_] - self.sent[id_] for id_ in ids]),
        }


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(1000 * cuts[49], 1), "p99": round(1000 * cuts[98], 1)}


async def measure(endpoints: Endpoints, steady: int = STEADY, burst: int = BURST) -> dict[str, Any]:
    """Send webhooks at a steady pace, then many at once."""
    blockers = [str(2 * number) for number in range(1, steady + burst + 1)]
    with TemporaryDirectory() as folder:
        async with served(_export(Path(folder), blockers)) as where, site(endpoints, ROOMS) as place:
            return await _measure(place, where.jira, blockers[:steady], blockers[steady:])


async def _measure(place: Site, jira: str, steady: Sequence[str], burst: Sequence[str]) -> dict[str, Any]:
    times, collector = Times(), await Collector().start()
    try:
        async with _rooms(place, jira, collector) as address, _watched(place, collector, times):
            await _move_due_dates(jira, [*steady, *burst])
            await _send(address, steady, times, 1 / A_SECOND)
            await _until_all(times, [*steady])
            await _send(address, burst, times, 0.0)
            await _until_all(times, [*steady, *burst])
    finally:
        await collector.stop()
    return {
        "steady": times.told(steady) | {"a_second": A_SECOND},
        "burst": times.told(burst),
        "assumed": "from the first byte that we send to our HTTP receiver; the issue is fetched from the tracker in "
        f"between; the topic is looked at each {LOOK_MS} ms; a burst comes over "
        f"{AT_ONCE} connections; all rooms in one process, broker and database embedded",
    }


def _export(folder: Path, blockers: Sequence[str]) -> Path:
    """Write pairs of open issues of which the second waits for the first, and is due after it."""
    path = folder / "pairs.jsonl"
    with path.open("wb") as file:
        for blocker in blockers:
            waiting = int(blocker) + 1
            link = jira_link(blocker, "Blocks", inward=int(blocker), project="WEB")
            file.write(orjson.dumps(_issue(int(blocker), _DUE)) + b"\n")
            file.write(orjson.dumps(_issue(waiting, _DUE + 1, issuelinks=[link])) + b"\n")
    return path


def _day(days: int) -> str:
    return (SystemClock().wall() + timedelta(days=days)).date().isoformat()


def _issue(number: int, due: int, **fields: Any) -> dict[str, Any]:
    at = SystemClock().wall() - timedelta(days=1)
    issue = jira_issue(number, project="WEB", category="indeterminate", created=at, histories=[], **fields)
    issue["fields"] |= {"project": PROJECT, "labels": ["goal"], "duedate": _day(due)}
    return issue


def _strategy() -> Strategy:
    today = SystemClock().wall().date()
    cycle = Cycle(id="now", starts_on=today - timedelta(days=30), ends_on=today + timedelta(days=60))
    work = (Selector(project="WEB", label="goal"),)
    goal = Objective(id="goal", title="The goal", team="web", work=work)
    return Strategy(
        version=1, cycle=cycle, teams=(Team(id="web", owns=(Selector(project="WEB"),)),), objectives=(goal,)
    )


@asynccontextmanager
async def _rooms(place: Site, jira: str, collector: Collector) -> AsyncIterator[str]:
    """Run all rooms until the block ends, the first reading and its alerts behind them; gives the address of hooks."""
    clock = SystemClock()
    connection = JiraConnection.model_validate(CONNECTION | {"url": jira})
    linked = Connected(connection, client_of(connection, "sandbox", clock), Secret(SECRET))
    settings = Settings(http=HttpSettings(port=0))
    host = Host(settings, place.bus, place.database, clock)
    for name, build in builders((deliver_to(collector.url, collector.secret),), (linked,)).items():
        host.add(name, build)
    await apply_strategy(place.database.room("mapper"), _strategy(), "bench", clock)
    async with serving(host, settings) as address:
        try:
            await host.start()
            await _quiet(host)
            yield f"{address}/hooks/jira/jira"
        finally:
            await host.stop()


async def _quiet(host: Host) -> None:
    """Wait until nothing is to be done in any room, and was not a moment ago either."""
    since = monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while monotonic() - since < QUIET_SECONDS:
            for failure in host.failures():
                raise failure
            stands = [await room.progress() for room in host.rooms]
            if any(count for stand in stands for count in stand.pending.values()):
                since = monotonic()
            await asyncio.sleep(QUIET_SECONDS / 10)


@asynccontextmanager
async def _watched(place: Site, collector: Collector, times: Times) -> AsyncIterator[None]:
    """Note what comes to the topic and to the receiver until the block ends."""
    consumer = AIOKafkaConsumer(
        f"{place.bus.topic_prefix}{JIRA_WORK_ITEMS.name}", bootstrap_servers=place.bus.bootstrap_servers,
        auto_offset_reset="latest", fetch_max_wait_ms=LOOK_MS, enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    await consumer.seek_to_end()
    tasks = [asyncio.create_task(_see_topic(consumer, times)), asyncio.create_task(_see_out(collector, times))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await consumer.stop()


async def _see_topic(consumer: AIOKafkaConsumer, times: Times) -> None:
    async for record in consumer:
        _, _, id_ = (record.key or b"").decode().rpartition(":")
        times.on_topic.setdefault(id_, monotonic())


async def _see_out(collector: Collector, times: Times) -> None:
    seen = len(collector.deliveries)
    while True:
        await collector.wait_for(lambda all_, seen=seen: len(all_.deliveries) > seen, PATIENCE_SECONDS)  # type: ignore[misc]
        at, fresh = monotonic(), collector.deliveries[seen:]
        seen += len(fresh)
        for delivery in fresh:
            for subject in delivery.body["data"]["finding"]["subjects"]:
                times.out.setdefault(subject["ref"].rpartition(":")[2], at)


async def _move_due_dates(jira: str, ids: Sequence[str]) -> None:
    async with httpx.AsyncClient(base_url=jira, headers={"Authorization": "Bearer sandbox"}) as client:
        for id_ in ids:
            answer = await client.put(f"/rest/api/3/issue/{id_}", json={"fields": {"duedate": _day(_DUE + 2)}})
            answer.raise_for_status()


async def _send(address: str, ids: Sequence[str], times: Times, pause: float) -> None:
    """Send a webhook of each issue, so far apart, over as many connections as a tracker would open."""
    rest = iter(ids)

    async def work() -> None:
        async with _sender(address) as send:
            for id_ in rest:
                times.sent[id_] = monotonic()
                await send(_body(id_))
                await asyncio.sleep(pause)

    async with asyncio.TaskGroup() as group:
        for _ in range(1 if pause else AT_ONCE):
            group.create_task(work())


def _body(id_: str) -> bytes:
    return json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": id_, "key": f"WEB-{id_}"}}).encode()


@asynccontextmanager
async def _sender(address: str) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Give what posts a body; by hand, because a whole HTTP client takes more of this process than our receiver."""
    parts = urlsplit(address)
    answers, forth = await asyncio.open_connection(parts.hostname, parts.port)

    async def send(body: bytes) -> None:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        lines = (f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}",
                 f"X-Hub-Signature: sha256={signature}", "", "")  # fmt: skip
        forth.write("\r\n".join(lines).encode() + body)
        status = (await answers.readuntil(b"\r\n\r\n")).split(maxsplit=2)[1]
        if status != b"200":
            raise RuntimeError(f"our receiver answered {status.decode()}")

    try:
        yield send
    finally:
        forth.close()


async def _until_all(times: Times, ids: Sequence[str]) -> None:
    wanted, began = frozenset(ids), monotonic()
    while missing := wanted - (times.on_topic.keys() & times.out.keys()):
        if monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError(f"of {len(wanted)} webhooks {len(missing)} led to nothing")
        await asyncio.sleep(QUIET_SECONDS / 10)
