"""The difference between what was held to be true of a subject and what is held now: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.findings import Finding, FindingState, FindingTransition, Subject
from services.detector.agenda import is_of_strategy
from services.detector.context import Context, Mode
from services.detector.facts import ItemFacts
from services.detector.rows import hash_of
from services.detector.rule import About
from services.detector.rules.registry import BY_NAME, tell
from services.detector.verdict import Draft, Verdict

CLEARED: Final = "cleared"
ITEM_DONE: Final = "item done"
STRATEGY_CHANGED: Final = "strategy changed"


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that is not resolved, as it was published last, and the strategy version that it was judged by last.

    Its `body` is the JSON of it, which is read only where something is to be told: most stay as they are.
    """

    body: str
    state: FindingState
    content_hash: int
    judged_version: int
    flow: str | None = None

    @property
    def finding(self) -> Finding:
        """The finding, read anew each time."""
        return Finding.model_validate_json(self.body)


@dataclass(frozen=True, slots=True)
class Change:
    """A transition to store and to publish."""

    anchor: str
    finding: Finding
    transition: FindingTransition
    content_hash: int
    flow: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging one subject: `confirmed` are the findings that stay as they are under a newer strategy."""

    changes: tuple[Change, ...] = ()
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What all differences of a round are told with: known items, strategy and time."""

    items: Mapping[str, ItemFacts]
    context: Context
    now: datetime


def differences(anchor: str, verdict: Verdict, known: Mapping[str, Known], scene: Scene, flow: str) -> Judged:
    """Return the transitions from what is known of this subject to what the verdict says; `flow` is what brought it."""
    load = None if is_of_strategy(flow) else flow or None
    drafts = {draft.fingerprint: draft for draft in verdict.findings}
    changes: list[Change] = []
    confirmed: list[str] = []
    for name, draft in drafts.items():
        before = known.get(name)
        content = content_hash(draft)
        if before is None:
            finding = told(draft, scene, scene.now)
            changes.append(Change(anchor, finding, FindingTransition.OPENED, content, load))
        elif before.content_hash != content or before.state is FindingState.UNKNOWN:
            finding = told(draft, scene, before.finding.opened_at)
            changes.append(Change(anchor, finding, FindingTransition.UPDATED, content, before.flow))
        elif before.judged_version != scene.context.version:
            confirmed.append(name)
    for name, before in known.items():
        if name not in drafts:
            changes.extend(_without_draft(anchor, before, scene, flow, is_unknown=name in verdict.unknown))
    return Judged(tuple(changes), tuple(confirmed))


def _is_off(finding: Finding, context: Context) -> bool:
    """Tell whether the finding's rule is off where it is: then nothing is left to be told, even of what is missing."""
    return context.mode(finding.rule, finding.team, finding.objective) is Mode.OFF


def content_hash(draft: Draft) -> int:
    """Return a hash of what makes a finding another version of itself."""
    evidence = tuple((e.fact, e.ref, e.at, e.value) for e in draft.evidence)
    parts = (draft.severity.value, draft.team, draft.objective, evidence)
    return hash_of(*parts, draft.shadow) if draft.shadow else hash_of(*parts)


def told(draft: Draft, scene: Scene, opened_at: datetime) -> Finding:
    """Return the draft in full, in words as of now."""
    context = scene.context
    subjects = tuple(_subject(ref, scene) for ref in draft.subjects)
    words = tell(draft, {subject.ref: subject for subject in subjects}, context, scene.now)
    team = context.team(draft.team) if draft.team is not None else None
    objective = context.objective(draft.objective)
    return Finding(
        fingerprint=draft.fingerprint,
        rule=draft.rule,
        severity=draft.severity,
        shadow=draft.shadow,
        subjects=subjects,
        team=draft.team,
        team_name=team.name if team else None,
        objective=draft.objective,
        objective_title=objective.title if objective else None,
        bet=objective.bet if objective else None,
        owner=objective.owner if objective else None,
        lead=team.lead if team else None,
        labels=_labels(draft, scene),
        since=draft.since or opened_at,
        title=words.title,
        why=words.why,
        question=words.question,
        clears_when=words.clears_when,
        evidence=draft.evidence,
        strategy_version=context.version,
        opened_at=opened_at,
        as_of=scene.now,
    )


def retold(finding: Finding, context: Context, now: datetime) -> Finding:
    """Return a finding in words as of `now`: its day counts grow without its being updated."""
    draft = Draft(
        rule=finding.rule,
        subjects=tuple(subject.ref for subject in finding.subjects),
        severity=finding.severity,
        team=finding.team,
        objective=finding.objective,
        since=finding.since,
        evidence=finding.evidence,
    )
    words = tell(draft, {subject.ref: subject for subject in finding.subjects}, context, now)
    return finding.model_copy(update={"title": words.title, "why": words.why, "question": words.question, "as_of": now})


def _without_draft(anchor: str, before: Known, scene: Scene, flow: str, *, is_unknown: bool) -> Iterable[Change]:
    finding = before.finding
    if not is_unknown or _is_off(finding, scene.context):
        because = _because(finding, before.judged_version, scene, flow)
        update = {
            "state": FindingState.RESOLVED,
            "resolved_at": scene.now,
            "resolved_because": because,
            "as_of": scene.now,
        }
        transition = FindingTransition.RESOLVED
    elif before.state is FindingState.OPEN:
        update, transition = {"state": FindingState.UNKNOWN}, FindingTransition.UPDATED
    else:
        return
    yield Change(anchor, finding.model_copy(update=update), transition, before.content_hash, before.flow)


def _because(finding: Finding, judged_version: int, scene: Scene, flow: str) -> str:
    """Return why it no longer holds: a newer strategy is the reason if that is what had it judged."""
    if _is_over(finding, scene):
        return ITEM_DONE
    is_newer = judged_version != scene.context.version
    return STRATEGY_CHANGED if is_newer and is_of_strategy(flow) else CLEARED


def _is_over(finding: Finding, scene: Scene) -> bool:
    """Tell whether what the finding is on is done: one of its items, for no rule holds on any that is; of twins both.

    Twins disagree while one of them is done, so that this one is done ends nothing.
    """
    items = [scene.items.get(subject.ref) for subject in finding.subjects]
    are_done = [item is not None and item.is_done for item in items]
    rule = BY_NAME.get(finding.rule)
    return all(are_done) if rule is not None and rule.about is About.TWINS else any(are_done)


def _subject(ref: str, scene: Scene) -> Subject:
    item = scene.items.get(ref)
    return item.subject if item is not None else scene.context.subject(ref)


def _labels(draft: Draft, scene: Scene) -> tuple[str, ...]:
    objective = scene.context.objective(draft.objective)
    labels = set(objective.labels if objective else ())
    for ref in draft.subjects:
        item = scene.items.get(ref)
        labels.update(item.labels if item else ())
    return tuple(sorted(labels))
