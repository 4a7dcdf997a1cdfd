"""The whole room, on the database, comes to the findings of the references, whatever the order of arrival."""

from random import Random

import pytest

from schemas.findings import Finding
from services.detector import queries
from services.detector.queries import FindingFilter
from services.runtime.database import RoomDatabase
from tests.detector.references import DATA, REFERENCES, Reference, place
from tests.detector.room import Room, aligned_all

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the archive is not here")


def _row(finding: Finding) -> tuple[object, ...]:
    subjects = tuple(subject.key or subject.ref for subject in finding.subjects)
    shown = tuple(sorted(subjects)) if finding.rule == "dependency-cycle" else subjects
    return (finding.rule, shown, finding.severity, finding.team, finding.objective)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda one: one.path.stem)
async def test_findings_and_counts_equal_the_reference(detector_database: RoomDatabase, reference: Reference) -> None:
    room = Room(detector_database, reference.as_of)
    strategy = reference.strategy()
    await room.apply(strategy)
    items = aligned_all(place(reference.items(), strategy))
    Random(reference.day).shuffle(items)  # noqa: S311 -- a shuffle that can be repeated
    for start in range(0, len(items), 1000):
        await room.store(*items[start : start + 1000])
    await room.settle()
    expected = reference.expected()
    wanted = sorted(
        (one["rule"], tuple(sorted(one["subjects"]) if one["rule"] == "dependency-cycle" else one["subjects"]),
         one["severity"], one["team"], one["objective"])
        for one in expected["findings"]
    )  # fmt: skip
    found = sorted(map(_row, await room.findings(FindingFilter())), key=str)
    assert found == sorted(wanted, key=str)
    counts = await queries.counts(room.database)
    assert {name: getattr(counts, name) for name in ("items", "open", "aligned", "live_dependencies")} == {
        name: expected[name] for name in ("items", "open", "aligned", "live_dependencies")
    }
    assert not any(count for kind, count in (await room.left()).items() if kind != "outbox")
