"""What live reading of a tracker knows: versions, told changes, hints, cursors, how connections stand."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("item", sa.Text, primary_key=True, comment="the tracker's immutable id"),
        sa.Column("version", sa.Text, nullable=False, comment="as the tracker's listings tell it, of what we fetched"),
        sa.Column("census", sa.BigInteger, nullable=False, comment="the last census that found it"),
    )
    op.create_table(
        "unsettled",
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.LargeBinary, nullable=False),
        sa.Column("updated", _instant, nullable=False),
        sa.Column("seen_at", _instant, nullable=False),
        sa.Column("flow", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "changes",
        sa.Column("ref", sa.Text, primary_key=True),
        sa.Column("change_id", sa.Text, primary_key=True),
        sa.Column("at", _instant, nullable=False),
    )
    _create_hints()
    op.create_table(
        "cursors",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True, comment="backfill, poll, events or census"),
        sa.Column("scope", sa.Text, primary_key=True, comment="empty where it is of all scopes"),
        sa.Column("value", sa.Text, comment="none: from the beginning"),
        sa.Column("done", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("items", sa.BigInteger, nullable=False, server_default="0", comment="that came so far"),
    )
    _create_connection_states()


def _create_hints() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("hint_numbers")))
    op.create_table(
        "hints",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("item", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False, comment="changed or deleted, as somebody said"),
        sa.Column("reason", sa.Text, nullable=False, comment="who said it last"),
        sa.Column("known", sa.Boolean, nullable=False, comment="the item was in the ledger"),
        sa.Column("received_at", _instant, nullable=False, comment="machine time; of the first that is not answered"),
        sa.Column("seq", sa.BigInteger, nullable=False, comment="of the last: who answers an older one leaves it"),
    )
    op.create_index("hints_order", "hints", ["connection", "seq"])
    op.create_index("hints_unknown", "hints", ["connection"], postgresql_where=sa.text("NOT known"))


def _create_connection_states() -> None:
    op.create_table(
        "connection_states",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("flow", sa.Text, comment="the load of the first contact"),
        sa.Column("high_water", sa.Text, comment="the newest change before the first contact began to read"),
        sa.Column("scopes", sa.Text, comment="the parts that were read last, as JSON"),
        sa.Column("first_connected", _instant, comment="domain time of the first contact"),
        sa.Column("opened_at", _instant, comment="domain time at which its mark went out"),
        sa.Column("last_success", _instant, comment="domain time of the newest wholly successful reading"),
        sa.Column("revision", sa.BigInteger, comment="of the report"),
        sa.Column("report", sa.Text, comment="the newest ConnectionReported as JSON"),
        sa.Column("census", sa.BigInteger, nullable=False, server_default="0", comment="the number of the newest"),
        sa.Column("census_wanted", sa.Text, comment="why, until one begins"),
        sa.Column("census_running", sa.Text, comment="why, until it ends"),
        sa.Column("census_at", _instant, comment="machine time at which one last began"),
        sa.Column(
            "missing", sa.BigInteger, nullable=False, server_default="0", comment="so many are held back, unmarked"
        ),
        sa.Column("missing_confirmed", sa.Boolean, nullable=False, server_default="false"),
    )


def downgrade() -> None:
    op.drop_table("connection_states")
    op.drop_table("cursors")
    op.drop_table("hints")
    op.execute(sa.schema.DropSequence(sa.Sequence("hint_numbers")))
    op.drop_table("changes")
    op.drop_table("unsettled")
    op.drop_table("ledger")
