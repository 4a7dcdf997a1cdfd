"""How far a kept home has been replayed: time goes on in a home, it never goes back.

Items that came later than an earlier `--as-of` would still stand in the home's tables, and the answer would be wrong.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from services.commands.times import parse_instant
from services.runtime.errors import Misconfigured

FILE: Final = "replayed-as-of"


def refuse_earlier(home: Path, as_of: datetime) -> None:
    """Raise `Misconfigured` if the home was replayed as of a later instant already."""
    path = home / FILE
    if not path.is_file():
        return
    before = parse_instant(path.read_text(encoding="ascii").strip(), str(path))
    if as_of < before:
        raise Misconfigured(
            f"The home {home} was replayed as of {before.isoformat()} already, so --as-of {as_of.isoformat()} would "
            "see items of its future: give another --home, or an --as-of that is not earlier."
        )


def remember(home: Path, as_of: datetime) -> None:
    """Write down, before anything is imported, how far a home is replayed; the home is ours alone by then."""
    (home / FILE).write_text(f"{as_of.isoformat()}\n", encoding="ascii")
