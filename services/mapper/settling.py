"""Looking again after the commit: what two mappers did at the same time, neither seeing the other, is put right here.

Whoever writes an alignment leaves word of it in `dirty`, in the same transaction. A later transaction, which sees all
that was committed before, aligns those items and what hangs below them once more; whatever differs is locked, read
again behind the lock, published and written. The word on what differed stays, until a look has found nothing to do:
so of two transactions that crossed, the one that looks last sees both. What did not differ needs no second look.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mapper import store
from services.mapper.alignment import align
from services.mapper.around import load_above, load_dirty
from services.mapper.outgoing import written
from services.mapper.realigning import PAGE, realign, rebuild
from services.mapper.store import Dirty
from services.mapper.strategies import Active, Strategies
from services.runtime.bus import Bus

TAKEN_AT_ONCE: Final = 4


async def settle(conn: AsyncConnection, bus: Bus, strategies: Strategies) -> bool:
    """Take the oldest word that was left and act on it; return whether there was one."""
    dirty = await store.take_dirty(conn, TAKEN_AT_ONCE)
    if dirty is None:
        return False
    strategy = await strategies.active(conn)
    differing = await _differing(conn, strategy, dirty)
    again: list[str] = []
    for start in range(0, len(differing), PAGE):
        locked = await store.lock_whole(conn, strategy.stale, differing[start : start + PAGE])
        await realign(conn, bus, strategy, [rebuild(strategy, whole) for whole in locked], dirty.flow)
        again.extend(token for whole in locked for token in whole.node.tokens())
    await (store.narrow_dirty(conn, dirty, again) if again else store.clear_dirty(conn, dirty))
    return True


async def _differing(conn: AsyncConnection, strategy: Active, dirty: Dirty) -> list[str]:
    """Return the items, in order of ref, whose alignment is not what it should be by what is committed now."""
    below = await load_dirty(conn, strategy, dirty)
    around = await load_above(conn, strategy, (node for node, _ in below.values()), below)
    return sorted(ref for ref, (_, stored) in below.items() if written(align(ref, around)) != stored.alignment)
