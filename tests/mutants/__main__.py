"""Breaks each decision in every small way that mutmut knows, and counts how often a test notices.

    {"mutants": 4210, "killed": 3980, "share": 0.945, "hold": 0.9, "files": {"services/...": [120, 118]},
     "alive": ["services..."]}

Prints one JSON object; `alive` names the mutants that no test noticed (`.mutants/bin/mutmut show NAME` in
`.mutants/tree` shows one). Ends with 1 if fewer are killed than is to hold. What is mutated, and by which tests it is
judged, stands in `pyproject.toml` under `tool.mutmut`: decisions, by tests that are pure and fast. It works on a copy
of the tree, so that nothing is ever broken here.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / ".mutants"
TREE: Final = HOME / "tree"
REQUIREMENT: Final = "mutmut==3.8.1"
"""Not among the locked packages: nobody but this needs it. Pinned: another version makes other mutants."""

HOLD: Final = 0.9
ALIVE: Final = frozenset({0, 5, 33})
"""Exit codes of a mutant that lives: all its tests passed, or there is none. Source: mutmut's table of them."""
SKIPPED: Final = 34


def main() -> int:
    """Mutate, test, count, print; return the exit code."""
    mutmut = _installed()
    _copied()
    with (HOME / "mutmut.log").open("w") as log:
        ran = subprocess.run(
            [mutmut, "run", *sys.argv[1:]], cwd=TREE, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    found = dict(_exit_codes())
    if not found or any(code is None for code in found.values()):
        sys.stderr.write(f"mutants: mutmut ended with {ran.returncode} before its end; see {HOME / 'mutmut.log'}\n")
        return 2
    told = report({name: code for name, code in found.items() if code is not None})
    sys.stdout.write(json.dumps(asdict(told), indent=2) + "\n")
    return 0 if told.share >= HOLD else 1


@dataclass(frozen=True)
class Report:
    """What is printed: `files` gives the mutants of each file and how many of them were killed."""

    mutants: int
    killed: int
    share: float
    hold: float
    files: dict[str, list[int]]
    alive: list[str]


def report(exit_codes: dict[tuple[str, str], int]) -> Report:
    """Return what is printed, of the exit code of each mutant by (file, name)."""
    counted = {key: code for key, code in exit_codes.items() if code != SKIPPED}
    files: dict[str, list[int]] = {}
    for (file, _), code in sorted(counted.items()):
        count = files.setdefault(file, [0, 0])
        count[0] += 1
        count[1] += code not in ALIVE
    killed = sum(count[1] for count in files.values())
    return Report(
        mutants=len(counted),
        killed=killed,
        share=round(killed / len(counted), 4) if counted else 0.0,
        hold=HOLD,
        files=files,
        alive=sorted(name for (_, name), code in counted.items() if code in ALIVE),
    )


def _installed() -> str:
    """Return mutmut of an environment of its own, which sees the packages of ours; made where it is not there."""
    python = HOME / "bin" / "python"
    ready = HOME / ".ready"
    mark = f"{REQUIREMENT} {sys.prefix}"
    if not ready.exists() or ready.read_text() != mark:
        _run([sys.executable, "-m", "venv", "--clear", str(HOME)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT])
        [theirs] = HOME.glob("lib/python*/site-packages")
        [ours] = Path(sys.prefix).glob("lib/python*/site-packages")
        (theirs / "zz_ours.pth").write_text(f"{ours}\n")
        ready.write_text(mark)
    return str(HOME / "bin" / "mutmut")


def _copied() -> None:
    """Copy the tree anew, but keep what mutmut found before of the parts that are unchanged."""
    for name in ("schemas", "services", "tests"):
        shutil.rmtree(TREE / name, ignore_errors=True)
        shutil.copytree(ROOT / name, TREE / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy2(ROOT / name, TREE / name)


def _exit_codes() -> Iterator[tuple[tuple[str, str], int | None]]:
    made = TREE / "mutants"
    for meta in sorted(made.glob("services/**/*.py.meta")):
        file = str(meta.relative_to(made)).removesuffix(".meta")
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            yield (file, name), code


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
