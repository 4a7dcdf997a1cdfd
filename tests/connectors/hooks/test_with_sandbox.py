"""Both stand-ins, both clients: webhooks are made with their handshakes, and what they tell arrives without a poll."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from schemas.events import type_names
from schemas.topics import COMMENT_REQUESTS, JIRA_CHANGES
from schemas.work_items import ActorKind, WorkItem, WorkItemChange
from services.connectors.app import Connected, Connectors, build_app
from services.connectors.asana.client import build_client as asana_client
from services.connectors.commenting import comments_handler
from services.connectors.jira.client import build_client as jira_client
from services.connectors.keeping import Keeper
from services.connectors.tracker import HookFound
from services.runtime.bus import Batch, Record
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.http import HttpServer
from services.runtime.room import RoomContext
from services.runtime.secrets import Secret
from services.runtime.settings import HttpSettings, Settings
from services.sandbox.server import TOKEN, Running, SandboxOptions, sandbox
from tests.connectors.comments.asking import request
from tests.connectors.fake_site import JIRA_SECRET, asana_settings, jira_settings, rows_of
from tests.connectors.recording import RecordingBus
from tests.waiting import eventually

CLOCK = SystemClock()
TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
JIRA_PERSON = "5f426f0000000000000000000"
RARELY = {"poll_seconds": 86_400, "reconcile_hours": 720, "goals_minutes": 43_200, "data_gap_minutes": 43_200}


class LiveBus(RecordingBus):
    """Remembers what is published, and waits as long as it is asked to."""

    def __init__(self, database: RoomDatabase) -> None:
        super().__init__(database)
        self.clock = CLOCK

    async def start(self) -> None:
        """Read nothing: a test hands over what there is to read."""


@dataclass
class Live:
    """A sandbox, and the connectors that read it and are told by it."""

    sandbox: Running
    room: Connectors
    bus: RecordingBus
    database: RoomDatabase

    async def is_open(self) -> bool:
        """Tell whether both connections are read and all webhooks are made."""
        (count,) = await rows_of(self.database, "SELECT count(*) FROM connection_states WHERE opened_at IS NOT NULL")
        hooks = await rows_of(self.database, "SELECT connection, count(*) FROM hooks GROUP BY 1 ORDER BY 1")
        return count == (2,) and hooks == [("main", 1), ("marketing", len(self.sandbox.asana.store.all("project")))]

    async def title_of(self, ref: str) -> str:
        """Return what an item is called in our tables."""
        ((body,),) = await rows_of(self.database, "SELECT body FROM snapshots WHERE ref = :ref", ref=ref)
        return WorkItem.model_validate_json(body).title


@asynccontextmanager
async def serving(database: RoomDatabase, made: Running) -> AsyncIterator[Live]:
    """Serve the connectors where the sandbox reaches them."""
    app = FastAPI()
    server = HttpServer(app, HttpSettings(port=0))
    webhooks = {"address": await server.start(), "secret": "hooks"}
    jira = jira_settings(
        url=made.jira_url, pace=RARELY, webhooks=webhooks, comments={"enabled": True, "projects": ["GROW"]}
    )
    asana = asana_settings(url=made.asana_url, workspace="Brightmoor", pace=RARELY, webhooks=webhooks)
    bus = LiveBus(database)
    room = build_app(
        RoomContext(Settings(), CLOCK, database, bus),
        connections=[
            Connected(jira, jira_client(jira, TOKEN, CLOCK), Secret(JIRA_SECRET)),
            Connected(asana, asana_client(asana, TOKEN, CLOCK)),
        ],
    )
    for router in room.routers():
        app.include_router(router)
    await room.start()
    live = Live(made, room, bus, database)
    try:
        await eventually(live.is_open, within=60)
        yield live
    finally:
        await room.stop()
        await server.stop()


@pytest.fixture
async def live(room: RoomDatabase) -> AsyncIterator[Live]:
    async with sandbox(SandboxOptions(TODAY, items=60), CLOCK) as made, serving(room, made) as running:
        yield running


async def test_what_changes_at_the_sites_arrives_by_webhook(live: Live) -> None:
    issue, task = next(iter(live.sandbox.jira.issues)), next(iter(live.sandbox.asana.tasks))
    person = next(iter(live.sandbox.asana.store.all("user")))
    live.sandbox.jira.edit(issue, {"summary": "Berth 4 by May"}, JIRA_PERSON)
    live.sandbox.asana.edit(task, {"name": "Berth 5 by June"}, person)

    async def have_arrived() -> bool:
        titles = await live.title_of(f"jira:main:{issue}"), await live.title_of(f"asana:marketing:{task}")
        return titles == ("Berth 4 by May", "Berth 5 by June")

    await eventually(have_arrived, within=20)
    told = await rows_of(live.database, "SELECT connection FROM hook_standings WHERE told_at IS NOT NULL ORDER BY 1")
    assert told == [("main",), ("marketing",)]


async def test_our_own_comment_comes_back_as_ours(live: Live) -> None:
    jira = live.sandbox.jira
    issue = next(id_ for id_ in jira.issues if jira.key_of(id_).startswith("GROW-"))
    asked = request(ref=f"jira:main:{issue}")
    handler = comments_handler(live.database, live.bus, {"main"}, lambda: None)
    body = asked.model_dump_json().encode()
    await handler(Batch((Record(COMMENT_REQUESTS, 0, 1, asked.ref, "leeway.comment-requested.v1", body, ()),)))

    def ours() -> list[WorkItemChange]:
        sent = [one.event for one in live.bus.log if one.topic is JIRA_CHANGES]
        told = [WorkItemChange.read(event.body) for event in sent if event.type == type_names[WorkItemChange]]
        return [one for one in told if one.kind == "comment" and one.by and one.by.kind is ActorKind.LEEWAY]

    await eventually(ours, within=20)
    (change,) = ours()
    assert change.ref == asked.ref
    comments = str(jira.raw(issue)["fields"]["comment"])
    assert comments.count("(Leeway 3fa9c1)") == 1


async def test_a_webhook_that_the_site_lost_is_made_again(live: Live) -> None:
    keeper = live.room._work["marketing"]
    before = await rows_of(live.database, "SELECT hook FROM hooks WHERE connection = 'marketing' ORDER BY scope")
    for (hook,) in before:
        await keeper.site.client.delete_hook(HookFound(hook, ""))
    assert await Keeper(keeper.site).round() is None
    after = await rows_of(live.database, "SELECT hook FROM hooks WHERE connection = 'marketing' ORDER BY scope")
    assert len(after) == len(before)
    assert not set(after) & set(before)
    assert len(await keeper.site.client.hooks()) == len(before)
