"""Why findings end, rule by rule, in facts: what their words promise, written down apart from the rules.

Each entry tells from the evening with the finding and the one without whether that was for a reason that the text of
the finding names (`clears_when`).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from schemas.work_items import StatusCategory
from services.detector.facts import (
    CapacityFacts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    ObjectiveFacts,
    TeamFacts,
)
from tests.sandbox.evenings import Ended, Evening

TODO, IN_PROGRESS = StatusCategory.TODO, StatusCategory.IN_PROGRESS
FOUR_WEEKS = timedelta(days=28)


def _items(ended: Ended) -> tuple[ItemFacts, ItemFacts]:
    """Return the first subject, before and after."""
    (ref, *_), before, after = ended.draft.subjects, ended.before, ended.after
    return before.items[ref], after.items[ref]


def _around(ended: Ended) -> ItemNeighbourhood:
    return ended.after.of(ended.draft.subjects[0], ItemNeighbourhood)


def _objectives(ended: Ended) -> tuple[ObjectiveFacts, ObjectiveFacts]:
    (ref,) = ended.draft.subjects
    return ended.before.of(ref, ObjectiveFacts), ended.after.of(ref, ObjectiveFacts)


def _team(ended: Ended) -> TeamFacts:
    return ended.after.of(ended.draft.subjects[0], TeamFacts)


def _waits_no_more(ended: Ended) -> bool:
    """The blocker is done, or the dependent is done or has no dependency on it any more."""
    blocker, dependent = ended.draft.subjects
    waiting = {one.dependent.ref for one in _around(ended).waiting if one.dependent.is_open}
    return ended.after.items[blocker].is_done or dependent not in waiting


def _touched(ended: Ended) -> bool:
    before, after = _items(ended)
    return after.touched > before.touched


def _rests(ended: Ended) -> bool:
    """It is done, or was put back to be done later."""
    return _items(ended)[1].status_category is not IN_PROGRESS


def _dates_agree(ended: Ended) -> bool:
    blocker, dependent = (ended.after.items[ref] for ref in ended.draft.subjects)
    return blocker.due is not None and dependent.due is not None and blocker.due <= dependent.due


def _is_opened(ended: Ended) -> bool:
    """A member is done, or there are fewer dependencies among the members."""
    members = set(ended.draft.subjects)

    def pairs(evening: Evening) -> set[tuple[str, str]]:
        near = {ref: evening.of(ref, ItemNeighbourhood).waiting for ref in members}
        return {(ref, one.dependent.ref) for ref in members for one in near[ref] if one.dependent.ref in members}

    return any(ended.after.items[ref].is_done for ref in members) or pairs(ended.after) < pairs(ended.before)


def _is_due_early(ended: Ended) -> bool:
    """An item is done or due earlier; or its objective, or the objective itself, counts from a later day on."""
    subject = ended.draft.subjects[0]
    if not subject.startswith("objective:"):
        before, after = _items(ended)
        if after.is_done or bool(before.due and after.due and after.due < before.due):
            return True
    return _is_counted_anew(ended)


def _is_counted_anew(ended: Ended) -> bool:
    known = [e.context.objective(ended.draft.objective) for e in (ended.before, ended.after)]
    return known[0] is not None and known[1] is not None and known[0].baseline < known[1].baseline


def _takes_as_long(ended: Ended) -> bool:
    started, pace = _items(ended)[1].started, _around(ended).pace.percentile
    return started is not None and pace is not None and ended.after.now - started <= pace


def _share_is_meant(ended: Ended) -> bool:
    (ref,) = ended.draft.subjects
    facts, meant = ended.after.of(ref, CapacityFacts), next(s for s in ended.after.context.shares if s.ref == ref)
    return meant.low - 0.1 <= facts.item_days / facts.total <= meant.high + 0.1


def _key_results(ended: Ended) -> tuple[KeyResultFacts, KeyResultFacts]:
    (ref,) = ended.draft.subjects
    return ended.before.of(ref, KeyResultFacts), ended.after.of(ref, KeyResultFacts)


def _is_measured(ended: Ended) -> bool:
    before, after = _key_results(ended)
    return bool(after.measurements) and after.measurements[-1:] != before.measurements[-1:]


def _is_due_later(ended: Ended) -> bool:
    """The key result got another due, as part of the strategy."""
    facts = _key_results(ended)[1]
    was, now = (e.context.key_result(facts.objective, facts.key_result) for e in (ended.before, ended.after))
    return was is not None and now is not None and was.due < now.due


def _less_is_delivered(ended: Ended) -> bool:
    facts = _key_results(ended)[1]
    known = ended.after.context.key_result(facts.objective, facts.key_result)
    assert known is not None
    until = ended.after.now - timedelta(days=known.lag_days)
    return sum(until - FOUR_WEEKS <= at < until for at in facts.delivered) < 5


def _less_goes_back(ended: Ended) -> bool:
    facts = _objectives(ended)[1]
    return facts.moved_on < 10 or facts.went_back / facts.moved_on <= 0.2


def _less_is_added(ended: Ended) -> bool:
    before, after = _objectives(ended)
    return after.leaves_added < before.leaves_added or _is_counted_anew(ended)


def _has_owner(ended: Ended) -> bool:
    subject = ended.draft.subjects[0]
    if subject.startswith("key-result:"):
        facts = _key_results(ended)[1]
        known = ended.after.context.key_result(facts.objective, facts.key_result)
        return known is not None and known.owner is not None
    return _items(ended)[1].assignee is not None


def _has_due(ended: Ended) -> bool:
    subject = ended.draft.subjects[0]
    if subject.startswith("key-result:"):
        facts = _key_results(ended)[1]
        one = ended.after.context.key_result(facts.objective, facts.key_result)
        return one is not None and one.has_due
    if subject.startswith("objective:"):
        objective = ended.after.context.objective(ended.draft.objective)
        return objective is not None and objective.has_due
    return _items(ended)[1].due is not None or _items(ended)[1].is_done


def _has_less_at_once(ended: Ended) -> bool:
    facts = _team(ended)
    return facts.in_progress <= 3 * len(ended.after.context.team(facts.team).members) and len(facts.busy_objectives) < 4


def _fewer_escalate(ended: Ended) -> bool:
    facts, calendar = _team(ended), ended.after.context.calendar(_team(ended).team)
    is_old = any(calendar.working_days(one.created, ended.after.now) > 5 for one in facts.escalations)
    return not is_old and facts.active_escalations * 5 <= facts.active


def _more_is_aligned(ended: Ended) -> bool:
    facts = _team(ended)
    return facts.active < 5 or facts.unaligned * 5 <= facts.active


def _nothing_is_built(ended: Ended) -> bool:
    epic = _around(ended).epic
    assert epic is not None
    return not any(one.status_category is IN_PROGRESS and "discovery" not in one.labels for one in epic.children)


def _are_both_done(ended: Ended) -> bool:
    return all(ended.after.items[ref].is_done for ref in ended.draft.subjects)


def _is_touched_or_over(ended: Ended) -> bool:
    before, after = _objectives(ended)
    assert before.last_touch is not None
    assert after.last_touch is not None
    return after.last_touch > before.last_touch or not after.open_items


def _is_likely_or_over(ended: Ended) -> bool:
    """A newer forecast is better than the tenth that is borne, or all that was open is done."""
    before, after = (facts.forecast for facts in _objectives(ended))
    if not _objectives(ended)[1].open_items:
        return True
    if before is None or after is None or after.probability is None:
        return False
    return before.as_of < after.as_of and after.probability > 0.9


ENDINGS: Final[Mapping[str, Callable[[Ended], bool]]] = {
    "stalled-dependency": lambda e: _touched(e) or _waits_no_more(e),
    "dependency-date-conflict": lambda e: _dates_agree(e) or _waits_no_more(e),
    "undated-blocker": lambda e: _items(e)[1].due is not None or _waits_no_more(e),
    "late-start": lambda e: _items(e)[1].status_category is not TODO or _waits_no_more(e),
    "unowned-blocker": lambda e: _items(e)[1].assignee is not None or _waits_no_more(e),
    "dependency-cycle": _is_opened,
    "missed-handoff": lambda e: _items(e)[1].status_category is not TODO or _touched(e),
    "bottleneck-team": lambda e: len(_team(e).waiting) < 3,
    "unaligned-work": _more_is_aligned,
    "ambiguous-alignment": lambda e: not _items(e)[1].ties,
    "objective-idle": _is_touched_or_over,
    "objective-starved": lambda e: bool(_objectives(e)[1].in_progress) or not _objectives(e)[1].open_items,
    "scope-growth": _less_is_added,
    "date-slip": _is_due_early,
    "stale-work": lambda e: _touched(e) or _rests(e),
    "aging-work": lambda e: _rests(e) or _takes_as_long(e),
    "capacity-drift": _share_is_meant,
    "output-without-outcome": lambda e: _is_measured(e) or _less_is_delivered(e),
    "off-pace": lambda e: _is_measured(e) or _is_due_later(e),
    "stale-measurement": _is_measured,
    "tracker-disagreement": lambda e: _are_both_done(e) or not any(twin.differences for twin in _around(e).twins),
    "rework": _less_goes_back,
    "missing-owner": _has_owner,
    "missing-date": _has_due,
    "overload": _has_less_at_once,
    "decision-waiting": lambda e: _items(e)[1].is_done,
    "escalation-load": _fewer_escalate,
    "unvalidated-build": _nothing_is_built,
    "output-key-result": lambda e: (
        e.before.context.subject(e.draft.subjects[0]).title != e.after.context.subject(e.draft.subjects[0]).title
    ),
    "forecast-miss": _is_likely_or_over,
    "data-gap": lambda e: _objectives(e)[1].items > 0,
}
"""All rules, for in the quarter something ends of each."""
