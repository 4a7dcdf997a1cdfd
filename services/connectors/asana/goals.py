"""The goals of a workspace, each with its metric as Asana holds it: a percentage is a share, 0.25 for 25 %."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import asana

from services.connectors.asana.calling import Caller
from services.connectors.reading import identity, mapping, text
from services.connectors.refusals import Denied, Refused
from services.connectors.tracker import Goal

READ: Final = "read its goals"
_FIELDS: Final = ",".join(
    (
        *("name", "due_on", "owner.name", "time_period.end_on", "metric.unit", "metric.currency_code"),
        *("metric.initial_number_value", "metric.target_number_value", "metric.current_number_value"),
    )
)


async def goals(caller: Caller, workspace: str) -> tuple[Goal, ...]:
    """Return the goals that the token sees; none where the plan has no goals or the token lacks the scope."""
    try:
        rows = await caller.rows(
            READ, caller.api(asana.GoalsApi).get_goals, {"workspace": workspace, "opt_fields": _FIELDS}
        )
    except (Denied, Refused) as error:
        if error.status not in {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise
        return ()
    return tuple(goal for row in rows if (goal := _goal(row)))


def _goal(row: Mapping[str, Any]) -> Goal | None:
    metric, gid = mapping(row.get("metric")), identity(row.get("gid"))
    if gid is None:
        return None
    return Goal(
        id=gid,
        name=text(row.get("name"), 200) or gid,
        owner=text(mapping(row.get("owner")).get("name"), 200),
        due_on=text(row.get("due_on"), 10) or text(mapping(row.get("time_period")).get("end_on"), 10),
        unit=_unit(metric),
        initial=_number(metric.get("initial_number_value")),
        target=_number(metric.get("target_number_value")),
        value=_number(metric.get("current_number_value")),
    )


def _unit(metric: Mapping[str, Any]) -> str | None:
    unit = text(metric.get("unit"), 50)
    return text(metric.get("currency_code"), 10) if unit == "currency" else unit if unit != "none" else None


def _number(value: object) -> float | None:
    """Return a finite number of any size: revenues are larger than estimates."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
