"""`python -m tests.bench [scale]`: measure, and print one JSON object."""

import asyncio
import json
import logging
import sys
from typing import Any

import structlog

from tests.bench import archive, flow, scale
from tests.bench.company import Company
from tests.bench.place import parts


async def everyday() -> dict[str, Any]:
    """Measure what takes minutes."""
    async with parts() as endpoints:
        measured = {"flow": await flow.measure(endpoints, Company(groups=2))}
    return measured | {"replay": await asyncio.to_thread(archive.measure)}


async def at_scale() -> dict[str, Any]:
    """Measure what a million items cost."""
    async with parts() as endpoints:
        return {"scale": await scale.measure(endpoints, Company(groups=1), Company(groups=100))}


def main(arguments: list[str]) -> None:
    """Measure what the arguments name."""
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), wrapper_class=quiet)
    measured = asyncio.run(at_scale() if arguments == ["scale"] else everyday())
    print(json.dumps(measured, indent=2))  # noqa: T201 -- this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
