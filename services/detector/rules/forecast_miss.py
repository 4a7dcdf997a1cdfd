"""An objective is unlikely to be done by its due, as its own past goes on.

Severity: medium; high from `forecast_high_probability` down.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import Field

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.context import OBJECTIVE_PREFIX, Context, ObjectiveContext, PolicyFields
from services.detector.facts import Forecast, Mover, ObjectiveFacts
from services.detector.fingerprint import fingerprint
from services.detector.group_conditions import limit, needed, not_judged
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "forecast-miss"
FIRST_MOVERS: Final = 3


class ForecastPolicy(PolicyFields):
    """How likely an objective should be to end in time."""

    forecast_probability: Annotated[
        float,
        Field(
            gt=0, lt=1, description="Up to this it may miss. Unit: share of trials. Source: one miss in ten is borne."
        ),
    ] = 0.9
    forecast_high_probability: Annotated[
        float,
        Field(gt=0, lt=1, description="Up to this it weighs high. Unit: share of trials. Source: one miss in three."),
    ] = 0.7


def judge(facts: ObjectiveFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while too few trials of the newest forecast end by the due; only a newer one changes that.

    A forecast for another due than the present one brings no finding. One that refused, as too little was delivered of
    late, cannot tell: what was found before is unknown by then.
    """
    objective, forecast = context.objective(facts.objective), facts.forecast
    if objective is None or forecast is None or not facts.open_items or not _fits(forecast, objective):
        return NOTHING
    policy = context.policy(ForecastPolicy, objective.team, objective.id)
    subjects, probability = (OBJECTIVE_PREFIX + objective.id,), forecast.probability
    if probability is None or forecast.refused is not None:
        return Verdict(unknown=frozenset({fingerprint(NAME, subjects)})) if forecast.open_leaves else NOTHING
    if probability > policy.forecast_probability:
        return NOTHING
    draft = Draft(
        rule=NAME,
        subjects=subjects,
        severity=Severity.HIGH if probability <= policy.forecast_high_probability else Severity.MEDIUM,
        team=objective.team,
        objective=objective.id,
        since=None,
        evidence=tuple(_evidence(forecast, probability)),
    )
    return Verdict((draft,))


def _fits(forecast: Forecast, objective: ObjectiveContext) -> bool:
    return forecast.objective == objective.id and forecast.due == objective.due


def _evidence(forecast: Forecast, probability: float) -> Iterator[Evidence]:
    ref = OBJECTIVE_PREFIX + forecast.objective
    yield Evidence(fact="probability", ref=ref, value=probability)
    yield Evidence(fact="trials", ref=ref, value=forecast.trials)
    yield Evidence(fact="open-leaves", ref=ref, value=forecast.open_leaves)
    yield Evidence(fact="due", ref=ref, value=forecast.due.isoformat())
    for fact, day in (("best", forecast.best), ("base", forecast.base), ("worst", forecast.worst)):
        yield Evidence(fact=fact, ref=ref, value=_written(day))
    for mover in forecast.movers[:FIRST_MOVERS]:
        yield Evidence(fact="mover", ref=mover.subjects[0], value=_mover(mover))


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _mover(mover: Mover) -> dict[str, Any]:
    return {
        "subjects": list(mover.subjects),
        "names": list(mover.names),
        "probability": mover.probability,
        "days_earlier": mover.days_earlier,
    }


def conditions(
    facts: ObjectiveFacts,
    context: Context,
    now: datetime,
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """There is a forecast for its due that says something, something is open, and too few trials end in time."""
    ref, objective, forecast = OBJECTIVE_PREFIX + facts.objective, context.objective(facts.objective), facts.forecast
    if subjects != (ref,) or objective is None:
        return not_judged(subjects, ref)
    opened = Condition(f"It has {texts.counted(facts.open_items, 'open item')}; {needed(1)}.", facts.open_items > 0)
    if forecast is None:
        return (opened, Condition("0 forecasts of it were made so far; 1 is needed.", holds=False))
    today = context.calendar(objective.team).date_of(now)
    made, due = texts.day(forecast.due, today), texts.day(objective.due, today)
    fits = Condition(
        f"Its newest forecast is of {forecast.objective} for {made}; it is due {due}.", _fits(forecast, objective)
    )
    if forecast.probability is None or forecast.refused is not None:
        return (
            opened,
            fits,
            Condition(f"The forecast says nothing: {forecast.refused or 'no reason given'}.", holds=False),
        )
    policy = context.policy(ForecastPolicy, objective.team, objective.id)
    return (
        opened,
        fits,
        Condition(
            f"{_trials(forecast.probability, forecast.trials)} end by {made}; it counts up to "
            f"{limit(policy.forecast_probability)} of them.",
            forecast.probability <= policy.forecast_probability,
        ),
    )


def _in_time(probability: float, trials: int) -> int:
    """Return how many of the trials that is: never none and never all, for nothing is certain."""
    return min(max(round(probability * trials), 1), trials - 1)


def _trials(probability: float, trials: int) -> str:
    return f"{_in_time(probability, trials):,} of {trials:,} trials"


def tell(telling: Telling) -> Text:
    """Say how many trials end in time, when the others do, and what would move that most."""
    trials, due = telling.value("trials"), telling.on(telling.value("due"))
    in_time = _trials(telling.value("probability"), trials)
    left = texts.counted(telling.value("open-leaves"), "open item")
    policy = telling.context.policy(ForecastPolicy, telling.draft.team, telling.draft.objective)
    return Text(
        title=texts.title(
            texts.way(f"{{}} ends by {due} in {in_time}.", telling.named(telling.draft.subjects[0])),
            texts.way(f"{{}}: in time in {in_time}.", telling.named(telling.draft.subjects[0])),
        ),
        why=f"In {in_time} its {left} {'is' if telling.value('open-leaves') == 1 else 'are'} delivered by {due}, "
        f"if work goes on as it did.{_days(telling)}{_first_mover(telling, trials)}",
        question="What could leave, wait or be freed so that it ends by its due, or which day can be promised?",
        clears_when=f"Clears when more than {limit(policy.forecast_probability)} of a newer forecast's trials end by "
        "its due, or when none of its items is open.",
    )


def _days(telling: Telling) -> str:
    """Return until when half, 85 % and 95 % of the trials end, as far as they do."""
    shares = (("half", "best"), ("85 %", "base"), ("95 %", "worst"))
    ends = [f"{share} end by {telling.on(telling.value(fact))}" for share, fact in shares if telling.value(fact)]
    return f" Of all trials, {texts.listed(ends)}." if ends else " Half of the trials have no end at all."


def _first_mover(telling: Telling, trials: int) -> str:
    """Return what would be so without the first mover, where that would move anything."""
    mover = telling.value("mover")
    if mover is None:
        return ""
    names = mover["names"] or [telling.name(ref) for ref in mover["subjects"]]
    in_time, earlier = _in_time(mover["probability"], trials), mover["days_earlier"]
    gains = [f"{in_time:,} would end in time"] if in_time > _in_time(telling.value("probability"), trials) else []
    gains += [f"85 % would end {texts.working_days(earlier)} earlier"] if earlier > 0 else []
    of = f"the wait of {names[1]} on {names[0]}" if len(names) > 1 else f"{names[0]}, which nobody has taken on"
    return f" Without {of}, {' and '.join(gains)}." if gains else ""


RULE: Final = Rule(NAME, (ObjectiveFacts,), ForecastPolicy, judge, tell, conditions)
