"""The script of the made-up quarter: which trouble comes when. Three days are drawn, so that no two seeds are alike."""

from typing import Final

from services.sandbox import planning_scenes, scenes
from services.sandbox.scenes import (
    ASKED,
    GROWTH,
    INSIGHTS,
    INVOICES,
    MOBILE,
    NEVER,
    OPERATIONS,
    PARTNERS,
    SAFETY,
    TAX_SEASON,
    Stage,
)
from services.sandbox.words import ASKED_FOR

QUIET: Final[dict[str, frozenset[int]]] = {"operations": frozenset(range(22, 26))}
"""Days on which a whole team was away: operations moved to another building."""
MOVING: Final = range(14, 27)
"""Nobody asks anything for operations then: the answer would come into the move."""


def play(stage: Stage) -> None:
    """Have everything happen that is not routine."""
    _waiting(stage)
    _planning(stage)
    _drifting(stage)
    _asking(stage)
    _deciding(stage)
    planning_scenes.cut(stage, INVOICES, 51)


def _asking(stage: Stage) -> None:
    for number, thing in enumerate(ASKED_FOR):
        first = 2 + 5 * number
        place = PARTNERS if number % 2 or first in MOVING else OPERATIONS
        scenes.asked_for(stage, place, thing, (first, first + 3, first + 3 + (3 if number % 4 == 1 else 0)))
    scenes.stalled(
        stage, (INSIGHTS, "Feed of takings for the phone"), (MOBILE, "Show the week's takings in the app"), 40, 49
    )
    scenes.stalled(
        stage, (ASKED, "Payout statements for dealers"), (PARTNERS, "First payout to the pilot dealers"), 22, 29
    )
    scenes.handed_over(
        stage, (MOBILE, "Count of quotes by mechanic"), (INSIGHTS, "Quotes and repairs in one report"), 23, 25
    )


def _waiting(stage: Stage) -> None:
    late = stage.desk.random.randint(0, 1)
    scenes.stalled(
        stage, (INVOICES, "Tell the booking page when a deposit is paid"),
        (GROWTH, "Show new workshops that deposits work"), 3, 12 + late,
    )  # fmt: skip
    scenes.stalled(
        stage, (SAFETY, "Keep quotes when the connection is lost"), (MOBILE, "Send offline quotes later"), 20, 36 + late
    )
    scenes.stalled(
        stage, (ASKED, "Reason codes for failed payments"), (OPERATIONS, "Explain failed payments in the help centre"),
        30, 38 + late,
    )  # fmt: skip
    scenes.stalled(
        stage, (INVOICES, "Price list of parts as a feed"), (MOBILE, "Look up parts while quoting"), 47, NEVER
    )
    scenes.nobodys(
        stage, (INVOICES, "Invoice preview for first-time owners"), (GROWTH, "Preview of the first invoice"), 32, 38
    )
    scenes.nobodys(
        stage, (SAFETY, "Alarm when a reminder is not sent"), (GROWTH, "Promise reminders on the sign-up page"), 6, 10
    )
    scenes.nobodys(
        stage, (ASKED, "A button to resend an invoice"), (OPERATIONS, "Retire the resend-my-invoice call"), 53, NEVER
    )


def _planning(stage: Stage) -> None:
    scenes.dates_conflict(
        stage, MOBILE, ("Approve quotes by fingerprint", "Announce quote approval to the pilot shops"), 10, 16
    )
    scenes.dates_conflict(stage, GROWTH, ("Translate the sample week", "Open sign-up for shops in Portugal"), 51, NEVER)
    scenes.circle(
        stage,
        ("Book a bay from a quote", "Quote from a booked bay", "One reservation lock for bookings and quotes"),
        26, 31,
    )  # fmt: skip
    scenes.handed_over(
        stage, (SAFETY, "Booking events for other teams"), (MOBILE, "Tell the mechanic when a quote becomes a booking"),
        15, 21,
    )  # fmt: skip
    scenes.handed_over(
        stage, (MOBILE, "Photo size limit on the phone"), (GROWTH, "Show photos in the sample week"), 40, 46
    )
    scenes.handed_over(
        stage, (INVOICES, "Receipt by text message"), (GROWTH, "Offer receipts by text at sign-up"), 54, NEVER
    )


def _drifting(stage: Stage) -> None:
    called_away = stage.desk.random.randint(0, 2)
    scenes.forgotten(stage, GROWTH, "Shorter form for the first booking", 10, 18 + called_away)
    scenes.forgotten(stage, SAFETY, "Rehearse the loss of one data centre", 28, 37 + called_away)
    scenes.forgotten(stage, OPERATIONS, "Sort last year's calls by reason", 38, 47)
    scenes.forgotten(stage, MOBILE, "Estimate from three photos", 44, NEVER)
    scenes.claimed_twice(stage, "Retry a payment when the bank is down", 8, 12 + called_away)
    scenes.claimed_twice(stage, "Invoices survive a restart", 34, 41)
    scenes.claimed_twice(stage, "Queue invoices while the printer service is away", 52, NEVER)
    scenes.carried_away(stage, 33, 42)
    planning_scenes.not_begun(stage, TAX_SEASON, 3, 14)
    planning_scenes.sent_back(stage, INSIGHTS, 19)
    planning_scenes.all_at_once(stage, PARTNERS, 24, 30)
    planning_scenes.put_off(stage, GROWTH, "Sample data for shops of motorbikes", (12, 17, 23, 31))
    scenes.grows(stage, 9, 2, 45)


def _deciding(stage: Stage) -> None:
    planning_scenes.not_dated(
        stage, (SAFETY, "A place to keep signed quotes"), (MOBILE, "Show signed quotes in the app"), 18, 24
    )
    planning_scenes.begun_too_early(
        stage, (INVOICES, "Rounding rules for deposits"), (GROWTH, "Explain deposits on the sign-up page"), 27, 31
    )
    planning_scenes.undecided(stage, INVOICES, "Which bank shall take deposits abroad?", 13, 19)
    planning_scenes.undecided(stage, GROWTH, "Shall new shops see prices before they sign up?", 50, NEVER)
    planning_scenes.complained(stage, OPERATIONS, "A shop lost its Monday: three calls a day since", 29, 38)
    planning_scenes.complained(stage, INSIGHTS, "An owner's Friday report names another shop", 56, NEVER)
