"""The mapper's SQL. Every function works inside the caller's transaction; nothing here decides anything."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mapper.alignment import Node, Token
from services.mapper.outgoing import Aligned, read_alignment, written
from services.mapper.staleness import Stale
from services.mapper.team import TeamChoice
from services.runtime.database import copy_rows

_NARROW: Final = (
    "ref, key, parent, parent_key, epic, epic_key, twins, claim, direct, alignment, team, team_selector, "
    "category, strategy_version"
)
_WHOLE: Final = f"{_NARROW}, source_revision, revision, flow, body"
_STALE_BODY: Final = "CASE WHEN {stale} THEN body END AS stale_body"
_HEIR: Final = "(claim IS NULL OR {stale})"
_OF: Final = "string_to_array(:{}, chr(10))"
"""A list of refs or tokens goes to the server as one text of lines: much cheaper to write than an array."""

_BY_REF: Final = f"ref = ANY({_OF.format('refs')})"
_BY_KEY: Final = f"key = ANY({_OF.format('keys')})"
_BY_TWIN: Final = f"twins IS NOT NULL AND twins && {_OF.format('tokens')}"
_BELOW: Final = (
    f"parent = ANY({_OF.format('refs')}) AND {_HEIR}",
    f"parent_key = ANY({_OF.format('keys')}) AND {_HEIR}",
    f"epic = ANY({_OF.format('refs')}) AND {_HEIR}",
    f"epic_key = ANY({_OF.format('keys')}) AND {_HEIR}",
    f"{_BY_TWIN} AND {_HEIR}",
)
"""These and what follows are asked with the condition on what is stale put in; see `staleness.Stale`."""

_CONCERNED: Final = (
    f"twins IS NOT NULL OR ({_HEIR} AND coalesce(parent, parent_key, epic, epic_key, objective) IS NOT NULL)"
)
_TARGETS: Final = (
    "WITH target AS MATERIALIZED (SELECT unnest(string_to_array(targets, chr(10))) AS token FROM dirty "
    "WHERE id = ANY(CAST(:ids AS bigint[]))) "
)
_TARGET_REFS: Final = "ANY(ARRAY(SELECT token FROM target WHERE strpos(token, ' ') = 0))"
_TARGET_KEYS: Final = "ANY(ARRAY(SELECT token FROM target WHERE strpos(token, ' ') > 0))"
_AROUND_TARGETS: Final = (
    ("true", f"ref = {_TARGET_REFS} AND ({_CONCERNED})"),
    ("false", f"parent = {_TARGET_REFS} AND {_HEIR}"),
    ("false", f"parent_key = {_TARGET_KEYS} AND {_HEIR}"),
    ("false", f"epic = {_TARGET_REFS} AND {_HEIR}"),
    ("false", f"epic_key = {_TARGET_KEYS} AND {_HEIR}"),
    ("false", "twins IS NOT NULL AND twins && ARRAY(SELECT token FROM target)"),
)

_LEAVE_WORD: Final = text(
    "INSERT INTO dirty (targets, arrived, released, flow) VALUES (:targets, :arrived, :released, :flow)"
)
_ADD_UNMET: Final = text(
    f"INSERT INTO unmet (token, ref) SELECT * FROM unnest({_OF.format('tokens')}, {_OF.format('refs')}) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
_TAKE_MET: Final = text(
    "WITH told AS MATERIALIZED (SELECT DISTINCT unnest(string_to_array(concat_ws(chr(10), nullif(arrived, ''), "
    "nullif(targets, '')), chr(10))) AS token FROM dirty WHERE id = ANY(CAST(:ids AS bigint[]))) "
    "DELETE FROM unmet USING told WHERE unmet.token = told.token RETURNING unmet.ref"
)

COLUMNS: Final = (
    "ref", "source_revision", "revision", "key", "parent", "parent_key", "epic", "epic_key", "twins",
    "claim", "direct", "objective", "alignment", "team", "team_selector", "category", "strategy_version", "flow",
    "body",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in `items` of one item, without its body."""

    node: Node
    direct: str
    alignment: str
    team: TeamChoice
    category: str | None
    strategy_version: int


