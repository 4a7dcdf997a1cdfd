"""What a site knows beside its issues: people, projects, statuses, types and so on, learned from what it is given."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from services.sandbox.jira.records import Json
from services.sandbox.jira_shape import BLOCKS, STATUSES, TYPES

SPRINT: Final = "customfield_10020"
FLAGGED: Final = "customfield_10021"
EPIC_LINK: Final = "customfield_10014"
START_DATE: Final = "customfield_10015"
POINTS: Final = "customfield_10016"
CATEGORIES: Final[dict[str, Json]] = {
    "new": {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"},
    "indeterminate": {"id": 4, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"},
    "done": {"id": 3, "key": "done", "name": "Done", "colorName": "green"},
}
LINK_TYPES: Final[tuple[Json, ...]] = (
    BLOCKS,
    {"id": "10051", "name": "Relates", "inward": "relates to", "outward": "relates to"},
    {"id": "10052", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
    {"id": "10053", "name": "Cloners", "inward": "is cloned by", "outward": "clones"},
)
PRIORITIES: Final = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}
RESOLUTIONS: Final = {"10000": "Done", "10001": "Won't Do", "10002": "Duplicate"}
ACCOUNT: Final[Json] = {
    "accountId": "5f0000000000000000leeway",
    "accountType": "atlassian",
    "displayName": "Leeway",
    "active": True,
    "timeZone": "UTC",
}

Known = dict[str, Json]
HERE: Final = "jira-self:/"
"""Stands in addresses for the site's own, which is not known before it is served, and for the API's version."""
ADDRESSES: Final = {
    "status": "status", "issuetype": "issuetype", "priority": "priority", "resolution": "resolution",
    "project": "project", "components": "component", "fixVersions": "version", "versions": "version",
}  # fmt: skip
"""Where the things in a field have their address."""


def addressed(kind: str, thing: Json) -> Json:
    """Return a thing with its address."""
    return {**thing, "self": f"{HERE}{kind}/{thing['id']}"}


def addressed_person(person: Json | None) -> Json | None:
    """Return a person with their address, as they stand in an issue's fields."""
    return {"self": f"{HERE}user?accountId={person['accountId']}", **person} if person else None


def _status(id_: str, name: str, category: Json) -> Json:
    return addressed("status", {"id": id_, "name": name, "statusCategory": category})


def _type(id_: str, name: str, level: int) -> Json:
    return addressed("issuetype", {"id": id_, "name": name, "subtask": level < 0, "hierarchyLevel": level})


DEFAULT_STATUSES: Final[Known] = {
    id_: _status(id_, status.value, category) for status, (id_, category) in STATUSES.items()
}
DEFAULT_TYPES: Final[Known] = {id_: _type(id_, name, level) for name, (id_, level) in TYPES.items()}
DEFAULTS: Final = frozenset((*DEFAULT_STATUSES, *DEFAULT_TYPES, *PRIORITIES, *RESOLUTIONS))


@dataclass
class Catalogue:
    """Each kind of thing by its id, in the order of learning. `account` is whose token it is."""

    users: Known = field(default_factory=lambda: {ACCOUNT["accountId"]: ACCOUNT})
    projects: Known = field(default_factory=dict)
    statuses: Known = field(default_factory=DEFAULT_STATUSES.copy)
    types: Known = field(default_factory=DEFAULT_TYPES.copy)
    priorities: Known = field(default_factory=lambda: _named("priority", PRIORITIES))
    resolutions: Known = field(default_factory=lambda: _named("resolution", RESOLUTIONS))
    link_types: Known = field(default_factory=lambda: {str(kind["id"]): kind for kind in LINK_TYPES})
    components: dict[str, Known] = field(default_factory=dict)
    versions: dict[str, Known] = field(default_factory=dict)
    sprints: Known = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    account: Json = field(default_factory=lambda: ACCOUNT)

    def person(self, raw: Any) -> Json | None:
        """Learn a person, and return them as Cloud names them; Data Center's user key becomes the account id."""
        if not raw:
            return None
        account = str(raw.get("accountId") or raw.get("key") or raw.get("name"))
        known = self.users.get(account)
        if known is None:
            known = self.users[account] = _person(account, raw)
        return known

    def project_of(self, id_or_key: str) -> Json | None:
        """Return a project by id or key, in any case."""
        if known := self.projects.get(id_or_key):
            return known
        wanted = id_or_key.casefold()
        return next((each for each in self.projects.values() if each["key"].casefold() == wanted), None)

    def first_status(self, category: str) -> Json:
        """Return the first status of a category, else the first of all."""
        every = self.statuses.values()
        return next((each for each in every if each["statusCategory"]["key"] == category), next(iter(every)))

    def learn_fields(self, project: str, fields: Json) -> None:
        """Learn from the fields of an issue of a project (by id)."""
        for name, known in (
            ("status", self.statuses), ("issuetype", self.types),
            ("priority", self.priorities), ("resolution", self.resolutions),
        ):  # fmt: skip
            _learn(known, fields.get(name))
        for name, places in (("components", self.components), ("fixVersions", self.versions)):
            for raw in fields.get(name) or ():
                _learn(places.setdefault(project, {}), raw)
        for sprint in fields.get(SPRINT) or ():
            _learn(self.sprints, sprint)


def _learn(known: Known, raw: Any) -> None:
    if not raw or "id" not in raw or known.get(id_ := str(raw["id"])) == raw:
        return
    if id_ not in known:
        _give_way(known, str(raw.get("name")).casefold())
    known[id_] = raw


def _give_way(known: Known, name: str) -> None:
    """What every site begins with goes where the site turns out to have its own of that name."""
    for id_ in [id_ for id_, each in known.items() if id_ in DEFAULTS and str(each["name"]).casefold() == name]:
        del known[id_]


def _person(account: str, raw: Json) -> Json:
    shown = str(raw.get("displayName") or account)
    person = {
        "accountId": account,
        "accountType": raw.get("accountType", "atlassian"),
        "displayName": shown,
        "active": raw.get("active", True),
        "timeZone": raw.get("timeZone", "UTC"),
    }
    return {**person, "name": raw["name"]} if "name" in raw else person


def named(known: Iterable[Json], wanted: str) -> Json | None:
    """Return the thing of that id, or of that name in any case."""
    folded = wanted.casefold()
    by_name = None
    for each in known:
        if str(each["id"]) == wanted:
            return each
        if by_name is None and str(each.get("name", "")).casefold() == folded:
            by_name = each
    return by_name


def _named(kind: str, names: dict[str, str]) -> Known:
    return {id_: addressed(kind, {"id": id_, "name": name}) for id_, name in names.items()}
