"""Real data beside the checkout; none of it is in the repository, so a test that needs it skips where it is not."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(*names: str) -> tuple[Path, ...]:
    """Return files of the shared data, or skip the test."""
    paths = tuple(DATA / name for name in names)
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} in {DATA.parent.name}/{DATA.name} beside the checkout")
    return paths


def archive(*projects: str) -> tuple[Path, ...]:
    """Return the archive's exports of these projects."""
    return shared(*(f"jira-archive/{project}.jsonl.gz" for project in projects))


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Give the JSON objects of a packed file."""
    with gzip.open(path) as file:
        for line in file:
            yield json.loads(line)
