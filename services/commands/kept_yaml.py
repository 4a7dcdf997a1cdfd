"""YAML files of other people, changed in place: their comments, quotes and order stay."""

import io
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

WIDEST: Final = 4_096
"""Nothing that stands on one line is broken into several."""


def loaded(text: str) -> CommentedMap:
    """Return the file's mapping with all that belongs to it; a file that says nothing is an empty one."""
    found = _yaml().load(text)
    return CommentedMap() if found is None else found


def dumped(file: CommentedMap) -> str:
    """Return the text of a file."""
    text = io.StringIO()
    _yaml().dump(file, text)
    return text.getvalue()


def flow(value: Any) -> Any:
    """Return a mapping or a list that is written on one line; what a mapping holds no value for is left out."""
    made: CommentedMap | CommentedSeq
    if isinstance(value, dict):
        made = CommentedMap({name: each for name, each in value.items() if each is not None})
    else:
        made = CommentedSeq(value)
    made.fa.set_flow_style()
    return made


def say(part: CommentedMap | CommentedSeq, key: str | int, comment: str | None) -> None:
    """Write a comment behind a value."""
    if comment:
        part.yaml_add_eol_comment(" ".join(comment.split()), key)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = WIDEST
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    return yaml
