"""Lists of texts as PostgreSQL reads them."""

from collections.abc import Sequence


def array_text(texts: Sequence[str]) -> str:
    """Return texts as PostgreSQL reads an array of them (its manual, "Array Input and Output Syntax")."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') > 2 * (len(texts) - 1):
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return f'{{"{joined}"}}' if texts else "{}"
