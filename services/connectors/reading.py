"""Reading JSON that nobody promised anything about: the value in the shape that is wanted, or nothing; never an error.

Text loses what PostgreSQL, Kafka and JSON cannot carry (NUL, lone surrogates) and everything beyond a limit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

MAX_TEXT: Final = 1_000
MAX_DEPTH: Final = 60
MAX_NUMBER: Final = 1e9
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
_IDENTITY: Final = re.compile(r"[^:\s\x00\ud800-\udfff]{1,200}")
_NOTHING: Final[Mapping[str, Any]] = {}


def mapping(value: object) -> Mapping[str, Any]:
    """Return the JSON object, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: object) -> Sequence[Any]:
    """Return the JSON array, or an empty one."""
    return value if isinstance(value, list) else ()


def text(value: object, limit: int = MAX_TEXT) -> str | None:
    """Return a text that can be stored and shown, trimmed and cut at `limit`; none where there is nothing to read."""
    if not isinstance(value, str):
        return None
    fit = value if value.isascii() and "\x00" not in value else _UNFIT.sub("", value)
    return fit[:limit].strip() or None


def texts(values: object, name: str | None = None) -> tuple[str, ...]:
    """Return the texts of an array, or the text under `name` of each of its objects: each once, in their order."""
    found = (text(each if name is None else mapping(each).get(name)) for each in sequence(values))
    return tuple(dict.fromkeys(each for each in found if each))


def identity(value: object) -> str | None:
    """Return an id, which trackers write as text or as a whole number, if it can be part of a ref."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 <= value < 2**63 else None
    return value if isinstance(value, str) and _IDENTITY.fullmatch(value) else None


def number(value: object) -> float | None:
    """Return a finite number of a size that makes sense for an estimate."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < MAX_NUMBER else None


def strings(value: object, depth: int = 0) -> Iterator[str]:
    """Give every text inside a value: wiki markup as it is, and a rich-text tree leaf by leaf, addresses included."""
    if isinstance(value, str):
        yield value
    elif depth < MAX_DEPTH and isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each, depth + 1)


def spoken(value: object) -> str | tuple[str, ...] | None:
    """Return the value of a custom field as people read it: a text, or several; none where it has none to show."""
    if isinstance(value, list):
        return tuple(dict.fromkeys(each for each in map(_spoken_once, value) if each)) or None
    return _spoken_once(value)


def _spoken_once(value: object) -> str | None:
    if isinstance(value, dict):
        return next(filter(None, (text(value.get(name)) for name in ("value", "name", "displayName", "key"))), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if number(value) is not None else None
    return text(value)
