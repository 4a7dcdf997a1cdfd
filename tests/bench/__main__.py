"""`python -m tests.bench [scale]`: measure, and print one JSON object."""

import asyncio
import json
import sys
from typing import Any

import structlog

from tests.bench import flow
from tests.bench.company import Company
from tests.bench.place import parts


async def everyday() -> dict[str, Any]:
    """Measure what takes minutes."""
    async with parts() as endpoints:
        return {"flow": await flow.measure(endpoints, Company(groups=2))}


def main(arguments: list[str]) -> None:
    """Measure what the arguments name."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    measured = asyncio.run(everyday())
    print(json.dumps(measured, indent=2))  # noqa: T201 -- this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
