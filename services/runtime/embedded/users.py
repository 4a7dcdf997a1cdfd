"""Which user the children run as, and which folders that user can reach."""

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.runtime.errors import Misconfigured

UNPRIVILEGED: Final = ("nobody", "daemon", "postgres")
"""Looked for in this order when we are root; none is ever made. `postgres` comes last, since it may own a database."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine that is not root."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Give this path, which we have just made, to the user."""
        os.chown(path, self.uid, self.gid)

    def may_reach(self, path: Path) -> bool:
        """Say whether the user may pass through every folder above this path, as far as the modes tell."""
        return all(self._may_pass(folder) for folder in _existing_parents(path))

    def _may_pass(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def account_for_children(existing: Path) -> Account | None:
    """Return the user that the children run as: none, which is ourselves, unless we are root.

    A folder that is already there keeps its owner, so that a database is never opened as two users.
    """
    if os.geteuid() != 0:
        return None
    if existing.exists() and (owner := existing.stat().st_uid) != 0:
        return _owner(existing, owner)
    for name in UNPRIVILEGED:
        try:
            return _of(pwd.getpwnam(name))
        except KeyError:
            continue
    raise Misconfigured(
        f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED)} is there: "
        "start Leeway as another user, or give a database by LEEWAY_DATABASE_URL."
    )


def own_name() -> str:
    """Return the name of the user that we run as, which is how PostgreSQL knows us."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        raise Misconfigured(
            f"User {os.geteuid()} has no entry in the machine's user list, which PostgreSQL needs: "
            "add one, or give a database by LEEWAY_DATABASE_URL."
        ) from error


def _owner(folder: Path, uid: int) -> Account:
    try:
        return _of(pwd.getpwuid(uid))
    except KeyError as error:
        raise Misconfigured(
            f"The database's folder {folder} belongs to user {uid}, who is not in the machine's user list: "
            "give it to one who is, or give another home by LEEWAY_HOME."
        ) from error


def _of(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _existing_parents(path: Path) -> Iterator[Path]:
    return (folder for folder in path.resolve().parents if folder.exists())
