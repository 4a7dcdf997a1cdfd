"""`leeway.yaml` as a text that people keep: a connection is added or replaced, every other line and comment stays.

Promise: what comes out is read by the program as it was meant, or nothing comes out.
"""

from typing import Any, Final

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from services.commands.kept_yaml import dumped, flow, loaded, say
from services.connectors.catalogue import SiteCatalogue
from services.runtime.closed_yaml import parse
from services.runtime.configuration import Configuration
from services.runtime.connections import AsanaConnection, JiraConnection

HEAD: Final = """\
# How this Leeway is set up. It holds no secret, only the names of secrets, so that it can be kept in version control:
# `token: jira` means the environment's LEEWAY_SECRET_JIRA, or the file that LEEWAY_SECRET_JIRA_FILE names.
"""
DEFAULT_ADDRESS: Final = AsanaConnection.model_fields["url"].default
_FIRST: Final = ("id", "tracker", "kind", "url", "workspace", "user", "cloud_id", "token", "projects")
_FOUND: Final = frozenset({*_FIRST, "reading", "dependency_links"})
"""What `leeway init` asks for or finds; the rest of a connection (pace, webhooks, comments) is its owner's."""


def with_connection(
    existing: str | None, connection: JiraConnection | AsanaConnection, catalogue: SiteCatalogue, file: str
) -> str:
    """Return the file with this connection, in the place of one of the same id or else as the last.

    Raises `Misconfigured` where the existing text is no configuration, or would be none with the connection.
    """
    head, whole = HEAD if existing is None else "", CommentedMap(version=1)
    if existing is not None and loaded(existing):
        parse(existing, file, Configuration)
        whole = loaded(existing)
    elif existing:
        head = existing.rstrip("\n") + "\n"  # comments only, such as an example that somebody means to uncomment
    entry = _entry(connection, catalogue)
    connections = whole.get("connections")
    if connections is None:
        connections = whole["connections"] = CommentedSeq()
    place = next((at for at, one in enumerate(connections) if one["id"] == connection.id), len(connections))
    if place < len(connections):
        _renew(connections[place], entry)
    else:
        connections.append(entry)
    made = head + dumped(whole)
    parse(made, file, Configuration)
    return made


def _renew(old: CommentedMap, new: CommentedMap) -> None:
    """Put what was found into a connection that stands there, and leave the rest of it alone."""
    for name in [name for name in old if name in _FOUND and name not in new]:
        del old[name]
    for place, (name, value) in enumerate(new.items()):
        if name not in old:
            old.insert(place, name, value)
        elif old[name] != value:
            old[name] = value


def _entry(connection: JiraConnection | AsanaConnection, catalogue: SiteCatalogue) -> CommentedMap:
    """Return the connection as people would write it: without what is as usual, with the names of ids beside them."""
    values = connection.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if values.get("url") == DEFAULT_ADDRESS:
        del values["url"]
    first = {"tracker": connection.tracker} | values
    entry = CommentedMap({name: first.pop(name) for name in _FIRST if name in first} | first)
    if "projects" in entry:
        entry["projects"] = flow(entry["projects"])
    if "reading" in entry:
        entry["reading"] = _reading(entry["reading"], catalogue)
    if connection.dependency_links is not None:
        entry["dependency_links"] = _links(entry["dependency_links"], catalogue)
    return entry


def _reading(values: dict[str, Any], catalogue: SiteCatalogue) -> CommentedMap:
    names = {one.id: one.name for one in catalogue.fields}
    statuses = {one.id: one.name for one in catalogue.statuses}
    made = CommentedMap()
    for name, value in values.items():
        if isinstance(value, dict):
            made[name] = CommentedMap(value)
            for id_ in value:
                say(made[name], id_, statuses.get(id_))
        else:
            made[name] = flow(value)
            say(made, name, ", ".join(names[id_] for id_ in value if id_ in names))
    return made


def _links(values: list[dict[str, Any]], catalogue: SiteCatalogue) -> CommentedSeq:
    names = {one.id: f"{one.name}: {one.outward}" for one in catalogue.link_types}
    made = CommentedSeq()
    for place, value in enumerate(values):
        made.append(flow(value))
        say(made, place, names.get(value["type"]))
    return made
