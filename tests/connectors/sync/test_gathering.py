"""Rules of keeping pages together: what comes while others are kept waits for them, and no page is kept twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from schemas.work_items import Tracker
from services.connectors.export.lines import Problem
from services.connectors.fetching import Read
from services.connectors.gathering import Gathering, Pages, merged
from services.connectors.ledger import Entry
from services.connectors.pages import Written
from services.connectors.tracker import RawPage, Scope
from services.runtime.errors import Transient

AT = datetime(2026, 6, 26, tzinfo=UTC)


def pages(scope: str) -> Pages:
    return Pages(Scope(scope, scope), [RawPage(({"id": scope},))], Read(), None)


class Keeping:
    """Keeps when it is let, and notes what it was given."""

    def __init__(self) -> None:
        self.kept: list[list[str]] = []
        self.may_go = asyncio.Event()
        self.began = asyncio.Event()
        self.fails = 0

    async def __call__(self, some: Sequence[Pages]) -> None:
        self.began.set()
        await self.may_go.wait()
        if self.fails:
            self.fails -= 1
            raise Transient("not now")
        self.kept.append([one.scope.id for one in some])


async def calls_of(gathering: Gathering, keeping: Keeping, *scopes: str) -> list[asyncio.Task[None]]:
    """Hand over the first, and the others once it is being kept."""
    first, *others = (asyncio.create_task(gathering.keep(pages(scope))) for scope in scopes)
    await keeping.began.wait()
    await asyncio.sleep(0)
    keeping.may_go.set()
    return [first, *others]


async def test_what_comes_while_pages_are_kept_is_kept_together_after_them() -> None:
    keeping = Keeping()
    await asyncio.gather(*await calls_of(Gathering(keeping), keeping, "a", "b", "c"))
    assert sorted(map(sorted, keeping.kept)) in ([["a"], ["b", "c"]], [["a", "b", "c"]])
    assert sum(map(len, keeping.kept)) == 3


async def test_a_failure_is_told_to_one_and_the_others_are_kept_by_themselves() -> None:
    keeping = Keeping()
    keeping.fails = 1
    outcomes = await asyncio.gather(*await calls_of(Gathering(keeping), keeping, "a", "b", "c"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Transient, type(None), type(None)]
    assert sorted(scope for some in keeping.kept for scope in some) == ["b", "c"]


async def test_who_is_ended_while_it_waits_leaves_nothing_to_keep() -> None:
    keeping = Keeping()
    gathering = Gathering(keeping)
    first = asyncio.create_task(gathering.keep(pages("a")))
    await keeping.began.wait()
    second = asyncio.create_task(gathering.keep(pages("b")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    keeping.may_go.set()
    await first
    await gathering.keep(pages("c"))
    assert keeping.kept == [["a"], ["c"]]


def test_of_an_item_in_two_pages_the_later_page_counts_with_its_version() -> None:
    reads = [
        Read([written("jira:s:1", b"old"), written("jira:s:2", b"two")], [Entry("1", "10"), Entry("2", "10")]),
        Read([written("jira:s:1", b"new")], [Entry("1", "11")], [Problem("jira:s:3", 0, "broken", b"")]),
    ]
    found = merged(reads)
    assert [(item.ref, item.body) for item in found.items] == [("jira:s:1", b"new"), ("jira:s:2", b"two")]
    assert found.entries == [Entry("1", "11"), Entry("2", "10")]
    assert [problem.source for problem in found.problems] == ["jira:s:3"]


def written(ref: str, body: bytes) -> Written:
    return Written(Tracker.JIRA, ref, AT, is_open=True, body=body, content_hash=body, changes=())
