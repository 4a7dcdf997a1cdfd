"""One issue on its way to a work item: the payload, what it is called, its changelog, and the time asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.connectors.jira.changelog import Changelog, Entry
from services.connectors.mapped import MappingOptions


@dataclass(frozen=True, slots=True)
class Issue:
    """What every decision about an issue may look at. `names` are the shown names of its fields, where it brought them.

    `log` is empty where it does not reach back to `as_of`: half-rewound would be a state that never was.
    """

    raw: Mapping[str, Any]
    fields: Mapping[str, Any]
    names: Mapping[str, Any]
    site: str
    id: str
    key: str
    created: datetime
    log: Changelog
    as_of: datetime | None
    options: MappingOptions

    @property
    def ref(self) -> str:
        """The issue's own ref."""
        return f"jira:{self.site}:{self.id}"

    def undone(self, *fields: str) -> Entry | None:
        """Return the first change of a field after `as_of`: what it changed from is how the field stood then."""
        return self.log.undone(self.as_of, *fields) if self.log.entries else None

    def later(self, *fields: str) -> tuple[Entry, ...]:
        """Return the changes of these fields after `as_of`, newest first."""
        return self.log.later(self.as_of, *fields)[::-1] if self.log.entries else ()
