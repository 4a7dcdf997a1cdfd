"""Wrong input ends a command with exit code 2 and one sentence: what, where, and what to do. Nothing is half done."""

import gzip
import socket
import time
from pathlib import Path

import pytest

from services.commands.workplace import BROKER_SECONDS
from services.runtime.embedded import Endpoints
from tests.commands.typed import AS_OF, Answer, leeway

NO_SECRET = "x"  # noqa: S105 -- what no secret looks like
NOWHERE = "127.0.0.1:1"
"""Nothing listens on port 1."""


def replay(*arguments: str | Path, **environment: str) -> Answer:
    return leeway("replay", *arguments, **environment)


def replay_of(export: str | Path, *more: str | Path, **environment: str) -> Answer:
    return replay(export, "--strategy", "strategy.yaml", "--as-of", AS_OF, *more, **environment)


def configured(endpoints: Endpoints, servers: str) -> dict[str, str]:
    return {"LEEWAY_DATABASE_URL": str(endpoints.database_url), "LEEWAY_KAFKA_BOOTSTRAP_SERVERS": servers}


def broken_exports(folder: Path) -> dict[str, str]:
    """Write exports that cannot be used; return what is said of each."""
    whole = (folder / "issues.jsonl.gz").read_bytes()
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "empty.json").write_bytes(b"[]")
    (folder / "cut.jsonl.gz").write_bytes(whole[:-20])
    (folder / "empty.jsonl.gz").write_bytes(gzip.compress(b""))
    (folder / "notes.txt").write_bytes(b"Call Ana about the export.\n")
    (folder / "other.jsonl").write_bytes(b'{"name": "neither"}\n')
    return {
        "missing.jsonl": "There is no export missing.jsonl",
        "empty.jsonl": "is empty",
        "empty.json": "is empty",
        "empty.jsonl.gz": "is empty",
        "cut.jsonl.gz": "is cut short or damaged",
        "notes.txt": "line 1: the line is no JSON",
        "other.jsonl": "line 1: it is neither a Jira issue",
        str(folder): "Is a directory",
    }


def test_an_export_that_cannot_be_used_is_refused_before_a_home_is_made(example: Path) -> None:
    for name, said in broken_exports(example).items():
        assert said in replay_of(name, "--home", "kept").sentence
        assert said in leeway("check", "strategy.yaml", "--export", name).sentence
    assert not (example / "kept").exists()


def test_one_export_that_cannot_be_used_keeps_the_good_ones_out_too(example: Path) -> None:
    assert "missing.jsonl" in replay_of("issues.jsonl.gz", "missing.jsonl", "--home", "kept").sentence
    assert not (example / "kept").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "strategy.yaml:1: error: the file is empty"),
        ("teams: [1", "this is not YAML"),
        (
            "version: 1\nobjektives: []\n",
            "strategy.yaml:2: error: unknown key `objektives`: did you mean `objectives`?",
        ),
    ],
)
def test_a_strategy_that_cannot_be_read_is_told_by_file_and_line(example: Path, text: str, said: str) -> None:
    (example / "strategy.yaml").write_text(text)
    for told in (
        leeway("check", "strategy.yaml"),
        leeway("apply", "strategy.yaml", "--home", "kept"),
        replay_of("issues.jsonl.gz", "--home", "kept"),
    ):
        assert told.code == 2
        assert said in told.out + told.err
    assert not (example / "kept").exists()


def test_a_strategy_that_is_not_there_is_named() -> None:
    for told in (
        leeway("check", "missing.yaml"),
        leeway("apply", "missing.yaml"),
        replay("issues.jsonl.gz", "--strategy", "missing.yaml", "--as-of", AS_OF),
    ):
        assert told.sentence == "missing.yaml: there is no such file."


@pytest.mark.parametrize(
    ("as_of", "said"), [("2026-11-02T12:00:00", "has no time zone"), ("tomorrow", "is no date and time")]
)
def test_an_instant_needs_a_date_a_time_and_a_zone(as_of: str, said: str) -> None:
    told = replay("issues.jsonl.gz", "--strategy", "strategy.yaml", "--as-of", as_of)
    assert said in told.sentence
    assert "for example 2026-06-15T12:00:00Z" in told.sentence


