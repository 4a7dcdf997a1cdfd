"""A consumer that takes from its partitions in turns, as much from each as there is.

The library's own empties one partition before it looks at the next. What was written together to several partitions
would be read far apart then, and whoever goes by what belongs together would see it in halves: each item before the
one that it hangs on.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

Place = TypeVar("Place")
Taken = TypeVar("Taken")
Records = dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]

DEFAULT_MAX_RECORDS: Final = 500


async def in_turns(
    places: Collection[Place], limit: int, take: Callable[[Place, int], Awaitable[Sequence[Taken]]]
) -> dict[Place, list[Taken]]:
    """Take at most `limit` of all places together, shared equally among those that have so much; in order of each.

    `take` gives at most so many of one place. Whoever gives less than was asked for is not asked again.
    """
    taken: defaultdict[Place, list[Taken]] = defaultdict(list)
    left, asked = limit, list(places)
    while left and asked:
        share = max(1, left // len(asked))
        turn, more = asked[:left], asked[left:]
        for place in turn:
            found = await take(place, share)
            if found:
                taken[place].extend(found)
            if len(found) == share:
                more.append(place)
            left -= len(found)
        asked = more
    return dict(taken)


class ConsumerInTurns(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """As the library's, but for the order in which partitions are taken from."""

    _owed: KafkaError | None = None
    """What one partition's failure was while others had records to give: it is raised once these are given."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Records:
        """Return records by partition; waits for the first of them only."""
        self._raise_owed()
        limit = max_records or DEFAULT_MAX_RECORDS
        taken = await self._in_turns(partitions, limit)
        if taken:
            return taken
        self._raise_owed()
        found: Records = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=1)
        if not found:
            return found
        rest = await self._in_turns(partitions, limit - 1) if limit > 1 else {}
        return {place: [*found.get(place, ()), *rest.get(place, ())] for place in found | rest}

    async def _in_turns(self, partitions: Collection[TopicPartition], limit: int) -> Records:
        return await in_turns(partitions or sorted(self.assignment()), limit, self._take)

    def _raise_owed(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            raise owed

    async def _take(self, place: TopicPartition, limit: int) -> Sequence[ConsumerRecord[bytes, bytes]]:
        if self._owed is not None:
            return ()
        try:
            found: Records = await super().getmany(place, max_records=limit)
        except KafkaError as error:
            self._owed = error
            return ()
        return found.get(place, ())
