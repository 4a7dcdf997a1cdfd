"""Where a home's database lies: in the home, or where the children's user can reach it."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.runtime.embedded.endpoints import Home
from services.runtime.embedded.users import Account, account_for_children
from services.runtime.errors import Misconfigured

STATE_OF_THE_MACHINE: Final = Path("/var/lib/leeway")
"""Where state belongs that is not in a home: kept over restarts, unlike the temporary folders."""


@dataclass(frozen=True, slots=True)
class DatabaseFolder:
    """The folder of a home's PostgreSQL, closed to everybody but the user that the server runs as."""

    path: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """What `initdb` makes."""
        return self.path / "data"

    @property
    def socket(self) -> Path:
        """The folder of the socket, where its path is short enough."""
        return self.path / "socket"

    def make(self) -> None:
        """Make the folder if it is missing."""
        try:
            if not self.path.parent.exists():
                self.path.parent.mkdir(mode=0o711)
            self.private(self.path)
        except OSError as error:
            raise Misconfigured(
                f"The database's folder {self.path} cannot be made ({error.strerror}): "
                "give another home by LEEWAY_HOME, or a database by LEEWAY_DATABASE_URL."
            ) from error

    def private(self, folder: Path) -> None:
        """Make a folder that only the server's user may look into."""
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self.account:
                self.account.owns(folder)


def database_folder(home: Home, *, throwaway: bool) -> DatabaseFolder:
    """Return the database's folder, and write down where it is if that is not in the home."""
    inside = home.path / "postgres"
    path = _pointed_at(home) or inside
    account = account_for_children(path)
    if path == inside and account is not None and not account.may_reach(inside):
        path = _throwaway_folder(account) if throwaway else _folder_of_the_machine(home)
        home.pointer.write_text(f"{path}\n", encoding="utf-8")
        account = account_for_children(path)
    return DatabaseFolder(path, account)


def remove_database(home: Home) -> None:
    """Remove the database's folder if it is not in the home."""
    if (elsewhere := _pointed_at(home)) is not None:
        shutil.rmtree(elsewhere, ignore_errors=True)
        home.pointer.unlink(missing_ok=True)


def _pointed_at(home: Home) -> Path | None:
    """Return the folder that the home points at, if the home's pointer is one that only root could have written."""
    try:
        if os.geteuid() == 0 and home.pointer.stat().st_uid != 0:
            raise Misconfigured(f"{home.pointer} was written by another user and is not believed: remove it.")
        return Path(home.pointer.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _throwaway_folder(account: Account) -> Path:
    made = Path(tempfile.mkdtemp(prefix="leeway-"))
    account.owns(made)
    return made


def _folder_of_the_machine(home: Home) -> Path:
    key = hashlib.sha256(os.fsencode(home.path.resolve())).hexdigest()[:16]
    return STATE_OF_THE_MACHINE / key
