"""`data-gap`: a connection was not read for as long as its own limit says; at once if it never could be."""

from datetime import timedelta

import pytest

from schemas.connections import ConnectionState
from services.detector.facts import ConnectionFacts
from tests.detector.made import MONDAY, at, judged, severity, told

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
