"""Named places where a test may kill the process: nothing at all happens unless the environment names one.

`LEEWAY_FAULTPOINT=name:k` sends SIGKILL to this process on the k-th pass of that point.
"""

import os
import signal
from typing import Final, Literal, get_args

FaultPoint = Literal[
    "connectors.published",  # the broker has the page, our snapshots are not committed
    "connectors.committed",  # the page is committed, the next has not begun
    "connectors.hinted",  # hints are committed, nothing of them is fetched
    "connectors.counted",  # a page of a census is committed, the next has not begun
    "connectors.commented",  # the tracker has the comment, we have not committed that it does
    "mapper.published",  # aligned items are out, the mapper's rows are not committed
    "mapper.committed",
    "detector.stored",  # items are committed, nothing of them is judged
    "detector.changes-stored",  # what happened to items is committed, nothing of it is judged
    "detector.judged",  # a round of findings and outbox rows is about to commit
    "detector.round-committed",
    "relay.published",  # the broker has the outbox rows, they are not marked
    "notifier.stored",  # alerts and deliveries are committed, nothing is sent
    "notifier.sent",  # the receiver said yes, the delivery is not marked
    "notifier.marked",
]
FAULTPOINTS: Final[tuple[str, ...]] = get_args(FaultPoint)

_name, _, _count = os.environ.get("LEEWAY_FAULTPOINT", "").partition(":")
_left = int(_count or 1)


def faultpoint(name: FaultPoint) -> None:
    """Die here with SIGKILL, if the environment asked for it and this is the pass that it named."""
    if name != _name:
        return
    global _left  # noqa: PLW0603 -- one counter for the life of the process is the whole point
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
