"""Findings as commands print them: JSON for programs, a few lines each for people."""

from collections.abc import Iterable
from typing import Any

from rich.text import Text

from schemas.findings import Evidence, Finding
from services.commands.output import out
from services.notifier.channels.terminal.channel import safe

STYLES = {"low": "cyan", "medium": "yellow", "high": "red", "critical": "bold red"}


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a finding in the shape that `replay --format json` promises; one in shadow says so beside it."""
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subjects": [subject.model_dump(mode="json") for subject in finding.subjects],
        "objective": finding.objective,
        "team": finding.team,
        "since": finding.since,
        "why": finding.why,
        "question": finding.question,
        "evidence": [evidence_row(one) for one in finding.evidence],
    } | ({"shadow": True} if finding.shadow else {})


def evidence_row(evidence: Evidence) -> dict[str, Any]:
    """Return one fact without the fields that say nothing."""
    return evidence.model_dump(mode="json", exclude_none=True)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings for a person, the worst first as given."""
    for finding in findings:
        out.print(headline(finding))
        out.print(f"  {safe(finding.why)}")
        out.print(f"  {safe(finding.question)}", style="italic")
        out.print(f"  {safe(placement(finding))}", style="dim")
        out.print()


def headline(finding: Finding) -> Text:
    """Return severity and title in one line."""
    style = STYLES[finding.severity.value]
    return Text.assemble((f"{finding.severity.value.upper():<9}", style), Text(safe(finding.title), style="bold"))


def placement(finding: Finding) -> str:
    """Return who must act, for which objective, and by what name the finding is asked for."""
    parts = [f"{finding.rule} {finding.fingerprint}{' (in shadow: told to nobody)' if finding.shadow else ''}"]
    if finding.team is not None:
        parts.append(f"team {finding.team_name or finding.team}")
    if finding.objective is not None:
        parts.append(f"objective {finding.objective_title or finding.objective}")
    return ", ".join(parts)


def print_explanation(finding: Finding) -> None:
    """Print one finding with its subjects, its evidence in time order, and what would clear it."""
    print_findings([finding])
    for subject in finding.subjects:
        link = f"  {subject.url}" if subject.url else ""
        out.print(f"  {subject.key or subject.ref}: {safe(subject.title)}{link}")
    out.print()
    for one in sorted(finding.evidence, key=lambda one: (one.at is None, one.at)):
        out.print(f"  {one.at.isoformat(timespec='minutes') if one.at else '':<24}{fact_line(finding, one)}")
    out.print()
    out.print(
        f"  It stands since {finding.since.isoformat(timespec='minutes')}, by strategy version "
        f"{finding.strategy_version}. {safe(finding.clears_when)}"
    )


def fact_line(finding: Finding, evidence: Evidence) -> str:
    """Return one fact in words: what, of which subject, and its value."""
    name = next((subject.key for subject in finding.subjects if subject.ref == evidence.ref), evidence.ref)
    values = evidence.value if isinstance(evidence.value, list | tuple) else [evidence.value]
    value = "" if evidence.value is None else f": {', '.join(map(str, values))}"
    return safe(f"{evidence.fact.replace('-', ' ')}{f' of {name}' if name else ''}{value}")
