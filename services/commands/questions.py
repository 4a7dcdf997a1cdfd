"""How a command asks: on a terminal, or not at all, when the options must have said everything that has no default."""

from collections.abc import Sequence
from typing import Protocol

import typer

from services.commands.output import say
from services.runtime.errors import Misconfigured


class Questions(Protocol):
    """Who answers. `option` names the option that gives the answer beforehand."""

    asks: bool
    """Whether anybody is there who could answer otherwise after a mistake."""

    def text(self, question: str, option: str, default: str | None = None) -> str:
        """Return a line of text; with a default, an empty one means it."""
        ...

    def secret(self, question: str, option: str) -> str:
        """Return what is typed without being shown."""
        ...

    def yes(self, question: str, *, default: bool = True) -> bool:
        """Return whether the answer is yes."""
        ...

    def several(self, question: str, offered: Sequence[str], option: str) -> list[int]:
        """Return the places of those that are chosen; none of them means all."""
        ...


class Prompts:
    """A person on a terminal answers."""

    asks = True

    def text(self, question: str, option: str, default: str | None = None) -> str:  # noqa: ARG002 -- theirs to give
        """Ask for a line."""
        return str(typer.prompt(question, default=default, err=True)).strip()

    def secret(self, question: str, option: str) -> str:  # noqa: ARG002
        """Ask for a line that is not shown."""
        return str(typer.prompt(question, hide_input=True, err=True)).strip()

    def yes(self, question: str, *, default: bool = True) -> bool:
        """Ask yes or no."""
        return typer.confirm(question, default=default, err=True)

    def several(self, question: str, offered: Sequence[str], option: str) -> list[int]:
        """Show the choices by number and ask until the answer names some of them."""
        say(f"There {'is' if len(offered) == 1 else 'are'}:")
        for number, one in enumerate(offered, 1):
            say(f"  {number:>3}  {one}")
        while True:
            answer = self.text(f"{question} (numbers with commas, or all)", option, "all")
            if answer.casefold() == "all":
                return []
            chosen = numbers_of(answer, len(offered))
            if chosen:
                return chosen
            say(f"Give numbers from 1 to {len(offered)}, as in 1, 3-5, or all.")


class NoQuestions:
    """Nobody is asked: the default is the answer, every question is answered yes, and what is missing is an error."""

    asks = False

    def text(self, question: str, option: str, default: str | None = None) -> str:
        """Return the default, or say which option was left out."""
        if default is None:
            raise Misconfigured(f"{question} is not said: give {option}, or leave out --yes to be asked.")
        return default

    def secret(self, question: str, option: str) -> str:  # noqa: ARG002
        """Say where it could have come from: a secret has no default."""
        raise Misconfigured(f"The token is not said: give {option}, or leave out --yes to be asked.")

    def yes(self, question: str, *, default: bool = True) -> bool:  # noqa: ARG002
        """Return yes."""
        return True

    def several(self, question: str, offered: Sequence[str], option: str) -> list[int]:  # noqa: ARG002
        """Return none, which means all."""
        return []


def numbers_of(text: str, most: int) -> list[int]:
    """Return the places (from 0) that "1, 3-5" names; none if any part of it names no place."""
    found: list[int] = []
    for part in filter(None, (part.strip() for part in text.replace(" ", ",").split(","))):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            return []
        found += range(int(first) - 1, int(last or first))
    return list(dict.fromkeys(found)) if found and all(0 <= one < most for one in found) else []
