"""Serves an application on a port of this machine, with TLS of a throw-away authority where that is wanted."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import trustme
import uvicorn
from starlette.types import ASGIApp

from services.runtime.errors import Misconfigured

HOST: Final = "127.0.0.1"
GRACE_SECONDS: Final = 1
HIGHEST_PORT: Final = 65_535


class Authority:
    """A certificate authority that lives as long as this process, and a certificate of it for this machine."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Leeway sandbox")
        self._server = self._authority.issue_cert(HOST, "localhost")

    def write(self, path: Path) -> Path:
        """Write the authority's certificate, which clients are to trust."""
        self._authority.cert_pem.write_to_path(path)
        return path

    def configure(self, context: ssl.SSLContext) -> None:
        """Have a server's context present the certificate."""
        self._server.configure_cert(context)


@asynccontextmanager
async def listening(app: ASGIApp, port: int, option: str, authority: Authority | None = None) -> AsyncIterator[str]:
    """Serve until the block ends; gives the address. Port 0 means a free one; `option` is what chose the port."""
    with _listener(port, option) as listener:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )  # fmt: skip
        config.load()
        if authority is not None:
            config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.configure(config.ssl)
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]), name=f"sandbox-{option}")
        try:
            yield f"{'https' if authority else 'http'}://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await asyncio.wait([task])


@contextmanager
def _listener(port: int, option: str) -> Iterator[socket.socket]:
    if not 0 <= port <= HIGHEST_PORT:
        raise Misconfigured(f"{option} {port} is no port; give a number from 1 to {HIGHEST_PORT}, or 0 for a free one.")
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python says once more where, in brackets
        raise Misconfigured(f"Cannot listen on {HOST}:{port} ({reason}); give {option} a free port.") from error
    # Without it each answer of two parts waits for the client's delayed acknowledgement: 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


class _Server(uvicorn.Server):
    """Leaves the process's signals to the command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


def _is_no_wanted_reset(record: logging.LogRecord) -> bool:
    """An answer that is left unfinished is what a fault was switched on for."""
    return "without completing response" not in record.getMessage()


logging.getLogger("uvicorn.error").addFilter(_is_no_wanted_reset)
