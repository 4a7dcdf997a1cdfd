"""Findings as commands print them: JSON for programs, a few lines each for people."""

from collections.abc import Iterable
from typing import Any

from rich.text import Text

from schemas.findings import Evidence, Finding
from services.commands.output import out

STYLES = {"low": "cyan", "medium": "yellow", "high": "red", "critical": "bold red"}


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a finding in the shape that `replay --format json` promises."""
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
    }


def evidence_row(evidence: Evidence) -> dict[str, Any]:
    """Return one fact without the fields that say nothing."""
    return evidence.model_dump(mode="json", exclude_none=True)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings for a person, the worst first as given."""
    for finding in findings:
        out.print(headline(finding))
        out.print(f"  {finding.why}")
        out.print(f"  {finding.question}", style="italic")
        out.print(f"  {placement(finding)}", style="dim")
        out.print()


def headline(finding: Finding) -> Text:
    """Return severity and title in one line."""
    style = STYLES[finding.severity.value]
    return Text.assemble((f"{finding.severity.value.upper():<9}", style), Text(finding.title, style="bold"))


def placement(finding: Finding) -> str:
    """Return who must act, for which objective, and by what name the finding is asked for."""
    parts = [f"{finding.rule} {finding.fingerprint}"]
    if finding.team is not None:
        parts.append(f"team {finding.team_name or finding.team}")
    if finding.objective is not None:
        parts.append(f"objective {finding.objective_title or finding.objective}")
    return ", ".join(parts)
