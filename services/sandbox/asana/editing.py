"""The fields of a task: each change is checked, done, told by a story of its own kind and by an event."""

from collections.abc import Callable, Mapping
from html import unescape
from re import sub
from typing import Any, Final

from services.sandbox.asana.custom import set_custom_field, value_for
from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record, moment_of
from services.sandbox.asana.store import Refused

_DATES: Final = ("due_on", "due_at", "start_on", "start_at")
_KINDS: Final = frozenset({"default_task", "milestone", "approval", "custom"})
_DAY: Final = len("2026-01-01")


def edit_task(office: Office, task: Record, fields: Mapping[str, Any]) -> None:
    """Change fields of a task; what is the same already, or no field of a task, leaves nothing behind.

    Raises `Missing` or `Refused`, and then nothing has changed.
    """
    check(office, fields, task.get("resource_subtype"))
    for name, setter in _SETTERS.items():
        if name in fields:
            setter(office, task, fields[name])
    if any(name in fields for name in _DATES):
        _set_dates(office, task, fields)
    for gid, value in (fields.get("custom_fields") or {}).items():
        set_custom_field(office, task, gid, value)


def check(office: Office, fields: Mapping[str, Any], kind: str | None = None) -> None:
    """See to it that all fields can be set on a task of a kind. Raises `Missing` or `Refused`."""
    _user(office, fields.get("assignee"))
    kind = fields.get("resource_subtype", kind or "default_task")
    if kind not in _KINDS:
        raise Refused(f"resource_subtype: Not a recognized value: {kind}")
    if "approval_status" in fields and kind != "approval":
        raise Refused("approval_status: Only a task of the subtype approval has one")
    for day, time in (("due_on", "due_at"), ("start_on", "start_at")):
        if fields.get(day) and fields.get(time):
            raise Refused(f"{day}: You may specify only one of {day} and {time}")
    for name in _DATES:
        _checked(name, fields.get(name))
    for gid, value in (fields.get("custom_fields") or {}).items():
        value_for(office, gid, value)


def dates_of(task: Record) -> Record:
    """Return the dates of a task as stories give them."""
    return {name: task.get(name) for name in ("start_on", "due_at", "due_on")}


def plain_text(html: str) -> str:
    """Return what somebody reads of rich text."""
    return unescape(sub(r"<[^>]*>", "", html))


def _set_name(office: Office, task: Record, value: Any) -> None:
    old, new = task.get("name", ""), str(value or "")
    if old != new:
        task["name"] = new
        office.changed(task, "name")
        office.story(task, "name_changed", f"{office.who()} changed the name", old_name=old, new_name=new)


def _set_notes(office: Office, task: Record, value: Any) -> None:
    if task.get("notes", "") != (value or ""):
        task["notes"] = str(value or "")
        office.changed(task, "notes")
        office.story(task, "notes_changed", f"{office.who()} changed the description")


def _set_html_notes(office: Office, task: Record, value: Any) -> None:
    _set_notes(office, task, plain_text(str(value or "")))


def _set_assignee(office: Office, task: Record, value: Any) -> None:
    old = task.get("assignee")
    new = _user(office, value)
    if new is old:
        return
    if old is not None:
        office.store.assigned[old["gid"]].remove(task["gid"])
    task["assignee"] = new
    office.store.shelve(task)
    office.changed(task, "assignee", value=new)
    if new is not None:
        office.story(task, "assigned", f"{office.who()} assigned to {new['name']}", assignee=new)
    else:
        office.story(task, "unassigned", f"{office.who()} unassigned", assignee=old)


def _user(office: Office, value: Any) -> Record | None:
    """Return the user that a request names: by gid, `me`, e-mail address, or an object with a gid."""
    said = value.get("gid") if isinstance(value, Mapping) else value
    if said in {None, "null"}:
        return None
    store = office.store
    if said == "me":
        return store.account
    by_mail = (user for user in store.all("user").values() if user.get("email") == said)
    found = store.all("user").get(str(said)) or next(by_mail, None)
    if found is None:
        raise Refused(f"assignee: Not a recognized ID: {said}")
    return found


def _set_completed(office: Office, task: Record, value: Any) -> None:
    done = bool(value)
    if done == bool(task.get("completed")):
        return
    task["completed"] = done
    task["completed_at"] = office.store.stamp() if done else None
    task["completed_by"] = office.journal.by if done else None
    office.changed(task, "completed")
    word = "complete" if done else "incomplete"
    office.story(task, f"marked_{word}", f"{office.who()} marked this task {word}")


def _set_subtype(office: Office, task: Record, value: Any) -> None:
    old = task.get("resource_subtype", "default_task")
    if old != value:
        task["resource_subtype"] = value
        office.changed(task, "resource_subtype")
        office.story(
            task, "resource_subtype_changed", f"{office.who()} changed the kind of this task",
            old_resource_subtype=old, new_resource_subtype=value,
        )  # fmt: skip


def _set_approval(office: Office, task: Record, value: Any) -> None:
    old = task.get("approval_status", "pending")
    if old != value:
        task["approval_status"] = value
        _set_completed(office, task, value != "pending")
        office.changed(task, "approval_status")
        office.story(
            task, "approval_status_changed", f"{office.who()} answered", old_approval_status=old,
            new_approval_status=value,
        )  # fmt: skip


def _set_dates(office: Office, task: Record, fields: Mapping[str, Any]) -> None:
    """Set what is due and when it starts. A day and a time exclude each other; setting one settles the other."""
    old, before = dates_of(task), {name: task.get(name) for name in _DATES}
    for day, time in (("due_on", "due_at"), ("start_on", "start_at")):
        for name in (time, day):
            if name in fields:
                _set_date(task, day, time, _checked(name, fields[name]))
    changed = [name for name in _DATES if task.get(name) != before[name]]
    for name in changed:
        office.changed(task, name)
    if changed:
        kind = "due_date_changed" if any(name.startswith("due") for name in changed) else "start_date_changed"
        office.story(task, kind, f"{office.who()} changed the dates", old_dates=old, new_dates=dates_of(task))


def _set_date(task: Record, day: str, time: str, value: str | None) -> None:
    has_time = value is not None and len(value) > _DAY
    task[time] = value if has_time else None
    task[day] = value[:_DAY] if value is not None else None


def _checked(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        moment = moment_of(str(value))
    except ValueError:
        raise Refused(f"{name}: Invalid date: {value}") from None
    return str(value) if len(str(value)) == _DAY else f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


_SETTERS: Final[Mapping[str, Callable[[Office, Record, Any], None]]] = {
    "name": _set_name,
    "notes": _set_notes,
    "html_notes": _set_html_notes,
    "assignee": _set_assignee,
    "resource_subtype": _set_subtype,
    "approval_status": _set_approval,
    "completed": _set_completed,
}
