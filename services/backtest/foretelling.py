"""Forecasts of objectives, each made once a day as the detector makes them; only for who asks for the rule on them."""

from collections.abc import Iterator
from datetime import datetime

from services.backtest.holding import Holding
from services.backtest.objectives import ObjectiveNumbers, Objectives
from services.detector.context import Context, ObjectiveContext
from services.detector.facts import Forecast
from services.detector.forecast.pure import ForecastInputs, make_forecast, seed_of


class Forecasts:
    """The newest forecast of each objective."""

    def __init__(self, context: Context, objectives: Objectives, holding: Holding) -> None:
        self.newest: dict[str, Forecast] = {}
        self._context = context
        self._objectives = objectives
        self._holding = holding

    def make(self, now: datetime) -> Iterator[str]:
        """Make those of today, for objectives with open work, overdue ones too; give their ids."""
        for known in self._context.objectives.values():
            if self._objectives[known.id].has_open:
                calendar = self._context.calendar(known.team)
                today = calendar.date_of(now)
                inputs = self._inputs(known, self._objectives[known.id])
                # What moves a forecast is for people to read; whether it fires does not rest on it.
                self.newest[known.id] = make_forecast(
                    inputs, known.due, calendar, now, seed_of(known.id, today), with_movers=False
                )
                yield known.id

    def _inputs(self, known: ObjectiveContext, numbers: ObjectiveNumbers) -> ForecastInputs:
        leaves = [member.facts for member in numbers.members.values() if member.is_leaf and member.facts.visible]
        waiting = {item.ref: item for item in leaves if item.is_open}
        return ForecastInputs(
            objective=known.id,
            leaves=tuple(sorted(waiting)),
            unowned=tuple(sorted(ref for ref, item in waiting.items() if item.assignee is None)),
            dependencies=tuple(sorted(self._waits(set(waiting)))),
            delivered=tuple(sorted(item.done for item in leaves if item.done and numbers.is_delivered(item))),
            began=min((item.created for item in leaves), default=None),
        )

    def _waits(self, refs: set[str]) -> Iterator[tuple[str, str]]:
        """Give the live dependencies in which these wait, those in which their blockers wait, and so on."""
        reached, new = set(refs), sorted(refs)
        while new:
            dependent = new.pop()
            for blocker in self._holding.blockers(dependent):
                yield blocker, dependent
                if blocker not in reached:
                    reached.add(blocker)
                    new.append(blocker)
