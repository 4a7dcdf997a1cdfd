"""The README's tables, made from what they tell of, so that they cannot lie: rules, settings, metrics, topics."""

import sys
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Metric

from schemas.documents import topics_table
from schemas.generate import with_block
from services.commands.output import shown_default
from services.detector.rule import Rule
from services.detector.rules.registry import RULES
from services.runtime.metrics import Instruments
from services.runtime.settings import NAMED_SECRET, VARIABLES


def blocks() -> dict[str, str]:
    """Return the text of each generated block, by its name."""
    return {
        "topics": topics_table(),
        "rules": rules_table(),
        "settings": settings_table(),
        "metrics": metrics_table(),
    }


def with_blocks(text: str) -> str:
    """Return the README with every generated block as it should be."""
    for name, content in blocks().items():
        text = with_block(text, name, content)
    return text


def rules_table() -> str:
    """Return all rules: what each means, how much it matters, what can be set."""
    return _table(("rule", "fires while", "severity", "policy, with its defaults"), map(_rule_row, RULES))


def settings_table() -> str:
    """Return every variable of the environment."""
    rows = [(_variable(one.name, secret=one.secret), one.help) for one in VARIABLES]
    named = _variable(f"{NAMED_SECRET}<NAME>", secret=True)
    return _table(("variable", "what to write"), [*rows, (named, "a secret that leeway.yaml refers to by its name")])


def metrics_table() -> str:
    """Return every metric as Prometheus sees it."""
    registry = CollectorRegistry()
    Instruments(registry)
    return _table(("metric", "kind", "what it tells"), [_metric_row(metric) for metric in registry.collect()])


def _rule_row(rule: Rule[Any]) -> tuple[str, ...]:
    meaning, _, severity = (sys.modules[rule.judge.__module__].__doc__ or "").strip().partition("\n\nSeverity: ")
    return f"`{rule.name}`", _sentence(meaning), _sentence(severity), _policy(rule)


def _policy(rule: Rule[Any]) -> str:
    fields: Mapping[str, Any] = rule.policy.model_fields
    told = [f"`{name}`: {shown_default(field.default)}" for name, field in fields.items()]
    return "<br>".join(told) or "none"


def _metric_row(metric: Metric) -> tuple[str, ...]:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    return f"`{name}`", metric.type, metric.documentation.rstrip(".")


def _variable(name: str, *, secret: bool) -> str:
    return f"`{name}` or `..._FILE`" if secret else f"`{name}`"


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
