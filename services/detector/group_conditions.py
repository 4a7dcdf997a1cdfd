"""What the conditions of rules on objectives, key results, teams and shares of capacity have in common."""

from services.detector.conditions import of_others
from services.detector.rule import Condition


def not_judged(subjects: tuple[str, ...], ref: str) -> tuple[Condition, ...]:
    """Return the only condition there is: the facts are of `ref`, which is another subject or in no strategy."""
    if subjects != (ref,):
        return of_others(subjects, (ref,))
    return (Condition(f"The strategy does not name {ref}.", holds=False),)


def needed(count: float) -> str:
    """Return "at least 1 is needed", "at least 5 are needed"."""
    return f"at least {count:g} {'is' if count == 1 else 'are'} needed"


def limit(share: float) -> str:
    """Return a share of the policy as it is written: "25 %", "16.5 %"."""
    return f"{share * 100:.10g} %"


def points(distance: float) -> str:
    """Return a distance between two shares as it is written: "10 points", "16.5 points", "1 point"."""
    return "1 point" if distance == 0.01 else f"{distance * 100:.10g} points"  # noqa: PLR2004 -- one point
