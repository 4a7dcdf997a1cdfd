"""The made-up company's strategy file, as its people would write it: six teams, seven objectives, two bets."""

from datetime import date, timedelta
from string import Template
from typing import Final

from ruamel.yaml import YAML

from schemas.strategy import Strategy

JIRA_SITE: Final = "brightmoor"
ASANA_SITE: Final = "brightmoor-ops"
HELP_DESK: Final = "Help desk load"
REQUESTS: Final = "Platform requests"
LAUNCHES: Final = "Partner launches"
ASANA_PROJECTS: Final = {HELP_DESK: "8000000000000001", REQUESTS: "8000000000000002", LAUNCHES: "8000000000000003"}
GOALS: Final = {"day-one": "4100000000000001", "calls-a-week": "4100000000000002", "dealers": "4100000000000003"}
"""The goals in Asana whose metric measures a key result, by the key result's id."""

_TEXT: Final = Template("""\
# Brightmoor makes the booking and invoicing software of small car workshops. All of it is invented.
version: 1
north_star: {title: Repairs booked and paid through Brightmoor, unit: repairs/week}
cycle: {id: $cycle, starts_on: $starts, ends_on: $ends}
bets:
  - {id: self-serve, statement: Workshops start without our help, budget: 0.5}
  - {id: trust, statement: Owners trust us with their money and their day, budget: 0.5}
calendars:
  - {id: office, time_zone: UTC, weekend: [sat, sun]}
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
    owns: [{tracker: jira, project: GROW}]
  - id: mobile
    name: Mobile
    calendar: office
    lead: kesh
    owns: [{tracker: jira, project: MOB}]
  - id: platform
    name: Platform
    calendar: office
    lead: asta
    owns: [{tracker: jira, project: PLAT}, {tracker: asana, project: $requests}]
  - id: operations
    name: Operations
    calendar: office
    lead: greta
    owns: [{tracker: asana, project: $help_desk}]
  - id: insights
    name: Insights
    calendar: office
    lead: sunniva
    owns: [{tracker: jira, project: DATA}]
  - id: partners
    name: Partners
    calendar: office
    lead: malik
    owns: [{tracker: asana, project: $launches}]
objectives:
  - id: first-booking
    title: A new workshop takes its first booking on day one
    bet: self-serve
    owner: ilva
    team: growth
    priority: 1
    key_results:
      - id: day-one
        title: Workshops with a booking on their first day
        unit: "%"
        baseline: 22
        target: 50
        source: {asana_goal: "$day_one"}
    work:
      - {tracker: jira, project: GROW, component: Onboarding}
  - id: phone-quotes
    title: Mechanics quote a repair from under the car
    bet: self-serve
    owner: kesh
    team: mobile
    priority: 2
    key_results:
      - {id: minutes, title: Minutes from damage to quote, unit: min, baseline: 35, target: 10}
    work:
      - {tracker: jira, project: MOB, component: Quoting}
  - id: paid-invoices
    title: Every invoice is paid within a week
    bet: trust
    owner: asta
    team: platform
    priority: 2
    work:
      - {tracker: jira, project: PLAT, component: Invoicing}
      - {tracker: asana, project: $requests}
  - id: no-lost-bookings
    title: No outage of ours loses a booking
    bet: trust
    owner: asta
    team: platform
    priority: 3
    work:
      - {tracker: jira, project: PLAT, label: reliability}
  - id: fewer-calls
    title: Half as many calls to the help desk
    bet: self-serve
    owner: greta
    team: operations
    priority: 3
    key_results:
      - id: calls-a-week
        title: Calls to the help desk
        unit: calls/week
        baseline: 420
        target: 210
        source: {asana_goal: "$calls"}
    work:
      - {tracker: asana, project: $help_desk, tag: calls}
  - id: owners-numbers
    title: Owners know on Friday how their week went
    bet: trust
    owner: sunniva
    team: insights
    priority: 4
    key_results:
      - {id: friday-readers, title: Owners who read the Friday report, unit: "%", baseline: 8, target: 40}
    work:
      - {tracker: jira, project: DATA, component: Reports}
  - id: dealers-bring-shops
    title: Parts dealers bring us their workshops
    bet: self-serve
    owner: malik
    team: partners
    priority: 4
    key_results:
      - id: dealers
        title: Dealers who brought at least five workshops
        unit: dealers
        baseline: 3
        target: 20
        source: {asana_goal: "$dealers"}
    work:
      - {tracker: asana, project: $launches, tag: dealers}
""")


def strategy_text(starts_on: date) -> str:
    """Return the strategy file of the thirteen-week cycle that starts on this day."""
    quarter = (starts_on.month - 1) // 3 + 1
    ends_on = starts_on + timedelta(weeks=13, days=-1)
    return _TEXT.substitute(
        cycle=f"{starts_on.year}-Q{quarter}", starts=starts_on, ends=ends_on, help_desk=HELP_DESK, requests=REQUESTS,
        launches=LAUNCHES, day_one=GOALS["day-one"], calls=GOALS["calls-a-week"], dealers=GOALS["dealers"],
    )  # fmt: skip


def parsed(text: str) -> Strategy:
    """Return the strategy that a file's text holds."""
    return Strategy.model_validate(YAML(typ="safe").load(text))
