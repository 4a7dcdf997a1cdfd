"""What stood when a connection was first read is told once and together; what comes afterwards is told as ever."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from schemas.findings import FindingChanged, Severity
from schemas.marks import FlowMark, MarkKind
from services.notifier.channels.terminal.channel import printed
from services.notifier.digest import connection_of, digest_body, digest_id
from services.notifier.message import LONGEST_BODY
from tests.notifier.benches import Bench, numbered
from tests.notifier.findings import NOON, finding, opened, resolved, updated
from tests.receiver import Collector

FLOW = "opening:acme:17"
MARK = FlowMark(id=FLOW, kind=MarkKind.IMPORT, sent_at=NOON)


def loaded(change: FindingChanged, number: int, flow: str = FLOW) -> FindingChanged:
    """The same of another finding, brought by a first load."""
    return numbered(change, number).model_copy(update={"flow": flow, "revision": change.revision + number})


async def mark(bench: Bench) -> None:
    """Have the mark come on every partition that the bench's bus has: its broker is none, so on one."""
    await bench.hear(MARK)


@pytest.fixture(autouse=True)
def one_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one(_bus: object, _topic: object) -> int:
        return 1

    monkeypatch.setattr("services.runtime.bus.Bus.partitions", one)


async def bodies(bench: Bench) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in await bench.rows("SELECT body FROM deliveries ORDER BY id")]


async def test_a_first_load_ends_in_one_notification(bench: Bench, collector: Collector) -> None:
    await bench.hear(*(loaded(opened(), number) for number in range(1, 200)))
    assert await bench.counts() == (0, 0, 0)
    await mark(bench)
    await bench.carry_all()
    assert await bench.counts() == (1, 0, 0)
    assert len(collector.deliveries) == 1
    (body,) = await bodies(bench)
    assert (body["type"], body["data"]["total"]) == ("digest.opened", 199)
    assert body["data"]["digest"] == {"id": "opening-acme-17", "connection": "acme"}
    assert len(body["data"]["findings"]) + body["data"]["left_out"]["findings"] == 199


async def test_the_mark_a_second_time_tells_nothing_a_second_time(bench: Bench) -> None:
    await bench.hear(loaded(opened(), 1), MARK)
    await bench.hear(MARK)
    assert await bench.counts() == (0, 0, 1)


async def test_what_opens_after_the_first_load_is_an_alert_of_its_own(bench: Bench) -> None:
    await bench.hear(loaded(opened(), 1), MARK)
    await bench.hear(numbered(opened(), 2))
    assert [body["type"] for body in await bodies(bench)] == ["digest.opened", "finding.opened"]


async def test_what_the_digest_told_is_told_again_when_it_weighs_more_and_when_it_ends(bench: Bench) -> None:
    await bench.hear(loaded(opened(), 1), MARK)
    later = updated(30, severity=Severity.HIGH)
    await bench.hear(loaded(later, 1))
    await bench.hear(loaded(resolved(50, severity=Severity.HIGH), 1))
    assert [body["type"] for body in await bodies(bench)] == ["digest.opened", "finding.updated", "finding.resolved"]


async def test_what_ended_before_the_digest_is_not_in_it_and_its_end_is_not_told(bench: Bench) -> None:
    await bench.hear(loaded(opened(), 1), loaded(opened(), 2))
    await bench.hear(loaded(resolved(20), 1))
    await mark(bench)
    (body,) = await bodies(bench)
    assert [one["fingerprint"] for one in body["data"]["findings"]] == [f"{2:016x}"]


async def test_a_load_that_somebody_asked_for_is_told_as_ever(bench: Bench) -> None:
    await bench.hear(loaded(opened(), 1, flow="import:archive:3"))
    assert [body["type"] for body in await bodies(bench)] == ["finding.opened"]


async def test_when_nothing_stood_the_digest_says_so(bench: Bench) -> None:
    await mark(bench)
    (body,) = await bodies(bench)
    assert body["data"]["total"] == 0


def test_the_heaviest_come_first_then_the_oldest() -> None:
    names = {"a": (Severity.LOW, 9), "b": (Severity.HIGH, 1), "c": (Severity.HIGH, 3), "d": (Severity.CRITICAL, 1)}
    findings = [
        finding(fingerprint=name, severity=severity, since=NOON - timedelta(days=days))
        for name, (severity, days) in names.items()
    ]
    told = json.loads(digest_body(FLOW, findings, NOON))["data"]["findings"]
    assert [one["fingerprint"] for one in told] == ["d", "c", "b", "a"]


def test_a_digest_of_long_texts_is_short_enough() -> None:
    findings = [finding(fingerprint=f"{n:016x}", title="ü" * 5000, why="ü" * 5000) for n in range(300)]
    body = digest_body(FLOW, findings, NOON)
    assert len(body.encode()) <= LONGEST_BODY
    assert json.loads(body)["data"]["total"] == 300


@pytest.mark.parametrize("connection", ["acme", "acme.ops-2", "a"])
def test_the_flow_names_the_connection(connection: str) -> None:
    assert connection_of(f"opening:{connection}:4") == connection
    assert "." not in digest_id("opening:acme:4")


def test_a_terminal_shows_how_much_stood_and_what_weighs_most() -> None:
    findings = [finding(fingerprint=f"{n:016x}", title=f"Finding {n}") for n in range(7)]
    screen = StringIO()
    Console(file=screen, width=120).print(printed(digest_body(FLOW, findings, NOON)))
    assert "acme is read for the first time; 7 findings stood already (7 medium)." in screen.getvalue()
    assert screen.getvalue().count("Finding ") == 5
    assert "and 2 more" in screen.getvalue()
