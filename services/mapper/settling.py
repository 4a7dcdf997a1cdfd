"""Looking again after the commit: what two mappers did at the same time, neither seeing the other, is put right here.

Whoever writes what others may inherit leaves word of it in `dirty`, in the same transaction. A later transaction, in
whose time no other mapper writes, aligns once more what may not have seen it: what hangs below those that have changed,
and whoever looked in vain for those that are new. So of two transactions that crossed, each is seen by the look that
the word of the other brings about, and whoever did see what it inherits from costs nothing here.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mapper import store
from services.mapper.alignment import align
from services.mapper.around import in_vain, load_above, load_dirty
from services.mapper.outgoing import written
from services.mapper.realigning import PAGE, realign, rebuild
from services.mapper.strategies import Strategies
from services.runtime.bus import Bus

TAKEN_AT_ONCE: Final = 4


async def settle(conn: AsyncConnection, bus: Bus, strategies: Strategies) -> bool:
    """Take the oldest word that was left and act on it; return whether there was one."""
    await store.lock_exclusive(conn)
    dirty = await store.take_dirty(conn, TAKEN_AT_ONCE)
    if dirty is None:
        return False
    strategy = await strategies.active(conn)
    below = await load_dirty(conn, strategy, dirty)
    around = await load_above(conn, strategy, (node for node, _ in below.values()), below)
    differing = sorted(ref for ref, (_, stored) in below.items() if written(align(ref, around)) != stored.alignment)
    for start in range(0, len(differing), PAGE):
        locked = await store.lock_whole(conn, strategy.stale, differing[start : start + PAGE])
        await realign(conn, bus, strategy, [rebuild(strategy, whole) for whole in locked], around, flow=dirty.flow)
    await store.add_unmet(conn, in_vain((node for node, _ in below.values()), around))
    await store.clear_dirty(conn, dirty)
    return True
