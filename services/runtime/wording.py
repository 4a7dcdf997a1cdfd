"""What pydantic holds against a value, said in words that tell a person what to write instead."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic_core import ErrorDetails

_PHRASES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "string_type": "must be a text; if it is one, write it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "frozen_set_type": "must be a list",
    "set_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "date_type": "must be a day, as in 2026-10-01",
    "date_parsing": "must be a day, as in 2026-10-01",
    "date_from_datetime_parsing": "must be a day, as in 2026-10-01",
    "date_from_datetime_inexact": "must be a day without a time, as in 2026-10-01",
    "datetime_parsing": "must be an instant, as in 2026-10-01T09:00:00Z",
    "timezone_aware": "must say its zone, as in 2026-10-01T09:00:00Z",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "needs another {discriminator} than '{tag}': one of {expected_tags}",
    "union_tag_not_found": "needs the key {discriminator}",
    "value_error": "{error}",
    "at_place": "{sentence}",
}


def phrase(error: ErrorDetails) -> str:
    """Say what is wrong as the end of a sentence: "must be a whole number"."""
    pattern = _PHRASES.get(error["type"])
    if pattern is None:
        return error["msg"][:1].lower() + error["msg"][1:]
    return pattern.format(**error.get("ctx", {}))


def nearest(word: str, known: Iterable[str], limit: int = 1) -> list[str]:
    """Return the known words nearest to this one, best first, upper and lower case told apart last."""
    by_folded = {name.casefold(): name for name in known}
    return [by_folded[match] for match in difflib.get_close_matches(word.casefold(), by_folded, limit, 0.55)]


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?", or which words there are if none is near."""
    known = sorted(known)
    near = nearest(word, known)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(known)}." if known else "no keys are known here."


def ended(sentence: str) -> str:
    """Return the sentence with a full stop, unless it ends as a question."""
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
