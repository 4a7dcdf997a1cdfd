"""Takes a task as an export or the made-up company gives it, and learns whom and what it names."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.sandbox.asana.custom import empty_value
from services.sandbox.asana.placing import link, unlink
from services.sandbox.asana.records import Record, instant, moment_of
from services.sandbox.asana.store import Store

Raw = Mapping[str, Any]

PLAIN: Final[Mapping[str, Any]] = {
    "name": "", "resource_subtype": None, "completed": False, "completed_at": None, "due_on": None, "due_at": None,
    "start_on": None, "start_at": None, "notes": "", "approval_status": None, "actual_time_minutes": None,
    "created_at": None, "assignee_status": "upcoming",
}  # fmt: skip
"""Fields without a resource in them, each with the value that need not be kept."""

_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_TIMES: Final = ("completed_at", "created_at", "due_at", "start_at", "modified_at")
_PEOPLE: Final = ("assignee", "created_by", "completed_by")
_STORY_PEOPLE: Final = ("created_by", "assignee", "follower")
_STORY_TASKS: Final = ("dependency", "task", "duplicate_of", "duplicated_from")
_VALUES: Final = (
    "text_value", "number_value", "enum_value", "multi_enum_values", "date_value", "people_value", "display_value",
)  # fmt: skip


def time_of(text: Any) -> str | None:
    """Return a time as Asana writes it, or none where there is none. What is written so already is taken as it is."""
    if isinstance(text, str) and _WRITTEN.fullmatch(text):
        return text
    return instant(moment_of(str(text))) if text else None


def fill(store: Store, task: Record, raw: Raw) -> None:
    """Make a task what its payload says; it must stand in no list. Its time of modification is left alone."""
    task["resource_subtype"] = raw.get("resource_subtype") or "default_task"
    for name, default in PLAIN.items():
        value = time_of(raw.get(name)) if name in _TIMES else raw.get(name, default)
        _keep(task, name, value, default)
    for name in _PEOPLE:
        _keep(task, name, person_of(store, raw.get(name)), None)
    task["workspace"] = store.workspace
    _keep(task, "followers", [person_of(store, one) for one in raw.get("followers") or ()], [])
    _keep(task, "tags", [store.tag(str(tag["gid"]), tag.get("name", "")) for tag in raw.get("tags") or ()], [])
    task["memberships"] = _memberships(store, raw)
    _keep(task, "custom_fields", [_custom_field(store, task, one) for one in raw.get("custom_fields") or ()], [])
    _put_parent(store, task, raw.get("parent"))
    _put_links(store, task, raw)


def _keep(task: Record, name: str, value: Any, default: Any) -> None:
    """Hold a value unless it is what it would be anyway: two hundred thousand tasks are to fit."""
    if value is None or value == default:
        task.pop(name, None)
    else:
        task[name] = value


def person_of(store: Store, raw: Any) -> Record | None:
    """Return the user that a payload names."""
    return store.user(str(raw["gid"]), raw.get("name")) if isinstance(raw, Mapping) and raw.get("gid") else None


def _memberships(store: Store, raw: Raw) -> list[Record]:
    found: dict[str, Record] = {}
    for one in raw.get("memberships") or ():
        if not (one.get("project") or {}).get("gid"):
            continue
        project = store.project(str(one["project"]["gid"]), one["project"].get("name"))
        said = one.get("section") or {}
        section = store.section(project, str(said["gid"]), said.get("name", "")) if said.get("gid") else None
        found[project["gid"]] = {"project": project, "section": section or store.first_section(project)}
    for one in raw.get("projects") or ():
        if str(one["gid"]) not in found:
            project = store.project(str(one["gid"]), one.get("name"))
            found[project["gid"]] = {"project": project, "section": store.first_section(project)}
    return list(found.values())


def _custom_field(store: Store, task: Record, raw: Raw) -> Record:
    field = store.all("custom_field").get(str(raw["gid"])) or _learned_field(store, raw)
    for option in (raw.get("enum_value"), *(raw.get("multi_enum_values") or ()), *(raw.get("enum_options") or ())):
        _learn_option(field, option)
    for membership in task["memberships"]:
        give_setting(store, membership["project"], field)
    value = empty_value(field)
    value.update({name: raw[name] for name in _VALUES if raw.get(name) is not None})
    return value


def _learned_field(store: Store, raw: Raw) -> Record:
    kind = raw.get("resource_subtype") or raw.get("type") or "text"
    fields: Record = {"resource_subtype": kind}
    if kind == "number":
        fields["precision"] = raw.get("precision", 2)
    if kind in {"enum", "multi_enum"}:
        fields["enum_options"] = []
    return store.add("custom_field", raw.get("name", ""), gid=str(raw["gid"]), **fields)


def _learn_option(field: Record, raw: Any) -> None:
    if isinstance(raw, Mapping) and all(option["gid"] != raw["gid"] for option in field.get("enum_options", ())):
        option = {"gid": str(raw["gid"]), "resource_type": "enum_option", "name": raw.get("name", "")}
        field.setdefault("enum_options", []).append(
            {**option, "enabled": raw.get("enabled", True), "color": raw.get("color", "none")}
        )


def give_setting(store: Store, owner: Record, field: Record) -> Record:
    """Return the setting of a custom field on a project, portfolio or goal, made if there is none."""
    settings: list[Record] = owner.setdefault("custom_field_settings", [])
    found = next((setting for setting in settings if setting["custom_field"] is field), None)
    if found is None:
        made: Record = {"custom_field": field, "is_important": False, "parent": owner}
        if owner["resource_type"] == "project":
            made["project"] = owner
        found = store.add("custom_field_setting", **made)
        settings.append(found)
    return found


def _put_parent(store: Store, task: Record, raw: Any) -> None:
    old = task.get("parent")
    gid = str(raw["gid"]) if isinstance(raw, Mapping) and raw.get("gid") else None
    new = store.far_task(gid) if gid and gid not in store.trash else None
    if old is not None and old is not new:
        old["_subtasks"] = [one for one in old["_subtasks"] if one is not task]
    if new is not None and old is not new:
        new.setdefault("_subtasks", []).append(task)
    _keep_record(task, "parent", new)


def _keep_record(task: Record, name: str, value: Record | None) -> None:
    if value is None:
        task.pop(name, None)
    else:
        task[name] = value


def _put_links(store: Store, task: Record, raw: Raw) -> None:
    """Make both sides of the task's dependencies agree with its payload, where it tells of them."""
    for name in ("dependencies", "dependents"):
        if name in raw:
            wanted = {str(one["gid"]) for one in raw[name] or ()} - store.trash.keys()
            held = {one["gid"]: one for one in task.get(name, ())}
            for gid in sorted(held.keys() - wanted):
                unlink(*_ends(task, held[gid], name))
            for gid in sorted(wanted - held.keys()):
                link(*_ends(task, store.far_task(gid), name))


