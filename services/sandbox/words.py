"""What the made-up company talks about: its people, its features, and what its people write under their work."""

from typing import Final

PEOPLE: Final[dict[str, tuple[str, ...]]] = {
    "growth": ("Ilva Marrin", "Teodor Ash", "Pia Lindqvale", "Owen Sarrazin"),
    "mobile": ("Kesh Obarra", "Runa Tveit", "Dario Fenwick", "Mina Solberg"),
    "platform": ("Asta Quill", "Jonas Verhey", "Lucia Prowse", "Emeka Dantry"),
    "operations": ("Greta Halloway", "Samir Ostrand", "Nell Ivory", "Bram Kestrel"),
    "insights": ("Sunniva Reyes", "Anselm Pryce", "Tova Lindgarth", "Ravi Merrow"),
    "partners": ("Malik Thorne", "Elke Varga", "Junia Castell", "Piet Haldane"),
}
"""Four of each team; the first leads it."""

FEATURES: Final[dict[str, tuple[str, ...]]] = {
    "first-booking": (
        "the opening-hours wizard", "importing customers from a spreadsheet", "the sample week", "invitations to staff",
        "the booking page preview", "the price list starter", "the welcome call booking", "the new-owner checklist",
        "the demo workshop", "sign-up with a phone number", "the first-booking e-mail", "the bay planner",
        "the street map", "closing days around holidays",
    ),
    "phone-quotes": (
        "photo notes", "offline quotes", "the parts look-up", "voice dictation", "signature on the phone",
        "quote templates", "the labour calculator", "sharing a quote by link", "the barcode scanner", "quote approval",
        "tyre size recognition", "the damage sketch",
    ),
    "paid-invoices": (
        "card payments", "bank transfer matching", "payment reminders", "deposits", "refunds", "invoice numbering",
        "the tax export", "partial payments", "the accountant's view", "credit notes",
    ),
    "no-lost-bookings": (
        "the booking queue", "fail-over of the calendar store", "restore drills", "rate limits of the public API",
        "the reminder dispatcher", "tracing of bookings", "nightly consistency checks", "capacity alarms",
        "zero-downtime migrations", "the status page",
    ),
    "fewer-calls": (
        "the help centre", "the password help page", "guides for invoices", "answers inside the product",
        "the call-back form", "onboarding videos", "the known-issues page", "phone menu choices", "chat opening hours",
        "the top ten questions", "training for partner shops", "the handbook for new staff",
        "the guide to staff accounts", "the waiting-time announcement",
    ),
    "owners-numbers": (
        "the Friday report", "takings by bay", "the no-show count", "repeat customers", "the week in one picture",
        "hours sold and worked", "parts margin", "the forecast for next week", "comparison with last year",
        "the report by text message", "the morning summary", "open orders by age", "the mechanics' timesheet",
    ),
    "dealers-bring-shops": (
        "the dealer sign-up page", "the referral contract", "the dealer dashboard", "joint pricing", "the launch kit",
        "the dealer newsletter", "commission payouts", "the shared stand at fairs", "the dealer hotline",
        "co-branded invoices", "the dealer map", "samples for dealers", "the dealer price list",
        "the dealer training day",
    ),
}  # fmt: skip
"""By objective. Each becomes a few items."""

TAX: Final = (
    "Tax figures of the quarter in one list", "Tax file for the office's own program",
    "Hand in the tax form with one click", "Remind owners a week before tax day",
    "Tax rates of both islands", "Mend a tax form that the office sent back", "Show what the tax will be a month ahead",
    "Try the tax season with twelve accountants",
)  # fmt: skip
"""What makes it possible to hand in the tax; nobody begins it for a while, and all of it is done by tax day."""

LAUNCHED: Final = (
    "Launch at the dealers of the north", "Launch at the dealers of the coast", "Launch at the dealers of the lakes",
    "Launch at the dealers of the islands", "Launch at the tyre dealers", "Launch at the dealers of glass",
    "Launch at the dealers of used parts", "Launch at the dealers of paint", "Launch at the dealers of tools",
    "Launch at the dealers of batteries",
)  # fmt: skip
"""What the partners' team took up all at once."""

