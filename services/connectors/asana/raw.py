"""One task on its way to a work item: the payload, its stories, and the time asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.connectors.asana.changelog import Stories, Story
from services.connectors.mapped import MappingOptions


@dataclass(frozen=True, slots=True)
class Task:
    """What every decision about a task may look at."""

    raw: Mapping[str, Any]
    site: str
    gid: str
    created: datetime
    stories: Stories
    as_of: datetime | None
    options: MappingOptions

    @property
    def ref(self) -> str:
        """The task's own ref."""
        return self.ref_of(self.gid)

    def ref_of(self, gid: str) -> str:
        """Return the ref of any task of the same site."""
        return f"asana:{self.site}:{gid}"

    def undone(self, *subtypes: str) -> Story | None:
        """Return the first story of these subtypes after `as_of`."""
        return self.stories.undone(self.as_of, *subtypes)
