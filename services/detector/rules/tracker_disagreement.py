"""Two items of two trackers that stand for the same work have said different things for a while.

Severity: medium.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from schemas.work_items import ChangeAspect
from services.detector import texts
from services.detector.conditions import MOMENT, named, of_others, standing, to_come
from services.detector.context import Context, PolicyFields
from services.detector.facts import Difference, ItemFacts, ItemNeighbourhood, TwinFacts
from services.detector.fingerprint import fingerprint
from services.detector.rule import About, Condition, Rule, Telling, Text
from services.detector.severity import has_come
from services.detector.verdict import NOTHING, Draft, Verdict, merge, next_check

NAME: Final = "tracker-disagreement"
_COMPARED: Final = (ChangeAspect.STATUS, ChangeAspect.DUE, ChangeAspect.ASSIGNEE)


class DisagreementPolicy(PolicyFields):
    """For how long twins may disagree."""

    disagreement_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=525_600,
            description="Twins may differ for so long. Unit: minutes. Source: two syncs of half an hour.",
        ),
    ] = 60


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:
    """Hold one finding for each twin that differs in status category, due or assignee for longer than the limit.

    A pair is judged once, with the item whose ref comes first; its team must act. Two that are both done agree that the
    work is over: what their records still say differently misleads nobody about work to come, so it is no finding.
    """
    pairs = [twin for twin in facts.twins if facts.item.ref < twin.item.ref]
    return merge(_judge_pair(facts.item, twin, context, now) for twin in pairs) if pairs else NOTHING


def _judge_pair(item: ItemFacts, twin: TwinFacts, context: Context, now: datetime) -> Verdict:
    subjects = (item.ref, twin.item.ref)
    if item.is_done and twin.item.is_done:
        return NOTHING
    if item.is_missing or twin.item.is_missing:
        return Verdict(unknown=frozenset({fingerprint(NAME, subjects)}))
    if not item.visible or not twin.item.visible:
        return NOTHING
    found = [(difference, _told_from(difference, item, context)) for difference in _differing(twin)]
    lasting = sorted((one for one, told_from in found if has_come(told_from, now)), key=_order)
    check_after = next_check(now, (told_from for _, told_from in found))
    if not lasting:
        return Verdict(check_after=check_after)
    draft = Draft(
        rule=NAME,
        subjects=subjects,
        severity=Severity.MEDIUM,
        team=item.team,
        objective=item.objective,
        since=min(one.since for one in lasting),
        evidence=tuple(
            Evidence(fact=f"differs-{one.aspect}", ref=item.ref, at=one.since, value=[one.ours, one.theirs])
            for one in lasting
        ),
    )
    return Verdict((draft,), check_after)


def _differing(twin: TwinFacts) -> Iterator[Difference]:
    """Yield what counts: trackers write the same name in different cases."""
    for one in twin.differences:
        names = (one.ours or "").casefold(), (one.theirs or "").casefold()
        if one.aspect in _COMPARED and (one.aspect is not ChangeAspect.ASSIGNEE or names[0] != names[1]):
            yield one


def _told_from(difference: Difference, item: ItemFacts, context: Context) -> datetime:
    policy = context.policy(DisagreementPolicy, item.team, item.objective)
    return difference.since + timedelta(minutes=policy.disagreement_minutes) + MOMENT


def _order(difference: Difference) -> int:
    return _COMPARED.index(difference.aspect)


def conditions(
    facts: ItemNeighbourhood, context: Context, now: datetime, subjects: tuple[str, ...]
) -> tuple[Condition, ...]:
    """Both are in sight, they differ, and have for long enough."""
    item = facts.item
    pairs = {(item.ref, twin.item.ref): twin for twin in facts.twins if item.ref < twin.item.ref}
    twin = pairs.get((subjects[0], subjects[-1]))
    if twin is None:
        return of_others(subjects, (item.ref, *(twin.item.ref for twin in facts.twins)))
    both = f"{named(item)} is {standing(item)}, {named(twin.item)} is {standing(twin.item)}"
    found = sorted(_differing(twin), key=_order)
    words = texts.listed([str(one.aspect) for one in found]) or "nothing"
    first = (
        Condition(
            f"{both}; both have to be in sight, and at most one of them done.",
            item.visible and twin.item.visible and not (item.is_done and twin.item.is_done),
        ),
        Condition(f"They differ in {words}; status, due or assignee is needed.", bool(found)),
    )
    if not found:
        return first
    oldest = min(found, key=lambda one: one.since)
    told_from = _told_from(oldest, item, context)
    limit = texts.lasting(told_from - MOMENT - oldest.since)
    says = f"They have differed for {texts.lasting(now - oldest.since)}; more than {limit} is needed."
    return *first, Condition(says, told_from <= now, to_come(told_from, now))


def tell(telling: Telling) -> Text:
    """Set both sides beside each other, and ask which is right."""
    one, other = telling.draft.subjects
    name, twin = telling.name(one), telling.name(other)
    found = [evidence for evidence in telling.draft.evidence if evidence.fact.startswith("differs-")]
    aspects = [evidence.fact.removeprefix("differs-") for evidence in found]
    sides = [
        f"{aspect} {_shown(aspect, evidence.value[0], telling)} against {_shown(aspect, evidence.value[1], telling)}"
        for aspect, evidence in zip(aspects, found, strict=True)
    ]
    since = telling.day(telling.draft.since) if telling.draft.since else ""
    words = texts.listed(aspects)
    return Text(
        title=texts.title(
            texts.way(f"{{}} and its twin {{}} differ in {words}.", telling.named(one), telling.named(other)),
            texts.way(f"{{}} and its twin differ in {words}.", telling.named(one)),
        ),
        why=f"They stand for the same work and have differed since {since}: {name} against {twin} has "
        f"{'; '.join(sides)}.",
        question=f"Which of {name} and {twin} is right, and who could bring the other in line?",
        clears_when=f"Clears when {name} and {twin} say the same, or when both are done.",
    )


def _shown(aspect: str, value: str | None, telling: Telling) -> str:
    if value is None:
        return "none"
    if aspect == ChangeAspect.DUE:
        return telling.on(value)
    return texts.state(value) if aspect == ChangeAspect.STATUS else value


RULE: Final = Rule(NAME, (ItemNeighbourhood,), DisagreementPolicy, judge, tell, conditions, about=About.TWINS)
