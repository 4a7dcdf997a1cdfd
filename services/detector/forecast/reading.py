"""What is read off the ends of the trials: how likely the due is kept, and by which day so many of them have ended."""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from services.detector.forecast.trials import Days

BEST: Final = 0.50
BASE: Final = 0.85
WORST: Final = 0.95
"""Shares of the trials. Unit: 1. Source: best, base and worst as usual in forecasts from throughput."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How many working days after today the due day closes, and how many are looked at."""

    due: int
    horizon: int

    def probability(self, ends: Days) -> float:
        """Return the share of trials that end by the due, with one trial more that does and one that does not.

        So it is never 0 or 1 (the rule of succession): what never happened in 10,000 trials may still happen.
        """
        in_time = int(np.count_nonzero(ends <= min(self.due, self.horizon)))
        return (in_time + 1) / (len(ends) + 2)

    def day(self, ends: Days, share: float) -> int:
        """Return the first working day by which this share of the trials has ended, nearest rank."""
        rank = ceil(share * len(ends)) - 1
        return int(np.partition(ends, rank)[rank])
