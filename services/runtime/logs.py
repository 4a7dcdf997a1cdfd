"""Logs as one JSON object a line, from our own code and from the libraries alike, with nothing secret in them.

On a terminal, where a person reads along, the same fields stand as a line of words.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from services.runtime.clock import Clock
from services.runtime.secrets import Redactor

_OURS: Final = frozenset({"event", "level", "logger", "time"})
_NOISY: Final = (
    "aiokafka", "faststream", "leeway.faststream", "httpx", "httpcore", "uvicorn", "sqlalchemy.engine", "alembic",
)  # fmt: skip
"""Heard from `warning` on only: they report each request, and each step of what the host tells of anyway."""

Fields = MutableMapping[str, Any]


def configure_logging(level: str, clock: Clock, redactor: Redactor, stream: TextIO | None = None) -> None:
    """Send all logs of this process from `level` on ("info") to `stream`, standard error by default."""
    stream = stream or sys.stderr
    ours: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _stamp(clock),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *ours,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a test, or a second command, may configure again
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(ours, redactor, for_people=stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter(
    ours: list[structlog.typing.Processor], redactor: Redactor, *, for_people: bool
) -> logging.Formatter:  # fmt: skip
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=ours,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            # After the traceback has become a text: what it quotes may be a secret too.
            _redact(redactor),
            _line if for_people else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _stamp(clock: Clock) -> structlog.typing.Processor:
    def stamp(_logger: object, _method: str, fields: Fields) -> Fields:
        fields["time"] = clock.wall().isoformat(timespec="milliseconds")
        return fields

    return stamp


def _line(_logger: object, _method: str, fields: Fields) -> str:
    """Return "12:00:00 warning: the tracker said no (connection=jira, tries=2)", a traceback on lines of its own."""
    rest = ", ".join(f"{key}={value}" for key, value in fields.items() if key not in {*_OURS, "exception"})
    level = "" if fields["level"] == "info" else f"{fields['level']}: "
    told = f"{fields['time'][11:19]} {level}{fields['event']}{f' ({rest})' if rest else ''}"
    return f"{told}\n{fields['exception']}" if "exception" in fields else told


def _redact(redactor: Redactor) -> structlog.typing.Processor:
    def redact(_logger: object, _method: str, fields: Fields) -> Mapping[str, Any]:
        return {
            key: redactor.text(str(value)) if key in _OURS else redactor.value(key, value)
            for key, value in fields.items()
        }

    return redact
