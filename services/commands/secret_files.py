"""Where `leeway init` puts a token that was typed: a file that only its owner can read, outside the configuration."""

import os
from pathlib import Path
from typing import Final

from services.runtime.errors import Misconfigured
from services.runtime.settings import NAMED_SECRET

FOLDER: Final = "secrets"
ONLY_MINE: Final = 0o600


def variable_of(name: str) -> str:
    """Return the environment's variable that gives a secret by its name."""
    return NAMED_SECRET + name.upper().replace("-", "_").replace(".", "_")


def keep_secret(home: Path, name: str, value: str) -> Path:
    """Write a secret into a file of its own and return the file; nobody else can read it at any moment."""
    folder = (home / FOLDER).absolute()
    path = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE), "w", encoding="utf-8") as file:
            file.write(f"{value}\n")
        fresh.replace(path)
    except OSError as error:
        raise Misconfigured(f"The token cannot be kept in {path}: {error.strerror}; give another --home.") from error
    return path
