"""Goals with their metrics, as Asana holds them."""

import pytest

from services.connectors.tracker import Goal
from services.runtime.errors import Misconfigured, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from tests.connectors.asana.sites import refused, said, served, told

ME = said({"gid": "4", "name": "Robin", "workspaces": [{"gid": "1", "name": "Brightmoor"}]})
NONE = said([], next_page=None)


def goal(gid: str, **fields: object) -> dict[str, object]:
    return {"gid": gid, "name": f"Goal {gid}", **fields}


async def test_goals_come_with_owner_due_day_and_metric_over_many_pages() -> None:
    metric = {"unit": "currency", "currency_code": "EUR", "initial_number_value": 1.5, "target_number_value": 4e10,
              "current_number_value": 2}  # fmt: skip
    first = goal("1", owner={"gid": "5", "name": "Ana"}, due_on="2026-12-31", metric=metric)
    second = goal("2", due_on=None, time_period={"end_on": "2027-03-31"}, metric={"unit": "none"}, owner=None)
    third = goal("3", metric={"unit": "percentage", "current_number_value": 0.25})
    pages = (said([first, second], next_page={"offset": "b"}), said([third, {"name": "no gid"}], next_page=None))
    async with told(ME, NONE, NONE, *pages) as (client, app, _):
        await client.open()
        assert await client.goals() == (
            Goal("1", "Goal 1", None, "Ana", "2026-12-31", "EUR", 1.5, 4e10, 2.0),
            Goal("2", "Goal 2", due_on="2027-03-31"),
            Goal("3", "Goal 3", unit="percentage", value=0.25),
        )
        assert [asked.query.get("offset") for asked in app.asked[-2:]] == [None, "b"]


@pytest.mark.parametrize("status", [402, 403])
async def test_a_plan_or_a_token_without_goals_has_none(status: int) -> None:
    async with told(ME, NONE, NONE, refused(status, "Not in this plan or scope.")) as (client, _, _):
        await client.open()
        assert await client.goals() == ()


async def test_goals_that_are_switched_off_are_not_asked_for() -> None:
    async with served("Home", goals=False) as at:
        at.asked.clear()
        assert await at.client.goals() == ()
        assert at.asked == []


async def test_a_fault_is_no_absence_of_goals() -> None:
    async with served("Home") as at:
        at.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR))
        with pytest.raises(Transient):
            await at.client.goals()
        at.faults.clear()
        at.faults.switch_on(Fault(kind=FaultKind.EXPIRED_TOKEN))
        with pytest.raises(Misconfigured):
            await at.client.goals()
