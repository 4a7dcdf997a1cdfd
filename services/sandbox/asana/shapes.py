"""Which fields each kind of resource has: of a compact record, of a whole one, on request only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from services.sandbox.asana.records import Record

Compute = Callable[[Record], Any]


@dataclass(frozen=True)
class Shape:
    """`defaults` are the values of what a record does not hold; `on_request` is left out of whole records."""

    compact: tuple[str, ...] = ("resource_type", "name")
    defaults: Mapping[str, Any] = field(default_factory=dict)
    on_request: frozenset[str] = frozenset()
    computed: Mapping[str, Compute] = field(default_factory=dict)

    def whole(self) -> tuple[str, ...]:
        """Return the fields of a whole record."""
        names = dict.fromkeys((*self.compact, *self.defaults, *self.computed))
        return tuple(name for name in names if name not in self.on_request)


def _body(text: object) -> str:
    return f"<body>{escape(str(text or ''), quote=False)}</body>"


def _task_url(task: Record) -> str:
    projects = task.get("projects")
    return f"https://app.asana.com/0/{projects[0]['gid'] if projects else 0}/{task['gid']}"


def _url(record: Record) -> str:
    return f"https://app.asana.com/0/{record['gid']}"


_LIKES: Final[dict[str, Any]] = {
    "hearted": False, "hearts": (), "num_hearts": 0, "liked": False, "likes": (), "num_likes": 0,
}  # fmt: skip
_ON_REQUEST: Final = frozenset(
    {
        *("dependencies", "dependents", "html_notes", "num_subtasks", "created_by", "completed_by"),
        *("is_rendered_as_separator", "custom_type", "custom_type_status_option", "external", "assignee_section"),
    }
)
_TASK: Final = Shape(
    ("resource_type", "resource_subtype", "name"),
    {
        **_LIKES, "actual_time_minutes": None, "assignee": None, "assignee_status": "upcoming", "completed": False,
        "completed_at": None, "completed_by": None, "created_at": None, "created_by": None, "custom_fields": (),
        "dependencies": (), "dependents": (), "due_at": None, "due_on": None, "followers": (), "memberships": (),
        "modified_at": None, "notes": "", "parent": None, "projects": (), "start_at": None, "start_on": None,
        "tags": (), "workspace": None, "is_rendered_as_separator": False, "custom_type": None,
        "custom_type_status_option": None, "assignee_section": None,
    },
    _ON_REQUEST,
    {
        "num_subtasks": lambda task: len(task.get("_subtasks", ())),
        "html_notes": lambda task: _body(task.get("notes")),
        "permalink_url": _task_url,
    },
)  # fmt: skip
_STORY: Final = Shape(
    ("created_at", "created_by", "resource_type", "text", "type", "resource_subtype"),
    {**_LIKES, "is_edited": False, "is_pinned": False, "previews": (), "source": "api", "target": None},
    frozenset({"html_text", "previews"}),
    {
        "html_text": lambda story: _body(story.get("text")),
        "is_editable": lambda story: story.get("type") == "comment",
    },
)
_PROJECT: Final = Shape(
    defaults={
        "archived": False, "color": None, "icon": None, "created_at": None, "current_status": None,
        "current_status_update": None, "custom_field_settings": (), "default_view": "list", "due_date": None,
        "due_on": None, "members": (), "modified_at": None, "notes": "", "public": True,
        "privacy_setting": "public_to_workspace", "start_on": None, "default_access_level": "editor",
        "minimum_access_level_for_customization": "editor", "minimum_access_level_for_sharing": "editor",
        "custom_fields": (), "completed": False, "completed_at": None, "completed_by": None, "followers": (),
        "owner": None, "team": None, "workspace": None, "project_brief": None, "created_from_template": None,
    },
    on_request=frozenset(
        {"html_notes", "completed_by", "project_brief", "minimum_access_level_for_customization",
         "minimum_access_level_for_sharing", "created_from_template"}
    ),
    computed={"html_notes": lambda project: _body(project.get("notes")), "permalink_url": _url},
)  # fmt: skip
_PORTFOLIO: Final = Shape(
    defaults={
        "archived": False, "color": "light-green", "start_on": None, "due_on": None,
        "default_access_level": "viewer", "created_at": None, "created_by": None, "custom_field_settings": (),
        "current_status_update": None, "custom_fields": (), "members": (), "owner": None, "workspace": None,
        "public": False, "privacy_setting": "members_only", "project_templates": (),
    },
    on_request=frozenset({"custom_fields", "project_templates"}),
    computed={"permalink_url": lambda portfolio: f"https://app.asana.com/0/portfolio/{portfolio['gid']}/list"},
)  # fmt: skip
_GOAL: Final = Shape(
    ("resource_type", "name", "owner"),
    {
        "notes": "", "due_on": None, "start_on": None, "is_workspace_level": True, "liked": False, "likes": (),
        "num_likes": 0, "team": None, "workspace": None, "followers": (), "time_period": None, "metric": None,
        "current_status_update": None, "status": None, "privacy_setting": "public_to_workspace",
        "default_access_level": "editor", "custom_fields": (), "custom_field_settings": (),
    },
    frozenset({"html_notes", "custom_fields", "custom_field_settings"}),
    {"html_notes": lambda goal: _body(goal.get("notes"))},
)  # fmt: skip
_FIELD_KIND: Final = ("resource_type", "resource_subtype", "type", "name")
_CUSTOM_FIELD: Final = Shape(
    (
        *_FIELD_KIND, "enabled", "enum_options", "representation_type", "is_formula_field", "id_prefix",
        "display_value", "text_value", "number_value", "enum_value", "multi_enum_values", "date_value", "people_value",
        "precision", "format", "description", "is_global_to_workspace", "is_value_read_only",
    ),
    {
        "enabled": True, "is_formula_field": False, "id_prefix": None, "format": "none", "currency_code": None,
        "custom_label": None, "custom_label_position": None, "is_global_to_workspace": True, "description": "",
        "has_notifications_enabled": False, "asana_created_field": None, "is_value_read_only": False,
        "created_by": None, "privacy_setting": "public_with_guests", "default_access_level": "editor",
    },
    frozenset({"asana_created_field", "custom_label", "custom_label_position"}),
    {
        "type": lambda custom: custom.get("resource_subtype"),
        "representation_type": lambda custom: custom.get("resource_subtype"),
    },
)  # fmt: skip
_STATUS_UPDATE: Final = Shape(
    ("resource_type", "resource_subtype", "title"),
    {**_LIKES, "text": "", "status_type": "on_track", "author": None, "created_at": None, "created_by": None,
     "modified_at": None, "parent": None},
    frozenset({"html_text"}),
    {"html_text": lambda update: _body(update.get("text"))},
)  # fmt: skip
_TEAM: Final = Shape(
    defaults={"description": "", "organization": None, "visibility": "public", "endorsed": False},
    on_request=frozenset({"html_description", "endorsed"}),
    computed={"html_description": lambda team: _body(team.get("description")), "permalink_url": _url},
)
_PERIOD: Final = ("resource_type", "end_on", "start_on", "period", "display_name")
_METRIC: Final = (
    *("resource_type", "resource_subtype", "precision", "unit", "currency_code", "initial_number_value"),
    *("target_number_value", "current_number_value", "current_display_value", "progress_source", "is_custom_weight"),
    "can_manage",
)
_HOOK: Final = ("resource_type", "active", "resource", "target")
_MEMBERSHIP: Final = ("resource_type", "user", "team", "is_guest", "is_admin", "is_limited_access")

SHAPES: Final[Mapping[str, Shape]] = {
    "task": _TASK,
    "story": _STORY,
    "project": _PROJECT,
    "portfolio": _PORTFOLIO,
    "goal": _GOAL,
    "custom_field": _CUSTOM_FIELD,
    "status_update": _STATUS_UPDATE,
    "team": _TEAM,
    "section": Shape(defaults={"created_at": None, "project": None}),
    "user": Shape(defaults={"email": "", "photo": None, "workspaces": ()}),
    "workspace": Shape(defaults={"email_domains": (), "is_organization": True}),
    "tag": Shape(
        defaults={"color": None, "notes": "", "created_at": None, "followers": (), "workspace": None},
        computed={"permalink_url": _url},
    ),
    "enum_option": Shape(("resource_type", "name", "enabled", "color"), {"enabled": True, "color": "none"}),
    "custom_field_setting": Shape(
        ("resource_type", "custom_field", "is_important", "parent", "project"), {"is_important": False}
    ),
    "goal_relationship": Shape(
        ("resource_type", "resource_subtype", "supporting_resource", "contribution_weight"), {"supported_goal": None}
    ),
    "goal_metric": Shape(_METRIC),
    "time_period": Shape(_PERIOD, {"parent": None}),
    "event": Shape(("user", "created_at", "type", "action", "resource", "parent", "change")),
    "webhook": Shape(
        _HOOK,
        {"created_at": None, "filters": (), "delivery_retry_count": 0},
        frozenset({"delivery_retry_count"}),
    ),
    "team_membership": Shape(_MEMBERSHIP),
    "user_task_list": Shape(defaults={"owner": None, "workspace": None}),
}
PLAIN: Final = Shape()
