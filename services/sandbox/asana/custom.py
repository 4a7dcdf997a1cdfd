"""Custom fields: their values on tasks, by kind, with the story that each change leaves."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Refused

_HOLDERS: Final = {
    "text": "text_value", "number": "number_value", "enum": "enum_value", "multi_enum": "multi_enum_values",
    "date": "date_value", "people": "people_value",
}  # fmt: skip
_EMPTY: Final = {"multi_enum": (), "people": ()}


def empty_value(field: Record) -> Record:
    """Return what a task holds of a custom field that nobody has filled in."""
    kind = field["resource_subtype"]
    holder = {_HOLDERS[kind]: _EMPTY.get(kind)} if kind in _HOLDERS else {}
    return {"gid": field["gid"], "resource_type": "custom_field", "_of": field, "display_value": None, **holder}


def give_field(task: Record, field: Record) -> Record:
    """Return a task's own record of a custom field, an empty one if it had none."""
    held: list[Record] = [value for value in task.get("custom_fields", ()) if value["gid"] == field["gid"]]
    if not held:
        held = [empty_value(field)]
        task["custom_fields"] = [*task.get("custom_fields", ()), *held]
    return held[0]


def set_custom_field(office: Office, task: Record, gid: str, value: Any) -> None:
    """Fill in a custom field of a task. Raises `Missing` or `Refused`."""
    field, new = value_for(office, gid, value)
    kind, held = field["resource_subtype"], give_field(task, field)
    holder = _HOLDERS[kind]
    old = held.get(holder)
    if old == new:
        return
    held[holder], held["display_value"] = new, _display(new)
    office.changed(task, "custom_fields", value=held)
    office.story(
        task, f"{kind}_custom_field_changed", f"{office.who()} changed {field['name']}", custom_field=held,
        **{f"old_{holder}": old, f"new_{holder}": new},
    )  # fmt: skip


def value_for(office: Office, gid: str, value: Any) -> tuple[Record, Any]:
    """Return a custom field, and a value as a task holds it. Raises `Missing` or `Refused`."""
    field = office.store.get("custom_field", gid)
    if field.get("is_value_read_only") or field["resource_subtype"] not in _HOLDERS:
        raise Refused(f"custom_fields: {gid}: The value of this custom field is read-only")
    return field, _READERS[field["resource_subtype"]](office, field, value)


def option_of(field: Record, said: Any) -> Record:
    """Return an option of an enum by its gid or its name. Raises `Refused`."""
    gid = said.get("gid") if isinstance(said, Mapping) else said
    options: list[Record] = field.get("enum_options", [])
    for option in options:
        if gid in {option["gid"], option["name"]} and option.get("enabled", True):
            return option
    raise Refused(f"custom_fields: {field['gid']}: Not an option of this field: {gid}")


def _text(_office: Office, _field: Record, value: Any) -> str | None:
    return None if value is None else str(value)


def _number(_office: Office, field: Record, value: Any) -> float | int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"custom_fields: {field['gid']}: Value is not a number: {value}")
    return round(value, field.get("precision", 0) or None)


def _enum(_office: Office, field: Record, value: Any) -> Record | None:
    return None if value is None else option_of(field, value)


def _several(_office: Office, field: Record, value: Any) -> list[Record]:
    return [option_of(field, one) for one in value or ()]


def _date(_office: Office, _field: Record, value: Any) -> Record | None:
    if not value:
        return None
    return {"date": value.get("date") or str(value.get("date_time"))[:10], "date_time": value.get("date_time")}


def _people(office: Office, _field: Record, value: Any) -> list[Record]:
    gids = [one.get("gid") if isinstance(one, Mapping) else one for one in value or ()]
    return [office.store.get("user", str(gid)) for gid in gids]


def _display(value: Any) -> str | None:
    match value:
        case None:
            return None
        case list():
            return ", ".join(one["name"] for one in value) or None
        case {"name": name}:
            return str(name)
        case {"date": day}:
            return str(value.get("date_time") or day)
    return f"{value:g}" if isinstance(value, float) else str(value)


_READERS: Final[Mapping[str, Callable[[Office, Record, Any], Any]]] = {
    "text": _text,
    "number": _number,
    "enum": _enum,
    "multi_enum": _several,
    "date": _date,
    "people": _people,
}
