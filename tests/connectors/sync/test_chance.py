"""Whatever people do, in whatever order hints come, wherever the process dies: at the end the tables are the site."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from services.connectors.hints import add_hints
from services.runtime.errors import LeewayError, Misconfigured, Permanent, RateLimited, Transient
from tests.connectors.sync.bench import Bench, Killed
from tests.connectors.sync.fake_tracker import SITE

ROUNDS = 20
ERRORS = (Transient("not now"), RateLimited("slow down", 0.0), Permanent("no"), Misconfigured("the token is wrong"))


def act(bench: Bench, chance: Random) -> None:
    """Let people do something."""
    site = bench.site
    if len(site.items) < 5 or chance.random() < 0.2:
        site.add(chance.randrange(1, 9), chance.choice("12"))
        return
    id_, other = (chance.choice(sorted(site.items)) for _ in range(2))
    acts: list[Callable[[], None]] = [
        lambda: site.rename(id_, f"title {chance.random():.6f}"),
        lambda: site.comment(id_),
        lambda: site.move(id_, chance.choice("12")),
        lambda: site.delete(id_),
        lambda: site.relabel_silently(id_, f"label-{chance.randrange(9)}"),
        lambda: site.reparent_silently(id_, other),
    ]
    chance.choice(acts)()


async def hint(bench: Bench, chance: Random) -> None:
    """Let some hints arrive: late, twice, in another order, of what is long gone, and some not at all."""
    told = [event for event in bench.site.events if chance.random() < 0.3]
    chance.shuffle(told)
    async with bench.room.transaction() as conn:
        for id_, kind in told[:20]:
            changed, deleted = ((), (id_,)) if kind == "deleted" else ((id_,), ())
            at = bench.bus.clock.wall()
            await add_hints(conn, SITE, changed=changed, deleted=deleted, reason="webhook", at=at)


def faulty(bench: Bench, chance: Random) -> None:
    """Let calls fail now and then, or the process die, and let people work while we read."""

    def before(_: object = None) -> None:
        if chance.random() < 0.1:
            act(bench, chance)
        if chance.random() < 0.05:
            raise chance.choice(ERRORS)
        if chance.random() < 0.03:
            raise Killed

    bench.client.before = before
    bench.bus.before = lambda: before() if chance.random() < 0.5 else None


@pytest.mark.parametrize("seed", range(10))
async def test_the_tables_end_as_the_site(bench: Bench, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 -- what happens, no secret
    bench.client.has_streams, bench.client.page = seed % 2 == 0, chance.randrange(2, 12)
    bench.fields = {"pace": {"missing_share": 1.0}}
    for _ in range(ROUNDS):
        bench.again()
        act(bench, chance)
        await hint(bench, chance)
        bench.client.lag = timedelta(seconds=chance.randrange(60))
        bench.client.stream_from = chance.randrange(len(bench.site.events) + 1)
        faulty(bench, chance)
        try:
            await (bench.sync.census_now() if chance.random() < 0.2 else bench.quiet())
        except (Killed, LeewayError):
            continue
    bench.again()
    bench.client.lag, bench.client.stream_from = timedelta(0), 0
    await bench.sync.census_now()
    await bench.hold()
