"""A made-up company of any size for measuring: groups of ten teams, all alike, so that it grows in teams only.

Each team has a project of its own, an objective, and a thousand items, most of them done, as grown trackers have. A
group's name stands in every ref, key, team and objective of it, so that rows of one group become those of another by
putting one name for the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from schemas.strategy import Cycle, Objective, Selector, Strategy, Team
from schemas.work_items import (
    Dependency,
    ItemType,
    Link,
    LinkDirection,
    Project,
    Resolution,
    StatusCategory,
    WorkItem,
    WorkItemSnapshot,
)
from tests.builders import ANA, BO, fix_version, snapshot

AS_OF: Final = datetime(2026, 6, 15, 12, tzinfo=UTC)
TEAMS_A_GROUP: Final = 10
EPICS_A_TEAM: Final = 20
SITE: Final = "bench"
OPEN_ONE_IN: Final = 5
LIVE_ONE_IN: Final = 100
"""Of a team's items one in so many is open, and one in so many of every second team waits for an open one."""
OPEN_EVENTS: Final = 0.4
"""Of a stream of changes so many are of open items."""


@dataclass(frozen=True)
class Company:
    """So many groups of ten teams with so many items each."""

    groups: int = 1
    items_a_team: int = 1000

    @property
    def size(self) -> int:
        """How many items there are."""
        return self.groups * TEAMS_A_GROUP * self.items_a_team

    def strategy(self) -> Strategy:
        """Return the strategy: each team with its project, each objective with the epics that are labelled for it."""
        teams = [_team_name(group, team) for group in range(self.groups) for team in range(TEAMS_A_GROUP)]
        return Strategy(
            version=1,
            cycle=Cycle(id="2026-Q2", starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30)),
            teams=tuple(Team(id=name, owns=(Selector(project=name.upper()),)) for name in teams),
            objectives=tuple(
                Objective(id=f"{name}-goal", title=f"The goal of {name}", team=name, work=(_work(name),))
                for name in teams
            ),
        )

    def snapshots(self) -> Iterator[WorkItemSnapshot]:
        """Yield every item once, in an order as a tracker's clock gives it: teams take turns."""
        places = ((group, number, team) for group in range(self.groups) for number in range(self.items_a_team)
                  for team in range(TEAMS_A_GROUP))  # fmt: skip
        for revision, (group, number, team) in enumerate(places, 1):
            yield snapshot(self.item(group, team, number), revision, connection=SITE)

    def events(
        self, count: int, seed: int, first_revision: int, teams: int | None = None
    ) -> Iterator[WorkItemSnapshot]:
        """Yield changes of so many items, no item twice: of so many teams, wherever they are, or of all."""
        random = Random(seed)  # noqa: S311 -- an example, no secret
        places = [(group, team) for group in range(self.groups) for team in range(TEAMS_A_GROUP)]
        active = places if teams is None else random.sample(places, teams)
        wanted = {True: round(count * OPEN_EVENTS), False: count - round(count * OPEN_EVENTS)}
        chosen: dict[tuple[int, int, int], None] = {}
        while len(chosen) < count:
            place = (*random.choice(active), random.randrange(self.items_a_team))
            if place not in chosen and wanted[_is_open(place[2])]:
                wanted[_is_open(place[2])] -= 1
                chosen[place] = None
        for revision, place in enumerate(chosen, first_revision):
            yield snapshot(changed(self.item(*place), seed), revision, connection=SITE)

    def item(self, group: int, team: int, number: int) -> WorkItem:
        """Return an item as it stands before anything changes."""
        name = _team_name(group, team).upper()
        created = AS_OF - timedelta(days=20 + (number * 37) % 900)
        fields: dict[str, Any] = {
            "ref": _ref(group, team, number),
            "key": f"{name}-{number}",
            "url": f"https://tracker.example/browse/{name}-{number}",
            "title": f"Item {number} of {name}, with a title of about the usual length",
            "type": ItemType.TASK, "type_name": "Task", "status": "Closed", "status_category": StatusCategory.DONE,
            "created": created, "updated": created + timedelta(days=15), "touched": created + timedelta(days=15),
            "assignee": ANA, "reporter": BO, "project": Project(id=name, key=name, name=f"Project {name}"),
            "labels": (f"area-{number % 7}",), "components": (f"component {number % 11}",),
            "fix_versions": (fix_version(f"{number % 13}.0"),), "priority": "Medium",
        }  # fmt: skip
        return WorkItem(**(fields | _state(number, created) | self._above(group, team, number)
                           | self._links(group, team, number)))  # fmt: skip

    @staticmethod
    def _above(group: int, team: int, number: int) -> dict[str, Any]:
        if number < EPICS_A_TEAM:
            labels = ("goal",) if number % 4 else ()
            return {"type": ItemType.EPIC, "type_name": "Epic", "labels": labels}
        epic = number % EPICS_A_TEAM
        if number % 5 == 1 and number > 2 * EPICS_A_TEAM:
            parent = number - 1
            return {
                "type": ItemType.SUBTASK, "type_name": "Sub-task",
                "parent": _ref(group, team, parent), "parent_key": _key(group, team, parent),
            }  # fmt: skip
        if number % 6 == 0:
            return {}
        return {"epic": _ref(group, team, epic), "epic_key": _key(group, team, epic)}

    @staticmethod
    def _links(group: int, team: int, number: int) -> dict[str, Any]:
        """Return what every second team's items wait for: the next team's of the same number; few of it is live."""
        if team % 2 or not (number % LIVE_ONE_IN == 0 or number % OPEN_ONE_IN == 1):
            return {}
        far = team + 1
        ref = _ref(group, team, number)
        blocker = _ref(group, far, number)
        link = Link(id=f"{team}{number}", type="Blocks", direction=LinkDirection.INWARD, ref=blocker,
                    key=_key(group, far, number))  # fmt: skip
        return {"links": (link,), "dependencies": (Dependency(blocker=blocker, dependent=ref, link_id=link.id),)}


