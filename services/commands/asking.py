"""`leeway why-not` and `leeway explain`: a rule's conditions for a subject, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from schemas.aligned_items import Alignment, AlignmentRule
from schemas.findings import Finding, FindingState
from services.commands.inspecting import at_home, finding_at
from services.commands.output import OutputFormat, out, print_json
from services.commands.reports import print_explanation
from services.commands.workplace import Workplace
from services.detector import asking, chains
from services.detector.asking import Answer
from services.detector.context import Mode
from services.detector.facts import ItemFacts
from services.detector.rules.registry import BY_NAME
from services.mapper import queries as mapper
from services.notifier.channels.terminal.channel import safe
from services.runtime.errors import Misconfigured
from services.runtime.wording import suggestion

MOST = 20
"""So many pairs are told of one item."""


@dataclass(frozen=True)
class Link:
    """One step of the way to the objective, in words."""

    key: str
    title: str
    says: str


@dataclass(frozen=True)
class Explanation:
    """A finding, the conditions that hold it now, and the way from its first item to its objective."""

    finding: Finding
    answer: Answer | None
    chain: tuple[Link, ...]


def why_not(home: Path | None, rule: str, names: Sequence[str], now: datetime) -> list[Answer]:
    """Return what a rule says of a subject, or of each pair that it is part of."""
    if rule not in BY_NAME:
        raise Misconfigured(f"There is no rule {rule!r}: {suggestion(rule, list(BY_NAME))}")
    return at_home(home, lambda place: asking.why(place.room("detector"), now, rule, names))


def explain(home: Path | None, prefix: str, now: datetime, as_of: str | None) -> Explanation:
    """Return the one finding whose fingerprint begins so, with what holds it and what it leads to."""
    finding = finding_at(home, prefix, as_of)
    return at_home(home, lambda place: _explained(place, finding, now))


async def _explained(place: Workplace, finding: Finding, now: datetime) -> Explanation:
    answer = None
    if finding.state is not FindingState.RESOLVED:
        try:
            refs = [subject.ref for subject in finding.subjects]
            answers = await asking.why(place.room("detector"), now, finding.rule, refs)
            answer = answers[0] if answers else None
        except Misconfigured:
            answer = None  # what the finding was about is no longer known: its evidence is all there is
    return Explanation(finding, answer, await _chain(place, finding))


async def _chain(place: Workplace, finding: Finding) -> tuple[Link, ...]:
    """Return the way from the finding's first item to the objective, and why its last item serves that."""
    first = finding.subjects[0]
    if finding.objective is None or first.key is None:
        return ()
    async with place.room("detector").transaction() as conn:
        items = await chains.chain_to(conn, first.ref, finding.objective)
    if not items:
        return ()
    last = await mapper.item(place.room("mapper"), items[-1].ref)
    serves = _serves(last.alignment, finding) if last else f"serves {finding.objective_title or finding.objective}"
    waits = [_link(after, f"waits for {before.key}") for before, after in pairwise(items)]
    return (_link(items[0], ""), *waits, Link(items[-1].key, items[-1].title, serves))


def _link(item: ItemFacts, says: str) -> Link:
    return Link(item.key, item.title, says)


def _serves(alignment: Alignment, finding: Finding) -> str:
    because = {
        AlignmentRule.SELF: "it says so itself",
        AlignmentRule.SELECTOR: f"by the selector {alignment.selector}",
        AlignmentRule.PARENT: "as its parent does",
        AlignmentRule.EPIC: "as its epic does",
        AlignmentRule.TWIN: "as its twin does",
    }.get(alignment.rule, "")
    return f"serves “{finding.objective_title or finding.objective}”{f', {because}' if because else ''}"


def print_answers(answers: Sequence[Answer], format_: OutputFormat) -> None:
    """Print what a rule says: each condition with its numbers, whether it holds, and when time alone changes it."""
    if format_ is OutputFormat.JSON:
        print_json([_row(answer) for answer in answers])
        return
    for answer in answers[:MOST]:
        names = " and ".join(subject.key or subject.title for subject in answer.subjects)
        says = "holds a finding on" if answer.holds and answer.mode is not Mode.OFF else "holds nothing on"
        out.print(safe(f"{answer.rule} {says} {names}:"), style="bold")
        _print_conditions(answer)
        out.print()
    if len(answers) > MOST:
        out.print(f"and {len(answers) - MOST} more; name both ends to ask of one.")


def _print_conditions(answer: Answer) -> None:
    for condition in answer.conditions:
        later = "" if condition.changes_at is None else f"  (may change {condition.changes_at:%Y-%m-%d %H:%M} UTC)"
        out.print(safe(f"  {'yes' if condition.holds else 'no ':<4} {condition.says}{later}"))
    if not answer.holds and not any(one.changes_at for one in answer.conditions if not one.holds):
        out.print("  Only an event can change that: nothing here comes by waiting.", style="dim")
    if answer.mode is not Mode.ON:
        out.print(f"  The rule is {'off' if answer.mode is Mode.OFF else 'in shadow'} here.", style="yellow")
    for ref in answer.blind:
        out.print(safe(f"  Nothing can be told of {ref} now: its connection brings no data."), style="yellow")


def print_whole(whole: Explanation, format_: OutputFormat) -> None:
    """Print a finding with its evidence, its conditions now, what would clear it, and the way to its objective."""
    if format_ is OutputFormat.JSON:
        rows = [{"key": link.key, "title": link.title, "says": link.says} for link in whole.chain]
        conditions = _row(whole.answer)["conditions"] if whole.answer else []
        print_json(whole.finding.model_dump(mode="json") | {"conditions": conditions, "chain": rows})
        return
    print_explanation(whole.finding)
    if whole.answer is not None:
        out.print("\n  As it stands now:")
        _print_conditions(whole.answer)
    if whole.chain:
        out.print("\n  From there to the objective:")
        for link in whole.chain:
            out.print(safe(f"  {link.key:<12}{link.says or link.title}"))


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "rule": answer.rule,
        "subjects": [subject.model_dump(mode="json") for subject in answer.subjects],
        "fingerprint": answer.fingerprint,
        "holds": answer.holds,
        "mode": answer.mode.value,
        "conditions": [
            {"says": one.says, "holds": one.holds, "changes_at": one.changes_at} for one in answer.conditions
        ],
        "blind": list(answer.blind),
    }
