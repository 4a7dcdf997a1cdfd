"""Invented companies that deliver: two or three objectives in other zones, with leaves done, open, cancelled and below.

Much of the open work waits: for leaves of its own objective, of another one, for nobody's work, for an epic, in rings.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.builders import asana_task, jira_issue, jira_link, jira_time
from tests.oracle.governance_raw import EPIC_FIELD, Json

TODAY = date(2026, 6, 16)
ENDINGS = ("Done", "Done", "Done", "Done", "Fixed", "Won't Do")


def made_plan(seed: int) -> Json:
    """Return a strategy whose objectives are forecast, and told of, however likely they are."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same strategy
    calendars = [
        {"id": "berlin", "time_zone": "Europe/Berlin", "country": "DE"},
        {"id": "tokyo", "time_zone": "Asia/Tokyo", "days_off": ["2026-06-18", "2026-06-08"]},
        {"id": "gulf", "time_zone": "Asia/Dubai", "weekend": ["fri", "sat"]},
        {"id": "west", "time_zone": "America/Los_Angeles", "country": "US"},
    ]
    teams: list[Json] = [{"id": one, "calendar": one} for one in ("berlin", "tokyo", "gulf", "west")]
    teams.append({"id": "app"})
    dues = range(2, 16) if _is_steady(seed) else [-1, 0, *range(3, 64)]
    objectives = [
        {"id": name, "title": name, "team": random.choice(["app", "berlin", "tokyo", "gulf", "west"]),
         "work": [{"label": name}], "due_on": str(TODAY + timedelta(days=random.choice(dues)))}
        for name in ("easy", "safe", "calm")
    ]  # fmt: skip
    return {
        "version": 1, "cycle": {"id": "q2", "starts_on": "2026-04-06", "ends_on": "2026-07-10"}, "calendars": calendars,
        "teams": teams, "objectives": objectives, "policy": {"forecast_probability": 0.9999},
    }  # fmt: skip


def _is_steady(seed: int) -> bool:
    """Tell whether about as much is delivered on every day, so that a day more or less is told from chance."""
    return seed % 2 == 0


def made_company(seed: int) -> list[Json]:
    """Return the exports of a company; the same seed gives the same."""
    return _Company(seed).made()


class _Company:
    def __init__(self, seed: int) -> None:
        self._random = random = Random(seed)  # noqa: S311 -- the same seed, the same company
        self._is_steady = _is_steady(seed)
        days = 10 if self._is_steady else random.choice([20, 60, 150])
        self._begun = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=days)
        self._span = datetime(2026, 6, 17, tzinfo=UTC) - self._begun
        self._waits, self._straight = random.choice([0, 0.3, 0.8]), random.choice([1, 1, 0.7])
        self._count = random.randrange(60, 140)

    def made(self) -> list[Json]:
        issues = [self._issue(number) for number in range(1, self._count + 1)]
        if self._random.random() < 0.25:
            _ring(*self._random.sample([one for one in issues[5:] if "resolution" not in one["fields"]], 2))
        return issues + [self._task(number) for number in range(1, 10)]

    def _lived(self, number: int) -> tuple[datetime, datetime]:
        if self._is_steady:
            return self._begun, self._begun + self._span * number / self._count
        created = self._begun + self._span * self._random.random() * 0.8
        return created, created + (self._span + timedelta(days=10)) * self._random.random() ** 2

    def _issue(self, number: int) -> Json:
        random, (created, done) = self._random, self._lived(number)
        is_done, is_subtask = random.random() < 0.7 and number > 5, number % 9 == 0
        fields: Json = {"labels": random.sample(["easy", "safe", "calm", "none"], random.choice([0, 1, 1, 1]))}
        if is_subtask:
            above = random.randrange(6, number)
            fields["parent"] = {"id": str(above), "key": f"APP-{above}"}
        elif number % 7 == 0:
            fields[EPIC_FIELD] = f"APP-{random.randrange(1, 4)}"
        if is_done:
            fields |= {"resolution": {"name": random.choice(ENDINGS)}, "resolutiondate": jira_time(done)}
        elif random.random() < self._waits:
            fields["issuelinks"] = [jira_link(number, "Blocks", inward=self._far(number))]
        name = "Epic" if number <= 3 else "Initiative" if number == 4 else random.choice(["Story", "Bug", "Task"])
        category = "done" if is_done else random.choice(["new", "indeterminate"])
        issue = jira_issue(number, category=category, created=created, type_name=name, subtask=is_subtask, **fields)
        return issue | {"names": {EPIC_FIELD: "Epic Link"}}

    def _far(self, number: int) -> int:
        far = self._random.randrange(1, self._count + 2)
        if self._random.random() < self._straight and far >= number:
            return max(1, number - 1 - far % 30)
        return far

    def _task(self, number: int) -> Json:
        done = self._begun + self._span * self._random.random()
        return asana_task(
            number, created_at=self._begun.isoformat(), modified_at=done.isoformat(), completed=number < 7,
            completed_at=done.isoformat() if number < 7 else None, tags=[{"gid": "1", "name": "calm"}],
            dependencies=[{"gid": "8"}] if number == 9 else [],
        )  # fmt: skip


def _ring(one: Json, other: Json) -> None:
    for near, end in ((one, other), (other, one)):
        near["fields"]["issuelinks"] = [jira_link(900, "Depends", outward=int(end["id"]))]
