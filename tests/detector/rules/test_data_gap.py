"""`data-gap` of connections: not read for as long as its own limit says; at once if it never could be."""

from datetime import timedelta

import pytest

from schemas.connections import ConnectionState
from schemas.findings import Evidence, Severity
from services.detector.facts import ConnectionFacts
from services.detector.rule import Condition
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import CONTEXT, MONDAY, asked, at, begins_at, judged, severity, told

RULE = "data-gap"
LIMIT = timedelta(hours=1)


def facts(
    last: str | None,
    first: str | None = "2026-06-01",
    state: ConnectionState = ConnectionState.CONNECTED,
    reason: str | None = None,
) -> ConnectionFacts:
    return ConnectionFacts("acme", state, at(last) if last else None, at(first) if first else None, LIMIT, reason)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-06-15T11:59", None),
        ("2026-06-15T11:01", None),
        ("2026-06-15T11:00", "medium"),
        ("2026-06-10", "medium"),
    ],
)
def test_it_fires_from_the_connections_own_limit_on(last: str, expected: str | None) -> None:
    assert severity(RULE, facts(last)) == expected


def test_a_first_reading_has_as_long_as_any_other() -> None:
    assert severity(RULE, facts(None, "2026-06-15T11:30")) is None
    assert severity(RULE, facts(None, "2026-06-15T11:00")) == "medium"


def test_where_nobody_could_ever_connect_it_fires_at_once() -> None:
    assert severity(RULE, facts(None, None, ConnectionState.DISCONNECTED)) == "medium"
    assert severity(RULE, facts(None, None, ConnectionState.CONNECTED)) is None


def test_it_is_asked_again_when_the_limit_is_reached() -> None:
    assert judged(RULE, facts("2026-06-15T11:30")).check_after == at("2026-06-15T12:30")
    assert judged(RULE, facts("2026-06-15T10:30")).check_after is None


def test_it_says_since_when_why_and_who_is_asked() -> None:
    reason = "The token of acme has expired: make a new one."
    (draft,) = judged(RULE, facts("2026-06-15T09:00", reason=reason)).findings
    words = told(draft)
    assert draft.subjects == ("connection:acme",)
    assert draft.since == at("2026-06-15T09:00")
    assert words.title == "No data from “acme” for 3 hours."
    assert words.why.startswith("Last read 15 June, 09:00 UTC. The token of acme has expired: make a new one. Until")
    assert words.question.endswith("`leeway doctor` says what it needs.")


def test_a_connection_that_never_brought_anything_reads_so() -> None:
    (draft,) = judged(RULE, facts(None, None, ConnectionState.DISCONNECTED)).findings
    assert told(draft, now=MONDAY).title == "Nothing has come from “acme” yet."


def test_the_whole_finding() -> None:
    (draft,) = judged(RULE, facts("2026-06-15T09:00", reason="The token has expired.")).findings
    evidence = (
        Evidence(fact="last-success", ref="connection:acme", at=at("2026-06-15T09:00")),
        Evidence(fact="reason", ref="connection:acme", value="The token has expired."),
    )
    since = at("2026-06-15T09:00")
    assert draft == Draft(RULE, ("connection:acme",), Severity.MEDIUM, None, None, since, evidence)
    (never,) = judged(RULE, facts(None, "2026-06-15T09:00")).findings
    assert (never.since, never.evidence) == (None, (Evidence(fact="last-success", ref="connection:acme"),))
    text = told(draft)
    assert text.why == (
        "Last read 15 June, 09:00 UTC. The token has expired. "
        "Until it is read again nothing can be told of its items: findings stay, as unknown."
    )
    assert text.question == "Who can look after the connection “acme”? `leeway doctor` says what it needs."
    assert text.clears_when == "Clears when “acme” is read again."
    assert told(never).why.startswith("No reading of it has succeeded. Until")


def test_a_limit_is_reached_in_true_time_whatever_the_clocks_do() -> None:
    begins_at(RULE, facts("2026-03-29T00:30"), at("2026-03-29T01:30"))
    begins_at(RULE, facts(None, "2026-10-25T00:30"), at("2026-10-25T01:30"))
    assert judged(RULE, facts(None, None)) == NOTHING


def test_its_condition_in_words() -> None:
    ref = "connection:acme"
    assert asked(RULE, facts("2026-06-15T11:30"), ref) == (
        Condition(
            "acme was last read, or first asked, 30 minutes ago; 60 minutes are needed.",
            holds=False,
            changes_at=at("2026-06-15T12:30"),
        ),
    )
    assert asked(RULE, facts("2026-06-15T09:00"), ref) == (
        Condition("acme was last read, or first asked, 3 hours ago; 60 minutes are needed.", holds=True),
    )
    assert asked(RULE, facts(None, "2026-06-15T09:00"), ref)[0].holds
    assert asked(RULE, facts(None, None), ref) == (
        Condition("acme is connected and was never read; disconnected is needed.", holds=False),
    )
    assert asked(RULE, facts(None, None, ConnectionState.DISCONNECTED), ref) == (
        Condition("acme is disconnected and was never read; disconnected is needed.", holds=True),
    )
    assert asked(RULE, facts(None), "connection:other", context=CONTEXT) == (
        Condition("Nothing is known here of connection:other, but of connection:acme.", holds=False),
    )
