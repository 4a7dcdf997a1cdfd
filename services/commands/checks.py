"""One thing that `leeway doctor` looked at, and how a fault's sentence is told from its remedy."""

from dataclasses import dataclass
from typing import Final

from services.runtime.errors import LeewayError, Transient

BY_ITSELF: Final = "Nothing needs to be done if it passes: it is tried again by itself."


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `remedy` says what to do where it is not well."""

    what: str
    is_well: bool
    found: str
    remedy: str = ""

    def row(self) -> dict[str, object]:
        """Return it for printing as JSON."""
        return {"what": self.what, "ok": self.is_well, "found": self.found, "remedy": self.remedy}


def faulty(what: str, found: str, remedy: str) -> Check:
    """Return a check that found a fault."""
    return Check(what, is_well=False, found=found, remedy=remedy)


def of_fault(what: str, fault: LeewayError) -> Check:
    """Return the check that a fault means; its sentence ends in the remedy, or is one that passes by itself."""
    found, remedy = split(str(fault))
    return faulty(what, found, remedy or (BY_ITSELF if isinstance(fault, Transient) else ""))


def split(sentence: str) -> tuple[str, str]:
    """Tell what is wrong from what to do about it: after the first full stop, else after the last colon."""
    found, stop, remedy = sentence.partition(". ")
    if not stop:
        found, stop, remedy = sentence.rpartition(": ")
    if not stop:
        return sentence.rstrip("."), ""
    return found.rstrip("."), remedy[:1].upper() + remedy[1:]
