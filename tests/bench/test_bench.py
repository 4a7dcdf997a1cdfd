"""Each measurement runs at a small size and gives its numbers; how good they are is for nobody to assert here."""

from pathlib import Path

from services.runtime.embedded import Endpoints
from tests.bench import archive, flow, scale
from tests.bench.company import Company


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


def test_a_replay_is_measured_without_the_archive_too(tmp_path: Path) -> None:
    found = archive.measure(tmp_path / "nothing", size=300)
    assert found["items"] == 300
    assert found["rss_mb"] > 0
    assert "made_up" in found
