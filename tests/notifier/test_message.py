"""The body that a receiver gets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.findings import Evidence, Finding, FindingTransition, Subject
from services.notifier.alerts import Alert, Reason, decide
from services.notifier.message import LONGEST_BODY, Notification, body_of
from tests.notifier.findings import opened


def told(**changes: object) -> str:
    alert = decide(opened(**changes), None).alert  # type: ignore[arg-type]
    assert isinstance(alert, Alert)
    return body_of(alert, FindingTransition.OPENED, Reason.FIRST)


def test_the_body_reads_as_documented() -> None:
    body = json.loads(told())
    assert body["type"] == "finding.opened"
    assert body["timestamp"] == "2026-06-15T12:00:00Z"
    assert body["data"]["alert"]["state"] == "firing"
    assert body["data"]["alert"]["reason"] == "first"
    assert body["data"]["left_out"] == {}
    assert body["data"]["finding"]["question"].endswith("?")
    assert Finding.model_validate(body["data"]["finding"]) == opened().finding


@pytest.mark.parametrize("count", [10, 200, 5000])
def test_much_evidence_is_left_out_from_the_end_and_said(count: int) -> None:
    evidence = tuple(Evidence(fact="item", ref=f"jira:acme:{number}", value="x" * 40) for number in range(count))
    body = told(evidence=evidence)
    assert len(body.encode()) <= LONGEST_BODY
    data = Notification.model_validate_json(body).data
    assert data.finding.evidence == evidence[: len(data.finding.evidence)]
    assert len(data.finding.evidence) + data.left_out.get("evidence", 0) == count


@given(st.integers(1, 3000), st.sampled_from(["a", "é", "\x00", "😀", '"']), st.integers(1, 400))
def test_the_body_is_short_whatever_the_finding_holds(length: int, character: str, count: int) -> None:
    text = character * length
    subjects = tuple(Subject(ref=f"jira:acme:{number}", key=text, title=text, url=text) for number in range(count))
    body = told(title=text, why=text, question=text, owner=text, lead=text, labels=(text,) * count, subjects=subjects)
    assert len(body.encode()) < 20_000
    assert Notification.model_validate_json(body).data.finding.fingerprint == "00112233aabbccdd"
