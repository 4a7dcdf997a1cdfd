"""Which team an item belongs to, and which category of capacity: those whose selector fits it best."""

import re
import unicodedata
from dataclasses import dataclass

from schemas.strategy import CapacityCategory, Team
from schemas.work_items import Project, WorkItem
from services.mapper.selectors import SelectorIndex, entries

_LONGEST = 100
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team and the selector that gave it; none where the team is only the name of the item's project."""

    team: str
    selector: str | None = None


class TeamIndex:
    """The teams of a strategy by what they own."""

    def __init__(self, teams: tuple[Team, ...]) -> None:
        self._index = SelectorIndex(entries((team.id, selector) for team in teams for selector in team.owns))

    def choose(self, item: WorkItem) -> TeamChoice:
        """Return the team of an item: the owner whose selector names most fields, then the first in the file."""
        found = self._index.matches(item)
        return TeamChoice(found[0].owner, found[0].text) if found else TeamChoice(project_team(item.project))


class CategoryIndex:
    """The categories of capacity of a strategy by their work."""

    def __init__(self, categories: tuple[CapacityCategory, ...]) -> None:
        self._index = SelectorIndex(entries((one.id, selector) for one in categories for selector in one.work))

    def choose(self, item: WorkItem) -> str | None:
        """Return the category whose selector names most fields, then the first in the file; none where none fits."""
        found = self._index.matches(item)
        return found[0].owner if found else None


def project_team(project: Project) -> str:
    """Return the team of a project that no team of the strategy owns: its key, else its name, as an identifier."""
    key = (project.key or "").lower()
    if _IDENTIFIER.fullmatch(key):
        return key
    return _slug(key) or _slug(project.name) or _slug(f"project-{project.id}")


def _slug(text: str) -> str:
    """Return the text in lower case with a dash for what an identifier may not hold; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[:_LONGEST]
