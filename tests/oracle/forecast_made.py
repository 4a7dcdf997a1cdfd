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
    teams = [{"id": one, "calendar": one} for one in ("berlin", "tokyo", "gulf", "west")]
    objectives = [
        {"id": name, "title": name, "team": random.choice(["app", "berlin", "tokyo", "gulf", "west"]),
         "work": [{"label": name}], "due_on": str(TODAY + timedelta(days=random.choice([-1, 0, *range(3, 64)])))}
        for name in ("easy", "safe", "calm")
    ]  # fmt: skip
    return {
        "version": 1, "cycle": {"id": "q2", "starts_on": "2026-04-06", "ends_on": "2026-07-10"}, "calendars": calendars,
        "teams": teams, "objectives": objectives, "policy": {"forecast_probability": 0.9999},
    }  # fmt: skip


def made_company(seed: int) -> list[Json]:
    """Return the exports of a company; the same seed gives the same."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same company
    begun = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=random.choice([20, 60, 150]))
    span = datetime(2026, 6, 17, tzinfo=UTC) - begun
    waits = random.choice([0, 0.3, 0.8])
    straight = random.choice([1, 1, 0.7])
    count = random.randrange(60, 140)
    found = []
    for number in range(1, count + 1):
        created = begun + span * random.random() * 0.8
        done = created + (span + timedelta(days=10)) * random.random() ** 2
        is_done, is_subtask = random.random() < 0.7 and number > 5, number % 9 == 0
        fields: Json = {"labels": random.sample(["easy", "safe", "calm", "none"], random.choice([0, 1, 1, 1]))}
        if is_subtask:
            above = random.randrange(6, number)
            fields["parent"] = {"id": str(above), "key": f"APP-{above}"}
        elif number % 7 == 0:
            fields[EPIC_FIELD] = f"APP-{random.randrange(1, 4)}"
        if is_done:
            fields |= {"resolution": {"name": random.choice(ENDINGS)}, "resolutiondate": jira_time(done)}
        elif random.random() < waits:
            far = random.randrange(1, count + 2)
            if random.random() < straight and far >= number:
                far = max(1, number - 1 - far % 30)
            fields["issuelinks"] = [jira_link(number, "Blocks", inward=far)]
        name = "Epic" if number <= 3 else "Initiative" if number == 4 else random.choice(["Story", "Bug", "Task"])
        found.append(
            jira_issue(number, category="done" if is_done else random.choice(["new", "indeterminate"]), created=created,
                       type_name=name, subtask=is_subtask, **fields) | {"names": {EPIC_FIELD: "Epic Link"}}
        )  # fmt: skip
    if random.random() < 0.25:
        one, other = random.sample([issue for issue in found[5:] if "resolution" not in issue["fields"]], 2)
        for near, end in ((one, other), (other, one)):
            near["fields"]["issuelinks"] = [jira_link(900, "Depends", outward=int(end["id"]))]
    for number in range(1, 10):
        done = begun + span * random.random()
        found.append(
            asana_task(number, created_at=begun.isoformat(), modified_at=done.isoformat(),
                       tags=[{"gid": "1", "name": "calm"}],
                       completed=number < 7, completed_at=done.isoformat() if number < 7 else None,
                       dependencies=[{"gid": "8"}] if number == 9 else [])
        )  # fmt: skip
    return found
