"""An item with the team and the objective that it serves, and the rule that decided."""

from enum import StrEnum

from schemas.base import Contract, Identifier, ItemRef, Revision
from schemas.work_items import WorkItem


class AlignmentRule(StrEnum):
    """Which rule gave the item its objective; the first that holds, in this order."""

    SELF = "self"
    SELECTOR = "selector"
    PARENT = "parent"
    EPIC = "epic"
    TWIN = "twin"
    NONE = "none"


class Claim(Contract):
    """A selector of an objective that matches the item: how many fields it names and where it stands in the file."""

    objective: Identifier
    selector: str
    fields: int
    position: int


class Alignment(Contract):
    """The objective, and why.

    `via` is the item it was inherited from. `ties` are the claims of other objectives with
    as many fields as the one that won: not empty means ambiguous. `unknown_objectives` are ids that the item names
    itself (`objective:<id>`) and the strategy does not know; they count as not said.
    """

    objective: Identifier | None = None
    rule: AlignmentRule = AlignmentRule.NONE
    selector: str | None = None
    via: ItemRef | None = None
    ties: tuple[Claim, ...] = ()
    unknown_objectives: tuple[str, ...] = ()


class ItemAligned(Contract):
    """Every item, unaligned ones too. `team_selector` is none where the team is the project's key in lower case.

    `category` is the category of capacity whose selector fits best, as with teams; none where no selector fits.
    """

    item: WorkItem
    revision: Revision
    source_revision: Revision
    team: Identifier
    team_selector: str | None = None
    category: Identifier | None = None
    alignment: Alignment
    strategy_version: int
    flow: str | None = None
