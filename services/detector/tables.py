"""The detector's tables: what it knows of items, what it must look at, and what it holds to be true.

Columns are narrow and typed, one for each fact that a rule or an index reads; only a finding's own words are JSON.
Every index serves one query of this room that has to stay cheap with a million items.

What was told of an item's past (`changes`), of key results (`measurements`) and forecast of objectives (`forecasts`) is
kept for ever: no rule asks for all of it, but `explain`, backtests and calibrations do, and nobody could tell it again.
"""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    text,
)

from services.runtime.tables import add_runtime_tables

metadata: Final = MetaData()
runtime: Final = add_runtime_tables(metadata)

_instant = DateTime(timezone=True)
_SERVES: Final = text("visible AND objective IS NOT NULL")
_FINISHED: Final = text(
    "visible AND status_category = 'done' AND started IS NOT NULL AND done IS NOT NULL "
    "AND type <> 'subtask' AND type <> 'epic'"
)
_WORKING: Final = text("is_open AND status_category = 'in_progress' AND type <> 'epic' AND type <> 'initiative'")
_LEAF: Final = text(
    "visible AND objective IS NOT NULL AND type <> 'epic' AND type <> 'initiative' "
    "AND (type = 'subtask' OR NOT has_children)"
)

items: Final = Table(
    "items",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("content_hash", BigInteger, nullable=False),  # of all that a rule or a reader could notice
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("type", Text, nullable=False),
    Column("type_name", Text, nullable=False),  # in the tracker's own word
    Column("status_category", Text, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("absence", Text),
    Column("is_open", Boolean, nullable=False),  # visible and not done
    Column("resolution", Text),
    Column("resolution_name", Text),
    Column("created", _instant, nullable=False),
    Column("started", _instant),
    Column("done", _instant),
    Column("touched", _instant, nullable=False),  # the item's own last touch
    Column("last_touched", _instant, nullable=False),  # with those of its direct sub-tasks
    Column("has_children", Boolean, nullable=False),
    Column("has_dependents", Boolean, nullable=False),
    Column("due", Date),
    Column("start", Date),
    Column("assignee", Text),
    Column("estimate", Float),
    Column("team", Text, nullable=False),
    Column("category", Text),  # of capacity
    Column("objective", Text),
    Column("ties", Text),  # JSON of the claims that tie; none when it is not ambiguous
    Column("parent", Text),
    Column("epic", Text),
    Column("labels", ARRAY(Text), nullable=False),
    Column("links", ARRAY(Text)),  # the far ends of all links, of epics only
    Column("watched", Boolean, nullable=False),  # a rule could say something of what stands in this row
    Column("marked", Boolean, nullable=False),  # has a label, or a type of its tracker's own
    Column("strategy_version", Integer, nullable=False),
    Column("aligned_at", _instant),  # when it was seen to move to its objective; none: as long as it has existed
    Column("moved", _instant),  # the latest change of its status category that is known
    Column("left_progress", _instant),  # the latest of those that ended a stretch in progress
    Index("items_parent", "parent", postgresql_where=text("parent IS NOT NULL")),
    Index("items_subtasks", "parent", "touched", postgresql_where=text("type = 'subtask' AND parent IS NOT NULL")),
    Index(
        "items_team_active",
        "team",
        "status_category",
        "last_touched",
        postgresql_include=["objective"],
        postgresql_where=text("is_open AND type <> 'subtask' AND type <> 'epic'"),
    ),
    Index("items_team_blockers", "team", "ref", postgresql_where=text("is_open AND has_dependents")),
    Index("items_objective_open", "objective", postgresql_where=text("is_open AND objective IS NOT NULL")),
    Index("items_objective_touched", "objective", "last_touched", postgresql_where=_SERVES),
    Index(
        "items_objective_leaves",
        "objective",
        "created",
        postgresql_include=["done", "status_category", "resolution", "resolution_name"],
        postgresql_where=_LEAF,
    ),
    Index("items_objective_hidden", "objective", postgresql_where=text("NOT visible AND objective IS NOT NULL")),
    Index("items_working", "ref", postgresql_where=_WORKING),
    Index("items_moved", "moved", postgresql_where=text("moved IS NOT NULL")),
    Index("items_key", "key"),
    Index("items_epic", "epic", postgresql_where=text("epic IS NOT NULL")),
    Index(
        "items_links",
        "links",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},  # it is asked after every batch, so nothing may pend
        postgresql_where=text("links IS NOT NULL"),
    ),
    Index("items_team_finished", "team", "done", postgresql_include=["started"], postgresql_where=_FINISHED),
    Index("items_team_marked", "team", postgresql_where=text("is_open AND marked")),
    Index(
        "items_objective_moved",
        "objective",
        "moved",
        postgresql_where=text("moved IS NOT NULL AND objective IS NOT NULL"),
    ),
    Index(
        "items_objective_left_progress",
        "objective",
        "left_progress",
        postgresql_where=text("left_progress IS NOT NULL AND objective IS NOT NULL"),
    ),
)

