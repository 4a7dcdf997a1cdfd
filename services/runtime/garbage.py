"""How often Python looks for garbage in circles: seldom.

Rooms make tens of thousands of small objects a batch, nearly none of them in a circle, and all are gone with the batch.
At Python's own thresholds a third of the processor time went into looking through them.
"""

import gc
from typing import Final

YOUNG: Final = 100_000
"""More than the objects of a batch that are there at once: below that every batch is looked through for nothing."""
MIDDLE: Final = 20
OLD: Final = 20


def collect_rarely() -> None:
    """Set the thresholds for a process that runs rooms, and never again look through what was loaded at its start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
