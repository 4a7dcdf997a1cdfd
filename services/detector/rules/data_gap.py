"""A connection has brought nothing for so long that nothing can be told of its items.

Severity: medium. While it holds, the findings on the connection's items stay as they are, marked unknown.
"""

from datetime import datetime
from typing import Final

from schemas.connections import ConnectionState
from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.context import CONNECTION_PREFIX, Context, PolicyFields
from services.detector.facts import ConnectionFacts
from services.detector.rule import Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "data-gap"


def judge(facts: ConnectionFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding once the last success is as long ago as the connection's limit; at once if nobody could connect.

    The limit is `data_gap_minutes` of `leeway.yaml`, not a policy: how often a site is asked is no matter of strategy.
    """
    begun = facts.last_success or facts.first_connected
    if begun is None and facts.state is not ConnectionState.DISCONNECTED:
        return NOTHING
    gap_from = None if begun is None else begun + facts.gap_after
    if gap_from is not None and not has_come(gap_from, now):
        return Verdict(check_after=gap_from)
    ref = CONNECTION_PREFIX + facts.connection
    reason = (Evidence(fact="reason", ref=ref, value=facts.reason),) if facts.reason else ()
    draft = Draft(
        rule=NAME,
        subjects=(ref,),
        severity=Severity.MEDIUM,
        team=None,
        objective=None,
        since=facts.last_success,
        evidence=(Evidence(fact="last-success", ref=ref, at=facts.last_success), *reason),
    )
    return Verdict((draft,))


def tell(telling: Telling) -> Text:
    """Say for how long, why as far as it is known, and that nothing is told meanwhile."""
    name = f"“{telling.name(telling.draft.subjects[0])}”"
    last = telling.find("last-success")
    reason = telling.value("reason")
    known = f" {str(reason).rstrip('.')}." if reason else ""
    if last is None or last.at is None:
        title, begun = f"Nothing has come from {name} yet.", "No reading of it has succeeded."
    else:
        title = f"No data from {name} for {texts.lasting(telling.now - last.at)}."
        begun = f"Last read {telling.day(last.at)}, {last.at:%H:%M} UTC."
    return Text(
        title=texts.title(title, "A connection brings no data."),
        why=f"{begun}{known} Until it is read again nothing can be told of its items: findings stay, as unknown.",
        question=f"Who can look after the connection {name}? `leeway doctor` says what it needs.",
        clears_when=f"Clears when {name} is read again.",
    )


RULE: Final = Rule(NAME, (ConnectionFacts,), PolicyFields, judge, tell)
