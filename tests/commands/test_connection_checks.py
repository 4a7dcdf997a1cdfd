"""`leeway doctor` tells how a connection stands, and for whatever is not well what to do about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.connections import ConnectionReported, ConnectionState
from schemas.work_items import Absence
from services.commands.connection_checks import Kept, checks_of
from services.connectors.hooks_store import HookStanding
from services.connectors.queries import Standing
from services.connectors.queries_beside import RegisteredHook
from services.runtime.connections import JiraConnection

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
CONNECTION = JiraConnection.model_validate(
    {"id": "main", "tracker": "jira", "kind": "datacenter", "url": "https://jira.example", "token": "t"}
)
HOOKED = CONNECTION.model_copy(
    update={
        "webhooks": JiraConnection.model_validate(
            CONNECTION.model_dump(exclude={"webhooks"}) | {"webhooks": {"address": "https://us.example", "secret": "h"}}
        ).webhooks
    }
)
HOOK = RegisteredHook("", "7", "https://us.example/hooks/jira/main", None, None)


def reported(state: ConnectionState = ConnectionState.CONNECTED, **more: Any) -> str:
    return ConnectionReported(connection="main", state=state, revision=1, at=NOW, **more).model_dump_json()


def standing(**more: Any) -> Standing:
    fresh = NOW - timedelta(minutes=3)
    known: dict[str, Any] = {"opened_at": NOW - timedelta(days=9), "last_success": fresh, "report": reported()}
    return Standing(**(known | more))


WELL = Kept(standing(), 562, {}, None, [], HookStanding())


def told(kept: Kept, connection: JiraConnection = CONNECTION) -> dict[str, tuple[bool, str, str]]:
    found = checks_of(connection, kept, NOW, NOW)
    return {one.what.partition(": ")[2]: (one.is_well, one.found, one.remedy) for one in found}


def test_a_connection_that_is_well_says_so_in_one_line() -> None:
    assert told(WELL) == {"reading": (True, "connected, 562 items, data 3 min old, limit 60 min", "")}


def test_a_first_reading_that_goes_on_is_no_fault() -> None:
    (check,) = told(replace(WELL, standing=standing(opened_at=None, last_success=None))).values()
    assert check == (True, "connected, 562 items, no success yet, limit 60 min; the first reading goes on", "")


@pytest.mark.parametrize(
    ("standing_now", "found", "remedy"),
    [
        (Standing(), "never read", "Start `leeway up`"),
        (standing(last_success=NOW - timedelta(hours=5)), "data 5 h old, limit 60 min", "Start `leeway up`"),
        (
            standing(report=reported(ConnectionState.DISCONNECTED, reason="Jira does not accept the token. Make one.")),
            "disconnected, 562 items, data 3 min old, limit 60 min: Jira does not accept the token",
            "Make one.",
        ),
        (
            standing(report=reported(ConnectionState.DEGRADED, reason="Jira does not answer.")),
            "degraded, 562 items, data 3 min old, limit 60 min: Jira does not answer",
            "The log of the connectors tells more.",
        ),
    ],
)
def test_a_connection_that_brings_nothing_says_why_and_what_to_do(
    standing_now: Standing, found: str, remedy: str
) -> None:
    well, said, advised = told(replace(WELL, standing=standing_now))["reading"]
    assert not well
    assert found in said
    assert advised.startswith(remedy)


def test_items_that_disappeared_at_once_wait_for_a_person() -> None:
    well, said, advised = told(replace(WELL, standing=standing(missing=240)))["missing items"]
    assert (well, said) == (False, "240 items disappeared at once; they were left as they are")
    assert "`leeway connections confirm main`" in advised
    assert "missing items" not in told(replace(WELL, standing=standing(missing=240, missing_confirmed=True)))


@pytest.mark.parametrize(("seconds", "well"), [(10, True), (299, True), (300, False)])
def test_hints_that_wait_too_long_are_a_fault(seconds: int, well: bool) -> None:
    check = told(replace(WELL, oldest_hint=NOW - timedelta(seconds=seconds)))["hints"]
    assert check[:2] == (well, f"the oldest hint waits for {seconds} s")
    assert bool(check[2]) is not well


@pytest.mark.parametrize(("left", "well"), [(99, True), (0, False)])
def test_a_limit_that_is_used_up_is_a_fault(left: int, well: bool) -> None:
    check = told(replace(WELL, standing=standing(report=reported(rate_remaining=left))))["rate limit"]
    assert check[:2] == (well, f"{left} calls are left of the site's limit")
    assert bool(check[2]) is not well


@pytest.mark.parametrize(
    ("kept", "well", "found", "remedy"),
    [
        (replace(WELL, hooks=[HOOK]), True, "1 webhook, never heard of any yet", ""),
        (
            replace(WELL, hooks=[HOOK], deliveries=HookStanding(heard_at=NOW)),
            True,
            "last heard 2026-11-21 09:00 UTC",
            "",
        ),
        (WELL, False, "none is registered yet", "Start `leeway up`"),
        (
            replace(WELL, hooks=[replace(HOOK, failure="time-out")]),
            False,
            "deliveries fail: time-out",
            "See that the tracker reaches https://us.example.",
        ),
        (
            replace(WELL, hooks=[HOOK], deliveries=HookStanding(problem="Jira refuses. Ask its administrator.")),
            False,
            "Jira refuses",
            "Ask its administrator.",
        ),
    ],
)
def test_webhooks_that_do_not_work_are_told_and_those_that_are_not_wanted_are_not(
    kept: Kept, well: bool, found: str, remedy: str
) -> None:
    check = told(kept, HOOKED)["webhooks"]
    assert check[0] is well
    assert found in check[1]
    assert check[2].startswith(remedy)
    assert "webhooks" not in told(kept)


def test_items_out_of_sight_are_a_fault_only_where_nobody_said_what_became_of_them() -> None:
    assert "items" not in told(replace(WELL, absent={Absence.DELETED: 4, Absence.ARCHIVED: 2}))
    well, said, advised = told(replace(WELL, absent={Absence.UNREACHABLE: 1, Absence.DELETED: 4}))["items"]
    assert (well, said) == (False, "1 item can no longer be seen, and nothing says that it was deleted")
    assert "comes back by itself" in advised
