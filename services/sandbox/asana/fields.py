"""`opt_fields`: read once, then applied to records. Asked names come with the gid; unknown ones are passed over."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from re import findall
from typing import Any, Final

from services.sandbox.asana.records import Record
from services.sandbox.asana.shapes import PLAIN, SHAPES, Shape

Tree = dict[str, Any]
"""Names of fields, each with those wanted inside it; nothing inside means its compact form."""

_MISSING: Final = object()
_BARE: Final[Tree] = {"resource_type": {}}
_WHOLE: Final[dict[str, Tree]] = {kind: {name: {} for name in shape.whole()} for kind, shape in SHAPES.items()}
_COMPACT: Final[dict[str, Tree]] = {kind: {name: {} for name in shape.compact} for kind, shape in SHAPES.items()}


@lru_cache(maxsize=512)
def wanted(opt_fields: str) -> Tree:
    """Read `a,b.c,d.(e|f).g`; `this` is the resource itself."""
    tree: Tree = {}
    for path in opt_fields.split(","):
        for names in _paths(path.strip()):
            branch = tree
            for name in names:
                branch = branch.setdefault(name, {})
    return tree


def _paths(path: str) -> Iterator[list[str]]:
    steps = [step.strip("()").split("|") for step in findall(r"\([^)]*\)|[^.()]+", path)]
    for names in product(*steps):
        kept = [name.strip() for name in names if name.strip() and name.strip() != "this"]
        if kept and not any(name.startswith("_") for name in kept):
            yield kept


def shown(record: Record, opt_fields: str | None, *, whole: bool = False) -> Record:
    """Return a record as it is answered: what was asked for, else its compact or its whole form."""
    if opt_fields:
        return _record(record, wanted(opt_fields))
    kind = record.get("resource_type", "")
    return _record(record, (_WHOLE if whole else _COMPACT).get(kind) or _COMPACT["project"])


def _record(record: Record, tree: Tree) -> Record:
    shape = SHAPES.get(record.get("resource_type", ""), PLAIN)
    out: Record = {"gid": record["gid"]} if "gid" in record else {}
    for name, inside in tree.items():
        value = record.get(name, _MISSING)
        if value is _MISSING:
            value = _not_held(record, name, shape)
            if value is _MISSING:
                continue
        if isinstance(value, dict):
            value = _nested(value, inside)
        elif isinstance(value, list | tuple):
            inner = inside or (_BARE if name in {"dependencies", "dependents"} else inside)
            value = [_nested(one, inner) if isinstance(one, dict) else one for one in value]
        out[name] = value
    return out


def _not_held(record: Record, name: str, shape: Shape) -> Any:
    if (origin := record.get("_of")) is not None and name in origin:
        return origin[name]
    if (compute := shape.computed.get(name)) is not None:
        return compute(origin or record)
    return shape.defaults.get(name, _MISSING)


def _nested(value: Record, inside: Tree) -> Any:
    kind = value.get("resource_type")
    if kind is None:
        return _plain(value, inside)
    return _record(value, inside or _COMPACT.get(kind, _BARE))


def _plain(value: Record, inside: Tree) -> Record:
    """Show what is no resource, such as a membership or dates: whole, or the asked names of it."""
    out: Record = {}
    for name, one in value.items():
        if inside and name not in inside:
            continue
        inner = inside.get(name, {})
        if isinstance(one, list | tuple):
            out[name] = [_nested(each, inner) if isinstance(each, dict) else each for each in one]
        else:
            out[name] = _nested(one, inner) if isinstance(one, dict) else one
    return out


def everything(record: Record) -> Record:
    """Return all fields that a record has, also those that are given on request only."""
    shape = SHAPES[record["resource_type"]]
    held = (name for name in record if not name.startswith("_") and name != "gid")
    return _record(record, {name: {} for name in (*shape.compact, *shape.defaults, *shape.computed, *held)})
