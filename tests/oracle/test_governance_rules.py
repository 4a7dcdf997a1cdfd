"""The plain reading of FINDINGS and the product find the same in invented companies, on many days of a quarter."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.builders import jira_issue, jira_link
from tests.oracle.governance_compare import differences, oracle
from tests.oracle.governance_raw import Json
from tests.oracle.governance_strategies import RULES

SEEDS = range(1001, 1010)
PLAN: Json = {
    "version": 1,
    "cycle": {"id": "q2", "starts_on": "2026-04-06", "ends_on": "2026-06-26"},
    "objectives": [{"id": "easy", "title": "Easy", "team": "app", "owner": "ana", "due_on": "2026-06-20"}],
}


def test_the_product_finds_what_findings_say_and_nothing_else(tmp_path: Path) -> None:
    agreed: Counter[str] = Counter()
    for seed in SEEDS:
        found, wrong = differences(seed, tmp_path)
        assert wrong == []
        agreed += found
    seldom = {rule for rule in RULES if agreed[rule] < 10}
    assert seldom == set(), agreed


def test_the_plain_reading_is_no_echo_of_the_product() -> None:
    """A ring of two on the day that a due comes near, worked out by hand."""
    raws = [
        jira_issue(1, issuelinks=[jira_link(1, "Blocks", inward=2), jira_link(2, "Depends", outward=2)], assignee=None),
        jira_issue(2, issuelinks=[jira_link(3, "Blocks", inward=1)], duedate="2026-05-18"),
    ]
    one, two = "jira:archive:1", "jira:archive:2"

    def found(now: datetime) -> set[tuple[object, ...]]:
        return {row[:3] for row in oracle(raws, PLAN, {}, now)}

    always = {("dependency-cycle", (one, two), "high"), ("undated-blocker", (one, two), "medium")}
    friday = found(datetime(2026, 5, 1, 23, 59, tzinfo=UTC))
    assert friday == always | {("unowned-blocker", (one, two), "medium")}
    monday = found(datetime(2026, 5, 4, tzinfo=UTC))
    raised = {("undated-blocker", (one, two), "high"), ("unowned-blocker", (one, two), "high")}
    assert monday == raised | {("dependency-cycle", (one, two), "high"), ("late-start", (one, two), "high")}
