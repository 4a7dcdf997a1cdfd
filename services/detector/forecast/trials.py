"""The trials of one forecast: the same drawn days for every question that is asked of it, all trials at once.

Promise: an answer is exactly that of a simulation day by day, in which each day's deliveries go to the ready pieces of
work in their order. It is found piece by piece instead: in that order each takes the first day after its blockers' that
has something left. Both are the same because a piece takes one delivery, and never waits for one that comes after it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.detector.forecast.work import Work

Days = NDArray[np.intp]
"""For each trial a working day after today, from 1 on; the one beyond the horizon is never."""
Counts = NDArray[np.int32]
"""Deliveries, of each day in each trial."""

_CHUNK: Final = 32
"""Days that are drawn at once: fixed, for what the generator gives depends on it."""


class Trials:
    """So many trials, each of which draws days of the sample until `horizon`, in working days."""

    def __init__(self, sample: Sequence[int], size: int, horizon: int, seed: int) -> None:
        self._sample = np.array(sample, dtype=np.int32)
        self._most = int(self._sample.max())
        self._random = np.random.Generator(np.random.SFC64(seed))
        self._totals: Counts = np.empty((horizon, size), dtype=np.int32)  # takes memory only as it is filled
        self._drawn = 0
        self._counts: Counts = np.empty((0, size), dtype=np.int32)
        self._enough: dict[int, Days] = {}
        self.horizon = horizon
        self.size = size

    def ends(self, work: Work) -> Days:
        """Return the day on which everything is delivered."""
        enough = self.enough(work.count)
        return enough if self.is_never_idle(work) else np.maximum(enough, self.last_linked(work))

    def is_never_idle(self, work: Work) -> bool:
        """Tell whether there is something ready left in every trial on every day, so that no dependency delays its end.

        On a day with less ready than drawn all that is ready is delivered, so the longest chain that is left gets
        shorter: there are fewer such days than pieces in it, and each of them wastes less than the most of a day.
        """
        return not work.stuck and (work.longest - 1) * (self._most - 1) <= work.free

    def enough(self, count: int) -> Days:
        """Return the day on which so much was drawn in all."""
        if count not in self._enough:
            while self._drawn < self.horizon and (not self._drawn or self._totals[self._drawn - 1].min() < count):
                self._draw()
            days = _days_below(self._totals[: self._drawn], count)
            self._enough[count] = np.where(days < self._drawn, days, self.horizon) + 1
        return self._enough[count]

    def last_linked(self, work: Work, among: NDArray[np.bool_] | None = None) -> Days:
        """Return the day on which all that waits or is waited for is delivered, in all trials or in these."""
        if work.stuck or not work.order:
            return np.full(self.size, self.horizon + 1 if work.stuck else 0, dtype=np.intp)
        counts = self.counts(self._days_for(work))
        days = _last_taken(counts if among is None else np.compress(among, counts, axis=1), work.blockers)
        return np.where(days < len(counts), days, self.horizon) + 1

    def counts(self, days: int) -> Counts:
        """Return what is drawn for the first so many days after today."""
        while self._drawn < days:
            self._draw()
        if len(self._counts) < days:
            self._counts = np.diff(self._totals[:days], axis=0, prepend=np.zeros((1, self.size), dtype=np.int32))
        return self._counts[:days]

    def _days_for(self, work: Work) -> int:
        """Return a number of days after which all that is linked is delivered in every trial, or the horizon.

        Of a day no more than all of it can be used; for how much is wasted at most see `is_never_idle`.
        """
        most = min(self._most, len(work.order))
        wanted = len(work.order) + (work.longest - 1) * (most - 1)
        used, before, days = np.zeros(self.size, dtype=np.int32), np.zeros(self.size, dtype=np.int32), 0
        while days < self.horizon and used.min() < wanted:
            if days == self._drawn:
                self._draw()
            used += np.minimum(self._totals[days] - before, most)
            before = self._totals[days]
            days += 1
        return days

    def _draw(self) -> None:
        """Draw some more days; those beyond the horizon are not kept."""
        drawn = self._random.integers(0, len(self._sample), (_CHUNK, self.size), dtype=np.uint16)
        for row in drawn[: self.horizon - self._drawn]:
            total = self._totals[self._drawn]
            np.take(self._sample, row.astype(np.intp), out=total, mode="wrap")
            if self._drawn:
                total += self._totals[self._drawn - 1]
            self._drawn += 1


def _days_below(totals: Counts, count: int) -> Days:
    """Return for each trial how many of these days end with less than so many; found by halving, for totals rise."""
    rows, width = totals.shape
    flat, column = totals.reshape(-1), np.arange(width)
    below = np.zeros(width, dtype=np.intp)
    step = 1 << rows.bit_length()
    while step := step >> 1:
        further = below + step
        last = flat[(np.minimum(further, rows) - 1) * width + column]
        below = np.where((further <= rows) & (last < count), further, below)
    return below


def _last_taken(counts: Counts, blockers: Sequence[Sequence[int]]) -> Days:
    """Return for each trial the day, from 0, on which the last piece is taken; `len(counts)` where that is never."""
    rows, width = counts.shape
    column = np.arange(width)
    left = np.append(counts.reshape(-1), np.zeros(width, dtype=np.int32))  # of each day, row by row, and of never
    open_from = _next_open(counts).reshape(-1)  # for each day the first from it on with something left
    taken: list[Days] = []
    for waits_for in blockers:
        start = np.minimum(np.max([taken[one] for one in waits_for], axis=0) + 1, rows) if waits_for else 0
        asked = start * width + column
        day = open_from[asked]
        while not np.array_equal(day, further := open_from[day * width + column]):
            day = further
        at = day * width + column
        left[at] -= 1
        rest = np.where((left[at] == 0) & (day < rows), day + 1, day)
        open_from[at] = rest
        open_from[asked] = rest  # so that who asks next need not walk again
        taken.append(day)
    last: Days = np.max(taken, axis=0)
    return last


def _next_open(counts: Counts) -> Days:
    rows, width = counts.shape
    following = np.empty((rows + 1, width), dtype=np.intp)
    following[rows] = rows
    for row in range(rows - 1, -1, -1):
        following[row] = np.where(counts[row] > 0, row, following[row + 1])
    return following
