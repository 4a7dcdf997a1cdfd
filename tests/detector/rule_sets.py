"""Which rules a test is about. A rule that is added later must not change what older tests say of the others."""

from typing import Any, Final

from services.detector.context import Mode
from services.detector.rules.registry import BY_NAME

REFERENCED: Final = (
    "stalled-dependency",
    "dependency-date-conflict",
    "unowned-blocker",
    "dependency-cycle",
    "missed-handoff",
    "bottleneck-team",
    "unaligned-work",
    "ambiguous-alignment",
    "objective-idle",
    "scope-growth",
    "stale-work",
)
"""The rules whose findings the references hold."""


def only(*names: str) -> dict[str, Any]:
    """Return the policy under which no rule is used but these."""
    unknown = set(names).difference(BY_NAME)
    assert not unknown, f"no such rules: {unknown}"
    return {"rules": {name: Mode.OFF.value for name in BY_NAME if name not in names}}
