"""What a site says when it is opened now: whether it lets us in, what the token may not, how far off our clock is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from services.commands.assembly import client_of
from services.commands.checks import Check, faulty, of_fault
from services.commands.describing import AnyConnection
from services.commands.init import CLOCK_OFF_SECONDS, KINDS
from services.commands.output import counted
from services.commands.secret_files import variable_of
from services.connectors.refusals import Denied
from services.connectors.tracker import SiteFacts, TrackerClient
from services.runtime.clock import Clock
from services.runtime.errors import LeewayError, Transient
from services.runtime.settings import Settings

UNKNOWN: Final = 401
OPEN_SECONDS: Final = 40.0
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

BuildClient = Callable[[AnyConnection, str, Clock], TrackerClient]


async def check_sites(
    connections: Sequence[AnyConnection], settings: Settings, clock: Clock, build: BuildClient = client_of
) -> dict[str, list[Check]]:
    """Open all sites at once; what is wrong with one keeps no other from being looked at."""
    found = await asyncio.gather(*(_check(one, settings, clock, build) for one in connections))
    return {one.id: checks for one, checks in zip(connections, found, strict=True)}


async def _check(one: AnyConnection, settings: Settings, clock: Clock, build: BuildClient) -> list[Check]:
    try:
        client = build(one, settings.secret(one.token).get_secret_value(), clock)
    except LeewayError as fault:
        return [of_fault(f"{one.id}: site", fault)]
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            return [*plain_text(one), *await _opened(one.id, client), *_hook_secret(one, settings)]
    except TimeoutError:
        return [of_fault(f"{one.id}: site", Transient(f"{one.id} did not answer within {OPEN_SECONDS:.0f} seconds."))]
    except LeewayError as fault:
        return [_refused(one, fault)]
    finally:
        await client.close()


def _refused(one: AnyConnection, fault: LeewayError) -> Check:
    """Say also where the token comes from, when it is the token that is wrong."""
    check = of_fault(f"{one.id}: site", fault)
    if not isinstance(fault, Denied) or fault.status != UNKNOWN:
        return check
    return replace(check, remedy=f"{check.remedy} The token comes from {variable_of(one.token)}.")


async def _opened(name: str, client: TrackerClient) -> list[Check]:
    facts = await client.open()
    kind = " ".join(filter(None, (KINDS.get(facts.kind, facts.kind), facts.version)))
    checks = [Check(f"{name}: site", is_well=True, found=f"{kind} lets us in as {facts.account_name}")]
    checks += [_scope(name, sentence) for sentence in facts.missing_scopes]
    checks += _clock(name, facts)
    try:
        scopes = await client.scopes()
    except LeewayError as fault:
        return [*checks, of_fault(f"{name}: projects", fault)]
    return [*checks, Check(f"{name}: projects", is_well=True, found=f"{counted(len(scopes), 'project')} to read")]


def _scope(name: str, sentence: str) -> Check:
    remedy = "Give the token that scope, or its account that permission, where the token was made."
    return faulty(f"{name}: token", sentence, remedy)


def _clock(name: str, facts: SiteFacts) -> list[Check]:
    off = facts.clock_off_seconds or 0.0
    if abs(off) <= CLOCK_OFF_SECONDS:
        return []
    found = f"this machine is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the site"
    return [faulty(f"{name}: clock", found, "Set this machine's clock by a time server.")]


def _hook_secret(one: AnyConnection, settings: Settings) -> list[Check]:
    """Tell of a secret of webhooks that is named and missing: nothing starts without it."""
    if one.webhooks is None or one.webhooks.secret is None:
        return []
    try:
        settings.secret(one.webhooks.secret)
    except LeewayError as fault:
        return [of_fault(f"{one.id}: webhooks", fault)]
    return []


def plain_text(one: AnyConnection) -> list[Check]:
    """Tell of an address at which the token would travel in the open; on this machine it may."""
    parts = urlsplit(one.url)
    if parts.scheme == "https" or parts.hostname in LOOPBACK:
        return []
    return [faulty(f"{one.id}: address", f"{one.url} carries the token unencrypted", "Write https in its `url`.")]