edges: Final = Table(
    "edges",
    metadata,
    Column("told_by", Text, primary_key=True),
    Column("blocker", Text, primary_key=True),
    Column("dependent", Text, primary_key=True),
    Column("made", _instant),
    Index("edges_blocker", "blocker", "dependent"),
    Index("edges_dependent", "dependent", "blocker"),
)

twins: Final = Table(
    "twins",
    metadata,
    Column("told_by", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Index("twins_token", "token"),
)
"""Whom items name as their twin in the other tracker: by ref, or as `<tracker> <key>` where only that is known."""

changes: Final = Table(
    "changes",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("change_id", Text, primary_key=True),
    Column("aspect", Text, nullable=False),
    Column("was", Text),
    Column("becomes", Text),
    Column("at", _instant, nullable=False),
    Column("by_id", Text),
    Column("by_name", Text),
    Column("by_kind", Text),
    Index("changes_aspect", "ref", "aspect", "at"),
    Index("changes_left_objective", "was", "at", postgresql_where=text("aspect = 'objective'")),
)
"""What happened to items, known or not yet, as far as a rule rests on it. An id that begins with `seen:` says that it
was seen to have happened by `at`; `aligned:` that the item moved to another objective, `aligned:strategy:` that a new
version of the strategy moved it there. All others were told."""

measurements: Final = Table(
    "measurements",
    metadata,
    Column("key_result", Text, primary_key=True),  # its ref
    Column("measured_at", _instant, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Float, nullable=False),
    Column("confidence", Float),
    Column("note", Text),
    Column("by", Text),
)

forecasts: Final = Table(
    "forecasts",
    metadata,
    Column("objective", Text, primary_key=True),
    Column("as_of", _instant, primary_key=True),
    Column("strategy_version", Integer, primary_key=True),
    Column("due", Date, nullable=False),
    Column("body", Text, nullable=False),  # the Forecast
)
"""Every forecast as it was made; none is ever changed, so that what came true can be held against it."""

paces: Final = Table(
    "paces",
    metadata,
    Column("team", Text, primary_key=True),
    Column("finished", Integer, nullable=False),
    Column("percentile_seconds", Float),
)
"""How long each team's finished items were in progress, as last counted."""

watching: Final = Table("watching", metadata, Column("rules", Text, primary_key=True))
"""By which set of rules `items.watched` was found."""

dirty: Final = Table(
    "dirty",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("flow", Text, nullable=False),  # the load that brought it, empty for none
    Index("dirty_flow", "flow", "id"),
    Index("dirty_held", "subject", postgresql_where=text("flow <> ''")),
)
"""What was stored and not yet spread to its neighbours. Storing only ever appends here, so it waits for no judge."""

flows: Final = Table(
    "flows",
    metadata,
    Column("flow", Text, primary_key=True),
    Column("released", Boolean, nullable=False),
)
"""Loads that are under way or have been; what one brought stays in `dirty` until it is released."""

agenda: Final = Table(
    "agenda",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("due", _instant, nullable=False),
    Column("flow", Text, nullable=False, server_default=""),
    Index("agenda_due", "lane", "due"),
)
"""What to judge, and when: minus infinity is at once, else the next moment at which its verdict could change."""

finding_revisions: Final = Sequence("finding_revisions", metadata=metadata)

findings: Final = Table(
    "findings",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("anchor", Text, nullable=False),  # the subject whose judging writes this finding
    Column("state", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("team", Text),
    Column("objective", Text),
    Column("content_hash", BigInteger, nullable=False),  # of severity, team, objective and evidence
    Column("judged_version", Integer, nullable=False),
    Column("opened_at", _instant, nullable=False),
    Column("resolved_at", _instant),
    Column("flow", Text),
    Column("body", Text, nullable=False),  # the Finding as it was last published
    Index("findings_anchor", "anchor", postgresql_where=text("state <> 'resolved'")),
    Index("findings_state", "state", "rule"),
)

cycle_members: Final = Table(
    "cycle_members",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Index("cycle_members_fingerprint", "fingerprint"),
)
"""Which items an open cycle goes through, so that a change of one of them finds the cycle again."""

strategies: Final = Table(
    "strategies",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("body", Text),  # the StrategyApplied; none while only its mark has come
    Column("cleared", Boolean, nullable=False),  # all items aligned by it are in
    Column("active", Boolean, nullable=False),
    Index("strategies_active", "active", unique=True, postgresql_where=text("active")),
)

connections: Final = Table(
    "connections",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("last_success", _instant),
    Column("first_connected", _instant),
    Column("gap_after_seconds", Float, nullable=False),
    Column("reason", Text),
    Column("is_blind", Boolean, nullable=False),  # nothing can be told of its items
)
"""How each connection stands, as its newest report says."""

waiting_marks: Final = Table(
    "waiting_marks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)
"""Marks that are complete on the input and go on once everything before them is judged."""
