"""Runs a query: checks it against the site, makes a test of it, and finds where to look without reading everything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.sandbox.jira.catalogue import Catalogue
from services.sandbox.jira.jql.fields import DAYS, NAMES, TEXTS, TIMES, View, known_names, said_in
from services.sandbox.jira.jql.parsing import Both, Clause, Either, JqlError, Node, Not, Query, Value
from services.sandbox.jira.jql.times import moment_of
from services.sandbox.jira.records import Stored
from services.sandbox.jira.store import Store

Test = Callable[[View], bool]
MINUTE: Final = 60_000
OWN: Final = ("key", "issuekey", "id", "issue")
PARENTS: Final = ("parent", "epic link", "cf[10014]", "cf[10101]")
COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """What a query runs against, and as whom."""

    store: Store
    known: Catalogue
    now: datetime
    zone: ZoneInfo

    def test(self, node: Node | None) -> Test:
        """Return the test that a query makes of an issue; raises `JqlError`."""
        if node is None:
            return lambda _: True
        if isinstance(node, Clause):
            return self._clause(node)
        if isinstance(node, Not):
            inner = self.test(node.part)
            return lambda view: not inner(view)
        parts = [self.test(part) for part in node.parts]
        if isinstance(node, Both):
            return lambda view: all(part(view) for part in parts)
        return lambda view: any(part(view) for part in parts)

    def _clause(self, clause: Clause) -> Test:
        field = clause.field.casefold()
        if field in TIMES:
            return self._time(clause, TIMES[field])
        if field in DAYS:
            return self._time(clause, lambda view: self._midnight(view.fields.get(DAYS[field])))
        if field in TEXTS:
            return _text(clause, TEXTS[field])
        return self._names(clause, field)

    def _midnight(self, day: str | None) -> int | None:
        return moment_of(Value(day), "due", self.now, self.zone) if day else None

    def _time(self, clause: Clause, read: Callable[[View], int | None]) -> Test:
        if clause.operator in {"is", "is not"}:
            return lambda view: (read(view) is None) is (clause.operator == "is")
        moments = [moment_of(value, clause.field, self.now, self.zone) for value in clause.values]
        if compare := COMPARE.get(clause.operator):
            return lambda view: (at := read(view)) is not None and compare(at, moments[0])
        if clause.operator not in {"=", "!=", "in", "not in"}:
            raise _not_supported(clause)
        wanted = clause.operator in {"=", "in"}

        def test(view: View) -> bool:
            at = read(view)
            return at is not None and any(moment <= at < moment + MINUTE for moment in moments) is wanted

        return test

    def _names(self, clause: Clause, field: str) -> Test:
        read = NAMES.get(field) or self._custom(clause.field)
        if clause.operator in {"is", "is not"}:
            return lambda view: (not read(view)) is (clause.operator == "is")
        if clause.operator not in {"=", "!=", "in", "not in"}:
            raise _not_supported(clause)
        wanted = self._values(clause, field)
        if clause.operator in {"=", "in"}:
            return lambda view: not wanted.isdisjoint(read(view))
        return lambda view: bool(names := read(view)) and wanted.isdisjoint(names)

    @staticmethod
    def _custom(name: str) -> Callable[[View], frozenset[str]]:
        if name.startswith("cf[") and name.endswith("]"):
            return said_in(f"customfield_{name[3:-1]}")
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")

    def _values(self, clause: Clause, field: str) -> frozenset[str]:
        found: set[str] = set()
        for value in clause.values:
            if value.arguments is not None:
                found |= self._function(value)
            else:
                self._check(clause.field, field, value.text)
                found.add(self._resolved(field, value.text))
        return frozenset(found)

    def _resolved(self, field: str, text: str) -> str:
        """An old key means the issue that has another one now."""
        if field in {*OWN, *PARENTS} and (issue := self.store.find(text)):
            return issue.id
        return text.casefold()

    def _check(self, shown: str, field: str, text: str) -> None:
        if field in OWN and not self._may_see(text):
            raise JqlError(f"An issue with key '{text}' does not exist for field '{shown}'.")
        known = known_names(self.known, field)
        if known is None or text.casefold() == "unresolved":
            return
        if not any(text.casefold() in (str(each.get(name, "")).casefold() for name in ("id", "key", "name"))
                   for each in known.values()):  # fmt: skip
            raise JqlError(f"The value '{text}' does not exist for the field '{shown}'.")

    def _may_see(self, id_or_key: str) -> bool:
        issue = self.store.find(id_or_key)
        return issue is not None and issue.project not in self.known.hidden

    def _function(self, value: Value) -> set[str]:
        name = value.text.casefold()
        if name == "currentuser":
            return {self.known.account["accountId"].casefold()}
        states = {"opensprints": ("active",), "closedsprints": ("closed",), "futuresprints": ("future",)}.get(name)
        if states is None:
            raise JqlError(f"Unable to find JQL function '{value.text}({', '.join(value.arguments or ())})'.")
        return {id_ for id_, each in self.known.sprints.items() if str(each.get("state")).casefold() in states}

    def candidates(self, node: Node | None) -> Iterable[str]:
        """Return ids among which all that the query can find are: the fewest that are quickly had."""
        best: Iterable[str] = self.store.issues
        fewest = len(self.store.issues)
        for clause in _conjuncts(node):
            found = self._quick(clause)
            if found is not None and found[0] < fewest:
                fewest, best = found[0], found[1]()
        return best

    def _quick(self, clause: Clause) -> tuple[int, Callable[[], Iterable[str]]] | None:
        field = clause.field.casefold()
        if field in {"updated", "updateddate"} and clause.operator in {">", ">="}:
            since = moment_of(clause.values[0], field, self.now, self.zone)
            order = self.store.order
            return order.count_since(since), lambda: dict.fromkeys(id_ for _, id_ in order.since(since))
        if clause.operator not in {"=", "in"} or any(value.arguments is not None for value in clause.values):
            return None
        texts = [value.text for value in clause.values]
        if field in OWN:
            return len(texts), lambda: [issue.id for text in texts if (issue := self.store.find(text))]
        groups = self._groups(field, texts)
        return None if groups is None else (sum(map(len, groups)), lambda: [id_ for group in groups for id_ in group])

    def _groups(self, field: str, texts: list[str]) -> list[dict[str, None]] | None:
        if field == "project":
            projects = self.known.projects.values()
            ids = dict.fromkeys(
                str(each["id"]) for text in texts for each in projects
                if text.casefold() in (str(each[name]).casefold() for name in ("id", "key", "name"))
            )  # fmt: skip
            return [self.store.by_project.get(id_, {}) for id_ in ids]
        if field in PARENTS:
            parents = dict.fromkeys(issue.id if (issue := self.store.find(text)) else text for text in texts)
            return [self.store.children.get(id_, {}) for id_ in parents]
        return None


def _not_supported(clause: Clause) -> JqlError:
    return JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _text(clause: Clause, read: Callable[[View], str]) -> Test:
    if clause.operator in {"is", "is not"}:
        return lambda view: (not read(view)) is (clause.operator == "is")
    if clause.operator not in {"~", "!~"}:
        raise _not_supported(clause)
    words = clause.values[0].text.casefold().replace('"', " ").replace("*", " ").split()
    wanted = clause.operator == "~"
    return lambda view: all(word in read(view).casefold() for word in words) is wanted


def _conjuncts(node: Node | None) -> Iterable[Clause]:
    if isinstance(node, Clause):
        yield node
    elif isinstance(node, Both):
        for part in node.parts:
            yield from _conjuncts(part)
    elif isinstance(node, Either) and len(node.parts) == 1:
        yield from _conjuncts(node.parts[0])


def ordered(found: list[tuple[Stored, View]], query: Query) -> list[Stored]:
    """Return the issues in the query's order; without one, the newest first."""
    order = query.order or (("id", True),)
    for field, falls in reversed(order):
        read = _sort_key(field.casefold(), field)
        found.sort(key=lambda each: read(each[1]), reverse=falls)
    return [issue for issue, _ in found]


def _sort_key(field: str, shown: str) -> Callable[[View], Any]:
    if field in TIMES:
        times = TIMES[field]
        return lambda view: (times(view) is None, times(view) or 0)
    if field in TEXTS:
        return lambda view: TEXTS[field](view).casefold()
    if field in DAYS:
        return lambda view: (view.fields.get("duedate") is None, view.fields.get("duedate") or "")
    known = SORTS.get(field)
    if known is None and field in NAMES:
        return lambda view: sorted(NAMES[field](view))
    if known is None:
        raise JqlError(f"Not able to sort using field '{shown}'.")
    return known


def _by_key(view: View) -> tuple[str, int]:
    project, _, number = view.issue.key.rpartition("-")
    return project, int(number)


SORTS: Final[dict[str, Callable[[View], Any]]] = {
    **dict.fromkeys(("key", "issuekey"), _by_key),
    **dict.fromkeys(("id", "issue", "rank"), lambda view: int(view.issue.id)),
}
