"""Tokens of the HTTP API: random, shown once, stored as a digest only, each with one role.

A digest without salt is enough because a token is 256 random bits, not a password that somebody chose.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
    update,
)

from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase

PREFIX: Final = "lw_"
"""So that secret scanners recognise a token that somebody has published by mistake."""
RANDOM_BYTES: Final = 32
USE_NOTED_EVERY: Final = timedelta(minutes=1)


class Role(StrEnum):
    """What a token may do. Viewer to admin each include those before them; `ingest` and `metrics` stand alone."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    EDITOR = "editor"
    ADMIN = "admin"
    INGEST = "ingest"
    METRICS = "metrics"


_RANKS: Final = (Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN)

metadata: Final = MetaData()
_tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)


@dataclass(frozen=True)
class Token:
    """A token as it may be shown: without itself."""

    id: int
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def includes(held: Role, wanted: Role) -> bool:
    """Say whether who holds a role may do what another role may."""
    if held is wanted or held is Role.ADMIN:
        return True
    return held in _RANKS and wanted in _RANKS and _RANKS.index(held) >= _RANKS.index(wanted)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Tokens:
    """The tokens in the database's schema `runtime`."""

    def __init__(self, database: RoomDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, name: str, role: Role, *, expires_at: datetime | None = None) -> str:
        """Make a token and return it; it cannot be shown again."""
        token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        row = {
            "name": name,
            "digest": digest_of(token),
            "role": role,
            "created_at": self._clock.wall(),
            "expires_at": expires_at,
        }
        async with self._database.transaction() as conn:
            await conn.execute(insert(_tokens).values(row))
        return token

    async def find(self, token: str) -> Token | None:
        """Return the token if it is known, not revoked and not expired, and note that it was used."""
        if not token.startswith(PREFIX):
            return None
        now = self._clock.wall()
        async with self._database.transaction() as conn:
            row = (await conn.execute(select(_tokens).where(_tokens.c.digest == digest_of(token)))).one_or_none()
            if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
                return None
            if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
                await conn.execute(update(_tokens).where(_tokens.c.id == row.id).values(last_used_at=now))
            return _token(row)

    async def revoke(self, number: int) -> bool:
        """End a token for good; return whether there was one to end."""
        query = update(_tokens).where(_tokens.c.id == number, _tokens.c.revoked_at.is_(None))
        async with self._database.transaction() as conn:
            return (await conn.execute(query.values(revoked_at=self._clock.wall()))).rowcount > 0

    async def all(self) -> list[Token]:
        """Return every token that was ever made, the oldest first."""
        async with self._database.transaction() as conn:
            return [_token(row) for row in await conn.execute(select(_tokens).order_by(_tokens.c.id))]


def _token(row: object) -> Token:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 -- SQLAlchemy's public name
    del values["digest"]
    return Token(**{**values, "role": Role(values["role"])})
