"""Secrets are a type that never shows itself, and a redactor knows the values that must never be written down."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from services.runtime.errors import Misconfigured

Secret = SecretStr
"""A text that prints as stars; `get_secret_value()` gives it to the one call that needs it."""

REDACTED: Final = "[redacted]"
SHORTEST_KNOWN_VALUE: Final = 6
"""Shorter values are not searched for in texts: they would blot out half of every log line."""

_SECRET_KEY: Final = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|authorization|cookie|api_?key|private_?key|credential|database_url|signature",
    re.IGNORECASE,
)
_URL_USER: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]*:[^/@\s]*@", re.IGNORECASE)


def read_secret_file(path: Path, asked_by: str) -> Secret:
    """Read a secret from a file, without the line break at its end; `asked_by` is the setting that names the file."""
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise Misconfigured(f"{asked_by} names the file {path}, which cannot be read: {why}.") from error
    if not text:
        raise Misconfigured(f"{asked_by} names the file {path}, which is empty: write the secret into it.")
    return Secret(text)


class Redactor:
    """Takes known secret values, secret-looking keys and URL passwords out of what is about to be written."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._values: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """Never show this value again."""
        value = secret.get_secret_value()
        if len(value) >= SHORTEST_KNOWN_VALUE:
            self._values.add(value)

    def text(self, text: str) -> str:
        """Return the text without known values and without the user part of URLs."""
        # Longest first: a secret that contains another must not leave its tail behind.
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, REDACTED)
        return _URL_USER.sub(rf"\g<scheme>{REDACTED}@", text)

    def value(self, key: str, value: object) -> object:
        """Return the value as it may be written under this key, containers included."""
        if value is not None and _SECRET_KEY.search(key):
            return REDACTED
        return self._plain(value)

    def _plain(self, value: object) -> object:
        if isinstance(value, SecretStr):
            return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(item) for item in value]
        return value if isinstance(value, int | float | None) else self.text(str(value))
