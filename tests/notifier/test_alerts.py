"""What is told of a finding, and what is not."""

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertState
from schemas.findings import Evidence, FindingChanged, FindingState, FindingTransition, Severity
from services.notifier.alerts import TELLS, Alert, Reason, decide
from tests.notifier.findings import NOON, finding, opened, resolved, updated


def after(*changes: FindingChanged) -> tuple[list[Reason], Alert | None]:
    """Decide one change after the other, and return the reasons and what is stored in the end."""
    known: Alert | None = None
    reasons = []
    for change in changes:
        decision = decide(change, known)
        reasons.append(decision.reason)
        known = decision.alert or known
    return reasons, known


def test_a_finding_that_opens_is_told() -> None:
    decision = decide(opened(), None)
    assert decision.reason is Reason.FIRST
    assert decision.transition is FindingTransition.OPENED
    assert decision.alert is not None
    assert decision.alert.state is AlertState.FIRING


def test_the_same_revision_again_is_ignored() -> None:
    assert after(opened(3), opened(3))[0] == [Reason.FIRST, Reason.OLDER_REVISION]


def test_an_older_revision_that_comes_late_is_ignored() -> None:
    reasons, known = after(resolved(5), opened(4))
    assert reasons == [Reason.NEVER_TOLD, Reason.FIRST]
    assert known is not None
    reasons, known = after(opened(4), resolved(6), updated(5, severity=Severity.HIGH))
    assert reasons == [Reason.FIRST, Reason.RESOLVED, Reason.OLDER_REVISION]
    assert known is not None
    assert not known.is_firing


def test_a_change_of_severity_is_told_either_way() -> None:
    reasons, _ = after(opened(1), updated(2, severity=Severity.HIGH), updated(3))
    assert reasons == [Reason.FIRST, Reason.SEVERITY, Reason.SEVERITY]


def test_what_a_rule_in_shadow_finds_is_told_to_nobody() -> None:
    reasons, known = after(opened(1, shadow=True), updated(2, shadow=True, severity=Severity.HIGH), resolved(3))
    assert reasons == [Reason.SHADOW, Reason.SHADOW, Reason.NEVER_TOLD]
    assert known is None


def test_what_was_told_is_withdrawn_when_its_rule_goes_into_the_shadow() -> None:
    reasons, known = after(opened(1), updated(2, shadow=True), resolved(3))
    assert reasons == [Reason.FIRST, Reason.WITHDRAWN, Reason.NEVER_TOLD]
    assert TELLS[Reason.WITHDRAWN] is FindingTransition.RESOLVED
    assert known is not None
    assert known.state is AlertState.RESOLVED
    assert known.finding.state is FindingState.RESOLVED
    assert known.finding.resolved_at == known.finding.as_of
    assert known.finding.resolved_because == "its rule is only being tried out now"


def test_what_stands_when_its_rule_is_switched_on_is_told_then() -> None:
    assert after(opened(1, shadow=True), updated(2))[0] == [Reason.SHADOW, Reason.FIRST]
    assert after(opened(1), updated(2, shadow=True), updated(3))[0][-1] is Reason.REOPENED


def test_another_team_or_objective_is_told() -> None:
    reasons, _ = after(opened(1), updated(2, team="web"), updated(3, team="web", objective="speed"))
    assert reasons == [Reason.FIRST, Reason.TEAM, Reason.OBJECTIVE]


def test_new_evidence_alone_is_stored_and_not_told() -> None:
    more = updated(2, evidence=(Evidence(fact="due", value="2026-07-01"),))
    reasons, known = after(opened(1), more)
    assert reasons == [Reason.FIRST, Reason.EVIDENCE_ONLY]
    assert Reason.EVIDENCE_ONLY not in TELLS
    assert known is not None
    assert known.finding.evidence == more.finding.evidence


def test_the_same_content_under_a_new_revision_is_nothing_new() -> None:
    """A crash before the broker's yes makes the writer say the same again with a new number."""
    assert after(opened(1), opened(2))[0] == [Reason.FIRST, Reason.NOTHING_NEW]


def test_another_strategy_version_alone_is_nothing_new() -> None:
    assert after(opened(1), opened(2, strategy_version=2))[0] == [Reason.FIRST, Reason.NOTHING_NEW]


def test_the_end_of_what_was_told_is_told_once() -> None:
    reasons, known = after(opened(1), resolved(2), resolved(3))
    assert reasons == [Reason.FIRST, Reason.RESOLVED, Reason.NEVER_TOLD]
    assert known is not None
    assert known.state is AlertState.RESOLVED


def test_the_end_of_what_nobody_heard_of_is_not_told() -> None:
    decision = decide(resolved(2), None)
    assert (decision.reason, decision.alert, decision.transition) == (Reason.NEVER_TOLD, None, None)


def test_a_finding_that_opens_again_is_another_alert() -> None:
    first = decide(opened(1), None).alert
    again = opened(3, opened_at=NOON + timedelta(days=3))
    reasons, known = after(opened(1), resolved(2), again)
    assert reasons == [Reason.FIRST, Reason.RESOLVED, Reason.REOPENED]
    assert first is not None
    assert known is not None
    assert known.id != first.id


def test_while_it_fires_an_alert_keeps_its_id() -> None:
    """The topic is compacted: an end and a new opening may both be missed between two readings."""
    reasons, known = after(opened(1), updated(4, opened_at=NOON + timedelta(days=3)))
    first = decide(opened(1), None).alert
    assert reasons == [Reason.FIRST, Reason.EVIDENCE_ONLY]
    assert first is not None
    assert known is not None
    assert known.id == first.id


def test_cannot_tell_neither_tells_nor_resolves() -> None:
    unknown = updated(2, state=FindingState.UNKNOWN)
    reasons, known = after(opened(1), unknown)
    assert reasons == [Reason.FIRST, Reason.CANNOT_TELL]
    assert known is not None
    assert known.is_firing
    assert decide(unknown, None).alert is None


CHANGES = st.lists(
    st.one_of(
        st.builds(lambda severity: {"severity": severity}, st.sampled_from(Severity)),
        st.just({"state": FindingState.RESOLVED, "resolved_at": NOON}),
        st.just({"state": FindingState.UNKNOWN}),
    ),
    min_size=1,
    max_size=8,
)


@given(CHANGES)
def test_repeats_change_nothing(changes: list[dict[str, object]]) -> None:
    """Each change may come any number of times, and older ones again after newer: what is told stays the same."""
    stream = [
        FindingChanged(
            finding=finding(**{"as_of": NOON + timedelta(hours=number), **change}),
            transition=FindingTransition.UPDATED,
            revision=number,
        )
        for number, change in enumerate(changes, start=1)
    ]
    noisy = list(itertools.chain.from_iterable(stream[: end + 1] for end in range(len(stream))))
    told, known = after(*stream)
    told_noisy, known_noisy = after(*noisy)
    assert known == known_noisy
    assert [reason for reason in told if reason in TELLS] == [reason for reason in told_noisy if reason in TELLS]
