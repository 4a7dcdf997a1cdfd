"""Writes schemas/json/, and what stands between two markers of a Markdown text, from the code."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from schemas.asyncapi import asyncapi
from schemas.documents import payload_schemas, strategy_schema

FOLDER: Final = Path(__file__).parent / "json"
README: Final = Path(__file__).parent.parent / "README.md"


def files(policy: Mapping[str, Any] | None = None, more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the text of every file of schemas/json/, by name. `policy`: see `documents.strategy_schema`.

    `more` holds documents that others own, by the names of their files.
    """
    documents = payload_schemas() | {"strategy.schema.json": strategy_schema(policy)} | dict(more or {})
    return {name: _json(document) for name, document in documents.items()} | {"asyncapi.yaml": _yaml(asyncapi())}


def write(folder: Path = FOLDER, texts: Mapping[str, str] | None = None) -> None:
    """Write every file, and remove those of payloads that are no more."""
    texts = files() if texts is None else texts
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for left in {path.name for path in folder.iterdir()} - texts.keys():
        (folder / left).unlink()


def with_block(text: str, name: str, content: str) -> str:
    """Return the Markdown with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""
    before, opened, rest = text.partition(f"<!-- {name} -->\n")
    _, closed, after = rest.partition(f"<!-- /{name} -->")
    return f"{before}{opened}{content}{closed}{after}" if opened and closed else text


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _yaml(document: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 110
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()
