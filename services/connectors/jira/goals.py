"""Goals: Jira has none of its own, so nothing is asked and nothing comes."""

from services.connectors.tracker import Goal


def goals() -> tuple[Goal, ...]:
    """Return no goals."""
    return ()
