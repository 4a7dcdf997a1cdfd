"""Is there anything to read in an export? Asked before anything is started, so that nothing is half done.

Promise: a file that is not there, is empty, was cut short or holds no item at all is refused in one sentence; a file
with some unusable lines is not, they are set aside one by one.
"""

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.connectors.export.lines import Problem, values_of
from services.connectors.export.survey import Entry, entry_of
from services.runtime.errors import Misconfigured

_GZIP: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 20


def refuse_unusable(exports: Iterable[Path]) -> None:
    """Raise `Misconfigured` for the first export that cannot be read to its end, or holds no issue and no task."""
    for path in exports:
        _refuse_cut_short(path)
        _refuse_without_items(path)


def _refuse_cut_short(path: Path) -> None:
    """Unpack a packed file to its end, which its checksum closes; a plain file has nothing that tells its end."""
    try:
        with path.open("rb") as file:
            if file.read(2) != _GZIP:
                return
            file.seek(0)
            with gzip.GzipFile(fileobj=file) as unpacked:
                while unpacked.read(_BLOCK):
                    pass
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Misconfigured(f"The export {path} is cut short or damaged; make or copy it again.") from None
    except FileNotFoundError:
        raise Misconfigured(f"There is no export {path}; give the path of a .jsonl, .jsonl.gz or .json file.") from None
    except OSError as error:
        raise Misconfigured(f"The export {path} cannot be read ({error.strerror}); give a file that can.") from error


def _refuse_without_items(path: Path) -> None:
    first: Problem | None = None
    for value in values_of(path):
        found = value if isinstance(value, Problem) else entry_of(value)
        if isinstance(found, Entry):
            return
        first = first or found
    raise Misconfigured(_nothing_in(path, first))


def _nothing_in(path: Path, first: Problem | None) -> str:
    wanted = "give one Jira issue or Asana task a line, or a JSON array of them"
    if first is None or first.line == 0:
        return f"The export {path} is empty; {wanted}."
    return f"The export {path} holds no Jira issue and no Asana task (line {first.line}: {first.reason}); {wanted}."
