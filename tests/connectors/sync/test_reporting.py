"""Rules of reports: what is told is in the tables, a state is told when it changes, and each says what to do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.connections import ConnectionReported, ConnectionState
from schemas.work_items import Tracker
from services.connectors.reporting import Reporter, Trouble, is_news, judge
from services.connectors.seeding import seed
from services.connectors.states import Standing
from services.connectors.tracker import SiteFacts
from services.runtime.errors import Misconfigured, Permanent, Transient
from services.runtime.outbox import outbox_size
from services.runtime.relay import Relay
from tests.builders import CREATED
from tests.connectors.sync.bench import Bench

LATER = CREATED + timedelta(minutes=61)
CONNECTED, DEGRADED, DISCONNECTED = ConnectionState
MENDED = Misconfigured("The token is wrong; set LEEWAY_SECRET_JIRA.")


def standing(**fields: Any) -> Standing:
    usual = Standing(flow="f", first_connected=CREATED, opened_at=CREATED, last_success=CREATED)
    return replace(usual, **fields)


@pytest.mark.parametrize(
    ("trouble", "at", "state", "says"),
    [
        (None, CREATED, CONNECTED, None),
        (None, LATER, DEGRADED, "longer than `data_gap_minutes`"),
        (Trouble(Transient("not now")), CREATED, CONNECTED, None),
        (Trouble(Transient("not now"), 3), CREATED, DEGRADED, "not now"),
        (Trouble(Transient("not now")), LATER, DISCONNECTED, "not now"),
        (Trouble(Permanent("no such thing")), CREATED, DEGRADED, "no such thing"),
        (Trouble(MENDED), CREATED, DISCONNECTED, "LEEWAY_SECRET_JIRA"),
    ],
)
def test_a_state_says_whether_data_comes(bench: Bench, trouble: Trouble | None, at: Any, state: Any, says: Any) -> None:
    bench.sync.desk.facts = SiteFacts("me", "Leeway", "fake")
    found, reason = judge(bench.sync.desk, standing(), trouble, at)
    assert found is state
    assert (reason is None) if says is None else (reason is not None and says in reason)


def test_a_clock_that_is_off_and_a_lost_project_are_told_together(bench: Bench) -> None:
    bench.sync.desk.facts = SiteFacts("me", "Leeway", "fake", clock_off_seconds=-400)
    bench.sync.desk.lost = {"2": "WEB cannot be read: no right"}
    state, reason = judge(bench.sync.desk, standing(), None, CREATED)
    assert (state, reason) == (
        DEGRADED,
        "WEB cannot be read: no right; our clock is 400 seconds behind the site's; set it",
    )


def test_a_first_reading_may_take_longer_than_data_may_be_old(bench: Bench) -> None:
    bench.sync.desk.facts = SiteFacts("me", "Leeway", "fake")
    assert judge(bench.sync.desk, standing(opened_at=None, last_success=None), None, LATER)[0] is CONNECTED


def report(**fields: Any) -> ConnectionReported:
    return ConnectionReported(
        **{"connection": "jira", "tracker": Tracker.JIRA, "state": CONNECTED, "revision": 1, "at": CREATED,
           "last_success": CREATED} | fields
    )  # fmt: skip


@pytest.mark.parametrize(
    ("new", "trouble", "expected"),
    [
        ({}, None, False),
        ({"state": DEGRADED}, None, True),
        ({"reason": "another"}, None, True),
        ({"reason": "another"}, Trouble(Transient("another")), False),
        ({"at": CREATED + timedelta(minutes=14), "last_success": LATER}, None, False),
        ({"at": CREATED + timedelta(minutes=15), "last_success": LATER}, None, True),
        ({"at": LATER}, None, False),
    ],
)
def test_what_is_news(new: dict[str, Any], trouble: Trouble | None, *, expected: bool) -> None:
    assert is_news(report(), report(**new), trouble) is expected
    assert is_news(None, report(**new), trouble)


async def relayed(bench: Bench) -> list[ConnectionReported]:
    """Publish the outbox; return all reports that are out."""
    async with bench.room.session() as conn:
        while await Relay(bench.room, bench.bus).relay_once(conn):
            pass
    return bench.sent(ConnectionReported)


async def test_each_transition_is_told_once_with_a_higher_revision(bench: Bench) -> None:
    reporter = Reporter(bench.sync.desk)
    assert not await reporter.step(None), "nothing is known before the first try"
    assert await reporter.step(Trouble(MENDED))
    bench.site.add(3)
    await bench.quiet()
    assert [await reporter.step(None) for _ in range(3)] == [True, False, False]
    bench.bus.clock.move_to(LATER)  # type: ignore[attr-defined]
    assert await reporter.step(None)
    told = await relayed(bench)
    assert [one.state for one in told] == [DISCONNECTED, CONNECTED, DEGRADED]
    assert [one.revision for one in told] == sorted({one.revision for one in told})
    assert (told[0].first_connected, told[1].first_connected) == (None, CREATED)
    assert (told[1].age_seconds, told[2].age_seconds, told[1].gap_after_seconds) == (0.0, 3_660.0, 3_600.0)
    await bench.quiet()
    await reporter.step(None)
    assert [one.state for one in await relayed(bench)][3:] == [CONNECTED]


async def test_a_first_reading_that_takes_hours_is_reported_as_data_that_comes(bench: Bench) -> None:
    reporter = Reporter(bench.sync.desk)
    bench.site.add(80)

    def before(name: str) -> None:
        if name == "backfill_page":
            bench.bus.clock.move_to(bench.bus.clock.now() + timedelta(minutes=25))  # type: ignore[attr-defined]
            if len(bench.client.asked(name)) % 5 == 0:
                raise Transient("not now")

    for _ in range(2):
        bench.client.before = before
        with pytest.raises(Transient):
            await bench.quiet()
        await reporter.step(bench.sync.trouble)
        assert (await bench.standing()).opened_at is None
    first, second = await relayed(bench)
    assert (first.state, second.state) == (CONNECTED, CONNECTED)
    assert first.last_success is not None
    assert second.last_success is not None
    assert first.first_connected == CREATED
    assert first.first_connected < first.last_success < second.last_success, "the detector hears of each"


async def test_a_report_is_committed_with_its_row_of_the_outbox(bench: Bench) -> None:
    reporter = Reporter(bench.sync.desk)
    await reporter.step(Trouble(MENDED))
    async with bench.room.transaction() as conn:
        assert await outbox_size(conn) == 1
    kept = (await bench.standing()).report
    assert kept is not None
    assert [ConnectionReported.read(kept)] == await relayed(bench)


async def test_seeding_tells_each_connection_again_as_it_was_told(bench: Bench) -> None:
    bench.site.add(3)
    await bench.quiet()
    await Reporter(bench.sync.desk).step(None)
    [first] = await relayed(bench)
    bench.bus.log.clear()
    await seed(bench.room, bench.bus)
    assert bench.sent(ConnectionReported) == [first]


async def test_metrics_tell_age_lag_and_what_is_left_of_the_rate(bench: Bench) -> None:
    bench.site.add(3)
    await bench.quiet()
    bench.client.limits.remaining = 12
    bench.bus.clock.move_to(LATER)  # type: ignore[attr-defined]
    await Reporter(bench.sync.desk).step(None)
    instruments = bench.bus.metrics._instruments
    read = {"room": "connectors", "connection": "jira"}
    value = instruments.registry.get_sample_value
    assert value("leeway_connection_age_seconds", read) == 3_660.0
    assert value("leeway_rate_remaining", read) == 12
    assert value("leeway_hint_lag_seconds", read) == 0
    assert value("leeway_items_read_total", read) == 3