@dataclass(frozen=True, slots=True)
class StoredWhole(Stored):
    """The same, with what is needed to publish it again; what is stale of it must be computed again from its body."""

    source_revision: int
    revision: int
    flow: str | None
    body: str
    is_stale: bool

    def aligned(self) -> Aligned:
        """Return it as it was published last."""
        return Aligned(
            self.node.ref, self.revision, self.source_revision, self.alignment, self.team.team, self.team.selector,
            self.category, self.strategy_version, self.flow, self.body,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item to be written: what it depends on, and what is published of it."""

    node: Node
    aligned: Aligned
    objective: str | None

    def values(self) -> tuple[object, ...]:
        """Return the values of `COLUMNS`."""
        node, one = self.node, self.aligned
        return (
            node.ref, one.source_revision, one.revision, node.key, node.parent, node.parent_key, node.epic,
            node.epic_key, list(node.twins) or None, node.direct.objective, written(node.direct), self.objective,
            one.alignment, one.team, one.team_selector, one.category, one.strategy_version, one.flow, one.body,
        )  # fmt: skip


def lines(texts: Iterable[str]) -> str:
    """Return refs or tokens, none of which holds a line feed, as the statements here take them."""
    return "\n".join(texts)


def _stored(row: Row[Any]) -> Stored:
    """Read the first columns of a row, which are those of `_NARROW`."""
    ref, key, parent, parent_key, epic, epic_key, twins, _, direct, alignment, team, selector, category, version = (
        tuple(row)[:14]
    )
    node = Node(ref, key, parent, parent_key, epic, epic_key, tuple(twins or ()), read_alignment(direct))
    return Stored(node, direct, alignment, _team(team, selector), category, version)


_team = lru_cache(maxsize=4096)(TeamChoice)


def _whole(row: Row[Any]) -> StoredWhole:
    narrow = _stored(row)
    return StoredWhole(
        narrow.node, narrow.direct, narrow.alignment, narrow.team, narrow.category, narrow.strategy_version,
        row.source_revision, row.revision, row.flow, row.body, row.is_stale,
    )  # fmt: skip


async def lock_shared(conn: AsyncConnection) -> None:
    """Hold the active version of the strategy until the end of the transaction, in which nobody settles either."""
    await conn.execute(text("SELECT pg_advisory_xact_lock_shared(hashtext(current_schema()), 0)"))


async def lock_exclusive(conn: AsyncConnection) -> None:
    """Wait until no transaction of a mapper writes, and let none begin until this one ends."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 0)"))


async def lock_places(conn: AsyncConnection, places: Iterable[tuple[str, int]]) -> None:
    """Let no other mapper work on these partitions: a ref that has no row yet has nothing else to lock."""
    names = sorted(f"{topic}/{partition}" for topic, partition in places)
    statement = (
        "SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext(name)) "
        "FROM (SELECT unnest(CAST(:names AS text[])) AS name ORDER BY 1) AS sorted"
    )
    await conn.execute(text(statement), {"names": names})


async def lock_stored(conn: AsyncConnection, refs: Collection[str]) -> dict[str, tuple[Stored, int]]:
    """Lock the items among these that are known, and return them with their source revisions."""
    statement = f"SELECT {_NARROW}, source_revision FROM items WHERE {_BY_REF} ORDER BY ref FOR UPDATE"  # noqa: S608
    rows = await conn.execute(text(statement), {"refs": lines(refs)})
    return {row.ref: (_stored(row), row.source_revision) for row in rows}


async def lock_whole(conn: AsyncConnection, stale: Stale, refs: Collection[str]) -> list[StoredWhole]:
    """Lock these items and return all of them that are known, in order of ref."""
    statement = f"SELECT {_WHOLE}, {stale.clause} AS is_stale FROM items WHERE {_BY_REF} ORDER BY ref FOR UPDATE"  # noqa: S608
    rows = await conn.execute(text(statement), {"refs": lines(refs), **stale.values})
    return [_whole(row) for row in rows]


async def lock_stale(
    conn: AsyncConnection, stale: Stale, after: str, until: str | None, limit: int
) -> list[StoredWhole]:
    """Lock the next stale items behind one ref and up to another, or up to the last, in order of ref."""
    upper = "" if until is None else "AND ref <= :until "
    statement = (
        f"SELECT {_WHOLE}, true AS is_stale FROM items WHERE ref > :after {upper}AND {stale.clause} "  # noqa: S608
        "ORDER BY ref LIMIT :limit FOR UPDATE"
    )
    given = {"after": after, "limit": limit, **stale.values} | ({} if until is None else {"until": until})
    return [_whole(row) for row in await conn.execute(text(statement), given)]


