"""What a user types and gets; and an export and a strategy to type it about, both as the README has them."""

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from typer.testing import CliRunner

from schemas import generate
from services.cli import app
from tests.builders import Json, jira_issue, jira_link, jira_time

REPOSITORY: Final = Path(__file__).parents[2]
AS_OF: Final = "2026-11-02T12:00:00Z"
LONGEST_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return orjson.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal: exit code 2, nothing on standard output, one line."""
        assert self.code == 2, self
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("leeway: ")
        return line.removeprefix("leeway: ")


def leeway(*arguments: str | Path, **environment: str) -> Answer:
    """Type a command, in this process."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], env=environment, prog_name="leeway")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


@dataclass(frozen=True)
class Replayed:
    """A home, and what the replay that made it printed."""

    home: Path
    answer: dict[str, Any]


@contextmanager
def started(*arguments: str | Path, **environment: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a command in a process of its own; it is killed at the end of the block if it still lives."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LEEWAY_")}
    command = [sys.executable, "-m", "services.cli", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=own | environment
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ended(process: "subprocess.Popen[str]", within: float = LONGEST_SECONDS) -> Answer:
    """Wait for the end of a command, for so many seconds."""
    out, err = process.communicate(timeout=within)
    return Answer(process.returncode, out, err)


def readme() -> str:
    return generate.README.read_text(encoding="utf-8")


def code_blocks(language: str) -> list[str]:
    """Return the README's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme(), re.MULTILINE | re.DOTALL)


def write_example(folder: Path) -> None:
    """Write `strategy.yaml` and `issues.jsonl.gz`, the names that the README uses."""
    (folder / "strategy.yaml").write_text(code_blocks("yaml")[0], encoding="utf-8")
    lines = b"".join(orjson.dumps(issue) + b"\n" for issue in _issues())
    (folder / "issues.jsonl.gz").write_bytes(gzip.compress(lines))


def _issues() -> list[Json]:
    """Growth's epic, whose second story waits for an item of Platform that nobody touches."""
    created = datetime(2026, 10, 5, 9, tzinfo=UTC)
    touched = jira_time(created)
    waiting: Json = {
        "issuelinks": [jira_link(1, "Blocks", inward=7, project="PLAT")],
        "epic": {"id": 120, "key": "GROW-120"},
    }
    return [
        jira_issue(120, project="GROW", type_name="Epic", created=created, updated=touched),
        jira_issue(121, project="GROW", category="indeterminate", created=created, updated=touched, **waiting),
        jira_issue(7, project="PLAT", created=created, updated=touched, assignee=None),
    ]
