"""The made-up company's strategy file, as its people would write it: six teams, eight objectives, two bets.

They write it before the quarter, and mend it twice: what was left out or said badly is put right, budgets are set to
what is, and objectives whose day has moved or whose work has grown get a new baseline.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from string import Template
from typing import Final

from ruamel.yaml import YAML

from schemas.strategy import Strategy
from services.sandbox.words import PEOPLE

JIRA_SITE: Final = "brightmoor"
ASANA_SITE: Final = "brightmoor-ops"
HELP_DESK: Final = "Help desk load"
REQUESTS: Final = "Platform requests"
LAUNCHES: Final = "Partner launches"
ASANA_PROJECTS: Final = {HELP_DESK: "8000000000000001", REQUESTS: "8000000000000002", LAUNCHES: "8000000000000003"}
CYCLE: Final = timedelta(weeks=15)
"""A quarter, and two weeks in which people see how it ends: what stands today can still be helped."""
REVISED_ON: Final = (0, 24, 45)
"""The working days of the quarter from which each form of the strategy holds."""
TAX_DAY: Final = 49
"""The working day on which owners hand in their tax."""
GOALS: Final = {"day-one": "4100000000000001", "calls-a-week": "4100000000000002", "dealers": "4100000000000003"}
"""The goals in Asana whose metric measures a key result, by the key result's id."""

_TEXT: Final = Template("""\
# Brightmoor makes the booking and invoicing software of small car workshops. All of it is invented.
version: 1
north_star: {title: Repairs booked and paid through Brightmoor, unit: repairs/week}
cycle: {id: $cycle, starts_on: $starts, ends_on: $ends}
bets:
  - {id: self-serve, statement: Workshops start without our help, budget: $self_serve}
  - {id: trust, statement: Owners trust us with their money and their day, budget: $trust}
calendars:
  - {id: office, time_zone: UTC, weekend: [sat, sun]}
capacity:
  - {id: mending, share: [0.0, 0.25], work: [{tracker: jira, type: Bug}]}
people:
  - {id: ilva, name: Ilva Marrin, role: pm}
  - {id: kesh, name: Kesh Obarra, role: pm}
  - {id: asta, name: Asta Quill, role: pm}
  - {id: greta, name: Greta Halloway, role: pm}
  - {id: sunniva, name: Sunniva Reyes, role: pm}
  - {id: malik, name: Malik Thorne, role: pm}
teams:
  - id: growth
    name: Growth
    calendar: office
    lead: ilva
    members: [$growth]
    owns: [{tracker: jira, project: GROW}]
  - id: mobile
    name: Mobile
    calendar: office
    lead: kesh
    members: [$mobile]
    owns: [{tracker: jira, project: MOB}]
  - id: platform
    name: Platform
    calendar: office
    lead: asta
    members: [$platform]
    owns: [{tracker: jira, project: PLAT}, {tracker: asana, project: $requests}]
  - id: operations
    name: Operations
    calendar: office
    lead: greta
    members: [$operations]
    owns: [{tracker: asana, project: $help_desk}]
  - id: insights
    name: Insights
    calendar: office
    lead: sunniva
    members: [$insights]
    owns: [{tracker: jira, project: DATA}]
  - id: partners
    name: Partners
    calendar: office
    lead: malik
    members: [$partners]
    owns: [{tracker: asana, project: $launches}]
objectives:
  - id: first-booking
    title: A new workshop takes its first booking on day one
    bet: self-serve
    owner: ilva
    due_on: $ends
    team: growth
    priority: 1
    key_results:
      - id: day-one
        title: Workshops with a booking on their first day
        unit: "%"
        baseline: 22
        target: 50
        owner: ilva
        due_on: $ends
        source: {asana_goal: "$day_one"}
    work:
      - {tracker: jira, project: GROW, component: Onboarding}
  - id: phone-quotes
    title: Mechanics quote a repair from under the car
    bet: self-serve
    owner: kesh
    due_on: $ends
    baseline_on: $quotes_baseline
    team: mobile
    priority: 2
    key_results:
      - id: minutes
        title: Minutes from damage to quote
        unit: min
        baseline: 35
        target: 10
        owner: kesh
        due_on: $ends
    work:
      - {tracker: jira, project: MOB, component: Quoting}
  - id: paid-invoices
    title: Every invoice is paid within a week
    bet: trust
    owner: asta
    due_on: $ends
    team: platform
    priority: 2
    work:
      - {tracker: jira, project: PLAT, component: Invoicing}
      - {tracker: asana, project: $requests}
  - id: no-lost-bookings
    title: No outage of ours loses a booking
    bet: trust
    owner: asta
    due_on: $ends
    team: platform
    priority: 3
    work:
      - {tracker: jira, project: PLAT, label: reliability}
  - id: fewer-calls
    title: Half as many calls to the help desk
    bet: self-serve
    owner: greta
    due_on: $ends
    team: operations
    priority: 3
    key_results:
      - id: calls-a-week
        title: Calls to the help desk
        unit: calls/week
        baseline: 420
        target: 210
        lag_days: 7
        owner: greta
        due_on: $ends
        source: {asana_goal: "$calls"}
    work:
      - {tracker: asana, project: $help_desk, tag: calls}
  - id: owners-numbers
    title: Owners know on Friday how their week went
    bet: trust
    owner: sunniva
    due_on: $numbers_due
    baseline_on: $numbers_baseline
    team: insights
    priority: 4
    key_results:
      - {id: friday-readers, title: Owners who read the Friday report, unit: "%", baseline: 8, target: 40$readers}
    work:
      - {tracker: jira, project: DATA, component: Reports}
  - id: dealers-bring-shops
    title: Parts dealers bring us their workshops
    bet: self-serve
    owner: malik
$dealers_due    team: partners
    priority: 4
    key_results:
      - id: dealers
        title: Dealers who brought at least five workshops
        unit: dealers
        baseline: 3
        target: 20
        owner: malik
        due_on: $ends
        source: {asana_goal: "$dealers"}
      - {id: portal, title: $portal, unit: "%", baseline: 0, target: 60, owner: malik, due_on: $ends}
    work:
      - {tracker: asana, project: $launches, tag: dealers}
  - id: tax-season
    title: Owners hand in their tax from Brightmoor
    bet: trust
    owner: sunniva
    due_on: $tax_day
    team: insights
    priority: 5
    work:
      - {tracker: jira, project: DATA, component: Tax}
""")


