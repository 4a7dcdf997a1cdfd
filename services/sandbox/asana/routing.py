"""Which function answers which request: paths are looked up, not searched, as every page costs a request."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from services.sandbox.asana.calls import Answer, Call

Handler = Callable[[Call], Answer | Awaitable[Answer]]
Routes = dict[tuple[str, str], Handler]

_GID: Final = "{}"


def keys_of(segments: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the patterns that a path may answer to, each with the gids in it: `tasks/{}/stories`."""
    match segments:
        case [collection]:
            yield collection, ()
        case [collection, gid]:
            yield f"{collection}/{_GID}", (gid,)
        case [collection, gid, below]:
            yield f"{collection}/{_GID}/{below}", (gid,)
        case [collection, gid, below, last]:
            yield f"{collection}/{_GID}/{below}/{last}", (gid,)
            yield f"{collection}/{_GID}/{below}/{_GID}", (gid, last)


def find(routes: Routes, method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    """Return who answers a request, and the gids in its path."""
    for pattern, gids in keys_of(path.strip("/").split("/")):
        if (handler := routes.get((method, pattern))) is not None:
            return handler, gids
    return None
