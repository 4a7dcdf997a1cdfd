"""The connectors' tables beside the items: webhooks, comments, goals, changes, and what is kept of the strategy."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

_INSTANT: Final = DateTime(timezone=True)


def add_tables_beside(metadata: MetaData) -> None:
    """Add the tables to the room's metadata; called once, in `tables.py`."""
    for add in (_hooks, _hook_keys, _hook_standings, _comments, _goals, _key_results, _strategy_seen, _changes_kept):
        add(metadata)


def _hooks(metadata: MetaData) -> None:
    """What is registered at the sites. `scope` is empty where a webhook is for a whole site."""
    Table(
        "hooks",
        metadata,
        Column("connection", Text, primary_key=True),
        Column("scope", Text, primary_key=True),
        Column("hook", Text, nullable=False, comment="the tracker's id of it"),
        Column("target", Text, nullable=False),
        Column("covers", Text, nullable=False, comment="the projects that a whole site's was made for"),
        Column("renewed_at", _INSTANT, comment="none where we found it there"),
        Column("expires_at", _INSTANT),
        Column("failure", Text, comment="the last one that the tracker told of"),
    )


def _hook_keys(metadata: MetaData) -> None:
    """The addresses that we gave to Asana. A secret comes once, within minutes, and is never overwritten."""
    Table(
        "hook_keys",
        metadata,
        Column("key", Text, primary_key=True),
        Column("connection", Text, nullable=False),
        Column("scope", Text, nullable=False),
        Column("made_at", _INSTANT, nullable=False),
        Column("secret", Text),
        Column("heard_at", _INSTANT),
    )


def _hook_standings(metadata: MetaData) -> None:
    """How a connection's webhooks are. `missed` counts what polls found since a delivery last told of anything."""
    Table(
        "hook_standings",
        metadata,
        Column("connection", Text, primary_key=True),
        Column("heard_at", _INSTANT, comment="the last verified delivery, heartbeats too"),
        Column("told_at", _INSTANT, comment="the last one that told of a change"),
        Column("missed", Integer, nullable=False, server_default="0"),
        Column("missed_since", _INSTANT),
        Column("problem", Text, comment="why webhooks do not work, in a sentence"),
        Column("looked_at", _INSTANT),
    )


def _comments(metadata: MetaData) -> None:
    """What somebody asked us to say. States: waiting, trying, posted, switched off, parked."""
    Table(
        "comments",
        metadata,
        Column("marker", Text, primary_key=True),
        Column("connection", Text, nullable=False),
        Column("ref", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("alert", Text, nullable=False),
        Column("requested_at", _INSTANT, nullable=False),
        Column("state", Text, nullable=False),
        Column("reason", Text),
        Column("comment", Text, comment="the tracker's id of it"),
        Column("sent_text", Text, comment="the newest that may be there"),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("next_try_at", _INSTANT, nullable=False),
        Index("comments_due", "connection", "next_try_at", postgresql_where=text("state IN ('waiting', 'trying')")),
    )


def _goals(metadata: MetaData) -> None:
    """The goals as the trackers hold them. `measured_at` is ours where the tracker does not say when."""
    Table(
        "goals",
        metadata,
        Column("connection", Text, primary_key=True),
        Column("goal", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("url", Text),
        Column("owner", Text),
        Column("due_on", Text),
        Column("unit", Text),
        Column("initial", Double),
        Column("target", Double),
        Column("value", Double),
        Column("measured_at", _INSTANT),
        Column("seen_at", _INSTANT, nullable=False),
    )


def _key_results(metadata: MetaData) -> None:
    """The key results that name a goal, and the measurement of each that was last told."""
    Table(
        "key_results",
        metadata,
        Column("key_result", Text, primary_key=True, comment="key-result:<objective>/<id>"),
        Column("goal", Text, nullable=False),
        Column("named_at", _INSTANT, nullable=False),
        Column("told_value", Double),
        Column("told_at", _INSTANT, comment="when that value was measured"),
    )


def _strategy_seen(metadata: MetaData) -> None:
    """One row: the version of the strategy that the key results are of."""
    Table(
        "strategy_seen",
        metadata,
        Column("single", Boolean, CheckConstraint("single", name="strategy_seen_is_one_row"), primary_key=True),
        Column("version", BigInteger, nullable=False),
    )


def _changes_kept(metadata: MetaData) -> None:
    """The changes that went out of late, beside a broker that forgets them when it dies."""
    Table(
        "changes_kept",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("ref", Text, nullable=False),
        Column("change_id", Text, nullable=False),
        Column("body", Text, nullable=False, comment="the change as JSON, byte for byte as published"),
        Column("told_at", _INSTANT, nullable=False, comment="machine time"),
        Index("changes_kept_told_at", "told_at"),
    )
