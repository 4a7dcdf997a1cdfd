"""What `--fail-on` ends with, and how a finding in shadow is printed."""

import pytest
import typer

from schemas.findings import Severity
from services.commands.inspecting import exit_on
from services.commands.reports import finding_row
from tests.notifier.findings import finding


@pytest.mark.parametrize("severity", [Severity.MEDIUM, Severity.HIGH])
def test_a_finding_as_severe_or_worse_ends_with_one(severity: Severity) -> None:
    with pytest.raises(typer.Exit) as ended:
        exit_on([finding(severity=severity)], Severity.MEDIUM)
    assert ended.value.exit_code == 1


def test_a_lesser_finding_fails_nothing() -> None:
    exit_on([finding(severity=Severity.LOW)], Severity.MEDIUM)


def test_what_a_rule_in_shadow_finds_fails_nothing() -> None:
    exit_on([finding(severity=Severity.CRITICAL, shadow=True)], Severity.LOW)


def test_a_finding_in_shadow_says_so_in_the_row_that_programs_read() -> None:
    assert finding_row(finding(shadow=True)) == finding_row(finding()) | {"shadow": True}
    assert "shadow" not in finding_row(finding())
