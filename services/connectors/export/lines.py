"""The JSON values of one file, one at a time: JSON lines or a JSON array, packed or not. Memory does not grow with it.

Lines are parsed by orjson, for speed (80 MB a second and more); what only the standard library can read (lone
surrogates, NaN) is given to that. An array is parsed by ijson, step by step, since it may be one line of any length.
What cannot be read is told with its line (in an array: the number of the element) and passed by where that is possible.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import ijson  # type: ignore[import-untyped]  # it ships no types
import orjson

from services.runtime.errors import Misconfigured

MAX_LINE: Final = 64 * 1024 * 1024
EXCERPT: Final = 4_096
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_CUT_SHORT: Final = "the compressed file ends early: it was cut short"


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be used: where, why, and how it begins."""

    source: str
    line: int
    reason: str
    excerpt: bytes = b""


@dataclass(frozen=True, slots=True)
class Value:
    """One JSON value and the line (or the element of an array) that it stands in."""

    source: str
    line: int
    json: Any


def values_of(path: Path) -> Iterator[Value | Problem]:
    """Give the values of a file in their order. Raises `Misconfigured` where there is no file to read."""
    with _opened(path) as file:
        try:
            start = _first_byte(file)
        except (EOFError, OSError, zlib.error):
            yield Problem(path.name, 0, _CUT_SHORT)
            return
        if start == b"":
            yield Problem(path.name, 0, "the file is empty")
        elif start == b"[":
            yield from _elements(path.name, file)
        else:
            yield from _lines(path.name, file)


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    try:
        plain = path.open("rb")
    except FileNotFoundError:
        raise Misconfigured(f"There is no export {path}; give the path of a .jsonl, .jsonl.gz or .json file.") from None
    except OSError as error:
        raise Misconfigured(f"The export {path} cannot be read: {error.strerror}.") from error
    with plain:
        packed = plain.peek(2)[:2] == _GZIP
        # The reader is buffered once more: reading lines off gzip's own object is far slower.
        yield io.BufferedReader(gzip.GzipFile(fileobj=plain), 256 * 1024) if packed else plain


def _first_byte(file: io.BufferedReader) -> bytes:
    """Return the first byte that is no white space, without taking it; a byte order mark is taken."""
    if file.peek(3)[:3] == _BOM:
        file.read(3)
    while (ahead := file.peek(1)[:1]) and ahead.isspace():
        file.read(1)
    return ahead


def _lines(source: str, file: BinaryIO) -> Iterator[Value | Problem]:
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(MAX_LINE)
        except (EOFError, OSError, zlib.error):
            yield Problem(source, number, _CUT_SHORT)
            return
        if not line:
            return
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            yield Problem(source, number, f"the line is longer than {MAX_LINE // 2**20} MiB", line[:EXCERPT])
            _skip_line(file)
        elif not line.isspace():
            yield _parsed(source, number, line)


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _parsed(source: str, number: int, line: bytes) -> Value | Problem:
    try:
        return Value(source, number, orjson.loads(line))
    except orjson.JSONDecodeError:
        pass
    try:
        return Value(source, number, json.loads(line))
    except RecursionError:
        return Problem(source, number, "the line is nested too deeply", line[:EXCERPT])
    except UnicodeDecodeError:
        return Problem(source, number, "the line is no UTF-8", line[:EXCERPT])
    except ValueError as error:
        where = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Problem(source, number, f"the line is no JSON: {where}", line[:EXCERPT])


def _elements(source: str, file: BinaryIO) -> Iterator[Value | Problem]:
    number = 0
    try:
        for number, element in enumerate(ijson.items(file, "item", use_float=True), 1):
            yield Value(source, number, element)
    except (EOFError, OSError, zlib.error):
        yield Problem(source, number + 1, _CUT_SHORT)
    except (ijson.JSONError, ValueError) as error:
        first = str(error).partition("\n")[0]
        yield Problem(source, number + 1, f"the array cannot be read on after element {number}: {first}")
    else:
        if number == 0:
            yield Problem(source, 0, "the array is empty")
