"""The sandboxes that the peers are let loose on."""

from datetime import UTC, datetime
from typing import Final

TODAY: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FEW: Final = 300
"""So many items where each of them passes through Prism."""

FEWER: Final = 100
"""So many for the source that asks for each story by itself, and reads its own manifest anew for each request."""
