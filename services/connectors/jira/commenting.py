"""Our own comments on issues: left, found again and changed, as plain text on both kinds of site.

Promise: a write is sent once; what was left reads back as the same text, whatever the site's markup makes of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.connectors.jira.calling import COMMENT, Asked, Calls
from services.connectors.reading import mapping, sequence
from services.connectors.tracker import Raw

PAGE: Final = 100
MAX_PAGES: Final = 50
"""An issue with more comments than 5,000 is read in its newest ones."""
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
_MARKUP: Final = re.compile(r"([{}\[\]|\\])")
_ESCAPED: Final = re.compile(r"\\([{}\[\]|\\])")
_BLOCKS: Final = frozenset({"paragraph", "heading", "listItem", "codeBlock", "blockquote"})
_MAX_DEPTH: Final = 60


async def comments(calls: Calls, id_: str, account: str) -> tuple[tuple[str, str], ...]:
    """Return our account's comments, newest first: (comment id, plain text)."""
    found: dict[str, str] = {}
    for page in range(MAX_PAGES):
        raws = await _page(calls, id_, page * PAGE)
        found |= {str(raw.get("id")): plain(raw.get("body")) for raw in raws if _is_by(raw, account)}
        if len(raws) < PAGE:
            break
    return tuple(found.items())


async def _page(calls: Calls, id_: str, start: int) -> list[Raw]:
    return await calls.ask(
        "read comments",
        lambda jira: [
            comment.raw for comment in jira.comments(id_, start_at=start, max_results=PAGE, order_by="-created")
        ],
    )


def _is_by(raw: Mapping[str, Any], account: str) -> bool:
    author = mapping(raw.get("author"))
    return account in (author.get("accountId"), author.get("key"), author.get("name"))


async def add_comment(calls: Calls, id_: str, words: str) -> str:
    """Leave a comment; return its id."""
    body: Any = _body(calls, words)
    return await calls.tell(COMMENT, lambda jira: str(jira.add_comment(id_, body).id))


async def edit_comment(calls: Calls, id_: str, comment: str, words: str) -> None:
    """Change a comment of ours.

    Not by the package: it sends the change to the address that the comment says of itself, which behind the vendor's
    gateway is none.
    """
    await calls.write(Asked("PUT", f"issue/{id_}/comment/{comment}", COMMENT, body={"body": _body(calls, words)}))


def _body(calls: Calls, words: str) -> Raw | str:
    return document(words) if calls.is_cloud else _MARKUP.sub(r"\\\1", words)


def document(words: str) -> Raw:
    """Return plain text as a document of Cloud: a line a paragraph, addresses as links."""
    lines = [{"type": "paragraph", "content": list(_inline(line))} for line in words.splitlines() or [""]]
    return {"type": "doc", "version": 1, "content": lines}


def _inline(line: str) -> Iterator[Raw]:
    end = 0
    for match in _ADDRESS.finditer(line):
        if match.start() > end:
            yield {"type": "text", "text": line[end : match.start()]}
        link = {"type": "link", "attrs": {"href": match[0]}}
        yield {"type": "text", "text": match[0], "marks": [link]}
        end = match.end()
    if line[end:]:
        yield {"type": "text", "text": line[end:]}


def plain(body: object) -> str:
    """Return a comment's text: of a document its words, line by line; of markup the text that was escaped in it."""
    if isinstance(body, str):
        return _ESCAPED.sub(r"\1", body)
    return "".join(_words(mapping(body), 0)).strip("\n")


def _words(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    attributes = mapping(node.get("attrs"))
    yield next((str(told) for told in (node.get("text"), attributes.get("text"), attributes.get("url")) if told), "")
    for child in sequence(node.get("content")):
        yield from _words(mapping(child), depth + 1)
    if node.get("type") in _BLOCKS or node.get("type") == "hardBreak":
        yield "\n"
