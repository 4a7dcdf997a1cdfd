"""`python -m tests.bench [NAME ...]`: measure, and print one JSON object; without a name, what takes minutes each."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog

from services.runtime.embedded import Endpoints
from tests.bench import archive, backtest, extraction, flow, forecast, memory, remap, scale, sweep, webhooks
from tests.bench.company import Company
from tests.bench.place import parts
from tests.bench.sweep import AtRest


async def _replay(_: Endpoints) -> dict[str, Any]:
    return await asyncio.to_thread(archive.measure)


async def _backtest(_: Endpoints) -> dict[str, Any]:
    return await asyncio.to_thread(backtest.measure)


async def _forecast(_: Endpoints) -> dict[str, Any]:
    return await asyncio.to_thread(forecast.measure)


MEASURES: Final[dict[str, Callable[[Endpoints], Awaitable[dict[str, Any]]]]] = {
    "flow": lambda endpoints: flow.measure(endpoints, Company(groups=2)),
    "extraction": extraction.measure,
    "webhook": webhooks.measure,
    "replay": _replay,
    "backtest": _backtest,
    "forecast": _forecast,
    "scale": lambda endpoints: scale.measure(endpoints, Company(groups=1), Company(groups=100)),
    "sweep": lambda endpoints: sweep.measure(endpoints, AtRest(groups=12)),
    "remap": lambda endpoints: remap.measure(endpoints, Company(groups=100)),
    "memory": memory.measure,
}
EVERYDAY: Final = ("flow", "extraction", "webhook", "replay", "backtest", "forecast")
"""The others, at a size that matters, take longer than one waits for."""


async def measured(names: Sequence[str]) -> dict[str, Any]:
    """Measure one after the other, on one broker and one database."""
    async with parts() as endpoints:
        return {name: await MEASURES[name](endpoints) for name in names}


def main(arguments: list[str]) -> None:
    """Measure what the arguments name."""
    if unknown := [name for name in arguments if name not in MEASURES]:
        sys.exit(f"There is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}.")
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), wrapper_class=quiet)
    found = asyncio.run(measured(arguments or EVERYDAY))
    print(json.dumps(found, indent=2))  # noqa: T201 -- this is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
