"""How often Python looks for garbage in circles: seldom.

Rooms make tens of thousands of small objects a batch, nearly none of them in a circle, and all are gone with the batch.
At Python's own thresholds a third of the processor time went into looking through them.
"""

import gc
from typing import Final

YOUNG: Final = 50_000
MIDDLE: Final = 20
OLD: Final = 20


def collect_rarely() -> None:
    """Set the thresholds for a process that runs rooms, and never again look through what was loaded at its start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
