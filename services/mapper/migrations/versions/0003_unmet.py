"""Links that go in vain get a table of their own: who comes finds there who has waited for it, and nobody else."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNMET = """
    INSERT INTO unmet (token, ref)
    SELECT DISTINCT link.token, items.ref
    FROM items
    CROSS JOIN LATERAL unnest(
        array_remove(ARRAY[items.parent, items.parent_key, items.epic, items.epic_key], NULL) || items.twins
    ) AS link (token)
    WHERE items.claim IS NULL
    AND NOT EXISTS (SELECT FROM items AS far WHERE far.ref = link.token)
    AND NOT EXISTS (
        SELECT FROM items AS far
        WHERE far.key = substr(link.token, strpos(link.token, ' ') + 1)
        AND split_part(link.token, ' ', 1) IN (split_part(far.ref, ':', 1), regexp_replace(far.ref, ':[^:]*$', ''))
    )
"""


def upgrade() -> None:
    op.add_column("dirty", sa.Column("arrived", sa.Text, nullable=False, server_default=""))
    op.alter_column("dirty", "arrived", server_default=None)
    op.create_table(
        "unmet",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("ref", sa.Text, primary_key=True),
    )
    op.execute(_UNMET)


def downgrade() -> None:
    op.execute("UPDATE dirty SET targets = concat_ws(chr(10), nullif(targets, ''), nullif(arrived, ''))")
    op.drop_table("unmet")
    op.drop_column("dirty", "arrived")
