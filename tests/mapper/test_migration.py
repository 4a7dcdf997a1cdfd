"""Items that were mapped before there were categories get theirs, where the strategy in force has any."""

import importlib

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from schemas.strategy import Strategy
from services.runtime.database import RoomDatabase
from tests.builders import work_item
from tests.mapper.harness import Mappers
from tests.mapper.strategies import objective, strategy

PLAIN = strategy(objective("grow", {"label": "grow"}))
SPENT = PLAIN.model_copy(
    update={"capacity": strategy(capacity=[{"id": "run", "share": [0, 1], "work": [{"label": "grow"}]}]).capacity}
)
STEP = importlib.import_module("services.mapper.migrations.versions.0002_categories")


def again(connection: sa.Connection) -> None:
    """Take the step back, to where all of it is unknown, and forward again."""
    with Operations.context(MigrationContext.configure(connection)):
        STEP.downgrade()
        STEP.upgrade()


@pytest.mark.parametrize(("plan", "category"), [(SPENT, "run"), (PLAIN, None)])
async def test_what_was_mapped_before_gets_its_category(
    mappers: Mappers, room: RoomDatabase, plan: Strategy, category: str | None
) -> None:
    await mappers.apply(plan)
    await mappers.take(work_item(1, labels=("grow",)), work_item(2))
    before = len(mappers.log)
    async with room.transaction() as conn:
        await conn.run_sync(again)
    await mappers.first.work()
    assert [(one.item.key, one.category) for one in mappers.published()[2:]] == [("APP-1", category)][: bool(category)]
    assert len(mappers.log) > before if category else len(mappers.log) == before
