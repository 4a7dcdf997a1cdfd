"""`leeway sandbox` says where it serves what and how to read it, and ends cleanly; bad input gets one sentence."""

import re
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.runtime.configuration import load_configuration
from services.runtime.connections import AsanaConnection, JiraConnection
from tests.commands.typed import ended, leeway, started
from tests.sandbox.test_loading import issue, written


def greeting(process: "subprocess.Popen[str]") -> str:
    """Return what it prints before it waits."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            return "".join(lines)
    assert process.stderr is not None
    raise AssertionError("".join(lines) + process.stderr.read())


def get(url: str, trusted: ssl.SSLContext | None = None) -> Any:
    request = urllib.request.Request(url, headers={"authorization": "Bearer sandbox"})  # noqa: S310 -- our own address
    with urllib.request.urlopen(request, timeout=10, context=trusted) as answer:  # noqa: S310
        return orjson.loads(answer.read())


def addresses(said: str) -> list[str]:
    return re.findall(r"^(?:Jira|Asana).*?(https?://127\.0\.0\.1:\d+)", said, re.MULTILINE)


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_serves_until_it_is_ended(ends: signal.Signals, tmp_path: Path) -> None:
    with started("sandbox", "--live", "0.01") as process:
        said = greeting(process)
        jira, asana = addresses(said)
        held, done = get(f"{jira}/__sandbox/state"), get(f"{asana}/__sandbox/state")
        assert held["issue"] + done["task"] >= 800
        assert "4 goals; 1 portfolio" in said
        assert get(f"{asana}/api/1.0/users/me")["data"]["gid"]
        (written_yaml,) = re.findall(r"^connections:\n(?:  .*\n)+", said, re.MULTILINE)
        process.send_signal(ends)
        told = ended(process)
    assert (told.code, told.err) == (0, "The sandbox has ended; nothing of it is left.\n")
    (tmp_path / "leeway.yaml").write_text(f"version: 1\n{written_yaml}")
    read = load_configuration(tmp_path / "leeway.yaml", required=True).connections
    assert [(type(one), one.url) for one in read] == [(JiraConnection, jira), (AsanaConnection, asana)]


def test_exports_are_served_with_tls_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    export = written(tmp_path / "shop.jsonl", issue(1), b"junk", issue(2))
    with started("sandbox", "--tls", "--load", export, "--load-as", "both", "--jira-kind", "datacenter") as process:
        said = greeting(process)
        (authority,) = re.findall(r"^Authority +(\S+)", said, re.MULTILINE)
        trusted = ssl.create_default_context(cafile=authority)
        jira, asana = addresses(said)
        assert "Jira Data Center" in said
        assert get(f"{jira}/__sandbox/state", trusted)["issue"] == 2
        assert get(f"{asana}/__sandbox/state", trusted)["task"] == 2
        process.send_signal(signal.SIGTERM)
        told = ended(process)
    assert told.code == 0
    assert told.err.startswith("Not served: shop.jsonl, line 2: it is no JSON")
    assert not Path(authority).exists()


REFUSED: list[tuple[list[str], str]] = [
    (["--jira-port", "70000"], "--jira-port 70000 is no port"),
    (["--asana-port", "-1"], "--asana-port -1 is no port"),
    (["--jira-port", "8123", "--asana-port", "8123"], "give two ports"),
    (["--jira-kind", "server"], "say cloud or datacenter"),
    (["--load-as", "asana"], "give --load FILE as well"),
    (["--load", "x.jsonl", "--load-as", "trello"], "say jira, asana, both"),
    (["--load", "missing.jsonl"], "missing.jsonl cannot be read"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED, ids=[" ".join(one) for one, _ in REFUSED])
def test_bad_input_is_refused_in_one_sentence(arguments: list[str], sentence: str) -> None:
    assert sentence in leeway("sandbox", *arguments).sentence


def test_a_port_that_is_taken_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = leeway("sandbox", "--items", "0", "--asana-port", str(taken.getsockname()[1]))
    assert "give --asana-port a free port" in told.sentence
