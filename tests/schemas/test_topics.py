"""The wiring table is whole: every topic has its ends, marks go where they must, names are told apart."""

from schemas.topics import CHANGES, TOPICS, WORK_ITEMS, Retention
from schemas.work_items import Tracker


def test_topics_have_names_of_their_own_and_both_ends() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert all(topic.name.startswith("leeway.") and topic.writers and topic.readers for topic in TOPICS)


def test_every_tracker_has_its_topics() -> None:
    assert set(WORK_ITEMS) == set(CHANGES) == set(Tracker)


def test_marks_travel_all_the_way_from_the_work_items_to_the_findings() -> None:
    marked = {topic.name for topic in TOPICS if topic.marks}
    assert marked == {
        *("leeway.jira.work-items", "leeway.asana.work-items", "leeway.jira.changes", "leeway.asana.changes"),
        *("leeway.aligned-items", "leeway.findings"),
    }


def test_what_readers_must_be_able_to_read_from_the_start_is_compacted() -> None:
    state = {topic.payload.__name__ for topic in TOPICS if topic.retention is Retention.COMPACTED}
    assert state == {"WorkItemSnapshot", "ConnectionReported", "StrategyApplied", "ItemAligned", "FindingChanged"}
