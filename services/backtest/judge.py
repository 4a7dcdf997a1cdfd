"""The rules that a run was asked for, by the kind of facts that they judge: the detector's own, as they stand."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, get_args

from services.detector.context import Context
from services.detector.facts import Facts
from services.detector.rules.registry import RULES, by_mode
from services.detector.verdict import Verdict, merge


class Judge:
    """Judges by these rules, by name, and by no others."""

    def __init__(self, context: Context, rules: Collection[str]) -> None:
        self.rules = frozenset(rules)
        self._context = context
        wanted = [rule for rule in RULES if rule.name in rules]
        self._by_kind = {kind: tuple(rule for rule in wanted if kind in rule.facts) for kind in get_args(Facts)}

    def judges(self, kind: type[Any]) -> bool:
        """Tell whether any of them judges facts of this kind."""
        return bool(self._by_kind[kind])

    def __call__(self, facts: Facts, now: datetime) -> Verdict:
        """Return what they say of these facts at `now`."""
        context = self._context
        verdict = merge(rule.judge(facts, context, now) for rule in self._by_kind[type(facts)])
        return by_mode(verdict, context)
