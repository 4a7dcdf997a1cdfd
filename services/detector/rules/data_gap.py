"""A connection brings nothing, an item that others rest on is out of sight, or no work of an objective is known.

Severity: medium. While it holds, findings that rest on what is missing stay as they are, marked unknown.
"""

from datetime import datetime
from typing import Final

from schemas.connections import ConnectionState
from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import named, of_others, standing, to_come
from services.detector.context import CONNECTION_PREFIX, OBJECTIVE_PREFIX, Context, ObjectiveContext, PolicyFields
from services.detector.facts import ConnectionFacts, ItemFacts, ItemNeighbourhood, ObjectiveFacts
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "data-gap"

Gapped = ConnectionFacts | ItemNeighbourhood | ObjectiveFacts


def judge(facts: Gapped, context: Context, now: datetime) -> Verdict:
    """Hold a finding while nothing can be told of a connection, an item or an objective."""
    if isinstance(facts, ItemNeighbourhood):
        return _judge_item(facts)
    return (
        _judge_connection(facts, now) if isinstance(facts, ConnectionFacts) else _judge_objective(facts, context, now)
    )


def _judge_connection(facts: ConnectionFacts, now: datetime) -> Verdict:
    """Hold a finding once the last success is as long ago as the connection's limit; at once if nobody could connect.

    The limit is `data_gap_minutes` of `leeway.yaml`, not a policy: how often a site is asked is no matter of strategy.
    """
    gap_from = _gap_from(facts)
    if gap_from is None and not _never_connected(facts):
        return NOTHING
    if gap_from is not None and not has_come(gap_from, now):
        return Verdict(check_after=gap_from)
    ref = CONNECTION_PREFIX + facts.connection
    reason = (Evidence(fact="reason", ref=ref, value=facts.reason),) if facts.reason else ()
    last = Evidence(fact="last-success", ref=ref, at=facts.last_success)
    return Verdict((_draft(ref, since=facts.last_success, evidence=(last, *reason)),))


def _gap_from(facts: ConnectionFacts) -> datetime | None:
    begun = facts.last_success or facts.first_connected
    return None if begun is None else begun + facts.gap_after


def _never_connected(facts: ConnectionFacts) -> bool:
    is_unread = facts.last_success is None and facts.first_connected is None
    return is_unread and facts.state is ConnectionState.DISCONNECTED


def _judge_item(facts: ItemNeighbourhood) -> Verdict:
    """Hold a finding while the item is out of sight, and an objective or an open item at its other end rests on it."""
    item = facts.item
    if not _is_lost(item):
        return NOTHING
    live = _open_ends(facts)
    if item.objective is None and not live:
        return NOTHING
    evidence = (
        Evidence(fact="last-seen", ref=item.ref, at=item.touched, value=str(item.status_category)),
        Evidence(fact="absence", ref=item.ref, value=str(item.absence) if item.absence else None),
        *(Evidence(fact="open-end", ref=end.ref, value=named(end)) for end in live),
    )
    return Verdict((_draft(item.ref, item.team, item.objective, evidence=evidence),))


def _is_lost(item: ItemFacts) -> bool:
    return item.is_missing and not item.is_done


def _open_ends(facts: ItemNeighbourhood) -> list[ItemFacts]:
    """Return the open items that wait for it, or for which it waits, by ref."""
    ends = {end.ref: end for end in (*facts.blockers, *(wait.dependent for wait in facts.waiting)) if end.is_open}
    return [ends[ref] for ref in sorted(ends)]


