"""Invented strategies, seeded: policies of the company, of teams and of objectives; rules off and in shadow."""

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.governance_raw import Json

RULES = ("tracker-disagreement", "missing-owner", "missing-date", "overload", "bottleneck-team", "decision-waiting",
         "escalation-load", "unvalidated-build", "ambiguous-alignment", "off-pace", "stale-measurement",
         "output-without-outcome", "dependency-date-conflict", "undated-blocker", "late-start", "unowned-blocker",
         "dependency-cycle")  # fmt: skip
STARTS_ON = date(2026, 4, 6)
EARLIER = date(2026, 3, 2)
"""Before clocks change in America and in Europe."""
_CHOICES: dict[str, tuple[Any, ...]] = {
    "active_within_working_days": (5, 10), "bottleneck_teams": (1, 2, 3), "due_within_working_days": (3, 10),
    "raise_waiting_teams": (1, 2, 3), "undated_within_working_days": (5, 20), "overload_objectives": (1, 2),
    "overload_items_per_member": (1, 2, 3), "decision_after_working_days": (2, 5, 20),
    "decision_labels": (["decision"], ["ODD", "decision"]), "decision_types": (["Decision"], ["research", "DECISION"]),
    "escalation_after_working_days": (5, 20), "escalation_labels": (["escalation"], ["odd", "customer-escalation"]),
    "escalation_share": (0.1, 0.2, 0.5), "escalation_types": (["Escalation"], []),
    "discovery_labels": (["discovery"], ["odd"]), "discovery_types": (["Spike"], ["RESEARCH"]),
    "disagreement_minutes": (60, 1440, 14400), "pace_points": (0.165, 0.3), "pace_high_points": (0.33, 0.5),
    "stale_measurement_cadences": (1, 2, 3), "outcome_min_delivered": (1, 2), "outcome_moved_share": (0.05, 0.3),
    "cancelled_resolutions": (["Fixed"], ["Won't Do", "won't do"]),
}  # fmt: skip


def made_plan(seed: int) -> Json:
    """Return a strategy as its file holds it."""
    random = Random(seed)  # noqa: S311 -- the same seed, the same strategy
    calendars = [
        {"id": "berlin", "time_zone": "Europe/Berlin", "country": "DE"},
        {"id": "tokyo", "time_zone": "Asia/Tokyo", "country": "JP", "days_off": ["2026-06-05"]},
        {"id": "gulf", "time_zone": "Asia/Dubai", "weekend": ["fri", "sat"]},
        {"id": "west", "time_zone": "America/Los_Angeles", "country": "US"},
    ]
    owns = {"app": [{"tracker": "jira", "project": "APP"}], "pay": [{"project": "PAY"}, {"project": "Payments plan"}],
            "ops": [{"project": "OPS"}, {"tracker": "asana", "project": "Safety"}], "gulf": [{"project": ["GULF"]}],
            "west": [{"project": "WEST"}, {"tracker": "asana", "tag": "odd", "project": "Safety"}]}  # fmt: skip
    zones = {"pay": "berlin", "ops": "tokyo", "gulf": "gulf", "west": "west"}
    teams: list[Json] = [
        {"id": team, "owns": each, "policy": _policy(random, 0.15, without="cancelled_resolutions")}
        for team, each in owns.items()
    ]
    for team in teams[1:]:
        team["calendar"] = zones[team["id"]]
    for team in teams[:3]:
        team["members"] = ["ana", "bo", "cleo"][: random.randrange(1, 4)]
    names = ("easy", "safe", "calm", "swift", "fair")
    objectives = [_objective(random, name, random.choice([*owns])) for name in names]
    objectives[0]["work"] += [{"epic": "APP-6"}, {"epic": "PAY-1", "tracker": "jira"}]
    objectives[2]["work"] += [
        {"project": ["OPS", "GULF"]},
        {"section": "Doing"},
        {"component": ["web", "none"], "type": "Bug"},
    ]
    objectives[3]["work"] += [{"fix_version": "v1"}, {"parent": ["PAY-1", "PAY-7"], "label": "calm"}]
    return {
        "version": 1,
        "cycle": {"id": "q2", "starts_on": str(random.choice([STARTS_ON, EARLIER])),
                  "ends_on": str(STARTS_ON + timedelta(days=random.choice([60, 75, 81])))},
        "calendars": calendars, "teams": teams, "objectives": objectives,
        "policy": {"outcome_min_delivered": 1, "overload_objectives": 2} | _policy(random, 0.3),
    }  # fmt: skip


def _policy(random: Random, chance: float, without: str | None = None) -> Json:
    names = [name for name in _CHOICES if random.random() < chance and name != without]
    found = {name: random.choice(_CHOICES[name]) for name in names}
    if random.random() < chance:
        found["rules"] = {random.choice(RULES): random.choice(["off", "shadow", "on"]) for _ in range(2)}
    return found


def _day(random: Random) -> str:
    return str(STARTS_ON + timedelta(days=35 + random.randrange(60)))


def _objective(random: Random, name: str, team: str) -> Json:
    key_results = [_key_result(random, number) for number in range(random.randrange(4))]
    labels: list[Json] = [{"label": name}, {"label": ["odd", name], "tracker": random.choice(["jira", "asana"])}]
    found: Json = {"id": name, "title": f"Buyers find it {name}", "team": team, "key_results": key_results,
                   "work": labels[: random.randrange(1, 3)], "policy": _policy(random, 0.15)}  # fmt: skip
    if random.random() < 0.6:
        found["owner"] = "ana"
    if random.random() < 0.6:
        found["due_on"] = _day(random)
    return found


def _key_result(random: Random, number: int) -> Json:
    found: Json = {
        "id": f"kr{number}", "title": "Median steps to pay", "kind": random.choice(["outcome", "outcome", "output"]),
        "cadence_days": random.choice([7, 14, 30]), "lag_days": random.choice([0, 7, 14]),
    }  # fmt: skip
    if random.random() < 0.85:
        found |= random.choice([{"baseline": 40, "target": 8}, {"baseline": 0, "target": 100}])
    if random.random() < 0.5:
        found["owner"] = "bo"
    if random.random() < 0.5:
        found["due_on"] = _day(random)
    return found