def _ends(task: Record, other: Record, name: str) -> tuple[Record, Record]:
    """Return who waits, and for whom."""
    return (task, other) if name == "dependencies" else (other, task)


def learn_stories(store: Store, task: Record, raws: Iterable[Raw]) -> tuple[list[Record], list[Record]]:
    """Give a task the stories of its payload besides those written here; return the new ones and those gone."""
    old = {story["gid"]: story for story in task.get("_stories", ())}
    kept = [story for story in old.values() if "_own" in story]
    given = [_story(store, task, raw) for raw in raws if raw.get("gid") and raw.get("created_at")]
    gids = {story["gid"] for story in given} | {story["gid"] for story in kept}
    task["_stories"] = sorted((*kept, *given), key=lambda story: (story["created_at"], len(story["gid"]), story["gid"]))
    gone = [story for gid, story in old.items() if gid not in gids]
    for story in gone:
        store.all("story").pop(story["gid"], None)
    store.all("story").update({story["gid"]: story for story in given})
    return [story for story in given if story["gid"] not in old], gone


def _story(store: Store, task: Record, raw: Raw) -> Record:
    subtype = raw.get("resource_subtype") or "comment_added"
    story = {name: value for name, value in raw.items() if value is not None and not name.startswith("_")}
    story |= {"gid": str(raw["gid"]), "resource_type": "story", "resource_subtype": subtype, "target": task}
    story["created_at"] = time_of(raw["created_at"])
    story["type"] = raw.get("type") or ("comment" if subtype == "comment_added" else "system")
    story.setdefault("text", "")
    for name in _STORY_PEOPLE:
        if name in story or name == "created_by":
            story[name] = person_of(store, raw.get(name))
    for name in _STORY_TASKS:
        if (story.get(name) or {}).get("gid"):
            story[name] = store.far_task(str(raw[name]["gid"]))
    return story