@dataclass(frozen=True, slots=True)
class Revision:
    """A form of the strategy, and the day from which it holds."""

    day: date
    text: str


def revisions(starts_on: date) -> tuple[Revision, ...]:
    """Return the forms of the strategy of the cycle that starts on this day, oldest first."""
    return tuple(Revision(_day(starts_on, day), _text(starts_on, turn)) for turn, day in enumerate(REVISED_ON))


def _text(starts_on: date, turn: int) -> str:
    """Return the strategy before the quarter (0), mended (1), and with new baselines where plans are others now (2)."""
    ends_on = last_day(starts_on)
    mended = turn > 0
    return _TEXT.substitute(
        cycle=f"{starts_on:%Y-from-%B}".lower(), starts=starts_on, ends=ends_on, help_desk=HELP_DESK,
        requests=REQUESTS, launches=LAUNCHES,
        day_one=GOALS["day-one"], calls=GOALS["calls-a-week"], dealers=GOALS["dealers"],
        self_serve=0.6 if mended else 0.5, trust=0.4 if mended else 0.5,
        numbers_due=starts_on + timedelta(weeks=12 if mended else 9),
        numbers_baseline=_day(starts_on, REVISED_ON[2]) if turn > 1 else starts_on,
        quotes_baseline=_day(starts_on, REVISED_ON[2]) if turn > 1 else starts_on,
        tax_day=_day(starts_on, TAX_DAY),
        dealers_due=f"    due_on: {ends_on}\n" if mended else "",
        readers=f", owner: sunniva, due_on: {ends_on}" if mended else "",
        portal="Dealers who settle their commission without a call" if mended else "Launch the dealer portal",
        **{team: ", ".join(names) for team, names in PEOPLE.items()},
    )  # fmt: skip


def last_day(starts_on: date) -> date:
    """Return the last day of the cycle that starts on this day."""
    return starts_on + CYCLE - timedelta(days=1)


def _day(starts_on: date, number: int) -> date:
    weeks, weekday = divmod(number, 5)
    return starts_on + timedelta(weeks=weeks, days=weekday)


def parsed(text: str) -> Strategy:
    """Return the strategy that a file's text holds."""
    return Strategy.model_validate(YAML(typ="safe").load(text))
