"""Where nobody told what happened, a finding goes by what was seen since we look; its evidence and its text say so.

`SEEN_FROM` is the fact by which evidence says it, with the first moment from which that is so.
"""

from datetime import datetime
from typing import Final

from schemas.findings import Evidence
from services.detector.rule import Telling

SEEN_FROM: Final = "seen-from"


def seen(ref: str, seen_from: datetime | None) -> tuple[Evidence, ...]:
    """Return the evidence that the basis was seen, none where it was told."""
    return () if seen_from is None else (Evidence(fact=SEEN_FROM, ref=ref, at=seen_from),)


def in_words(telling: Telling) -> str:
    """Return the sentence to go on with, which begins with a space; nothing where the history was told."""
    since = telling.at(SEEN_FROM)
    return f" It goes by what was seen since {since}; nobody told what was before." if since else ""
