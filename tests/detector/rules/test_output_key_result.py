"""`output-key-result`: a key result counts what is made; what says how well or for whom something goes is a change."""

from typing import Any

import pytest

from services.detector.facts import KeyResultFacts
from services.detector.rules.output_key_result import counts_output, rewrite
from services.detector.verdict import NOTHING
from tests.detector.group_made import GROUPS, context, draft_of, evidence, refuses_others, sentences
from tests.detector.made import MONDAY, judged, told

RULE = "output-key-result"
STEPS = KeyResultFacts("easy", "steps")
EASY = "key-result:easy/steps"


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Launch the new editor", "launch"),
        ("Launch in three countries", "launch"),
        ("We will launch the beta.", "launch"),
        ("Ship", "ship"),
        ("Ship 5 integrations", "ship"),
        ("Ship the new editor on time", "ship"),
        ("Release version 3", "release"),
        ("Deliver 12 features", "deliver"),
        ("Migrate billing to the new ledger", "migrate"),
        ("Migrate 80 % of services to the cloud", "migrate"),
        ("Build a mobile app", "build"),
        ("Build an app that helps customers book", "build"),
        ("Implement two-factor login", "implement"),
        ("Complete the redesign by June", "complete"),
        ("Complete 20 stories a sprint", "complete"),
        ("Deploy the new search", "deploy"),
        ("Finish the migration", "finish"),
        ("Roll out single sign-on to all teams", "roll out"),
        ("Go live with payments", "go live"),
        ("Close 100 tickets", "close"),
        ("Merge 40 pull requests", "merge"),
        ("Write 12 user stories", "write"),
        ("Resolve all open issues by June", "resolve"),
        ("Launch of the partner programme", "launch"),
        ("Migration of all shops to the new platform", "migration"),
        ("Rollout of the new tariff", "rollout"),
        ("New checkout launched", "launched"),
        ("Version 2 released to all customers", "released"),
        ("All customers   migrated!", "migrated"),
        ("Services migrated to the cloud", "migrated"),
        ("Single sign-on is fully rolled out", "rolled out"),
        ("The API is live in production", "live"),
        ("New checkout live in all shops", "live"),
        ("Customer tickets closed", "closed"),
        ("10 features shipped", "shipped"),
        ("95 % of stories completed", "completed"),
        ("All planned epics are done", "done"),
        ("Number of pull requests merged", "merged"),
        ("Number of features", "number of features"),
        ("NUMBER OF DEPLOYMENTS", "number of deployments"),
        ("Count of major releases", "count of major releases"),
        ("30 new features", "30 new features"),
    ],
)
def test_what_is_launched_shipped_or_counted_is_an_output(title: str, word: str) -> None:
    assert counts_output(title, None, "outcome") == word


@pytest.mark.parametrize(
    "title",
    [
        "Orders shipped on time",
        "Deliver orders on time",
        "Deliver parcels within 24 hours",
        "Orders delivered within two days",
        "Delivered parcels that come back",
        "Ship-to-door time",
        "Ships docked per day",
        "Shipping costs per parcel",
        "Share of customers that launch within a day",
        "Customers live within a week of signing",
        "Launch-day errors per 1,000 visits",
        "Release-day incidents",
        "Release quality score",
        "Migrated customers that stay",
        "Users migrated without a call",
        "Customers still active after the migration",
        "Build failures fall by half",
        "Build times under 5 minutes",
        "Build trust: promoter score from 20 to 40",
        "Time from build to deploy",
        "Share of teams that deploy daily",
        "Deployment failures a month",
        "Complete checkouts per visit",
        "Customers who complete onboarding",
        "Share of users who completed onboarding",
        "Trips completed",
        "Lessons completed per pupil",
        "Completed orders per week",
        "Finished goods in stock",
        "Projects delivered on time",
        "Number of projects won",
        "Number of support tickets",
        "Number of issues reported by customers",
        "Number of features used per week",
        "Number of integrations enabled",
        "Number of releases without a rollback",
        "Reduce the number of open tickets",
        "Fewer tickets reopened",
        "Support tickets per customer fall",
        "Resolve issues within a day",
        "Resolve questions at first contact",
        "Issues resolved within a day",
        "Share of issues resolved at first contact",
        "Close deals",
        "Revenue from new features",
        "Features that customers use weekly",
        "New hires productive in their first month",
        "Shows watched live",
        "Stories read per visit",
        "Task success rate",
        "Relationship score of partners",
        "Median hours to first value",
        "Workshops with a booking on their first day",
        "Dealers who brought at least five workshops",
        "",
    ],
)
def test_what_tells_of_a_change_is_none(title: str) -> None:
    assert counts_output(title, None, "outcome") is None


