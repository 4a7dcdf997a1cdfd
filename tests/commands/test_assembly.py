"""Connections get their secrets, and only who needs them asks for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.commands.assembly import connected
from services.runtime.clock import HeldClock
from services.runtime.configuration import load_configuration
from services.runtime.errors import Misconfigured
from services.runtime.settings import Settings
from tests.commands.typed import leeway

RECEIVER = {"LEEWAY_SECRET_DESK": "whsec_c2VjcmV0"}
CLOCK = HeldClock(datetime(2026, 11, 21, 9, tzinfo=UTC))
TWO_SITES = """\
connections:
  - id: main
    tracker: jira
    url: https://jira.brightmoor.example
    kind: datacenter
    token: jira-main
    webhooks: {address: https://leeway.brightmoor.example, secret: jira-hook}
  - {id: ops, tracker: asana, workspace: Ops, token: asana-ops}
receivers:
  - {id: desk, webhook: "https://hooks.brightmoor.example/leeway", secret: desk}
"""
SECRETS = {"LEEWAY_SECRET_JIRA_MAIN": "one", "LEEWAY_SECRET_JIRA_HOOK": "two", "LEEWAY_SECRET_ASANA_OPS": "three"}
NOWHERE = {
    "LEEWAY_DATABASE_URL": "postgresql://ana@127.0.0.1:1/leeway",
    "LEEWAY_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
}


@pytest.fixture
def configuration(example: Path) -> Path:
    path = example / "leeway.yaml"
    path.write_text(TWO_SITES)
    return path


async def test_each_connection_has_its_client_its_twin_site_and_the_secret_of_its_webhooks(configuration: Path) -> None:
    main, ops = connected(load_configuration(configuration), Settings.from_env(SECRETS), CLOCK)
    try:
        assert (main.client.site, main.client.tracker, main.settings.twins) == ("main", "jira", "ops")
        assert (ops.client.site, ops.client.tracker, ops.settings.twins) == ("ops", "asana", "main")
        assert main.hook_secret is not None
        assert main.hook_secret.get_secret_value() == "two"
        assert ops.hook_secret is None
    finally:
        await main.client.close()
        await ops.client.close()


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_missing_is_said_with_the_connection_that_needs_it(name: str, configuration: Path) -> None:
    settings = Settings.from_env({other: value for other, value in SECRETS.items() if other != name})
    with pytest.raises(Misconfigured) as refused:
        connected(load_configuration(configuration), settings, CLOCK)
    connection = "ops" if "OPS" in name else "main"
    assert str(refused.value).startswith(f"The connection `{connection}` cannot be read: the secret `")
    assert str(refused.value).endswith(f"is not set: give it as {name} or {name}_FILE.")


def test_several_missing_secrets_are_said_at_once(configuration: Path) -> None:
    with pytest.raises(Misconfigured, match=r"`main`.*\n.*`ops`"):
        connected(load_configuration(configuration), Settings.from_env({}), CLOCK)


@pytest.mark.usefixtures("configuration")
def test_only_who_reads_sites_needs_their_tokens_and_only_who_sends_the_secrets_of_receivers() -> None:
    assert "The connection `main` cannot be read" in leeway("run", "connectors", **NOWHERE).err
    assert "Connection refused" in leeway("run", "connectors", **NOWHERE, **SECRETS).sentence
    assert "Connection refused" in leeway("run", "mapper", **NOWHERE).sentence
    assert "The secret `desk` is not set" in leeway("run", "notifier", **NOWHERE).sentence
    for told in (leeway("up", **RECEIVER), leeway("up", **SECRETS)):
        assert told.code == 2
        assert "is not set: give it as" in told.err
