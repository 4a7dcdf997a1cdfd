"""The project's own files, and what is measured of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ("services", "schemas")
ALL_CODE: Final = (*SHIPPED, "tests")


@dataclass(frozen=True)
class Function:
    """One function: where it stands and how many lines it takes, signature and docstring left out."""

    place: str
    lines: int


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Return the Python files under these folders of the project."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


def name_of(path: Path) -> str:
    """Return the path as the project says it."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """Return what stands in the file."""
    return path.read_text(encoding="utf-8")


def line_count(path: Path) -> int:
    """Return how many lines the file has."""
    return len(text_of(path).splitlines())


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the file's syntax tree."""
    return ast.parse(text_of(path), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(f"{name_of(path)}:{node.lineno} {node.name}", _body_lines(node))


def broad_excepts(path: Path) -> Iterator[int]:
    """The lines of the handlers that catch everything and keep it; what cleans up and raises again is none."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type) and not _raises_again(node):
            yield node.lineno


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Every call and attribute read by its dotted name, such as `datetime.now`, with its line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    has_docstring = ast.get_docstring(node) is not None
    body = node.body[1:] if has_docstring else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _catches_all(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"} for one in kinds)
