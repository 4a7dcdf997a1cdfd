"""`leeway replay` of a real archive in a process of its own: wall time, and the memory of that one process.

Where the archive is not beside the checkout, a made-up one of as many issues takes its place, and the result says so.
"""

import asyncio
import gzip
import json
import logging
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

import orjson
import structlog

from schemas.strategy import Strategy
from services.commands.replaying import ReplayRequest, replay
from services.mapper.strategy_file import load_strategy
from services.runtime.configuration import Configuration
from services.runtime.settings import Settings
from tests.bench.company import AS_OF, Company
from tests.builders import jira_issue, jira_link

ROOT: Final = Path(__file__).resolve().parents[2]
ARCHIVE: Final = ROOT.parent / "shared" / "data" / "jira-archive"
NAMES: Final = ("TIMOB.jsonl.gz", "MOD.jsonl.gz", "AC.jsonl.gz")
ARCHIVE_AS_OF: Final = datetime(2016, 5, 27, 12, tzinfo=UTC)
AS_MANY: Final = 27_000


def measure(archive: Path = ARCHIVE, size: int = AS_MANY) -> dict[str, Any]:
    """Replay the archive, or a made-up one of this size, in a fresh process."""
    exports = [archive / name for name in NAMES]
    if all(path.is_file() for path in exports):
        return _in_a_child([*exports, archive / "strategy.yaml"], ARCHIVE_AS_OF)
    with TemporaryDirectory() as folder:
        made = make_up(Path(folder), size)
        return _in_a_child(made, AS_OF) | {"made_up": f"{archive.name} is not beside the checkout"}


def _in_a_child(paths: list[Path], as_of: datetime) -> dict[str, Any]:
    began = monotonic()
    command = [sys.executable, "-m", "tests.bench.archive", as_of.isoformat(), *map(str, paths)]
    child = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(child.stdout)
    return {"seconds": round(monotonic() - began, 1)} | told


def make_up(folder: Path, size: int) -> list[Path]:
    """Write a made-up export of so many issues, and a strategy that fits it; return both."""
    export, strategy = folder / "made-up.jsonl.gz", folder / "strategy.json"
    with gzip.open(export, "wb", compresslevel=1) as file:
        for number in range(size):
            file.write(orjson.dumps(_issue(number)) + b"\n")
    strategy.write_text(Company().strategy().model_dump_json())
    return [export, strategy]


def _issue(number: int) -> dict[str, Any]:
    """Return an issue of one of ten projects; one in five is open, one in fifty waits for the one before it."""
    project = f"G0000T{number % 10}"
    category = "done" if number % 5 else "new"
    links = [jira_link(number, "Blocks", inward=number - 10, project=project)] if number % 50 == 10 else []
    fields: dict[str, Any] = {"issuelinks": links, "labels": ["goal"]}
    if category == "done":
        fields |= {"resolution": {"name": "Done"}, "resolutiondate": "2026-05-01T12:00:00.000+0000"}
    return jira_issue(number, project=project, category=category, **fields)


def strategy_in(path: Path) -> Strategy:
    """Return the strategy in a file of either kind."""
    return load_strategy(path) if path.suffix == ".yaml" else Strategy.model_validate_json(path.read_bytes())


def _peak_mb() -> float:
    """Return the most memory that this process has held; `getrusage` counts its parent's before the exec."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    """Be the child: replay, and say how much memory it took."""
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), wrapper_class=quiet)
    as_of, *exports, strategy = arguments
    request = ReplayRequest(tuple(map(Path, exports)), strategy_in(Path(strategy)), datetime.fromisoformat(as_of))
    result = asyncio.run(replay(request, Settings(), Configuration(), lambda *_: None))
    told = {"rss_mb": round(_peak_mb()), "items": result.counts.items, "findings": len(result.findings)}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