async def ref_behind(conn: AsyncConnection, after: str, count: int) -> str | None:
    """Return the ref so many items behind this one; none where there are not so many."""
    statement = text("SELECT ref FROM items WHERE ref > :after ORDER BY ref OFFSET :count LIMIT 1")
    found = await conn.scalar(statement, {"after": after, "count": count - 1})
    return None if found is None else str(found)


async def page(conn: AsyncConnection, after: str, limit: int) -> list[StoredWhole]:
    """Return the next items as they were published last, in order of ref."""
    statement = f"SELECT {_WHOLE}, false AS is_stale FROM items WHERE ref > :after ORDER BY ref LIMIT :limit"  # noqa: S608
    return [_whole(row) for row in await conn.execute(text(statement), {"after": after, "limit": limit})]


@dataclass(frozen=True, slots=True)
class Linked:
    """An item that others are linked with; `stale_body` is given where its direct claim must be computed again."""

    stored: Stored
    stale_body: str | None


async def linked(
    conn: AsyncConnection, stale: Stale, *, refs: Collection[str] = (), keys: Collection[str] = (),
    telling: Collection[str] = (),
) -> list[Linked]:  # fmt: skip
    """Return items by ref, by key (of any site), and those which tell of a twin that one of the tokens means."""
    branches = [
        clause for given, clause in ((refs, _BY_REF), (keys, _BY_KEY), (telling, _BY_TWIN)) if given
    ]  # fmt: skip
    return await _linked(conn, stale, branches, {"refs": lines(refs), "keys": lines(keys), "tokens": lines(telling)})


async def below(conn: AsyncConnection, stale: Stale, tokens: Collection[str]) -> list[Linked]:
    """Return the items without a direct claim that hang directly below those which the tokens mean."""
    refs, keys = (lines(token for token in tokens if (" " in token) is by_key) for by_key in (False, True))
    return await _linked(conn, stale, _BELOW, {"refs": refs, "keys": keys, "tokens": lines(tokens)})


async def _linked(
    conn: AsyncConnection, stale: Stale, branches: Sequence[str], given: Mapping[str, object]
) -> list[Linked]:
    if not branches:
        return []
    selected = f"SELECT {_NARROW}, {_STALE_BODY} FROM items WHERE "  # noqa: S608 -- constants only
    statement = " UNION ALL ".join(selected + branch for branch in branches).format(stale=stale.clause)
    used = {name: given[name] for name in given if f":{name}" in statement}
    rows = await conn.execute(text(statement), used | dict(stale.values))
    return list({row.ref: Linked(_stored(row), row.stale_body) for row in rows}.values())


async def draw_revisions(conn: AsyncConnection, count: int) -> list[int]:
    """Draw so many revisions, rising; none is ever drawn twice, even if the transaction is rolled back."""
    statement = text("SELECT nextval('revisions') FROM generate_series(1, :count)")
    return [row[0] for row in await conn.execute(statement, {"count": count})]


async def insert(conn: AsyncConnection, rows: Sequence[ItemRow]) -> None:
    """Write items that are not there yet."""
    if rows:
        await copy_rows(conn, "items", COLUMNS, (row.values() for row in rows))


REALIGNED: Final = tuple(
    name
    for name in COLUMNS
    if name not in {"source_revision", "key", "parent", "parent_key", "epic", "epic_key", "twins", "body"}
)
"""What changes of an item when the strategy or what stands above it does."""

_STAGE: Final = text(
    "CREATE TEMPORARY TABLE IF NOT EXISTS staged ON COMMIT DELETE ROWS AS SELECT * FROM items WITH NO DATA"
)


async def update(conn: AsyncConnection, rows: Sequence[ItemRow], columns: Sequence[str] = COLUMNS) -> None:
    """Write these columns of items that are there and locked by this transaction."""
    if not rows:
        return
    await conn.execute(_STAGE)
    chosen = [COLUMNS.index(name) for name in columns]
    values = (row.values() for row in rows)
    await copy_rows(conn, "staged", columns, ([value[place] for place in chosen] for value in values))
    setting = ", ".join(f"{name} = staged.{name}" for name in columns if name != "ref")
    await conn.execute(text(f"UPDATE items SET {setting} FROM staged WHERE items.ref = staged.ref"))  # noqa: S608
    await conn.execute(text("DELETE FROM staged"))


@dataclass(slots=True)
class LeftWord:
    """What must be looked at again after the commit, as tokens.

    `changed`: these, and what hangs below them. `arrived`: whoever pointed to these in vain until now, and what hangs
    below. `released`: those of whom somebody no longer tells as a twin; they may have lost what they inherited.
    """

    changed: set[Token] = field(default_factory=set)
    arrived: set[Token] = field(default_factory=set)
    released: set[Token] = field(default_factory=set)