@pytest.mark.parametrize(
    ("title", "unit", "word"),
    [
        ("Throughput", "tickets", "tickets"),
        ("Throughput", " Story  Points ", "story points"),
        ("Progress", "PRs", "prs"),
        ("Throughput", "orders", None),
        ("Throughput", "tickets/week", None),
        ("Support load", "tickets", None),
        ("Tickets per customer", "tickets", None),
        ("Answers", "h", None),
        ("Answers", "", None),
        ("Answers", None, None),
    ],
)
def test_so_many_tickets_are_a_count_of_work(title: str, unit: str | None, word: str | None) -> None:
    assert counts_output(title, unit, "outcome") == word


def test_what_calls_itself_an_output_is_one() -> None:
    assert counts_output("Orders shipped on time", None, "output") == "output"
    assert counts_output("Ship 5 integrations", None, "output") == "ship"


def finding(**steps: Any) -> Any:
    own = context(steps=steps)
    return draft_of(RULE, STEPS, MONDAY, own), own


def test_the_finding_is_low_and_names_the_word() -> None:
    draft, _ = finding(title="Ship 5 integrations")
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, (EASY,), "app", "easy")
    assert (str(draft.severity), draft.since) == ("low", None)
    assert evidence(draft) == [("counts", EASY, None, "ship")]
    assert judged(RULE, STEPS, MONDAY, context(steps={"title": "Throughput", "unit": "tickets"})).check_after is None
    assert judged(RULE, STEPS, MONDAY, GROUPS) is NOTHING
    assert judged(RULE, KeyResultFacts("easy", "gone"), MONDAY, GROUPS) is NOTHING
    assert finding(kind="output")[0].evidence[0].value == "output"
    assert finding(title="Throughput", unit="tickets")[0].evidence[0].value == "tickets"


def test_it_asks_what_would_be_different_for_whom() -> None:
    draft, own = finding(title="Ship 5 integrations")
    text = told(draft, context=own)
    assert text.title == "“Ship 5 integrations” counts what is made."
    assert text.why == "It is told by “ship”: that something is made, not what changes for a user or the business."
    assert text.question == "“ship” says what we do: what would be different, and for whom, once that is done?"
    assert text.question == rewrite("ship")
    assert text.clears_when == "Clears when it measures a change for somebody."
    draft, own = finding(title="Ship five integrations with all of our partners by the end of June")
    assert told(draft, context=own).title == "“Ship five integrations with all of our partners…” counts what is made."


def test_its_condition_gives_the_words() -> None:
    own = context(steps={"title": "Ship 5 integrations"})
    assert sentences(RULE, STEPS, MONDAY, EASY, own) == [
        ("It is called “Ship 5 integrations”; “ship” counts what is made.", True)
    ]
    assert sentences(RULE, STEPS, MONDAY, EASY) == [
        ("It is called “Buyers who pay in one step”; 0 of its words count what is made.", False)
    ]
    refuses_others(RULE, STEPS, MONDAY, EASY)
    gone = sentences(RULE, KeyResultFacts("easy", "gone"), MONDAY, "key-result:easy/gone")
    assert gone == [("The strategy does not name key-result:easy/gone.", False)]
