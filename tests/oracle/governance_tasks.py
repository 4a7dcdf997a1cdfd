"""An Asana task as it stood at an instant, read the plain way: what TRACKERS (B1) say of tasks and their stories."""

import re
from datetime import datetime
from typing import Any

from tests.oracle.governance_raw import Item, Json, day, instant, spells

DOING_SECTIONS = {"in progress", "doing", "in review", "review", "in development"}


def task_at(raw: Json, now: datetime) -> Item:
    created, ref = instant(raw["created_at"]), f"asana:archive:{raw['gid']}"
    stories = sorted(raw["stories"], key=lambda one: instant(one["created_at"]))
    moved = [one for one in stories if one["resource_subtype"] == "section_changed"]
    sections = [(created, (moved[0]["old_section"] if moved else raw["memberships"][0]["section"])["name"])]
    sections += [(instant(one["created_at"]), one["new_section"]["name"]) for one in moved]
    marked = [one for one in stories if one["resource_subtype"].startswith("marked_")]
    completed = [(created, marked[0]["resource_subtype"] == "marked_incomplete" if marked else False)]
    completed += [(instant(one["created_at"]), one["resource_subtype"] == "marked_complete") for one in marked]
    if not marked and raw["completed"]:
        completed.append((instant(raw["completed_at"]), True))
    dated = [one for one in stories if one["resource_subtype"] == "due_date_changed"]
    dates = [(created, dated[0]["old_dates"] if dated else raw)]
    later = [*(one["old_dates"] for one in dated[1:]), raw]
    dates += [(instant(one["created_at"]), value) for one, value in zip(dated, later, strict=False)]
    dues = [(at, value["due_on"]) for at, value in dates]
    given = [one for one in stories if one["resource_subtype"] in {"assigned", "unassigned"}]
    owners: list[tuple[datetime, str | None]] = [(created, None if given else (raw["assignee"] or {}).get("name"))]
    owners += [(instant(one["created_at"]), one["assignee"]["name"] if one["resource_subtype"] == "assigned" else None)
               for one in given]  # fmt: skip
    moments = sorted({at for at, _ in (*sections, *completed)})
    statuses = [(at, _standing(_at(sections, at), done=_at(completed, at))) for at in moments]
    known = [(at, value) for at, value in statuses if at <= now]
    category, (started, done) = known[-1][1], spells(known)
    touches = [created, *(instant(one["created_at"]) for one in stories if one["created_by"])]
    touches += [done] if category == "done" and done else []
    pairs = [(f"asana:archive:{one['gid']}", ref) for one in raw["dependencies"]]
    pairs += [(ref, f"asana:archive:{one['gid']}") for one in raw["dependents"]]
    return Item(
        ref=ref, key=raw["gid"], tracker="asana", type_name=raw["resource_subtype"],
        kind="subtask" if raw["parent"] else "other", category=category,
        resolution="Completed" if category == "done" else None, created=created,
        touched=max(one for one in touches if one <= now), started=started,
        done=done if category == "done" else None, due=day(_at(dues, now)), start=day(_at(dates, now)["start_on"]),
        assignee=_at(owners, now), project=(raw["projects"][0]["gid"], raw["projects"][0]["name"]),
        labels=tuple(one["name"] for one in raw["tags"]), sections=(_at(sections, now),),
        parent=f"asana:archive:{raw['parent']['gid']}" if raw["parent"] else None,
        parent_key=raw["parent"]["gid"] if raw["parent"] else None,
        pairs=tuple(dict.fromkeys(pairs)),
        links=tuple(f"asana:archive:{one['gid']}" for one in (*raw["dependencies"], *raw["dependents"])),
        twins=tuple(re.findall(r"/browse/([A-Z]+-\d+)", raw.get("notes") or "")),
        history={"status": statuses, "duedate": dues, "assignee": owners},
    )  # fmt: skip


def _at(values: list[tuple[datetime, Any]], now: datetime) -> Any:
    return [value for at, value in values if at <= now][-1]


def _standing(section: str, *, done: bool) -> str:
    return "done" if done else "in_progress" if section.casefold() in DOING_SECTIONS else "todo"
