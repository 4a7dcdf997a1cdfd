"""Reads items themselves, by ref."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import Absence, ItemType, Resolution, StatusCategory
from services.detector.facts import ItemFacts
from services.detector.rows import TIES

_FIELDS: Final = tuple(field.name for field in fields(ItemFacts))
_COLUMNS: Final = ", ".join("last_touched" if name == "touched" else name for name in _FIELDS)
_ITEMS: Final = text(f"SELECT {_COLUMNS} FROM items WHERE ref = ANY(CAST(:refs AS text[]))")  # noqa: S608 -- our own names

# Looked up in plain dictionaries: thousands of items are read in each round, and an enumeration takes its time to ask.
_TYPES: Final = {one.value: one for one in ItemType}
_CATEGORIES: Final = {one.value: one for one in StatusCategory}
_ABSENCES: Final = {one.value: one for one in Absence}
_RESOLUTIONS: Final = {one.value: one for one in Resolution}


async def read_items(conn: AsyncConnection, refs: Iterable[str]) -> dict[str, ItemFacts]:
    """Return the known ones among these items."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    items = map(_facts, await conn.execute(_ITEMS, {"refs": wanted}))
    return {item.ref: item for item in items}


def _facts(row: Sequence[Any]) -> ItemFacts:
    values = dict(zip(_FIELDS, row, strict=True))
    values["type"] = _TYPES[values["type"]]
    values["status_category"] = _CATEGORIES[values["status_category"]]
    values["absence"] = _ABSENCES[values["absence"]] if values["absence"] else None
    values["resolution"] = _RESOLUTIONS[values["resolution"]] if values["resolution"] else None
    values["ties"] = TIES.validate_json(values["ties"]) if values["ties"] else ()
    values["labels"] = tuple(values["labels"])
    return ItemFacts(**values)
