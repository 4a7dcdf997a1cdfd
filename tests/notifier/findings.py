"""Findings made up for the notifier's tests: an invented company, held times."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.findings import Evidence, Finding, FindingChanged, FindingState, FindingTransition, Severity, Subject

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def finding(**changes: Any) -> Finding:
    """A finding of a stalled dependency, with the given fields changed."""
    fields: dict[str, Any] = {
        "fingerprint": "00112233aabbccdd",
        "rule": "stalled-dependency",
        "severity": Severity.MEDIUM,
        "subjects": (
            Subject(ref="jira:acme:1", key="PAY-1", title="Refund API", url="https://acme.example/browse/PAY-1"),
            Subject(ref="jira:acme:2", key="APP-2", title="Refunds in the app"),
        ),
        "team": "payments",
        "objective": "refunds",
        "objective_title": "Refunds reach people in a day",
        "owner": "Noor Haddad",
        "since": NOON - timedelta(days=7),
        "title": "Mobile waits on Payments: PAY-1 has not moved for 5 working days",
        "why": "Last touched on 8 June by a comment.",
        "question": "What would it take to start PAY-1 this week?",
        "clears_when": "somebody touches PAY-1",
        "evidence": (
            Evidence(fact="last-touch", ref="jira:acme:1", at=NOON - timedelta(days=7)),
            Evidence(fact="due", ref="jira:acme:2", value="2026-06-30"),
        ),
        "strategy_version": 1,
        "opened_at": NOON,
        "as_of": NOON,
    }
    return Finding(**{**fields, **changes})


def opened(revision: int = 1, **changes: Any) -> FindingChanged:
    return FindingChanged(finding=finding(**changes), transition=FindingTransition.OPENED, revision=revision)


def updated(revision: int, **changes: Any) -> FindingChanged:
    later = {"as_of": NOON + timedelta(days=revision), **changes}
    return FindingChanged(finding=finding(**later), transition=FindingTransition.UPDATED, revision=revision)


def resolved(revision: int, **changes: Any) -> FindingChanged:
    end = NOON + timedelta(days=revision)
    later = {"as_of": end, "resolved_at": end, "state": FindingState.RESOLVED, **changes}
    return FindingChanged(finding=finding(**later), transition=FindingTransition.RESOLVED, revision=revision)
