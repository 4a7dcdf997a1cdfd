"""Every log line is one JSON object, and no secret is in it."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from services.runtime.clock import SystemClock
from services.runtime.logs import configure_logging
from services.runtime.secrets import Redactor, Secret


class Noon(SystemClock):
    def wall(self) -> datetime:
        return datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    made = io.StringIO()
    configure_logging("info", Noon(), Redactor([Secret("open-sesame")]), made)
    yield made
    root.handlers, root.level = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_line_and_a_librarys_line_look_the_same(stream: io.StringIO) -> None:
    structlog.get_logger("mapper").info("mapped", items=3)
    logging.getLogger("library").warning("slow: %s s", 2)
    ours, theirs = lines(stream)
    assert ours == {
        "event": "mapped",
        "items": 3,
        "level": "info",
        "logger": "mapper",
        "time": "2026-10-01T12:00:00.000+00:00",
    }
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("slow: 2 s", "warning", "library")


def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    structlog.get_logger("mapper").debug("detail")
    logging.getLogger("httpx").info("a request")
    assert lines(stream) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "open"}, {"api_key": "open"}, {"Authorization": "Bearer open"}, {"nested": {"token": "open"}},
        {"text": "it is open-sesame"}, {"listed": ["open-sesame"]}, {"url": "postgresql://ana:open@db.example.com/x"},
        {"held": Secret("open")}, {"error": ValueError("open-sesame")},
    ],
)  # fmt: skip
def test_a_secret_is_redacted_by_key_by_value_and_in_urls(stream: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("mapper").info("said", **fields)
    assert "open" not in stream.getvalue()
    assert "[redacted]" in stream.getvalue()


def test_a_secret_in_a_traceback_is_redacted(stream: io.StringIO) -> None:
    try:
        int("open-sesame")
    except ValueError:
        structlog.get_logger("mapper").exception("failed")
    (line,) = lines(stream)
    assert "ValueError" in line["exception"]
    assert "open-sesame" not in stream.getvalue()


def test_a_line_break_in_a_title_makes_no_second_line(stream: io.StringIO) -> None:
    structlog.get_logger("mapper").info("mapped", title='x\n{"event": "forged"}')
    assert len(lines(stream)) == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("stream")  # which puts back what was there before
def test_on_a_terminal_the_same_line_is_words() -> None:
    terminal = Terminal()
    configure_logging("info", Noon(), Redactor([Secret("open-sesame")]), terminal)
    structlog.get_logger("mapper").info("mapped", items=3, by="open-sesame")
    try:
        int("open-sesame")
    except ValueError:
        logging.getLogger("library").exception("it broke")
    first, second, *trace = terminal.getvalue().splitlines()
    assert first.startswith("12:00:00 mapped (items=3, by=")
    assert second == "12:00:00 error: it broke"
    assert trace[0] == "Traceback (most recent call last):"
    assert "open-sesame" not in terminal.getvalue()


@pytest.fixture
def as_at_first() -> Iterator[None]:
    """Libraries' loggers as nobody has set them up: a server that another test ran may have."""
    loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "leeway.faststream")]
    before = [(one.level, one.handlers, one.filters, one.propagate, one.disabled) for one in loggers]
    for one in loggers:
        one.setLevel(logging.NOTSET)
        one.handlers, one.filters, one.propagate, one.disabled = [], [], True, False
    yield
    for one, (level, *rest) in zip(loggers, before, strict=True):
        one.setLevel(level)
        one.handlers, one.filters, one.propagate, one.disabled = rest  # type: ignore[assignment]


@pytest.mark.usefixtures("as_at_first")
def test_what_the_server_tells_of_its_own_steps_is_left_out(stream: io.StringIO) -> None:
    configure_logging("info", Noon(), Redactor([]), stream)
    for name in ("uvicorn.error", "uvicorn.access", "leeway.faststream"):
        logging.getLogger(name).info("Waiting for application startup.")
        logging.getLogger(name).warning("a consumer did not stop by itself")
    assert [line["level"] for line in lines(stream)] == ["warning"] * 3
