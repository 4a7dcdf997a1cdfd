"""When an objective may be done, by its own past, and what moves that most.

Promise: a forecast is 10,000 trials, reproducible from its seed. In each of them every working day after today draws
one of the objective's real working days of its last 60, days without a delivery included; so many of its ready leaves
are delivered then. A leaf is ready on a day if all its open blockers were delivered on earlier days of that trial. It
never says 100 %, it refuses with a reason below 5 active days, and a forecast that was kept is never written again.

What was decided, and why:

- Today is neither in the sample nor drawn: what is left of it is not counted on.
- What was delivered on a day off counts for the next working day; days before the objective's first leaf existed are
  no days of rest, so they are not in the sample.
- A blocker that is no open leaf of this objective (another objective's, nobody's, an epic) is held as well, with its
  own open blockers, and so on: it counts as one more piece of work at this objective's pace. The pace of its own team
  would promise too much, for that has other work before it, in an order that nobody told us; to wait for it without
  any work would promise too much as well. Once nothing of ours waits for it, it is out.
- Among ready leaves those with the longest chain of dependents behind them come first, then by ref. The order changes
  an end only through dependencies: without any, a trial ends on the day on which enough has been delivered.
- Who waits in a circle can never become ready, so such an objective ends in no trial: no dates, and the lowest
  probability there is. What would break the circle is then what moves it.
- A trial that has not ended within 5 years counts as never.
- Without a dependency or a leaf a trial ends no later than with it: the old order of work is still there to be taken.
"""
