"""What others may ask of webhooks, comments and goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.hooks_store import HookStanding, standing_of

_HOOKS: Final = text(
    "SELECT scope, hook, target, expires_at, failure FROM hooks WHERE connection = :connection ORDER BY scope"
)
_COUNTS: Final = text("SELECT state, count(*) FROM comments WHERE connection = :connection GROUP BY state")
_UNSAID: Final = text(
    "SELECT ref, marker, state, reason, requested_at FROM comments WHERE connection = :connection"
    " AND state IN ('parked', 'switched off') ORDER BY requested_at DESC, marker LIMIT :count"
)
_DUE: Final = text(
    "SELECT count(*) FROM comments WHERE state IN ('waiting', 'trying') AND next_try_at <= :at"
    " AND connection = ANY(CAST(:connections AS text[]))"
)
_PROBLEMS: Final = text(
    "SELECT key_result, goal, (SELECT min(name) FROM goals WHERE goals.goal = key_results.goal) AS name"
    " FROM key_results WHERE NOT EXISTS"
    " (SELECT FROM goals WHERE goals.goal = key_results.goal AND value IS NOT NULL) ORDER BY key_result"
)
_UNNAMED: Final = text(
    "SELECT connection, goal, name, url FROM goals"
    " WHERE NOT EXISTS (SELECT FROM key_results WHERE key_results.goal = goals.goal) ORDER BY connection, name, goal"
)


@dataclass(frozen=True)
class RegisteredHook:
    """A webhook at the tracker. `scope` is empty for a whole site; `failure` is the last that the tracker told of."""

    scope: str
    hook: str
    target: str
    expires_at: datetime | None
    failure: str | None


@dataclass(frozen=True)
class Unsaid:
    """A comment that was asked for and not left, with its reason."""

    ref: str
    marker: str
    state: str
    reason: str
    requested_at: datetime


@dataclass(frozen=True)
class GoalProblem:
    """A key result that cannot be measured by the goal that it names."""

    key_result: str
    goal: str
    reason: str


@dataclass(frozen=True)
class UnnamedGoal:
    """A goal that no key result names."""

    connection: str
    goal: str
    name: str
    url: str | None


async def registered_hooks(conn: AsyncConnection, connection: str) -> list[RegisteredHook]:
    """Return the webhooks of a connection as they were when they were last looked at."""
    return [RegisteredHook(*row) for row in await conn.execute(_HOOKS, {"connection": connection})]


async def hook_standing(conn: AsyncConnection, connection: str) -> HookStanding:
    """Return when a delivery was last heard, and what is wrong."""
    return await standing_of(conn, connection)


async def comment_counts(conn: AsyncConnection, connection: str) -> dict[str, int]:
    """Return how many comments are in which state: waiting, trying, posted, switched off, parked."""
    return {state: int(count) for state, count in await conn.execute(_COUNTS, {"connection": connection})}


async def due_comments(conn: AsyncConnection, at: datetime, connections: Sequence[str]) -> int:
    """Return how many comments could be left now on these connections; `at` is machine time."""
    return int(await conn.scalar(_DUE, {"at": at, "connections": list(connections)}) or 0)


async def unsaid_comments(conn: AsyncConnection, connection: str, *, limit: int = 100) -> list[Unsaid]:
    """Return comments that were not left, the newest first."""
    return [Unsaid(*row) for row in await conn.execute(_UNSAID, {"connection": connection, "count": limit})]


async def goal_problems(conn: AsyncConnection) -> list[GoalProblem]:
    """Return the key results whose goal cannot be seen or has no metric."""
    return [
        GoalProblem(row.key_result, row.goal, _why(row.goal, row.name)) for row in await conn.execute(_PROBLEMS)
    ]  # fmt: skip


async def unnamed_goals(conn: AsyncConnection) -> list[UnnamedGoal]:
    """Return the goals that nothing in the strategy names."""
    return [UnnamedGoal(*row) for row in await conn.execute(_UNNAMED)]


def _why(goal: str, name: str | None) -> str:
    if name is None:
        return f"no connection sees a goal {goal}: correct its number, or share the goal with Leeway's account"
    return f"the goal {name} ({goal}) has no metric with a value: give it one in Asana, or name another goal"
