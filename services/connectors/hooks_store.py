"""The SQL of webhooks: their addresses and secrets, what is registered, how a connection's deliveries stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.tracker import HookFound

_NOTES_EACH: Final = timedelta(seconds=1)

_KEY: Final = text("SELECT secret FROM hook_keys WHERE key = :key AND connection = :connection")
_KEYS: Final = text("SELECT key, scope, secret IS NOT NULL AS proven FROM hook_keys WHERE connection = :connection")
_ADD_KEY: Final = text(
    "INSERT INTO hook_keys (key, connection, scope, made_at) VALUES (:key, :connection, :scope, :at)"
)
_TAKE_SECRET: Final = text(
    "UPDATE hook_keys SET secret = :secret, heard_at = :at WHERE key = :key AND connection = :connection"
    " AND secret IS NULL AND made_at > :since RETURNING key"
)
_DROP_KEY: Final = text("DELETE FROM hook_keys WHERE key = :key")
_DROP_OTHER_KEYS: Final = text(
    "DELETE FROM hook_keys WHERE connection = :connection AND scope = :scope AND key <> :key"
)
# Notes of deliveries are at most a second old: each would wait for the other's row, and leave a dead one behind.
_HEARD_KEY: Final = text("UPDATE hook_keys SET heard_at = :at WHERE key = :key AND heard_at < :before")
_FIRST_HEARD: Final = text(
    "INSERT INTO hook_standings (connection) SELECT :connection"
    " WHERE NOT EXISTS (SELECT FROM hook_standings WHERE connection = :connection) ON CONFLICT DO NOTHING"
)
_HEARD: Final = text(
    "UPDATE hook_standings SET heard_at = :at"
    " WHERE connection = :connection AND (heard_at IS NULL OR heard_at < :before)"
)
_TOLD: Final = text(
    "UPDATE hook_standings SET heard_at = :at, told_at = :at, missed = 0, missed_since = NULL"
    " WHERE connection = :connection AND (told_at IS NULL OR told_at < :before OR missed > 0)"
)
_MISSED: Final = text(
    "INSERT INTO hook_standings AS known (connection, missed, missed_since) VALUES (:connection, :count, :at)"
    " ON CONFLICT (connection) DO UPDATE SET missed = known.missed + :count,"
    " missed_since = coalesce(known.missed_since, :at)"
)
_LOOKED: Final = text(
    "INSERT INTO hook_standings (connection, problem, looked_at) VALUES (:connection, :problem, :at)"
    " ON CONFLICT (connection) DO UPDATE SET problem = :problem, looked_at = :at"
)
_STANDING: Final = text(
    "SELECT heard_at, told_at, missed, missed_since, problem FROM hook_standings WHERE connection = :connection"
)
_KEPT: Final = text(
    "SELECT scope, hook, target, covers, renewed_at, expires_at FROM hooks WHERE connection = :connection"
)
_KEEP: Final = text(
    "INSERT INTO hooks AS known (connection, scope, hook, target, covers, renewed_at, expires_at, failure)"
    " VALUES (:connection, :scope, :hook, :target, :covers, :renewed_at, :expires_at, :failure)"
    " ON CONFLICT (connection, scope) DO UPDATE SET hook = :hook, target = :target, covers = :covers,"
    " expires_at = :expires_at, failure = :failure, renewed_at = coalesce(:renewed_at, known.renewed_at)"
)
_FORGET: Final = text("DELETE FROM hooks WHERE connection = :connection AND scope = :scope")


@dataclass(frozen=True, slots=True)
class HookKey:
    """An address that we gave to Asana. `proven`: its handshake brought a secret."""

    key: str
    scope: str
    proven: bool


@dataclass(frozen=True, slots=True)
class KeptHook:
    """A webhook as we registered or found it. `covers`: the projects that a whole site's was made for."""

    scope: str
    hook: str
    target: str
    covers: str
    renewed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class HookStanding:
    """How a connection's deliveries stand; `missed` counts what polls found since one last told of anything."""

    heard_at: datetime | None = None
    told_at: datetime | None = None
    missed: int = 0
    missed_since: datetime | None = None
    problem: str | None = None


