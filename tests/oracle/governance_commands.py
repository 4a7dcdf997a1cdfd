"""The `leeway` command on made companies, for comparisons that take the whole way through broker and database."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML

from tests.oracle.governance_raw import Json

ROOT = Path(__file__).resolve().parents[2]


def leeway(*arguments: object) -> bytes:
    """Run the command, and return what it prints."""
    command = [sys.executable, "-m", "services.cli", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout


def write(folder: Path, raws: list[Json], raw_plan: Json) -> None:
    """Write an export and a strategy, where whoever the database runs as can reach what is beside them."""
    folder.chmod(0o755)
    (folder / "made.jsonl").write_bytes(b"\n".join(map(orjson.dumps, raws)))
    with (folder / "strategy.yaml").open("w") as file:
        YAML().dump(orjson.loads(orjson.dumps(raw_plan)), file)


def replay(folder: Path, now: datetime) -> list[dict[str, Any]]:
    """Return the findings of a replay as of `now`, in this folder's own home."""
    answer: dict[str, Any] = json.loads(
        leeway("replay", folder / "made.jsonl", "--strategy", folder / "strategy.yaml", "--as-of", now.isoformat(),
               "--home", folder / "home", "--format", "json")
    )  # fmt: skip
    return list(answer["findings"])
