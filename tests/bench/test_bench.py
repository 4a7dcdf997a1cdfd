"""Each measurement runs at a small size and gives its numbers; how good they are is for nobody to assert here."""

import asyncio
from pathlib import Path

from services.runtime.embedded import Endpoints
from services.sandbox.listening import HOST
from tests.bench import archive, backtest, extraction, flow, forecast, memory, reader, remap, scale, sweep, webhooks
from tests.bench.company import Company
from tests.bench.place import site
from tests.bench.reader import Step
from tests.bench.served import far, served
from tests.bench.sweep import AtRest


async def test_the_flow_is_measured_against_its_floor(endpoints: Endpoints) -> None:
    found = await flow.measure(endpoints, Company(items_a_team=60), repeats=1)
    assert found["items"] == 600
    assert found["share_of_floor"] > 0
    assert found["bytes_an_item"] > 0


async def test_a_big_company_is_a_small_one_many_times(endpoints: Endpoints) -> None:
    small, big = Company(items_a_team=60), Company(groups=3, items_a_team=60)
    found = await scale.measure(endpoints, small, big, events=100, repeats=1)
    assert found["items"] == [600, 1800]
    assert found["cost_ratio"] > 0


async def test_a_sweep_judges_all_again_and_tells_nothing(endpoints: Endpoints) -> None:
    found = await sweep.measure(endpoints, AtRest(groups=2, items_a_team=60), repeats=1)
    assert found["items"] == 1200
    assert 600 < found["subjects"] < 1200, "who waits has a moment to come, and so has what is due"
    assert found["findings"] > 600
    assert found["share_of_floor"] > 0


async def test_a_new_strategy_is_measured_by_what_it_moves(endpoints: Endpoints) -> None:
    found = await remap.measure(endpoints, Company(groups=3, items_a_team=60))
    assert found["items"] == 1800
    assert found["owners"]["moved"] == 2 * 60, "each twentieth of 30 teams hands all of its items over"
    assert 0 < found["objectives"]["moved"] < 3 * 60, "each thirteenth objective hands over what it has, which is less"
    for edit in ("owners", "objectives"):
        assert 0 < found[edit]["mapped_seconds"] <= found[edit]["judged_seconds"]
        assert found[edit]["floor_seconds"] > 0


def test_a_replay_is_measured_without_the_archive_too(tmp_path: Path) -> None:
    found = archive.measure(tmp_path / "nothing", size=300)
    assert found["items"] == 300
    assert found["rss_mb"] > 0
    assert "made_up" in found


def test_a_backtest_is_measured_without_the_archive_too(tmp_path: Path) -> None:
    found = backtest.measure(tmp_path / "nothing", size=300)
    assert found["items"] == 300
    assert found["findings"] > 0
    assert found["days_per_second"] > 0
    assert "made_up" in found


async def test_a_first_reading_ends_with_every_item_of_the_site(endpoints: Endpoints) -> None:
    async with served(120) as where:
        for race, items in ((extraction.jira_race(where), where.issues), (extraction.asana_race(where), where.tasks)):
            async with site(endpoints, ("connectors",)) as place:
                steps = await reader.read(place, race.connection)
            assert steps[-1].done
            assert steps[-1].items == items
            assert steps[-1].rss_mb > 0


async def test_webhooks_are_measured_to_the_topic_and_to_what_goes_out(endpoints: Endpoints) -> None:
    found = await webhooks.measure(endpoints, steady=2, burst=2)
    for part in ("steady", "burst"):
        assert found[part]["webhooks"] == 2
        assert 0 < found[part]["to_topic_ms"]["p50"] < found[part]["to_webhook_out_ms"]["p99"]


async def test_what_goes_to_a_far_site_arrives_later_and_whole() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with far(f"http://{HOST}:{port}", 0.05) as url:
        back, forth = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
        began = asyncio.get_running_loop().time()
        forth.write(b"all of it")
        assert await back.readexactly(9) == b"all of it"
        assert asyncio.get_running_loop().time() - began >= 0.05
        forth.close()
        assert await back.read() == b"", "an end goes through as well"
    server.close()


def test_a_race_is_told_by_medians_and_without_a_tap_has_no_ratio() -> None:
    found = extraction.compared([900.0, 1000.0, 1200.0], [250.0, 240.0, 260.0])
    assert found == {"items_per_second": 1000, "tap_items_per_second": 250, "ratio": 4.0}
    assert extraction.compared([1000.0], []) == {"items_per_second": 1000}


def test_memory_is_told_early_and_at_the_end() -> None:
    steps = [Step(10_000, 5, 4, 90), Step(20_100, 10, 8, 100), Step(60_000, 20, 16, 130),
             Step(100_000, 50, 40, 110, done=True)]  # fmt: skip
    found = memory.told(steps, 20_000)
    assert (found["rss_mb_early"], found["rss_mb"], found["rss_mb_most"], found["ratio"]) == (100, 110, 130, 1.1)
    assert found["items_per_second"] == 2000


def test_forecasts_are_measured_against_drawing_alone() -> None:
    found = forecast.measure(objectives=3, items=40, repeats=1)
    assert (found["objectives"], found["items"], found["seconds_held"]) == (3, 40, 10)
    assert found["ratio"] > 0


def test_percentiles_are_in_milliseconds() -> None:
    found = webhooks.percentiles([0.001 * number for number in range(1, 102)])
    assert found == {"p50": 51.0, "p99": 100.0}
