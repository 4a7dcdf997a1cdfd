"""Rich text in both of Jira's ways: version 3 of the API has documents, version 2 and Data Center plain strings."""

from collections.abc import Iterator
from typing import Any, Final

BLOCKS: Final = frozenset({"paragraph", "heading", "codeBlock", "listItem", "blockquote", "rule", "tableRow"})


def document(text: str) -> dict[str, Any]:
    """Return a text as a document, a paragraph a line."""
    return {"type": "doc", "version": 1, "content": [_paragraph(line) for line in text.split("\n")]}


def _paragraph(line: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}


def as_document(value: Any) -> Any:
    """Return what a client sent as a document: a string is wrapped, all else passes."""
    return document(value) if isinstance(value, str) else value


def is_document(value: Any) -> bool:
    """Tell whether a value of a field is a document."""
    return isinstance(value, dict) and value.get("type") == "doc"


def plain(value: Any) -> Any:
    """Return a document as a plain string; all else passes."""
    return "".join(_pieces(value)).strip("\n") if is_document(value) else value


def _pieces(node: dict[str, Any]) -> Iterator[str]:
    kind, attributes = node.get("type"), node.get("attrs") or {}
    if kind == "text":
        yield _linked(node)
    elif kind == "hardBreak":
        yield "\n"
    elif kind in {"inlineCard", "blockCard"}:
        yield str(attributes.get("url", ""))
    elif kind in {"mention", "emoji"}:
        yield str(attributes.get("text", ""))
    for child in node.get("content") or ():
        yield from _pieces(child)
    if kind in BLOCKS:
        yield "\n"


def _linked(node: dict[str, Any]) -> str:
    text = str(node.get("text", ""))
    for mark in node.get("marks") or ():
        if mark.get("type") == "link" and (url := mark.get("attrs", {}).get("href")):
            return text if url == text else f"[{text}|{url}]"
    return text
