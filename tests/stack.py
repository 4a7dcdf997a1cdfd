"""One broker and one database for a whole test session; a test has its own topics and schemas by their prefixes.

`LEEWAY_TEST_KAFKA=apache` runs the same tests on Apache Kafka, started here; `LEEWAY_TEST_BOOTSTRAP_SERVERS` on one
that runs already. The database stays the embedded one.
The stack lives in a thread of its own, because it must outlive the event loop of any one test. The thread must
outlive the stack in turn: to the kernel a child's parent is the thread that started it.
"""

import asyncio
import os
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from services.runtime.embedded import EmbeddedStack, Endpoints, temporary_home
from services.runtime.settings import BusSettings
from tests.kafka.server import apache_kafka

T = TypeVar("T")

OTHER_KAFKA = "LEEWAY_TEST_BOOTSTRAP_SERVERS"
KIND_OF_KAFKA = "LEEWAY_TEST_KAFKA"


class Elsewhere:
    """An event loop in a thread of its own, until it is ended."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="embedded stack", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=150)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@contextmanager
def supervised(home: Path) -> Iterator[None]:
    """Have both parts run on a home, so that commands in this process need not start a database each."""
    with ExitStack() as closing:
        elsewhere = Elsewhere()
        closing.callback(elsewhere.end)
        _run(EmbeddedStack(home), elsewhere, closing)
        yield


def _run(stack: EmbeddedStack, elsewhere: Elsewhere, closing: ExitStack) -> None:
    elsewhere.call(stack.__aenter__())
    closing.callback(lambda: elsewhere.call(stack.__aexit__(None, None, None)))


class SharedStack:
    """Started when first asked for, stopped once."""

    def __init__(self) -> None:
        self._other_kafka = os.environ.get(OTHER_KAFKA)
        self._closing = ExitStack()
        self._stack: EmbeddedStack | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Where the session's parts are."""
        if self._stack is None:
            self._start()
        assert self._stack is not None
        found = self._stack.endpoints
        return replace(found, bootstrap_servers=self._other_kafka) if self._other_kafka else found

    def stop(self) -> None:
        """End the parts and remove their home."""
        self._closing.close()

    def _start(self) -> None:
        if os.environ.get(KIND_OF_KAFKA) == "apache" and not self._other_kafka:
            self._other_kafka = self._closing.enter_context(apache_kafka())
        home = self._closing.enter_context(temporary_home())
        elsewhere = Elsewhere()
        self._closing.callback(elsewhere.end)
        stack = EmbeddedStack(home, broker=self._other_kafka is None, throwaway=True)
        _run(stack, elsewhere, self._closing)
        self._stack = stack


def fresh_prefix() -> str:
    """Return a name that no other test has, good for schemas and topics."""
    return f"t{uuid.uuid4().hex[:10]}_"


def bus_settings(endpoints: Endpoints, *, groups: bool | None = None) -> BusSettings:
    """Return settings for topics of one's own; idempotent producers, and groups unless told, only on a real Kafka."""
    return BusSettings(
        bootstrap_servers=endpoints.bootstrap_servers or "",
        idempotent=not endpoints.epoch,
        epoch=endpoints.epoch,
        topic_prefix=fresh_prefix().replace("_", "."),
        groups=not endpoints.epoch if groups is None else groups,
    )


def drop_schemas(database_url: str, prefix: str) -> None:
    """Drop all schemas of a test."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where starts_with(nspname, %s)", (prefix,)
        ).fetchall()
        for (schema,) in rows:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
