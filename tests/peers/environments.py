"""A place of its own for each peer, so that nothing of theirs meets anything of ours."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import which
from typing import Final

HOME: Final = Path(__file__).resolve().parents[2] / ".peers"
"""Where the environments lie; they are made once, and removed by `make clean`."""

LONGEST_SECONDS: Final = 1800.0
TOLD: Final = 3000
"""So much of what a program complained about is shown, in characters."""

REDIRECT: Final = Path(__file__).with_name("redirecting.py")


class Failed(Exception):  # noqa: N818 -- it is what happened to the peer
    """A program of a peer ended with a complaint, or one that it needs is not there."""


def environment(name: str, requirement: str) -> Path:
    """Return the Python of a peer's own environment, made now where it is not there."""
    folder = HOME / name
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    mark = requirement + REDIRECT.read_text()
    if not ready.exists() or ready.read_text() != mark:
        run([sys.executable, "-m", "venv", "--clear", str(folder)])
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement])
        [packages] = folder.glob("lib/python*/site-packages")
        # A line in a .pth file is run by every Python of this environment; a sitecustomize may be the system's own.
        (packages / "peer_redirecting.py").write_text(REDIRECT.read_text())
        (packages / "peer_redirecting.pth").write_text("import peer_redirecting\n")
        ready.write_text(mark)
    return python


def node_program(name: str, requirement: str) -> Path:
    """Return a program of a Node package, installed now where it is not there."""
    folder = HOME / name
    program = folder / "node_modules" / ".bin" / name
    if which("npm") is None:
        raise Failed("npm is not there: install Node 20")
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), requirement])
    return program


def run(command: Sequence[str], extra: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it printed. Raises `Failed` with its complaint."""
    done = subprocess.run(
        list(command), env={**os.environ, **(extra or {})}, capture_output=True, text=True, check=False,
        timeout=LONGEST_SECONDS,
    )  # fmt: skip
    if done.returncode:
        said = done.stderr[-TOLD:] or done.stdout[-TOLD:]
        raise Failed(f"{' '.join(command[:3])} ended with {done.returncode}: {said}")
    return done.stdout
