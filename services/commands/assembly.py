"""Which rooms there are, and how the configuration becomes what each is built with."""

from collections.abc import Mapping, Sequence
from functools import partial

from services.connectors import app as connectors
from services.connectors.app import Connected
from services.connectors.backfill import ReadingCallback
from services.connectors.mapped import MappingOptions
from services.connectors.options import dependency_types
from services.connectors.tracker import TrackerClient
from services.detector import app as detector
from services.mapper import app as mapper
from services.notifier import app as notifier
from services.notifier.receivers import Receiver, webhook
from services.runtime.clock import Clock
from services.runtime.configuration import Configuration
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.errors import Misconfigured
from services.runtime.host import BuildRoom
from services.runtime.secrets import Secret
from services.runtime.settings import Settings

ROOMS = (connectors.ROOM, mapper.ROOM, detector.ROOM, notifier.ROOM)


def builders(
    receivers: Sequence[Receiver] = (),
    connections: Sequence[Connected] = (),
    progress: ReadingCallback | None = None,
) -> dict[str, BuildRoom]:
    """Return how each room is built, in the order in which they start: who writes first, first.

    `progress` is told how far the first reading of each connection is.
    """
    return {
        connectors.ROOM: partial(connectors.build_app, connections=connections, progress=progress),
        mapper.ROOM: mapper.build_app,
        detector.ROOM: detector.build_app,
        notifier.ROOM: partial(notifier.build_app, receivers=receivers),
    }


def chosen(rooms: Mapping[str, BuildRoom], name: str) -> BuildRoom:
    """Return how one room is built, or say which rooms there are."""
    if name not in rooms:
        raise Misconfigured(f"There is no room {name!r}; rooms are {', '.join(rooms)}.")
    return rooms[name]


def mapping_options(configuration: Configuration) -> MappingOptions:
    """Return how the raw items of an export are read, as the configuration says."""
    types = dependency_types(configuration.dependency_links)
    return MappingOptions(dependency_types=types, bots=frozenset(configuration.bots))


def connected(configuration: Configuration, settings: Settings, clock: Clock) -> tuple[Connected, ...]:
    """Return the connections with their clients and secrets, or say of each which secret is missing."""
    whole, problems, found = configuration.whole_connections(), [], []
    for one in whole:
        try:
            found.append((one, settings.secret(one.token), _hook_secret(one, settings)))
        except Misconfigured as error:
            problems.append(f"The connection `{one.id}` cannot be read: {str(error)[:1].lower()}{str(error)[1:]}")
    if problems:
        raise Misconfigured("\n".join(problems))
    return tuple(
        Connected(one, client_of(one, token.get_secret_value(), clock), hook_secret)
        for one, token, hook_secret in found
    )


def _hook_secret(one: JiraConnection | AsanaConnection, settings: Settings) -> Secret | None:
    name = one.webhooks.secret if one.webhooks is not None else None
    return None if name is None else settings.secret(name)


def client_of(connection: JiraConnection | AsanaConnection, token: str, clock: Clock) -> TrackerClient:
    """Return the client of a connection, which has asked nothing yet."""
    # Imported here: the trackers' packages are slow to load, and most commands have no use for them.
    if isinstance(connection, JiraConnection):
        from services.connectors.jira.client import build_client as jira  # noqa: PLC0415

        return jira(connection, token, clock)
    from services.connectors.asana.client import build_client as asana  # noqa: PLC0415

    return asana(connection, token, clock)


def receivers_of(configuration: Configuration, settings: Settings) -> tuple[Receiver, ...]:
    """Return the receivers with their secrets, or say which secret is missing."""
    return tuple(
        webhook(
            receiver.id, receiver.webhook, _secret(receiver.secret, receiver.id, settings), receiver.allowed_networks
        )
        for receiver in configuration.receivers
    )


def _secret(name: str | None, receiver: str, settings: Settings) -> str:
    found: Secret | None = settings.webhook_secret if name is None else settings.secret(name)
    if found is None:
        raise Misconfigured(
            f"The receiver {receiver!r} has no secret to sign with: set LEEWAY_WEBHOOK_SECRET, or name a `secret`."
        )
    return found.get_secret_value()