def test_names_that_are_none_are_answered_with_the_right_ones() -> None:
    assert "is none of low, medium, high, critical" in replay_of("issues.jsonl.gz", "--fail-on", "awful").sentence
    assert "did you mean `stale-work`?" in leeway("findings", "--rule", "stale").sentence
    assert "rooms are connectors" in leeway("run", "maper").sentence
    assert "rooms are connectors" in leeway("reseed", "maper").sentence


def test_settings_that_are_none_or_wrong_are_named() -> None:
    assert "did you mean `LEEWAY_HOME`?" in leeway("findings", LEEWAY_HOMEE="x").sentence
    assert "whsec_" in leeway("findings", LEEWAY_WEBHOOK_SECRET=NO_SECRET).sentence
    assert "LEEWAY_HTTP_PORT" in leeway("up", LEEWAY_HTTP_PORT="many").sentence
    assert "missing.yaml" in leeway("up", LEEWAY_CONFIGURATION="missing.yaml").sentence


def test_delivering_needs_a_secret_to_sign_with() -> None:
    told = replay_of("issues.jsonl.gz", "--deliver-to", "http://127.0.0.1:1/hook")
    assert "set LEEWAY_WEBHOOK_SECRET" in told.sentence


def test_a_home_must_be_a_folder(example: Path) -> None:
    (example / "file").write_text("mine")
    for told in (
        replay_of("issues.jsonl.gz", "--home", "file"),
        leeway("findings", "--home", "file"),
        leeway("up", "--home", "file"),
    ):
        assert "cannot be made" in told.sentence
    assert (example / "file").read_text() == "mine"


def test_a_home_that_is_not_there_is_not_made_by_looking(example: Path) -> None:
    for command in ("findings", "doctor"):
        assert "There is no Leeway state in" in leeway(command, "--home", "kept").sentence
    assert not (example / "kept").exists()


def test_one_room_needs_parts_to_run_on() -> None:
    assert "LEEWAY_DATABASE_URL and LEEWAY_KAFKA_BOOTSTRAP_SERVERS" in leeway("run", "mapper").sentence


def test_a_database_that_refuses_is_said_at_once() -> None:
    url = f"postgresql://ana:hidden@{NOWHERE}/leeway"
    for command in (("findings",), ("migrate",), ("doctor",), ("apply", "strategy.yaml"), ("run", "mapper")):
        told = leeway(*command, LEEWAY_DATABASE_URL=url, LEEWAY_KAFKA_BOOTSTRAP_SERVERS=NOWHERE)
        assert "Connection refused" in told.sentence
        assert "LEEWAY_" in told.sentence
        assert "hidden" not in told.err
    assert "PostgreSQL" in leeway("migrate", LEEWAY_DATABASE_URL="mysql://ana@localhost/leeway").sentence


def test_a_broker_that_refuses_is_said_at_once(endpoints: Endpoints) -> None:
    began = time.monotonic()
    parts = configured(endpoints, NOWHERE)
    for command in (("topics", "--create"), ("run", "mapper")):
        told = leeway(*command, **parts)
        assert told.code == 2
        assert told.err.splitlines()[-1].startswith(f"leeway: No Kafka broker answers at {NOWHERE}: start it")
    assert time.monotonic() - began < BROKER_SECONDS


def test_a_port_in_use_is_said_with_the_setting_that_moves_it(endpoints: Endpoints) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        parts = configured(endpoints, str(endpoints.bootstrap_servers))
        told = leeway("run", "mapper", LEEWAY_HTTP_PORT=port, **parts)
    assert told.code == 2
    assert f"Cannot listen on 127.0.0.1:{port} (Address already in use); set" in told.err.splitlines()[-1]
    assert "LEEWAY_HTTP_PORT" in told.err.splitlines()[-1]


def test_wrong_usage_is_said_without_a_frame() -> None:
    told = replay("issues.jsonl.gz", "--as-of", AS_OF)
    assert told.code == 2
    assert told.err.splitlines()[-1] == "Error: Missing option '--strategy'."
