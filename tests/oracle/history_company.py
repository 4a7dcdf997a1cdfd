"""Who is in the invented company: people and bots, projects, statuses, releases, and its strategies."""

from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

Json = dict[str, Any]
ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Riyadh")
PROJECTS: Final = {"APP": "The app", "PAY": "Payments", "OPS": "Operations", "ZED": "Odds and ends"}
TYPES: Final = ("Epic", "Story", "Bug", "Task", "Sub-task")
STATUSES: Final = {
    "1": ("Waiting", "new"),
    "2": ("Ready", "new"),
    "3": ("Doing", "indeterminate"),
    "4": ("Reviewing", "indeterminate"),
    "5": ("Finished", "done"),
    "6": ("Filed", "done"),
}
VERSIONS: Final = {"r1": "2026-03-20", "r2": "2026-04-24", "r3": "2026-06-12", "r4": None}


def _person(name: str, kind: str = "atlassian") -> Json:
    return {"accountId": f"id-{name}", "accountType": kind, "displayName": name.title()}


PEOPLE: Final[dict[str, Json]] = {name: _person(name) for name in ("ana", "bo", "cleo", "dai")} | {
    "bot": _person("bot", "app")
}
BASELINES: Final = tuple(
    datetime(2026, month, day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for month, day, zone in ((3, 2, ZONES[0]), (3, 29, ZONES[0]), (3, 8, ZONES[1]), (3, 2, ZONES[1]))
)


def strategy(seed: int) -> Json:
    """Return a strategy: the same objectives each time, with other numbers of policy, dues and shares."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same strategy
    few: Json = {"aging_min_finished": 3, "rework_min_moved": 4, "unaligned_min_items": 3, "scope_min_base": 2,
                 "raise_waiting_teams": 1}  # fmt: skip
    return {
        "version": 1,
        "cycle": {"id": "q2", "starts_on": "2026-03-02", "ends_on": "2026-05-29"},
        "bets": [{"id": "easy", "statement": "Easy", "budget": random.choice((0.1, 0.3, 0.5))},
                 {"id": "safe", "statement": "Safe", "budget": 0.25}, {"id": "none", "statement": "No budget"}],
        "calendars": [
            {"id": "berlin", "time_zone": ZONES[0], "country": "DE", "days_off": ["2026-03-27"]},
            {"id": "york", "time_zone": ZONES[1], "country": "US"},
            {"id": "gulf", "time_zone": ZONES[2], "weekend": ["fri", "sat"]},
        ],
        "people": [{"id": "b", "name": "Bo"}],
        "teams": [
            {"id": "app", "calendar": "berlin", "members": ["ana"],
             "owns": [{"project": "APP"}, {"project": "OPS", "component": "core"}]},
            {"id": "pay", "calendar": "york", "members": ["b"], "owns": [{"project": "PAY"}, {"label": "ktlo"}],
             "policy": random.choice(({}, {"stale_after_working_days": 3, "stalled_after_working_days": 7,
                                           "handoff_after_working_days": 1, "unaligned_share": 0.4}))},
            {"id": "ops", "calendar": "gulf", "owns": [{"project": "OPS"}]},
        ],
        "objectives": [
            {"id": "alpha", "title": "A", "team": "app", "bet": "easy", "due_on": random.choice((None, "2026-04-20")),
             "work": [{"project": "APP", "epic": "APP-1"}, {"label": "alpha"}, {"epic": "PAY-1"}],
             "policy": random.choice(({}, {"stale_after_working_days": 8, "slip_moves": 3, "due_within_working_days": 3,
                                           "scope_growth": 0.1}))},
            {"id": "beta", "title": "B", "team": "pay", "bet": "safe", "baseline_on": "2026-03-08",
             "work": [{"label": "beta"}, {"epic": ["PAY-2", "APP-2", "OPS-2"]}]},
            {"id": "gamma", "title": "C", "team": "ops", "bet": "easy", "due_on": "2026-04-06",
             "work": [{"project": "PAY", "label": "gamma"}, {"component": "core"}]},
            {"id": "delta", "title": "D", "team": "app", "baseline_on": "2026-03-29",
             "work": [{"type": "Bug", "project": "Operations"}, {"label": "delta"}]},
        ],
        "capacity": [
            {"id": "bugs", "share": [0.0, 0.1], "work": [{"type": "Bug"}]},
            {"id": "keep", "share": [0.15, 0.3], "work": [{"label": "ktlo"}]},
            {"id": "rest", "share": [0.4, 0.6], "work": [{"project": "APP"}, {"type": "Task"}]},
        ],
        "policy": random.choice(({}, few, few)),
    }  # fmt: skip
