"""The supervisor: starts the parts of one home, starts them again when they die, and says where they are."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import structlog

from services.runtime.clock import Clock, SystemClock
from services.runtime.embedded.broker import Broker
from services.runtime.embedded.endpoints import Endpoints, Home, HomeLock, write_endpoints
from services.runtime.embedded.places import database_folder, remove_database
from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.processes import Child, Guard
from services.runtime.errors import LeewayError

RESTART_TRIES: Final = 8
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 5.0
STEADY_SECONDS: Final = 10.0
"""A part that lived so long before it died is started again at once, with all its tries."""

_log = structlog.get_logger(__name__)


class Part(Protocol):
    """A child that can be started again."""

    name: str
    child: Child | None

    async def start(self) -> Child:
        """Start it and wait until it answers."""
        ...

    async def stop(self) -> None:
        """End it."""
        ...


class EmbeddedStack:
    """The supervised parts of a home, between `async with` and its end.

    `on_loss` is called when the broker has died, before it is started again; `on_change` is awaited with the new
    endpoints when it came back with a new epoch. `throwaway` gives up
    durability for speed and has the home removed if this process is killed; a throwaway database that could not lie in
    the home goes with the stack. Raises Misconfigured if the home has another supervisor, if its database is of another
    version, or if a part cannot be started.
    """

    def __init__(
        self,
        home: Path,
        *,
        database: bool = True,
        broker: bool = True,
        clock: Clock | None = None,
        throwaway: bool = False,
        on_change: Callable[[Endpoints], Awaitable[None]] | None = None,
    ) -> None:
        self.on_change = on_change
        self.on_loss: Callable[[], None] | None = None
        self._home = Home(home.absolute())
        self._wanted = (database, broker)
        self._clock = clock or SystemClock()
        self._throwaway = throwaway
        self._guard = Guard()
        self._lock = HomeLock(self._home)
        self._postgres: Postgres | None = None
        self._broker: Broker | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._failure: asyncio.Future[LeewayError] | None = None
        self._closing = contextlib.AsyncExitStack()

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts are, as of now."""
        return Endpoints(
            database_url=self._postgres.url if self._postgres else None,
            bootstrap_servers=self._broker.bootstrap_servers if self._broker else None,
            epoch=self._broker.epoch if self._broker else "",
            pid=os.getpid(),
        )

    @property
    def pids(self) -> dict[str, int]:
        """The process numbers of the parts that are up, by name, and of the guard."""
        found = {part.name: part.child.pid for part in self._parts() if part.child}
        return found | ({"guard": self._guard.pid} if self._guard.pid else {})

    async def failed(self) -> LeewayError:
        """Wait until a part cannot be started again, and return why."""
        assert self._failure is not None, "only inside `async with`"  # noqa: S101 -- a slip of the programmer
        return await asyncio.shield(self._failure)

    async def __aenter__(self) -> Self:
        """Take the home, start its parts, and write the endpoints."""
        async with self._closing as closing:
            self._home.make()
            await self._lock.take(self._clock)
            closing.callback(self._lock.release)
            await self._guard.start()
            closing.push_async_callback(self._guard.stop)
            if self._throwaway:
                self._guard.tell("remove", self._home.path)
                closing.callback(self._guard.tell, "keep", self._home.path)
            await self._start_parts(closing)
            self._failure = asyncio.get_running_loop().create_future()
            write_endpoints(self._home, self.endpoints)
            closing.callback(self._home.endpoints.unlink, missing_ok=True)
            self._keepers = [asyncio.create_task(self._keep(part)) for part in self._parts()]
            for keeper in self._keepers:
                keeper.add_done_callback(self._kept)
            closing.push_async_callback(self._stop_keepers)
            self._closing = closing.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the parts in turn and leave nothing behind but the home's state."""
        await self._closing.aclose()

    def _parts(self) -> list[Part]:
        return [part for part in (self._postgres, self._broker) if part is not None]

    async def _start_parts(self, closing: contextlib.AsyncExitStack) -> None:
        """Make the wanted parts and start them side by side; all that began is ended if one fails."""
        database, broker = self._wanted
        folder = database_folder(self._home, throwaway=self._throwaway)
        if self._throwaway and not folder.path.is_relative_to(self._home.path):
            self._guard.tell("remove", folder.path)
            closing.callback(remove_database, self._home)
        logs = self._home.logs
        if database:
            self._postgres = Postgres(
                folder, logs / "postgres.log", self._guard, self._clock, throwaway=self._throwaway
            )
        if broker:
            self._broker = Broker(logs / "broker.log", self._guard, self._clock, folder.account)
        for part in self._parts():
            closing.push_async_callback(part.stop)
        results = await asyncio.gather(*(part.start() for part in self._parts()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _keep(self, part: Part) -> None:
        """Start the part again whenever it dies, until that fails too often in a row."""
        pause = FIRST_PAUSE_SECONDS
        failures = 0
        while failures < RESTART_TRIES:
            since = self._clock.monotonic()
            code = await part.child.wait() if part.child else None
            if self._clock.monotonic() - since > STEADY_SECONDS:
                pause, failures = FIRST_PAUSE_SECONDS, 0
            _log.warning("a part of the embedded stack died; starting it again", part=part.name, exit_code=code)
            error = await self._start_again(part)
            if error is None:
                continue
            failures += 1
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if failures == RESTART_TRIES:
                self._give_up(error)

    async def _start_again(self, part: Part) -> LeewayError | None:
        if part.child:
            self._guard.tell("forget", part.child.pid)
            part.child = None
        epoch = self.endpoints.epoch
        if part is self._broker and self.on_loss is not None:
            self.on_loss()
        try:
            await part.start()
        except LeewayError as error:
            _log.warning("a part of the embedded stack could not be started again", part=part.name, why=str(error))
            return error
        write_endpoints(self._home, self.endpoints)
        if self.on_change is not None and self.endpoints.epoch != epoch:
            await self.on_change(self.endpoints)
        return None

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        """A keeper that raised, because `on_change` did, must not go unnoticed."""
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            self._give_up(LeewayError(f"The embedded stack is no longer watched: {error!r}"))

    def _give_up(self, error: LeewayError) -> None:
        _log.error("a part of the embedded stack cannot be started again", why=str(error))
        if self._failure is not None and not self._failure.done():
            self._failure.set_result(error)

    async def _stop_keepers(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
