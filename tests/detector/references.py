"""The real archive and the made cases, mapped and aligned as the product does it, with what a reference expects."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.connectors.export.index import ExportIndex
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.mapper.alignment import Neighbourhood, align, node_of
from services.mapper.claims import CompiledStrategy
from tests.detector.brute import Placed
from tests.detector.rule_sets import REFERENCED, only

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SITE = "archive"


@dataclass(frozen=True)
class Reference:
    """One reference: which exports, judged when, and the file with its findings."""

    folder: str
    exports: tuple[str, ...]
    day: str

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.day).replace(hour=12, tzinfo=UTC)

    @property
    def path(self) -> Path:
        prefix = "" if self.folder == "made-cases" else "-".join(self.exports) + "-"
        return DATA / self.folder / f"expected-{prefix}{self.day}.json"

    def expected(self) -> dict[str, Any]:
        expected: dict[str, Any] = json.loads(self.path.read_text())
        return expected

    def strategy(self) -> Strategy:
        """Return the strategy of the reference, with the rules that it knows and no other."""
        whole = YAML(typ="safe").load((DATA / self.folder / "strategy.yaml").read_text())
        return Strategy.model_validate(whole | {"policy": (whole.get("policy") or {}) | only(*REFERENCED)})

    def items(self) -> list[WorkItem]:
        """Return the items that existed, each id as it was updated last."""
        newest: dict[str, Any] = {}
        for issue in self._issues():
            known = newest.get(issue["id"])
            if known is None or issue["fields"]["updated"] >= known["fields"]["updated"]:
                newest[issue["id"]] = issue
        index = ExportIndex()
        for issue in newest.values():
            index.add(issue["id"], issue["key"])
        index.close()
        outcomes = (map_issue(issue, SITE, self.as_of, MappingOptions()) for issue in newest.values())
        return [index.placed(outcome.item) for outcome in outcomes if isinstance(outcome, Mapped)]

    def _issues(self) -> Iterator[Any]:
        for export in self.exports:
            with gzip.open(DATA / self.folder / f"{export}.jsonl.gz", "rt") as lines:
                yield from map(json.loads, lines)


REFERENCES = (
    Reference("made-cases", ("cases",), "2026-06-15"),
    Reference("jira-archive", ("MOD",), "2018-06-29"),
    Reference("jira-archive", ("TIMOB", "MOD", "AC"), "2013-05-17"),
    Reference("jira-archive", ("TIMOB", "MOD", "AC"), "2016-05-27"),
)


def place(items: Sequence[WorkItem], strategy: Strategy) -> list[Placed]:
    """Give each item its team and its alignment, as the mapper does."""
    compiled = CompiledStrategy(1, strategy)
    around = Neighbourhood()
    for item in items:
        around.add(node_of(item, compiled.claim(item)))
    return [Placed(item, compiled.team(item).team, align(item.ref, around)) for item in items]
