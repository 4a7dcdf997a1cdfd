"""One thing that `leeway doctor` looked at, and how a fault's sentence is told from its remedy."""

import re
from dataclasses import dataclass
from typing import Final

from services.runtime.errors import LeewayError, Transient

_QUOTED: Final = re.compile(r"`[^`]*`")
_HIDDEN: Final = "\x00"
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
    """Return the check that a fault means: its sentence ends in the remedy, or it is one that passes by itself."""
    if isinstance(fault, Transient):
        return faulty(what, str(fault).rstrip("."), BY_ITSELF)
    return faulty(what, *split(str(fault)))


def split(sentence: str) -> tuple[str, str]:
    """Tell what is wrong from what to do about it: after the first full stop, else after the first colon.

    Colons in what is quoted (`kind: cloud`) separate nothing.
    """
    found, stop, remedy = sentence.partition(". ")
    if not stop:
        found, _, remedy = _QUOTED.sub(_joined, sentence).partition(": ")
        found, remedy = found.replace(_HIDDEN, ": "), remedy.replace(_HIDDEN, ": ")
    return found.rstrip("."), remedy[:1].upper() + remedy[1:]


def _joined(quoted: re.Match[str]) -> str:
    return quoted[0].replace(": ", _HIDDEN)
