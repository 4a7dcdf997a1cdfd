"""Reads Jira exports an issue at a time: JSON lines or an array, packed or not. What is none is told with its line."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import ijson  # type: ignore[import-untyped]  # it ships no types
import orjson

from services.runtime.errors import Misconfigured

_GZIP: Final = b"\x1f\x8b"
LONGEST_LINE: Final = 64 * 1024 * 1024
_NEEDED: Final = ("project", "issuetype", "status", "created")


@dataclass(frozen=True, slots=True)
class Bad:
    """What is not served: the file, the line (in an array: the element), and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as the export has it, and where."""

    file: str
    line: int
    raw: dict[str, Any]


def issues_of(path: Path) -> Iterator[Issue | Bad]:
    """Give what a file holds in its order. Raises `Misconfigured` where there is no file to read."""
    line = 0
    with _opened(path) as file:
        try:
            values = _elements(file) if _first_byte(file) == b"[" else _lines(file)
            for line, value in values:
                reason = value if isinstance(value, str) else why_not(value)
                yield Bad(path.name, line, reason) if reason else Issue(path.name, line, value)
        except (EOFError, OSError, zlib.error):
            yield Bad(path.name, line + 1, "the compressed file ends early: it was cut short")
        except ijson.JSONError as error:
            yield Bad(path.name, line + 1, f"it is no JSON from here on: {error}")


def why_not(value: Any) -> str | None:
    """Return why a value cannot be served as an issue, or none."""
    if not isinstance(value, dict) or not isinstance(value.get("fields"), dict):
        return "it is no Jira issue: it has no `fields`"
    if not str(value.get("id", "")).isdigit() or not str(value.get("key", "")).rpartition("-")[2].isdigit():
        return "the issue has no usable id or key"
    missing = [name for name in _NEEDED if not value["fields"].get(name)]
    if missing:
        return f"the issue has no {' and no '.join(missing)}"
    try:
        datetime.fromisoformat(value["fields"]["created"])
    except (TypeError, ValueError):
        return "the issue has no readable time of creation"
    return None


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        plain = path.open("rb")
    except OSError as error:
        raise Misconfigured(
            f"The export {path} cannot be read ({error.strerror}); give --load a .jsonl, .jsonl.gz or .json file."
        ) from error
    with plain:
        packed = plain.peek(2)[:2] == _GZIP
        yield BufferedReader(gzip.GzipFile(fileobj=plain), 256 * 1024) if packed else plain


def _first_byte(file: BufferedReader) -> bytes:
    while (ahead := file.peek(1)[:1]) and ahead.isspace():
        file.read(1)
    return ahead


def _elements(file: BufferedReader) -> Iterator[tuple[int, Any]]:
    yield from enumerate(ijson.items(file, "item", use_float=True), 1)


def _lines(file: BufferedReader) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            yield number, orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield number, f"it is no JSON: {error}"
