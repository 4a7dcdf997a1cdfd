"""A repeated run names everything as the first run did."""

import json
from datetime import timedelta

import pytest

from schemas.findings import Finding, FindingTransition, Severity
from services.notifier.identity import alert_id, content_hash, webhook_id
from tests.notifier.findings import NOON, finding

OPENED = FindingTransition.OPENED


def test_the_order_of_evidence_is_no_content() -> None:
    there, back = finding(), finding(evidence=tuple(reversed(finding().evidence)))
    assert content_hash(there) == content_hash(back)


def test_the_strategy_version_is_no_content() -> None:
    assert content_hash(finding()) == content_hash(finding(strategy_version=9))


@pytest.mark.parametrize("name", sorted(set(Finding.model_fields) - {"strategy_version", "state", "evidence"}))
def test_everything_else_is_content(name: str) -> None:
    """A field that a later version adds is content too, without anybody thinking of it."""
    fields = json.loads(finding().model_dump_json())
    different = {
        "severity": "critical", "subjects": fields["subjects"][:1], "labels": ["x"], "shadow": True,
        **dict.fromkeys(("since", "opened_at", "resolved_at", "as_of"), "2026-01-01T00:00:00Z"),
    }.get(name, "other")  # fmt: skip
    assert content_hash(Finding.model_validate({**fields, name: different})) != content_hash(finding())


def test_what_is_told_twice_at_different_times_has_two_ids() -> None:
    """Medium, high, medium, high: the second high is news."""
    first = finding(severity=Severity.HIGH, as_of=NOON + timedelta(days=1))
    second = finding(severity=Severity.HIGH, as_of=NOON + timedelta(days=3))
    alert = alert_id(first.fingerprint, first.opened_at)
    ids = {webhook_id(alert, FindingTransition.UPDATED, content_hash(each), "ops") for each in (first, second)}
    assert len(ids) == 2


def test_a_webhook_id_differs_by_alert_transition_content_and_receiver_and_has_no_dot() -> None:
    names = {
        webhook_id("a", OPENED, "c", "r"),
        webhook_id("b", OPENED, "c", "r"),
        webhook_id("a", FindingTransition.RESOLVED, "c", "r"),
        webhook_id("a", OPENED, "d", "r"),
        webhook_id("a", OPENED, "c", "s"),
    }
    assert len(names) == 5
    assert not any("." in name for name in names)


def test_ids_are_what_they_were() -> None:
    """Receivers keep them for ever: a change here repeats every notification once."""
    assert alert_id("00112233aabbccdd", NOON) == "00112233aabbccdd-20260615T120000Z"
    assert content_hash(finding()) == "7fd630f0f87f0c7635186ce3e0cb04db"
    assert webhook_id("a", OPENED, "c", "r") == "msg_a1960a627656122c01e8acfcffbc1841b7a2d31f"
