"""What left an objective is found by index; finished items that are out of sight are in no index of a team's pace."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FINISHED = (
    "status_category = 'done' AND started IS NOT NULL AND done IS NOT NULL AND type <> 'subtask' AND type <> 'epic'"
)


def upgrade() -> None:
    op.create_index(
        "changes_left_objective", "changes", ["was", "at"], postgresql_where=sa.text("aspect = 'objective'")
    )
    _index_finished(f"visible AND {_FINISHED}")


def downgrade() -> None:
    _index_finished(_FINISHED)
    op.drop_index("changes_left_objective", "changes")


def _index_finished(where: str) -> None:
    op.drop_index("items_team_finished", "items")
    op.create_index(
        "items_team_finished",
        "items",
        ["team", "done"],
        postgresql_include=["started"],
        postgresql_where=sa.text(where),
    )