async def add_dirty(conn: AsyncConnection, left: LeftWord, flow: str | None) -> None:
    """Leave word, for `settle`."""
    if left.changed or left.arrived:
        given = {"targets": lines(left.changed), "arrived": lines(left.arrived), "released": lines(left.released)}
        await conn.execute(_LEAVE_WORD, given | {"flow": flow})


async def add_unmet(conn: AsyncConnection, links: Collection[tuple[Token, str]]) -> None:
    """Note to whom items point in vain, as pairs of a token and the item's ref."""
    if links:
        given = {"tokens": lines(token for token, _ in links), "refs": lines(ref for _, ref in links)}
        await conn.execute(_ADD_UNMET, given)


@dataclass(frozen=True, slots=True)
class Dirty:
    """Rows of `dirty` with one flow, taken together; `has_changed` where any tells of what has changed."""

    ids: tuple[int, ...]
    flow: str | None
    has_changed: bool
    released: frozenset[Token]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do beside handling: words to act on, marks to pass on, items to map under a newer strategy."""

    words: bool
    marks: bool
    unmapped: bool


_LEFT: Final = text(
    "SELECT EXISTS (SELECT FROM dirty), EXISTS (SELECT FROM waiting_marks), "
    "EXISTS (SELECT FROM active WHERE remapped < version)"
)


async def what_is_left(conn: AsyncConnection) -> Left:
    """Say what is left to do, all with one question: it is asked after every batch, and mostly little is."""
    return Left(*(await conn.execute(_LEFT)).one())


async def take_dirty(conn: AsyncConnection, limit: int) -> Dirty | None:
    """Return the oldest rows, of one flow; none where there are none."""
    statement = text("SELECT id, released, flow, targets <> '' AS has_changed FROM dirty ORDER BY id LIMIT :limit")
    rows = list(await conn.execute(statement, {"limit": limit}))
    if not rows:
        return None
    taken = [row for row in rows if row.flow == rows[0].flow]
    released = frozenset(token for row in taken if row.released for token in row.released.split("\n"))
    return Dirty(tuple(row.id for row in taken), rows[0].flow, any(row.has_changed for row in taken), released)


async def take_met(conn: AsyncConnection, dirty: Dirty) -> set[str]:
    """Return, and forget, who pointed in vain to what is there now."""
    return {row.ref for row in await conn.execute(_TAKE_MET, {"ids": list(dirty.ids)})}


_NEAR: Final = " UNION ALL ".join(
    f"SELECT ref, {is_target} FROM items WHERE {where}"  # noqa: S608 -- constants only
    for is_target, where in _AROUND_TARGETS
)
_AROUND_DIRTY: Final = (
    f"{_TARGETS}, near AS (SELECT ref, bool_or(is_target) AS is_target FROM ({_NEAR}) AS found (ref, is_target) "  # noqa: S608 -- constants only
    f"GROUP BY ref) SELECT {_NARROW}, {_STALE_BODY}, is_target FROM near JOIN items USING (ref)"
)


async def around_dirty(conn: AsyncConnection, stale: Stale, dirty: Dirty) -> list[tuple[Linked, bool]]:
    """Return, each once, the targets that may inherit, marked as such, and what hangs directly below any target.

    An item that tells of a twin is returned even if it has a claim: its twin may inherit that.
    """
    statement = text(_AROUND_DIRTY.format(stale=stale.clause))
    rows = await conn.execute(statement, {"ids": list(dirty.ids), **stale.values})
    return [(Linked(_stored(row), row.stale_body), row.is_target) for row in rows]


async def clear_dirty(conn: AsyncConnection, dirty: Dirty) -> None:
    """Forget rows of which nothing is left to do."""
    await conn.execute(text("DELETE FROM dirty WHERE id = ANY(CAST(:ids AS bigint[]))"), {"ids": list(dirty.ids)})


async def find(conn: AsyncConnection, ref_or_key: str) -> StoredWhole | None:
    """Return one item by its ref, or by its key where no ref is so; the first by ref of several."""
    statement = (
        f"SELECT {_WHOLE}, false AS is_stale FROM items WHERE ref = :name OR key = :name "  # noqa: S608
        "ORDER BY ref <> :name, ref LIMIT 1"
    )
    row = (await conn.execute(text(statement), {"name": ref_or_key})).one_or_none()
    return None if row is None else _whole(row)
