"""Reads a YAML file that people write into a closed model, and says every mistake with its line and what to write.

Promise: a file is either whole and right, or refused with one sentence a mistake: file, line, column, the key, and the
nearest right one. YAML 1.2 as written: `no` and `on` are texts, a day stays a day. A key that stands twice is a
mistake. Nothing in the file is ever run, and a small file cannot unfold into a large one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.runtime.closed_models import fields_at
from services.runtime.errors import Misconfigured
from services.runtime.wording import ended, phrase, suggestion

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]
"""The way to a value: keys and places, as in `("objectives", 0, "title")`."""

LARGEST_FILE: Final = 5_000_000
MOST_NODES: Final = 500_000
DEEPEST: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where (both counted from 1), the way to it, and a sentence that says what to change."""

    file: str
    line: int
    column: int
    location: Location
    sentence: str

    def __str__(self) -> str:
        """Return it as compilers write theirs, so that editors can jump to it."""
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"


class InvalidFile(Misconfigured):
    """The file has mistakes: all of them, in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """What a file said, and where each part of it stands."""

    value: M
    file: str
    marks: Mapping[Location, tuple[int, int]]

    def problem(self, location: Location, sentence: str) -> Problem:
        """Return a problem at this place, or at the nearest part around it that is written in the file."""
        known = _written(location, self.marks)
        return Problem(self.file, *self.marks[known], location, sentence)


def load(path: Path, model: type[M]) -> Loaded[M]:
    """Read the file, or raise Misconfigured (no such file) or InvalidFile (mistakes in it)."""
    return parse(read_text(path), str(path), model)


def read_text(path: Path) -> str:
    """Return a file's text, or raise Misconfigured with what is wrong with the file."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Misconfigured(f"{path}: the file is larger than {LARGEST_FILE:,} bytes; is it the right one?")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise Misconfigured(f"{path}: there is no such file.") from error
    except IsADirectoryError as error:
        raise Misconfigured(f"{path}: this is a folder; give the file in it.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path}: this is not a text in UTF-8 (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise Misconfigured(f"{path}: the file cannot be read: {error.strerror}.") from error


def parse(text: str, file: str, model: type[M]) -> Loaded[M]:
    """Read the text of a file of this name, or raise InvalidFile."""
    root = _compose(text, file)
    if not isinstance(root, MappingNode):
        expected = ", ".join(sorted(fields_at(model, ())))
        line, column = _place(root) if root is not None else (1, 1)
        what = "the file is empty" if root is None else "the file must be a mapping of keys to values"
        raise InvalidFile([Problem(file, line, column, (), f"{what}; keys known here: {expected}.")])
    reader = _Reader(file)
    values = reader.read(root, ())
    try:
        value = model.model_validate(values)
    except ValidationError as error:
        found = _problems(error.errors(include_url=False), file, reader.marks, model)
        raise InvalidFile([*reader.problems, *found]) from None
    if reader.problems:
        raise InvalidFile(reader.problems)
    return Loaded(value, file, reader.marks)


def _compose(text: str, file: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        composed: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InvalidFile(
            [Problem(file, line, column, (), f"this is not YAML: {error.problem or error.context}.")]
        ) from None
    except (YAMLError, RecursionError) as error:
        first = str(error).split("\n", 1)[0] or "it is nested too deeply"
        raise InvalidFile([Problem(file, 1, 1, (), f"this is not YAML: {first}.")]) from None
    return composed


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


class _Reader:
    """Turns nodes into plain values and keeps where each stands; a key's place is that of the key itself."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._nodes = 0
        self._scalars = YAML(typ="safe", pure=True).constructor
        self.marks: dict[Location, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def read(self, node: Node, location: Location) -> Any:
        self._nodes += 1
        self.marks.setdefault(location, _place(node))
        if self._nodes > MOST_NODES or len(location) > DEEPEST:
            raise InvalidFile([self._problem(node, location, "the file unfolds into too much; write it out plainly.")])
        if isinstance(node, MappingNode):
            return dict(self._entries(node, location))
        if isinstance(node, SequenceNode):
            return [self.read(item, (*location, place)) for place, item in enumerate(node.value)]
        return self._scalar(node, location)

    def _entries(self, node: MappingNode, location: Location) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.problems.append(
                    self._problem(key_node, location, "a key must be a word, not a list or a mapping.")
                )
                continue
            key = key_node.value
            if key in first:
                sentence = f"`{key}` stands here for the second time, first in line {first[key]}; keep one."
                self.problems.append(self._problem(key_node, (*location, key), sentence))
                continue
            first[key] = key_node.start_mark.line + 1
            self.marks[*location, key] = _place(key_node)
            yield key, self.read(value_node, (*location, key))

    def _scalar(self, node: Node, location: Location) -> Any:
        kind = str(node.tag).rpartition(":")[2]
        if kind in {"str", "timestamp"}:
            return node.value  # a day is read by the model, so that a text that looks like one stays a text
        try:
            if kind in {"null", "bool", "int", "float"}:
                return getattr(self._scalars, f"construct_yaml_{kind}")(node)
            sentence = f"the tag {node.tag} is not allowed here; write a plain value."
        except (ValueError, KeyError):
            sentence = f"this is no {kind} that can be read; write a plain value."
        self.problems.append(self._problem(node, location, sentence))
        return None

    def _problem(self, node: Node, location: Location, sentence: str) -> Problem:
        return Problem(self._file, *_place(node), location, sentence)


def _problems(
    errors: Sequence[ErrorDetails], file: str, marks: Mapping[Location, tuple[int, int]], model: type[BaseModel]
) -> Iterator[Problem]:
    """Say each error once: of the branches of a union, the one that got furthest speaks."""
    by_place: dict[Location, list[ErrorDetails]] = {}
    for error in errors:
        by_place.setdefault(_written(error["loc"], marks), []).append(error)
    for place, found in by_place.items():
        deeper = any(other != place and other[: len(place)] == place for other in by_place)
        if deeper and all(_is_of_a_branch(error, place) for error in found):
            continue
        for sentence in dict.fromkeys(_sentences(found, place, model)):
            yield Problem(file, *marks[place], place, sentence)


def _is_of_a_branch(error: ErrorDetails, place: Location) -> bool:
    """Say whether pydantic went on from this place into a branch of a union.

    What stands in a branch that was chosen by its tag ends as the place does: the tag is somewhere between.
    """
    if error["type"] == "missing" or len(error["loc"]) <= len(place):
        return False
    return not place or error["loc"][-1] != place[-1]


def _sentences(errors: list[ErrorDetails], place: Location, model: type[BaseModel]) -> Iterator[str]:
    branches = [error for error in errors if _is_of_a_branch(error, place)]
    for error in errors:
        if error not in branches:
            yield _sentence(error, place, model)
    if branches:
        phrases = dict.fromkeys(phrase(error) for error in branches)
        yield f"{_name(place)} {', or '.join(phrases)}."


def _sentence(error: ErrorDetails, place: Location, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        within = f" in {_name(place[:-1])}" if len(place) > 1 else ""
        known = fields_at(model, error["loc"][:-1]) or fields_at(model, place[:-1])
        return f"unknown key `{place[-1]}`{within}: {suggestion(str(place[-1]), known)}"
    if error["type"] == "missing":
        return f"{_name(place)} needs the key `{error['loc'][-1]}`."
    colon = ":" if error["type"] in {"value_error", "at_place"} else ""
    return ended(f"{_name(place)}{colon} {phrase(error)}")


def _name(location: Location) -> str:
    """Write a location as people do: `objectives[0].title`, places counted from 0."""
    if not location:
        return "the file"
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"`{text.removeprefix('.')}`"


def _written(location: Location, marks: Mapping[Location, tuple[int, int]]) -> Location:
    """Return the longest beginning of a location that stands in the file, branches of unions left out."""
    written: Location = ()
    for part in location:
        if (*written, part) in marks:
            written = (*written, part)
    return written
