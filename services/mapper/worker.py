"""The mapper's own loop beside its handlers: look again at what is dirty, pass marks on, map again after a strategy."""

from services.mapper import store
from services.mapper.marks import pass_marks
from services.mapper.remapping import Remapper
from services.mapper.settling import settle
from services.mapper.strategies import Strategies
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.faultpoints import faultpoint
from services.runtime.loop import Loop


class Worker:
    """Its `loop` starts with the room and is woken after a commit that left something to do."""

    def __init__(self, database: RoomDatabase, bus: Bus, clock: Clock, strategies: Strategies) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._strategies = strategies
        self._remapper = Remapper(bus, strategies)
        self.loop = Loop("mapper-worker", bus, self.step)

    async def step(self) -> bool:
        """Do one piece of each kind of work; return whether there was any."""
        left = await self._database.run(store.what_is_left)
        settled = left.words and await self._database.run(lambda conn: settle(conn, self._bus, self._strategies))
        passed = left.marks and await self._database.run(lambda conn: pass_marks(conn, self._bus))
        remapped = left.unmapped and await self._database.run(self._remapper.step)
        if settled or remapped:
            faultpoint("mapper.committed")
        return settled or passed or remapped
