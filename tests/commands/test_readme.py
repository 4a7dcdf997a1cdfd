"""The README cannot lie: its tables are made from the code, its commands run, its strategy is sound."""

import re
import shlex

import pytest

from services.cli import app
from services.commands import readme as generated
from services.detector.rules.registry import RULES
from services.runtime.metrics import METRIC_NAMES
from services.runtime.settings import VARIABLES
from tests.commands.typed import REPOSITORY, Replayed, code_blocks, leeway, readme

SERVED = ("up", "run", "init")
"""Commands that go on until they are ended, and one that needs a site: `test_serving` and `test_trial` run them."""


def lines_of_shell() -> list[list[str]]:
    lines = [shlex.split(line, comments=True) for block in code_blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def inline_commands() -> list[list[str]]:
    """Return what stands in backquotes in the README, and begins with leeway."""
    return [shlex.split(found) for found in re.findall(r"`(?:\.venv/bin/)?leeway ([^`]+)`", readme())]


def test_the_generated_tables_are_those_of_the_code() -> None:
    """If this fails: `make schemas`."""
    text = readme()
    for name, content in generated.blocks().items():
        assert f"<!-- {name} -->\n{content}<!-- /{name} -->" in text


def test_every_rule_setting_and_metric_is_in_a_table() -> None:
    tables = generated.blocks()
    assert all(f"| `{rule.name}` |" in tables["rules"] for rule in RULES)
    assert all(f"`{field}`: " in tables["rules"] for rule in RULES for field in rule.policy.model_fields)
    assert all(f"`{variable.name}`" in tables["settings"] for variable in VARIABLES)
    assert all(f"`{name}" in tables["metrics"] for name in METRIC_NAMES)


def test_every_rule_says_when_it_fires_and_how_severe_it_is() -> None:
    for line in generated.rules_table().splitlines()[2:]:
        _, name, fires, severity, _, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", line))
        assert len(fires) > 20, name
        assert severity.startswith(("low", "medium", "high")), name


def test_the_strategy_in_the_readme_is_sound() -> None:
    assert leeway("check", "strategy.yaml").code == 0


@pytest.mark.parametrize("line", [line for line in lines_of_shell() if line[0] == "leeway"], ids=" ".join)
def test_a_command_in_a_shell_block_runs(line: list[str], replayed: Replayed) -> None:
    if line[1] in SERVED:
        return
    told = leeway(*line[1:], LEEWAY_HOME=str(replayed.home))
    assert told.code == (1 if line[1] == "doctor" else 0), told
    assert told.out


@pytest.mark.parametrize("target", [line[1] for line in lines_of_shell() if line[0] == "make"])
def test_a_make_target_in_a_shell_block_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", inline_commands(), ids=" ".join)
def test_a_command_in_the_text_exists_with_its_options(line: list[str]) -> None:
    words = [word for word in line if re.fullmatch(r"[a-z][a-z-]*", word)]
    for path in (words[:2], words[:1], []):
        told = leeway(*path, "--help")
        if told.code == 0:
            break
    assert all(option in told.out for option in line if option.startswith("--")), told.out


def test_every_command_has_help_with_an_example() -> None:
    groups = {group.name: group.typer_instance for group in app.registered_groups if group.typer_instance}
    for name, command in [(None, one) for one in app.registered_commands] + [
        (name, one) for name, group in groups.items() for one in group.registered_commands
    ]:
        said = command.name or str(getattr(command.callback, "__name__", ""))
        told = leeway(*([name] if name else []), said, "--help")
        assert told.code == 0
        assert "Example: leeway" in told.out


def test_version_and_topics_are_printed_for_programs_too() -> None:
    assert leeway("version", "--format", "json").json["version"] == leeway("version").out.strip()
    assert {row["topic"] for row in leeway("topics", "--format", "json").json} == set(
        re.findall(r"^\| `(leeway\.[a-z.-]+)`", readme(), re.MULTILINE)
    )