def changed(item: WorkItem, seed: int) -> WorkItem:
    """Return the item after somebody worked on it: an open one goes one step on, a done one gets a label."""
    at = AS_OF - timedelta(minutes=seed)
    update: dict[str, Any] = {"updated": at, "touched": at}
    if item.status_category is StatusCategory.TODO:
        update |= {"status": "In Progress", "status_category": StatusCategory.IN_PROGRESS, "started": at}
    elif item.status_category is StatusCategory.IN_PROGRESS:
        update |= {"assignee": BO if seed % 2 else ANA}
    return item.model_copy(update=update | {"labels": (*item.labels, f"change-{seed}")})


def group_name(group: int) -> str:
    """Return the word that stands for the group in all names of it."""
    return f"g{group:04}"


def _state(number: int, created: datetime) -> dict[str, Any]:
    if not _is_open(number):
        done = created + timedelta(days=15)
        return {"done": done, "resolution": Resolution.DELIVERED, "resolution_name": "Done"}
    if number % (2 * OPEN_ONE_IN):
        return {"status": "Open", "status_category": StatusCategory.TODO}
    worked = {} if number % LIVE_ONE_IN == 0 else {"touched": AS_OF - timedelta(days=number % 7)}
    fields = {"status": "In Progress", "status_category": StatusCategory.IN_PROGRESS}
    return fields | {"started": created + timedelta(days=5)} | worked


def _is_open(number: int) -> bool:
    return number % OPEN_ONE_IN == 0


def _work(team: str) -> Selector:
    return Selector(project=team.upper(), label="goal")


def _team_name(group: int, team: int) -> str:
    return f"{group_name(group)}t{team}"


def _key(group: int, team: int, number: int) -> str:
    return f"{_team_name(group, team).upper()}-{number}"


def _ref(group: int, team: int, number: int) -> str:
    return f"jira:{SITE}:{_key(group, team, number)}"