SENT_BACK: Final = (
    "Report of hours by mechanic", "Report of parts by week", "Report of calls by hour", "Report of lifts in use",
    "Report of unpaid quotes", "Report of new customers", "Report of lost customers", "Report of repairs by make",
    "Report of waiting times",
)  # fmt: skip
"""What was called done, and came back."""

FACETS: Final = (
    "Agree what {feature} must do for a small workshop",
    "Build {feature}",
    "Try {feature} with five workshops",
    "Handle the odd cases of {feature}",
)

STEPS: Final = ("First version of {feature}", "Tests of {feature}")
"""The sub-tasks of an item that has some."""

ASKED_FOR: Final = (
    "a list of failed card payments",
    "invoices in the dealer's colours",
    "a copy of the tax export for dealers",
    "the payment date on the call screen",
    "refunds from the call screen",
    "deposits shown in the welcome pack",
    "bank details of new dealers checked",
    "a reminder before a payout",
    "credit notes for returned parts",
    "the invoice archive for auditors",
)
"""What other teams asked the platform team for in Asana, and got done in Jira."""

WEEKLY: Final = (
    "Weekly round: on track.",
    "Weekly round: one item is late, the rest is fine.",
    "Weekly round: numbers look good.",
    "Weekly round: order of the next items changed.",
)
"""What a lead writes under an epic."""

SETTLED: Final = (
    "Answer workshop {number} about {feature}",
    "Set up {feature} for workshop {number}",
    "Mend {feature} of workshop {number}",
    "Train the people of workshop {number} in {feature}",
)
"""What was done in earlier quarters; the number makes each the only one of its kind."""

BUGS: Final[dict[str, tuple[str, ...]]] = {
    "growth": (
        "Time zone is wrong on the booking page in Madeira", "Long workshop names break the header",
        "Invitation link opens twice", "Spreadsheet import stops at an empty row",
    ),
    "mobile": (
        "Camera stays on after leaving photo notes", "Quote total is cut off on small phones",
        "App asks for the location twice", "Keyboard hides the labour field",
    ),
    "platform": (
        "Reminder goes out an hour late after the clocks change", "Invoice PDF lacks the second page",
        "Search forgets umlauts", "Webhook of the calendar store is answered slowly",
    ),
    "operations": (
        "Tidy the shared inbox labels", "Renew the phone contract", "Order headsets for the new colleagues",
        "Move old call notes to the archive",
    ),
    "insights": (
        "Chart legend overlaps the last week", "Report counts cancelled bookings", "Export uses the wrong decimal mark",
        "Nightly load fails on leap days",
    ),
    "partners": (
        "Replace the worn banner stands", "Sort the business cards of the spring fair", "Renew the dealer mailing list",
        "Return the rented demo tablets",
    ),
}  # fmt: skip
"""Work that serves no objective, as every team has some."""

SPATE: Final = (
    "Rebuild the settings screen in the new style", "Animated splash screen", "Dark mode for the tablet",
    "Haptics when a quote is sent", "Widget with today's weather for the yard",
)  # fmt: skip
"""What the mobile team was carried away by for a while."""

GROWN: Final = (
    "Quotes in Portuguese", "Quotes for trailers", "Discount codes in quotes", "Quotes for fleets of twenty",
    "A second signature for leased cars", "Quotes by the hour", "Compare two quotes", "Quote history on the phone",
    "Quotes with courtesy car", "Quote reminders", "Copy a quote from last year", "Quotes with storage fees",
    "Quotes for electric vans", "Quotes with the old tyres kept", "Quotes for shops with two yards",
    "Quotes in the customer's own words", "Quotes with photos of the part", "Quotes for repairs under warranty",
)  # fmt: skip
"""What came on top of the phone quotes after the quarter had begun."""

COMMENTS: Final = (
    "Pushed the first half; the rest tomorrow.", "Talked it through, the simple way is enough.",
    "Found an odd case with two bays, adding a check.", "Review is in, two small things to change.",
    "Works on the test workshop.", "Split off what is not needed now.", "Numbers look right on last month's data.",
    "Waiting for the copy, doing the tests meanwhile.", "Paired on it this morning.", "Almost there.",
)  # fmt: skip

NUDGES: Final = (
    "Picked this up again.", "Here is where we are: half of it works.", "Found the time for it today.",
    "Back on it, sorry for the wait.",
)  # fmt: skip
