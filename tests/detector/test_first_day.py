"""Before anything was read no objective is judged; what is found while a connection is first read is of its opening."""

from schemas.findings import FindingChanged
from schemas.marks import MarkKind
from tests.builders import work_item
from tests.detector.made import strategy
from tests.detector.room import Room, aligned


async def opened(room: Room) -> dict[str, str | None]:
    """Return the load of each finding that opened, by rule and subject."""
    changes = [one for one in await room.outbox() if isinstance(one, FindingChanged)]
    return {f"{one.finding.rule} {one.finding.subjects[0].ref}": one.flow for one in changes}


async def test_a_strategy_alone_finds_nothing(room: Room) -> None:
    await room.apply(strategy())
    await room.settle()
    assert await opened(room) == {}


async def test_its_mark_goes_on_all_the_same(room: Room) -> None:
    await room.apply(strategy())
    await room.mark("strategy:1", MarkKind.STRATEGY)
    await room.settle()
    assert await room.said() == ["mark strategy:1"]
    left = await room.left()
    assert (left["agenda"], left["dirty"], left["marks"]) == (0, 0, 0)


async def test_what_is_found_of_objectives_while_a_site_is_first_read_is_of_its_opening(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(work_item(1), objective="easy", flow="opening:acme:1"))
    await room.settle()
    assert await opened(room) == {}
    await room.mark("opening:acme:1")
    await room.settle()
    found = await opened(room)
    assert "data-gap objective:safe" in found
    assert set(found.values()) == {"opening:acme:1"}


async def test_an_import_that_brings_nothing_ends_the_waiting(room: Room) -> None:
    await room.apply(strategy())
    await room.mark("drain", MarkKind.DRAIN)
    await room.settle()
    assert "data-gap objective:safe" in await opened(room)
    assert (await room.said())[-1] == "mark drain"
