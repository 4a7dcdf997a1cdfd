"""Keeping findings: each with its newest state, its revision and its outbox row in one transaction.

A subject's findings are written only by whoever holds the subject's row of the agenda, those of cycles only under the
lock of cycles; so a revision that is drawn here is higher than all before it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.findings import Finding, FindingChanged, FindingState, FindingTransition
from schemas.topics import FINDINGS
from services.detector.judging import Change, Known
from services.runtime.bus import Bus, Outgoing
from services.runtime.outbox import add_to_outbox

_OF_ANCHORS: Final = text(
    "SELECT anchor, fingerprint, body, state, content_hash, judged_version, flow FROM findings "
    "WHERE state <> 'resolved' AND anchor = ANY(CAST(:anchors AS text[])) ORDER BY fingerprint"
)
_BY_NAMES: Final = text(
    "SELECT anchor, fingerprint, body, state, content_hash, judged_version, flow FROM findings "
    "WHERE state <> 'resolved' AND fingerprint = ANY(CAST(:names AS text[])) ORDER BY fingerprint"
)
_REVISIONS: Final = text("SELECT nextval('finding_revisions') FROM generate_series(1, :count)")
_KEEP: Final = text(
    """
    INSERT INTO findings (fingerprint, revision, rule, anchor, state, transition, severity, team, objective,
                          content_hash, judged_version, opened_at, resolved_at, flow, body)
    VALUES (:fingerprint, :revision, :rule, :anchor, :state, :transition, :severity, :team, :objective,
            :content_hash, :judged_version, :opened_at, :resolved_at, :flow, :body)
    ON CONFLICT (fingerprint) DO UPDATE SET revision = excluded.revision, anchor = excluded.anchor,
        state = excluded.state, transition = excluded.transition, severity = excluded.severity, team = excluded.team,
        objective = excluded.objective, content_hash = excluded.content_hash,
        judged_version = excluded.judged_version, opened_at = excluded.opened_at,
        resolved_at = excluded.resolved_at, flow = excluded.flow, body = excluded.body
    """
)
_CONFIRM: Final = text(
    "UPDATE findings SET judged_version = :version WHERE fingerprint = ANY(CAST(:fingerprints AS text[]))"
)


async def open_findings(conn: AsyncConnection, anchors: Sequence[str]) -> dict[str, dict[str, Known]]:
    """Return what is open or unknown of these subjects, by subject and fingerprint."""
    found: defaultdict[str, dict[str, Known]] = defaultdict(dict)
    for row in await conn.execute(_OF_ANCHORS, {"anchors": list(anchors)}):
        found[row.anchor][row.fingerprint] = _known(row)
    return dict(found)


async def named_findings(conn: AsyncConnection, fingerprints: Sequence[str]) -> dict[str, Known]:
    """Return those of these findings that are open or unknown."""
    rows = await conn.execute(_BY_NAMES, {"names": list(fingerprints)})
    return {row.fingerprint: _known(row) for row in rows}


async def keep(conn: AsyncConnection, bus: Bus, changes: Sequence[Change], version: int) -> None:
    """Store these transitions, judged by this strategy version, and have them published after the commit."""
    if not changes:
        return
    revisions = list(await conn.scalars(_REVISIONS, {"count": len(changes)}))
    numbered = list(zip(changes, revisions, strict=True))
    await conn.execute(_KEEP, [_row(change, revision, version) for change, revision in numbered])
    events = [FindingChanged(finding=c.finding, transition=c.transition, revision=r, flow=c.flow) for c, r in numbered]
    await add_to_outbox(conn, [outgoing(bus, event) for event in events])


async def confirm(conn: AsyncConnection, fingerprints: Sequence[str], version: int) -> None:
    """Note that these findings hold by this strategy version too."""
    if fingerprints:
        await conn.execute(_CONFIRM, {"fingerprints": list(fingerprints), "version": version})


def outgoing(bus: Bus, event: FindingChanged) -> Outgoing:
    """Return a transition as it goes out; the same transition has the same id each time."""
    name = event.finding.fingerprint
    return Outgoing(FINDINGS, name, bus.event(event, id=f"{name}:{event.revision}"))


def changed_of(body: str, transition: str, revision: int, flow: str | None) -> FindingChanged:
    """Return a stored finding as it was published last."""
    finding = Finding.model_validate_json(body)
    return FindingChanged(finding=finding, transition=FindingTransition(transition), revision=revision, flow=flow)


def _known(row: Row[Any]) -> Known:
    return Known(row.body, FindingState(row.state), row.content_hash, row.judged_version, row.flow)


def _row(change: Change, revision: int, version: int) -> dict[str, object]:
    finding = change.finding
    return {
        "fingerprint": finding.fingerprint,
        "revision": revision,
        "rule": finding.rule,
        "anchor": change.anchor,
        "state": finding.state.value,
        "transition": change.transition.value,
        "severity": finding.severity.value,
        "team": finding.team,
        "objective": finding.objective,
        "content_hash": change.content_hash,
        "judged_version": version,
        "opened_at": finding.opened_at,
        "resolved_at": finding.resolved_at,
        "flow": change.flow,
        "body": finding.model_dump_json(exclude_defaults=True),
    }
