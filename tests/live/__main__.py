"""`python -m tests.live [SEEDS]`: play the stories of so many seeds (20), and say how each ended."""

import asyncio
import logging
import sys
from collections import Counter
from time import perf_counter

import structlog

from tests.live.story import play

SEEDS = 20


def main(arguments: list[str]) -> int:
    """Play them one after the other; return how many ended with a difference."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    failed, done = 0, Counter[str]()
    for seed in range(1, int(arguments[0]) + 1 if arguments else SEEDS + 1):
        begun = perf_counter()
        try:
            story = asyncio.run(play(seed))
        except AssertionError as error:
            failed += 1
            _say(f"seed {seed}: FAILED after {perf_counter() - begun:.0f} s: {error}")
            continue
        done.update(story.done)
        items, changes = len(story.jira.items) + len(story.asana.items), len(story.jira.ever) + len(story.asana.ever)
        _say(f"seed {seed}: equal after {perf_counter() - begun:.0f} s: {items} items, {changes} changes")
    _say(", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    return failed


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- this is what it is for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