def _judge_objective(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:
    """Hold a finding while open items of the objective are out of sight, or no item of it is known.

    There is no work on the day of the baseline itself, often: whoever names an objective has a working day to align it.
    """
    objective = context.objective(facts.objective)
    if objective is None:
        return NOTHING
    ref = OBJECTIVE_PREFIX + objective.id
    if facts.hidden:
        hidden = Evidence(fact="hidden-items", ref=ref, value=facts.hidden)
        return Verdict((_draft(ref, objective.team, objective.id, evidence=(hidden,)),))
    if not _is_empty(facts):
        return NOTHING
    empty_from = _empty_from(objective, context)
    if not has_come(empty_from, now):
        return Verdict(check_after=empty_from)
    baseline = Evidence(fact="baseline", ref=ref, at=objective.baseline, value=0)
    return Verdict((_draft(ref, objective.team, objective.id, since=objective.baseline, evidence=(baseline,)),))


def _is_empty(facts: ObjectiveFacts) -> bool:
    return not facts.items and facts.last_touch is None


def _empty_from(objective: ObjectiveContext, context: Context) -> datetime:
    return context.calendar(objective.team).reaches(objective.baseline, 1)


def _draft(
    ref: str,
    team: str | None = None,
    objective: str | None = None,
    *,
    since: datetime | None = None,
    evidence: tuple[Evidence, ...],
) -> Draft:
    return Draft(NAME, (ref,), Severity.MEDIUM, team, objective, since, evidence)


def watches(item: ItemFacts) -> bool:
    """Only an item out of sight leaves a gap."""
    return _is_lost(item)


def conditions(facts: Gapped, context: Context, now: datetime, subjects: tuple[str, ...]) -> tuple[Condition, ...]:
    """Something is missing, and somebody rests on it."""
    ref = _ref(facts)
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    if isinstance(facts, ItemNeighbourhood):
        return _conditions_of_item(facts)
    if isinstance(facts, ConnectionFacts):
        return (_condition_of_connection(facts, now),)
    return _conditions_of_objective(facts, context, now)


def _ref(facts: Gapped) -> str:
    if isinstance(facts, ItemNeighbourhood):
        return facts.item.ref
    return (
        CONNECTION_PREFIX + facts.connection
        if isinstance(facts, ConnectionFacts)
        else OBJECTIVE_PREFIX + facts.objective
    )


def _condition_of_connection(facts: ConnectionFacts, now: datetime) -> Condition:
    gap_from, limit = _gap_from(facts), texts.lasting(facts.gap_after)
    if gap_from is None:
        never = f"{facts.connection} is {facts.state} and was never read; disconnected is needed."
        return Condition(never, _never_connected(facts))
    ago = texts.lasting(now - (gap_from - facts.gap_after))
    says = f"{facts.connection} was last read, or first asked, {ago} ago; {limit} are needed."
    return Condition(says, gap_from <= now, to_come(gap_from, now))


def _conditions_of_item(facts: ItemNeighbourhood) -> tuple[Condition, ...]:
    item, name = facts.item, named(facts.item)
    ends = texts.counted(len(_open_ends(facts)), "open item")
    return (
        Condition(f"{name} is {standing(item)}; it has to be out of sight, and not done.", _is_lost(item)),
        Condition(
            f"{name} serves {item.objective or 'no objective'} and has {ends} at the other end of a dependency; "
            "1 of either is needed.",
            item.objective is not None or bool(_open_ends(facts)),
        ),
    )


def _conditions_of_objective(facts: ObjectiveFacts, context: Context, now: datetime) -> tuple[Condition, ...]:
    objective = context.objective(facts.objective)
    if objective is None:
        return (Condition(f"The strategy does not name {facts.objective}; it has to.", holds=False),)
    empty_from = _empty_from(objective, context)
    begun = texts.day(
        context.calendar(objective.team).date_of(empty_from), context.calendar(objective.team).date_of(now)
    )
    says = f"{facts.hidden} of its items are out of sight and {facts.items} are known; 1 and more out of sight are "
    says += f"needed, or 0 known from {begun} on."
    is_empty = _is_empty(facts)
    changes_at = to_come(empty_from, now) if is_empty and not facts.hidden else None
    return (Condition(says, bool(facts.hidden) or (is_empty and empty_from <= now), changes_at),)


def tell(telling: Telling) -> Text:
    """Say what is missing, why as far as it is known, and that nothing is told meanwhile."""
    (ref,) = telling.draft.subjects
    if ref.startswith(CONNECTION_PREFIX):
        return _tell_connection(telling)
    return _tell_objective(telling) if ref.startswith(OBJECTIVE_PREFIX) else _tell_item(telling)


def _tell_connection(telling: Telling) -> Text:
    name = f"“{telling.name(telling.draft.subjects[0])}”"
    last = telling.find("last-success")
    reason = telling.value("reason")
    known = f" {str(reason).rstrip('.')}." if reason else ""
    if last is None or last.at is None:
        title, begun = "Nothing has come from {} yet.", "No reading of it has succeeded."
    else:
        title = f"No data from {{}} for {texts.lasting(telling.now - last.at)}."
        begun = f"Last read {telling.day(last.at)}, {last.at:%H:%M} UTC."
    return Text(
        title=texts.title(texts.way(title, telling.named(telling.draft.subjects[0]))),
        why=f"{begun}{known} Until it is read again nothing can be told of its items: findings stay, as unknown.",
        question=f"Who can look after the connection {name}? `leeway doctor` says what it needs.",
        clears_when=f"Clears when {name} is read again.",
    )


def _tell_item(telling: Telling) -> Text:
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    ends = [evidence.value for evidence in telling.draft.evidence if evidence.fact == "open-end"]
    serves = [f"“{telling.name(OBJECTIVE_PREFIX + telling.draft.objective)}”"] if telling.draft.objective else []
    absence = telling.value("absence")
    known = f" ({absence})" if absence else ""
    was = texts.state(telling.value("last-seen"))
    return Text(
        title=texts.title(texts.way("{} can no longer be seen.", telling.named(ref))),
        why=f"It is out of sight{known}; when seen last it was {was}, touched {telling.at('last-seen')}. "
        f"It matters to {texts.listed([*serves, *ends])}, of which less can be told meanwhile.",
        question=f"Where has {name} gone, and who could let Leeway see it?",
        clears_when=f"Clears when {name} can be seen again, or is deleted, or when nothing open rests on it.",
    )


def _tell_objective(telling: Telling) -> Text:
    (ref,) = telling.draft.subjects
    name = f"“{telling.name(ref)}”"
    hidden = telling.value("hidden-items")
    if hidden:
        items = texts.counted(hidden, "item")
        return Text(
            title=texts.title(texts.way(f"{{}}: {items} out of sight.", telling.named(ref))),
            why=f"{items} of {name} {'is' if hidden == 1 else 'are'} out of sight and not known to be done; "
            "what is told of it may be too little.",
            question="Who could let Leeway see these items, or are they gone?",
            clears_when="Clears when they can be seen again, are deleted, or serve something else.",
        )
    return Text(
        title=texts.title(texts.way("{}: no work is known.", telling.named(ref))),
        why=f"Its baseline was {telling.at('baseline')}, {texts.working_days(telling.working_days())} ago, "
        "and no item that serves it is known, so nothing can be told of it.",
        question=f"Which work serves {name}, and does a selector of it name that work?",
        clears_when=f"Clears when an item that serves {name} is known.",
    )


RULE: Final[Rule[Gapped]] = Rule(
    NAME, (ConnectionFacts, ItemNeighbourhood, ObjectiveFacts), PolicyFields, judge, tell, conditions, watches
)
