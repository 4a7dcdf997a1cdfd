"""Many seeds, one after the other, and what came of them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

Compared = Callable[[int, Path], tuple[Counter[str], list[str]]]
"""Compare one seed, in a folder of its own: how often both agreed on what, and each difference in words."""


def compare_seeds(compared: Compared, first: int, last: int) -> int:
    """Compare the seeds from the first to the last; print what differs as it comes; return 1 if anything does."""
    agreed: Counter[str] = Counter()
    wrong = 0
    for seed in range(first, last + 1):
        with TemporaryDirectory() as folder:
            more, different = compared(seed, Path(folder))
        agreed += more
        wrong += len(different)
        if different:
            print(*different, sep="\n", flush=True)  # noqa: T201 -- this is what it is for
    print(*sorted(agreed.items()), f"{wrong} differ", sep="\n")  # noqa: T201 -- as above
    return 1 if wrong else 0
