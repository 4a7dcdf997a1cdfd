"""The words and schemas by which a site's fields, link types and statuses are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.work_items import Tracker


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a field of one meaning is known: by the end of its schema, or by its name and a schema that may hold it."""

    schemas: tuple[str, ...]
    names: tuple[str, ...]
    holds: tuple[str, ...] = ()


MEANINGS: Final[Mapping[Tracker, Mapping[str, Meaning]]] = {
    Tracker.JIRA: {
        "start": Meaning(
            (":jpo-custom-field-baseline-start",),
            ("start date", "target start", "planned start", "start", "startdatum", "fecha de inicio", "date de début"),
            ("date",),
        ),
        "estimate": Meaning(
            (":jsw-story-points",), ("story points", "story point estimate", "estimate", "points"), ("number", "float")
        ),
        "flagged": Meaning((), ("flagged", "impediment", "flag", "markiert", "marcado"), ("checkbox", "array")),
        "team": Meaning((":atlassian-team", ":rm-teams-custom-field-team"), ("team", "squad", "crew"), ()),
        "epic_link": Meaning((":gh-epic-link",), ()),
    },
    Tracker.ASANA: {
        "estimate": Meaning((), ("story points", "estimate", "estimated", "points", "effort", "size"), ("number",)),
        "flagged": Meaning((), ("flagged", "flag", "blocked", "impediment", "blocker"), ("enum",)),
        "team": Meaning((), ("team", "squad", "crew"), ("enum", "text")),
    },
}
"""The schemas are the products' own field types, the names those that fields are shipped with or usually given."""

IMPEDIMENT: Final = "Impediment"
SAYS_NO: Final = frozenset({"no", "none", "false", "nein", "non", "not blocked", "clear", "ok"})

BLOCKER_SAYS: Final = frozenset(
    {
        *("blocks", "is blocking", "is required by", "is needed by", "is depended on by", "is depended upon by"),
        *("is a dependency of", "is dependency of", "is prerequisite of", "is a prerequisite of", "precedes"),
        *("must be done before", "has to be done before", "is predecessor of", "gates", "enables"),
        *("blockiert", "bloque", "bloquea", "bloqueia"),
    }
)
"""What the issue reads towards the other one that waits for it."""

DEPENDENT_SAYS: Final = frozenset(
    {
        *("is blocked by", "blocked by", "depends on", "depends upon", "is dependent on", "requires", "needs"),
        *("waits for", "waits on", "is waiting for", "has prerequisite", "must be done after", "is gated by"),
        *("has to be done after", "is successor of", "is enabled by"),
        *("wird blockiert von", "est bloqué par", "est bloquée par", "es bloqueado por", "está bloqueado por"),
        "é bloqueado por",
    }
)
"""What the issue reads that waits."""

BUSY_WORDS: Final = frozenset(
    {
        *(
            "doing",
            "wip",
            "ongoing",
            "active",
            "started",
            "review",
            "reviewing",
            "testing",
            "test",
            "qa",
            "working on it",
        ),
        *("development", "implementing", "underway", "under way", "verification", "blocked", "en cours", "en curso"),
    }
)
NOT_BUSY: Final = ("backlog", "inbox", "queue", "planning", "ideas", "next", "later", "future")
DONE_WORDS: Final = frozenset(
    {"done", "closed", "resolved", "released", "complete", "completed", "cancelled", "canceled", "finished"}
)
