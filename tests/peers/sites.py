"""The sandboxes that the peers are let loose on."""

from datetime import UTC, datetime
from typing import Final

TODAY: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SMALL: Final = 0
"""No items beyond the company's own scenes (about 600 remain): for Prism, through which each of them passes, and for
the source that asks for each story by itself, and reads its own manifest anew for each request."""
