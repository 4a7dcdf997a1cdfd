"""What happened to items, their twins, measurements, forecasts and paces; and what items tell beside.

Items that are stored already are read again from the topic, which keeps the newest of each, since their rows do not
hold what is new here: the place to which that topic was read is forgotten, and their revision set back by one, so that
the newest is taken once more and none of the older ones that the topic may still hold is judged on the way. Shares of
capacity are first asked for in an hour, when the items have come with their categories.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_instant = sa.DateTime(timezone=True)
_NEW_COLUMNS = (
    "type_name",
    "estimate",
    "category",
    "links",
    "watched",
    "marked",
    "aligned_at",
    "moved",
    "left_progress",
)
_NEW_INDEXES = (
    "items_key",
    "items_epic",
    "items_links",
    "items_team_finished",
    "items_team_marked",
    "items_objective_moved",
    "items_objective_left_progress",
)
_NEW_TABLES = ("twins", "changes", "measurements", "forecasts", "paces", "watching")


def upgrade() -> None:
    _add_columns()
    _add_indexes()
    _add_tables()
    op.execute("UPDATE items SET revision = revision - 1")
    op.execute("DELETE FROM positions WHERE topic = 'leeway.aligned-items'")
    op.execute(
        "INSERT INTO agenda (subject, lane, due, flow) SELECT 'capacity:all', 'capacity', now() + interval '1 h', '' "
        "FROM strategies WHERE active"
    )


def _add_columns() -> None:
    for name, kind, before in (
        ("type_name", sa.Text, "''"),
        ("watched", sa.Boolean, "true"),
        ("marked", sa.Boolean, "true"),
    ):
        op.add_column("items", sa.Column(name, kind, nullable=False, server_default=sa.text(before)))
        op.alter_column("items", name, server_default=None)
    op.add_column("items", sa.Column("estimate", sa.Float))
    op.add_column("items", sa.Column("category", sa.Text))
    op.add_column("items", sa.Column("links", sa.ARRAY(sa.Text)))
    for name in ("aligned_at", "moved", "left_progress"):
        op.add_column("items", sa.Column(name, _instant))


def _add_indexes() -> None:
    op.create_index("items_key", "items", ["key"])
    op.create_index("items_epic", "items", ["epic"], postgresql_where=sa.text("epic IS NOT NULL"))
    op.create_index(
        "items_links",
        "items",
        ["links"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("links IS NOT NULL"),
    )
    op.create_index(
        "items_team_finished",
        "items",
        ["team", "done"],
        postgresql_include=["started"],
        postgresql_where=sa.text(
            "status_category = 'done' AND started IS NOT NULL AND done IS NOT NULL "
            "AND type <> 'subtask' AND type <> 'epic'"
        ),
    )
    op.create_index("items_team_marked", "items", ["team"], postgresql_where=sa.text("is_open AND marked"))
    for column in ("moved", "left_progress"):
        op.create_index(
            f"items_objective_{column}",
            "items",
            ["objective", column],
            postgresql_where=sa.text(f"{column} IS NOT NULL AND objective IS NOT NULL"),
        )


def _add_tables() -> None:
    op.create_table(
        "twins",
        sa.Column("told_by", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, primary_key=True),
        sa.Index("twins_token", "token"),
    )
    op.create_table(
        "changes",
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("change_id", sa.Text, primary_key=True),
        sa.Column("aspect", sa.Text, nullable=False),
        sa.Column("was", sa.Text),
        sa.Column("becomes", sa.Text),
        sa.Column("at", _instant, nullable=False),
        sa.Column("by_id", sa.Text),
        sa.Column("by_name", sa.Text),
        sa.Column("by_kind", sa.Text),
        sa.Index("changes_aspect", "ref", "aspect", "at"),
    )
    op.create_table(
        "measurements",
        sa.Column("key_result", sa.Text, primary_key=True),
        sa.Column("measured_at", _instant, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("note", sa.Text),
        sa.Column("by", sa.Text),
    )
    op.create_table(
        "forecasts",
        sa.Column("objective", sa.Text, primary_key=True),
        sa.Column("as_of", _instant, primary_key=True),
        sa.Column("strategy_version", sa.Integer, primary_key=True),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "paces",
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("finished", sa.Integer, nullable=False),
        sa.Column("percentile_seconds", sa.Float),
    )
    op.create_table("watching", sa.Column("rules", sa.Text, primary_key=True))


def downgrade() -> None:
    for table in reversed(_NEW_TABLES):
        op.drop_table(table)
    for index in _NEW_INDEXES:
        op.drop_index(index, "items")
    for column in _NEW_COLUMNS:
        op.drop_column("items", column)