async def secret_of(conn: AsyncConnection, connection: str, key: str) -> str | None:
    """Return the secret that deliveries to this address are signed with; none where there is no such, or none yet."""
    secret: str | None = await conn.scalar(_KEY, {"key": key, "connection": connection})
    return secret


async def keys_of(conn: AsyncConnection, connection: str) -> dict[str, HookKey]:
    """Return the addresses that we gave away for a connection, by their keys."""
    rows = await conn.execute(_KEYS, {"connection": connection})
    return {row.key: HookKey(row.key, row.scope, row.proven) for row in rows}


async def add_key(conn: AsyncConnection, connection: str, key: str, scope: str, at: datetime) -> None:
    """Await a handshake at a new address."""
    await conn.execute(_ADD_KEY, {"key": key, "connection": connection, "scope": scope, "at": at})


async def take_secret(
    conn: AsyncConnection, connection: str, key: str, secret: str, *, at: datetime, since: datetime
) -> bool:
    """Keep the secret of a handshake, if the address was made after `since` and has none yet; tell whether it did."""
    values = {"key": key, "connection": connection, "secret": secret, "at": at, "since": since}
    return await conn.scalar(_TAKE_SECRET, values) is not None


async def drop_key(conn: AsyncConnection, key: str) -> None:
    """Forget an address: whatever comes to it from now on is refused."""
    await conn.execute(_DROP_KEY, {"key": key})


async def drop_other_keys(conn: AsyncConnection, connection: str, scope: str, key: str) -> None:
    """Forget all addresses of a scope but this one."""
    await conn.execute(_DROP_OTHER_KEYS, {"connection": connection, "scope": scope, "key": key})


async def note_heard(conn: AsyncConnection, connection: str, key: str | None, at: datetime, *, told: bool) -> None:
    """Note a verified delivery; `told` says that it was more than a heartbeat."""
    before = at - _NOTES_EACH
    await conn.execute(_FIRST_HEARD, {"connection": connection})
    await conn.execute(_TOLD if told else _HEARD, {"connection": connection, "at": at, "before": before})
    if key is not None:
        await conn.execute(_HEARD_KEY, {"key": key, "at": at, "before": before})


async def note_missed(conn: AsyncConnection, connection: str, count: int, at: datetime) -> None:
    """Note that a poll found changes which no delivery had told before."""
    if count:
        await conn.execute(_MISSED, {"connection": connection, "count": count, "at": at})


async def note_looked(conn: AsyncConnection, connection: str, problem: str | None, at: datetime) -> None:
    """Note what the keeper found out last: a problem, or that there is none."""
    await conn.execute(_LOOKED, {"connection": connection, "problem": problem, "at": at})


async def standing_of(conn: AsyncConnection, connection: str) -> HookStanding:
    """Return how a connection's deliveries stand."""
    row = (await conn.execute(_STANDING, {"connection": connection})).one_or_none()
    return HookStanding() if row is None else HookStanding(*row)


async def kept_hooks(conn: AsyncConnection, connection: str) -> dict[str, KeptHook]:
    """Return what is registered, by scope; a whole site's is empty."""
    rows = await conn.execute(_KEPT, {"connection": connection})
    return {row.scope: KeptHook(*row) for row in rows}


async def keep_hook(
    conn: AsyncConnection, connection: str, scope: str, found: HookFound, *, covers: str, renewed_at: datetime | None
) -> None:
    """Keep what is registered for a scope, in place of what was."""
    values = {"connection": connection, "scope": scope, "hook": found.id, "target": found.target}
    more = {"covers": covers, "renewed_at": renewed_at, "expires_at": found.expires_at, "failure": found.last_failure}
    await conn.execute(_KEEP, values | more)


async def forget_hook(conn: AsyncConnection, connection: str, scope: str) -> None:
    """Forget what was registered for a scope."""
    await conn.execute(_FORGET, {"connection": connection, "scope": scope})
