"""Our own comment comes back as a change of ours: it is told as such, and is no touch of the item."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.work_items import ActorKind, Tracker, WorkItemChange, WorkItemSnapshot
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.pages import MAPPERS, written_of
from services.connectors.storing import Live, Load, store
from services.runtime.database import RoomDatabase
from tests.builders import (
    CREATED,
    Json,
    asana_person,
    asana_story,
    asana_task,
    jira_comment,
    jira_issue,
    jira_person,
    jira_time,
)
from tests.connectors.recording import RecordingBus

US, BO = "leeway-1", "bo-1"
SAID = CREATED + timedelta(days=3)
OPTIONS = MappingOptions(leeway_account=US)


def jira(author: str) -> Json:
    comment = jira_comment(71, SAID, jira_person(author, accountId=author), "Five days.")
    return jira_issue(1, updated=jira_time(SAID), comment={"comments": [comment]}) | {"changelog": {"histories": []}}


def asana(author: str) -> Json:
    story = asana_story(71, "comment_added", SAID.isoformat(), asana_person(author, author), text="Five days.")
    return asana_task(1, stories=[story], modified_at=SAID.isoformat())


@pytest.mark.parametrize(("author", "kind"), [(US, ActorKind.LEEWAY), (BO, ActorKind.PERSON)])
@pytest.mark.parametrize(("tracker", "payload"), [(Tracker.JIRA, jira), (Tracker.ASANA, asana)])
async def test_a_comment_of_ours_is_told_as_ours_and_touches_nothing(
    room: RoomDatabase, bus: RecordingBus, tracker: Tracker, payload: Any, author: str, kind: ActorKind
) -> None:
    mapped = MAPPERS[tracker](payload(author), "main", None, OPTIONS)
    assert isinstance(mapped, Mapped)
    await store(room, bus, Load("main", [written_of(tracker, mapped)], live=Live()))
    snapshot = next(WorkItemSnapshot.read(one.event.body) for one in bus.log if "snapshot" in one.event.type)
    changes = [WorkItemChange.read(one.event.body) for one in bus.log if "change" in one.event.type]
    (change,) = (one for one in changes if one.kind == "comment")
    assert change.by is not None
    assert (change.by.id, change.by.kind) == (author, kind)
    assert snapshot.item.touched == (SAID if kind is ActorKind.PERSON else CREATED)
