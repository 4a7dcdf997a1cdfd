"""Becomes a child of the stack: gives up root, asks to die with its parent, then turns into the program.

Run as a script with the standard library only, so that it starts in milliseconds and works wherever Python does:
`child.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT ...]`; UID -1 keeps the user. It is a program of its own because code
between fork and exec of a process with threads may hang.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PARENT_IS_GONE = 111


def give_up_root(uid: int, gid: int) -> None:
    """Become this user for good, with no group but its own."""
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int, signal_number: int) -> None:
    """Ask the kernel for a signal when the parent goes. A change of user clears the wish, so this comes after it.

    Only Linux can do this; elsewhere the guard does it alone.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(PARENT_IS_GONE)


def become(program: str, opened: int, arguments: list[str]) -> None:
    """Turn into the program; through its open file where its folder is closed to the new user."""
    try:
        os.execv(program, arguments)  # noqa: S606 -- there is no shell, and the stack gives the path
    except PermissionError:
        os.execve(opened, arguments, dict(os.environ))  # noqa: S606


def main(arguments: list[str]) -> None:
    """Do it all in the one right order."""
    parent, signal_number, uid, gid = (int(text) for text in arguments[:4])
    program = arguments[4]
    opened = os.open(program, os.O_RDONLY)
    os.umask(0o077)
    os.chdir("/")
    if uid >= 0:
        give_up_root(uid, gid)
    die_with_parent(parent, signal_number)
    become(program, opened, arguments[4:])


if __name__ == "__main__":
    main(sys.argv[1:])
