"""Programs of others that copy a tracker: they discover what they know, and sync it whole."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from tests.peers.counting import Synced, airbyte_messages, singer_messages
from tests.peers.environments import environment, run

SINCE: Final = "2000-01-01T00:00:00Z"
TAP_JIRA: Final = "tap-jira==2.6.0"
TAP_ASANA: Final = "tap-asana==2.5.1"
SOURCE_ASANA: Final = "airbyte-source-asana==1.7.2"
BUILT_IN: Final = "https://app.asana.com"


def tap_jira(url: str, authority: Path, streams: Iterable[str]) -> Synced:
    """Sync a Jira site over https, as this tap insists; `authority` is the PEM file to trust."""
    config = {
        "start_date": SINCE, "username": "ana@example.com", "password": "sandbox", "base_url": url,
        "user_agent": "tap-jira (peers@example.com)", "request_timeout": 120,
    }  # fmt: skip
    program = environment("tap-jira", TAP_JIRA).parent / "tap-jira"
    return _singer(program, config, streams, {"REQUESTS_CA_BUNDLE": str(authority)}, "--properties")


def tap_asana(url: str, streams: Iterable[str]) -> Synced:
    """Sync an Asana workspace, with a token that is got for a refresh token; the tap's built-in host is led to `url`.

    No time-out is configured: as a float, which the tap makes of it, Asana's package would not heed it.
    """
    config = {
        "start_date": SINCE, "client_id": "peers", "client_secret": "peers", "redirect_uri": "https://peers.example",
        "refresh_token": "sandbox",
    }  # fmt: skip
    program = environment("tap-asana", TAP_ASANA).parent / "tap-asana"
    return _singer(program, config, streams, _led_to(url), "--catalog")


def source_asana(url: str, streams: Iterable[str]) -> Synced:
    """Check, discover and read an Asana workspace; the source's built-in host is led to `url`."""
    program = str(environment("airbyte-source-asana", SOURCE_ASANA).parent / "source-asana")
    config = {"credentials": {"option_title": "PAT Credentials", "personal_access_token": "sandbox"}}
    with TemporaryDirectory() as folder:
        settings = _written(folder, "config.json", config)
        _checked(run([program, "check", "--config", settings], _led_to(url)))
        [catalog] = _of_type("CATALOG", run([program, "discover", "--config", settings], _led_to(url)))
        chosen = _written(folder, "catalog.json", _configured(catalog["catalog"], frozenset(streams)))
        return _timed([program, "read", "--config", settings, "--catalog", chosen], _led_to(url), airbyte_messages)


def _led_to(url: str) -> dict[str, str]:
    return {"LEEWAY_PEER_REDIRECT": f"{BUILT_IN}={url}"}


def _written(folder: str, name: str, content: object) -> str:
    path = Path(folder, name)
    path.write_text(json.dumps(content))
    return str(path)


def _timed(command: Sequence[str], extra: Mapping[str, str], count: Callable[[Iterable[str]], Synced]) -> Synced:
    begun = perf_counter()
    said = run(command, extra)
    seconds = perf_counter() - begun
    synced = count(said.splitlines())
    synced.seconds = seconds
    return synced


def _singer(
    program: Path, config: Mapping[str, Any], streams: Iterable[str], extra: Mapping[str, str], catalog_option: str
) -> Synced:
    with TemporaryDirectory() as folder:
        settings = _written(folder, "config.json", config)
        found = json.loads(run([str(program), "--config", settings, "--discover"], extra))
        catalog = _written(folder, "catalog.json", _selected(found, frozenset(streams)))
        return _timed([str(program), "--config", settings, catalog_option, catalog], extra, singer_messages)


def _selected(catalog: dict[str, Any], streams: frozenset[str]) -> dict[str, Any]:
    """Select these streams with all of their fields."""
    _known(streams, {stream["tap_stream_id"] for stream in catalog["streams"]})
    for stream in catalog["streams"]:
        wanted = stream["tap_stream_id"] in streams
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = wanted
    return catalog


def _configured(catalog: dict[str, Any], streams: frozenset[str]) -> dict[str, Any]:
    _known(streams, {stream["name"] for stream in catalog["streams"]})
    return {
        "streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
            for stream in catalog["streams"]
            if stream["name"] in streams
        ]
    }


def _known(streams: frozenset[str], discovered: set[str]) -> None:
    assert streams <= discovered, f"the peer does not know {', '.join(sorted(streams - discovered))}"


def _of_type(kind: str, said: str) -> list[dict[str, Any]]:
    return [message for message in map(json.loads, said.splitlines()) if message["type"] == kind]


def _checked(said: str) -> None:
    [status] = _of_type("CONNECTION_STATUS", said)
    assert status["connectionStatus"]["status"] == "SUCCEEDED", status
