"""What is beside the items: webhooks, comments, goals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _hooks()
    _comments()
    _goals()


def _hooks() -> None:
    op.create_table(
        "hooks",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("hook", sa.Text, nullable=False, comment="the tracker's id of it"),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("covers", sa.Text, nullable=False, comment="the projects that a whole site's was made for"),
        sa.Column("renewed_at", _instant, comment="none where we found it there"),
        sa.Column("expires_at", _instant),
        sa.Column("failure", sa.Text, comment="the last one that the tracker told of"),
    )
    op.create_table(
        "hook_keys",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("made_at", _instant, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("heard_at", _instant),
    )
    op.create_table(
        "hook_standings",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("heard_at", _instant, comment="the last verified delivery, heartbeats too"),
        sa.Column("told_at", _instant, comment="the last one that told of a change"),
        sa.Column("missed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("missed_since", _instant),
        sa.Column("problem", sa.Text, comment="why webhooks do not work, in a sentence"),
        sa.Column("looked_at", _instant),
    )


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("marker", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("requested_at", _instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("comment", sa.Text, comment="the tracker's id of it"),
        sa.Column("sent_text", sa.Text, comment="the newest that may be there"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", _instant, nullable=False),
    )
    op.create_index(
        "comments_due",
        "comments",
        ["connection", "next_try_at"],
        postgresql_where=sa.text("state IN ('waiting', 'trying')"),
    )


def _goals() -> None:
    op.create_table(
        "goals",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("goal", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("due_on", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("initial", sa.Double),
        sa.Column("target", sa.Double),
        sa.Column("value", sa.Double),
        sa.Column("measured_at", _instant),
        sa.Column("seen_at", _instant, nullable=False),
    )
    op.create_table(
        "key_results",
        sa.Column("key_result", sa.Text, primary_key=True, comment="key-result:<objective>/<id>"),
        sa.Column("goal", sa.Text, nullable=False),
        sa.Column("named_at", _instant, nullable=False),
        sa.Column("told_value", sa.Double),
        sa.Column("told_at", _instant, comment="when that value was measured"),
    )
    op.create_table(
        "strategy_seen",
        sa.Column(
            "single", sa.Boolean, sa.CheckConstraint("single", name="strategy_seen_is_one_row"), primary_key=True
        ),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("strategy_seen")
    op.drop_table("key_results")
    op.drop_table("goals")
    op.drop_table("comments")
    op.drop_table("hook_standings")
    op.drop_table("hook_keys")
    op.drop_table("hooks")
