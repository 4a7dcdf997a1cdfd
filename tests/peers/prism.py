"""What our clients and the sandbox say to each other, held against the vendors' own descriptions by Prism.

Whatever is not known by name is a fault of a client or of the sandbox. What is known has to be met: that shows that
the check sees, and keeps the list honest.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from services.runtime.clock import SystemClock
from services.sandbox.server import Running, SandboxOptions, sandbox
from tests.peers import known, rare, tours
from tests.peers.known import Known
from tests.peers.proxying import Recorder, asana_spec, jira_spec, proxied, served
from tests.peers.sites import SMALL, TODAY

Tour = Callable[[str], Awaitable[int]]


async def prism_jira() -> tuple[str, bool]:
    """Check Jira Cloud; the description knows no Data Center."""

    async def tour(url: str) -> int:
        count = await tours.tour(tours.jira_at(url))
        await tours.package_tour(url)
        return count

    return await _checked(jira_spec(), lambda running: running.jira_url, tour, known.JIRA)


async def prism_asana() -> tuple[str, bool]:
    """Check Asana."""

    async def tour(url: str) -> int:
        return await tours.tour(tours.asana_at(url))

    return await _checked(asana_spec(), lambda running: running.asana_url, tour, known.ASANA)


async def _checked(
    spec: Path, url_of: Callable[[Running], str], tour: Tour, expected: tuple[Known, ...]
) -> tuple[str, bool]:
    async with sandbox(SandboxOptions(TODAY, items=SMALL), SystemClock()) as running:
        rare.add_to_jira(running.jira)
        rare.add_to_asana(running.asana)
        # The description forbids the nulls that are in every real changelog; all else of it is to be checked.
        running.jira.shapes.options.omits_nulls = True
        async with proxied(spec, url_of(running)) as recorder, served(recorder) as url:
            count = await tour(url)
    return _told(recorder, count, expected)


def _told(recorder: Recorder, count: int, expected: tuple[Known, ...]) -> tuple[str, bool]:
    met = known.met(recorder.violations, expected)
    wrong = known.unexplained(recorder.violations, expected)
    wrong += [f"{name} is known and was not met" for name, many in met.items() if not many]
    verdict = f"VIOLATES: {'; '.join(wrong)}" if wrong else "ok"
    times = ", ".join(f"{name} {many}" for name, many in met.items())
    kinds = f"{recorder.calls} calls of {len(recorder.kinds)} kinds"
    return f"{verdict}: {count} items in {kinds}; known: {times}", not wrong
